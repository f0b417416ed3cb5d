//! Telling, as `tracing` events, what happens.

use std::time::{Duration, Instant};

use crate::event::Event;
use crate::report::Counts;

/// Counts are told after so many comparisons,
const EVERY: usize = 100;
/// or after this time.
const AT_LEAST_EVERY: Duration = Duration::from_secs(10);

/// Tells, as `tracing` events, what happens, and how many recordings there are of each status so far.
pub(crate) struct Log {
    counts: Counts,
    told: Instant,
}

impl Default for Log {
    fn default() -> Self {
        Self { counts: Counts::default(), told: Instant::now() }
    }
}

impl Log {
    pub(crate) fn tell(&mut self, event: &Event) {
        match event {
            Event::Started { category, looked_for, .. } => tracing::info!(category, "playing {looked_for}"),
            Event::Tuned { category, rules } => {
                tracing::debug!(category, rules = rules.len(), "tuned");
            }
            Event::Found { category, recordings } => tracing::info!(category, recordings, "found all"),
            Event::NothingFound { category, message } => tracing::warn!(category, "{message}"),
            Event::Compared(comparison) => {
                tracing::info!(recording_id = %comparison.id, status = %comparison.status(), "compared");
                self.counts.add(comparison.status());
                if self.counts.total().is_multiple_of(EVERY) || self.told.elapsed() >= AT_LEAST_EVERY {
                    self.told = Instant::now();
                    tracing::info!("so far: {}", self.counts);
                }
            }
            Event::Failed { category, message } => tracing::warn!(category, "{message}"),
            Event::Interrupted => tracing::warn!("interrupted"),
        }
    }

    pub(crate) fn end(&self) {
        tracing::info!("played all: {}", self.counts);
    }
}
