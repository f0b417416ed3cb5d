//! At most so many in a time.

use std::time::SystemTime;

use super::super::moments::since;

/// A bucket that fills at a rate, up to what comes in one second, and from which each that passes takes one.
#[derive(Debug)]
pub(super) struct TokenBucket {
    tokens: f64,
    filled_at: SystemTime,
}

impl TokenBucket {
    pub(super) fn new(now: SystemTime, per_second: f64) -> Self {
        Self { tokens: Self::size(per_second), filled_at: now }
    }

    /// Whether one more may pass.
    pub(super) fn takes(&mut self, now: SystemTime, per_second: f64) -> bool {
        let came = since(&mut self.filled_at, now).as_secs_f64() * per_second;
        self.tokens = (self.tokens + came).min(Self::size(per_second));
        self.filled_at = now;
        // Sums of fractions of seconds fall a little short of what they stand for.
        let passes = per_second > 0.0 && self.tokens >= 1.0 - 1e-9;
        if passes {
            self.tokens -= 1.0;
        }
        passes
    }

    /// Of rates below one a second, one token.
    fn size(per_second: f64) -> f64 {
        per_second.max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// How many of `tries` pass, at even distances over `seconds`.
    fn passed(per_second: f64, tries: u32, seconds: u32) -> usize {
        let start = SystemTime::UNIX_EPOCH;
        let mut bucket = TokenBucket::new(start, per_second);
        let at = |attempt: u32| start + Duration::from_secs(seconds.into()) * attempt / tries;
        (0..tries).filter(|&attempt| bucket.takes(at(attempt), per_second)).count()
    }

    #[test]
    fn a_second_lets_pass_what_the_rate_says_after_a_burst_of_one_seconds_worth() {
        for (per_second, tries, seconds, expected) in [
            (5.0, 1000, 10, 5 + 49), // The burst, and what came in just under ten seconds.
            (0.1, 1000, 100, 1 + 9),
            (5.0, 20, 10, 20), // Slower than the rate: all of them.
            (0.0, 100, 100, 0),
        ] {
            assert_eq!(passed(per_second, tries, seconds), expected, "{per_second} a second");
        }
    }

    #[test]
    fn a_clock_that_goes_back_takes_nothing_away_and_fills_nothing() {
        let late = SystemTime::UNIX_EPOCH + Duration::from_secs(3600);
        let mut bucket = TokenBucket::new(late, 1.0);
        assert!(bucket.takes(late, 1.0));
        assert!(!bucket.takes(SystemTime::UNIX_EPOCH, 1.0));
        assert!(
            bucket.takes(SystemTime::UNIX_EPOCH + Duration::from_secs(1), 1.0),
            "an hour is not waited for"
        );
    }
}
