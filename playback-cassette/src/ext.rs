//! What callers enjoy on every cassette.

use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use playback_core::{Playback, Recording, RecordingId, ReplayError};

use crate::{Cassette, Error, Found, Query};

/// How many recordings [`CassetteExt::load_all`] fetches at the same time.
const CONCURRENT_LOADS: usize = 8;

/// Conveniences on top of every [`Cassette`].
#[allow(async_fn_in_trait, reason = "the futures are as `Send` as what they are made of")]
pub trait CassetteExt: Cassette {
    /// Fetches the recording called `id` and replays it: see [`playback_core::replay`].
    ///
    /// # Errors
    /// [`ReplayByIdError`] if the recording cannot be loaded, or its replay failed.
    async fn replay<F, Fut>(&self, id: &RecordingId, operation: F) -> Result<Playback, ReplayByIdError>
    where
        F: FnOnce(&Recording) -> Result<Fut, ReplayError>,
        Fut: Future,
    {
        let recording = self.load(id).await?;
        Ok(playback_core::replay(&recording, operation).await?)
    }

    /// All that `query` finds.
    ///
    /// # Errors
    /// The first error that [`find`](Cassette::find) yields.
    async fn find_all(&self, query: &Query) -> Result<Vec<Found>, Error> {
        self.find(query).try_collect().await
    }

    /// The ids of what `query` finds, as [`find`](Cassette::find) yields them.
    fn find_ids<'a>(&'a self, query: &Query) -> BoxStream<'a, Result<RecordingId, Error>> {
        self.find(query).map_ok(|found| found.id).boxed()
    }

    /// The recordings called `ids`, in their order, a few fetched ahead.
    fn load_all<'a>(
        &'a self,
        ids: impl IntoIterator<Item = RecordingId, IntoIter: Send + 'a>,
    ) -> BoxStream<'a, (RecordingId, Result<Recording, Error>)> {
        let load = move |id: RecordingId| async move {
            let recording = self.load(&id).await;
            (id, recording)
        };
        stream::iter(ids).map(load).buffered(CONCURRENT_LOADS).boxed()
    }
}

impl<C: Cassette + ?Sized> CassetteExt for C {}

/// Why [`CassetteExt::replay`] has no playback.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayByIdError {
    /// The recording could not be loaded.
    #[error(transparent)]
    Load(#[from] Error),
    /// The recording was loaded, and its replay failed.
    #[error(transparent)]
    Replay(#[from] ReplayError),
}
