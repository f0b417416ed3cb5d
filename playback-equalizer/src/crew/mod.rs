//! Doing many jobs at the same time.

mod desk;
mod hands;
mod job;
mod run;
mod watch;

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use futures::stream::{self, BoxStream, Stream, StreamExt};
use playback_core::RecordingId;

pub use job::Job;

use crate::workers::{Assignment, serve};
use crate::{Comparison, Runtime, Stop, Workers};
use desk::Limits;

/// How many comparisons may be in work or wait to be taken, in multiples of the concurrency: enough that threads find
/// work while comparisons are taken, several at a time, and while one of them takes longer than those after it.
const WINDOW: usize = 4;

/// The longest that anything is waited for: a clock cannot tell when [`Duration::MAX`] is over.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Replays and compares many recordings at the same time, on threads of its own.
///
/// Each thread replays one recording at a time. One that does not end in time is given up; if it also blocks its thread,
/// the thread is left to it, and another one takes its place. Where the replayed code may abort, exhaust the stack or
/// the memory, or never end, worker processes hold it: [`workers`](Self::workers).
///
/// An [`Equalizer`](crate::Equalizer) has a crew of its own; the studio has one for all categories.
#[derive(Clone)]
pub struct Crew {
    concurrency: NonZeroUsize,
    in_order: bool,
    time_limit: Duration,
    grace: Duration,
    runtime: Option<Arc<dyn Runtime>>,
    stop: Option<Stop>,
    workers: Option<Arc<Workers>>,
    in_worker: bool,
}

impl Crew {
    /// How long one replay may take, unless [`time_limit`](Self::time_limit) says otherwise.
    pub const DEFAULT_TIME_LIMIT: Duration = Duration::from_secs(60);

    /// How long replays in work are waited for after a [`Stop`], unless [`grace`](Self::grace) says otherwise.
    pub const DEFAULT_GRACE: Duration = Duration::from_secs(5);

    /// A crew of twice as many threads as there are cores, and eight at the least, since some wait for what they load;
    /// in order.
    #[must_use]
    pub fn new() -> Self {
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self {
            concurrency: cores
                .saturating_mul(NonZeroUsize::MIN.saturating_add(1))
                .max(NonZeroUsize::MIN.saturating_add(7)),
            in_order: true,
            time_limit: Self::DEFAULT_TIME_LIMIT,
            grace: Self::DEFAULT_GRACE,
            runtime: None,
            stop: None,
            workers: None,
            in_worker: false,
        }
    }

    /// How many recordings are loaded and replayed at the same time.
    #[must_use]
    pub fn concurrency(mut self, concurrency: NonZeroUsize) -> Self {
        self.concurrency = concurrency;
        self
    }

    /// Yields comparisons as they are finished, instead of in the order of the jobs.
    #[must_use]
    pub fn as_finished(mut self) -> Self {
        self.in_order = false;
        self
    }

    /// How long loading a recording may take, and how long replaying it, before it is given up. A year at the most.
    #[must_use]
    pub fn time_limit(mut self, time_limit: Duration) -> Self {
        self.time_limit = time_limit.min(LONGEST);
        self
    }

    /// The runtime of the code under replay; tokio inside tokio, with the feature `tokio`, and none otherwise.
    #[must_use]
    pub fn runtime(mut self, runtime: impl Runtime + 'static) -> Self {
        self.runtime = Some(Arc::new(runtime));
        self
    }

    /// What ends the run before its time: no more jobs are begun, and those in work are waited for during the
    /// [`grace`](Self::grace). Those that do not end in it yield nothing.
    #[must_use]
    pub fn stop(mut self, stop: Stop) -> Self {
        self.stop = Some(stop);
        self
    }

    /// How long replays in work are waited for after a [`Stop`]. A year at the most.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace.min(LONGEST);
        self
    }

    /// Replays in worker processes, as many as there would be threads: see [`Workers`].
    #[must_use]
    pub fn workers(mut self, workers: Workers) -> Self {
        self.workers = Some(Arc::new(workers));
        self
    }

    /// In a worker process, what is to be awaited in place of [`run`](Self::run): it replays what the process that
    /// started this one tells it to, by the jobs that `job` makes of recordings, and ends the process. Where the worker
    /// is not one of this crew's, it does nothing. None in other processes.
    ///
    /// The [`Equalizer`](crate::Equalizer) and the studio ask by themselves.
    pub fn serve<'a>(
        &self,
        job: impl Fn(RecordingId) -> Result<Job, String> + Send + 'a,
    ) -> Option<BoxFuture<'a, ()>> {
        let assignment = Assignment::of_process()?;
        let is_mine = self.workers.as_ref().is_some_and(|workers| workers.name() == assignment.name);
        Some(if is_mine { serve(assignment, self.clone(), job) } else { std::future::ready(()).boxed() })
    }

    /// Does one job, and says whether it left a thread behind.
    pub(crate) async fn run_alone(&self, job: Job) -> (Option<Comparison>, bool) {
        let crew = Self {
            concurrency: NonZeroUsize::MIN,
            runtime: self.runtime.clone(),
            in_worker: true,
            time_limit: self.time_limit,
            ..Self::new()
        };
        let mut run = run::Run::new(crew, stream::iter([job]).boxed());
        let comparison = run.next().await;
        (comparison, run.has_abandoned())
    }

    /// Does all jobs. Nothing is done before the stream is polled, and never are more jobs begun and not yet taken than
    /// four times the [`concurrency`](Self::concurrency); a quarter of them are in memory at the most. What is in work when
    /// the stream is dropped is given up.
    pub fn run<'a>(&self, jobs: impl Stream<Item = Job> + Send + 'a) -> BoxStream<'a, Comparison> {
        run::Run::new(self.clone(), jobs.boxed()).boxed()
    }

    pub(crate) fn limit(&self) -> Duration {
        self.time_limit
    }

    fn limits(&self) -> Limits {
        let threads = self.concurrency.get();
        Limits {
            threads,
            window: u64::try_from(threads.saturating_mul(WINDOW)).unwrap_or(u64::MAX),
            time: self.time_limit,
            in_order: self.in_order,
            in_worker: self.in_worker,
        }
    }
}

impl Default for Crew {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Crew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crew")
            .field("concurrency", &self.concurrency)
            .field("in_order", &self.in_order)
            .field("time_limit", &self.time_limit)
            .field("grace", &self.grace)
            .finish_non_exhaustive()
    }
}
