//! Times as people write them.

use std::time::SystemTime;

use playback_cassette::{Clock, SystemClock};
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime};

/// What `--help` says of times.
pub(crate) const FORMS: &str =
    "`7d` or `12h` ago, `today`, `yesterday`, `2026-01-31`, or `2026-01-31T10:00`; in UTC";

/// The time that a text names, seen from now. A day stands for its beginning.
pub(crate) fn parse(text: &str) -> Result<SystemTime, String> {
    moment(text, SystemClock.now().into()).map(Into::into)
}

fn moment(text: &str, now: OffsetDateTime) -> Result<OffsetDateTime, String> {
    let text = text.trim();
    let midnight = now.to_offset(time::UtcOffset::UTC).replace_time(time::Time::MIDNIGHT);
    match text {
        "now" => return Ok(now),
        "today" => return Ok(midnight),
        "yesterday" => return Ok(midnight - Duration::DAY),
        _ => {}
    }
    let ago = humantime::parse_duration(text.trim_end_matches(" ago")).ok();
    if let Some(ago) = ago {
        let ago = Duration::try_from(ago).ok().and_then(|ago| now.checked_sub(ago));
        return ago.ok_or_else(|| format!("`{text}` ago is before the calendar begins; take less"));
    }
    date(text)
        .or_else(|| OffsetDateTime::parse(text, &Rfc3339).ok())
        .or_else(|| minute(text))
        .ok_or_else(|| format!("`{text}` is no time; write {FORMS}"))
}

fn date(text: &str) -> Option<OffsetDateTime> {
    const FORMS: [&[BorrowedFormatItem<'_>]; 2] =
        [format_description!("[year]-[month]-[day]"), format_description!("[year][month][day]")];
    let date = FORMS.iter().find_map(|form| Date::parse(text, form).ok())?;
    Some(date.midnight().assume_utc())
}

fn minute(text: &str) -> Option<OffsetDateTime> {
    const FORMS: [&[BorrowedFormatItem<'_>]; 2] = [
        format_description!("[year]-[month]-[day] [hour]:[minute]"),
        format_description!("[year]-[month]-[day] [hour]:[minute]:[second]"),
    ];
    let text = text.replace('T', " ");
    FORMS
        .iter()
        .find_map(|form| PrimitiveDateTime::parse(&text, form).ok())
        .map(PrimitiveDateTime::assume_utc)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn times_are_read_as_people_write_them() {
        let now = datetime!(2026-01-31 10:20:30 UTC);
        for (text, time) in [
            ("now", now),
            ("today", datetime!(2026-01-31 00:00 UTC)),
            ("yesterday", datetime!(2026-01-30 00:00 UTC)),
            ("7d", datetime!(2026-01-24 10:20:30 UTC)),
            ("2 weeks ago", datetime!(2026-01-17 10:20:30 UTC)),
            ("1h30m", datetime!(2026-01-31 08:50:30 UTC)),
            ("2025-12-31", datetime!(2025-12-31 00:00 UTC)),
            ("20251231", datetime!(2025-12-31 00:00 UTC)),
            ("2025-12-31T07:05", datetime!(2025-12-31 07:05 UTC)),
            ("2025-12-31 07:05:09", datetime!(2025-12-31 07:05:09 UTC)),
            ("2025-12-31T07:05:09+02:00", datetime!(2025-12-31 05:05:09 UTC)),
        ] {
            assert_eq!(moment(text, now), Ok(time), "{text}");
        }
        for text in ["", "tomorrow", "2026-02-30", "7", "-7d", "7 parsecs", "99999999999d", "10:00"] {
            let error = moment(text, now).unwrap_err();
            assert!(
                error.contains("is no time; write `7d`") || error.contains("take less"),
                "{text}: {error}"
            );
        }
    }
}
