//! A store that fails is left alone, and tried again later.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod common;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use common::{LONG, NOON, assert_equation, begins, record, recording, start};
use futures::executor::block_on;
use playback_cassette::{
    Breaker, Candidate, ErrorKind, HealthState, NotWritten, TapeRecorder, TapeRecorderBuilder,
};
use playback_core::{DiscardReason, Finished, Recorder, RecorderExt, operation};
use playback_testkit::MemoryCassette;
use playback_testkit::faults::{Faulty, Method, SetClock};

const SECOND: Duration = Duration::from_secs(1);
/// Longer than a pause of a second can be, by chance.
const PAUSE: Duration = Duration::from_millis(1201);

struct Tried {
    store: Faulty<MemoryCassette>,
    clock: SetClock,
    recorder: TapeRecorder,
}

/// A recorder with a store that fails, which it leaves alone after three saves, for a second at first and four at most.
fn tried(setting: impl Fn(TapeRecorderBuilder) -> TapeRecorderBuilder) -> Tried {
    let store = Faulty::new(MemoryCassette::new());
    store.fail(Method::Save, ErrorKind::Unreachable);
    let clock = SetClock::new(SystemTime::UNIX_EPOCH + NOON);
    let breaker = Breaker::default().failures(NonZeroU32::new(3).unwrap()).pauses(SECOND, 4 * SECOND);
    let builder = TapeRecorder::builder(store.clone())
        .clock(clock.clone())
        .seed(7)
        .breaker(breaker)
        .concurrent_saves(1.try_into().unwrap());
    Tried { store, clock, recorder: setting(builder).build() }
}

fn failed(outcome: Result<(), NotWritten>) -> u64 {
    outcome.map_or_else(|not| not.failed, |()| 0)
}

impl Tried {
    fn state(&self) -> HealthState {
        self.recorder.stats().health.state
    }

    /// Fails three saves.
    fn break_it(&self) {
        (0..3).for_each(|_| drop(record(&self.recorder, 1)));
        assert_eq!(failed(block_on(self.recorder.flush())), 3);
        assert_eq!(self.state(), HealthState::Paused);
    }

    /// Waits until the writer has come so far, which nothing but the writer can say.
    fn until(&self, state: HealthState) {
        while self.state() != state {
            std::thread::yield_now();
        }
    }
}

#[test]
fn after_failures_in_a_row_nothing_is_recorded_and_what_is_not_is_counted() {
    let tried = tried(|builder| builder);
    tried.break_it();
    assert!(!(0..100).any(|_| begins(&tried.recorder)));
    let stats = tried.recorder.stats();
    assert_equation(&stats);
    assert_eq!((stats.started, stats.failed, stats.dropped.paused), (103, 3, 100));
    let health = stats.health;
    assert_eq!((health.state, health.rate), (HealthState::Paused, 0.0));
    assert_eq!(health.since, Some(SystemTime::UNIX_EPOCH + NOON));
    let error = health.last_error.unwrap();
    assert_eq!(&*error.text, "Save fails, as the test wants it to; heal the cassette");
    assert_eq!(error.at, SystemTime::UNIX_EPOCH + NOON);
    assert_eq!(tried.store.calls(Method::Save), 3, "the store is left alone");
}

#[test]
fn after_a_pause_one_operation_is_let_in_and_if_it_is_saved_all_are() {
    let tried = tried(|builder| builder);
    tried.break_it();
    tried.store.heal();
    tried.clock.advance(PAUSE);
    let probe = start(&tried.recorder).unwrap();
    assert_eq!(tried.state(), HealthState::Probing);
    assert!(!begins(&tried.recorder), "one at a time");
    tried.recorder.finish(Finished::Recorded(recording(&probe.id, probe.recorded_at, 1)));
    tried.until(HealthState::Healthy);
    assert!((0..100).all(|_| begins(&tried.recorder)));
    block_on(tried.recorder.flush()).unwrap();
    let stats = tried.recorder.stats();
    assert_equation(&stats);
    assert_eq!((stats.saved, stats.failed, stats.dropped.paused), (101, 3, 1));
    assert_eq!(stats.health.rate, 1.0);
    assert!(stats.health.last_error.is_some(), "it is still known what it was");
}

