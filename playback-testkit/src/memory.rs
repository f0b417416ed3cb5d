//! A cassette in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use futures::stream::BoxStream;
use playback_cassette::{Cassette, Error, Found, Listing, Query, format, lookup};
use playback_core::{Metadata, Recording, RecordingId};

/// A cassette in memory, for tests. Clones share what they hold.
///
/// It keeps the bytes of tape files, not recordings, so that what is loaded went through the format as it
/// does anywhere else.
///
/// ```
/// # use playback_core::{RecorderExt, operation};
/// use playback_cassette::TapeRecorder;
/// use playback_testkit::MemoryCassette;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let cassette = MemoryCassette::new();
/// let recorder = TapeRecorder::new(cassette.clone());
/// recorder.scope(async { operation("Checkout").run_async(async { 42 }).await }).await;
/// recorder.flush().await?;
/// assert_eq!(cassette.last_id().unwrap().category(), "Checkout");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default)]
pub struct MemoryCassette(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    tapes: BTreeMap<RecordingId, Tape>,
    last: Option<RecordingId>,
}

#[derive(Debug, Clone)]
struct Tape {
    bytes: Arc<[u8]>,
    metadata: Arc<[u8]>,
}

impl MemoryCassette {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The id of the recording that was saved last, if it is still there.
    #[must_use]
    pub fn last_id(&self) -> Option<RecordingId> {
        let kept = self.lock();
        kept.last.clone().filter(|last| kept.tapes.contains_key(last))
    }

    /// The ids of all recordings, by category and then by time.
    #[must_use]
    pub fn ids(&self) -> Vec<RecordingId> {
        self.lock().tapes.keys().cloned().collect()
    }

    /// How many recordings there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().tapes.len()
    }

    /// Whether there is no recording.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lock().tapes.is_empty()
    }

    fn tape(&self, id: &RecordingId) -> Result<Tape, Error> {
        self.lock().tapes.get(id).cloned().ok_or_else(|| Error::not_found(id, "memory"))
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // A test that panicked while it held it has said so already.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Cassette for MemoryCassette {
    async fn save(&self, recording: &Recording) -> Result<(), Error> {
        let bytes = format::encode(recording)?;
        let found =
            Found::new(recording.id().clone(), recording.metadata().clone()).with_size(bytes.len() as u64);
        let metadata = format::metadata_to_json(&found)?;
        let mut kept = self.lock();
        kept.last = Some(found.id.clone());
        kept.tapes.insert(found.id, Tape { bytes: bytes.into(), metadata: metadata.into() });
        Ok(())
    }

    async fn load(&self, id: &RecordingId) -> Result<Recording, Error> {
        format::decode_recording(id, &self.tape(id)?.bytes)
    }

    async fn load_metadata(&self, id: &RecordingId) -> Result<Metadata, Error> {
        Ok(self.read_metadata(id).await?.metadata)
    }

    async fn delete(&self, id: &RecordingId) -> Result<(), Error> {
        self.lock().tapes.remove(id);
        Ok(())
    }

    fn find<'a>(&'a self, query: &Query) -> BoxStream<'a, Result<Found, Error>> {
        lookup(self, query)
    }

    async fn categories(&self) -> Result<Vec<String>, Error> {
        self.list_categories().await
    }

    fn place(&self) -> String {
        "memory".to_owned()
    }
}

#[async_trait]
impl Listing for MemoryCassette {
    async fn list_categories(&self) -> Result<Vec<String>, Error> {
        Ok(distinct(self.ids().iter().map(RecordingId::category)))
    }

    async fn list_days(&self, category: &str) -> Result<Vec<String>, Error> {
        Ok(distinct(self.ids().iter().filter(|id| id.category() == category).map(RecordingId::day)))
    }

    async fn list_ids(&self, category: &str, day: &str) -> Result<Vec<RecordingId>, Error> {
        let listed = |id: &RecordingId| id.category() == category && id.day() == day;
        Ok(self.ids().into_iter().filter(listed).collect())
    }

    async fn read_metadata(&self, id: &RecordingId) -> Result<Found, Error> {
        format::metadata_from_json(&format!("the metadata of recording {id}"), &self.tape(id)?.metadata)
    }
}

/// Sorted as they come, without repetitions.
fn distinct<'a>(sorted: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut distinct: Vec<String> = sorted.map(str::to_owned).collect();
    distinct.dedup();
    distinct
}
