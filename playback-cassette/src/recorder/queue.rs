//! What waits to be saved, and who waits for it.

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::channel::oneshot;
use playback_core::Recording;
use tokio::sync::Notify;

use super::stats::{Dropped, count_event};

/// Recordings that were not saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not everything was saved: {failed} failed and {pending} were not done in time; the log says why saves fail, \
     and more time or more concurrent saves help against the latter"
)]
#[non_exhaustive]
pub struct NotWritten {
    /// How many were lost since this was asked last: their saves failed, or their values did not get to a
    /// temporary file.
    pub failed: u64,
    /// How many were still waiting or on their way when this call ended.
    pub pending: u64,
}

/// How much may wait or be on its way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) recordings: usize,
    pub(super) bytes: usize,
}

pub(super) struct Queue {
    limits: Limits,
    /// Whether `state` is in its first phase: asked for every operation, so that it costs no lock.
    open: AtomicBool,
    state: Mutex<State>,
    /// For the writer: there is something to do.
    work: Notify,
    /// For those who block: something was done.
    done: Condvar,
}

#[derive(Default)]
struct State {
    phase: Phase,
    waiting: VecDeque<Job>,
    /// The numbers of all jobs that wait or are on their way.
    unfinished: BTreeSet<u64>,
    unfinished_bytes: usize,
    next_number: u64,
    flushes: Vec<Flush>,
    saved: u64,
    sampled_out: u64,
    unspillable: u64,
    failed: u64,
    /// How many of the failed and the unspillable ones someone was told of.
    lost_told: u64,
    dropped: Dropped,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Phase {
    #[default]
    Open,
    /// Nothing more is taken; what is there is saved.
    Closing,
    /// Nothing more is saved.
    Abandoned,
    /// The writer is gone.
    Ended,
}

/// A recording to be saved.
pub(super) struct Job {
    pub(super) number: u64,
    pub(super) recording: Recording,
    bytes: usize,
}

/// Why a recording is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the recorder is closed")]
    Closed,
    #[error("its queue is full: save faster, sample less, or allow a longer queue")]
    Full,
}

/// What became of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Saved,
    SampledOut,
    /// Its values did not get to where they are saved from.
    Unspillable,
    Failed,
}

/// What the writer is to do next.
pub(super) enum Next {
    Save(Job),
    Wait,
    End,
}

/// Someone who waits until all jobs below a number are finished.
struct Flush {
    below: u64,
    done: oneshot::Sender<()>,
}

/// How things stood when someone began to wait.
struct Mark {
    below: u64,
    unwritten: u64,
}

/// What the queue has counted.
pub(super) struct QueueCounts {
    pub(super) saved: u64,
    pub(super) sampled_out: u64,
    pub(super) unspillable: u64,
    pub(super) failed: u64,
    pub(super) dropped: Dropped,
    pub(super) queued: u64,
    pub(super) saving: u64,
}

/// The service's side.
impl Queue {
    pub(super) fn new(limits: Limits) -> Self {
        let open = AtomicBool::new(true);
        Self { limits, open, state: Mutex::default(), work: Notify::new(), done: Condvar::new() }
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }

    /// Counts a recording that came after the end.
    pub(super) fn refuse(&self) {
        self.lock().dropped.closed += 1;
    }

    /// Takes a recording, or drops and counts it.
    pub(super) fn push(&self, recording: Recording) -> Result<(), Refusal> {
        let bytes = recording.tape().size();
        let id = recording.id().clone();
        let mut state = self.lock();
        let (refusal, count) = if state.phase != Phase::Open {
            (Refusal::Closed, &mut state.dropped.closed)
        } else if state.unfinished.len() >= self.limits.recordings
            || state.unfinished_bytes.saturating_add(bytes) > self.limits.bytes
        {
            (Refusal::Full, &mut state.dropped.queue_full)
        } else {
            let number = state.next_number;
            state.next_number += 1;
            state.unfinished.insert(number);
            state.unfinished_bytes += bytes;
            state.waiting.push_back(Job { number, recording, bytes });
            drop(state);
            self.work.notify_one();
            return Ok(());
        };
        *count += 1;
        let count = *count;
        drop(state);
        count_event!(count, recording = %id, count, "the recorder dropped a recording: {refusal}");
        Err(refusal)
    }

    pub(super) fn counts(&self) -> QueueCounts {
        let state = self.lock();
        let queued = state.waiting.len() as u64;
        QueueCounts {
            saved: state.saved,
            sampled_out: state.sampled_out,
            unspillable: state.unspillable,
            failed: state.failed,
            dropped: state.dropped,
            queued,
            saving: state.unfinished.len() as u64 - queued,
        }
    }

    pub(super) async fn flush(&self) -> Result<(), NotWritten> {
        let (mark, done) = {
            let mut state = self.lock();
            let mark = state.mark();
            let (send, done) = oneshot::channel();
            if !state.is_finished(mark.below) {
                state.flushes.push(Flush { below: mark.below, done: send });
            }
            (mark, done)
        };
        // Where there is nothing to wait for, the sender is gone already.
        let _ = done.await;
        self.lock().outcome(&mark)
    }

