//! How recordings are found: listings of days, then metadata of candidates, no more than are wanted.

use std::collections::{BTreeMap, VecDeque};

use async_trait::async_trait;
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, FuturesOrdered};
use playback_core::RecordingId;

use crate::{Error, ErrorKind, Found, Query};

/// How much metadata is asked for at the same time.
const CONCURRENT_METADATA: usize = 32;

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
/// Only days that the query [reaches](Query::reaches_day) are listed, each when its turn comes. Metadata is
/// read concurrently, of never more candidates than are still wanted, so that a lookup without filters reads
/// exactly as many as it yields.
pub fn lookup<'a>(listing: &'a dyn Listing, query: &Query) -> BoxStream<'a, Result<Found, Error>> {
    let search = Search {
        candidates: Candidates::new(listing, query.clone()),
        wanted: query.max().unwrap_or(usize::MAX),
        reading: FuturesOrdered::new(),
    };
    stream::unfold(search, |mut search| async move { search.next().await.map(|found| (found, search)) })
        .boxed()
}

struct Search<'a> {
    candidates: Candidates<'a>,
    /// How many more are to be found.
    wanted: usize,
    reading: FuturesOrdered<BoxFuture<'a, Result<Found, Error>>>,
}

impl Search<'_> {
    async fn next(&mut self) -> Option<Result<Found, Error>> {
        loop {
            while self.reading.len() < self.wanted.min(CONCURRENT_METADATA) {
                match self.candidates.next().await {
                    // Reported at once, although candidates before it are still being read.
                    Some(Err(error)) => return Some(Err(error)),
                    Some(Ok(id)) => {
                        let listing = self.candidates.listing;
                        self.reading.push_back(Box::pin(async move { listing.read_metadata(&id).await }));
                    }
                    None => break,
                }
            }
            match self.reading.next().await? {
                Ok(found) if self.candidates.query.matches(&found.id, &found.metadata) => {
                    self.wanted -= 1;
                    return Some(Ok(found));
                }
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// The ids that may match, in the query's order.
struct Candidates<'a> {
    listing: &'a dyn Listing,
    query: Query,
    /// None until the days are known.
    days: Option<VecDeque<Day>>,
    errors: VecDeque<Error>,
}

/// One day's recordings, of all categories.
struct Day {
    day: String,
    categories: Vec<String>,
    /// None until listed.
    ids: Option<VecDeque<RecordingId>>,
}

impl<'a> Candidates<'a> {
    fn new(listing: &'a dyn Listing, query: Query) -> Self {
        Self { listing, query, days: None, errors: VecDeque::new() }
    }

    async fn next(&mut self) -> Option<Result<RecordingId, Error>> {
        loop {
            if let Some(error) = self.errors.pop_front() {
                return Some(Err(error));
            }
            let Some(days) = &mut self.days else {
                let days = self.list_days().await;
                self.days = Some(days);
                continue;
            };
            let mut day = days.pop_front()?;
            let mut ids = match day.ids.take() {
                Some(ids) => ids,
                None => self.list_day(&day).await,
            };
            let Some(id) = ids.pop_front() else { continue };
            day.ids = Some(ids);
            let days = self.days.get_or_insert_default();
            if self.query.takes_turns() {
                days.push_back(day);
            } else {
                days.push_front(day);
            }
            return Some(Ok(id));
        }
    }

    /// The days that the query reaches, in its order, none of them listed.
    async fn list_days(&mut self) -> VecDeque<Day> {
        let categories = match self.query.category_names() {
            [] => self.listing.list_categories().await.unwrap_or_else(|error| {
                self.errors.push_back(error);
                Vec::new()
            }),
            named => named.to_vec(),
        };
        let mut of_day: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for category in categories {
            match self.listing.list_days(&category).await {
                Ok(listed) => {
                    for day in listed.into_iter().filter(|day| self.query.reaches_day(day)) {
                        of_day.entry(day).or_default().push(category.clone());
                    }
                }
                Err(error) => self.errors.push_back(error),
            }
        }
        let mut days: Vec<String> = of_day.keys().cloned().collect();
        self.query.sort_days(&mut days);
        let unlisted =
            |day: String| Day { categories: of_day.remove(&day).unwrap_or_default(), day, ids: None };
        days.into_iter().map(unlisted).collect()
    }

    async fn list_day(&mut self, day: &Day) -> VecDeque<RecordingId> {
        let mut ids = Vec::new();
        for category in &day.categories {
            match self.listing.list_ids(category, &day.day).await {
                Ok(listed) => ids.extend(listed),
                Err(error) => self.errors.push_back(error),
            }
        }
        self.query.sort_day(&mut ids);
        ids.into()
    }
}
