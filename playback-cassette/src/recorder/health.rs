//! How a recorder fares with its store, and who is let in meanwhile.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::back_off::{BackOff, Throttle};
use super::breaker::{Breaker, Circuit, Phase, Turn};
use super::metrics;
use super::onlookers;
use super::stats::count_event;

/// How a [`TapeRecorder`](crate::TapeRecorder) fares with its store.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Health {
    /// Whether it records, in a word.
    pub state: HealthState,
    /// The share of the operations recorded that sampling would have recorded, from 0 to 1: 1 if it is well, 0 while it
    /// is paused or once it has stopped.
    pub rate: f64,
    /// When it came into this state; none if it has been in no other.
    pub since: Option<SystemTime>,
    /// Why a save failed last, whenever that was, or why no more will be made.
    pub last_error: Option<SaveError>,
}

/// Whether a [`TapeRecorder`](crate::TapeRecorder) records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HealthState {
    /// Whatever sampling says.
    #[default]
    Healthy,
    /// Less, because the store does not keep up; see [`BackOff`].
    BackedOff,
    /// Nothing, because saves fail; see [`Breaker`].
    Paused,
    /// Nothing but what is needed to see whether saves succeed again.
    Probing,
    /// Nothing any more: it was closed, or its thread has ended by itself, which
    /// [`last_error`](Health::last_error) says then.
    Stopped,
}

/// Why a save failed, or why there are no more.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SaveError {
    /// The error and those beneath it.
    pub text: Arc<str>,
    /// When it failed.
    pub at: SystemTime,
}

impl Default for Health {
    fn default() -> Self {
        Self { state: HealthState::Healthy, rate: 1.0, since: None, last_error: None }
    }
}

/// Decides who is let in. What changes is to be [told](Change::tell) by whoever made it so.
#[derive(Debug)]
pub(super) struct Gate {
    throttle: Throttle,
    circuit: Circuit,
    /// For good.
    stopped: bool,
    state: HealthState,
    since: Option<SystemTime>,
    /// The rate that was told last.
    rate: f64,
    last_error: Option<SaveError>,
    /// How often it came into each state.
    backed_off: u64,
    paused: u64,
}

/// Why an operation is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shut {
    BackedOff,
    Paused,
}

/// A change of the state or of the rate.
#[derive(Debug)]
#[must_use = "it is to be told"]
pub(super) struct Change {
    /// None if it is the same as before.
    to: Option<HealthState>,
    rate: f64,
    wait: Duration,
    error: Option<Arc<str>>,
    /// How often it has come to this.
    count: u64,
}

impl Gate {
    pub(super) fn new(back_off: Option<BackOff>, breaker: Option<Breaker>, seed: Option<u64>) -> Self {
        Self {
            throttle: Throttle::new(back_off),
            circuit: Circuit::new(breaker, seed),
            stopped: false,
            state: HealthState::Healthy,
            since: None,
            rate: 1.0,
            last_error: None,
            backed_off: 0,
            paused: 0,
        }
    }

    /// Whether everybody is let in.
    pub(super) fn is_open(&self) -> bool {
        self.state == HealthState::Healthy
    }

    /// Lets in an operation, which stands at this place among all, from 0 to 1, or does not. `fill` is how full the queue
    /// is, `queued` whether something waits to be saved.
    pub(super) fn admit(&mut self, place: f64, now: SystemTime, fill: f64, queued: bool) -> Result<(), Shut> {
        self.throttle.drains(now, fill);
        if !self.circuit.admits(now, queued) {
            Err(Shut::Paused)
        } else if self.is_closed() && place >= self.throttle.rate() {
            Err(Shut::BackedOff)
        } else {
            Ok(())
        }
    }

    pub(super) fn filled(&mut self, now: SystemTime, fill: f64) {
        self.throttle.filled(now, fill);
    }

    /// What may be saved now.
    pub(super) fn next(&mut self, now: SystemTime) -> Turn {
        self.circuit.next(now)
    }

    pub(super) fn probes(&mut self, number: u64) {
        self.circuit.probes(number);
    }

