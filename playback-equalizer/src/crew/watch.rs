//! What is known of a thread at work by those who watch it.

use std::future::{Future, poll_fn};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::task::Poll;
use std::time::{Duration, Instant};

use futures::task::AtomicWaker;

/// What is known of a thread at work by those who watch it.
pub(crate) struct Watch {
    born: Instant,
    /// The number of the job that is to be given up, and one more; 0 for none.
    given_up: AtomicU64,
    waker: AtomicWaker,
    /// When the step that is under way began, in nanoseconds after `born`.
    began: AtomicU64,
    replaying: AtomicBool,
}

impl Watch {
    pub(super) fn new() -> Self {
        Self {
            born: Instant::now(),
            given_up: AtomicU64::new(0),
            waker: AtomicWaker::new(),
            began: AtomicU64::new(0),
            replaying: AtomicBool::new(false),
        }
    }

    /// A recording is being loaded, or replayed, from now on.
    pub(super) fn begin(&self, replaying: bool) {
        let now = u64::try_from(self.born.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.began.store(now, SeqCst);
        self.replaying.store(replaying, SeqCst);
    }

    /// How long the step that is under way has taken.
    pub(super) fn elapsed(&self) -> Duration {
        self.born.elapsed().saturating_sub(Duration::from_nanos(self.began.load(SeqCst)))
    }

    pub(super) fn is_replaying(&self) -> bool {
        self.replaying.load(SeqCst)
    }

    /// Asks whoever does job `number` to leave it.
    pub(super) fn give_up(&self, number: u64) {
        self.given_up.store(number.saturating_add(1), SeqCst);
        self.waker.wake();
    }

    pub(super) fn is_given_up(&self, number: u64) -> bool {
        self.given_up.load(SeqCst) == number.saturating_add(1)
    }

    /// Ready when job `number` is to be left.
    pub(super) fn given_up(&self, number: u64) -> impl Future<Output = ()> + Send {
        poll_fn(move |task| {
            self.waker.register(task.waker());
            if self.is_given_up(number) { Poll::Ready(()) } else { Poll::Pending }
        })
    }
}
