//! Where the service's threads and the writer meet: what waits to be saved, and who is let in.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use playback_core::Recording;
use tokio::sync::Notify;

use super::backlog::{Backlog, Fate, Job, Limits, Mark, NotWritten};
use super::breaker::Turn;
use super::guarded::Guarded;
use super::health::{Gate, Health, Shut};
use super::metrics;
use super::onlookers;
use super::stats::{Dropped, count_event};
use super::sync::{AtomicBool, Condvar, Mutex, MutexGuard};
use crate::Clock;

pub(super) struct Queue {
    limits: Limits,
    /// Asked outside of the lock, since it is not ours.
    clock: Guarded,
    /// Whether everybody is let in: asked for every operation, so that it costs no lock.
    calm: AtomicBool,
    state: Mutex<State>,
    /// For the writer: there is something to do.
    work: Notify,
    /// For those who block: something was done.
    done: Condvar,
}

struct State {
    phase: Phase,
    backlog: Backlog,
    gate: Gate,
    /// The writer has as much on its way as it takes: what comes is no news to it, and waking it would cost the service.
    writer_is_full: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    /// Nothing more is taken; what is there is saved.
    Closing,
    /// Nothing more is saved.
    Abandoned,
    /// The writer is gone.
    Ended,
}

/// Why a recording is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the recorder is closed")]
    Closed,
    #[error("its queue is full: save faster, sample less, or allow a longer queue")]
    Full,
}

/// What the writer is to do next.
pub(super) enum Next {
    Save(Job),
    Wait,
    /// The same, and for so long at most.
    Hold(Duration),
    End,
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
    pub(super) health: Health,
}

/// The service's side.
impl Queue {
    pub(super) fn new(limits: Limits, gate: Gate, clock: Guarded) -> Self {
        let (phase, backlog) = (Phase::Open, Backlog::default());
        let state = State { phase, backlog, gate, writer_is_full: false };
        let (calm, work, done) = (AtomicBool::new(true), Notify::new(), Condvar::new());
        Self { limits, clock, calm, state: Mutex::new(state), work, done }
    }

    /// Whether every operation is let in.
    pub(super) fn is_calm(&self) -> bool {
        self.calm.load(Ordering::Relaxed)
    }

    /// Lets an operation in that stands at this place among all, from 0 to 1, or counts it as dropped. Whether it is let in.
    pub(super) fn admit(&self, place: f64) -> bool {
        let now = self.clock.now();
        let mut state = self.lock();
        let State { phase, backlog, gate, .. } = &mut *state;
        let shut = if *phase == Phase::Open {
            gate.admit(place, now, backlog.fill(&self.limits), !backlog.waiting.is_empty()).err()
        } else {
            backlog.dropped.closed += 1;
            drop(state);
            metrics::ended("dropped", "closed", 1);
            return false;
        };
        match shut {
            Some(Shut::BackedOff) => backlog.dropped.backed_off += 1,
            Some(Shut::Paused) => backlog.dropped.paused += 1,
            None => {}
        }
        let change = gate.change(now);
        self.settle(&state);
        drop(state);
        if let Some(change) = change {
            // The pause may be over.
            self.work.notify_one();
            change.tell();
        }
        match shut {
            Some(Shut::BackedOff) => metrics::ended("dropped", "backed_off", 1),
            Some(Shut::Paused) => metrics::ended("dropped", "paused", 1),
            None => {}
        }
        shut.is_none()
    }

    /// Takes a recording, or drops and counts it.
    pub(super) fn push(&self, recording: Recording) -> Result<(), Refusal> {
        let bytes = recording.size();
        let id = recording.id().clone();
        let now = self.clock.now();
        let mut state = self.lock();
        let State { phase, backlog, gate, .. } = &mut *state;
        let refused = if *phase != Phase::Open {
            backlog.dropped.closed += 1;
            Some((Refusal::Closed, "closed", backlog.dropped.closed))
        } else if !backlog.has_room(bytes, &self.limits) {
            backlog.dropped.queue_full += 1;
            gate.filled(now, 1.0);
            Some((Refusal::Full, "queue_full", backlog.dropped.queue_full))
        } else {
            backlog.push(recording, bytes);
            gate.filled(now, backlog.fill(&self.limits));
            None
        };
        let change = gate.change(now);
        self.settle(&state);
        let wakes = !state.writer_is_full;
        drop(state);
        if let Some(change) = change {
            change.tell();
        }
        match refused {
            None => {
                if wakes {
                    self.work.notify_one();
                }
                metrics::queued(bytes);
                Ok(())
            }
            Some((refusal, reason, count)) => {
                metrics::ended("dropped", reason, 1);
                onlookers::tell(
                    || count_event!(count, recording = %id, count, "the recorder dropped a recording: {refusal}"),
                );
                Err(refusal)
            }
        }
    }

