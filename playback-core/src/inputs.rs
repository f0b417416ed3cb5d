//! What makes code behave differently from run to run, as inputs: the clock, randomness, fresh ids.
//!
//! Live they are the real thing. In a recorded operation what they return is recorded, and on replay it comes
//! back. Where a recording has none, as for a call that the recorded code did not have, they are the real thing
//! again; [`Playback::matches`](crate::Playback::matches) tells.
//!
//! ```
//! use playback_core::inputs;
//!
//! let watch = inputs::Stopwatch::start();
//! let now = inputs::now();
//! assert!(now > std::time::UNIX_EPOCH);
//! assert!(watch.elapsed().as_secs() < 60);
//! ```

use std::time::{Duration, Instant, SystemTime};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::interception::input;

/// The system's clock. Recorded as `playback.now`.
#[must_use]
pub fn now() -> SystemTime {
    read("playback.now", SystemTime::now)
}

/// The system's clock, in UTC. Recorded as `playback.utc_now`.
#[cfg(feature = "time")]
#[must_use]
pub fn utc_now() -> time::OffsetDateTime {
    // serde's form of a date and time depends on features of the crate `time` that others may switch on.
    let nanos = read("playback.utc_now", || time::OffsetDateTime::now_utc().unix_timestamp_nanos());
    time::OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(time::OffsetDateTime::UNIX_EPOCH)
}

/// Measures time that has passed. What it measures is recorded as `playback.elapsed`.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Begins to measure.
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since it began, by a clock that never goes backwards.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        read("playback.elapsed", || self.0.elapsed())
    }
}

/// Random bytes, `count` of them, from the generator of the crate `rand`. Recorded as `playback.random_bytes`.
///
/// They are recorded in the clear, or a replay could not give them back. Make keys and tokens elsewhere, or have them masked
/// by a rule of this alias (`Rule::alias`); then a replay gives back the mask.
///
/// # Panics
/// As `rand` does, if the operating system has no randomness to begin with.
#[cfg(feature = "random")]
#[must_use]
pub fn random_bytes(count: usize) -> Vec<u8> {
    input("playback.random_bytes").args(&(count,)).call_when_missing().run(|| {
        let mut bytes = vec![0; count];
        rand::fill(bytes.as_mut_slice());
        bytes
    })
}

/// A random number, any of 64 bits, all as likely. Recorded as `playback.random_u64`.
///
/// # Panics
/// As [`random_bytes`].
#[cfg(feature = "random")]
#[must_use]
pub fn random_u64() -> u64 {
    read("playback.random_u64", rand::random)
}

/// A random number from a range, all as likely; the start of an empty range. Recorded as
/// `playback.random_range`.
///
/// # Panics
/// As [`random_bytes`].
#[cfg(feature = "random")]
#[must_use]
pub fn random_range(range: std::ops::Range<u64>) -> u64 {
    let ends = (range.start, range.end);
    let draw = || if range.is_empty() { range.start } else { rand::random_range(range) };
    input("playback.random_range").args(&ends).call_when_missing().run(draw)
}

/// A random number from 0 up to but without 1. Recorded as `playback.random_f64`.
///
/// # Panics
/// As [`random_bytes`].
#[cfg(feature = "random")]
#[must_use]
pub fn random_f64() -> f64 {
    read("playback.random_f64", rand::random)
}

/// A fresh random UUID (version 4, RFC 9562). Recorded as `playback.uuid_v4`.
#[cfg(feature = "uuid")]
#[must_use]
pub fn uuid_v4() -> uuid::Uuid {
    read("playback.uuid_v4", uuid::Uuid::new_v4)
}

/// A fresh UUID that sorts by time (version 7, RFC 9562). Recorded as `playback.uuid_v7`.
#[cfg(feature = "uuid")]
#[must_use]
pub fn uuid_v7() -> uuid::Uuid {
    read("playback.uuid_v7", uuid::Uuid::now_v7)
}

/// An input without arguments, that is the real thing where nothing was recorded.
fn read<R: Serialize + DeserializeOwned>(alias: &'static str, real: impl FnOnce() -> R) -> R {
    input(alias).args(&()).call_when_missing().run(real)
}
