//! Where draws come from.

use std::sync::{Mutex, PoisonError};

pub(in crate::recorder) enum Random {
    /// Of each thread its own.
    PerThread,
    Seeded(Mutex<fastrand::Rng>),
}

impl Random {
    pub(in crate::recorder) fn new(seed: Option<u64>) -> Self {
        match seed {
            None => Self::PerThread,
            Some(seed) => Self::Seeded(Mutex::new(fastrand::Rng::with_seed(seed))),
        }
    }

    /// Whether one of a share of `rate` is drawn, which a rate of 1 always is and what is no number never.
    pub(in crate::recorder) fn draws(&self, rate: f64) -> bool {
        rate >= 1.0 || self.unit() < rate
    }

    /// From 0 to 1, without 1.
    pub(in crate::recorder) fn unit(&self) -> f64 {
        match self {
            Self::PerThread => fastrand::f64(),
            Self::Seeded(random) => random.lock().unwrap_or_else(PoisonError::into_inner).f64(),
        }
    }
}
