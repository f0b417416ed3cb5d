//! A store that does not keep up makes recording give way, and come back by itself.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod common;

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use common::{NOON, assert_equation, begins, held, record, recording};
use futures::executor::block_on;
use playback_cassette::{BackOff, HealthState, TapeRecorder, TapeRecorderBuilder};
use playback_core::{
    DiscardReason, Finished, OperationStart, Recorder, RecorderExt, SamplingKey, force_sample_recording,
    operation,
};
use playback_testkit::MemoryCassette;
use playback_testkit::faults::{Faulty, Method, SetClock};

const SECOND: Duration = Duration::from_secs(1);

/// A recorder of 100 recordings, whose store waits, and whose clock stands still.
fn recorder(store: &Faulty<MemoryCassette>, clock: &SetClock) -> TapeRecorderBuilder {
    let builder = TapeRecorder::builder(store.clone()).clock(clock.clone()).seed(7);
    builder.queue_recordings(100.try_into().unwrap())
}

fn noon() -> SetClock {
    SetClock::new(SystemTime::UNIX_EPOCH + NOON)
}

#[test]
fn a_store_that_does_not_keep_up_is_sent_less_and_what_is_left_out_is_counted_and_not_begun() {
    let (store, clock) = (held(0), noon());
    let recorder = recorder(&store, &clock).build();
    clock.advance(SECOND);
    let begun = (0..10_000).filter(|_| begins(&recorder)).count();
    let stats = recorder.stats();
    assert_equation(&stats);
    assert_eq!((stats.started, stats.in_flight.recording), (10_000, 0));
    assert_eq!(stats.dropped.backed_off, 10_000 - begun as u64);
    assert!((90..700).contains(&begun), "{begun} begun");
    let health = stats.health;
    assert_eq!((health.state, health.rate), (HealthState::BackedOff, 1.0 / 16.0));
    assert_eq!(health.since, Some(SystemTime::UNIX_EPOCH + NOON + SECOND));
    assert_eq!(health.last_error, None);
}

#[test]
fn recording_comes_back_step_by_step_once_the_store_keeps_up() {
    let (store, clock) = (held(0), noon());
    let recorder = recorder(&store, &clock).back_off(BackOff::default().recovery(10 * SECOND)).build();
    (0..1000).for_each(|_| _ = begins(&recorder));
    store.release(Method::Save);
    block_on(recorder.flush()).unwrap();
    let mut rates = Vec::new();
    while recorder.stats().health.state == HealthState::BackedOff {
        begins(&recorder);
        block_on(recorder.flush()).unwrap();
        rates.push(recorder.stats().health.rate);
        clock.advance(SECOND);
    }
    assert_eq!(rates.len(), 11, "{rates:?}");
    assert!(rates.windows(2).all(|pair| (pair[1] - pair[0]) < 0.11), "{rates:?}");
    assert!(rates[0] < 0.1 && rates.is_sorted(), "{rates:?}");
    let health = recorder.stats().health;
    assert_eq!((health.state, health.rate), (HealthState::Healthy, 1.0));
    assert_eq!(health.since, Some(SystemTime::UNIX_EPOCH + NOON + 10 * SECOND));
    assert!(
        (0..100).all(|_| record(&recorder, 1).category() == "Checkout" && block_on(recorder.flush()).is_ok())
    );
}

#[test]
fn it_gives_way_at_the_mark_that_is_set_and_down_to_the_floor_that_is() {
    let (store, clock) = (held(0), noon());
    let settings = BackOff::default().floor(0.4).high_water(0.25);
    let recorder = recorder(&store, &clock).back_off(settings).build();
    (0..24).for_each(|_| _ = record(&recorder, 1));
    assert_eq!(recorder.stats().health.state, HealthState::Healthy);
    record(&recorder, 1);
    assert_eq!((recorder.stats().health.state, recorder.stats().health.rate), (HealthState::BackedOff, 0.5));
    (0..1000).for_each(|_| _ = begins(&recorder));
    assert!(recorder.stats().dropped.queue_full > 0);
    assert_eq!(recorder.stats().health.rate, 0.4);
}

