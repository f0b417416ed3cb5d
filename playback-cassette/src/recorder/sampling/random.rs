//! Which operations to record.

use std::sync::{Mutex, PoisonError};

use playback_core::OperationStart;

pub(super) struct Sampling {
    /// For operations that state none of their own.
    pub(super) rate: f64,
    /// Whether an operation that the rate leaves out may still be forced.
    pub(super) forced: bool,
    pub(super) random: Random,
}

pub(super) enum Random {
    /// Of each thread its own.
    PerThread,
    Seeded(Mutex<fastrand::Rng>),
}

impl Sampling {
    /// Whether to record an operation: none for no, else whether to keep it only if it is forced.
    pub(super) fn draw(&self, operation: &OperationStart<'_>) -> Option<bool> {
        let rate = operation.sampling_rate.unwrap_or(self.rate);
        if self.random.draws(rate) {
            Some(false)
        } else if self.forced && !operation.ignores_forced_sampling {
            Some(true)
        } else {
            None
        }
    }
}

impl Random {
    pub(super) fn new(seed: Option<u64>) -> Self {
        match seed {
            None => Self::PerThread,
            Some(seed) => Self::Seeded(Mutex::new(fastrand::Rng::with_seed(seed))),
        }
    }

    /// Whether one of a share of `rate` is drawn, which a rate of 1 always is and what is no number never.
    pub(super) fn draws(&self, rate: f64) -> bool {
        rate >= 1.0 || self.unit() < rate
    }

    /// From 0 to 1, without 1.
    fn unit(&self) -> f64 {
        match self {
            Self::PerThread => fastrand::f64(),
            Self::Seeded(random) => random.lock().unwrap_or_else(PoisonError::into_inner).f64(),
        }
    }
}
