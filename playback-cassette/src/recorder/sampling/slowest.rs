//! Which runs are slow for their kind.

use std::time::Duration;

/// Eight to each doubling of the duration, from a microsecond to an hour.
const BUCKETS: usize = 32 * 8;

/// How many of the slowest are remembered, twice over at most.
const REMEMBERED: f64 = 16.0;

/// How long runs of a category took, of late.
///
/// Two histograms of durations, by their logarithm: one that fills, and one that is full and is forgotten when the other is.
/// So it follows what changes, and takes 2 KiB.
#[derive(Debug)]
pub(super) struct Slowest {
    filling: Histogram,
    full: Histogram,
}

#[derive(Debug)]
struct Histogram {
    counts: Box<[u32; BUCKETS]>,
    total: u32,
}

impl Slowest {
    pub(super) fn new() -> Self {
        Self { filling: Histogram::new(), full: Histogram::new() }
    }

    /// Whether a run belongs to the slowest of a share, as far as the ones before tell. Remembers it.
    pub(super) fn has(&mut self, duration: Duration, share: f64) -> bool {
        let bucket = bucket(duration);
        let total = f64::from(self.filling.total) + f64::from(self.full.total);
        let as_slow = f64::from(self.filling.from(bucket)) + f64::from(self.full.from(bucket));
        // It would be one of them.
        let is_slow = total >= 1.0 / share && as_slow + 1.0 <= share * (total + 1.0);
        self.filling.count(bucket);
        if f64::from(self.filling.total) >= (REMEMBERED / share).clamp(1000.0, f64::from(u32::MAX)) {
            self.full = std::mem::replace(&mut self.filling, Histogram::new());
        }
        is_slow
    }
}

impl Histogram {
    fn new() -> Self {
        Self { counts: Box::new([0; BUCKETS]), total: 0 }
    }

    fn count(&mut self, bucket: usize) {
        if let Some(count) = self.counts.get_mut(bucket) {
            *count += 1;
            self.total += 1;
        }
    }

    /// How many are in this bucket or above.
    fn from(&self, bucket: usize) -> u32 {
        self.counts.iter().skip(bucket).sum()
    }
}

fn bucket(duration: Duration) -> usize {
    // 2^10 nanoseconds are the first bucket, since less is no time.
    let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX).max(1 << 10);
    let doublings = nanoseconds.ilog2();
    let eighth = (nanoseconds >> (doublings - 3)) & 7;
    ((doublings as usize - 10) * 8 + eighth as usize).min(BUCKETS - 1)
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
            let (mut slowest, mut random) = (Slowest::new(), fastrand::Rng::with_seed(7));
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
        let mut slowest = Slowest::new();
        assert!(!(0..5000).any(|_| slowest.has(Duration::from_millis(10), 0.05)));
        assert!(slowest.has(Duration::from_millis(20), 0.05));
    }

    #[test]
    fn what_is_slow_follows_the_traffic() {
        let mut slowest = Slowest::new();
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
        let mut slowest = Slowest::new();
        let mut growing = (1..=100).map(|seconds| slowest.has(Duration::from_secs(seconds), 0.01));
        assert!(!growing.any(|is_slow| is_slow));
        assert!(slowest.has(Duration::from_secs(200), 0.01));
        assert!(!slowest.has(Duration::from_secs(1000), 0.0), "a share of nothing keeps nothing");
    }

    #[test]
    fn every_duration_has_a_bucket_and_longer_ones_no_lower_one() {
        let nanoseconds =
            (0..64).flat_map(|doublings| [1_u64 << doublings, (1 << doublings) + (1 << doublings) / 2]);
        let buckets: Vec<_> = nanoseconds.map(|it| bucket(Duration::from_nanos(it))).collect();
        assert!(buckets.is_sorted());
        assert_eq!((buckets[0], bucket(Duration::MAX)), (0, BUCKETS - 1));
    }
}
