//! What comes of one recording.

use std::time::Duration;

use playback_core::RecordingId;
use playback_equalizer::{Comparison, Run, Status, Timeline, shown};
use serde::{Deserialize, Serialize};

use super::difference::DifferenceReport;
use super::words;

/// Characters that are kept of a message.
const MESSAGE: usize = 4_000;
/// Differences that are kept of a recording.
const KEPT: usize = 100;
/// Escapes that are kept of a recording.
const ESCAPES: usize = 20;
/// Characters of recorded and replayed values that are kept of a recording at their full length.
const VALUES: usize = 20_000;

/// What comes of one recording: a [`Comparison`] as bounded texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RecordingReport {
    /// The recording.
    #[serde(with = "words::text")]
    pub id: RecordingId,
    /// How the replay compares with it.
    #[serde(with = "words::one")]
    pub status: Status,
    /// What there is to say about it, if anything.
    pub message: Option<String>,
    /// Where the two runs differ, in the order in which it was found.
    pub differences: Vec<DifferenceReport>,
    /// How many more places differ than are kept.
    pub omitted: usize,
    /// The recorded run; none if it could not be loaded.
    pub recorded: Option<RunReport>,
    /// The replay; none if it failed.
    pub replayed: Option<RunReport>,
    /// Calls that ran, or would have run, for real, in words.
    pub escapes: Vec<String>,
    /// What both runs did.
    pub timeline: Timeline,
}

/// One run of an operation, in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunReport {
    /// How long the operation took, in whole microseconds.
    #[serde(rename = "duration_us", with = "words::micros")]
    pub duration: Duration,
    /// How long its own code took, without the calls that brought something in or sent something out, in whole
    /// microseconds, and one at least if it took any time; see [`Run::own`].
    #[serde(rename = "own_us", with = "words::micros")]
    pub own: Duration,
    /// Whether it failed: it returned an `Err`, or panicked.
    pub failed: bool,
}

impl RecordingReport {
    /// What is kept of a comparison.
    #[must_use]
    pub fn of(comparison: &Comparison) -> Self {
        Self::with(comparison, comparison.timeline.clone())
    }

    fn with(comparison: &Comparison, timeline: Timeline) -> Self {
        let Comparison { id, verdict, recorded, replayed, escapes, .. } = comparison;
        let mut values = VALUES;
        let differences: Vec<_> = verdict
            .differences
            .iter()
            .take(KEPT)
            .map(|difference| {
                let kept = DifferenceReport::of(difference, values > 0);
                values = values.saturating_sub(kept.size());
                kept
            })
            .collect();
        Self {
            id: id.clone(),
            status: verdict.status,
            message: verdict.message.as_ref().map(|message| shown(message, MESSAGE)),
            omitted: verdict.omitted.saturating_add(verdict.differences.len() - differences.len()),
            differences,
            recorded: recorded.as_ref().map(RunReport::of),
            replayed: replayed.as_ref().map(RunReport::of),
            escapes: escapes.iter().take(ESCAPES).map(|escape| shown(escape, MESSAGE)).collect(),
            timeline,
        }
    }

    /// The id without its category, `20260131/01KG8V3Q2E9T0000000000000A`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.id.day(), self.id.unique())
    }

    /// Keeps of two reports on one recording the worse, whichever comes first.
    pub(super) fn take_worse(&mut self, other: Self) {
        let rank = |report: &Self| {
            let places = report.differences.len().saturating_add(report.omitted);
            (report.status, places, report.message.clone(), report.replayed, report.recorded)
        };
        // What is left to tell them apart is any order, if only the same one whichever comes first.
        let rest = |report: &Self| serde_json::to_string(report).unwrap_or_default();
        if rank(&other).cmp(&rank(self)).then_with(|| rest(&other).cmp(&rest(self))).is_gt() {
            *self = other;
        }
    }
}

/// As [`RecordingReport::of`], of a comparison that is not needed any more.
impl From<Comparison> for RecordingReport {
    fn from(mut comparison: Comparison) -> Self {
        let timeline = std::mem::take(&mut comparison.timeline);
        Self::with(&comparison, timeline)
    }
}

impl RunReport {
    fn of(run: &Run) -> Self {
        let whole = words::micros::whole;
        Self { duration: whole(run.duration), own: own(run.own), failed: run.failed }
    }
}

/// In whole microseconds, and one at least of what took any time: a speed leaves out what took none.
fn own(took: Duration) -> Duration {
    let least = if took.is_zero() { Duration::ZERO } else { Duration::from_micros(1) };
    words::micros::whole(took).max(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_code_that_took_less_than_a_microsecond_took_some_time() {
        for (nanos, micros) in [(0, 0), (1, 1), (300, 1), (1_000, 1), (1_999, 1), (2_000, 2)] {
            assert_eq!(own(Duration::from_nanos(nanos)), Duration::from_micros(micros), "{nanos}");
        }
    }
}
