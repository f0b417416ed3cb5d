//! Accepting changes: recordings made anew of what their replays did.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use playback_cassette::{Cassette, Error, ErrorKind, text};
use playback_core::value::DecodeError;
use playback_core::{Call, End, Entry, Kind, Playback, Recording, RecordingId, Site, Tape, TapeParts, Value};
use playback_equalizer::{Comparison, Equalizer, Status, Tuning};
use similar::TextDiff;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The field of the metadata that says when a recording was made anew of a replay.
pub const ACCEPTED_AT: &str = "accepted_at";

/// How many unchanged lines are shown around a change.
const CONTEXT: usize = 3;

/// A recording whose replay is not equal to it, and what it would be if the replay is accepted.
///
/// It is shown as the comparison's differences; [`lines`](Self::lines) shows it as a pull request would.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Change {
    /// What there is.
    pub recorded: Recording,
    /// What there would be.
    pub accepted: Recording,
    /// How the replay compares.
    pub comparison: Comparison,
}

impl Change {
    /// Replays a recording and proposes what it becomes if the replay is accepted; nothing if they are equal, as far as
    /// the tuning goes. Neither the cassette nor the recording is changed.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if the replay failed or could not be compared, so that there is nothing to accept, and
    /// whatever goes wrong with the cassette.
    pub async fn propose(
        cassette: &dyn Cassette,
        id: &RecordingId,
        tuning: &Tuning,
        now: SystemTime,
    ) -> Result<Option<Change>, Error> {
        let recorded = cassette.load(id).await?;
        let equalizer = Equalizer::new(tuning.clone()).keep_playbacks();
        let comparison = equalizer.compare(recorded).await;
        Change::of(comparison, now)
    }

    /// As [`propose`](Self::propose), of a comparison that [kept](Equalizer::keep_playbacks) its playback.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if the replay failed or could not be compared, or its playback was not kept.
    pub fn of(mut comparison: Comparison, now: SystemTime) -> Result<Option<Change>, Error> {
        if comparison.status() == Status::Equal {
            return Ok(None);
        }
        // What was replayed and could not be compared, or ran calls for real, is no change to a recording.
        let compared = comparison.status() != Status::EqualizerFailure;
        let Some(playback) = comparison.playback.take().filter(|_| compared) else {
            let message =
                format!("{comparison}\nthere is no replay to accept; mend the code, or record it anew");
            return Err(Error::new(ErrorKind::Invalid, message));
        };
        let accepted = accepted(&playback, now)?;
        Ok(Some(Change { recorded: playback.recording().clone(), accepted, comparison }))
    }

    /// The lines of the recording's text that change, with some around them, as `diff -u` has it.
    ///
    /// # Errors
    /// If one of the recordings cannot be written as text.
    pub fn lines(&self) -> Result<String, Error> {
        lines(&self.recorded, &self.accepted)
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.comparison)
    }
}

/// The lines in which the texts of two recordings differ.
pub(crate) fn lines(before: &Recording, after: &Recording) -> Result<String, Error> {
    let (before, after) = (text::encode(before)?, text::encode(after)?);
    let diff = TextDiff::from_lines(before.as_str(), after.as_str());
    Ok(diff.unified_diff().context_radius(CONTEXT).header("recorded", "replayed").to_string())
}

/// The recording that a replay makes: its calls, with the answers that they were given, and the recorded inputs that it
/// did not read, so that nothing is lost that came in. It keeps its id and its recorded times, and notes `now`.
///
/// What was sent and returned is the replay's; outputs that it did not make are gone, those that it added are there with
/// the answers of their policies.
///
/// # Errors
/// [`ErrorKind::Invalid`] if `now` is in no year from 0 to 9999.
pub fn accepted(playback: &Playback, now: SystemTime) -> Result<Recording, Error> {
    let recorded = playback.recording();
    let now = OffsetDateTime::from(now).format(&Rfc3339).map_err(|error| {
        Error::new(ErrorKind::Invalid, "the clock is in no year from 0 to 9999; set it").with_source(error)
    })?;
    let tape = merged(playback)?;
    let operation = tape.operation();
    let mut metadata = recorded.metadata().clone();
    metadata.failed = operation.is_some_and(|operation| operation.failed());
    metadata.incomplete = operation.is_none_or(|operation| !matches!(operation.end(), End::Returned(_)));
    metadata.fields.insert(ACCEPTED_AT.to_owned(), Value::from(now));
    Ok(Recording::new(recorded.id().clone(), metadata, tape))
}

