//! What is decided of a run, at its start and at its end.

use std::collections::HashMap;

use playback_core::{OperationEnd, OperationStart, RecordingId, RecordingStart};

use super::categories::Categories;
use super::policy::{Part, Sampling};
use super::random::Random;
use super::refused::Refused;
use crate::Clock;

/// All that a recorder is told of sampling, and what it remembers for it.
pub(in crate::recorder) struct Samples {
    /// For categories of which nothing else is said.
    pub(in crate::recorder) all: Sampling,
    pub(in crate::recorder) of: HashMap<String, Sampling>,
    /// Whether a run that is left out may still be forced.
    pub(in crate::recorder) forced: bool,
    pub(in crate::recorder) random: Random,
    pub(in crate::recorder) categories: Categories,
    pub(in crate::recorder) refused: Refused,
}

/// What is decided at a run's start: that it is recorded.
pub(in crate::recorder) struct Draw<'s> {
    policy: &'s Sampling,
    part: Part,
    /// Where it stands among all runs, from 0 to 1, without 1; none if that made no difference.
    unit: Option<f64>,
    rate: f64,
    /// Whether there may be something at its end that makes it worth keeping.
    pub(in crate::recorder) may_be_worth_it: bool,
}

/// What becomes of a run, as far as can be said at its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::recorder) enum Begun {
    Kept,
    LeftOut,
    OverLimit,
}

/// What is decided at a run's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::recorder) enum Verdict {
    /// It was to be kept from the start.
    Kept,
    Forced,
    Failed,
    Slow,
    LeftOut,
    /// Its limit refuses it, and did not at its start.
    OverLimit,
}

impl Samples {
    /// None if the run is left out at its start.
    pub(in crate::recorder) fn draw(&self, run: &OperationStart<'_>, clock: &dyn Clock) -> Option<Draw<'_>> {
        let policy = self.policy(run.category);
        let part = match run.sampling_rate {
            Some(rate) if !self.of.contains_key(run.category) => Part::Rate(rate),
            _ => policy.part,
        };
        let rate = match part {
            Part::Rate(rate) => rate,
            Part::PerHour(runs) => {
                let (category, now) = (self.categories.of(run.category), clock.now());
                category.lock().budget(now).rate(now, runs)
            }
        };
        let unit = (rate < 1.0 || rate.is_nan()).then(|| self.unit(run));
        let may_be_worth_it = (self.forced && !run.ignores_forced_sampling) || policy.looks_at_the_end();
        let draw = Draw { policy, part, unit, rate, may_be_worth_it };
        (draw.is_in() || may_be_worth_it).then_some(draw)
    }

    fn policy(&self, category: &str) -> &Sampling {
        self.of.get(category).unwrap_or(&self.all)
    }

    fn unit(&self, run: &OperationStart<'_>) -> f64 {
        run.sampling_key.map_or_else(|| self.random.unit(), |key| key.share())
    }

    /// Where the run stands among those that are recorded as it is, from 0 to 1, without 1. Of runs with one key it is the
    /// same.
    pub(in crate::recorder) fn place(&self, run: &OperationStart<'_>, draw: &Draw<'_>) -> f64 {
        match draw.unit {
            None => self.unit(run),
            Some(unit) if draw.is_in() => unit / draw.rate,
            Some(unit) => (unit - draw.rate) / (1.0 - draw.rate),
        }
    }

    /// What becomes of the run, as far as can be said at its start.
    pub(in crate::recorder) fn begin(
        &self,
        run: &OperationStart<'_>,
        draw: &Draw<'_>,
        clock: &dyn Clock,
    ) -> Begun {
        if !draw.is_in() {
            Begun::LeftOut
        } else if self.pays(run.category, draw.policy, draw.part, clock) {
            Begun::Kept
        } else {
            Begun::OverLimit
        }
    }

    /// Whether to keep the recording of a run that has ended.
    pub(in crate::recorder) fn end(
        &self,
        start: &RecordingStart,
        end: &OperationEnd,
        clock: &dyn Clock,
    ) -> Verdict {
        let category = start.id.category();
        let policy = self.policy(category);
        // Looked at in any case, since the kept ones took their time as well.
        let slowest = policy
            .slowest
            .is_some_and(|share| self.categories.of(category).lock().slowest().has(end.duration, share));
        if !start.only_if_forced {
            return Verdict::Kept;
        }
        let was_refused = policy.limits_twice() && self.refused.remove(&start.id);
        if end.forced && self.forced {
            return Verdict::Forced;
        }
        let worth = if policy.failures && end.failed {
            Verdict::Failed
        } else if slowest || policy.slower_than.is_some_and(|limit| end.duration > limit) {
            Verdict::Slow
        } else {
            return Verdict::LeftOut;
        };
        match self.pays(category, policy, policy.part, clock) {
            true => worth,
            false if was_refused => Verdict::LeftOut,
            false => Verdict::OverLimit,
        }
    }

    /// A run that began so is recorded as `id`.
    pub(in crate::recorder) fn recorded(&self, id: &RecordingId, begun: Begun) {
        if begun == Begun::OverLimit && self.policy(id.category()).limits_twice() {
            self.refused.insert(id);
        }
    }

    /// A recording was given up, maybe before anybody asked about its end.
    pub(in crate::recorder) fn given_up(&self, id: &RecordingId) {
        if self.policy(id.category()).limits_twice() {
            self.refused.remove(id);
        }
    }

    /// Whether one more may be kept; if so, it counts.
    fn pays(&self, category: &str, policy: &Sampling, part: Part, clock: &dyn Clock) -> bool {
        if !policy.is_bounded() {
            return true;
        }
        let (category, now) = (self.categories.of(category), clock.now());
        let mut memory = category.lock();
        if let Some(per_second) = policy.at_most_per_second
            && !memory.bucket(now, per_second).takes(now, per_second)
        {
            return false;
        }
        if let Part::PerHour(runs) = part {
            memory.budget(now).spend(runs);
        }
        true
    }
}

impl Draw<'_> {
    fn is_in(&self) -> bool {
        self.unit.is_none_or(|unit| unit < self.rate)
    }
}

impl Verdict {
    pub(in crate::recorder) fn keeps(self) -> bool {
        !matches!(self, Self::LeftOut | Self::OverLimit)
    }
}
