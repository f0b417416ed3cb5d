//! One operation that is being recorded.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::fields::Fields;
use crate::context::Live;
use crate::recorder::{DiscardReason, Finished, OperationEnd, OperationStart, Recorder, RecordingStart};
use crate::recording::{Ended, EndedCall, TapeBuilder};
use crate::redaction::{Encoded, InForce, Known, Made, Part, Place, Redacted, Unredactable, WITHHELD};
use crate::scratch::{Scratch, Unwritten, guarded, plain};
use crate::value::{self, DecodeError, Value};
use crate::{Kind, Metadata, Recording, RecordingId};

/// One operation that is being recorded, shared by all tasks and threads that take part in it.
pub(crate) struct Session {
    start: RecordingStart,
    recorder: Arc<dyn Recorder>,
    redaction: InForce,
    began: Instant,
    calls: AtomicU32,
    forced: AtomicBool,
    /// Whether being forced makes a difference.
    forcible: bool,
    /// Whether calls are still taken down: what a call looks at before it takes the lock.
    open: AtomicBool,
    /// None once the operation has ended, so that what comes later touches nothing.
    state: Mutex<Option<State>>,
}

struct State {
    tape: TapeBuilder,
    fields: Fields,
    discarded: Option<DiscardReason>,
    /// Calls on the tape that have not ended.
    in_flight: HashSet<u32>,
    /// Until the operation ends, and not until the last of its tasks does.
    _live: Live,
}

/// An operation's metadata extractor: makes fields of the finished call.
pub(crate) type MetadataExtractor = Box<dyn FnOnce(&FinishedCall<'_>) -> Result<Value, Unwritten> + Send>;

/// The operation, as it stands in the code.
pub(crate) struct OperationSite {
    pub(crate) category: Cow<'static, str>,
    pub(crate) argument_names: &'static [&'static str],
    pub(crate) metadata: Option<MetadataExtractor>,
}

impl OperationSite {
    /// The operation's entry on a tape.
    pub(crate) fn ended<'a>(
        &'a self,
        arguments: &'a [u8],
        end: Ended<'a>,
        duration: Duration,
    ) -> EndedCall<'a> {
        EndedCall {
            kind: Kind::Operation,
            alias: &self.category,
            argument_names: self.argument_names,
            lane: 0,
            order: 0,
            arguments,
            end,
            started: Duration::ZERO,
            duration,
        }
    }
}

impl Session {
    /// Begins a recording, if the recorder wants one.
    pub(crate) fn start(operation: &OperationStart<'_>, recorder: Arc<dyn Recorder>) -> Option<Arc<Self>> {
        let started = guarded(|| Ok(recorder.start(operation)));
        let start = started.unwrap_or_else(|error| {
            tracing::error!(
                category = operation.category,
                "the recorder failed to start a recording: {error}"
            );
            None
        })?;
        let state = State {
            tape: TapeBuilder::new(),
            fields: Fields::default(),
            discarded: None,
            in_flight: HashSet::new(),
            _live: Live::recording(),
        };
        Some(Arc::new(Self {
            start,
            recorder,
            redaction: InForce::here(),
            began: Instant::now(),
            // The operation itself is the first call.
            calls: AtomicU32::new(1),
            forced: AtomicBool::new(false),
            forcible: !operation.ignores_forced_sampling,
            open: AtomicBool::new(true),
            state: Mutex::new(Some(state)),
        }))
    }

    pub(crate) fn id(&self) -> &RecordingId {
        &self.start.id
    }

    /// Whether the operation has ended. Until then it is being recorded, even if the recording was given up.
    pub(crate) fn has_ended(&self) -> bool {
        self.lock().is_none()
    }