/// The calls of the replay, and between them, where they were recorded, the inputs that were not read.
fn merged(playback: &Playback) -> Result<Tape, Error> {
    let answers: HashMap<u32, Call<'_>> =
        playback.matches().filter_map(|(call, recorded, _)| Some((call.order(), recorded?))).collect();
    let mut unread: BTreeMap<u32, Call<'_>> =
        playback.unread_inputs().map(|call| (call.order(), call)).collect();
    let kept: HashSet<&str> = playback.replayed().calls_of(Kind::Data).map(|call| call.alias()).collect();
    let data = playback.recorded().calls_of(Kind::Data);
    unread.extend(data.filter(|call| !kept.contains(call.alias())).map(|call| (call.order(), call)));

    let mut calls = Calls::default();
    let recorded_operation = playback.recorded().operation();
    let mut started = Duration::ZERO;
    for call in playback.replayed().calls() {
        let recorded = match call.kind() {
            Kind::Operation => recorded_operation,
            Kind::Data => playback.recorded().calls_of(Kind::Data).find(|data| data.alias() == call.alias()),
            _ => answers.get(&call.order()).copied(),
        };
        while let Some(entry) = unread.first_entry() {
            if recorded.is_none_or(|recorded| recorded.order() < *entry.key()) {
                break;
            }
            let unread = entry.remove();
            calls.add(unread, unread.started(), unread.duration());
        }
        // What is new has not been timed: it takes no time, where it came.
        started = recorded.map_or(started, |recorded| recorded.started());
        calls.add(call, started, recorded.map_or(Duration::ZERO, |recorded| recorded.duration()));
    }
    for unread in unread.into_values() {
        calls.add(unread, unread.started(), unread.duration());
    }
    calls.into_tape()
}

/// Calls that are put on a tape in the order in which they began.
#[derive(Default)]
struct Calls<'t>(Vec<(Call<'t>, Duration, Duration)>);

impl<'t> Calls<'t> {
    fn add(&mut self, call: Call<'t>, started: Duration, duration: Duration) {
        self.0.push((call, started, duration));
    }

    /// Laid out as a recorder does it: the operation is the first that began, and ended last.
    fn into_tape(self) -> Result<Tape, Error> {
        let mut parts = TapeParts { lanes: vec![Vec::new()], ..TapeParts::default() };
        let numbered = || self.0.iter().zip(0..);
        let is_operation = |call: &Call<'_>| call.kind() == Kind::Operation;
        let inner = numbered().filter(|((call, ..), _)| !is_operation(call));
        let operation = numbered().filter(|((call, ..), _)| is_operation(call));
        for ((call, started, duration), order) in inner.chain(operation) {
            let site = Site {
                kind: call.kind(),
                alias: call.alias().into(),
                argument_names: call.argument_names().iter().map(Arc::clone).collect(),
            };
            let site = place(&mut parts.sites, site);
            let lane = place(&mut parts.lanes, call.lane().to_vec());
            let mut add = |bytes: &[u8]| {
                let start = parts.bytes.len() as u64;
                parts.bytes.extend_from_slice(bytes);
                start..parts.bytes.len() as u64
            };
            let unreadable =
                |error: DecodeError| Error::new(ErrorKind::Other, error.to_string()).with_source(error);
            let arguments = add(&call.argument_bytes().map_err(unreadable)?);
            let end = match (call.result_bytes().map_err(unreadable)?, call.end()) {
                (Some(result), _) => End::Returned(add(&result)),
                (None, End::Panicked) => End::Panicked,
                (None, _) => End::Cancelled,
            };
            let (started, duration) = (*started, *duration);
            parts.entries.push(Entry { site, lane, order, arguments, end, started, duration });
        }
        Tape::new(parts).map_err(|error| Error::new(ErrorKind::Other, error.to_string()).with_source(error))
    }
}

/// The place of an item among others, at their end if it is new.
fn place<T: PartialEq>(items: &mut Vec<T>, item: T) -> u32 {
    let at = items.iter().position(|other| *other == item).unwrap_or_else(|| {
        items.push(item);
        items.len() - 1
    });
    u32::try_from(at).unwrap_or(u32::MAX)
}
