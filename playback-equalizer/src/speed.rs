//! How fast the replays of a run were, beside the recorded runs.

use std::time::Duration;

use playback_core::{Kind, Tape};

/// The level of confidence of a [`Speed`]'s interval.
const CONFIDENCE: f64 = 0.95;
/// Up to this number of pairs the interval is exact; beyond it, the binomial is as good as normal.
const EXACT: usize = 1_000;
/// The quantile of the normal distribution that leaves half of what is not [`CONFIDENCE`] above it.
const NORMAL_QUANTILE: f64 = 1.959_963_984_540_054;

/// How fast the replays of a run were, beside the recorded runs: whether code became slower.
///
/// Each recording gives a pair of durations, and each pair a ratio: 2.0 for a replay that took twice as long. What
/// is told of the ratios is their median, and an interval that holds the true median with a confidence of 95 %,
/// whatever the distribution of durations: outliers, and a service that is a mix of fast and slow requests,
/// weigh nothing. The interval is that of the sign test: from one order statistic of the ratios to another, by the
/// binomial distribution (M. Hollander, D. Wolfe, E. Chicken, *Nonparametric Statistical Methods*, 3rd edition,
/// section 3.6; from 1,001 pairs on, by the normal distribution that it comes close to).
///
/// Compare [`Run::own`](crate::Run::own), since what a recorded run waited for is answered at once on replay.
/// Even so, a ratio says something of the code only where both sides ran on like machines and builds: replays of
/// a debug build are slower than what a release build recorded.
///
/// ```
/// use std::time::Duration;
/// use playback_equalizer::Speed;
///
/// let ms = Duration::from_millis;
/// let speed = Speed::of((10..40).map(|took| (ms(took), ms(took * 2)))).unwrap();
/// assert_eq!((speed.pairs, speed.ratio), (30, 2.0));
/// let slowdown = speed.slowdown(1.5).unwrap();
/// assert_eq!(slowdown.to_string(), "2.00 times as slow (median of 30, 2.00 to 2.00 with 95% confidence)");
/// assert!(speed.slowdown(2.5).is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Speed {
    /// How many pairs it is of.
    pub pairs: usize,
    /// The median of the recorded durations.
    pub recorded: Duration,
    /// The median of the replayed durations.
    pub replayed: Duration,
    /// The median of by how much longer the replays took; zero if they did not.
    pub longer: Duration,
    /// The median of the ratios of replayed to recorded; above 1 the replays are slower.
    pub ratio: f64,
    /// The lower and the upper end of the interval that holds the true median ratio with a confidence of 95 %. None
    /// of fewer than six pairs, which allow no such confidence.
    pub interval: Option<(f64, f64)>,
}

/// Replays that are slower than what was recorded, beyond chance: a finding of a [`Speed`].
///
/// It is shown as `1.42 times as slow (median of 400, 1.38 to 1.47 with 95% confidence)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slowdown(Speed);

impl Speed {
    /// What pairs of recorded and replayed durations come to. Pairs in which either is zero, as it is by a coarse
    /// clock, are left out; none if there are no others.
    #[must_use]
    pub fn of(pairs: impl IntoIterator<Item = (Duration, Duration)>) -> Option<Self> {
        let (mut recorded, mut replayed): (Vec<Duration>, Vec<Duration>) = pairs
            .into_iter()
            .filter(|(recorded, replayed)| !recorded.is_zero() && !replayed.is_zero())
            .unzip();
        let mut ratios: Vec<f64> = recorded
            .iter()
            .zip(&replayed)
            .map(|(recorded, replayed)| replayed.as_secs_f64() / recorded.as_secs_f64())
            .collect();
        let mut longer: Vec<Duration> = recorded
            .iter()
            .zip(&replayed)
            .map(|(recorded, replayed)| replayed.saturating_sub(*recorded))
            .collect();
        longer.sort();
        ratios.sort_by(f64::total_cmp);
        recorded.sort();
        replayed.sort();
        Some(Self {
            pairs: ratios.len(),
            recorded: middle(&recorded, |low, high| low + (high - low) / 2)?,
            replayed: middle(&replayed, |low, high| low + (high - low) / 2)?,
            longer: middle(&longer, |low, high| low + (high - low) / 2)?,
            ratio: middle(&ratios, |low, high| low.midpoint(high))?,
            interval: rank(ratios.len()).and_then(|rank| {
                let high = ratios.len().checked_sub(rank)?;
                Some((*ratios.get(rank - 1)?, *ratios.get(high)?))
            }),
        })
    }

