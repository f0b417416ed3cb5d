//! What became of operations.

use super::health::Health;

/// What became of the operations that a [`TapeRecorder`](crate::TapeRecorder) was asked to record. At any
/// time,
///
/// `started` = `saved` + `sampled_out` + `discarded.total()` + `dropped.total()` + `failed` +
/// `in_flight.total()`.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Stats {
    /// Operations that began while the recorder was enabled.
    pub started: u64,
    /// Recordings that the cassette has.
    pub saved: u64,
    /// Operations that [sampling](crate::Sampling) left out, at their start or at their end, and recordings that the
    /// sampling calculator left out.
    pub sampled_out: u64,
    /// Recordings that ended with nothing to keep.
    pub discarded: Discarded,
    /// Recordings that there was no way of keeping.
    pub dropped: Dropped,
    /// Recordings that the cassette could not save, or whose writer panicked; the log says why.
    pub failed: u64,
    /// Recordings that are not at their end.
    pub in_flight: InFlight,
    /// Bytes of values of large recordings that wait to be written to temporary files; see
    /// [`spill_queue_bytes`](crate::TapeRecorderBuilder::spill_queue_bytes).
    pub spilling_bytes: u64,
    /// What sampling decided, beside the rates' draws.
    pub sampling: Sampled,
    /// How the recorder fares with its store.
    pub health: Health,
}

/// Recordings that ended with nothing to keep, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Discarded {
    /// The operation asked for it.
    pub requested: u64,
    /// A value could not be encoded, or a handler failed.
    pub unencodable: u64,
    /// A value could not be [redacted](playback_core::redaction), so that nothing of them was kept.
    pub unredactable: u64,
    /// They grew past the limit for one recording, in bytes.
    pub too_large: u64,
    /// They made more calls than a recording may have.
    pub too_many_calls: u64,
    /// A value was larger than one may be.
    pub value_too_large: u64,
    /// They grew large, and their values could not leave memory: the disk failed, was full, or did not keep up.
    pub unspillable: u64,
    /// The future of the operation was dropped before it was polled.
    pub not_run: u64,
    /// The category cannot be part of an id, or the clock stands outside of the years that an id can hold.
    pub misnamed: u64,
    /// Any other reason.
    pub other: u64,
}

/// What sampling decided. These are not in the sum of [`Stats`]: what is kept may still be dropped or fail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sampled {
    /// Kept only because [`force_sample_recording`](playback_core::force_sample_recording) was called.
    pub kept_forced: u64,
    /// Kept only because they failed; see [`and_failures`](crate::Sampling::and_failures).
    pub kept_failed: u64,
    /// Kept only because they were slow; see [`and_slower_than`](crate::Sampling::and_slower_than) and
    /// [`and_slowest`](crate::Sampling::and_slowest).
    pub kept_slow: u64,
    /// Would have been kept, but for [`at_most_per_second`](crate::Sampling::at_most_per_second). Those are among
    /// the [`sampled_out`](Stats::sampled_out), unless they were kept for another reason after all.
    pub over_limit: u64,
    /// Left out by the [sampling calculator](crate::TapeRecorderBuilder::sampling_calculator), and among the
    /// [`sampled_out`](Stats::sampled_out).
    pub calculated_out: u64,
}

/// Recordings that there was no way of keeping, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dropped {
    /// The queue was full, in recordings or in bytes.
    pub queue_full: u64,
    /// They were not recorded because the store did not keep up; see [`BackOff`](crate::BackOff).
    pub backed_off: u64,
    /// They were not recorded because saves failed; see [`Breaker`](crate::Breaker).
    pub paused: u64,
    /// They began or ended after the recorder was closed.
    pub closed: u64,
    /// They were not saved in the time that closing had.
    pub unwritten: u64,
}

/// Recordings that are not at their end, by where they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InFlight {
    /// Their operations run.
    pub recording: u64,
    /// They wait to be saved.
    pub queued: u64,
    /// They are on their way to the cassette.
    pub saving: u64,
}

impl Discarded {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.requested
            + self.unencodable
            + self.too_large
            + self.too_many_calls
            + self.value_too_large
            + self.unspillable
            + self.unredactable
            + self.not_run
            + self.misnamed
            + self.other
    }
}

impl Dropped {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.queue_full + self.backed_off + self.paused + self.closed + self.unwritten
    }
}

impl InFlight {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.recording + self.queued + self.saving
    }
}

/// Tells of something that may happen to every single recording: as a warning the first, second, fourth,
/// eighth … time, so that a log is not flooded, otherwise as a debug event.
macro_rules! count_event {
    ($count:expr, $($event:tt)+) => {
        if $count.is_power_of_two() {
            tracing::warn!($($event)+);
        } else {
            tracing::debug!($($event)+);
        }
    };
}
pub(crate) use count_event;
