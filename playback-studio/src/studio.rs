//! Replaying many recordings of many operations.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use futures::future::FutureExt;
use futures::stream::{self, BoxStream, StreamExt};
use playback_cassette::{Cassette, Clock, Error, ErrorKind, Query, SystemClock};
use playback_core::RecordingId;
use playback_equalizer::{Comparison, Equalizer, Tuner, Tuning, TuningFailed};

use crate::report::{Counts, Report};
use crate::wanted::{Batch, Wanted, nothing_found};

/// Replays many recordings of many operations, and compares each replay with its recording.
///
/// Whatever goes wrong with one recording, or with one category, is reported, and the rest goes on. Any
/// runtime will do. See the [crate's example](crate).
#[derive(Clone)]
pub struct Studio {
    cassette: Arc<dyn Cassette>,
    tuner: Arc<dyn Tuner>,
    clock: Arc<dyn Clock>,
    wanted: Wanted,
    concurrency: NonZeroUsize,
    keep_playbacks: bool,
    time_limit: Duration,
    tolerate_escapes: bool,
}

/// What happens while a studio plays.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// A category has its turn.
    Started {
        /// The category.
        category: String,
        /// Which of its recordings are looked for, in words.
        looked_for: String,
        /// How many there are at the most, if that is known.
        at_most: Option<usize>,
    },
    /// All recordings of a category that are to be played have been found.
    Found {
        /// The category.
        category: String,
        /// How many there are to play.
        recordings: usize,
    },
    /// There is no recording to play.
    NothingFound {
        /// The category; none if there are no categories.
        category: Option<String>,
        /// What was looked for, where, and what there is instead.
        message: String,
    },
    /// A recording was replayed and compared.
    Compared(Box<Comparison>),
    /// A category, or a part of it, cannot be played.
    Failed {
        /// The category; none if not even the categories are known.
        category: Option<String>,
        /// What went wrong.
        message: String,
    },
    /// It was stopped before all was played.
    Interrupted,
}

impl Studio {
    /// A studio that plays the recordings of `cassette` as `tuner` says: of all categories, unless
    /// [`categories`](Self::categories) names some, the last seven days, and 20 recordings at the most of
    /// each.
    #[must_use]
    pub fn new(cassette: impl Cassette + 'static, tuner: impl Tuner + 'static) -> Self {
        Self {
            cassette: Arc::new(cassette),
            tuner: Arc::new(tuner),
            clock: Arc::new(SystemClock),
            wanted: Wanted::default(),
            concurrency: Equalizer::DEFAULT_CONCURRENCY,
            keep_playbacks: false,
            time_limit: Equalizer::DEFAULT_TIME_LIMIT,
            tolerate_escapes: false,
        }
    }

    /// Plays only these categories, in this order.
    #[must_use]
    pub fn categories(mut self, categories: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.wanted.categories = Some(categories.into_iter().map(Into::into).collect());
        self
    }

    /// Plays of each category the recordings that `query` finds. Its limit holds for each category.
    #[must_use]
    pub fn lookup(mut self, query: Query) -> Self {
        self.wanted.query = Some(query);
        self
    }

    /// Plays these recordings and no others, whatever was said of categories and lookup: category by
    /// category in alphabetical order, and within each in the order given.
    #[must_use]
    pub fn recordings(mut self, ids: impl IntoIterator<Item = RecordingId>) -> Self {
        self.wanted.ids = Some(ids.into_iter().collect());
        self
    }

    /// How many recordings are loaded and replayed at the same time, over all categories together. See
    /// [`Equalizer::concurrency`].
    #[must_use]
    pub fn concurrency(mut self, concurrency: NonZeroUsize) -> Self {
        self.concurrency = concurrency;
        self
    }

    /// How long one replay may take before it is given up; a minute, unless said otherwise. See
    /// [`Equalizer::time_limit`].
    #[must_use]
    pub fn time_limit(mut self, time_limit: Duration) -> Self {
        self.time_limit = time_limit;
        self
    }

    /// Reports interceptions that escape from a replay, and lets them fail none: for a process in which other code
    /// rightly runs for real at the same time, as in a test run. See [`Equalizer::escapes_fail`].
    #[must_use]
    pub fn tolerate_escapes(mut self) -> Self {
        self.tolerate_escapes = true;
        self
    }

    /// Keeps every replay in its comparison, which takes memory for all that was recorded.
    #[must_use]
    pub fn keep_playbacks(mut self) -> Self {
        self.keep_playbacks = true;
        self
    }