    pub(super) fn saved(&mut self) {
        self.circuit.saved();
    }

    pub(super) fn failed(&mut self, number: u64, now: SystemTime, error: &str) {
        self.last_error = Some(SaveError { text: error.into(), at: now });
        self.circuit.failed(number, now);
    }

    /// A save failed, and not for the store's sake.
    pub(super) fn unsavable(&mut self, number: u64, now: SystemTime, error: &str) {
        self.last_error = Some(SaveError { text: error.into(), at: now });
        self.circuit.passed_over(number);
    }

    pub(super) fn passed_over(&mut self, number: u64) {
        self.circuit.passed_over(number);
    }

    /// Nobody is let in any more.
    pub(super) fn stop(&mut self) {
        self.stopped = true;
    }

    /// The same, and nobody asked for it.
    pub(super) fn died(&mut self, now: SystemTime) {
        let text = "the recorder's own thread has ended, and the log says why; nothing is recorded until a new recorder is made";
        self.last_error = Some(SaveError { text: text.into(), at: now });
        self.stop();
    }

    /// What has changed since this was asked last.
    pub(super) fn change(&mut self, now: SystemTime) -> Option<Change> {
        let (state, wait) = match self.circuit.phase() {
            _ if self.stopped => (HealthState::Stopped, Duration::ZERO),
            Phase::Open { wait, .. } => (HealthState::Paused, wait),
            Phase::HalfOpen { .. } => (HealthState::Probing, Duration::ZERO),
            Phase::Closed { .. } if self.throttle.rate() < 1.0 => (HealthState::BackedOff, Duration::ZERO),
            Phase::Closed { .. } => (HealthState::Healthy, Duration::ZERO),
        };
        let rate = self.rate();
        let is_new_rate = std::mem::replace(&mut self.rate, rate) != rate;
        if state == self.state {
            return is_new_rate.then_some(Change { to: None, rate, wait, error: None, count: 0 });
        }
        self.state = state;
        self.since = Some(now);
        let count = match state {
            HealthState::BackedOff => {
                self.backed_off += 1;
                self.backed_off
            }
            HealthState::Paused => {
                self.paused += 1;
                self.paused
            }
            HealthState::Healthy | HealthState::Probing | HealthState::Stopped => 0,
        };
        let error = self.last_error.as_ref().map(|error| Arc::clone(&error.text));
        Some(Change { to: Some(state), rate, wait, error, count })
    }

    pub(super) fn health(&self) -> Health {
        Health {
            state: self.state,
            rate: self.rate(),
            since: self.since,
            last_error: self.last_error.clone(),
        }
    }

    fn rate(&self) -> f64 {
        if self.is_closed() && !self.stopped { self.throttle.rate() } else { 0.0 }
    }

    fn is_closed(&self) -> bool {
        matches!(self.circuit.phase(), Phase::Closed { .. })
    }
}

impl Change {
    /// Tells of it as a `tracing` event: where there is something to do about it, as a warning the first, second, fourth …
    /// time, so that a store that comes and goes floods no log.
    pub(super) fn tell(self) {
        let Self { to, rate, wait, error, count } = self;
        let error = error.as_deref().unwrap_or("none");
        metrics::rate(rate);
        onlookers::tell(|| match to {
            None => tracing::debug!(rate, "another share of operations is recorded"),
            Some(HealthState::Healthy) => tracing::info!("everything is recorded again"),
            Some(HealthState::BackedOff) => count_event!(
                count,
                rate,
                count,
                "the store does not keep up: fewer operations are recorded until it does; save faster or sample less"
            ),
            Some(HealthState::Paused) => count_event!(
                count,
                count,
                "saves fail: nothing is recorded, and one save is tried in {wait:.1?}; mend the store: {error}"
            ),
            Some(HealthState::Probing) => {
                tracing::debug!("one save is tried, to see whether the store is there again")
            }
            // Whoever closed it knows, and of a thread that died there is more in the log.
            Some(HealthState::Stopped) => tracing::debug!("nothing is recorded any more"),
        });
    }
}
