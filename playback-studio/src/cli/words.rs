//! Times, sizes and other people's text as they are shown.

use std::time::{Duration, SystemTime};

use bytesize::ByteSize;
use time::UtcDateTime;
use time::macros::format_description;

pub(crate) use crate::harmless::{json as harmless_json, one_line as harmless};

/// A message of several lines, in which nothing acts on a terminal.
pub(crate) fn harmless_lines(text: &str) -> String {
    crate::harmless::harmless(text).into_owned()
}

/// `1.5 KiB`.
pub(crate) fn size(bytes: u64) -> String {
    ByteSize::b(bytes).display().iec().to_string()
}

/// With three digits or so: `850ns`, `12.3µs`, `3.2ms`, `1.5s`, `2m 5s`, `3h 12m`.
pub(crate) fn duration(duration: Duration) -> String {
    let nanoseconds = duration.as_nanos();
    let seconds = duration.as_secs();
    match nanoseconds {
        0..1_000 => format!("{nanoseconds}ns"),
        1_000..1_000_000 => format!("{}µs", decimal(nanoseconds, 1_000)),
        1_000_000..1_000_000_000 => format!("{}ms", decimal(nanoseconds, 1_000_000)),
        1_000_000_000..60_000_000_000 => format!("{}s", decimal(nanoseconds, 1_000_000_000)),
        60_000_000_000..3_600_000_000_000 => format!("{}m {}s", seconds / 60, seconds % 60),
        _ => format!("{}h {}m", seconds / 3_600, seconds / 60 % 60),
    }
}

/// In units, with one digit behind the point below 100 of them.
fn decimal(nanoseconds: u128, unit: u128) -> String {
    let tenths = nanoseconds * 10 / unit;
    match tenths % 10 {
        _ if tenths >= 1_000 => (tenths / 10).to_string(),
        0 => (tenths / 10).to_string(),
        tenth => format!("{}.{tenth}", tenths / 10),
    }
}

/// `2026-01-31 10:00:00`, in UTC.
pub(crate) fn moment(time: SystemTime) -> String {
    let utc = match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => i128::try_from(since.as_nanos()).ok(),
        Err(before) => i128::try_from(before.duration().as_nanos()).ok().map(|before| -before),
    };
    let utc = utc.and_then(|nanoseconds| UtcDateTime::from_unix_timestamp_nanos(nanoseconds).ok());
    let form = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    utc.and_then(|utc| utc.format(form).ok()).unwrap_or_else(|| "at no time that has a date".to_owned())
}

/// `20260131` as `2026-01-31`.
pub(crate) fn day(day: &str) -> String {
    match (day.get(..4), day.get(4..6), day.get(6..)) {
        (Some(year), Some(month), Some(day)) => format!("{year}-{month}-{day}"),
        _ => day.to_owned(),
    }
}

/// `1 recording`, `2 recordings`.
pub(crate) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_read_as_people_write_them() {
        for (nanoseconds, shown) in [
            (0, "0ns"),
            (999, "999ns"),
            (12_345, "12.3µs"),
            (3_000_000, "3ms"),
            (123_456_789, "123ms"),
            (59_960_000_000, "59.9s"),
            (125_000_000_000, "2m 5s"),
            (11_520_000_000_000, "3h 12m"),
        ] {
            assert_eq!(duration(Duration::from_nanos(nanoseconds)), shown);
        }
        assert_eq!(size(0), "0 B");
        assert_eq!(size(1_536), "1.5 KiB");
    }

    #[test]
    fn times_of_any_year_are_shown() {
        assert_eq!(moment(SystemTime::UNIX_EPOCH), "1970-01-01 00:00:00");
        assert_eq!(moment(SystemTime::UNIX_EPOCH - Duration::from_secs(1)), "1969-12-31 23:59:59");
    }
}
