//! Leaving a store alone that fails.

use std::num::NonZeroU32;
use std::time::{Duration, SystemTime};

use super::moments::since;

/// How a recorder leaves a store alone that fails: it stops recording after so many failed saves one after another, and
/// tries again after a pause, which is twice as long each time that fails, too.
///
/// A circuit breaker. While it is open no operation is recorded, which counts as [`paused`](crate::Dropped::paused); what
/// is queued stays there. After the pause one recording is saved, of those that are queued or else the next that is made. If
/// that succeeds, everything goes on; if not, the next pause begins. Pauses are up to a fifth longer or shorter than said
/// here, so that the recorders of a fleet do not all come back at once.
///
/// A save that fails because its recording is too large, or has metadata that cannot be written, says nothing of the store
/// and counts neither way.
///
/// Whoever flushes or closes the recorder wants to know, so everything that is queued is tried once then. None of the runs
/// that are not recorded can be forced.
///
/// ```
/// use std::num::NonZeroU32;
/// use std::time::Duration;
/// use playback_cassette::{Breaker, TapeRecorder};
/// # use playback_cassette::Cassette;
/// # fn example(cassette: impl Cassette + 'static) {
/// let breaker = Breaker::default()
///     .failures(NonZeroU32::MIN.saturating_add(9))
///     .pauses(Duration::from_secs(5), Duration::from_secs(600));
/// let recorder = TapeRecorder::builder(cassette).breaker(breaker).build(); // or `breaker(None)`
/// # let _ = recorder; }
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Breaker {
    failures: NonZeroU32,
    first_pause: Duration,
    longest_pause: Duration,
}

impl Breaker {
    /// After how many failed saves, without any that succeeds between them. By default 20, which is more than are on their
    /// way at a time.
    #[must_use]
    pub fn failures(mut self, failures: NonZeroU32) -> Self {
        self.failures = failures;
        self
    }

    /// The first pause and the longest; each is twice as long as the one before. By default a second and 5 minutes.
    #[must_use]
    pub fn pauses(mut self, first: Duration, longest: Duration) -> Self {
        self.first_pause = first;
        self.longest_pause = longest.max(first);
        self
    }
}

impl Default for Breaker {
    fn default() -> Self {
        Self {
            failures: NonZeroU32::MIN.saturating_add(19),
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(300),
        }
    }
}

/// Whether the store is left alone now.
#[derive(Debug)]
pub(super) struct Circuit {
    /// None to go on, always.
    settings: Option<Breaker>,
    phase: Phase,
    random: fastrand::Rng,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Closed {
        failures: u32,
    },
    Open {
        since: SystemTime,
        /// How long, by chance.
        wait: Duration,
        /// How long, by the rules.
        pause: Duration,
    },
    /// One save is tried.
    HalfOpen {
        pause: Duration,
        /// The number of the recording that is tried, if there is one.
        probe: Option<u64>,
        /// When an operation was let in to make one; none if none was.
        let_in: Option<SystemTime>,
    },
}

/// What may be saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Any,
    /// One, as the probe.
    Probe,
    /// Nothing before this is over.
    Hold(Duration),
    /// Nothing before something has happened.
    Wait,
}

impl Circuit {
    pub(super) fn new(settings: Option<Breaker>, seed: Option<u64>) -> Self {
        let random = seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        Self { settings, phase: Phase::Closed { failures: 0 }, random }
    }

    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether a run may be recorded that begins now; `queued` is whether something waits to be saved.
    pub(super) fn admits(&mut self, now: SystemTime, queued: bool) -> bool {
        self.turn(now);
        match &mut self.phase {
            Phase::Closed { .. } => true,
            Phase::Open { .. } => false,
            Phase::HalfOpen { probe: None, let_in, pause } if !queued => {
                // The one before may run for long, or come to nothing.
                let admits = let_in.as_mut().is_none_or(|moment| since(moment, now) >= *pause);
                if admits {
                    *let_in = Some(now);
                }
                admits
            }
            Phase::HalfOpen { .. } => false,
        }
    }

    /// What may be saved now.
    pub(super) fn next(&mut self, now: SystemTime) -> Turn {
        let left = self.turn(now);
        match &self.phase {
            Phase::Closed { .. } => Turn::Any,
            Phase::Open { .. } => Turn::Hold(left),
            Phase::HalfOpen { probe: None, .. } => Turn::Probe,
            Phase::HalfOpen { .. } => Turn::Wait,
        }
    }

    /// The recording of this number is saved as the probe.
    pub(super) fn probes(&mut self, number: u64) {
        if let Phase::HalfOpen { probe, .. } = &mut self.phase {
            *probe = Some(number);
        }
    }

    /// A save succeeded, whichever: the store is there.
    pub(super) fn saved(&mut self) {
        self.phase = Phase::Closed { failures: 0 };
    }

    /// A save failed.
    pub(super) fn failed(&mut self, number: u64, now: SystemTime) {
        let Some(settings) = self.settings else { return };
        match &mut self.phase {
            Phase::Closed { failures } => {
                *failures = failures.saturating_add(1);
                if *failures >= settings.failures.get() {
                    self.open(settings.first_pause, now);
                }
            }
            Phase::HalfOpen { probe: Some(probe), pause, .. } if *probe == number => {
                let longer = pause.saturating_mul(2).min(settings.longest_pause);
                self.open(longer, now);
            }
            // Of those that were on their way when it opened nobody has to be told.
            Phase::Open { .. } | Phase::HalfOpen { .. } => {}
        }
    }

    /// A recording was not saved, and not for the store's sake.
    pub(super) fn passed_over(&mut self, number: u64) {
        if let Phase::HalfOpen { probe, .. } = &mut self.phase {
            *probe = probe.filter(|probe| *probe != number);
        }
    }

