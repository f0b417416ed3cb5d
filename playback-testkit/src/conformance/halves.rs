//! One cassette of two.

use async_trait::async_trait;
use futures::stream::BoxStream;
use playback_cassette::{Cassette, Error, Found, Opened, Query};
use playback_core::{Metadata, Recording, RecordingId};

/// One cassette of two: what is saved and deleted goes to one, what is read comes from the other. So that a
/// cassette that only reads can be tried by [`conformance::cassette`](super::cassette) together with one
/// that writes to the same place.
///
/// ```
/// use playback_cassette::ReadOnly;
/// use playback_testkit::{MemoryCassette, conformance};
///
/// # #[tokio::main] async fn main() {
/// conformance::cassette(|| async {
///     let memory = MemoryCassette::new();
///     conformance::Halves { write: memory.clone(), read: ReadOnly::new(memory) }
/// })
/// .await;
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Halves<W, R> {
    /// Where recordings are saved and deleted.
    pub write: W,
    /// Where recordings are loaded and found.
    pub read: R,
}

#[async_trait]
impl<W: Cassette, R: Cassette> Cassette for Halves<W, R> {
    async fn save(&self, recording: &Recording) -> Result<(), Error> {
        self.write.save(recording).await
    }

    async fn load(&self, id: &RecordingId) -> Result<Recording, Error> {
        self.read.load(id).await
    }

    async fn open(&self, id: &RecordingId) -> Result<Opened, Error> {
        self.read.open(id).await
    }

    async fn load_metadata(&self, id: &RecordingId) -> Result<Metadata, Error> {
        self.read.load_metadata(id).await
    }

    async fn delete(&self, id: &RecordingId) -> Result<(), Error> {
        self.write.delete(id).await
    }

    fn find<'a>(&'a self, query: &Query) -> BoxStream<'a, Result<Found, Error>> {
        self.read.find(query)
    }

    async fn categories(&self) -> Result<Vec<String>, Error> {
        self.read.categories().await
    }

    async fn close(&self) -> Result<(), Error> {
        let written = self.write.close().await;
        written.and(self.read.close().await)
    }
}