#[test]
fn a_probe_that_fails_makes_the_next_pause_twice_as_long_up_to_the_longest() {
    let tried = tried(|builder| builder);
    tried.break_it();
    for (seconds, round) in [1_u32, 2, 4, 4].into_iter().zip(1..) {
        tried.clock.advance(SECOND * seconds * 79 / 100);
        assert!(!begins(&tried.recorder), "{seconds} seconds are not over");
        tried.clock.advance(SECOND * seconds * 42 / 100);
        record(&tried.recorder, 1);
        tried.until(HealthState::Paused);
        assert_eq!(tried.store.calls(Method::Save), 3 + round);
    }
    let stats = tried.recorder.stats();
    assert_equation(&stats);
    assert_eq!((stats.failed, stats.dropped.paused), (7, 4));
}

#[test]
fn a_probe_that_comes_to_nothing_is_followed_by_another() {
    let tried = tried(|builder| builder);
    tried.break_it();
    tried.clock.advance(PAUSE);
    let id = start(&tried.recorder).unwrap().id;
    tried.recorder.finish(Finished::Discarded { id, reason: DiscardReason::Requested });
    assert!(!begins(&tried.recorder));
    tried.clock.advance(SECOND);
    tried.store.heal();
    record(&tried.recorder, 1);
    tried.until(HealthState::Healthy);
}

#[test]
fn a_probe_that_the_calculator_leaves_out_is_followed_by_another() {
    let leaves_out = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&leaves_out);
    let rate = move |_: &Candidate<'_>| if asked.load(Ordering::SeqCst) { 0.0 } else { 1.0 };
    let tried = tried(|builder| builder.sampling_calculator(rate.clone()));
    tried.break_it();
    leaves_out.store(true, Ordering::SeqCst);
    tried.clock.advance(PAUSE);
    record(&tried.recorder, 1);
    // Nobody flushes, for then all are tried.
    while tried.recorder.stats().sampled_out == 0 {
        std::thread::yield_now();
    }
    assert_eq!(tried.state(), HealthState::Probing);
    leaves_out.store(false, Ordering::SeqCst);
    tried.store.heal();
    tried.clock.advance(SECOND);
    record(&tried.recorder, 1);
    tried.until(HealthState::Healthy);
    assert_equation(&tried.recorder.stats());
}

#[test]
fn what_is_queued_is_kept_through_the_pause_and_saved_when_the_store_is_back() {
    let tried = tried(|builder| builder);
    // Whoever has waited once waits no more.
    tried.recorder.flush_blocking(LONG).unwrap();
    tried.store.hold(Method::Save);
    (0..50).for_each(|_| _ = record(&tried.recorder, 1));
    tried.store.let_pass(Method::Save, 3);
    tried.until(HealthState::Paused);
    assert_eq!(tried.recorder.stats().in_flight.queued, 47);
    // The first of them is tried, and no operation has to be.
    tried.clock.advance(PAUSE);
    assert!(!begins(&tried.recorder));
    block_on(tried.store.called(Method::Save, 4));
    assert_eq!((tried.state(), tried.recorder.stats().in_flight.saving), (HealthState::Probing, 1));
    tried.store.heal();
    tried.until(HealthState::Healthy);
    block_on(tried.recorder.flush()).unwrap_err();
    let stats = tried.recorder.stats();
    assert_equation(&stats);
    assert_eq!((stats.saved, stats.failed, stats.dropped.paused), (47, 3, 1));
}

#[test]
fn a_pause_ends_by_itself_where_nobody_comes() {
    // By the machine's clock, as in production.
    let breaker = Breaker::default().failures(NonZeroU32::MIN).pauses(Duration::ZERO, Duration::ZERO);
    let store = Faulty::new(MemoryCassette::new());
    store.fail_next(Method::Save, 5, ErrorKind::Unreachable);
    store.hold(Method::Save);
    let recorder = TapeRecorder::builder(store.clone()).breaker(breaker).build();
    (0..30).for_each(|_| _ = record(&recorder, 1));
    store.release(Method::Save);
    while recorder.stats().in_flight.total() > 0 {
        std::thread::yield_now();
    }
    let stats = recorder.stats();
    assert_eq!((stats.saved, stats.failed, stats.health.state), (25, 5, HealthState::Healthy));
}

