//! About so many an hour.

use std::time::SystemTime;

use super::super::moments::since;

/// How much of an hour's budget can be left over for later, and how much spent ahead.
const SAVED: f64 = 1.0 / 6.0;
const LENT: f64 = 1.0 / 12.0;

/// Over how many minutes what was left over, or spent ahead, is made up for.
const MADE_UP_IN: f64 = 10.0;

/// A rate that spends a budget: each minute it becomes what would spend the budget of that minute if there were as many runs
/// as in those before.
#[derive(Debug)]
pub(super) struct Budget {
    minute_began: SystemTime,
    earned_at: SystemTime,
    /// What is left over; less than nothing if it was spent ahead.
    credit: f64,
    /// In this minute.
    runs: f64,
    /// How many a minute there were of late; none in the first minute.
    expected: Option<f64>,
    rate: f64,
}

impl Budget {
    pub(super) fn new(now: SystemTime) -> Self {
        Self { minute_began: now, earned_at: now, credit: 0.0, runs: 0.0, expected: None, rate: 1.0 }
    }

    /// The rate for a run that begins now. Counts it.
    pub(super) fn rate(&mut self, now: SystemTime, per_hour: f64) -> f64 {
        self.earn(now, per_hour);
        self.turn(now, per_hour);
        self.runs += 1.0;
        // In the first minute nothing is known, so the first that come are taken.
        let lent = if self.expected.is_none() { per_hour / 60.0 } else { per_hour * LENT };
        let has_any = per_hour > 0.0 && self.credit - 1.0 >= -lent.max(1.0) - 1e-9;
        if has_any { self.rate } else { 0.0 }
    }

    /// One was kept.
    pub(super) fn spend(&mut self, per_hour: f64) {
        // What was not asked for is made up for within an hour.
        self.credit = (self.credit - 1.0).max(-per_hour.max(1.0));
    }

    fn earn(&mut self, now: SystemTime, per_hour: f64) {
        let hours = since(&mut self.earned_at, now).as_secs_f64() / 3600.0;
        self.earned_at = now;
        self.credit = (self.credit + hours * per_hour).min((per_hour * SAVED).max(1.0));
    }

    /// Sets the rate anew if a minute is over.
    fn turn(&mut self, now: SystemTime, per_hour: f64) {
        let minutes = since(&mut self.minute_began, now).as_secs_f64() / 60.0;
        if minutes < 1.0 {
            return;
        }
        let seen = self.runs / minutes;
        // What is a minute old counts half.
        let old = 0.5_f64.powf(minutes);
        let expected = self.expected.map_or(seen, |expected| old * expected + (1.0 - old) * seen);
        let budget = per_hour / 60.0 + self.credit / MADE_UP_IN;
        self.rate = (budget / expected.max(1.0)).clamp(0.0, 1.0);
        self.expected = Some(expected);
        self.runs = 0.0;
        self.minute_began = now;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Lets traffic of so many runs a minute, which may change by the minute, come upon a budget. How many are kept in each
    /// hour.
    fn kept(per_hour: f64, minutes: u32, traffic: impl Fn(u32) -> u32) -> Vec<u32> {
        let (start, mut random) = (SystemTime::UNIX_EPOCH, fastrand::Rng::with_seed(7));
        let mut budget = Budget::new(start);
        let mut hours = vec![0; minutes.div_ceil(60) as usize];
        for minute in 0..minutes {
            let runs = traffic(minute);
            for run in 0..runs {
                let now = start + Duration::from_secs(60) * minute + Duration::from_secs(60) * run / runs;
                if random.f64() < budget.rate(now, per_hour) {
                    budget.spend(per_hour);
                    hours[minute as usize / 60] += 1;
                }
            }
        }
        hours
    }

    #[test]
    fn an_hour_keeps_about_what_was_asked_for_however_much_there_is() {
        for (per_hour, traffic) in [(100, 600), (100, 6000), (1000, 100), (30, 60), (7, 1000)] {
            for kept in kept(f64::from(per_hour), 240, |_| traffic) {
                let about = per_hour * 3 / 4..=per_hour * 5 / 4;
                assert!(about.contains(&kept), "{kept} of {per_hour} with {traffic} a minute");
            }
        }
    }

    #[test]
    fn traffic_that_changes_changes_the_rate_and_not_what_is_kept() {
        let waves = |minute: u32| match minute / 15 % 4 {
            0 => 10,
            1 => 1000,
            2 => 100,
            _ => 5000,
        };
        for kept in kept(200.0, 240, waves) {
            assert!((140..=250).contains(&kept), "{kept}");
        }
    }

    #[test]
    fn a_burst_after_silence_cannot_spend_more_than_a_quarter_above() {
        let kept = kept(120.0, 120, |minute| if minute == 90 { 100_000 } else { 0 });
        assert!((10..=40).contains(&kept[1]), "{kept:?}");
    }

    #[test]
    fn all_are_kept_where_there_are_fewer_than_asked_for() {
        assert_eq!(kept(100.0, 120, |minute| u32::from(minute % 2 == 0)), [30, 30]);
        assert_eq!(kept(0.0, 60, |_| 10), [0]);
    }

    #[test]
    fn a_minute_gives_a_rate_that_spends_its_share_and_a_tenth_of_what_was_left_over_or_spent_ahead() {
        let start = SystemTime::UNIX_EPOCH;
        // Of 600 an hour, with 50 runs in the minutes before and 150 in the last.
        for (credit, rate) in [(0.0, 0.1), (25.0, 0.125), (-25.0, 0.075), (100.0, 0.2)] {
            let mut budget = Budget::new(start);
            (budget.credit, budget.runs, budget.expected) = (credit - 10.0, 150.0, Some(50.0));
            budget.rate(start + Duration::from_secs(60), 600.0);
            assert!((budget.rate - rate).abs() < 1e-9, "{} with {credit} left over", budget.rate);
        }
    }

    #[test]
    fn what_is_kept_besides_is_paid_from_the_budget() {
        let (start, mut random) = (SystemTime::UNIX_EPOCH, fastrand::Rng::with_seed(7));
        let mut budget = Budget::new(start);
        let mut drawn = 0;
        for run in 0..36_000_u32 {
            let now = start + Duration::from_secs(3600) * run / 36_000;
            if run % 600 == 0 {
                // One of sixty failures.
                budget.spend(100.0);
            } else if random.f64() < budget.rate(now, 100.0) {
                budget.spend(100.0);
                drawn += 1;
            }
        }
        assert!((25..=55).contains(&drawn), "{drawn} besides the 60");
    }
}