#[test]
fn a_mark_at_the_very_top_halves_the_rate_when_the_queue_is_full_and_then_each_second() {
    let (store, clock) = (held(0), noon());
    let recorder = recorder(&store, &clock).back_off(BackOff::default().high_water(1.0)).build();
    (0..99).for_each(|_| _ = record(&recorder, 1));
    assert_eq!(recorder.stats().health.rate, 1.0);
    for rate in [0.5, 0.25, 0.125] {
        (0..1000).for_each(|_| _ = begins(&recorder));
        assert_eq!(recorder.stats().health.rate, rate);
        clock.advance(SECOND);
    }
}

#[test]
fn the_rate_rises_as_soon_as_half_of_the_mark_is_reached() {
    let (store, clock) = (held(0), noon());
    let recorder = recorder(&store, &clock).back_off(BackOff::default().high_water(0.5)).build();
    (0..50).for_each(|_| _ = record(&recorder, 1));
    let rate = || recorder.stats().health.rate;
    assert_eq!(rate(), 0.5);
    for (left, rises) in [(26, false), (25, true)] {
        store.let_pass(Method::Save, recorder.stats().in_flight.total() as usize - left);
        while recorder.stats().in_flight.total() as usize > left {
            std::thread::yield_now();
        }
        clock.advance(SECOND);
        // One that asks for nothing but to be let in.
        if let Some(started) = recorder.start(&OperationStart::new("Checkout")) {
            let reason = DiscardReason::Requested;
            recorder.finish(Finished::Discarded { id: started.id, reason });
        }
        assert_eq!(rate() > 0.5, rises, "{left} of 100 are left");
    }
}

#[test]
fn the_rate_rises_by_the_second_however_many_operations_begin_in_each() {
    let (store, clock) = (held(0), noon());
    let recorder = recorder(&store, &clock).back_off(BackOff::default().recovery(10 * SECOND)).build();
    (0..1000).for_each(|_| _ = begins(&recorder));
    store.release(Method::Save);
    block_on(recorder.flush()).unwrap();
    for _ in 0..110 {
        begins(&recorder);
        block_on(recorder.flush()).unwrap();
        clock.advance(SECOND / 10);
    }
    assert_eq!(recorder.stats().health.state, HealthState::Healthy);
}

#[test]
fn it_gives_way_to_bytes_as_to_recordings() {
    let (store, clock) = (held(0), noon());
    let recorder = recorder(&store, &clock).queue_bytes(10_000).build();
    record(&recorder, 3600);
    assert_eq!(recorder.stats().health.state, HealthState::Healthy);
    record(&recorder, 200);
    assert_eq!(recorder.stats().health.state, HealthState::BackedOff);
}

#[test]
fn a_queue_that_drops_gives_way_too() {
    let (store, clock) = (held(0), noon());
    let recorder = recorder(&store, &clock).queue_bytes(10_000).build();
    record(&recorder, 6000);
    let stats = recorder.stats();
    assert_eq!((stats.dropped.queue_full, stats.health.state), (1, HealthState::BackedOff));
}

#[test]
fn runs_of_one_key_are_left_out_together() {
    let (store, clock) = (held(0), noon());
    let recorder = recorder(&store, &clock).sampling_rate(0.5).forced_sampling(false).build();
    while recorder.stats().health.rate > 0.2 {
        begins(&recorder);
    }
    let rate = recorder.stats().health.rate;
    let mut kept: BTreeMap<u32, Vec<bool>> = BTreeMap::new();
    for run in 0..8000 {
        let mut start = OperationStart::new("Checkout");
        start.sampling_key = Some(SamplingKey::of(run % 2000));
        // What is begun does not end, so the queue stays as it is.
        kept.entry(run % 2000).or_default().push(recorder.start(&start).is_some());
    }
    assert_eq!(recorder.stats().health.rate, rate);
    assert!(kept.values().all(|runs| runs.iter().all(|&kept| kept == runs[0])));
    let share = kept.values().filter(|runs| runs[0]).count() as f64 / 2000.0;
    assert!((share / (0.5 * rate) - 1.0).abs() < 0.25, "{share} of all, at a rate of {rate}");
}