    /// Whether calls are still taken down.
    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Relaxed)
    }

    /// Whether a redactor is in force.
    pub(crate) fn redacts(&self) -> bool {
        !self.redaction.is_none()
    }

    /// The number of a call that begins now.
    pub(crate) fn next_order(&self) -> u32 {
        self.calls.fetch_add(1, Relaxed)
    }

    /// The time since the operation began, in whole microseconds: what is finer is noise of the machine, which no
    /// compression makes smaller.
    pub(crate) fn elapsed(&self) -> Duration {
        let elapsed = self.began.elapsed();
        Duration::new(elapsed.as_secs(), elapsed.subsec_micros() * 1_000)
    }

    /// Takes down a call that has ended.
    pub(crate) fn push(&self, call: &EndedCall<'_>) {
        self.take_down(|state| {
            state.tape.push(call);
        });
    }

    /// Takes down a call that has not ended, so that it is on the tape even if the operation ends first. Returns its
    /// position.
    pub(crate) fn push_in_flight(&self, call: &EndedCall<'_>) -> Option<u32> {
        self.take_down(|state| {
            let position = state.tape.push(call);
            state.in_flight.insert(position);
            position
        })
    }

    /// Takes down how a call ended that was in flight.
    pub(crate) fn settle(&self, position: u32, end: Ended<'_>, duration: Duration) {
        self.take_down(|state| {
            state.in_flight.remove(&position);
            state.tape.settle(position, end, duration);
        });
    }

    pub(crate) fn add_lane(&self, path: &[u32]) -> u32 {
        self.take_down(|state| state.tape.add_lane(path.to_vec())).unwrap_or(0)
    }

    /// Takes something down, within the bounds, if anything still is.
    fn take_down<R>(&self, put: impl FnOnce(&mut State) -> R) -> Option<R> {
        let mut state = self.lock();
        let state = state.as_mut().filter(|state| state.discarded.is_none())?;
        let put = put(state);
        state.bound(&self.start);
        self.open.store(state.discarded.is_none(), Relaxed);
        Some(put)
    }

    /// Redacts encoded values, and a name that was `made` while the code ran. None if that fails: the recording is
    /// given up then.
    pub(crate) fn redact(
        &self,
        place: &Place<'_>,
        encoded: Encoded<'_>,
        made: Option<Made<'_>>,
    ) -> Option<Redacted> {
        let redacted = self.redaction.values(place, encoded, made, &Known::default());
        redacted
            .map_err(|error| self.discard_unredactable(made.is_none().then_some(place.alias), &error))
            .ok()
    }

    /// Adds a field to the metadata, after it is redacted.
    pub(crate) fn add_field(&self, key: &str, value: Value) {
        match self.redaction.field(self.start.id.category(), key, value, &Known::default()) {
            Ok(Some((key, value))) => {
                self.take_down(|state| state.fields.insert(key, value));
            }
            Ok(None) => {}
            Err(error) => self.discard_unredactable(None, &error),
        }
    }

    pub(crate) fn force(&self) {
        self.forced.store(true, Relaxed);
    }

    /// Gives the recording up. The first reason counts.
    pub(crate) fn discard(&self, reason: DiscardReason) {
        if let Some(state) = self.lock().as_mut() {
            state.discard(reason);
            self.open.store(false, Relaxed);
        }
    }

    /// How many bytes one value may have. A value that alone is past what all may have is not written to its end, either.
    pub(crate) fn max_value_bytes(&self) -> usize {
        self.start.max_value_bytes.min(self.max_bytes())
    }

    /// How many bytes the recording may have at most, wherever they are.
    fn max_bytes(&self) -> usize {
        let spilled = self.start.spilling.as_ref().map_or(0, |spilling| spilling.max_bytes);
        self.start.max_bytes.max(usize::try_from(spilled).unwrap_or(usize::MAX))
    }

    /// Gives the recording up because a value cannot be recorded.
    pub(crate) fn discard_unwritten(&self, alias: Cow<'static, str>, error: Unwritten) {
        let alias = match alias {
            Cow::Borrowed(alias) => alias.to_owned(),
            Cow::Owned(alias) => self.tellable(alias),
        };
        self.discard(match error {
            Unwritten::TooLarge { max_bytes } => self.too_large(alias, max_bytes),
            Unwritten::Failed(error) => DiscardReason::Unencodable { alias, error: self.tellable(error) },
        });
    }

    /// Why a recording is given up of which one value is past the bound that is in force.
    fn too_large(&self, alias: String, max_bytes: usize) -> DiscardReason {
        if max_bytes < self.start.max_value_bytes {
            DiscardReason::TooLarge { max_bytes }
        } else {
            DiscardReason::ValueTooLarge { alias, max_bytes }
        }
    }

    fn discard_unredactable(&self, alias: Option<&str>, error: &Unredactable) {
        let alias = alias.unwrap_or("a name made while the code ran").to_owned();
        self.discard(DiscardReason::Unredactable { alias, error: error.to_string() });
    }

    /// What may be told of a text that code of the user's made, which may hold values.
    pub(crate) fn tellable(&self, text: String) -> String {
        if self.redaction.is_none() { text } else { String::from(WITHHELD) }
    }

    /// Ends the recording and hands it to the recorder. Only the first call counts.
    pub(crate) fn finish(
        &self,
        operation: &OperationSite,
        metadata: Option<MetadataExtractor>,
        arguments: &[u8],
        end: Ended<'_>,
    ) {
        let Some(mut state) = self.lock().take() else { return };
        self.open.store(false, Relaxed);
        let duration = self.elapsed();
        if state.discarded.is_none() && !self.is_kept(&end, duration) {
            state.discard(DiscardReason::SampledOut);
        }
        state.tape.add_weight(arguments.len() + end.result().map_or(0, <[u8]>::len));
        state.bound(&self.start);
        let discarded = |reason| Finished::Discarded { id: self.start.id.clone(), reason };
        let finished = match state.discarded.take() {
            Some(reason) => discarded(reason),
            // Who takes values out of memory is not ours, and might panic.
            None => guarded(|| Ok(self.recording(state, operation, metadata, arguments, end, duration)))
                .unwrap_or_else(|error| Err(DiscardReason::Unspillable { error }))
                .map_or_else(discarded, Finished::Recorded),
        };
        if let Err(error) = guarded(|| {
            self.recorder.finish(finished);
            Ok(())
        }) {
            tracing::error!(recording_id = %self.start.id, "the recorder failed to take a recording: {error}");
        }
    }

    /// Whether the recorder wants the recording, now that the operation has ended.
    fn is_kept(&self, end: &Ended<'_>, duration: Duration) -> bool {
        let end = OperationEnd {
            duration,
            failed: matches!(end, Ended::Panicked) || end.result().is_some_and(value::is_error),
            forced: self.forcible && self.forced.load(Relaxed),
        };
        guarded(|| Ok(self.recorder.keeps(&self.start, &end))).unwrap_or_else(|error| {
            tracing::error!(recording_id = %self.start.id, "the recorder failed to judge a recording: {error}");
            false
        })
    }

    fn recording(
        &self,
        mut state: State,
        operation: &OperationSite,
        extract: Option<MetadataExtractor>,
        arguments: &[u8],
        end: Ended<'_>,
        duration: Duration,
    ) -> Result<Recording, DiscardReason> {
        let result = end.result();
        let mut metadata = Metadata::new(operation.category.as_ref(), self.start.recorded_at);
        metadata.service.clone_from(&self.start.service);
        metadata.duration = duration;
        metadata.failed = result.is_some_and(value::is_error);
        metadata.incomplete = result.is_none();
        if let Some(extract) = extract {
            let call = FinishedCall { arguments, result, duration, max_bytes: self.max_value_bytes() };
            match extracted(extract, &call) {
                Ok(fields) => {
                    let fields = self.redact_fields(fields, operation, &call)?;
                    fields.into_iter().for_each(|(key, value)| state.fields.insert(key, value));
                    state.bound(&self.start);
                }
                Err(Unwritten::TooLarge { max_bytes }) => {
                    return Err(self.too_large(operation.category.to_string(), max_bytes));
                }
                Err(Unwritten::Failed(error)) => tracing::warn!(
                    recording_id = %self.start.id,
                    "the metadata extractor of `{}` failed, the recording is kept without its fields: {}",
                    operation.category,
                    self.tellable(error),
                ),
            }
        }
        if let Some(reason) = state.discarded {
            return Err(reason);
        }
        metadata.fields = state.fields.into_map();
        state.in_flight.iter().for_each(|&call| state.tape.extend(call, duration));
        state.tape.push(&operation.ended(arguments, end, duration));
        Ok(Recording::new(self.start.id.clone(), metadata, state.tape.finish()))
    }

    /// What is to be kept of fields that an extractor made of a call, whose values are redacted already.
    fn redact_fields(
        &self,
        fields: Vec<(String, Value)>,
        operation: &OperationSite,
        call: &FinishedCall<'_>,
    ) -> Result<Vec<(String, Value)>, DiscardReason> {
        let mut known = Known::default();
        let arguments =
            Place::new(Part::Arguments, &operation.category).argument_names(operation.argument_names);
        self.redaction.remember(&arguments, call.arguments, &mut known);
        let result = Place::new(Part::Result, &operation.category);
        self.redaction.remember(&result, call.result.unwrap_or_default(), &mut known);
        let redacted = fields.into_iter().filter_map(|(key, value)| {
            self.redaction.field(&operation.category, &key, value, &known).transpose()
        });
        redacted.collect::<Result<_, _>>().map_err(|error| DiscardReason::Unredactable {
            alias: operation.category.to_string(),
            error: error.to_string(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Option<State>> {
        // No code of a user's runs under the lock, so that what a panic leaves is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Has values leave memory where there are many, and gives the recording up if it has grown past a limit.
    fn bound(&mut self, start: &RecordingStart) {
        if self.discarded.is_some() {
            return;
        }
        if let Some(spilling) = &start.spilling {
            // Who takes them is not ours, and might panic under the lock.
            if let Err(error) = guarded(|| self.tape.spill(&start.id, spilling)) {
                return self.discard(DiscardReason::Unspillable { error });
            }
            if self.tape.spilled().saturating_add(self.size() as u64) > spilling.max_bytes {
                let max_bytes = usize::try_from(spilling.max_bytes).unwrap_or(usize::MAX);
                return self.discard(DiscardReason::TooLarge { max_bytes });
            }
        }
        if self.tape.calls() > start.max_calls {
            return self.discard(DiscardReason::TooManyCalls { max: start.max_calls });
        }
        if self.size() > start.max_bytes {
            self.discard(DiscardReason::TooLarge { max_bytes: start.max_bytes });
        }
    }

    /// Bytes that it takes in memory, up to small change.
    fn size(&self) -> usize {
        self.tape.size() + self.fields.bytes()
    }

    fn discard(&mut self, reason: DiscardReason) {
        if self.discarded.is_none() {
            self.discarded = Some(reason);
            // What was taken down is of no use any more; its memory may be.
            (self.tape, self.fields) = (TapeBuilder::new(), Fields::default());
        }
    }
}

/// An operation that has ended, as its metadata extractor sees it.
///
/// ```
/// use playback_core::FinishedCall;
/// use playback_core::value::DecodeError;
/// use std::collections::BTreeMap;
///
/// fn fields(call: &FinishedCall<'_>) -> Result<BTreeMap<&'static str, String>, DecodeError> {
///     let (customer, _amount): (String, u64) = call.arguments()?;
///     Ok(BTreeMap::from([("customer", customer)]))
/// }
/// ```
#[derive(Debug)]
pub struct FinishedCall<'a> {
    arguments: &'a [u8],
    result: Option<&'a [u8]>,
    duration: Duration,
    /// How large what is made of it may be, encoded.
    max_bytes: usize,
}

impl FinishedCall<'_> {
    /// The recorded arguments: a tuple of those that the operation does not skip.
    ///
    /// # Errors
    /// [`DecodeError`] if they are not of this type.
    pub fn arguments<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        value::decode(self.arguments)
    }

    /// The result; none if the operation panicked or was dropped before its end.
    ///
    /// # Errors
    /// [`DecodeError`] if it is not of this type.
    pub fn result<T: DeserializeOwned>(&self) -> Result<Option<T>, DecodeError> {
        self.result.map(value::decode).transpose()
    }

    /// How long the operation took.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// Whether the operation returned an `Err`.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.result.is_some_and(value::is_error)
    }
}

