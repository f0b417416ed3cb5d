//! Replaying and comparing many recordings.

use std::any::Any;
use std::future::Future;
use std::num::NonZeroUsize;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{Either, FutureExt, ready, select};
use futures::stream::{self, BoxStream, Stream, StreamExt};
use futures_timer::Delay;
use playback_core::{Playback, Recording, RecordingId};

use crate::comparison::{Comparison, Run};
use crate::guard::{guarded, panic_message};
use crate::{Crew, Error, Job, Status, Timeline, Tuning, Verdict, is_worker};

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
    keep_playbacks: bool,
    escapes_fail: bool,
    crew: Crew,
}

impl Equalizer {
    /// An equalizer that replays and compares as `tuning` says.
    #[must_use]
    pub fn new(tuning: Tuning) -> Self {
        Self { tuning, keep_playbacks: false, escapes_fail: false, crew: Crew::new() }
    }

    /// How it replays and compares.
    #[must_use]
    pub fn tuning(&self) -> &Tuning {
        &self.tuning
    }

    /// How recordings are replayed at the same time: by how many threads, in which order, for how long.
    #[must_use]
    pub fn crew(mut self, crew: Crew) -> Self {
        self.crew = crew;
        self
    }

    /// How long one replay may take before it is given up: see [`Crew::time_limit`].
    #[must_use]
    pub fn time_limit(self, time_limit: Duration) -> Self {
        self.with_crew(|crew| crew.time_limit(time_limit))
    }

    /// How many recordings are loaded and replayed at the same time: see [`Crew::concurrency`].
    #[must_use]
    pub fn concurrency(self, concurrency: NonZeroUsize) -> Self {
        self.with_crew(|crew| crew.concurrency(concurrency))
    }

    /// Yields comparisons as they are finished, instead of in the order of the ids.
    #[must_use]
    pub fn as_finished(self) -> Self {
        self.with_crew(Crew::as_finished)
    }

    /// Makes a replay fail that an interception escaped from, as it ran for real or was refused: for processes that
    /// do nothing but replay. In others, escapes may come from code that rightly runs for real.
    #[must_use]
    pub fn escapes_fail(mut self) -> Self {
        self.escapes_fail = true;
        self
    }

    /// Keeps every [`Playback`] in its [`Comparison`], which takes memory for all that was recorded.
    #[must_use]
    pub fn keep_playbacks(mut self) -> Self {
        self.keep_playbacks = true;
        self
    }

    /// Loads, replays and compares each recording, on the threads of the [`Crew`]. Nothing is done before the stream is
    /// polled, and never more than four times the [`concurrency`](Self::concurrency) are begun and not yet taken.
    pub fn run<'a, L, Fut, E>(
        &self,
        ids: impl Stream<Item = RecordingId> + Send + 'a,
        load: L,
    ) -> BoxStream<'a, Comparison>
    where
        L: Fn(RecordingId) -> Fut + Send + 'a,
        Fut: Future<Output = Result<Recording, E>> + Send + 'static,
        E: Into<Error> + Send,
    {
        let equalizer = Arc::new(self.clone());
        let job = move |id: RecordingId| Job::new(id.clone(), Arc::clone(&equalizer), load(id));
        if !is_worker() {
            return self.crew.run(ids.map(job));
        }
        match self.crew.serve(move |id| Ok(job(id))) {
            Some(serving) => stream::once(serving).filter_map(|()| ready(None)).boxed(),
            None => stream::empty().boxed(),
        }
    }

    /// Replays and compares the recording called `id` when it is loaded, on the thread that polls. See
    /// [`compare`](Self::compare).
    pub async fn load_and_compare<E: Into<Error> + Send>(
        &self,
        id: RecordingId,
        load: impl Future<Output = Result<Recording, E>>,
    ) -> Comparison {
        match Self::loaded(id, AssertUnwindSafe(load).catch_unwind().await) {
            Ok(recording) => self.compare(recording).await,
            Err(failure) => *failure,
        }
    }

    /// Replays a recording and compares the two runs, on the thread that polls: under a debugger, or in a test. The
    /// time limit ends only what waits, since there is no other thread that could go on.
    pub async fn compare(&self, recording: Recording) -> Comparison {
        let limit = self.crew.limit();
        self.compare_until(recording, Delay::new(limit), limit).await
    }

    /// The recording, or the comparison that says why there is none.
    pub(crate) fn loaded<E: Into<Error>>(
        id: RecordingId,
        loaded: Result<Result<Recording, E>, Box<dyn Any + Send>>,
    ) -> Result<Recording, Box<Comparison>> {
        let failure = match loaded {
            Ok(Ok(recording)) => return Ok(recording),
            Ok(Err(error)) => format!("loading it failed: {}", error.into()),
            Err(panic) => format!("loading it panicked: {}", panic_message(panic.as_ref())),
        };
        Err(Box::new(Comparison::failure(id, failure)))
    }

    /// Compares, unless `given_up` is ready before the replay: when `limit` has passed.
    pub(crate) async fn compare_until(
        &self,
        recording: Recording,
        given_up: impl Future<Output = ()>,
        limit: Duration,
    ) -> Comparison {
        let played = AssertUnwindSafe(self.tuning.play(recording.clone())).catch_unwind();
        let played = match select(pin!(played), pin!(given_up)).await {
            Either::Left((played, _)) => played
                .map_err(|panic| format!("replaying it panicked: {}", panic_message(panic.as_ref())))
                .and_then(|played| played.map_err(|error| error.to_string())),
            Either::Right(_) => Err(format!(
                "the replay did not end within {limit:?}; it may wait for a call that was cancelled when it was \
                 recorded, and that nothing cancels now"
            )),
        };
        self.comparison(&recording, played)
    }

    /// Whether the operation is not async, and so is replayed in one go.
    pub(crate) fn is_blocking(&self) -> bool {
        self.tuning.is_blocking()
    }

    /// Compares an operation that is not async; none if it is.
    pub(crate) fn compare_blocking(&self, recording: &Recording) -> Option<Comparison> {
        let played = guarded(|| self.tuning.play_blocking(recording))
            .map_err(|panic| format!("replaying it panicked: {panic}"));
        let played = match played {
            Ok(played) => played?.map_err(|error| error.to_string()),
            Err(panicked) => Err(panicked),
        };
        Some(self.comparison(recording, played))
    }

    fn comparison(&self, recording: &Recording, played: Result<Playback, String>) -> Comparison {
        let (verdict, playback) = match played {
            Ok(playback) => (self.judge(&playback), Some(playback)),
            Err(failure) => (Verdict::failure(failure), None),
        };
        Comparison {
            id: recording.id().clone(),
            recorded: Some(Run::recorded(recording)),
            replayed: playback.as_ref().map(Run::replayed),
            escapes: playback.as_ref().map(|playback| playback.escapes().to_vec()).unwrap_or_default(),
            timeline: match &playback {
                Some(playback) if verdict.status == Status::Equal => Timeline::brief(playback),
                Some(playback) => Timeline::of(playback),
                None => Timeline::recorded(recording),
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

    fn with_crew(mut self, change: impl FnOnce(Crew) -> Crew) -> Self {
        self.crew = change(self.crew);
        self
    }
}
