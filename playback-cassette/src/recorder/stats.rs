//! What became of operations.

use std::sync::atomic::{AtomicU64, Ordering};

use playback_core::{DiscardReason, RecordingId};

use super::queue::QueueCounts;
use crate::Error;

/// What became of the operations that a [`TapeRecorder`](crate::TapeRecorder) was asked to record. At any
/// time,
///
/// `started` = `saved` + `sampled_out` + `discarded.total()` + `dropped.total()` + `failed` +
/// `in_flight.total()`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Operations that began while the recorder was enabled.
    pub started: u64,
    /// Recordings that the cassette has.
    pub saved: u64,
    /// Operations that the sampling rate left out, at their start or, unforced, at their end, and recordings
    /// that the sampling calculator left out.
    pub sampled_out: u64,
    /// Recordings that ended with nothing to keep.
    pub discarded: Discarded,
    /// Recordings that there was no way of keeping.
    pub dropped: Dropped,
    /// Recordings that the cassette could not save; the log says why.
    pub failed: u64,
    /// Recordings that are not at their end.
    pub in_flight: InFlight,
    /// Bytes of values of large recordings that wait to be written to temporary files; see
    /// [`spill_queue_bytes`](crate::TapeRecorderBuilder::spill_queue_bytes).
    pub spilling_bytes: u64,
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
    /// They grew past the limit for one recording.
    pub too_large: u64,
    /// They grew large, and their values could not leave memory: the disk failed, was full, or did not keep up.
    pub unspillable: u64,
    /// The future of the operation was dropped before it was polled.
    pub not_run: u64,
    /// The category cannot be part of an id, or the clock stands outside of the years that an id can hold.
    pub misnamed: u64,
    /// Any other reason.
    pub other: u64,
}

/// Recordings that there was no way of keeping, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dropped {
    /// The queue was full, in recordings or in bytes.
    pub queue_full: u64,
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
        self.queue_full + self.closed + self.unwritten
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

/// What is counted outside of the queue.
#[derive(Default)]
pub(super) struct Counters {
    started: AtomicU64,
    sampled_out: AtomicU64,
    requested: AtomicU64,
    unencodable: AtomicU64,
    too_large: AtomicU64,
    unspillable: AtomicU64,
    unredactable: AtomicU64,
    not_run: AtomicU64,
    misnamed: AtomicU64,
    other: AtomicU64,
}

impl Counters {
    pub(super) fn started(&self) {
        add(&self.started);
    }

    pub(super) fn sampled_out(&self) {
        add(&self.sampled_out);
    }

    pub(super) fn misnamed(&self, category: &str, error: &Error) {
        let count = add(&self.misnamed);
        count_event!(count, category, count, "an operation cannot be recorded: {error}");
    }

    pub(super) fn discarded(&self, id: &RecordingId, reason: &DiscardReason) {
        let (counter, expected) = match reason {
            DiscardReason::SampledOut => (&self.sampled_out, true),
            DiscardReason::Requested => (&self.requested, true),
            DiscardReason::NotRun => (&self.not_run, true),
            DiscardReason::Unencodable { .. } => (&self.unencodable, false),
            DiscardReason::TooLarge { .. } => (&self.too_large, false),
            DiscardReason::Unspillable { .. } => (&self.unspillable, false),
            DiscardReason::Unredactable { .. } => (&self.unredactable, false),
            _ => (&self.other, false),
        };
        let count = add(counter);
        if expected {
            tracing::debug!(recording = %id, "a recording was discarded: {reason}");
        } else {
            count_event!(count, recording = %id, count, "a recording was discarded: {reason}");
        }
    }

    /// All counts, the queue's among them.
    pub(super) fn with(&self, queue: QueueCounts) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let mut stats = Stats {
            started: 0,
            saved: queue.saved,
            sampled_out: read(&self.sampled_out) + queue.sampled_out,
            discarded: Discarded {
                requested: read(&self.requested),
                unencodable: read(&self.unencodable),
                unredactable: read(&self.unredactable),
                too_large: read(&self.too_large),
                unspillable: read(&self.unspillable) + queue.unspillable,
                not_run: read(&self.not_run),
                misnamed: read(&self.misnamed),
                other: read(&self.other),
            },
            dropped: queue.dropped,
            failed: queue.failed,
            in_flight: InFlight { recording: 0, queued: queue.queued, saving: queue.saving },
            spilling_bytes: 0,
        };
        let accounted = stats.saved
            + stats.sampled_out
            + stats.discarded.total()
            + stats.dropped.total()
            + stats.failed
            + stats.in_flight.total();
        // Read last, so that none of the others is ahead of it.
        stats.started = read(&self.started).max(accounted);
        stats.in_flight.recording = stats.started - accounted;
        stats
    }
}

/// Counts one more, and says how many there are.
fn add(counter: &AtomicU64) -> u64 {
    counter.fetch_add(1, Ordering::Relaxed) + 1
}
