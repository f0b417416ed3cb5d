//! Who keeps what an operation records: the [`Recorder`] trait, and which recorder is in force.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use crate::context::{self, InContext};
use crate::{Recording, RecordingId, SamplingKey, Service, Spilling};

/// Decides which operations are recorded and keeps their recordings.
///
/// All methods are called on the thread of the service, in the middle of its work: they must neither
/// block nor panic. `playback-cassette` has the recorder for production, `TapeRecorder`.
pub trait Recorder: Send + Sync {
    /// An operation begins, outside of any other. What to record it as, or none to leave it unrecorded.
    fn start(&self, operation: &OperationStart<'_>) -> Option<RecordingStart>;

    /// A recording that [`start`](Self::start) began is complete. Whether to keep it; if not, it comes to
    /// [`finish`](Self::finish) as [`DiscardReason::SampledOut`].
    ///
    /// By default it is kept, unless it was to be [kept only if forced](RecordingStart::only_if_forced) and was not.
    fn keeps(&self, start: &RecordingStart, end: &OperationEnd) -> bool {
        end.forced || !start.only_if_forced
    }

    /// A recording that [`start`](Self::start) began has ended.
    fn finish(&self, finished: Finished);
}

/// An operation that is about to begin.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct OperationStart<'a> {
    /// Its category.
    pub category: &'a str,
    /// The share of its runs to keep, 0 to 1, where the operation states one.
    pub sampling_rate: Option<f64>,
    /// Whether [`force_sample_recording`](crate::force_sample_recording) has no say in it.
    pub ignores_forced_sampling: bool,
    /// What it belongs to, where the operation says so: runs of one key are to be kept together.
    pub sampling_key: Option<SamplingKey>,
}

impl<'a> OperationStart<'a> {
    /// An operation of which only the category is stated.
    #[must_use]
    pub fn new(category: &'a str) -> Self {
        Self { category, sampling_rate: None, ignores_forced_sampling: false, sampling_key: None }
    }
}

/// An operation that has ended, and whose recording can be kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OperationEnd {
    /// How long it took.
    pub duration: Duration,
    /// Whether it returned an `Err`, or panicked. One that was dropped before its end has not failed.
    pub failed: bool,
    /// Whether [`force_sample_recording`](crate::force_sample_recording) was called, and has a say in it.
    pub forced: bool,
}

/// What a [`Recorder`] says of an operation that it wants recorded.
#[derive(Debug, Clone)]
pub struct RecordingStart {
    /// What to call the recording.
    pub id: RecordingId,
    /// The time of recording.
    pub recorded_at: SystemTime,
    /// The service that records.
    pub service: Option<Service>,
    /// Whether sampling has left it out so far: to keep the recording only if
    /// [`force_sample_recording`](crate::force_sample_recording) is called before the operation ends, or if the
    /// recorder finds [at its end](Recorder::keeps) that it is worth keeping.
    pub only_if_forced: bool,
    /// The size past which the recording is given up, in bytes in memory: of encoded values, entries, names and
    /// fields.
    pub max_bytes: usize,
    /// The size past which one value is not encoded to its end, in bytes, and the recording is given up; [`usize::MAX`]
    /// to bound nothing but the recording.
    pub max_value_bytes: usize,
    /// The number of inputs, outputs and kept data past which the recording is given up.
    pub max_calls: usize,
    /// What to do with values of a recording that grows large; none to keep all in memory.
    pub spilling: Option<Spilling>,
}

impl RecordingStart {
    /// A recording that is kept whatever it comes to: of no service, without bounds, in memory.
    ///
    /// What is to be otherwise is said in place: `RecordingStart { max_bytes, ..RecordingStart::new(id, now) }`, which
    /// goes on to compile when there is more to say.
    #[must_use]
    pub fn new(id: RecordingId, recorded_at: SystemTime) -> Self {
        Self {
            id,
            recorded_at,
            service: None,
            only_if_forced: false,
            max_bytes: usize::MAX,
            max_value_bytes: usize::MAX,
            max_calls: usize::MAX,
            spilling: None,
        }
    }
}

/// How a recording ended.
#[derive(Debug)]
pub enum Finished {
    /// It is whole, or as whole as an operation that panicked or was dropped can make it.
    Recorded(Recording),
    /// There is nothing to keep.
    Discarded {
        /// What it would have been called.
        id: RecordingId,
        /// Why there is nothing to keep.
        reason: DiscardReason,
    },
}

