//! What can be sent to and shared with other threads, kept behind a pointer, and used again after a panic.
#![allow(clippy::unwrap_used)]

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use playback_cassette::{
    BackOff, Background, Breaker, CacheStats, Cached, Candidate, Cassette, CassetteExt, Clock, Condition,
    Error, Filter, Fixtures, Found, Health, HealthState, IdGenerator, Listing, NotWritten, Order, Prefixed,
    Query, ReadOnly, RecordingId, ReplayByIdError, Sampling, SaveError, Stats, SystemClock, TapeRecorder,
};
use playback_core::{RecorderExt, operation};
use playback_testkit::MemoryCassette;

fn shared<T: Send + Sync + 'static>() {}

/// Can be looked at after what used it has panicked.
fn outlives_a_panic<T: UnwindSafe + RefUnwindSafe>() {}

fn sent<T: Send>(_: T) {}

#[test]
fn types_are_shared_and_futures_sent_between_threads() {
    shared::<TapeRecorder>();
    shared::<(Background, Cached<MemoryCassette>, CacheStats)>();
    shared::<(Prefixed<MemoryCassette>, ReadOnly<Arc<dyn Cassette>>)>();
    shared::<(Error, NotWritten, ReplayByIdError, Query, Stats, IdGenerator)>();
    shared::<(BackOff, Breaker, Health, Sampling)>();
    shared::<(Arc<dyn Cassette>, Arc<dyn Clock>, Arc<dyn Listing>)>();

    let cassette: Arc<dyn Cassette> = Arc::new(MemoryCassette::new());
    let recorder = TapeRecorder::new(Arc::clone(&cassette));
    let id: RecordingId = "Checkout/20260131/01KG8V3Q2E9T0000000000000A".parse().unwrap();
    sent(recorder.flush());
    sent(recorder.close(std::time::Duration::ZERO));
    sent(cassette.find_all(&Query::new()));
    sent(cassette.load_all([id.clone()]));
    sent(cassette.replay(&id, |_| Ok(async {})));
}

#[test]
fn what_may_come_into_a_log_names_itself_and_tells_no_value_that_was_recorded() {
    let directory = tempfile::tempdir().unwrap();
    let fixtures = Fixtures::writable(directory.path()).unwrap();
    assert!(format!("{fixtures:?}").contains(&format!("{:?}", directory.path())));
    let cached = Cached::new(MemoryCassette::new(), directory.path());
    assert!(format!("{cached:?}").contains(&format!("{:?}", directory.path())));

    let shown = Arc::new(Mutex::new(String::new()));
    let seen = Arc::clone(&shown);
    let see = move |candidate: &Candidate<'_>| {
        *seen.lock().unwrap() = format!("{candidate:?}");
        1.0
    };
    let recorder = TapeRecorder::builder(MemoryCassette::new()).sampling_calculator(see).build();
    recorder.scope_blocking(|| operation("Checkout").run(|| "a secret"));
    recorder.flush_blocking(Duration::from_secs(60)).unwrap();
    let shown = shown.lock().unwrap();
    assert!(shown.starts_with("Candidate") && shown.contains("Checkout/"), "{shown}");
    assert!(!shown.contains("a secret"), "{shown}");
    assert!(format!("{recorder:?}").starts_with("TapeRecorder"));
}

#[test]
fn a_recorder_its_settings_and_what_it_says_outlive_a_panic() {
    outlives_a_panic::<TapeRecorder>();
    outlives_a_panic::<(BackOff, Breaker, Sampling, Health, HealthState, SaveError, Stats, CacheStats)>();
    outlives_a_panic::<NotWritten>();
    outlives_a_panic::<(Found, Query, Order, Filter, Condition, IdGenerator, SystemClock, RecordingId)>();
}
