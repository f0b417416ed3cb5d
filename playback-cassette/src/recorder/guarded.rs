//! The recorder's clock, which is not ours.

use std::fmt;
use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use super::onlookers;
use super::stats::count_event;
use crate::{Clock, SystemClock};

/// A clock whose panics reach nobody: it is the machine's wherever the one that it is made of panics.
#[derive(Clone)]
pub(super) struct Guarded {
    clock: Arc<dyn Clock>,
    panics: Arc<AtomicU64>,
}

/// A clock that is not right after it panicked is the clock's own matter: it is asked for the time, and nothing rests on it.
impl UnwindSafe for Guarded {}
impl RefUnwindSafe for Guarded {}

impl Guarded {
    pub(super) fn new(clock: impl Clock + 'static) -> Self {
        Self { clock: Arc::new(clock), panics: Arc::default() }
    }
}

impl Clock for Guarded {
    fn now(&self) -> SystemTime {
        catch_unwind(AssertUnwindSafe(|| self.clock.now())).unwrap_or_else(|_| {
            let count = self.panics.fetch_add(1, Ordering::Relaxed) + 1;
            // The time is asked for where a recorder is dropped, and before those who wait are told that its thread is gone.
            onlookers::tell(|| {
                count_event!(
                    count,
                    count,
                    "the recorder's clock panicked, and the machine's is used: mend the clock"
                );
            });
            SystemClock.now()
        })
    }
}

impl fmt::Debug for Guarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded").finish_non_exhaustive()
    }
}
