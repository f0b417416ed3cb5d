//! Durations as text: `12.5µs`, exact to the nanosecond.

use std::time::Duration;

/// Nanoseconds of a unit, with its names.
const UNITS: [(&[&str], u64); 4] =
    [(&["ns"], 1), (&["µs", "us", "μs"], 1_000), (&["ms"], 1_000_000), (&["s"], 1_000_000_000)];

/// What [`read`] takes.
pub(super) const EXPECTED: &str = "a duration such as 12.5µs, 3ms or 0.25s, in whole nanoseconds";

/// The duration that `{:?}` prints so; none if it is none, or not of whole nanoseconds.
pub(super) fn read(text: &str) -> Option<Duration> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at_checked(end)?;
    let (_, nanoseconds) = UNITS.into_iter().find(|(names, _)| names.contains(&unit))?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole: u64 = whole.parse().ok()?;
    let per_second = 1_000_000_000 / nanoseconds;
    let part = whole % per_second * nanoseconds + read_fraction(fraction, nanoseconds)?;
    Duration::from_secs(whole / per_second).checked_add(Duration::from_nanos(part))
}

/// The digits behind the point, of a unit of so many nanoseconds.
fn read_fraction(digits: &str, mut nanoseconds: u64) -> Option<u64> {
    let mut sum = 0;
    for digit in digits.trim_end_matches('0').chars() {
        if !nanoseconds.is_multiple_of(10) {
            return None;
        }
        nanoseconds /= 10;
        sum += u64::from(digit.to_digit(10)?) * nanoseconds;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read_back() {
        for nanoseconds in [0, 1, 999, 1_000, 12_500, 1_000_001, 250_000_000, 61_000_000_000, u64::MAX] {
            let duration = Duration::from_nanos(nanoseconds);
            assert_eq!(read(&format!("{duration:?}")), Some(duration));
        }
        assert_eq!(read(&format!("{:?}", Duration::MAX)), Some(Duration::MAX));
        assert_eq!(read("1.50us"), Some(Duration::from_nanos(1_500)));
    }

    #[test]
    fn what_is_no_duration_is_none() {
        for text in
            ["", "5", "ms", "1.2.3ms", "0.5ns", "1.0000000001s", "-1s", "1 h", "99999999999999999999s"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
