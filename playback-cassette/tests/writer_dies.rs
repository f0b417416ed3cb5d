//! The recorder's own thread panics in the middle of its work: the service does not notice, all is counted, and it goes on.
//!
//! One test in one file, because the writer's events reach a process-wide subscriber only, which is what panics.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod common;

use std::sync::atomic::Ordering;
use std::time::SystemTime;

use common::torn::{PANICKED, PANICS, Torn, TornClock};
use common::{LONG, assert_equation, held, until};
use futures::executor::block_on;
use playback_cassette::{ErrorKind, HealthState, TapeRecorder};
use playback_core::{RecorderExt, operation};
use playback_testkit::MemoryCassette;
use playback_testkit::faults::{Faulty, Method};
use tracing_subscriber::layer::SubscriberExt as _;
/// Serves so many requests, each of which is answered as it should be.
fn serve(recorder: &TapeRecorder, requests: u64) {
    for request in 0..requests {
        assert_eq!(recorder.scope_blocking(|| operation("Checkout").run(|| request + 1)), request + 1);
    }
}

#[test]
fn a_writer_that_panics_costs_what_it_was_saving_and_goes_on_until_it_panics_again_and_again() {
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Torn)).unwrap();

    // A save fails, and telling of it panics while nine others are on their way.
    let store = held(0);
    let recorder = TapeRecorder::builder(store.clone()).concurrent_saves(10.try_into().unwrap()).build();
    serve(&recorder, 30);
    block_on(store.called(Method::Save, 10));
    PANICS.store(1, Ordering::SeqCst);
    store.fail_next(Method::Save, 1, ErrorKind::Unreachable);
    store.let_pass(Method::Save, 1);
    block_on(store.called(Method::Save, 11));
    assert_eq!(PANICKED.load(Ordering::SeqCst), 1);
    store.release(Method::Save);
    // It failed and took the others along; those that waited are saved.
    assert_eq!(block_on(recorder.flush()).unwrap_err().failed, 10);
    serve(&recorder, 5);
    recorder.close_blocking(LONG).unwrap();
    let stats = recorder.stats();
    assert_equation(&stats);
    assert_eq!((stats.started, stats.saved, stats.failed), (35, 25, 10));
    assert_eq!(store.inner().len(), 25);
    assert_eq!(store.calls(Method::Close), 1);
    assert_eq!((stats.health.state, stats.health.rate), (HealthState::Stopped, 0.0));

    // It goes on for as long as something is saved in between.
    let store = Faulty::new(MemoryCassette::new());
    let recorder =
        TapeRecorder::builder(store.clone()).breaker(None).concurrent_saves(1.try_into().unwrap()).build();
    for _ in 0..15 {
        PANICS.store(1, Ordering::SeqCst);
        store.fail_next(Method::Save, 1, ErrorKind::Unreachable);
        serve(&recorder, 1);
        assert_eq!(block_on(recorder.flush()).unwrap_err().failed, 1);
        serve(&recorder, 1);
        block_on(recorder.flush()).unwrap();
    }
    assert_eq!((recorder.stats().saved, recorder.stats().failed), (15, 15));
    recorder.close_blocking(LONG).unwrap();

    // And while it is closed.
    let store = held(0);
    let recorder = TapeRecorder::builder(store.clone()).concurrent_saves(1.try_into().unwrap()).build();
    serve(&recorder, 5);
    block_on(store.called(Method::Save, 1));
    let closing = recorder.clone();
    let closing = std::thread::spawn(move || closing.close_blocking(LONG));
    until(|| recorder.stats().health.state == HealthState::Stopped);
    PANICS.store(1, Ordering::SeqCst);
    store.fail_next(Method::Save, 1, ErrorKind::Unreachable);
    store.release(Method::Save);
    assert_eq!(closing.join().unwrap().unwrap_err().failed, 1);
    assert_eq!((recorder.stats().saved, recorder.stats().failed), (4, 1));
    assert_eq!(store.calls(Method::Close), 1);

    // One that panics at every turn ends; what comes then is not recorded, and counted.
    let store = Faulty::new(MemoryCassette::new());
    store.fail(Method::Save, ErrorKind::Unreachable);
    let recorder =
        TapeRecorder::builder(store.clone()).breaker(None).concurrent_saves(1.try_into().unwrap()).build();
    PANICS.store(usize::MAX, Ordering::SeqCst);
    serve(&recorder, 50);
    let lost = block_on(recorder.flush()).unwrap_err();
    serve(&recorder, 7);
    let stats = recorder.stats();
    assert_equation(&stats);
    assert_eq!((stats.started, stats.saved, stats.in_flight.total()), (57, 0, 0));
    // What waited as well as what it was saving.
    assert_eq!((stats.failed, stats.dropped.unwritten), (lost.failed, 0));
    assert_eq!(stats.failed + stats.dropped.closed, 57);
    assert_eq!(store.calls(Method::Save), 10, "that often it is tried");
    assert!(stats.dropped.closed >= 7);
    // Nobody takes it for well.
    assert_eq!((stats.health.state, stats.health.rate), (HealthState::Stopped, 0.0));
    let why = stats.health.last_error.unwrap();
    assert!(why.text.contains("thread has ended"), "{why:?}");
    assert!(stats.health.since.is_some_and(|since| since <= SystemTime::now()));
    recorder.close_blocking(LONG).unwrap();
    assert_eq!(store.calls(Method::Close), 1);

    // Nor does it matter that its clock panics as well: whoever waits is told.
    let store = Faulty::new(MemoryCassette::new());
    store.fail(Method::Save, ErrorKind::Unreachable);
    let recorder = TapeRecorder::builder(store.clone()).breaker(None).clock(TornClock).build();
    serve(&recorder, 50);
    let lost = block_on(recorder.flush()).map_or_else(|lost| lost.failed, |()| 0);
    recorder.close_blocking(LONG).unwrap();
    let stats = recorder.stats();
    assert_equation(&stats);
    assert_eq!((stats.started, stats.failed, stats.in_flight.total()), (50, lost, 0));
    assert_eq!(stats.failed + stats.dropped.closed, 50);

    // The clock alone ends nothing.
    let recorder = TapeRecorder::builder(MemoryCassette::new()).clock(TornClock).build();
    serve(&recorder, 50);
    block_on(recorder.flush()).unwrap();
    recorder.close_blocking(LONG).unwrap();
    assert_eq!(recorder.stats().saved, 50);
}