    pub(super) fn counts(&self) -> QueueCounts {
        let State { backlog, gate, .. } = &*self.lock();
        let queued = backlog.waiting.len() as u64;
        QueueCounts {
            saved: backlog.saved,
            sampled_out: backlog.sampled_out,
            unspillable: backlog.unspillable,
            failed: backlog.failed,
            dropped: backlog.dropped,
            queued,
            saving: backlog.unfinished() - queued,
            health: gate.health(),
        }
    }

    pub(super) async fn flush(&self) -> Result<(), NotWritten> {
        let (mark, done) = {
            let mut state = self.lock();
            let mark = state.backlog.mark();
            let done = state.backlog.finished(mark.below);
            (mark, done)
        };
        // The writer may leave the store alone, and is not to, now.
        self.work.notify_one();
        // Where there is nothing to wait for, the sender is gone already.
        let _ = done.await;
        self.lock().backlog.outcome(&mark)
    }

    pub(super) fn flush_blocking(&self, timeout: Duration) -> Result<(), NotWritten> {
        let mut state = self.lock();
        let mark = state.backlog.mark();
        state.backlog.blocked += 1;
        self.work.notify_one();
        let mut state = self.wait(state, timeout, |state| state.backlog.is_finished(mark.below));
        state.backlog.blocked -= 1;
        state.backlog.outcome(&mark)
    }

    /// Takes nothing more.
    pub(super) fn close(&self) {
        let now = self.clock.now();
        let mut state = self.lock();
        if state.phase == Phase::Open {
            state.phase = Phase::Closing;
            state.gate.stop();
        }
        let change = state.gate.change(now);
        self.settle(&state);
        drop(state);
        self.work.notify_one();
        if let Some(change) = change {
            change.tell();
        }
    }

    /// Takes nothing more, waits for the writer to end, and gives up what is not saved in time. Whether the
    /// writer has ended.
    pub(super) fn close_blocking(&self, timeout: Duration) -> (bool, Result<(), NotWritten>) {
        let mark = self.lock().backlog.mark();
        self.close();
        let mut state = self.wait(self.lock(), timeout, |state| state.phase == Phase::Ended);
        let ended = state.phase == Phase::Ended;
        if !ended {
            state.phase = Phase::Abandoned;
        }
        let given_up = self.give_up(state, &mark);
        // The writer may hang in a save, and tell nobody.
        self.wake();
        self.work.notify_one();
        (ended, given_up)
    }

    /// Gives up what is not saved, which is nothing if the writer has ended.
    fn give_up(&self, mut state: MutexGuard<'_, State>, mark: &Mark) -> Result<(), NotWritten> {
        let (unfinished, bytes) = (state.backlog.unfinished(), state.backlog.bytes());
        let given_up = state.backlog.give_up();
        let outcome = state.backlog.outcome(mark);
        drop(state);
        drop(given_up);
        metrics::unwritten(unfinished, bytes);
        outcome
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

    /// Says to those who do not lock how things are.
    fn settle(&self, state: &State) {
        self.calm.store(state.phase == Phase::Open && state.gate.is_open(), Ordering::Relaxed);
    }
}

/// The writer's side.
impl Queue {
    /// What to do next, where `room` says whether one more can be saved now.
    pub(super) fn next(&self, room: bool) -> Next {
        let now = self.clock.now();
        let mut state = self.lock();
        state.writer_is_full = !room;
        let State { phase, backlog, gate, .. } = &mut *state;
        match phase {
            Phase::Abandoned | Phase::Ended => return Next::End,
            Phase::Closing if backlog.is_empty() => return Next::End,
            Phase::Open | Phase::Closing if !room || backlog.waiting.is_empty() => return Next::Wait,
            Phase::Open | Phase::Closing => {}
        }
        // Who waits for what is queued wants to know, whatever it comes to.
        let turn = if *phase == Phase::Closing || backlog.is_awaited() { Turn::Any } else { gate.next(now) };
        let next = match turn {
            Turn::Hold(left) => Next::Hold(left),
            Turn::Wait => Next::Wait,
            Turn::Any | Turn::Probe => backlog.waiting.pop_front().map_or(Next::Wait, Next::Save),
        };
        if let (Turn::Probe, Next::Save(job)) = (turn, &next) {
            gate.probes(job.number);
        }
        let change = gate.change(now);
        self.settle(&state);
        drop(state);
        if let Some(change) = change {
            change.tell();
        }
        next
    }

