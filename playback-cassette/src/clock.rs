//! What time it is: the one place of this crate that asks the machine.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Says what time it is. Called on the service's threads: it must neither block nor panic.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> SystemTime;
}

/// The machine's clock, in whole microseconds, as recordings note all times.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the place that everybody else is sent to")]
    fn now(&self) -> SystemTime {
        let now = SystemTime::now();
        let finer =
            now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.subsec_nanos() % 1_000);
        now - Duration::from_nanos(finer.into())
    }
}

/// A clock that stands still, for tests.
impl Clock for SystemTime {
    fn now(&self) -> SystemTime {
        *self
    }
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> SystemTime {
        (**self).now()
    }
}
