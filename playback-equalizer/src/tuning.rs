//! How the recordings of one category are replayed and compared.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt};
use playback_core::{Playback, Recording, ReplayError, Tape, replay, replay_blocking};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::guard::guarded;
use crate::{Comparator, Criteria, Error, Extracted, Extractor, Rules, Verdict};

/// Knows, for each category, how its recordings are replayed and compared.
///
/// Closures of a category are tuners as well:
///
/// ```
/// # async fn checkout(customer: u64, amount: u64) -> u64 { amount }
/// use playback_equalizer::{Error, Tuning};
///
/// let tuner = |category: &str| match category {
///     "Checkout" => Ok(Tuning::new(|recording| {
///         let (customer, amount) = recording.arguments()?;
///         Ok(checkout(customer, amount))
///     })),
///     other => Err(Error::from(format!("no operation is known for the category `{other}`"))),
/// };
/// # fn is_tuner(_: impl playback_equalizer::Tuner) {}
/// # is_tuner(tuner);
/// ```
pub trait Tuner: Send + Sync {
    /// How the recordings of `category` are replayed and compared.
    ///
    /// # Errors
    /// Whatever keeps this category from being replayed; the other categories go on without it.
    fn tune(&self, category: &str) -> Result<Tuning, Error>;
}

impl<F, E> Tuner for F
where
    F: Fn(&str) -> Result<Tuning, E> + Send + Sync,
    E: Into<Error>,
{
    fn tune(&self, category: &str) -> Result<Tuning, Error> {
        self(category).map_err(Into::into)
    }
}

type Async = dyn Fn(Recording) -> BoxFuture<'static, Result<Playback, ReplayError>> + Send + Sync;
type Blocking = dyn Fn(&Recording) -> Result<Playback, ReplayError> + Send + Sync;

/// How a recording is replayed.
#[derive(Clone)]
enum Play {
    Async(Arc<Async>),
    Blocking(Arc<Blocking>),
}

/// How the recordings of one category are replayed and compared. Cheap to clone.
///
/// What is compared, and how, is everything, structurally, unless [`extractor`](Self::extractor) and
/// [`comparator`](Self::comparator) say otherwise; see [`Criteria`].
#[derive(Clone)]
pub struct Tuning {
    play: Play,
    criteria: Criteria,
}

impl Tuning {
    /// Replays an async operation: the same function that [`replay`](playback_core::replay()) takes.
    ///
    /// ```
    /// # async fn checkout(customer: u64, amount: u64) -> u64 { amount }
    /// use playback_equalizer::Tuning;
    ///
    /// let tuning = Tuning::new(|recording| {
    ///     let (customer, amount) = recording.arguments()?;
    ///     Ok(checkout(customer, amount))
    /// });
    /// # let _ = tuning;
    /// ```
    #[must_use]
    pub fn new<F, Fut>(operation: F) -> Self
    where
        F: Fn(&Recording) -> Result<Fut, ReplayError> + Send + Sync + 'static,
        Fut: Future + Send + 'static,
    {
        let operation = Arc::new(operation);
        Self::playing(Play::Async(Arc::new(move |recording| {
            let operation = Arc::clone(&operation);
            async move { replay(&recording, |recording| operation(recording)).await }.boxed()
        })))
    }

    /// Replays an async operation that is called with its recorded arguments and nothing else of the
    /// recording: the shortest form.
    ///
    /// ```
    /// # async fn checkout(customer: u64, amount: u64) -> u64 { amount }
    /// use playback_equalizer::Tuning;
    ///
    /// let tuning = Tuning::of(|(customer, amount)| checkout(customer, amount));
    /// # let _ = tuning;
    /// ```
    #[must_use]
    pub fn of<A, F, Fut>(operation: F) -> Self
    where
        A: DeserializeOwned,
        F: Fn(A) -> Fut + Send + Sync + 'static,
        Fut: Future + Send + 'static,
    {
        Self::new(move |recording| Ok(operation(recording.arguments()?)))
    }

