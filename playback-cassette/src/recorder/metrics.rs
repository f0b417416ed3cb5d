//! What is counted, told to whoever collects metrics of the process by the facade `metrics`. Without the feature of that name,
//! nothing is.

#[cfg(feature = "metrics")]
mod told {
    use ::metrics::{Unit, counter, describe_counter, describe_gauge, gauge};

    pub(in crate::recorder) fn describe() {
        describe_counter!(
            "playback_started_total",
            Unit::Count,
            "Operations that began while a recorder was enabled"
        );
        describe_counter!(
            "playback_ended_total",
            Unit::Count,
            "Operations by what became of them, and why: `outcome` is saved, sampled_out, discarded, dropped or failed"
        );
        describe_gauge!(
            "playback_queued_recordings",
            Unit::Count,
            "Recordings that wait to be saved or are on their way"
        );
        describe_gauge!("playback_queued_bytes", Unit::Bytes, "Memory that they take");
        describe_gauge!(
            "playback_rate",
            "The share of operations recorded that sampling would have recorded: 0 to 1"
        );
    }

    pub(in crate::recorder) fn started() {
        counter!("playback_started_total").increment(1);
    }

    pub(in crate::recorder) fn ended(outcome: &'static str, reason: &'static str, count: u64) {
        counter!("playback_ended_total", "outcome" => outcome, "reason" => reason).increment(count);
    }

    pub(in crate::recorder) fn queued(recordings: f64, bytes: f64) {
        gauge!("playback_queued_recordings").increment(recordings);
        gauge!("playback_queued_bytes").increment(bytes);
    }

    pub(in crate::recorder) fn rate(rate: f64) {
        gauge!("playback_rate").set(rate);
    }
}

#[cfg(not(feature = "metrics"))]
mod told {
    pub(in crate::recorder) fn describe() {}

    pub(in crate::recorder) fn started() {}

    pub(in crate::recorder) fn ended(_: &'static str, _: &'static str, _: u64) {}

    pub(in crate::recorder) fn queued(_: f64, _: f64) {}

    pub(in crate::recorder) fn rate(_: f64) {}
}

use super::backlog::Fate;
use super::onlookers::tell;

/// Says what there is to be told.
pub(super) fn describe() {
    tell(told::describe);
}

/// An operation began.
pub(super) fn started() {
    tell(told::started);
}

/// So many operations came to this.
pub(super) fn ended(outcome: &'static str, reason: &'static str, count: u64) {
    tell(|| told::ended(outcome, reason, count));
}

/// This share of operations is recorded.
pub(super) fn rate(rate: f64) {
    tell(|| told::rate(rate));
}

/// A recording of so many bytes came into the queue.
pub(super) fn queued(bytes: usize) {
    tell(|| told::queued(1.0, bytes as f64));
}

/// A recording of so many bytes left it.
pub(super) fn finished(fate: &Fate, bytes: usize) {
    tell(|| told::queued(-1.0, -(bytes as f64)));
    let (outcome, reason) = match fate {
        Fate::Saved => ("saved", "saved"),
        Fate::SampledOut => ("sampled_out", "calculator"),
        Fate::Unspillable(_) => ("discarded", "unspillable"),
        Fate::Failed(_) | Fate::Unsavable(_) | Fate::Panicked(_) | Fate::Unjudged(_) => ("failed", "failed"),
    };
    ended(outcome, reason, 1);
}

/// So many, of so many bytes together, left it without being saved, since it was closed.
pub(super) fn unwritten(recordings: u64, bytes: usize) {
    left(recordings, bytes, "dropped", "unwritten");
}

/// The same, since its writer ended by itself.
pub(super) fn lost(recordings: u64, bytes: usize) {
    left(recordings, bytes, "failed", "failed");
}

fn left(recordings: u64, bytes: usize, outcome: &'static str, reason: &'static str) {
    if recordings > 0 {
        tell(|| told::queued(-(recordings as f64), -(bytes as f64)));
        ended(outcome, reason, recordings);
    }
}
