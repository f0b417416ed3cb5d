//! What can be sent to and shared with other threads, kept behind a pointer, and used again after a panic.
#![allow(clippy::unwrap_used)]

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use playback_cassette::{
    BackOff, Background, Breaker, CacheStats, Cached, Cassette, CassetteExt, Clock, Condition, Error, Filter,
    Found, Health, HealthState, IdGenerator, Listing, NotWritten, Order, Prefixed, Query, ReadOnly,
    RecordingId, ReplayByIdError, Sampling, SaveError, Stats, SystemClock, TapeRecorder,
};
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
fn a_recorder_its_settings_and_what_it_says_outlive_a_panic() {
    outlives_a_panic::<TapeRecorder>();
    outlives_a_panic::<(BackOff, Breaker, Sampling, Health, HealthState, SaveError, Stats, CacheStats)>();
    outlives_a_panic::<NotWritten>();
    outlives_a_panic::<(Found, Query, Order, Filter, Condition, IdGenerator, SystemClock, RecordingId)>();
}
