//! Which runs are slow for their kind.

use std::time::Duration;

/// How many of the slowest are remembered of each half of the runs that are.
const REMEMBERED: usize = 32;

/// How many runs a half has is what has so many of the slowest in it.
const OF_A_HALF: f64 = 16.0;

/// The slowest runs of a category, of late.
///
/// Of the last runs in two halves: one that fills, and one that is full and is forgotten when the other is. So it follows what
/// changes. It is exact, since of each half as many are remembered as can be among the slowest of both.
#[derive(Debug, Default)]
pub(super) struct Slowest {
    filling: Half,
    full: Half,
}

#[derive(Debug, Default)]
struct Half {
    /// The slowest first.
    slowest: Vec<Duration>,
    runs: u64,
}

impl Slowest {
    /// Whether a run belongs to the slowest of a share, among those before it. Remembers it.
    pub(super) fn has(&mut self, duration: Duration, share: f64) -> bool {
        let runs = (self.filling.runs + self.full.runs + 1) as f64;
        let as_slow = self.filling.as_slow_as(duration) + self.full.as_slow_as(duration);
        self.filling.push(duration);
        if self.filling.runs as f64 >= OF_A_HALF / share {
            self.full = std::mem::take(&mut self.filling);
        }
        // With it, no more than the share are as slow.
        as_slow as f64 + 1.0 <= share * runs
    }
}

impl Half {
    fn as_slow_as(&self, duration: Duration) -> usize {
        self.slowest.partition_point(|&slow| slow >= duration)
    }

    fn push(&mut self, duration: Duration) {
        self.runs += 1;
        let place = self.as_slow_as(duration);
        if place < REMEMBERED {
            self.slowest.truncate(REMEMBERED - 1);
            self.slowest.insert(place, duration);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Durations as services have them: most around 10 ms, few of a second.
    fn typical(random: &mut fastrand::Rng) -> Duration {
        let around: f64 = (0..12).map(|_| random.f64()).sum::<f64>() - 6.0;
        Duration::from_secs_f64(0.01 * around.exp())
    }

    #[test]
    fn the_share_that_is_asked_for_is_kept_and_it_is_the_slowest() {
        for (share, runs) in [(0.01, 20_000), (0.1, 5000), (0.001, 100_000)] {
            let (mut slowest, mut random) = (Slowest::default(), fastrand::Rng::with_seed(7));
            let durations: Vec<_> = (0..runs).map(|_| typical(&mut random)).collect();
            let kept: Vec<_> = durations.iter().filter(|&&duration| slowest.has(duration, share)).collect();
            let expected = share * f64::from(runs);
            let all = kept.len() as f64;
            assert!((0.5 * expected..1.1 * expected).contains(&all), "{share}: {all} of {expected}");
            let mut sorted = durations.clone();
            sorted.sort();
            // What is kept is among the slowest of twice the share, but for what was kept before it was known.
            let bound = sorted[sorted.len() - (2.0 * expected) as usize];
            let among = kept.iter().filter(|&&&duration| duration >= bound).count() as f64;
            assert!(among >= 0.9 * all, "{share}: {among} of {all}");
        }
    }

    #[test]
    fn runs_that_all_take_the_same_are_none_of_them_slow() {
        let mut slowest = Slowest::default();
        assert!(!(0..5000).any(|_| slowest.has(Duration::from_millis(10), 0.05)));
        assert!(slowest.has(Duration::from_millis(20), 0.05));
    }

    #[test]
    fn durations_that_are_close_together_are_told_apart() {
        let (mut slowest, mut random) = (Slowest::default(), fastrand::Rng::with_seed(7));
        let mut kept = (0..5000).filter_map(|_| {
            let duration = Duration::from_micros(10_000 + random.u64(..1000));
            slowest.has(duration, 0.02).then_some(duration.as_micros())
        });
        let (first, rest) = (kept.next().unwrap(), kept.collect::<Vec<_>>());
        assert!(first > 10_900 && (70..=110).contains(&rest.len()), "{first}, {}", rest.len());
    }

    #[test]
    fn what_is_slow_follows_the_traffic() {
        let mut slowest = Slowest::default();
        let mut kept = |milliseconds, runs: usize| {
            (0..runs).filter(|_| slowest.has(Duration::from_millis(milliseconds), 0.01)).count()
        };
        kept(10, 5000);
        // All become slow: few are kept until that is how it is.
        assert!((1..=60).contains(&kept(100, 5000)));
        // And fast again: what was fast before is slow once the slow ones are forgotten.
        kept(10, 5000);
        assert!(kept(100, 10) > 5);
    }

    #[test]
    fn nothing_is_slow_before_there_are_enough_to_tell() {
        let mut slowest = Slowest::default();
        let mut growing = (1..100).map(|seconds| slowest.has(Duration::from_secs(seconds), 0.01));
        assert!(!growing.any(|is_slow| is_slow));
        assert!(slowest.has(Duration::from_secs(200), 0.01));
        assert!(!slowest.has(Duration::from_secs(1000), 0.0), "a share of nothing keeps nothing");
    }
}
