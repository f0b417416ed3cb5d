//! A clock that a test sets.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use playback_cassette::Clock;

/// A clock that a test sets. Clones show the same time.
///
/// ```
/// # use std::time::{Duration, SystemTime};
/// use playback_cassette::Clock;
/// use playback_testkit::faults::SetClock;
///
/// let clock = SetClock::new(SystemTime::UNIX_EPOCH);
/// let shown = clock.clone();
/// clock.advance(Duration::from_secs(7));
/// assert_eq!(shown.now(), SystemTime::UNIX_EPOCH + Duration::from_secs(7));
/// ```
#[derive(Debug, Clone)]
pub struct SetClock(Arc<Mutex<SystemTime>>);

impl SetClock {
    /// A clock that stands still at `now`.
    #[must_use]
    pub fn new(now: SystemTime) -> Self {
        Self(Arc::new(Mutex::new(now)))
    }

    /// Sets it, back as well.
    pub fn set(&self, now: SystemTime) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    /// Sets it ahead.
    ///
    /// # Panics
    /// If no machine can express that time.
    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now += by;
    }
}

impl Clock for SetClock {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