    /// The finding that replays are slower: the whole interval lies above `threshold`, such as 1.2 for a slowdown
    /// by a fifth. It holds for the median recording; one that is slow by itself shows in its own comparison.
    #[must_use]
    pub fn slowdown(&self, threshold: f64) -> Option<Slowdown> {
        self.interval.filter(|(low, _)| *low > threshold).map(|_| Slowdown(*self))
    }
}

impl Slowdown {
    /// By how much longer replays have to take at the median for a slowdown to be worth a report, where nothing else
    /// is said: of code that takes microseconds, caches and clocks make any ratio.
    pub const FLOOR: Duration = Duration::from_millis(1);

    /// The speed that it was found in.
    #[must_use]
    pub fn speed(&self) -> &Speed {
        &self.0
    }
}

impl std::fmt::Display for Slowdown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Speed { pairs, ratio, .. } = self.0;
        let (low, high) = self.0.interval.unwrap_or((ratio, ratio));
        let percent = CONFIDENCE * 100.0;
        write!(
            f,
            "{ratio:.2} times as slow (median of {pairs}, {low:.2} to {high:.2} with {percent}% confidence)"
        )
    }
}

/// The middle of what is sorted; between two, what `mean` makes of them.
fn middle<T: Copy>(sorted: &[T], mean: impl Fn(T, T) -> T) -> Option<T> {
    let last = sorted.len().checked_sub(1)?;
    let (low, high) = (*sorted.get(last / 2)?, *sorted.get(last.div_ceil(2))?);
    Some(if last % 2 == 0 { low } else { mean(low, high) })
}

/// The greatest rank, counted from 1, so that between the order statistic of this rank from below and the one of
/// the same rank from above there is the median with [`CONFIDENCE`]. None if even the extremes do not enclose it.
fn rank(pairs: usize) -> Option<usize> {
    let tail = (1.0 - CONFIDENCE) / 2.0;
    #[allow(clippy::cast_precision_loss, reason = "beyond 2^52 pairs nobody counts")]
    let number = pairs as f64;
    if pairs > EXACT {
        let rank = (number / 2.0 - NORMAL_QUANTILE * number.sqrt() / 2.0).floor();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and pairs")]
        return Some(rank as usize);
    }
    // P(B < rank) <= tail for B of the binomial distribution of `pairs` and one half.
    let mut probability = 0.5_f64.powf(number);
    let (mut below, mut rank) = (probability, 0);
    let mut heads = 0.0;
    while below <= tail && rank < pairs {
        rank += 1;
        heads += 1.0;
        probability *= (number - heads + 1.0) / heads;
        below += probability;
    }
    (rank > 0).then_some(rank)
}

/// How long a run's own code took: the operation without the time in which inputs or outputs were under way, in any
/// lane.
pub(crate) fn own_time(tape: &Tape) -> Option<Duration> {
    let operation = tape.operation()?;
    let end = operation.started() + operation.duration();
    let mut calls: Vec<(Duration, Duration)> = Vec::with_capacity(tape.parts().entries.len());
    calls.extend(
        tape.calls()
            .filter(|call| matches!(call.kind(), Kind::Input | Kind::Output))
            .map(|call| (call.started(), (call.started() + call.duration()).min(end))),
    );
    calls.sort_unstable();
    let (mut away, mut covered) = (Duration::ZERO, operation.started());
    for (from, to) in calls {
        away += to.saturating_sub(from.max(covered));
        covered = covered.max(to);
    }
    Some(operation.duration().saturating_sub(away))
}