    /// Replays an operation that is not async: the same function that
    /// [`replay_blocking`] takes.
    ///
    /// ```
    /// # fn checkout(customer: u64, amount: u64) -> u64 { amount }
    /// use playback_equalizer::Tuning;
    ///
    /// let tuning = Tuning::blocking(|recording| {
    ///     let (customer, amount) = recording.arguments()?;
    ///     Ok(checkout(customer, amount))
    /// });
    /// # let _ = tuning;
    /// ```
    #[must_use]
    pub fn blocking<F, R>(operation: F) -> Self
    where
        F: Fn(&Recording) -> Result<R, ReplayError> + Send + Sync + 'static,
        R: 'static,
    {
        Self::playing(Play::Blocking(Arc::new(move |recording| {
            replay_blocking(recording, |recording| operation(recording))
        })))
    }

    /// What the tuner says of a category. A tuner that panics has refused it.
    ///
    /// # Errors
    /// [`TuningFailed`], which names the category and says why.
    pub fn of_category(tuner: &dyn Tuner, category: &str) -> Result<Self, TuningFailed> {
        let failed = |did, why| TuningFailed { category: category.to_owned(), did, why };
        guarded(|| tuner.tune(category))
            .map_err(|panic| failed("panicked for", panic))?
            .map_err(|error| failed("refused", error.to_string()))
    }

    fn playing(play: Play) -> Self {
        Self { play, criteria: Criteria::new() }
    }

    /// Takes what is compared from both runs.
    #[must_use]
    pub fn extractor(self, extractor: impl Extractor + 'static) -> Self {
        self.with(|criteria| criteria.extractor(extractor))
    }

    /// Compares what was extracted.
    #[must_use]
    pub fn comparator(self, comparator: impl Comparator + 'static) -> Self {
        self.with(|criteria| criteria.comparator(comparator))
    }

    /// Adds rules that say what does not matter; see [`Criteria::rules`].
    #[must_use]
    pub fn rules(self, rules: &Rules) -> Self {
        self.with(|criteria| criteria.rules(rules))
    }

    /// All rules that were added, such as to ask which were of no use: [`Rules::unused`].
    #[must_use]
    pub fn all_rules(&self) -> &Rules {
        self.criteria.all_rules()
    }

    /// Takes from the recording what else the comparator is to know.
    #[must_use]
    pub fn comparison_data<D: Serialize, E: Into<Error>>(
        self,
        data: impl Fn(&Recording) -> Result<D, E> + Send + Sync + 'static,
    ) -> Self {
        self.with(|criteria| criteria.comparison_data(data))
    }

    /// What is compared, and how, all at once.
    #[must_use]
    pub fn criteria(self, criteria: Criteria) -> Self {
        self.with(|_| criteria)
    }

    /// Replays a recording. One that is not async blocks the thread that polls.
    ///
    /// # Errors
    /// As [`replay`](playback_core::replay()).
    pub async fn play(&self, recording: Recording) -> Result<Playback, ReplayError> {
        match &self.play {
            Play::Async(play) => play(recording).await,
            Play::Blocking(play) => play(&recording),
        }
    }

    /// Whether the operation is not async.
    pub(crate) fn is_blocking(&self) -> bool {
        matches!(self.play, Play::Blocking(_))
    }

    /// Replays a recording of an operation that is not async; none if it is.
    pub(crate) fn play_blocking(&self, recording: &Recording) -> Option<Result<Playback, ReplayError>> {
        match &self.play {
            Play::Async(_) => None,
            Play::Blocking(play) => Some(play(recording)),
        }
    }

    /// How a replay compares with its recording.
    #[must_use]
    pub fn judge(&self, playback: &Playback) -> Verdict {
        self.criteria.judge(playback)
    }

    /// What is compared of one run.
    pub(crate) fn extract(&self, tape: &Tape) -> Result<Extracted, Error> {
        self.criteria.extract(tape)
    }

    fn with(self, change: impl FnOnce(Criteria) -> Criteria) -> Self {
        Self { play: self.play, criteria: change(self.criteria) }
    }
}

impl fmt::Debug for Tuning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tuning").finish_non_exhaustive()
    }
}

/// A category that cannot be replayed, because there is no [`Tuning`] of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TuningFailed {
    category: String,
    did: &'static str,
    why: String,
}

impl fmt::Display for TuningFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the tuner {} the category `{}`: {}", self.did, self.category, self.why)
    }
}

impl std::error::Error for TuningFailed {}