#[test]
fn what_is_left_out_cannot_be_forced_and_what_is_begun_can() {
    // S2
    let (store, clock) = (held(0), noon());
    let settings = BackOff::default().floor(0.0).high_water(0.0);
    let recorder = recorder(&store, &clock).sampling_rate(0.0).back_off(settings).build();
    let forced = || recorder.scope_blocking(|| operation("Forced").run(force_sample_recording));
    forced();
    assert_eq!((recorder.stats().in_flight.total(), recorder.stats().dropped.backed_off), (1, 0));
    while recorder.stats().dropped.backed_off < 100 {
        forced();
    }
    assert_equation(&recorder.stats());
}

#[test]
fn of_what_sampling_keeps_and_of_what_may_yet_be_forced_the_same_share_is_begun() {
    // S2
    let (store, clock) = (held(0), noon());
    let recorder = recorder(&store, &clock).sampling_rate(0.5).build();
    while recorder.stats().health.rate > 0.25 {
        begins(&recorder);
    }
    // What is begun does not end, so the queue stays as it is.
    let begun: Vec<_> = (0..8000).filter_map(|_| recorder.start(&OperationStart::new("Checkout"))).collect();
    assert_eq!(recorder.stats().health.rate, 0.25);
    let forcible = begun.iter().filter(|started| started.only_if_forced).count();
    for (what, begun) in [("forcible", forcible), ("kept", begun.len() - forcible)] {
        assert!((850..1150).contains(&begun), "{begun} of 4000 are begun that are {what}");
    }
}

#[test]
fn what_sampling_leaves_out_at_the_start_counts_as_that() {
    let (store, clock) = (held(0), noon());
    let recorder = recorder(&store, &clock).sampling_rate(0.5).forced_sampling(false).build();
    (0..2000).for_each(|_| _ = begins(&recorder));
    let stats = recorder.stats();
    assert!((900..1100).contains(&stats.sampled_out), "{stats:?}");
    assert!(stats.dropped.backed_off > 500, "{stats:?}");
    assert_equation(&stats);
}

#[test]
fn turned_off_nothing_is_left_out_before_the_queue_is_full() {
    let (store, clock) = (held(0), noon());
    let recorder = recorder(&store, &clock).back_off(None).build();
    (0..1000).for_each(|_| _ = record(&recorder, 1));
    let stats = recorder.stats();
    assert_eq!((stats.dropped.queue_full, stats.dropped.backed_off), (900, 0));
    assert_eq!((stats.health.state, stats.health.rate), (HealthState::Healthy, 1.0));
}

#[test]
fn a_clock_that_goes_back_an_hour_keeps_nobody_out_for_an_hour() {
    let (store, clock) = (held(0), noon());
    let recorder = recorder(&store, &clock).build();
    (0..200).for_each(|_| _ = begins(&recorder));
    store.release(Method::Save);
    block_on(recorder.flush()).unwrap();
    clock.set(SystemTime::UNIX_EPOCH + NOON - 3600 * SECOND);
    for _ in 0..60 {
        if let Some(started) = recorder.start(&OperationStart::new("Checkout")) {
            recorder.finish(Finished::Recorded(recording(&started.id, started.recorded_at, 1)));
        }
        block_on(recorder.flush()).unwrap();
        clock.advance(SECOND);
    }
    assert_eq!(recorder.stats().health.state, HealthState::Healthy);
}
