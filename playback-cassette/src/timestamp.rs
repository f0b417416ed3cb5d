//! Times as numbers, as dates and as text.

use std::time::{Duration, SystemTime};

use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcDateTime};

const NANOSECONDS: u128 = 1_000_000_000;

/// Nanoseconds since 1970.
pub(crate) fn to_nanoseconds(time: SystemTime) -> Option<i128> {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => i128::try_from(after.as_nanos()).ok(),
        Err(before) => i128::try_from(before.duration().as_nanos()).ok().map(|before| -before),
    }
}

/// The time so many nanoseconds after 1970; none if the machine cannot express it.
pub(crate) fn from_nanoseconds(nanoseconds: i128) -> Option<SystemTime> {
    let distance = nanoseconds.unsigned_abs();
    let seconds = u64::try_from(distance / NANOSECONDS).ok()?;
    let distance = Duration::new(seconds, u32::try_from(distance % NANOSECONDS).ok()?);
    if nanoseconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    }
}

/// The UTC day of a time as an id has it, `YYYYMMDD`; none outside of the years 0 to 9999.
pub(crate) fn to_day(time: SystemTime) -> Option<String> {
    let seconds = to_nanoseconds(time)?.div_euclid(1_000_000_000);
    let date = UtcDateTime::from_unix_timestamp(seconds.try_into().ok()?).ok()?.date();
    let year = u32::try_from(date.year()).ok().filter(|year| *year <= 9999)?;
    let mut number = year * 10_000 + u32::from(u8::from(date.month())) * 100 + u32::from(date.day());
    // By hand, since an id is made for every recording.
    let mut digits = ['0'; 8];
    for digit in digits.iter_mut().rev() {
        *digit = char::from_digit(number % 10, 10)?;
        number /= 10;
    }
    Some(digits.into_iter().collect())
}

/// A time as RFC 3339 has it, in UTC; none outside of the years 0 to 9999.
pub(crate) fn to_text(time: SystemTime) -> Option<String> {
    OffsetDateTime::from(to_utc(time)?).format(&Rfc3339).ok()
}

/// The time that a text names as RFC 3339 has it, in any zone.
pub(crate) fn from_text(text: &str) -> Option<SystemTime> {
    from_nanoseconds(OffsetDateTime::parse(text, &Rfc3339).ok()?.unix_timestamp_nanos())
}

fn to_utc(time: SystemTime) -> Option<UtcDateTime> {
    UtcDateTime::from_unix_timestamp_nanos(to_nanoseconds(time)?).ok()
}
