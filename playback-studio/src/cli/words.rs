//! Times, sizes and other people's text as they are shown.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use bytesize::ByteSize;
use time::UtcDateTime;
use time::macros::format_description;

/// A text that does nothing to a terminal, whatever is in it: control characters and those that turn the
/// direction of writing are shown as escapes. Line ends are escaped, too.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    if !text.contains(acts_on_terminals) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if acts_on_terminals(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// The same, for a message of several lines.
pub(crate) fn harmless_lines(text: &str) -> String {
    text.split('\n').map(harmless).collect::<Vec<_>>().join("\n")
}

/// JSON in which nothing acts on a terminal. Outside of strings JSON has no such characters, but line ends.
pub(crate) fn harmless_json(json: &str) -> Cow<'_, str> {
    let acts = |c: char| c != '\n' && acts_on_terminals(c);
    if !json.contains(acts) {
        return Cow::Borrowed(json);
    }
    let mut shown = String::with_capacity(json.len() + 8);
    for c in json.chars() {
        if acts(c) {
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().for_each(|unit| shown.push_str(&format!("\\u{unit:04x}")));
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

fn acts_on_terminals(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
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
    fn what_acts_on_a_terminal_is_shown_and_does_nothing() {
        assert_eq!(harmless("chk é 日本 e\u{301}"), "chk é 日本 e\u{301}");
        assert_eq!(harmless("\u{1b}[31mred\u{9b}2J\u{202e}\n\r"), r"\u{1b}[31mred\u{9b}2J\u{202e}\n\r");
        assert_eq!(harmless_json("{\"\u{9b}\":\"\u{e0001}\"}\n"), "{\"\\u009b\":\"\\udb40\\udc01\"}\n");
    }

    #[test]
    fn times_of_any_year_are_shown() {
        assert_eq!(moment(SystemTime::UNIX_EPOCH), "1970-01-01 00:00:00");
        assert_eq!(moment(SystemTime::UNIX_EPOCH - Duration::from_secs(1)), "1969-12-31 23:59:59");
    }
}