/// Makes an extractor of a function whose result is anything with named fields.
pub(crate) fn extractor<M, E>(
    extract: impl FnOnce(&FinishedCall<'_>) -> Result<M, E> + Send + 'static,
) -> MetadataExtractor
where
    M: Serialize,
    E: std::fmt::Display,
{
    Box::new(move |call| {
        let fields = extract(call).map_err(|error| error.to_string())?;
        marked_value(&fields, call.max_bytes)
    })
}

/// A value in which what is secret is marked, if it takes no more bytes than it may.
pub(crate) fn marked_value<T: Serialize + ?Sized>(value: &T, max_bytes: usize) -> Result<Value, Unwritten> {
    let mut scratch = Scratch::bounded(Some(max_bytes));
    scratch.write(&mut plain(value))?;
    value::decode_value(scratch.bytes()).map_err(|error| Unwritten::Failed(error.to_string()))
}

/// The fields that an extractor makes of a call.
fn extracted(extract: MetadataExtractor, call: &FinishedCall<'_>) -> Result<Vec<(String, Value)>, Unwritten> {
    let value = guarded(|| Ok(extract(call)))??;
    Ok(fields(value)?)
}

/// The fields of what an extractor made.
fn fields(value: Value) -> Result<Vec<(String, Value)>, String> {
    match value {
        Value::Unit => Ok(Vec::new()),
        Value::Struct(fields) => {
            Ok(fields.into_iter().map(|(name, value)| (name.to_string(), value)).collect())
        }
        Value::Map(entries) => entries
            .into_iter()
            .map(|(key, value)| match key {
                Value::String(key) => Ok((key, value)),
                other => Err(format!("the key {other} of the fields is no string")),
            })
            .collect(),
        other => Err(format!("it returned {other}; return a struct or a map of fields")),
    }
}
