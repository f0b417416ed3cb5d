//! The recorder for production: decides what is kept, and has it saved in the background.

mod back_off;
mod backlog;
mod breaker;
mod builder;
mod candidate;
mod counters;
mod guarded;
mod health;
mod metrics;
#[cfg(test)]
mod model;
mod moments;
mod onlookers;
mod priority;
mod queue;
mod sampling;
mod spill;
mod stats;
mod sync;
mod waiting;
mod writer;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use futures::channel::oneshot;
use playback_core::{
    Finished, OperationEnd, OperationStart, Recorder, Recording, RecordingStart, Service, Spilling,
};

pub use back_off::BackOff;
pub use backlog::NotWritten;
pub use breaker::Breaker;
pub use builder::TapeRecorderBuilder;
pub use candidate::Candidate;
pub use health::{Health, HealthState, SaveError};
pub(crate) use queue::Refusal;
pub use sampling::Sampling;
pub(crate) use stats::count_event;
pub use stats::{Discarded, Dropped, InFlight, Sampled, Stats};

use crate::{Cassette, Clock, IdGenerator};
use counters::Counters;
use guarded::Guarded;
use queue::Queue;
use sampling::{Begun, Samples};
use spill::Overflow;

/// Records operations onto a cassette, in the background.
///
/// The service's threads only put what ended into a queue, which is bounded in recordings and in bytes.
/// A thread of the recorder's own, with a small runtime inside, saves from it: the service needs no runtime,
/// and none of its own is burdened. What cannot be kept (the queue is full, a save fails) is counted in
/// [`stats`](Self::stats), is told as a `tracing` event, and never reaches the service.
///
/// Clones are one recorder. When the last is dropped, the thread saves what is queued and ends by itself;
/// call [`close`](Self::close) before the process ends, which does not wait for threads.
///
/// ```
/// use std::time::Duration;
/// use playback_cassette::TapeRecorder;
/// # use playback_cassette::Cassette;
/// # fn example(cassette: impl Cassette + 'static) -> Result<(), Box<dyn std::error::Error>> {
/// let recorder = TapeRecorder::builder(cassette).service("checkout", "1.4.2").sampling_rate(0.1).build();
/// playback_core::set_global_recorder(recorder.clone())?;
/// // … the service runs …
/// recorder.close_blocking(Duration::from_secs(10))?;
/// println!("{:?}", recorder.stats());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct TapeRecorder(Arc<Inner>);

struct Inner {
    enabled: AtomicBool,
    samples: Samples,
    service: Option<Service>,
    /// In memory.
    max_bytes: usize,
    max_calls: usize,
    max_value_bytes: usize,
    large: Option<Large>,
    clock: Guarded,
    ids: IdGenerator,
    counters: Counters,
    queue: Arc<Queue>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What becomes of recordings that grow large.
struct Large {
    past: usize,
    max_bytes: u64,
    overflow: Arc<Overflow>,
}

impl TapeRecorder {
    /// A recorder with everything as it is by default: see [`TapeRecorderBuilder`].
    #[must_use]
    pub fn new(cassette: impl Cassette + 'static) -> Self {
        Self::builder(cassette).build()
    }

    /// A recorder yet to be told what is not to be as it is by default.
    pub fn builder(cassette: impl Cassette + 'static) -> TapeRecorderBuilder {
        TapeRecorderBuilder::new(Box::new(cassette))
    }

    /// Records operations that begin from now on.
    pub fn enable(&self) {
        self.0.enabled.store(true, Ordering::Relaxed);
    }

    /// Leaves operations that begin from now on unrecorded, and uncounted. Those that run are recorded to
    /// their end.
    pub fn disable(&self) {
        self.0.enabled.store(false, Ordering::Relaxed);
    }

    /// Whether operations are recorded.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.0.enabled.load(Ordering::Relaxed)
    }

