//! A cassette whose recordings are kept nearby once they were fetched.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use futures::stream::BoxStream;
use playback_core::{Metadata, Recording, RecordingId};

use super::cache::{Cache, Ticket};
use crate::recorder::count_event;
use crate::{Cassette, Clock, Error, ErrorKind, Found, Opened, Query, SystemClock};

/// Any cassette, with the recordings that were loaded kept as files in a directory of this machine.
///
/// - *It only ever helps.* What cannot be read from the directory (it is missing, damaged, half written, of
///   a newer version) is fetched from the cassette beneath, and what cannot be written there is not kept.
///   Both are counted in [`stats`](Self::stats) and told as a `tracing` event.
/// - *It is bounded.* When the files would take more than [`max_bytes`](Self::max_bytes), those that were
///   not loaded for longest are removed. A recording that takes more by itself is not kept. Several
///   processes that fill one directory at once may each exceed the bound by a sixteenth of it; files that
///   are being written come on top.
/// - *It can be shared and killed.* A file is written beside its place and renamed into it. Any number of
///   processes may use one directory; what one that was killed left behind is removed after an hour.
///
/// Saving and deleting go to the cassette beneath and drop the file here. What *another process* replaces or
/// deletes there may still be loaded from here: recordings have ids of their own and do not change, so only
/// a deleted one is ever noticed, until its file is evicted. Lookups and metadata are always those of the
/// cassette beneath.
///
/// The files are tape files, `{directory}/playback-cache-1/{category}/{YYYYMMDD}/{ulid}.tape`, readable by
/// this user only, as they are as private as the recordings. Nothing else in the directory is touched.
///
/// ```
/// use playback_cassette::{Cached, Cassette};
/// use playback_testkit::{MemoryCassette, record};
///
/// # #[tokio::main] async fn main() -> Result<(), playback_cassette::Error> {
/// # let directory = tempfile::tempdir().unwrap();
/// # let directory = directory.path();
/// # let far_away = MemoryCassette::new();
/// let recording = record(async { playback_core::operation("Add").run(|| 3) }).await.recording();
/// far_away.save(&recording).await?;
///
/// let cached = Cached::new(far_away, directory).max_bytes(100 * 1024 * 1024);
/// for _ in 0..3 {
///     assert_eq!(cached.load(recording.id()).await?, recording);
/// }
/// assert_eq!((cached.stats().misses, cached.stats().hits), (1, 2));
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Cached<C> {
    cassette: C,
    cache: Arc<Cache>,
    enabled: bool,
    counters: Counters,
}

/// How loads went so far, and what the directory had to do with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheStats {
    /// Loads that were answered from the directory.
    pub hits: u64,
    /// Loads that the cassette beneath was asked for.
    pub misses: u64,
    /// Files that could not be read, written or removed; the log says why.
    pub failures: u64,
    /// Files that were removed to make room.
    pub evicted: u64,
}

#[derive(Debug, Default)]
struct Counters {
    hits: AtomicU64,
    misses: AtomicU64,
    failures: AtomicU64,
}

impl<C: Cassette> Cached<C> {
    /// `cassette`, with what is loaded kept in `directory`, 1 GiB at most. The directory is made when it is
    /// needed.
    #[must_use]
    pub fn new(cassette: C, directory: impl Into<PathBuf>) -> Self {
        let cache = Cache::new(directory.into(), 1 << 30, Arc::new(SystemClock));
        Self { cassette, cache: Arc::new(cache), enabled: true, counters: Counters::default() }
    }

