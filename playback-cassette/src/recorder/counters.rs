//! What is counted outside of the queue.

use std::sync::atomic::{AtomicU64, Ordering};

use playback_core::{DiscardReason, RecordingId};

use super::metrics;
use super::queue::QueueCounts;
use super::sampling::Verdict;
use super::stats::{Discarded, InFlight, Sampled, Stats, count_event};
use crate::Error;

#[derive(Default)]
pub(super) struct Counters {
    started: AtomicU64,
    sampled_out: AtomicU64,
    requested: AtomicU64,
    unencodable: AtomicU64,
    too_large: AtomicU64,
    too_many_calls: AtomicU64,
    value_too_large: AtomicU64,
    unspillable: AtomicU64,
    unredactable: AtomicU64,
    not_run: AtomicU64,
    misnamed: AtomicU64,
    other: AtomicU64,
    kept_forced: AtomicU64,
    kept_failed: AtomicU64,
    kept_slow: AtomicU64,
    over_limit: AtomicU64,
}

impl Counters {
    pub(super) fn started(&self) {
        add(&self.started);
        metrics::started();
    }

    /// Leaves an operation out at its start.
    pub(super) fn sampled_out(&self) {
        add(&self.sampled_out);
        metrics::ended("sampled_out", "sampling", 1);
    }

    /// A limit per second says no.
    pub(super) fn over_limit(&self) {
        add(&self.over_limit);
    }

    /// What sampling says of a recording at its end. One that is left out is counted when it is discarded.
    pub(super) fn judged(&self, verdict: Verdict) {
        match verdict {
            Verdict::Kept | Verdict::LeftOut => 0,
            Verdict::Forced => add(&self.kept_forced),
            Verdict::Failed => add(&self.kept_failed),
            Verdict::Slow => add(&self.kept_slow),
            Verdict::OverLimit => add(&self.over_limit),
        };
    }

    pub(super) fn misnamed(&self, category: &str, error: &Error) {
        let count = add(&self.misnamed);
        metrics::ended("discarded", "misnamed", 1);
        count_event!(count, category, count, "an operation cannot be recorded: {error}");
    }

    pub(super) fn discarded(&self, id: &RecordingId, reason: &DiscardReason) {
        let (counter, expected, name) = match reason {
            DiscardReason::SampledOut => (&self.sampled_out, true, "sampling"),
            DiscardReason::Requested => (&self.requested, true, "requested"),
            DiscardReason::NotRun => (&self.not_run, true, "not_run"),
            DiscardReason::Unencodable { .. } => (&self.unencodable, false, "unencodable"),
            DiscardReason::TooLarge { .. } => (&self.too_large, false, "too_large"),
            DiscardReason::TooManyCalls { .. } => (&self.too_many_calls, false, "too_many_calls"),
            DiscardReason::ValueTooLarge { .. } => (&self.value_too_large, false, "value_too_large"),
            DiscardReason::Unspillable { .. } => (&self.unspillable, false, "unspillable"),
            DiscardReason::Unredactable { .. } => (&self.unredactable, false, "unredactable"),
            _ => (&self.other, false, "other"),
        };
        let count = add(counter);
        let outcome = if *reason == DiscardReason::SampledOut { "sampled_out" } else { "discarded" };
        metrics::ended(outcome, name, 1);
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
                too_many_calls: read(&self.too_many_calls),
                value_too_large: read(&self.value_too_large),
                unspillable: read(&self.unspillable) + queue.unspillable,
                not_run: read(&self.not_run),
                misnamed: read(&self.misnamed),
                other: read(&self.other),
            },
            dropped: queue.dropped,
            failed: queue.failed,
            in_flight: InFlight { recording: 0, queued: queue.queued, saving: queue.saving },
            spilling_bytes: 0,
            sampling: Sampled {
                kept_forced: read(&self.kept_forced),
                kept_failed: read(&self.kept_failed),
                kept_slow: read(&self.kept_slow),
                over_limit: read(&self.over_limit),
                calculated_out: queue.sampled_out,
            },
            health: queue.health,
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
