//! A recorder's clock that misbehaves costs the service nothing, and no count.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod common;

use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use common::{LONG, NOON, assert_equation};
use playback_cassette::{BackOff, CassetteExt, Clock, Query, Sampling, SystemClock, TapeRecorder};
use playback_core::{RecorderExt, operation};
use playback_testkit::MemoryCassette;

/// A clock that panics at every so many calls of the service's threads.
#[derive(Clone)]
struct Torn {
    every: u64,
    calls: Arc<AtomicU64>,
}

impl Clock for Torn {
    fn now(&self) -> SystemTime {
        if std::thread::current().name() != Some("playback-writer")
            && self.calls.fetch_add(1, Ordering::SeqCst).is_multiple_of(self.every)
        {
            // Without the message that a panic prints.
            resume_unwind(Box::new("the clock is torn"));
        }
        SystemClock.now()
    }
}

/// A clock that jumps: forth by a day, back by an hour, and to its start again.
#[derive(Clone, Default)]
struct Jumping(Arc<AtomicU64>);

impl Clock for Jumping {
    fn now(&self) -> SystemTime {
        let noon = SystemTime::UNIX_EPOCH + NOON;
        match self.0.fetch_add(1, Ordering::SeqCst) % 3 {
            0 => noon,
            1 => noon + Duration::from_secs(86_400),
            _ => noon - Duration::from_secs(3_600),
        }
    }
}

/// Serves a hundred requests with sampling that asks the clock in all its ways, and closes. The recorder, and what it saved.
fn serve(clock: impl Clock + 'static, sampling: Sampling) -> (TapeRecorder, MemoryCassette) {
    let store = MemoryCassette::new();
    let queue = 10.try_into().unwrap();
    let recorder = TapeRecorder::builder(store.clone())
        .clock(clock)
        .sampling(sampling)
        .back_off(BackOff::default())
        .queue_recordings(queue)
        .seed(7)
        .build();
    for request in 0..100 {
        let served = recorder.scope_blocking(|| operation("Checkout").run(|| request + 1));
        assert_eq!(served, request + 1);
    }
    recorder.close_blocking(LONG).unwrap();
    (recorder, store)
}

fn samplings() -> [Sampling; 4] {
    [
        Sampling::all(),
        Sampling::all().at_most_per_second(1e6),
        Sampling::per_hour(1e6).and_failures(),
        Sampling::rate(0.3).and_slowest(0.5).at_most_per_second(1e6),
    ]
}

#[test]
fn a_clock_that_panics_on_the_services_threads_loses_no_operation_and_no_count() {
    for (every, sampling) in (1..=5).flat_map(|every| samplings().map(|sampling| (every, sampling))) {
        let clock = Torn { every, calls: Arc::default() };
        let (recorder, store) = serve(clock.clone(), sampling);
        let stats = recorder.stats();
        assert_equation(&stats);
        assert!(clock.calls.load(Ordering::SeqCst) >= 100);
        assert_eq!((stats.started, stats.in_flight.total()), (100, 0), "{stats:?}");
        assert_eq!(
            (stats.discarded.total(), stats.failed, stats.saved),
            (0, 0, store.len() as u64),
            "{stats:?}"
        );
        assert!(stats.saved > 0, "{stats:?}");
    }
}

#[test]
fn the_machines_clock_tells_its_time_in_whole_microseconds() {
    for _ in 0..16 {
        let before = SystemTime::now();
        let now = SystemClock.now();
        let nanoseconds = now.duration_since(SystemTime::UNIX_EPOCH).unwrap().subsec_nanos();
        assert_eq!(nanoseconds % 1000, 0);
        assert!(now + Duration::from_micros(1) > before, "it is {now:?}, and was {before:?}");
    }
}

#[test]
fn a_clock_that_jumps_to_and_fro_loses_no_operation_and_no_count() {
    for sampling in samplings() {
        let (recorder, store) = serve(Jumping::default(), sampling);
        let stats = recorder.stats();
        assert_equation(&stats);
        assert_eq!((stats.started, stats.in_flight.total()), (100, 0), "{stats:?}");
        assert_eq!(
            (stats.discarded.total(), stats.failed, stats.saved),
            (0, 0, store.len() as u64),
            "{stats:?}"
        );
        let found = futures::executor::block_on(store.find_all(&Query::new())).unwrap();
        assert_eq!(found.len() as u64, stats.saved);
    }
}
