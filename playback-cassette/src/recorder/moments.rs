//! Times that are set by a clock which may go backwards.

use std::time::{Duration, SystemTime};

/// How long ago a moment was. One that is ahead, since the clock went back, becomes now: nothing waits for the clock to
/// come by again.
pub(super) fn since(moment: &mut SystemTime, now: SystemTime) -> Duration {
    now.duration_since(*moment).unwrap_or_else(|_| {
        *moment = now;
        Duration::ZERO
    })
}
