//! What can be sent to and shared with other threads, and kept behind a pointer.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use playback_cassette::{
    BackOff, Background, Breaker, CacheStats, Cached, Cassette, CassetteExt, Clock, Error, Health,
    IdGenerator, Listing, NotWritten, Prefixed, Query, ReadOnly, RecordingId, ReplayByIdError, Sampling,
    Stats, TapeRecorder,
};
use playback_testkit::MemoryCassette;

fn shared<T: Send + Sync + 'static>() {}

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
