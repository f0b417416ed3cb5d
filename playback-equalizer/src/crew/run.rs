//! The stream of comparisons, and the threads that make them.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::{BoxStream, Stream, StreamExt};
use futures::{FutureExt, future};
use futures_timer::Delay;

use super::Crew;
use super::desk::Desk;
use super::hands::hire;
use super::job::Job;
use crate::runtime::current;
use crate::{Comparison, Runtime};

/// How long comparisons may lie before they are looked for, where threads do not tell of each.
const GLANCE: Duration = Duration::from_millis(10);

/// The comparisons of a run.
pub(super) struct Run<'a> {
    crew: Crew,
    /// None when there are no more.
    jobs: Option<BoxStream<'a, Job>>,
    desk: Arc<Desk>,
    /// What was around when the stream was polled first.
    runtime: Option<Arc<dyn Runtime>>,
    ready: VecDeque<Comparison>,
    /// Comparisons handed out that the desk does not know of.
    handed: u64,
    /// When to look at what takes too long.
    patrol: Option<Delay>,
    /// When to look for comparisons again.
    glance: Option<Delay>,
    ending: Ending,
}

/// Whether a run is being stopped.
enum Ending {
    /// Ready when it is to be stopped.
    NotYet(BoxFuture<'static, ()>),
    /// Ready when nothing more is waited for.
    Grace(Delay),
    Ended,
}

impl<'a> Run<'a> {
    pub(super) fn new(crew: Crew, jobs: BoxStream<'a, Job>) -> Self {
        let desk = Arc::new(Desk::new(crew.limits(), crew.stop.clone()));
        let stopped =
            crew.stop.as_ref().map_or_else(|| future::pending().boxed(), |stop| stop.stopped().boxed());
        Self {
            crew,
            jobs: Some(jobs),
            desk,
            runtime: None,
            ready: VecDeque::new(),
            handed: 0,
            patrol: None,
            glance: None,
            ending: Ending::NotYet(stopped),
        }
    }

    /// Ends the run step by step once it is stopped.
    fn poll_ending(&mut self, task: &mut Context<'_>) -> Poll<()> {
        if let Ending::NotYet(stopped) = &mut self.ending {
            ready!(stopped.poll_unpin(task));
            self.jobs = None;
            self.desk.close();
            self.ending = Ending::Grace(Delay::new(self.crew.grace));
        }
        if let Ending::Grace(grace) = &mut self.ending {
            ready!(grace.poll_unpin(task));
            self.ready.extend(self.desk.clear());
            self.ending = Ending::Ended;
        }
        Poll::Ready(())
    }

    /// Whether a replay blocks a thread for good.
    pub(super) fn has_abandoned(&self) -> bool {
        self.desk.has_abandoned()
    }

    fn hire(&self) {
        hire(&self.desk, self.crew.workers.clone(), self.runtime.clone().unwrap_or_else(current));
    }

    /// Gives up what takes too long. Of what is in the hands of worker processes, those see to it.
    fn poll_patrol(&mut self, task: &mut Context<'_>) {
        if self.crew.workers.is_some() {
            return;
        }
        let limit = self.crew.time_limit;
        let patrol = self.patrol.get_or_insert_with(|| Delay::new(limit));
        let mut hired = 0;
        while patrol.poll_unpin(task).is_ready() {
            let (next, hire) = self.desk.patrol();
            patrol.reset(next);
            hired += hire;
        }
        (0..hired).for_each(|_| self.hire());
    }

    /// Looks again in a while, where comparisons may be done that nobody tells of.
    fn poll_glance(&mut self, task: &mut Context<'_>) {
        if self.crew.concurrency.get() > 1 {
            let glance = self.glance.get_or_insert_with(|| Delay::new(GLANCE));
            while glance.poll_unpin(task).is_ready() {
                glance.reset(GLANCE);
            }
        }
    }

    /// Lays down as many jobs as are wanted.
    fn feed(&mut self, task: &mut Context<'_>) {
        let wanted = self.desk.hand_out(std::mem::take(&mut self.handed));
        if wanted == 0 || self.jobs.is_none() {
            return;
        }
        let mut jobs = Vec::new();
        while let Some(stream) = &mut self.jobs
            && jobs.len() < wanted
        {
            match stream.poll_next_unpin(task) {
                Poll::Ready(Some(job)) => jobs.push(job),
                Poll::Ready(None) => self.jobs = None,
                Poll::Pending => break,
            }
        }
        let hire = self.desk.lay(jobs, self.jobs.is_none());
        (0..hire).for_each(|_| self.hire());
    }
}

impl Stream for Run<'_> {
    type Item = Comparison;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Comparison>> {
        let run = &mut *self;
        run.runtime.get_or_insert_with(|| run.crew.runtime.clone().unwrap_or_else(current));
        loop {
            if let Some(comparison) = run.ready.pop_front() {
                run.handed += 1;
                return Poll::Ready(Some(comparison));
            }
            if run.poll_ending(task).is_ready() && run.ready.is_empty() {
                return Poll::Ready(None);
            }
            run.poll_patrol(task);
            run.poll_glance(task);
            run.feed(task);
            // Once a round and no more: what is taken here is nowhere else, and what ends later wakes the task.
            let done = run.desk.take(task.waker());
            run.ready.extend(done.ready);
            if run.ready.is_empty() {
                let is_end = done.is_all && run.jobs.is_none();
                return if is_end { Poll::Ready(None) } else { Poll::Pending };
            }
        }
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        drop(self.desk.clear());
    }
}