    /// What became of all operations so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let mut stats = self.0.counters.with(self.0.queue.counts());
        stats.spilling_bytes = self.0.large.as_ref().map_or(0, |large| large.overflow.waiting() as u64);
        stats
    }

    /// Queues a recording to be saved, or drops and counts it.
    pub(crate) fn keep(&self, recording: Recording) -> Result<(), Refusal> {
        self.0.queue.push(recording)
    }

    /// Waits until everything that is queued now is saved. Needs no particular runtime.
    ///
    /// # Errors
    /// [`NotWritten`] if saves failed since this was asked last, or if the recorder was closed before they were
    /// done.
    pub async fn flush(&self) -> Result<(), NotWritten> {
        self.0.queue.flush().await
    }

    /// Waits until everything that is queued now is saved, `timeout` at most.
    ///
    /// # Errors
    /// [`NotWritten`] if saves failed since this was asked last, or if they were not done in time. Those go on.
    pub fn flush_blocking(&self, timeout: Duration) -> Result<(), NotWritten> {
        self.0.queue.flush_blocking(timeout)
    }

    /// Closes as [`close_blocking`](Self::close_blocking) does, on a thread of its own: the caller's
    /// runtime, of any kind, is not blocked.
    ///
    /// # Errors
    /// As [`close_blocking`](Self::close_blocking) has them.
    pub async fn close(&self, timeout: Duration) -> Result<(), NotWritten> {
        let (send, closed) = oneshot::channel();
        let recorder = self.clone();
        let close = move || {
            // Whoever no longer waits need not know.
            let _ = send.send(recorder.close_blocking(timeout));
        };
        match thread::Builder::new().name("playback-close".to_owned()).spawn(close) {
            Ok(_) => closed.await.unwrap_or(Ok(())),
            // The machine has no thread left. To wait here is better than to lose recordings.
            Err(_) => self.close_blocking(timeout),
        }
    }

    /// Takes no more recordings, saves those that are queued, closes the cassette, and ends the recorder's
    /// thread. What is not saved within `timeout` is given up. Operations that end afterwards are counted
    /// as dropped; closing again does nothing.
    ///
    /// # Errors
    /// [`NotWritten`] if saves failed since this was asked last, or were given up.
    pub fn close_blocking(&self, timeout: Duration) -> Result<(), NotWritten> {
        let (ended, outcome) = self.0.queue.close_blocking(timeout);
        if ended {
            let thread = self.0.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
            // It has done its work, and says in the log if it panicked.
            let _ = thread.map(JoinHandle::join);
        }
        outcome
    }
}

impl Large {
    fn spilling(&self) -> Spilling {
        let Self { past, max_bytes, overflow } = self;
        Spilling { past: *past, max_bytes: *max_bytes, to: Arc::clone(overflow) as _ }
    }
}

impl Recorder for TapeRecorder {
    fn start(&self, operation: &OperationStart<'_>) -> Option<RecordingStart> {
        let inner = &*self.0;
        if !self.is_enabled() {
            return None;
        }
        inner.counters.started();
        let Some(draw) = inner.samples.draw(operation, &inner.clock) else {
            inner.counters.sampled_out();
            return None;
        };
        if !inner.queue.is_calm() && !inner.queue.admit(inner.samples.place(operation, &draw)) {
            return None;
        }
        let begun = inner.samples.begin(operation, &draw, &inner.clock);
        if begun == Begun::OverLimit {
            inner.counters.over_limit();
        }
        if begun != Begun::Kept && !draw.may_be_worth_it {
            inner.counters.sampled_out();
            return None;
        }
        let now = inner.clock.now();
        match inner.ids.generate(operation.category, now) {
            Ok(id) => {
                inner.samples.recorded(&id, begun);
                Some(RecordingStart {
                    service: inner.service.clone(),
                    only_if_forced: begun != Begun::Kept,
                    max_bytes: inner.max_bytes,
                    max_calls: inner.max_calls,
                    max_value_bytes: inner.max_value_bytes,
                    spilling: inner.large.as_ref().map(Large::spilling),
                    ..RecordingStart::new(id, now)
                })
            }
            Err(error) => {
                inner.counters.misnamed(operation.category, &error);
                None
            }
        }
    }

    fn keeps(&self, start: &RecordingStart, end: &OperationEnd) -> bool {
        let verdict = self.0.samples.end(start, end, &self.0.clock);
        self.0.counters.judged(verdict);
        verdict.keeps()
    }

    fn finish(&self, finished: Finished) {
        match finished {
            Finished::Recorded(recording) => {
                // A recording that is dropped is counted; the service need not know.
                let _ = self.keep(recording);
            }
            Finished::Discarded { id, reason } => {
                self.0.samples.given_up(&id);
                self.0.counters.discarded(&id, &reason);
            }
        }
    }
}

impl fmt::Debug for TapeRecorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TapeRecorder")
            .field("enabled", &self.is_enabled())
            .field("stats", &self.stats())
            .finish()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.queue.close();
    }
}
