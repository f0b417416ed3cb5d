//! How the times of a recording are counted.

use std::time::Duration;

use playback_core::{Entry, Metadata};
use serde::{Deserialize, Serialize};

use crate::timestamp::to_nanoseconds;

/// Nanoseconds to a count. Recorders note whole microseconds, which take half as many bytes as nanoseconds; what was
/// noted finer is kept as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Unit(u32);

impl Unit {
    const NANOSECOND: Self = Self(1);
    const MICROSECOND: Self = Self(1_000);

    /// The largest that all times of a recording are whole numbers of.
    pub(super) fn of(metadata: &Metadata, entries: &[Entry]) -> Self {
        let whole = |duration: Duration| duration.subsec_nanos().is_multiple_of(Self::MICROSECOND.0);
        let recorded_at = to_nanoseconds(metadata.recorded_at).unwrap_or_default();
        let all = recorded_at.rem_euclid(Self::MICROSECOND.0.into()) == 0
            && whole(metadata.duration)
            && entries.iter().all(|entry| whole(entry.started) && whole(entry.duration));
        if all { Self::MICROSECOND } else { Self::NANOSECOND }
    }

    /// So many of these; what is longer than 584 years counts as that.
    pub(super) fn count(self, duration: Duration) -> u64 {
        nanoseconds_of(duration) / u64::from(self.0.max(1))
    }

    pub(super) fn duration(self, count: u64) -> Duration {
        Duration::from_nanos(count.saturating_mul(self.0.into()))
    }

    pub(super) fn nanoseconds(self) -> i128 {
        self.0.into()
    }
}

/// In whole nanoseconds; what is longer than 584 years counts as 584 years.
pub(super) fn nanoseconds_of(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
