//! How recordings are found: listings of days, then metadata of candidates, no more than are wanted.

mod candidates;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use async_trait::async_trait;
use futures::future::BoxFuture;
use futures::stream::{BoxStream, FuturesOrdered, Stream, StreamExt};
use playback_core::RecordingId;

use self::candidates::Candidates;
use crate::{Error, ErrorKind, Found, Query};

/// How much metadata is asked for at the same time.
const CONCURRENT_METADATA: usize = 64;

/// What [`lookup`] needs to know of a cassette.
#[async_trait]
pub trait Listing: Send + Sync {
    /// The categories of which there may be recordings.
    ///
    /// # Errors
    /// Whatever goes wrong with the store.
    async fn list_categories(&self) -> Result<Vec<String>, Error>;

    /// The days, as [`RecordingId::day`] has them, of which there may be recordings of a category.
    ///
    /// # Errors
    /// Whatever goes wrong with the store.
    async fn list_days(&self, category: &str) -> Result<Vec<String>, Error>;

    /// The recordings of one category and day, in any order.
    ///
    /// # Errors
    /// Whatever goes wrong with the store.
    async fn list_ids(&self, category: &str, day: &str) -> Result<Vec<RecordingId>, Error>;

    /// What is known of one of them.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if it is gone by now: it is passed over. Whatever else goes wrong is
    /// reported, and the lookup goes on.
    async fn read_metadata(&self, id: &RecordingId) -> Result<Found, Error>;
}

/// Finds recordings in anything that can list them: what [`Cassette::find`](crate::Cassette::find) promises.
///
/// Only days that the query [reaches](Query::reaches_day) are listed, up to four at the same time and no more
/// than the limit lets expect. Metadata is read up to 64 at a time: of as many candidates as are still wanted,
/// and of one more for each that did not match. So a lookup in which all match reads exactly as many as it
/// yields, and one in which few do is not kept waiting for one after another.
pub fn lookup<'a>(listing: &'a dyn Listing, query: &Query) -> BoxStream<'a, Result<Found, Error>> {
    let query = Arc::new(query.clone());
    let search = Search {
        listing,
        candidates: Candidates::new(listing, Arc::clone(&query)),
        wanted: query.max().unwrap_or(usize::MAX),
        query,
        missed: 0,
        reading: FuturesOrdered::new(),
    };
    search.boxed()
}

struct Search<'a> {
    listing: &'a dyn Listing,
    query: Arc<Query>,
    candidates: Candidates<'a>,
    /// How many more are to be found.
    wanted: usize,
    /// How many candidates did not match.
    missed: usize,
    reading: FuturesOrdered<BoxFuture<'a, Result<Found, Error>>>,
}

impl Stream for Search<'_> {
    type Item = Result<Found, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let search = &mut *self;
        loop {
            if search.wanted == 0 {
                return Poll::Ready(None);
            }
            // An error is reported at once, although candidates before it are still being read.
            let more = match search.poll_candidates(context) {
                Poll::Ready(Some(error)) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            };
            let Some(read) = ready!(search.reading.poll_next_unpin(context)) else { return more };
            match read {
                Ok(found) if search.query.matches(&found.id, &found.metadata) => {
                    search.wanted -= 1;
                    return Poll::Ready(Some(Ok(found)));
                }
                Err(error) if error.kind() != ErrorKind::NotFound => return Poll::Ready(Some(Err(error))),
                Ok(_) | Err(_) => search.missed += 1,
            }
        }
    }
}

impl<'a> Search<'a> {
    /// Begins to read candidates, until there are none, or enough; or until one cannot be found out.
    fn poll_candidates(&mut self, context: &mut Context<'_>) -> Poll<Option<Error>> {
        let useful = self.wanted.saturating_add(self.missed);
        while self.reading.len() < useful.min(CONCURRENT_METADATA) {
            match ready!(self.candidates.poll_next(context, useful - self.reading.len())) {
                Some(Ok(id)) => {
                    let listing = self.listing;
                    self.reading.push_back(Box::pin(async move { listing.read_metadata(&id).await }));
                }
                Some(Err(error)) => return Poll::Ready(Some(error)),
                None => return Poll::Ready(None),
            }
        }
        Poll::Pending
    }
}