    fn open(&mut self, pause: Duration, now: SystemTime) {
        let wait = pause.mul_f64(0.8 + 0.4 * self.random.f64());
        self.phase = Phase::Open { since: now, wait, pause };
    }

    /// Tries again once the pause is over; what is left of it.
    fn turn(&mut self, now: SystemTime) -> Duration {
        let Phase::Open { since: opened, wait, pause } = &mut self.phase else { return Duration::ZERO };
        let left = wait.saturating_sub(since(opened, now));
        if left.is_zero() {
            self.phase = Phase::HalfOpen { pause: *pause, probe: None, let_in: None };
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000) + Duration::from_secs_f64(seconds)
    }

    /// Opens after two failures, for 10 seconds at first and 30 at most.
    fn circuit() -> Circuit {
        let breaker = Breaker::default()
            .failures(NonZeroU32::new(2).unwrap())
            .pauses(Duration::from_secs(10), Duration::from_secs(30));
        Circuit::new(Some(breaker), Some(7))
    }

    fn opened() -> Circuit {
        let mut circuit = circuit();
        circuit.failed(0, at(0.0));
        circuit.failed(1, at(0.0));
        circuit
    }

    fn pause(circuit: &Circuit) -> Option<(u64, f64)> {
        match circuit.phase() {
            Phase::Open { pause, wait, .. } => {
                Some((pause.as_secs(), wait.as_secs_f64() / pause.as_secs_f64()))
            }
            _ => None,
        }
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_one_success_makes_them_forgotten() {
        let mut circuit = circuit();
        circuit.failed(0, at(0.0));
        circuit.saved();
        circuit.failed(1, at(0.0));
        assert!(circuit.admits(at(0.0), true));
        circuit.failed(2, at(0.0));
        assert!(!circuit.admits(at(0.0), false));
        assert!(matches!(circuit.next(at(0.0)), Turn::Hold(_)));
    }

    #[test]
    fn one_save_is_tried_after_the_pause_and_closes_it_if_it_succeeds() {
        let mut circuit = opened();
        assert!(matches!(circuit.next(at(7.9)), Turn::Hold(_)));
        assert_eq!(circuit.next(at(12.1)), Turn::Probe);
        circuit.probes(7);
        assert_eq!(circuit.next(at(12.1)), Turn::Wait);
        assert!(!circuit.admits(at(12.1), false), "one at a time");
        circuit.saved();
        assert_eq!(circuit.next(at(12.1)), Turn::Any);
        assert!(circuit.admits(at(12.1), false));
    }

    #[test]
    fn each_pause_is_twice_as_long_up_to_the_longest_and_begins_anew_after_a_success() {
        let mut circuit = opened();
        let mut pauses = vec![pause(&circuit).unwrap()];
        for number in 2..5 {
            let now = at(number as f64 * 100.0);
            assert_eq!(circuit.next(now), Turn::Probe);
            circuit.probes(number);
            circuit.failed(number, now);
            pauses.push(pause(&circuit).unwrap());
        }
        assert_eq!(pauses.iter().map(|pause| pause.0).collect::<Vec<_>>(), [10, 20, 30, 30]);
        assert!(pauses.iter().all(|pause| (0.8..1.2).contains(&pause.1)), "{pauses:?}");
        assert!(pauses.iter().any(|pause| (pause.1 - pauses[0].1).abs() > 0.01), "{pauses:?}");
        circuit.saved();
        circuit.failed(5, at(900.0));
        circuit.failed(6, at(900.0));
        assert_eq!(pause(&circuit).unwrap().0, 10);
    }

    #[test]
    fn an_operation_is_let_in_where_nothing_is_queued_and_another_if_it_comes_to_nothing() {
        let mut circuit = opened();
        assert!(!circuit.admits(at(12.1), true), "what is queued is tried first");
        assert!(circuit.admits(at(12.1), false));
        assert!(!circuit.admits(at(20.0), false));
        assert!(circuit.admits(at(22.2), false));
    }

    #[test]
    fn failures_of_saves_that_were_on_their_way_make_no_pause_longer() {
        let mut circuit = opened();
        circuit.failed(2, at(1.0));
        assert_eq!(pause(&circuit).unwrap().0, 10);
        circuit.next(at(12.1));
        circuit.probes(4);
        circuit.failed(3, at(12.2));
        assert_eq!(pause(&circuit), None);
        circuit.failed(4, at(12.3));
        assert_eq!(pause(&circuit).unwrap().0, 20);
    }

    #[test]
    fn a_probe_that_is_not_saved_for_another_reason_makes_room_for_the_next() {
        let mut circuit = opened();
        circuit.next(at(12.1));
        circuit.probes(4);
        circuit.passed_over(3);
        assert_eq!(circuit.next(at(12.1)), Turn::Wait);
        circuit.passed_over(4);
        assert_eq!(circuit.next(at(12.1)), Turn::Probe);
    }

    #[test]
    fn a_clock_that_goes_back_makes_no_pause_longer() {
        let mut circuit = circuit();
        circuit.failed(0, at(3600.0));
        circuit.failed(1, at(3600.0));
        assert!(matches!(circuit.next(at(0.0)), Turn::Hold(left) if left <= Duration::from_secs(12)));
        assert_eq!(circuit.next(at(12.1)), Turn::Probe);
    }

    #[test]
    fn turned_off_it_never_opens() {
        let mut circuit = Circuit::new(None, None);
        (0..1000).for_each(|number| circuit.failed(number, at(0.0)));
        assert!(circuit.admits(at(0.0), true));
    }
}
