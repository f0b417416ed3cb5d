//! A cassette whose calls can be held up and made to fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use futures::stream::BoxStream;
use playback_cassette::{Cassette, Error, ErrorKind, Found, Metadata, Query, Recording, RecordingId};
use playback_testkit::MemoryCassette;
use tokio::sync::Semaphore;

/// A cassette in memory whose loads wait, once they have read, and whose saves wait, before they write, while
/// it is shut to them.
#[derive(Clone)]
pub(crate) struct Gated {
    memory: MemoryCassette,
    loads: Arc<Gate>,
    saves: Arc<Gate>,
    fail: Arc<AtomicBool>,
}

/// What calls go through one after the other, while it is open.
pub(crate) struct Gate {
    open: Semaphore,
    arrived: Semaphore,
}

impl Gate {
    fn new() -> Arc<Self> {
        Arc::new(Self { open: Semaphore::new(1), arrived: Semaphore::new(0) })
    }

    async fn pass(&self) {
        self.arrived.add_permits(1);
        let _permit = self.open.acquire().await.unwrap();
    }

    pub(crate) fn shut(&self) {
        self.open.forget_permits(1);
    }

    pub(crate) fn open(&self) {
        self.open.add_permits(1);
    }

    /// Waits until a call is at the gate, or through.
    pub(crate) async fn wait_for_call(&self) {
        self.arrived.acquire().await.unwrap().forget();
    }
}

impl Gated {
    pub(crate) fn new(memory: MemoryCassette) -> Self {
        Self { memory, loads: Gate::new(), saves: Gate::new(), fail: Arc::default() }
    }

    pub(crate) fn loads(&self) -> &Gate {
        &self.loads
    }

    pub(crate) fn saves(&self) -> &Gate {
        &self.saves
    }

    pub(crate) fn fail_next_load(&self) {
        self.fail.store(true, Ordering::SeqCst);
    }
}

#[async_trait]
impl Cassette for Gated {
    async fn save(&self, recording: &Recording) -> Result<(), Error> {
        self.saves.pass().await;
        self.memory.save(recording).await
    }

    async fn load(&self, id: &RecordingId) -> Result<Recording, Error> {
        if self.fail.swap(false, Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Unreachable, "the store is down; start it"));
        }
        let loaded = self.memory.load(id).await;
        self.loads.pass().await;
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
