//! A cassette that is written to in the background.

use std::num::NonZeroUsize;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use playback_core::{Metadata, Recording, RecordingId};

use crate::recorder::Refusal;
use crate::{
    Cassette, Error, ErrorKind, Found, NotWritten, Opened, Query, Stats, TapeRecorder, TapeRecorderBuilder,
};

/// Any cassette, saved to on a thread of its own: the queue and the thread of a [`TapeRecorder`] without the
/// recording.
///
/// For whoever saves and does not want to wait, such as a recorder of one's own. [`TapeRecorder`] does this
/// by itself and needs it not.
///
/// [`save`](Cassette::save) returns as soon as the recording is queued: `Ok` means taken, not kept. What
/// cannot be saved later is told as a `tracing` event, counted in [`stats`](Self::stats), and reported by
/// [`flush`](Self::flush) and [`close`](Cassette::close). The queue is bounded in recordings and in bytes;
/// what does not fit is dropped, counted, and refused as [`ErrorKind::Unreachable`], at once. After closing
/// it is refused as [`ErrorKind::Invalid`].
///
/// It only takes recordings. Reading and deleting is refused as [`ErrorKind::WriteOnly`], because what was
/// just saved may not be there yet: use the cassette beneath, after a flush if need be.
///
/// Clones share the queue. When the last is dropped, the thread saves what is queued and ends by itself;
/// close it before the process ends, which does not wait for threads.
///
/// ```
/// use playback_cassette::{Background, Cassette};
/// use playback_testkit::{MemoryCassette, record};
///
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let memory = MemoryCassette::new();
/// let background = Background::new(memory.clone());
/// let recording = record(async { playback_core::operation("Add").run(|| 3) }).await.recording();
/// background.save(&recording).await?;
/// background.flush().await?;
/// assert_eq!(memory.load(recording.id()).await?, recording);
/// background.close().await?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Background {
    writer: TapeRecorder,
    close_timeout: Duration,
}

/// Sets up a [`Background`].
///
/// | what | by default |
/// |---|---|
/// | [`queue_recordings`](Self::queue_recordings) | 1,000 |
/// | [`queue_bytes`](Self::queue_bytes) | 256 MiB |
/// | [`concurrent_saves`](Self::concurrent_saves) | 16 |
/// | [`close_timeout`](Self::close_timeout) | 30 seconds |
#[must_use]
pub struct BackgroundBuilder {
    writer: TapeRecorderBuilder,
    close_timeout: Duration,
}

impl Background {
    /// Saves to `cassette` with everything as it is by default: see [`BackgroundBuilder`].
    #[must_use]
    pub fn new(cassette: impl Cassette + 'static) -> Self {
        Self::builder(cassette).build()
    }

    /// Saves to `cassette`, once told what is not to be as it is by default.
    pub fn builder(cassette: impl Cassette + 'static) -> BackgroundBuilder {
        // It is asked to save, and not whether: so it does not leave the store alone.
        let writer = TapeRecorder::builder(cassette).back_off(None).breaker(None);
        BackgroundBuilder { writer, close_timeout: Duration::from_secs(30) }
    }

    /// Waits until everything that is queued now is saved. Needs no particular runtime.
    ///
    /// # Errors
    /// [`NotWritten`] if saves failed since this was asked last, or if it was closed before they were done.
    pub async fn flush(&self) -> Result<(), NotWritten> {
        self.writer.flush().await
    }

    /// What became of the recordings so far: `started` are those that were given to
    /// [`save`](Cassette::save), each of which is `saved`, `failed`, `dropped` or `in_flight`.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.writer.stats()
    }
}

impl BackgroundBuilder {
    /// How many recordings may wait or be on their way at most.
    pub fn queue_recordings(mut self, recordings: NonZeroUsize) -> Self {
        self.writer = self.writer.queue_recordings(recordings);
        self
    }

    /// How much memory recordings may take that wait or are on their way, in bytes.
    pub fn queue_bytes(mut self, bytes: usize) -> Self {
        self.writer = self.writer.queue_bytes(bytes);
        self
    }

    /// How many recordings are on their way to the cassette at the same time. Saves of one id may overtake
    /// one another, unless it is one.
    pub fn concurrent_saves(mut self, saves: NonZeroUsize) -> Self {
        self.writer = self.writer.concurrent_saves(saves);
        self
    }

    /// How long [`close`](Cassette::close) waits for what is queued; then it is given up.
    pub fn close_timeout(mut self, timeout: Duration) -> Self {
        self.close_timeout = timeout;
        self
    }

    /// The cassette, its thread running. If the machine cannot give it a thread, that is told as a `tracing`
    /// event, and all saves are refused as if it were closed.
    #[must_use]
    pub fn build(self) -> Background {
        Background { writer: self.writer.build(), close_timeout: self.close_timeout }
    }
}

#[async_trait]
impl Cassette for Background {
    async fn save(&self, recording: &Recording) -> Result<(), Error> {
        self.writer.keep(recording.clone()).map_err(|refusal| refused(recording.id(), refusal))
    }

    async fn load(&self, id: &RecordingId) -> Result<Recording, Error> {
        Err(write_only(&format!("load recording {id}")))
    }

    async fn open(&self, id: &RecordingId) -> Result<Opened, Error> {
        Err(write_only(&format!("open recording {id}")))
    }

    async fn load_metadata(&self, id: &RecordingId) -> Result<Metadata, Error> {
        Err(write_only(&format!("load the metadata of recording {id}")))
    }

    async fn delete(&self, id: &RecordingId) -> Result<(), Error> {
        Err(write_only(&format!("delete recording {id}")))
    }

    fn find<'a>(&'a self, _: &Query) -> BoxStream<'a, Result<Found, Error>> {
        stream::iter([Err(write_only("find recordings"))]).boxed()
    }

    async fn categories(&self) -> Result<Vec<String>, Error> {
        Err(write_only("list the categories"))
    }

    /// Takes no more recordings, saves those that are queued, closes the cassette beneath, and ends the
    /// thread. What is not saved in time is given up.
    ///
    /// # Errors
    /// [`ErrorKind::Other`] if saves failed since this or a flush was asked last, or were given up;
    /// [`NotWritten`] is its source.
    async fn close(&self) -> Result<(), Error> {
        self.writer.close(self.close_timeout).await.map_err(|not_written| {
            Error::new(ErrorKind::Other, not_written.to_string()).with_source(not_written)
        })
    }
}

fn refused(id: &RecordingId, refusal: Refusal) -> Error {
    let (kind, why) = match refusal {
        Refusal::Full => (
            ErrorKind::Unreachable,
            "the queue is full; try again later, save faster, or allow a longer queue",
        ),
        Refusal::Closed => {
            (ErrorKind::Invalid, "the background writer is closed; save before closing it, or make another")
        }
    };
    Error::new(kind, format!("cannot save recording {id}: {why}"))
}

fn write_only(act: &str) -> Error {
    let message = format!(
        "cannot {act} through a background writer, which only takes recordings; use the cassette beneath"
    );
    Error::new(ErrorKind::WriteOnly, message)
}