#[test]
fn who_flushes_or_closes_has_everything_tried_at_once() {
    let tried = tried(|builder| builder);
    tried.store.hold(Method::Save);
    (0..20).for_each(|_| _ = record(&tried.recorder, 1));
    tried.store.let_pass(Method::Save, 3);
    tried.until(HealthState::Paused);
    tried.store.release(Method::Save);
    assert_eq!(failed(block_on(tried.recorder.flush())), 20);
    assert_eq!(tried.state(), HealthState::Paused);
    tried.recorder.close_blocking(LONG).unwrap();

    let tried = self::tried(|builder| builder);
    tried.store.hold(Method::Save);
    (0..20).for_each(|_| _ = record(&tried.recorder, 1));
    tried.store.let_pass(Method::Save, 3);
    tried.until(HealthState::Paused);
    tried.store.release(Method::Save);
    assert_eq!(failed(tried.recorder.close_blocking(LONG)), 20);
    let stats = tried.recorder.stats();
    assert_equation(&stats);
    assert_eq!((stats.failed, stats.in_flight.total()), (20, 0));
}

#[test]
fn failures_with_a_success_between_them_open_nothing() {
    let tried = tried(|builder| builder);
    for _ in 0..10 {
        tried.store.fail_next(Method::Save, 2, ErrorKind::Unreachable);
        (0..3).for_each(|_| _ = record(&tried.recorder, 1));
        assert_eq!(failed(block_on(tried.recorder.flush())), 2);
    }
    let stats = tried.recorder.stats();
    assert_eq!((stats.saved, stats.failed, stats.health.state), (10, 20, HealthState::Healthy));
}

#[test]
fn what_is_no_failure_of_the_store_opens_nothing() {
    let tried = tried(|builder| builder.sampling_calculator(|_| panic!("on purpose")));
    (0..10).for_each(|_| _ = record(&tried.recorder, 1));
    assert_eq!(failed(block_on(tried.recorder.flush())), 10);
    assert_eq!(tried.state(), HealthState::Healthy);
}

/// A recording that no cassette can keep: a field of its metadata is no JSON.
fn unsavable(recorder: &TapeRecorder) {
    let field = std::collections::BTreeMap::from([((1, 2), "a key of two parts")]);
    recorder.scope_blocking(|| operation("Odd").run(|| playback_core::add_metadata("odd", &field)));
}

#[test]
fn recordings_that_no_store_could_keep_open_nothing_and_their_error_is_known() {
    let tried = tried(|builder| builder);
    tried.store.heal();
    (0..10).for_each(|_| unsavable(&tried.recorder));
    assert_eq!(failed(block_on(tried.recorder.flush())), 10);
    assert_eq!(tried.state(), HealthState::Healthy);
    let error = tried.recorder.stats().health.last_error.unwrap();
    assert!(error.text.contains("cannot be written as JSON"), "{error:?}");

    tried.store.fail_next(Method::Save, 10, ErrorKind::TooLarge);
    (0..10).for_each(|_| _ = record(&tried.recorder, 1));
    assert_eq!(failed(block_on(tried.recorder.flush())), 10);
    assert_eq!(tried.state(), HealthState::Healthy);

    record(&tried.recorder, 1);
    block_on(tried.recorder.flush()).unwrap();
    let stats = tried.recorder.stats();
    assert_equation(&stats);
    assert_eq!((stats.saved, stats.failed), (1, 20));
}

#[test]
fn a_store_whose_address_is_wrong_is_left_alone_like_any_that_fails() {
    // Which is of the same kind as a recording that cannot be saved.
    let tried = tried(|builder| builder);
    tried.store.fail(Method::Save, ErrorKind::Invalid);
    tried.break_it();
}

#[test]
fn a_probe_that_no_store_could_keep_is_followed_by_another() {
    let tried = tried(|builder| builder);
    tried.store.hold(Method::Save);
    (0..3).for_each(|_| _ = record(&tried.recorder, 1));
    (0..5).for_each(|_| unsavable(&tried.recorder));
    record(&tried.recorder, 1);
    tried.store.let_pass(Method::Save, 3);
    tried.until(HealthState::Paused);
    tried.store.heal();
    tried.clock.advance(PAUSE);
    assert!(!begins(&tried.recorder));
    tried.until(HealthState::Healthy);
    let stats = tried.recorder.stats();
    assert_equation(&stats);
    assert_eq!((stats.saved, stats.failed), (1, 8));
}

#[test]
fn turned_off_every_recording_is_tried() {
    let tried = tried(|builder| builder.breaker(None));
    (0..100).for_each(|_| _ = record(&tried.recorder, 1));
    assert_eq!(failed(block_on(tried.recorder.flush())), 100);
    assert_eq!((tried.state(), tried.store.calls(Method::Save)), (HealthState::Healthy, 100));
}
