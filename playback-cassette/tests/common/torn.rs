//! What panics on the recorder's own thread in the middle of its work.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use playback_cassette::Clock;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

/// How many events on the writer's thread are yet to panic.
pub(crate) static PANICS: AtomicUsize = AtomicUsize::new(0);
pub(crate) static PANICKED: AtomicUsize = AtomicUsize::new(0);

/// Whether it is the recorder's own thread that asks.
pub(crate) fn is_writer() -> bool {
    std::thread::current().name() == Some("playback-writer")
}

/// An onlooker with a bug. For the whole process: the writer's events reach no other.
pub(crate) struct Torn;

impl<S: Subscriber> Layer<S> for Torn {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target().starts_with("playback_cassette")
    }

    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        let fewer = |panics: usize| panics.checked_sub(1);
        if is_writer() && PANICS.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer).is_ok() {
            PANICKED.fetch_add(1, Ordering::SeqCst);
            // Without the message that a panic prints.
            std::panic::resume_unwind(Box::new("the subscriber is torn"));
        }
    }
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
