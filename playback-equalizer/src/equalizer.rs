//! Replaying and comparing many recordings.

use std::future::Future;
use std::num::NonZeroUsize;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, FutureExt, select};
use futures::stream::{BoxStream, Stream, StreamExt};
use futures_timer::Delay;
use playback_core::{Playback, Recording, RecordingId, Tape};

use crate::comparison::{Comparison, Run};
use crate::criteria::failed;
use crate::guard::panic_message;
use crate::speed::own_time;
use crate::{Error, Status, Timeline, Tuning, Verdict};

/// Replays and compares the recordings of one category.
///
/// Whatever goes wrong with one of them, panics as well, is a [`Comparison`] that says so, and the run goes
/// on.
///
/// ```
/// # use playback_core::{Recording, RecordingId};
/// # async fn checkout(customer: u64, amount: u64) -> u64 { amount }
/// # async fn load(id: RecordingId) -> Result<Recording, std::io::Error> { Err(std::io::ErrorKind::NotFound.into()) }
/// use futures::StreamExt;
/// use playback_equalizer::{Equalizer, Tuning};
///
/// # futures::executor::block_on(async {
/// let equalizer = Equalizer::new(Tuning::of(|(customer, amount)| checkout(customer, amount)));
/// let ids = ["Checkout/20260131/01KG8V3Q2E9T0000000000000A".parse()?];
/// let mut comparisons = equalizer.run(futures::stream::iter(ids), load);
/// while let Some(comparison) = comparisons.next().await {
///     assert!(comparison.to_string().contains("is equalizer failure: loading it failed: entity not found"));
/// }
/// # Ok::<(), playback_core::InvalidId>(()) }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct Equalizer {
    tuning: Tuning,
    concurrency: NonZeroUsize,
    in_order: bool,
    keep_playbacks: bool,
    time_limit: Duration,
    escapes_fail: bool,
}

impl Equalizer {
    /// How many recordings are loaded and replayed at the same time, unless
    /// [`concurrency`](Self::concurrency) says otherwise.
    pub const DEFAULT_CONCURRENCY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(7);

    /// How long one replay may take, unless [`time_limit`](Self::time_limit) says otherwise.
    pub const DEFAULT_TIME_LIMIT: Duration = Duration::from_secs(60);

    /// An equalizer that replays and compares as `tuning` says.
    #[must_use]
    pub fn new(tuning: Tuning) -> Self {
        Self {
            tuning,
            concurrency: Self::DEFAULT_CONCURRENCY,
            in_order: true,
            keep_playbacks: false,
            time_limit: Self::DEFAULT_TIME_LIMIT,
            escapes_fail: false,
        }
    }

    /// How long one replay may take before it is given up. An operation that is not async cannot be given up.
    #[must_use]
    pub fn time_limit(mut self, time_limit: Duration) -> Self {
        self.time_limit = time_limit;
        self
    }

    /// Makes a replay fail that an interception escaped from, as it ran for real or was refused: for processes that
    /// do nothing but replay. In others, escapes may come from code that rightly runs for real.
    #[must_use]
    pub fn escapes_fail(mut self) -> Self {
        self.escapes_fail = true;
        self
    }

    /// How many recordings are loaded and replayed at the same time, on the one thread that polls the stream:
    /// while one of them waits, the others go on. An operation that is not async does not wait, and so is
    /// replayed alone.
    #[must_use]
    pub fn concurrency(mut self, concurrency: NonZeroUsize) -> Self {
        self.concurrency = concurrency;
        self
    }

    /// Yields comparisons as they are finished, instead of in the order of the ids.
    #[must_use]
    pub fn as_finished(mut self) -> Self {
        self.in_order = false;
        self
    }

    /// Keeps every [`Playback`] in its [`Comparison`], which takes memory for all that was recorded.
    #[must_use]
    pub fn keep_playbacks(mut self) -> Self {
        self.keep_playbacks = true;
        self
    }

    /// Loads, replays and compares each recording. Nothing is done before the stream is polled, and never
    /// more than [`concurrency`](Self::concurrency) recordings are in work or done and not yet taken.
    pub fn run<'a, L, Fut, E>(
        &'a self,
        ids: impl Stream<Item = RecordingId> + Send + 'a,
        load: L,
    ) -> BoxStream<'a, Comparison>
    where
        L: Fn(RecordingId) -> Fut + Send + 'a,
        Fut: Future<Output = Result<Recording, E>> + Send + 'a,
        E: Into<Error> + Send,
    {
        let comparisons = ids.map(move |id| self.load_and_compare(id.clone(), load(id)));
        if self.in_order {
            comparisons.buffered(self.concurrency.get()).boxed()
        } else {
            comparisons.buffer_unordered(self.concurrency.get()).boxed()
        }
    }

    /// Replays and compares the recording called `id` when it is loaded.
    pub async fn load_and_compare<E: Into<Error> + Send>(
        &self,
        id: RecordingId,
        load: impl Future<Output = Result<Recording, E>>,
    ) -> Comparison {
        let failure = match AssertUnwindSafe(load).catch_unwind().await {
            Ok(Ok(recording)) => return self.compare(recording).await,
            Ok(Err(error)) => format!("loading it failed: {}", error.into()),
            Err(panic) => format!("loading it panicked: {}", panic_message(panic.as_ref())),
        };
        let verdict = Verdict::failure(failure);
        Comparison {
            id,
            verdict,
            recorded: None,
            replayed: None,
            escapes: Vec::new(),
            timeline: Timeline::default(),
            playback: None,
        }
    }

    /// Replays a recording and compares the two runs.
    pub async fn compare(&self, recording: Recording) -> Comparison {
        let id = recording.id().clone();
        let recorded = run(recording.metadata().duration, recording.tape());
        let (verdict, playback) = match self.play(recording.clone()).await {
            Ok(playback) => (self.judge(&playback), Some(playback)),
            Err(failure) => (Verdict::failure(failure), None),
        };
        Comparison {
            id,
            recorded: Some(recorded),
            replayed: playback.as_ref().map(replayed),
            escapes: playback.as_ref().map(|playback| playback.escapes().to_vec()).unwrap_or_default(),
            timeline: match &playback {
                Some(playback) if verdict.status == Status::Equal => Timeline::brief(playback),
                Some(playback) => Timeline::of(playback),
                None => Timeline::recorded(&recording),
            },
            verdict,
            playback: playback.filter(|_| self.keep_playbacks),
        }
    }

    fn judge(&self, playback: &Playback) -> Verdict {
        match playback.escapes().first() {
            Some(escape) if self.escapes_fail => Verdict::failure(escape.to_string()),
            _ => self.tuning.judge(playback),
        }
    }

    async fn play(&self, recording: Recording) -> Result<Playback, String> {
        let played = AssertUnwindSafe(self.tuning.play(recording)).catch_unwind();
        let played = match select(pin!(played), Delay::new(self.time_limit)).await {
            Either::Left((played, _)) => played,
            Either::Right(_) => {
                return Err(format!(
                    "the replay did not end within {:?}; it may wait for a call that was cancelled when it was \
                     recorded, and that nothing cancels now",
                    self.time_limit
                ));
            }
        };
        played
            .map_err(|panic| format!("replaying it panicked: {}", panic_message(panic.as_ref())))?
            .map_err(|error| error.to_string())
    }
}

fn replayed(playback: &Playback) -> Run {
    run(playback.replayed_duration(), playback.replayed())
}

fn run(duration: Duration, tape: &Tape) -> Run {
    Run { duration, own: own_time(tape).unwrap_or(duration), failed: failed(tape) }
}