/// Why a recording was not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DiscardReason {
    /// [`discard_recording`](crate::discard_recording) was called.
    Requested,
    /// It was sampled out, and nothing forced it.
    SampledOut,
    /// The future of the operation was dropped before it was polled.
    NotRun,
    /// A value could not be encoded, or a handler failed.
    Unencodable {
        /// The alias of the call; the category for the operation itself.
        alias: String,
        /// What was wrong with the value.
        error: String,
    },
    /// A value could not be [redacted](crate::redaction).
    Unredactable {
        /// The alias of the call, unless it was made while the code ran, so that it might say what is secret.
        alias: String,
        /// What was wrong, without the value.
        error: String,
    },
    /// A value would have taken more than [`RecordingStart::max_value_bytes`].
    ValueTooLarge {
        /// The alias of the call; the category for the operation itself.
        alias: String,
        /// The limit that was passed, in bytes.
        max_bytes: usize,
    },
    /// It grew past [`RecordingStart::max_bytes`], or past [`Spilling::max_bytes`].
    TooLarge {
        /// The limit that was passed, in bytes.
        max_bytes: usize,
    },
    /// It made more calls than [`RecordingStart::max_calls`].
    TooManyCalls {
        /// The limit that was passed.
        max: usize,
    },
    /// It grew large, and its values could not leave memory.
    Unspillable {
        /// Why they could not.
        error: String,
    },
}

impl fmt::Display for DiscardReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Requested => write!(f, "the operation asked for it"),
            Self::SampledOut => write!(f, "it was sampled out"),
            Self::NotRun => write!(f, "the operation was dropped before it ran"),
            Self::Unencodable { alias, error } => {
                write!(f, "a value of `{alias}` cannot be recorded: {error}")
            }
            Self::Unredactable { alias, error } => {
                write!(f, "a value of `{alias}` cannot be redacted: {error}")
            }
            Self::ValueTooLarge { alias, max_bytes } => {
                write!(f, "a value of `{alias}` is larger than the limit of {max_bytes} bytes")
            }
            Self::TooLarge { max_bytes } => write!(f, "it grew past its limit of {max_bytes} bytes"),
            Self::TooManyCalls { max } => write!(f, "it made more calls than its limit of {max}"),
            Self::Unspillable { error } => write!(f, "it grew large and could not leave memory: {error}"),
        }
    }
}

static GLOBAL: OnceLock<Arc<dyn Recorder>> = OnceLock::new();

/// Makes `recorder` the one that records operations wherever no other is in scope, for the rest of the
/// process.
///
/// # Errors
/// [`GlobalRecorderSet`] if there is one already: a process has one, set at its start. Tests that want one
/// each use [`RecorderExt::scope`].
pub fn set_global_recorder(recorder: impl Recorder + 'static) -> Result<(), GlobalRecorderSet> {
    GLOBAL.set(Arc::new(recorder)).map_err(|_| GlobalRecorderSet)
}

/// A global recorder was set before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GlobalRecorderSet;

impl fmt::Display for GlobalRecorderSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a global recorder is set already; set it once, at the process's start, or use `recorder.scope(…)`"
        )
    }
}

impl std::error::Error for GlobalRecorderSet {}

/// The recorder that is in force where no other is in scope.
pub(crate) fn global() -> Option<Arc<dyn Recorder>> {
    GLOBAL.get().cloned()
}

/// What callers enjoy on every recorder that can be shared.
pub trait RecorderExt: Recorder + Clone + Sized + 'static {
    /// Runs `future` with this recorder in force, instead of the global one.
    ///
    /// The scope follows the future from thread to thread; tasks spawned in it are outside unless bound by
    /// [`in_current_context`](crate::FutureExt::in_current_context). An operation is in it if it *begins* in it: that is
    /// where its arguments are given, so a call of an `async` function, or an `async` block with the builder inside.
    ///
    /// ```
    /// # use playback_core::{RecorderExt, operation};
    /// # use playback_testkit::MemoryRecorder;
    /// # let recorder = MemoryRecorder::new();
    /// # futures::executor::block_on(async {
    /// recorder.scope(async { operation("Add").args(&(1, 2)).run_async(async { 3 }).await }).await;
    /// # });
    /// assert_eq!(recorder.recordings().len(), 1);
    /// ```
    fn scope<F: Future>(&self, future: F) -> InContext<F> {
        context::with_recorder(Arc::new(self.clone())).bind_future(future)
    }

    /// Runs `body` with this recorder in force, instead of the global one.
    fn scope_blocking<R>(&self, body: impl FnOnce() -> R) -> R {
        context::with_recorder(Arc::new(self.clone())).run(body)
    }
}

impl<R: Recorder + Clone + 'static> RecorderExt for R {}

impl<R: Recorder + ?Sized> Recorder for Arc<R> {
    fn start(&self, operation: &OperationStart<'_>) -> Option<RecordingStart> {
        (**self).start(operation)
    }

    fn keeps(&self, start: &RecordingStart, end: &OperationEnd) -> bool {
        (**self).keeps(start, end)
    }

    fn finish(&self, finished: Finished) {
        (**self).finish(finished);
    }
}
