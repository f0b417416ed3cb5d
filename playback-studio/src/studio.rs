//! Replaying many recordings of many operations.

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{BoxStream, StreamExt};
use playback_cassette::{Cassette, Clock, Query, SystemClock};
use playback_core::RecordingId;
use playback_equalizer::{Crew, Equalizer, Job, Runtime, Stop, Tuner, Tuning, TuningFailed, Workers};

use crate::event::Event;
use crate::log::Log;
use crate::playing::playing;
use crate::progress::Progress;
use crate::report::{RecordingReport, Report, Shards};
use crate::shard::Shard;
use crate::wanted::Wanted;

/// Replays many recordings of many operations, and compares each replay with its recording.
///
/// Whatever goes wrong with one recording, or with one category, is reported, and the rest goes on. Replays run on
/// threads of the studio's own, on all cores; see [`Crew`]. Any runtime will do. See the [crate's example](crate).
#[derive(Clone)]
pub struct Studio {
    pub(crate) cassette: Arc<dyn Cassette>,
    tuner: Arc<dyn Tuner>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) wanted: Wanted,
    pub(crate) crew: Crew,
    pub(crate) stop: Stop,
    keep_playbacks: bool,
    tolerate_escapes: bool,
}

impl Studio {
    /// A studio that plays the recordings of `cassette` as `tuner` says: of all categories, unless
    /// [`categories`](Self::categories) names some, the last seven days, and 20 recordings at the most of
    /// each.
    #[must_use]
    pub fn new(cassette: impl Cassette + 'static, tuner: impl Tuner + 'static) -> Self {
        let stop = Stop::new();
        Self {
            cassette: Arc::new(cassette),
            tuner: Arc::new(tuner),
            clock: Arc::new(SystemClock),
            wanted: Wanted::default(),
            crew: Crew::new().as_finished().stop(stop.clone()),
            stop,
            keep_playbacks: false,
            tolerate_escapes: false,
        }
    }

    /// Plays only these categories, in this order, each once.
    #[must_use]
    pub fn categories(mut self, categories: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut named = HashSet::new();
        let categories = categories.into_iter().map(Into::into);
        self.wanted.categories =
            Some(categories.filter(|category: &String| named.insert(category.clone())).collect());
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

    /// Plays of all that is to be played only what belongs to a shard: other processes play the rest. A limit holds
    /// for all shards together, so that they play exactly what one process would.
    ///
    /// ```
    /// # use playback_studio::{Error, Studio, Tuning};
    /// # use playback_testkit::MemoryCassette;
    /// use playback_studio::Shard;
    ///
    /// # let tuner = |_: &str| Ok::<_, Error>(Tuning::of(|(): ()| async {}));
    /// # let studio = Studio::new(MemoryCassette::new(), tuner);
    /// let studio = match Shard::from_env()? {
    ///     Some(shard) => studio.shard(shard),
    ///     None => studio,
    /// };
    /// # Ok::<(), playback_studio::InvalidShard>(())
    /// ```
    #[must_use]
    pub fn shard(mut self, shard: Shard) -> Self {
        self.wanted.shard = Some(shard);
        self
    }

    /// How many recordings are loaded and replayed at the same time, over all categories together. See
    /// [`Crew::concurrency`].
    #[must_use]
    pub fn concurrency(self, concurrency: NonZeroUsize) -> Self {
        self.with_crew(|crew| crew.concurrency(concurrency))
    }

    /// How long one replay may take before it is given up; a minute, unless said otherwise. See
    /// [`Crew::time_limit`].
    #[must_use]
    pub fn time_limit(self, time_limit: Duration) -> Self {
        self.with_crew(|crew| crew.time_limit(time_limit))
    }

    /// The runtime of the code under replay. See [`Crew::runtime`].
    #[must_use]
    pub fn runtime(self, runtime: impl Runtime + 'static) -> Self {
        self.with_crew(|crew| crew.runtime(runtime))
    }

    /// Replays in worker processes of this program, which come to this studio as this process did. See [`Workers`].
    #[must_use]
    pub fn workers(self, workers: Workers) -> Self {
        self.with_crew(|crew| crew.workers(workers))
    }

    /// What ends the run before its time, with a report of what was done until then: another thread, or
    #[cfg_attr(feature = "ctrl-c", doc = "[Ctrl-C](crate::stop_on_ctrl_c).")]
    #[cfg_attr(not(feature = "ctrl-c"), doc = "Ctrl-C, with the feature `ctrl-c`.")]
    /// Recordings in work are waited for; see [`grace`](Self::grace).
    #[must_use]
    pub fn stop(mut self, stop: Stop) -> Self {
        self.stop = stop.clone();
        self.with_crew(|crew| crew.stop(stop))
    }

    /// How long recordings in work are waited for after a [`stop`](Self::stop); five seconds, unless said otherwise.
    #[must_use]
    pub fn grace(self, grace: Duration) -> Self {
        self.with_crew(|crew| crew.grace(grace))
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

    /// Plays it all, and reports. What happens is logged as it happens, with counts per status.
    pub async fn play(&self) -> Report {
        self.play_with(Progress::quiet()).await
    }

    /// Plays it all, reports, and shows how far it has come.
    pub async fn play_with(&self, mut progress: Progress) -> Report {
        let shards = Shards::of(self.wanted.shard.unwrap_or(Shard::WHOLE));
        let mut report = Report { shards, ..Report::default() };
        let mut log = Log::default();
        let (mut all_rules, mut compared) = (Vec::new(), Vec::new());
        let mut events = self.events();
        while let Some(event) = events.next().await {
            log.tell(&event);
            progress.tell(&event);
            match event {
                Event::Compared(comparison) => compared.push(RecordingReport::from(*comparison)),
                Event::Tuned { rules, .. } => all_rules.push(rules),
                event => report.add(event),
            }
        }
        report.add_recordings(compared);
        all_rules.iter().for_each(|rules| report.add_rules(rules));
        log.end();
        progress.end();
        report
    }

    /// Plays it all, and yields what happens as it happens; nothing happens before it is polled.
    pub fn events(&self) -> BoxStream<'_, Event> {
        playing(self)
    }

    pub(crate) fn equalizer(&self, category: &str) -> Result<Arc<Equalizer>, TuningFailed> {
        let tuning = Tuning::of_category(&*self.tuner, category)?;
        let equalizer = Equalizer::new(tuning);
        let equalizer = if self.tolerate_escapes { equalizer } else { equalizer.escapes_fail() };
        Ok(Arc::new(if self.keep_playbacks { equalizer.keep_playbacks() } else { equalizer }))
    }

    pub(crate) fn job(&self, equalizer: Arc<Equalizer>, id: RecordingId) -> Job {
        let (cassette, of) = (Arc::clone(&self.cassette), id.clone());
        Job::new(id, equalizer, async move { cassette.load(&of).await.map_err(|error| error.chain()) })
    }

    fn with_crew(mut self, change: impl FnOnce(Crew) -> Crew) -> Self {
        self.crew = change(self.crew);
        self
    }
}

impl std::fmt::Debug for Studio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Studio")
            .field("wanted", &self.wanted)
            .field("crew", &self.crew)
            .finish_non_exhaustive()
    }
}
