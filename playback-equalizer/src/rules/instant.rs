//! Values that stand for a time.

use std::time::Duration;

use playback_core::Value;
use time::error::{Parse, TryFromParsed};
use time::format_description::well_known::{Iso8601, Rfc3339};
use time::{OffsetDateTime, PrimitiveDateTime};

/// How far apart two values are, if both stand for a time in the same way.
///
/// Understood are text after RFC 3339 or ISO 8601, with and without an offset and with a space in place of the `T`, a
/// `SystemTime` (a struct of `secs_since_epoch` and `nanos_since_epoch`) and a `Duration` (a struct of `secs` and
/// `nanos`).
pub(crate) fn time_apart(one: &Value, other: &Value) -> Option<Duration> {
    let (kind, one) = instant(one)?;
    let (other_kind, other) = instant(other)?;
    if kind != other_kind {
        return None;
    }
    let nanos = one.abs_diff(other);
    let seconds = u64::try_from(nanos / 1_000_000_000).ok()?;
    Some(Duration::new(seconds, u32::try_from(nanos % 1_000_000_000).ok()?))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A point in time.
    Point,
    /// A date and a time of day, wherever that is.
    Local,
    /// A length of time.
    Length,
}

/// A time in nanoseconds from where its kind begins to count.
fn instant(value: &Value) -> Option<(Kind, i128)> {
    match value {
        Value::String(text) => written(text),
        Value::Struct(fields) => {
            let [(first, seconds), (second, nanos)] = fields.as_slice() else { return None };
            let kind = match (first.as_str(), second.as_str()) {
                ("secs_since_epoch", "nanos_since_epoch") => Kind::Point,
                ("secs", "nanos") => Kind::Length,
                _ => return None,
            };
            let seconds = i128::from(seconds.as_u64()?);
            Some((kind, seconds * 1_000_000_000 + i128::from(nanos.as_u64()?)))
        }
        _ => None,
    }
}

fn written(text: &str) -> Option<(Kind, i128)> {
    // Spares texts that are no time the parsers.
    let looks_like_one = (10..=64).contains(&text.len()) && text.starts_with(|c: char| c.is_ascii_digit());
    if !looks_like_one {
        return None;
    }
    let text = text.replacen(' ', "T", 1).replacen(' ', "", 1);
    if let Ok(point) = OffsetDateTime::parse(&text, &Rfc3339) {
        return Some((Kind::Point, point.unix_timestamp_nanos()));
    }
    match OffsetDateTime::parse(&text, &Iso8601::PARSING) {
        Ok(point) => Some((Kind::Point, point.unix_timestamp_nanos())),
        // Only where there is no offset: the parser of local times passes over one.
        Err(Parse::TryFromParsed(TryFromParsed::InsufficientInformation)) => {
            let local = PrimitiveDateTime::parse(&text, &Iso8601::PARSING).ok()?;
            Some((Kind::Local, local.assume_utc().unix_timestamp_nanos()))
        }
        Err(_) => None,
    }
}
