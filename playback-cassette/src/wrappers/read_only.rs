//! A cassette that cannot be written to.

use async_trait::async_trait;
use futures::stream::BoxStream;
use playback_core::{Metadata, Recording, RecordingId};

use crate::{Cassette, Error, ErrorKind, Found, Opened, Query};

/// Any cassette, for reading only: what would write is refused before it reaches the cassette.
///
/// Closing is not passed on either, since closing some cassettes writes: it saves what waits, or deletes
/// what is transient. Whoever has the cassette beneath closes it.
///
/// ```
/// use playback_cassette::{Cassette, CassetteExt, ErrorKind, Query, ReadOnly};
/// use playback_testkit::{MemoryCassette, record};
///
/// # #[tokio::main] async fn main() -> Result<(), playback_cassette::Error> {
/// let memory = MemoryCassette::new();
/// let view = ReadOnly::new(memory.clone());
/// let recording = record(async { playback_core::operation("Add").run(|| 3) }).await.recording();
/// assert_eq!(view.save(&recording).await.unwrap_err().kind(), ErrorKind::ReadOnly);
///
/// memory.save(&recording).await?;
/// assert_eq!(view.find_all(&Query::new()).await?.len(), 1);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct ReadOnly<C>(C);

impl<C: Cassette> ReadOnly<C> {
    /// A view of `cassette` that only reads.
    #[must_use]
    pub fn new(cassette: C) -> Self {
        Self(cassette)
    }
}

#[async_trait]
impl<C: Cassette> Cassette for ReadOnly<C> {
    async fn save(&self, recording: &Recording) -> Result<(), Error> {
        Err(refused("save", recording.id()))
    }

    async fn load(&self, id: &RecordingId) -> Result<Recording, Error> {
        self.0.load(id).await
    }

    async fn open(&self, id: &RecordingId) -> Result<Opened, Error> {
        self.0.open(id).await
    }

    async fn load_metadata(&self, id: &RecordingId) -> Result<Metadata, Error> {
        self.0.load_metadata(id).await
    }

    async fn delete(&self, id: &RecordingId) -> Result<(), Error> {
        Err(refused("delete", id))
    }

    fn find<'a>(&'a self, query: &Query) -> BoxStream<'a, Result<Found, Error>> {
        self.0.find(query)
    }

    async fn categories(&self) -> Result<Vec<String>, Error> {
        self.0.categories().await
    }

    fn place(&self) -> String {
        self.0.place()
    }
}

fn refused(act: &str, id: &RecordingId) -> Error {
    let message = format!(
        "cannot {act} recording {id}: the cassette is wrapped in `ReadOnly`; {act} it through the one beneath"
    );
    Error::new(ErrorKind::ReadOnly, message)
}
