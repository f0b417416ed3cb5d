//! What panics on the recorder's own thread in the middle of its work.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use playback_cassette::Clock;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// How many events on the writer's thread are yet to panic.
pub(crate) static PANICS: AtomicUsize = AtomicUsize::new(0);
pub(crate) static PANICKED: AtomicUsize = AtomicUsize::new(0);

/// Whether it is the recorder's own thread that asks.
pub(crate) fn is_writer() -> bool {
    std::thread::current().name() == Some("playback-writer")
}

/// A subscriber with a bug. For the whole process: the writer's events reach no other.
pub(crate) struct Torn;

impl Subscriber for Torn {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("playback_cassette")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {
        let fewer = |panics: usize| panics.checked_sub(1);
        if is_writer() && PANICS.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer).is_ok() {
            PANICKED.fetch_add(1, Ordering::SeqCst);
            // Without the message that a panic prints.
            std::panic::resume_unwind(Box::new("the subscriber is torn"));
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// A clock with a bug, on the recorder's own thread.
pub(crate) struct TornClock;

impl Clock for TornClock {
    fn now(&self) -> SystemTime {
        if is_writer() {
            std::panic::resume_unwind(Box::new("the clock is torn"));
        }
        SystemTime::now()
    }
}
