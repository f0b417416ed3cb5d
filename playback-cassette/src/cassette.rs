//! What a place for recordings must be able to do.

use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use playback_core::{Metadata, Recording, RecordingId};

use crate::{Error, Opened, Query};

/// A place where recordings are kept.
///
/// What an implementation owes its callers, beyond the signatures:
///
/// - *A recording is visible only when it is whole.* While [`save`](Self::save) runs, after it failed, and
///   when the process dies in the middle of it, [`find`](Self::find) does not show the recording. Who keeps
///   the tape and the metadata apart writes the metadata last and deletes it first.
/// - A save that returned `Ok` survives the death of the process.
/// - Saving the same id again replaces what was there, so that a save can be tried again.
/// - `find` yields what [`Query::matches`] lets through, in the order that [`Order`](crate::Order)
///   documents. [`lookup`](crate::lookup) does all of that on top of three listings.
/// - Every method may be called from any thread, and many at once.
///
/// `playback_testkit::conformance` tries all of that on a cassette of yours, in one line of a test.
///
/// The conveniences for callers are in [`CassetteExt`](crate::CassetteExt).
#[async_trait]
pub trait Cassette: Send + Sync {
    /// Keeps a recording, replacing any of the same id.
    ///
    /// # Errors
    /// [`ErrorKind::ReadOnly`](crate::ErrorKind::ReadOnly), before anything is sent, if the cassette is open
    /// for reading only, and whatever goes wrong with the store. After an error nothing is visible.
    async fn save(&self, recording: &Recording) -> Result<(), Error>;

    /// The recording called `id`.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if there is none, `Corrupt`, `NewerFormat` or
    /// `TooLarge` if it cannot be read, and whatever goes wrong with the store.
    async fn load(&self, id: &RecordingId) -> Result<Recording, Error>;

    /// The recording called `id`, of which values are fetched when they are asked for: for a look at single
    /// calls of a large one. A cassette that cannot read parts of a recording loads it whole, as it does
    /// unless it is written otherwise; [`format::open`](crate::format::open) does it for those that keep tape
    /// files.
    ///
    /// # Errors
    /// As [`load`](Self::load) has them.
    async fn open(&self, id: &RecordingId) -> Result<Opened, Error> {
        self.load(id).await.map(Opened::whole)
    }

    /// What is known of the recording called `id`, without its tape.
    ///
    /// # Errors
    /// As [`load`](Self::load) has them.
    async fn load_metadata(&self, id: &RecordingId) -> Result<Metadata, Error>;

    /// Removes the recording called `id`. If there is none, that is well too.
    ///
    /// # Errors
    /// [`ErrorKind::ReadOnly`](crate::ErrorKind::ReadOnly), before anything is sent, if the cassette is open
    /// for reading only, and whatever goes wrong with the store.
    async fn delete(&self, id: &RecordingId) -> Result<(), Error>;

    /// The recordings that match `query`, in its order. The stream is lazy: what is not polled is not asked
    /// of the store.
    ///
    /// An item that is an error names what could not be listed or read; the stream goes on after it.
    fn find<'a>(&'a self, query: &Query) -> BoxStream<'a, Result<Found, Error>>;

    /// The categories of which there are recordings, sorted. One whose last recording was deleted may still
    /// be named by a place that keeps empty folders.
    ///
    /// # Errors
    /// Whatever goes wrong with the store.
    async fn categories(&self) -> Result<Vec<String>, Error>;

    /// What people are told of where the recordings are, such as an address: "the cassette", unless it says otherwise.
    fn place(&self) -> String {
        "the cassette".to_owned()
    }

    /// Lets go of what the cassette holds. It is not used afterwards.
    ///
    /// # Errors
    /// Whatever goes wrong with the store.
    async fn close(&self) -> Result<(), Error> {
        Ok(())
    }
}

/// A recording that a lookup found.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Found {
    /// What it is called.
    pub id: RecordingId,
    /// What is known of it.
    pub metadata: Metadata,
    /// How many bytes its tape takes where it is kept, if that is known.
    pub size: Option<u64>,
}

impl Found {
    /// A recording of which the size is not known.
    #[must_use]
    pub fn new(id: RecordingId, metadata: Metadata) -> Self {
        Self { id, metadata, size: None }
    }

    /// The same, with the bytes that its tape takes where it is kept.
    #[must_use]
    pub fn with_size(mut self, size: u64) -> Self {
        self.size = Some(size);
        self
    }
}

/// A cassette behind a pointer is a cassette.
macro_rules! through_pointer {
    ($pointer:ty) => {
        #[async_trait]
        impl<C: Cassette + ?Sized> Cassette for $pointer {
            async fn save(&self, recording: &Recording) -> Result<(), Error> {
                (**self).save(recording).await
            }

            async fn load(&self, id: &RecordingId) -> Result<Recording, Error> {
                (**self).load(id).await
            }

            async fn open(&self, id: &RecordingId) -> Result<Opened, Error> {
                (**self).open(id).await
            }

            async fn load_metadata(&self, id: &RecordingId) -> Result<Metadata, Error> {
                (**self).load_metadata(id).await
            }

            async fn delete(&self, id: &RecordingId) -> Result<(), Error> {
                (**self).delete(id).await
            }

            fn find<'a>(&'a self, query: &Query) -> BoxStream<'a, Result<Found, Error>> {
                (**self).find(query)
            }

            async fn categories(&self) -> Result<Vec<String>, Error> {
                (**self).categories().await
            }

            fn place(&self) -> String {
                (**self).place()
            }

            async fn close(&self) -> Result<(), Error> {
                (**self).close().await
            }
        }
    };
}

through_pointer!(Arc<C>);
through_pointer!(Box<C>);
through_pointer!(&C);