    /// The clock by which the last seven days are counted; the machine's, unless a test says otherwise.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Plays it all, and reports.
    pub async fn play(&self) -> Report {
        let mut report = Report::default();
        let mut events = self.events();
        while let Some(event) = events.next().await {
            let compared = matches!(event, Event::Compared(_));
            log(&event);
            report.add(event);
            let counts = report.counts();
            if compared && counts.total().is_multiple_of(10) {
                log_counts("so far", &counts);
            }
        }
        log_counts("played all", &report.counts());
        report
    }

    /// Plays it all, and yields what happens as it happens; nothing happens before it is polled.
    pub fn events(&self) -> BoxStream<'_, Event> {
        let batches = self.wanted.batches(&*self.cassette, &*self.clock);
        let jobs = batches.flat_map(|batch| self.jobs(batch));
        jobs.map(|job| self.run(job)).buffer_unordered(self.concurrency.get()).boxed()
    }

    /// All there is to do for a category.
    fn jobs<'a>(&'a self, batch: Result<Batch<'a>, Error>) -> BoxStream<'a, Job> {
        let Batch { category, looked_for, at_most, ids } = match batch {
            Ok(batch) => batch,
            Err(nothing) if nothing.kind() == ErrorKind::NotFound => {
                let message = nothing.to_string();
                return stream::iter([Job::Say(Event::NothingFound { category: None, message })]).boxed();
            }
            Err(error) => {
                let message = format!("looking for categories failed: {}", error.chain());
                return stream::iter([Job::Say(Event::Failed { category: None, message })]).boxed();
            }
        };
        let failed = |category: &str, message| {
            Job::Say(Event::Failed { category: Some(category.to_owned()), message })
        };
        let found = Arc::new(AtomicUsize::new(0));
        let ended = self.ended(category.clone(), looked_for.clone(), Arc::clone(&found));
        let started = Job::Say(Event::Started { category: category.clone(), looked_for, at_most });
        let jobs = match self.equalizer(&category) {
            Ok(equalizer) => ids
                .map(move |id| match id {
                    Ok(id) => {
                        found.fetch_add(1, Relaxed);
                        Job::Compare(Arc::clone(&equalizer), id)
                    }
                    Err(error) => {
                        failed(&category, format!("looking for recordings failed: {}", error.chain()))
                    }
                })
                .chain(stream::once(ended))
                .boxed(),
            Err(failure) => stream::iter([failed(&category, failure.to_string())]).boxed(),
        };
        stream::iter([started]).chain(jobs).boxed()
    }

    /// What there is to say when all of a category was found.
    async fn ended(&self, category: String, looked_for: String, found: Arc<AtomicUsize>) -> Job {
        Job::Say(match found.load(Relaxed) {
            0 => {
                let message = nothing_found(&category, &looked_for, &*self.cassette).await;
                Event::NothingFound { category: Some(category), message }
            }
            recordings => Event::Found { category, recordings },
        })
    }

    fn equalizer(&self, category: &str) -> Result<Arc<Equalizer>, TuningFailed> {
        let tuning = Tuning::of_category(&*self.tuner, category)?;
        let equalizer = Equalizer::new(tuning).time_limit(self.time_limit);
        let equalizer = if self.tolerate_escapes { equalizer } else { equalizer.escapes_fail() };
        Ok(Arc::new(if self.keep_playbacks { equalizer.keep_playbacks() } else { equalizer }))
    }

    async fn run(&self, job: Job) -> Event {
        match job {
            Job::Say(event) => event,
            Job::Compare(equalizer, id) => {
                let load = self.cassette.load(&id).map(|loaded| loaded.map_err(|error| error.chain()));
                Event::Compared(Box::new(equalizer.load_and_compare(id.clone(), load).await))
            }
        }
    }
}

impl std::fmt::Debug for Studio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Studio").field("wanted", &self.wanted).finish_non_exhaustive()
    }
}

enum Job {
    Say(Event),
    Compare(Arc<Equalizer>, RecordingId),
}

fn log(event: &Event) {
    match event {
        Event::Started { category, looked_for, .. } => tracing::info!(category, "playing {looked_for}"),
        Event::Found { category, recordings } => tracing::info!(category, recordings, "found all"),
        Event::NothingFound { category, message } => tracing::warn!(category, "{message}"),
        Event::Compared(comparison) => {
            tracing::info!(recording_id = %comparison.id, status = %comparison.status(), "compared");
        }
        Event::Failed { category, message } => tracing::warn!(category, "{message}"),
        Event::Interrupted => tracing::warn!("interrupted"),
    }
}

fn log_counts(when: &str, counts: &Counts) {
    tracing::info!("{when}: {counts}");
}
