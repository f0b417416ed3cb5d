//! Giving way to a store that cannot keep up.

use std::time::{Duration, SystemTime};

use super::moments::since;

/// How a recorder gives way to a store that cannot keep up: it records fewer operations as its queue fills, and more again
/// as that drains, without being asked. What it leaves out is decided at an operation's start, and costs nothing.
///
/// Additive increase, multiplicative decrease, as in networks: when the queue is filled past
/// [`high_water`](Self::high_water), in recordings or in bytes, the share of operations that are recorded is halved; and
/// again at each further quarter of what room there is, and each second that it stays so; down to
/// [`floor`](Self::floor). Once the queue is down to half of the high-water mark, the share rises again, second by second,
/// from nothing to all within [`recovery`](Self::recovery).
///
/// What is left out counts as [`backed_off`](crate::Dropped::backed_off). It is taken evenly from all that would be
/// recorded: runs that fail or are slow are recorded in that share, too, and none of those left out can be forced. Of runs
/// with one [sampling key](playback_core::SamplingKey) all or none are left out, as far as the share stays the same.
///
/// ```
/// use std::time::Duration;
/// use playback_cassette::{BackOff, TapeRecorder};
/// # use playback_cassette::Cassette;
/// # fn example(cassette: impl Cassette + 'static) {
/// let back_off = BackOff::default().high_water(0.5).recovery(Duration::from_secs(120));
/// let recorder = TapeRecorder::builder(cassette).back_off(back_off).build(); // or `back_off(None)`
/// # let _ = recorder; }
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BackOff {
    high_water: f64,
    floor: f64,
    recovery: Duration,
}

impl BackOff {
    /// How full the queue is when recording gives way, from 0 to 1. By default 0.75.
    #[must_use]
    pub fn high_water(mut self, share: f64) -> Self {
        self.high_water = share.clamp(0.0, 1.0);
        self
    }

    /// The share of operations that is recorded at the least, from 0 to 1. By default 0.01.
    #[must_use]
    pub fn floor(mut self, share: f64) -> Self {
        self.floor = share.clamp(0.0, 1.0);
        self
    }

    /// How long it takes until all are recorded again where none were, in whole seconds. By default 30 seconds.
    #[must_use]
    pub fn recovery(mut self, recovery: Duration) -> Self {
        self.recovery = recovery;
        self
    }
}

impl Default for BackOff {
    fn default() -> Self {
        Self { high_water: 0.75, floor: 0.01, recovery: Duration::from_secs(30) }
    }
}

/// The share of operations that is recorded now.
#[derive(Debug)]
pub(super) struct Throttle {
    /// None to record all, always.
    settings: Option<BackOff>,
    rate: f64,
    fell_at: SystemTime,
    /// How full the queue was when the rate fell last.
    fell_with: f64,
    rose_at: SystemTime,
}

/// How often the rate changes, at the most.
const STEP: Duration = Duration::from_secs(1);

impl Throttle {
    pub(super) fn new(settings: Option<BackOff>) -> Self {
        let never = SystemTime::UNIX_EPOCH;
        Self { settings, rate: 1.0, fell_at: never, fell_with: 0.0, rose_at: never }
    }

    /// From 0 to 1.
    pub(super) fn rate(&self) -> f64 {
        self.rate
    }

    /// Something came into the queue, which is now so full, from 0 to 1, or was dropped because it is full.
    pub(super) fn filled(&mut self, now: SystemTime, fill: f64) {
        let Some(settings) = self.settings.filter(|settings| fill >= settings.high_water) else { return };
        let quarter = (1.0 - settings.high_water) / 4.0;
        let further = quarter > 0.0 && fill >= self.fell_with + quarter;
        if self.rate >= 1.0 || further || since(&mut self.fell_at, now) >= STEP {
            self.rate = (self.rate / 2.0).max(settings.floor).min(1.0);
            (self.fell_at, self.fell_with, self.rose_at) = (now, fill, now);
        }
    }

    /// Lets the rate rise, if it is time.
    pub(super) fn drains(&mut self, now: SystemTime, fill: f64) {
        let Some(settings) = self.settings.filter(|_| self.rate < 1.0) else { return };
        if fill > settings.high_water / 2.0 {
            self.rose_at = now;
            return;
        }
        let steps = since(&mut self.rose_at, now).as_secs();
        if steps > 0 {
            self.rate = (self.rate + steps as f64 / settings.recovery.as_secs_f64().max(1.0)).min(1.0);
            self.rose_at = now;
            self.fell_with = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000) + Duration::from_millis(milliseconds)
    }

    fn throttle() -> Throttle {
        Throttle::new(Some(BackOff::default().floor(0.1)))
    }

    #[test]
    fn the_rate_is_halved_past_the_mark_and_at_each_quarter_of_the_room_beyond_it() {
        let mut throttle = throttle();
        let fills = [0.5, 0.74, 0.75, 0.76, 0.81, 0.82, 0.86, 0.9, 0.94, 1.0, 1.0];
        let rates = fills.map(|fill| {
            throttle.filled(at(0), fill);
            throttle.rate()
        });
        assert_eq!(rates, [1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125, 0.1, 0.1]);
    }

    #[test]
    fn it_is_halved_each_second_that_the_queue_stays_full() {
        let mut throttle = throttle();
        let rates = [0, 500, 999, 1000, 1500, 2000].map(|now| {
            throttle.filled(at(now), 0.8);
            throttle.rate()
        });
        assert_eq!(rates, [0.5, 0.5, 0.5, 0.25, 0.25, 0.125]);
    }

    #[test]
    fn it_rises_step_by_step_once_the_queue_is_down_to_half_of_the_mark() {
        let mut throttle = throttle();
        throttle.filled(at(0), 0.8);
        // A minute above that is no minute of rising.
        throttle.drains(at(60_000), 0.5);
        assert_eq!(throttle.rate(), 0.5);
        let rates: Vec<_> = (61..=80)
            .map(|second| {
                throttle.drains(at(second * 1000), 0.1);
                (throttle.rate() * 30.0).round()
            })
            .collect();
        let expected = (16..=30).map(f64::from).chain([30.0; 5]);
        assert_eq!(rates, expected.collect::<Vec<_>>());
        assert_eq!(throttle.rate(), 1.0);
    }

    #[test]
    fn a_clock_that_goes_back_holds_nothing_up() {
        let mut throttle = throttle();
        throttle.filled(at(3_600_000), 0.8);
        throttle.drains(at(0), 0.1);
        throttle.drains(at(1000), 0.1);
        assert!(throttle.rate() > 0.5);
        throttle.filled(at(1000), 0.75);
        throttle.filled(at(2000), 0.75);
        assert!(throttle.rate() < 0.3);
    }

    #[test]
    fn turned_off_it_records_all() {
        let mut throttle = Throttle::new(None);
        throttle.filled(at(0), 1.0);
        assert_eq!(throttle.rate(), 1.0);
    }
}
