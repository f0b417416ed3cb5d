//! A cassette whose loads can be held up and made to fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use futures::stream::BoxStream;
use playback_cassette::{Cassette, Error, ErrorKind, Found, Metadata, Query, Recording, RecordingId};
use playback_testkit::MemoryCassette;
use tokio::sync::Semaphore;

/// A cassette in memory whose loads wait, once they have read, while it is shut.
#[derive(Clone)]
pub(crate) struct Gated {
    memory: MemoryCassette,
    gate: Arc<Semaphore>,
    arrived: Arc<Semaphore>,
    fail: Arc<AtomicBool>,
}

impl Gated {
    pub(crate) fn new(memory: MemoryCassette) -> Self {
        let (gate, arrived) = (Arc::new(Semaphore::new(1)), Arc::new(Semaphore::new(0)));
        Self { memory, gate, arrived, fail: Arc::default() }
    }

    pub(crate) fn shut(&self) {
        self.gate.forget_permits(1);
    }

    pub(crate) fn open(&self) {
        self.gate.add_permits(1);
    }

    /// Waits until a load has read, and waits itself.
    pub(crate) async fn wait_for_load(&self) {
        self.arrived.acquire().await.unwrap().forget();
    }

    pub(crate) fn fail_next_load(&self) {
        self.fail.store(true, Ordering::SeqCst);
    }
}

#[async_trait]
impl Cassette for Gated {
    async fn save(&self, recording: &Recording) -> Result<(), Error> {
        self.memory.save(recording).await
    }

    async fn load(&self, id: &RecordingId) -> Result<Recording, Error> {
        if self.fail.swap(false, Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Unreachable, "the store is down; start it"));
        }
        let loaded = self.memory.load(id).await;
        self.arrived.add_permits(1);
        let _permit = self.gate.acquire().await.unwrap();
        loaded
    }

    async fn load_metadata(&self, id: &RecordingId) -> Result<Metadata, Error> {
        self.memory.load_metadata(id).await
    }

    async fn delete(&self, id: &RecordingId) -> Result<(), Error> {
        self.memory.delete(id).await
    }

    fn find<'a>(&'a self, query: &Query) -> BoxStream<'a, Result<Found, Error>> {
        self.memory.find(query)
    }

    async fn categories(&self) -> Result<Vec<String>, Error> {
        self.memory.categories().await
    }
}