    /// Comes when there may be something to do that there was not when [`next`](Self::next) was asked.
    pub(super) async fn work(&self) {
        self.work.notified().await;
    }

    /// The writer is done with a job. `tell` is given how many have come to the same fate so far, before anybody who waits goes
    /// on.
    pub(super) fn finished(&self, job: &Job, fate: &Fate, tell: impl FnOnce(u64)) {
        let now = self.clock.now();
        let mut state = self.lock();
        let State { backlog, gate, .. } = &mut *state;
        let finished = backlog.finish(job.number, fate);
        match fate {
            Fate::Saved => gate.saved(),
            Fate::Failed(error) | Fate::Panicked(error) => gate.failed(job.number, now, error),
            Fate::Unsavable(error) => gate.unsavable(job.number, now, error),
            Fate::SampledOut | Fate::Unspillable(_) | Fate::Unjudged(_) => gate.passed_over(job.number),
        }
        let change = gate.change(now);
        self.settle(&state);
        drop(state);
        if let Some(bytes) = finished.bytes {
            metrics::finished(fate, bytes);
        }
        tell(finished.count);
        if let Some(change) = change {
            change.tell();
        }
        self.wake();
    }

    /// The writer has panicked. What it had taken is lost, and counted.
    pub(super) fn crashed(&self) {
        let fate = Fate::Failed("the recorder's own thread panicked while it was saved".to_owned());
        let mut state = self.lock();
        let State { backlog, gate, .. } = &mut *state;
        let bytes: Vec<_> = backlog
            .on_their_way()
            .into_iter()
            .filter_map(|number| {
                gate.passed_over(number);
                backlog.finish(number, &fate).bytes
            })
            .collect();
        drop(state);
        self.wake();
        bytes.into_iter().for_each(|bytes| metrics::finished(&fate, bytes));
    }

    /// The writer saves no more. Where nobody closed the queue, what waits is lost as what it was saving is, and whoever
    /// flushes is told.
    pub(super) fn stopped(&self) {
        self.stop(Phase::Abandoned);
    }

    /// The writer is gone.
    pub(super) fn ended(&self) {
        self.stop(Phase::Ended);
    }

    /// Gives up or loses what is not saved, which is nothing the second time.
    fn stop(&self, phase: Phase) {
        let now = self.clock.now();
        let mut state = self.lock();
        let closed = std::mem::replace(&mut state.phase, phase) != Phase::Open;
        if !closed {
            state.gate.died(now);
        }
        let change = state.gate.change(now);
        let (unfinished, bytes) = (state.backlog.unfinished(), state.backlog.bytes());
        let left = if closed { state.backlog.give_up() } else { state.backlog.lose() };
        self.settle(&state);
        drop(state);
        drop(left);
        self.wake();
        if closed {
            metrics::unwritten(unfinished, bytes);
        } else {
            metrics::lost(unfinished, bytes);
        }
        if let Some(change) = change {
            change.tell();
        }
    }

    /// Wakes those who have waited for what is now so.
    fn wake(&self) {
        let done = self.lock().backlog.done();
        self.done.notify_all();
        for flush in done {
            // Whoever no longer waits need not know.
            let _ = flush.send(());
        }
    }
}
