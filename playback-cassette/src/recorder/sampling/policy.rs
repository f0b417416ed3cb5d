//! What a user says of which runs to keep.

use std::time::Duration;

/// Which runs of an operation to keep: a part of all, and besides those that are worth keeping whatever they are a part
/// of.
///
/// ```
/// use std::time::Duration;
/// use playback_cassette::{Sampling, TapeRecorder};
/// # use playback_cassette::Cassette;
/// # fn example(cassette: impl Cassette + 'static) {
/// let recorder = TapeRecorder::builder(cassette)
///     // Of everything one in a hundred, all that fails, and what is slow for its kind.
///     .sampling(Sampling::rate(0.01).and_failures().and_slowest(0.01).at_most_per_second(20.0))
///     // Of a busy operation about as many an hour, however many there are.
///     .sampling_of("Checkout", Sampling::per_hour(500.0).and_slower_than(Duration::from_secs(2)))
///     .sampling_of("Health", Sampling::none())
///     .build();
/// # let _ = recorder; }
/// ```
///
/// # When it is decided, and what it costs
///
/// What can be left out at an operation's start is left out there, and costs nothing more. Failures and slow runs are known
/// at the end only: with [`and_failures`](Self::and_failures), [`and_slower_than`](Self::and_slower_than) or
/// [`and_slowest`](Self::and_slowest) every run is recorded, and what is not worth keeping is dropped at its end, before
/// it is compressed or sent. So it is where runs can be
/// [forced](crate::TapeRecorderBuilder::forced_sampling).
///
/// # Which comes first
///
/// A run that is forced is kept whatever is said here. A
/// [sampling calculator](crate::TapeRecorderBuilder::sampling_calculator) has the last word, over all that is kept.
///
/// An operation that states a [rate of its own](playback_core::Operation::sampling_rate) has that one, instead of the rate
/// that is said here for all operations; what is said for its category comes before both.
///
/// # Runs that belong together
///
/// Where an operation says what a run [belongs to](playback_core::Operation::sampling_key), such as its customer, rates
/// and budgets go by that instead of by chance: at the same rate, all runs of one customer are kept, in all
/// categories and processes, or none are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    pub(super) part: Part,
    pub(super) failures: bool,
    pub(super) slower_than: Option<Duration>,
    pub(super) slowest: Option<f64>,
    pub(super) at_most_per_second: Option<f64>,
}

/// Which part of all runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Part {
    Rate(f64),
    PerHour(f64),
}

impl Sampling {
    /// Keeps all runs. It is what a recorder does by default.
    #[must_use]
    pub fn all() -> Self {
        Self::rate(1.0)
    }

    /// Keeps no runs, but for those that something else is said of.
    #[must_use]
    pub fn none() -> Self {
        Self::rate(0.0)
    }

    /// Keeps a share of the runs, from 0 (none) to 1 (all). What is less counts as 0, what is more as 1, what is no number
    /// as 0.
    #[must_use]
    pub fn rate(rate: f64) -> Self {
        Self::of(Part::Rate(share(rate)))
    }

    /// Keeps about so many runs an hour of each category, spread over all there are: the rate follows the traffic, minute by
    /// minute. Unspent budget is kept for ten minutes. An hour never has more than a quarter above what is asked for, or
    /// two, but for what is kept besides: that is paid from the same budget, and never refused for it.
    ///
    /// Each process has a budget of its own.
    #[must_use]
    pub fn per_hour(runs: f64) -> Self {
        Self::of(Part::PerHour(amount(runs)))
    }

    fn of(part: Part) -> Self {
        Self { part, failures: false, slower_than: None, slowest: None, at_most_per_second: None }
    }

    /// Keeps besides all runs that fail: those that return an `Err`, and those that panic.
    #[must_use]
    pub fn and_failures(mut self) -> Self {
        self.failures = true;
        self
    }

    /// Keeps besides all runs that take longer than this.
    #[must_use]
    pub fn and_slower_than(mut self, duration: Duration) -> Self {
        self.slower_than = Some(duration);
        self
    }

    /// Keeps besides the slowest of each category: this share of them, from 0 to 1. 0.01 keeps what is slower than the
    /// 99th percentile of the runs before: of as many of them as have 16 to 32 such slow ones among them, here 1,600 to
    /// 3,200. Until a category has had enough runs to tell, here 100, none of them is slow.
    #[must_use]
    pub fn and_slowest(mut self, of: f64) -> Self {
        self.slowest = Some(share(of));
        self
    }

    /// Keeps at most so many a second of each category, for whatever reason they are kept, but for runs that are forced.
    /// They may come as a burst of one second's worth, and of one at least. 0 keeps none.
    ///
    /// Each process counts for itself.
    #[must_use]
    pub fn at_most_per_second(mut self, runs: f64) -> Self {
        self.at_most_per_second = Some(amount(runs));
        self
    }

    /// Whether something may be worth keeping once it has ended.
    pub(super) fn looks_at_the_end(&self) -> bool {
        self.failures || self.slower_than.is_some() || self.slowest.is_some()
    }

    /// Whether a run that its limit refused at the start may be refused once more at its end.
    pub(super) fn limits_twice(&self) -> bool {
        self.at_most_per_second.is_some() && self.looks_at_the_end()
    }

    /// Whether keeping one has to be counted.
    pub(super) fn is_bounded(&self) -> bool {
        matches!(self.part, Part::PerHour(_)) || self.at_most_per_second.is_some()
    }
}

impl Default for Sampling {
    fn default() -> Self {
        Self::all()
    }
}

fn share(share: f64) -> f64 {
    amount(share).min(1.0)
}

/// What is no number is none.
fn amount(amount: f64) -> f64 {
    amount.max(0.0)
}
