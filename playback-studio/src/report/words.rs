//! How single values stand in JSON.

use std::fmt;
use std::str::FromStr;

use playback_equalizer::{Risk, Status};
use serde::{Deserialize, Deserializer, Serializer, de};

/// One of a few, each of which is a few words.
pub(super) trait Words: Copy + 'static {
    const ALL: &'static [Self];
    const WHAT: &'static str;
    fn words(self) -> &'static str;
}

impl Words for Status {
    const ALL: &'static [Self] = &Self::ALL;
    const WHAT: &'static str = "status";
    fn words(self) -> &'static str {
        self.as_str()
    }
}

impl Words for Risk {
    const ALL: &'static [Self] = &Self::ALL;
    const WHAT: &'static str = "risk";
    fn words(self) -> &'static str {
        self.as_str()
    }
}

/// [`Words`] as one word: `output_missing`.
pub(super) mod one {
    use super::*;

    pub(in super::super) fn serialize<T: Words, S: Serializer>(
        value: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&value.words().replace(' ', "_"))
    }

    pub(in super::super) fn deserialize<'de, T: Words, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        let word = String::deserialize(deserializer)?;
        let found = T::ALL.iter().copied().find(|value| value.words().replace(' ', "_") == word);
        found.ok_or_else(|| de::Error::custom(format_args!("{word:?} is no {}", T::WHAT)))
    }
}

/// What displays itself as the text that it is parsed from.
pub(super) mod text {
    use super::*;

    pub(in super::super) fn serialize<T: fmt::Display, S: Serializer>(
        value: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(in super::super) fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
    where
        T: FromStr<Err: fmt::Display>,
        D: Deserializer<'de>,
    {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// The sign of a change, [`Change::sign`](playback_equalizer::Change::sign): it is printed as it is, so it is no other.
pub(super) mod sign {
    use super::*;

    const SIGNS: &[char] = &['~', '!', '+', '-', '>'];

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<char, D::Error> {
        let sign = char::deserialize(deserializer)?;
        if SIGNS.contains(&sign) {
            return Ok(sign);
        }
        Err(de::Error::custom(format_args!("{sign:?} is no sign of a difference")))
    }
}

/// Durations as whole microseconds.
pub(super) mod micros {
    use std::time::Duration;

    use super::*;

    /// Without what is less than a microsecond.
    pub(in super::super) fn whole(duration: Duration) -> Duration {
        Duration::from_micros(of(duration))
    }

    pub(in super::super) fn serialize<S: Serializer>(
        duration: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(of(*duration))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_micros)
    }

    fn of(duration: Duration) -> u64 {
        u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
    }
}