    /// How much the files may take, in bytes.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        let Cache { directory, clock, .. } = &*self.cache;
        self.cache = Arc::new(Cache::new(directory.clone(), bytes, Arc::clone(clock)));
        self
    }

    /// Whether the directory is used: yes, until told otherwise. Without it, all is as if the cassette
    /// beneath were used directly.
    #[must_use]
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// The clock that says which recording was loaded last.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        let Cache { directory, max_bytes, .. } = &*self.cache;
        self.cache = Arc::new(Cache::new(directory.clone(), *max_bytes, Arc::new(clock)));
        self
    }

    /// How loads went so far.
    #[must_use]
    pub fn stats(&self) -> CacheStats {
        let Counters { hits, misses, failures } = &self.counters;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        CacheStats {
            hits: read(hits),
            misses: read(misses),
            failures: read(failures),
            evicted: self.cache.evicted(),
        }
    }

    /// The recording in the directory, if it is there and whole.
    async fn kept(&self, id: &RecordingId) -> Option<Recording> {
        let (cache, wanted) = (Arc::clone(&self.cache), id.clone());
        match blocking(move || cache.read(&wanted)).await {
            Ok(kept) => kept,
            Err(error) => {
                self.failed(id, "is fetched again", &error);
                None
            }
        }
    }

    async fn keep(&self, recording: &Recording, ticket: Ticket) {
        let (cache, fetched) = (Arc::clone(&self.cache), recording.clone());
        if let Err(error) = blocking(move || cache.keep(&fetched, ticket)).await {
            self.failed(recording.id(), "is not kept", &error);
        }
    }

    fn failed(&self, id: &RecordingId, consequence: &str, error: &Error) {
        let count = self.counters.failures.fetch_add(1, Ordering::Relaxed) + 1;
        let error = error.chain();
        count_event!(count, recording = %id, count, "a recording {consequence}, as its cache fails: {error}");
    }

    /// Drops the file of a recording that is about to change, and once more when that is done or given up.
    fn changing<'a>(&'a self, id: &'a RecordingId) -> Changing<'a, C> {
        self.forget(id);
        Changing { cached: self, id }
    }

    fn forget(&self, id: &RecordingId) {
        if self.enabled
            && let Err(error) = self.cache.forget(id)
        {
            self.failed(id, "is fetched each time", &error);
        }
    }
}

struct Changing<'a, C: Cassette> {
    cached: &'a Cached<C>,
    id: &'a RecordingId,
}

impl<C: Cassette> Drop for Changing<'_, C> {
    fn drop(&mut self) {
        self.cached.forget(self.id);
    }
}

#[async_trait]
impl<C: Cassette> Cassette for Cached<C> {
    async fn save(&self, recording: &Recording) -> Result<(), Error> {
        let _changing = self.changing(recording.id());
        self.cassette.save(recording).await
    }

    async fn load(&self, id: &RecordingId) -> Result<Recording, Error> {
        if !self.enabled {
            return self.cassette.load(id).await;
        }
        let ticket = self.cache.ticket();
        if let Some(recording) = self.kept(id).await {
            self.counters.hits.fetch_add(1, Ordering::Relaxed);
            return Ok(recording);
        }
        self.counters.misses.fetch_add(1, Ordering::Relaxed);
        let recording = self.cassette.load(id).await?;
        self.keep(&recording, ticket).await;
        Ok(recording)
    }

    // By ranges of the cassette beneath: to look at a few calls, a whole recording need not come here.
    async fn open(&self, id: &RecordingId) -> Result<Opened, Error> {
        self.cassette.open(id).await
    }

    async fn load_metadata(&self, id: &RecordingId) -> Result<Metadata, Error> {
        self.cassette.load_metadata(id).await
    }

    async fn delete(&self, id: &RecordingId) -> Result<(), Error> {
        let _changing = self.changing(id);
        self.cassette.delete(id).await
    }

    fn find<'a>(&'a self, query: &Query) -> BoxStream<'a, Result<Found, Error>> {
        self.cassette.find(query)
    }

    async fn categories(&self) -> Result<Vec<String>, Error> {
        self.cassette.categories().await
    }

    fn place(&self) -> String {
        self.cassette.place()
    }

    async fn close(&self) -> Result<(), Error> {
        self.cassette.close().await
    }
}

/// Runs what blocks where it may, if there is a runtime that has such a place.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) => runtime.spawn_blocking(work).await.unwrap_or_else(|error| {
            Err(Error::new(ErrorKind::Other, "the runtime ended before the file was done").with_source(error))
        }),
        Err(_) => work(),
    }
}