    pub(super) fn flush_blocking(&self, timeout: Duration) -> Result<(), NotWritten> {
        let state = self.lock();
        let mark = state.mark();
        self.wait(state, timeout, |state| state.is_finished(mark.below)).outcome(&mark)
    }

    /// Takes nothing more.
    pub(super) fn close(&self) {
        self.open.store(false, Ordering::Relaxed);
        let mut state = self.lock();
        if state.phase == Phase::Open {
            state.phase = Phase::Closing;
        }
        drop(state);
        self.work.notify_one();
    }

    /// Takes nothing more, waits for the writer to end, and gives up what is not saved in time. Whether the
    /// writer has ended.
    pub(super) fn close_blocking(&self, timeout: Duration) -> (bool, Result<(), NotWritten>) {
        let mark = self.lock().mark();
        self.close();
        let mut state = self.wait(self.lock(), timeout, |state| state.phase == Phase::Ended);
        let ended = state.phase == Phase::Ended;
        let given_up = if ended {
            VecDeque::new()
        } else {
            state.phase = Phase::Abandoned;
            state.give_up()
        };
        let outcome = state.outcome(&mark);
        drop(state);
        drop(given_up);
        self.work.notify_one();
        (ended, outcome)
    }

    fn wait<'q>(
        &self,
        state: MutexGuard<'q, State>,
        timeout: Duration,
        done: impl Fn(&State) -> bool,
    ) -> MutexGuard<'q, State> {
        let waited = self.done.wait_timeout_while(state, timeout, |state| !done(state));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that holds it panics; if it did, the counts are still the best there are.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The writer's side.
impl Queue {
    /// What to do next, where `room` says whether one more can be saved now.
    pub(super) fn next(&self, room: bool) -> Next {
        let mut state = self.lock();
        match state.phase {
            Phase::Abandoned | Phase::Ended => Next::End,
            Phase::Closing if state.unfinished.is_empty() => Next::End,
            Phase::Open | Phase::Closing if room => state.waiting.pop_front().map_or(Next::Wait, Next::Save),
            Phase::Open | Phase::Closing => Next::Wait,
        }
    }

    /// Comes when there may be something to do that there was not when [`next`](Self::next) was asked.
    pub(super) async fn work(&self) {
        self.work.notified().await;
    }

    /// The writer is done with a job. How many have come to the same fate so far.
    pub(super) fn finished(&self, job: &Job, fate: Fate) -> u64 {
        let mut state = self.lock();
        // One that was given up is counted already.
        let counted = state.unfinished.remove(&job.number);
        if counted {
            state.unfinished_bytes = state.unfinished_bytes.saturating_sub(job.bytes);
        }
        let count = match fate {
            Fate::Saved => &mut state.saved,
            Fate::SampledOut => &mut state.sampled_out,
            Fate::Unspillable => &mut state.unspillable,
            Fate::Failed => &mut state.failed,
        };
        *count += u64::from(counted);
        let count = *count;
        self.tell(state);
        count
    }

    /// The writer is gone.
    pub(super) fn ended(&self) {
        self.open.store(false, Ordering::Relaxed);
        let mut state = self.lock();
        state.phase = Phase::Ended;
        let given_up = state.give_up();
        self.tell(state);
        drop(given_up);
    }

    /// Wakes those who have waited for what is now so.
    fn tell(&self, mut state: MutexGuard<'_, State>) {
        let waiting = std::mem::take(&mut state.flushes);
        let (done, waiting): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|flush| state.is_finished(flush.below));
        state.flushes = waiting;
        drop(state);
        self.done.notify_all();
        for flush in done {
            // Whoever no longer waits need not know.
            let _ = flush.done.send(());
        }
    }
}

impl State {
    fn mark(&self) -> Mark {
        Mark { below: self.next_number, unwritten: self.dropped.unwritten }
    }

    fn is_finished(&self, below: u64) -> bool {
        self.unfinished.first().is_none_or(|&first| first >= below)
    }

    fn outcome(&mut self, mark: &Mark) -> Result<(), NotWritten> {
        // Not only those since the mark: a save may fail just before someone asks.
        let lost = self.failed + self.unspillable;
        let failed = lost - self.lost_told;
        self.lost_told = lost;
        let unfinished = self.unfinished.range(..mark.below).count() as u64;
        let pending = unfinished + self.dropped.unwritten - mark.unwritten;
        if failed == 0 && pending == 0 { Ok(()) } else { Err(NotWritten { failed, pending }) }
    }

    /// Counts all that is not saved as dropped, and hands it over to be dropped without the lock: it may be much,
    /// and the service waits for the lock.
    #[must_use]
    fn give_up(&mut self) -> VecDeque<Job> {
        self.dropped.unwritten += self.unfinished.len() as u64;
        self.unfinished.clear();
        self.unfinished_bytes = 0;
        std::mem::take(&mut self.waiting)
    }
}
