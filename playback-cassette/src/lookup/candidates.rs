//! Which recordings may match, as far as listings tell.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::{self, FuturesOrdered, StreamExt};
use playback_core::RecordingId;

use super::Listing;
use crate::{Error, Query};

/// How many days are listed at the same time.
const CONCURRENT_DAYS: usize = 4;

/// How many categories are listed at the same time, of one day or for their days.
const CONCURRENT_CATEGORIES: usize = 8;

/// The ids of recordings that may match, in the query's order.
pub(super) struct Candidates<'a> {
    listing: &'a dyn Listing,
    query: Arc<Query>,
    /// None once it is known which days there are.
    finding_days: Option<BoxFuture<'a, (VecDeque<Day>, Vec<Error>)>>,
    unlisted: VecDeque<Day>,
    being_listed: FuturesOrdered<BoxFuture<'a, (Vec<RecordingId>, Vec<Error>)>>,
    /// The days whose turn comes next.
    listed: VecDeque<VecDeque<RecordingId>>,
    /// What is left of the days that had their turn, for when all have had it.
    had_turn: VecDeque<VecDeque<RecordingId>>,
    /// How many recordings the largest day has of those that are listed.
    largest_day: usize,
    errors: VecDeque<Error>,
}

/// A day yet to be listed.
struct Day {
    day: String,
    categories: Vec<String>,
}

impl<'a> Candidates<'a> {
    pub(super) fn new(listing: &'a dyn Listing, query: Arc<Query>) -> Self {
        Self {
            listing,
            finding_days: Some(list_days(listing, Arc::clone(&query)).boxed()),
            query,
            unlisted: VecDeque::new(),
            being_listed: FuturesOrdered::new(),
            listed: VecDeque::new(),
            had_turn: VecDeque::new(),
            largest_day: 0,
            errors: VecDeque::new(),
        }
    }

    /// The next candidate, where so many may be asked for.
    pub(super) fn poll_next(
        &mut self,
        context: &mut Context<'_>,
        wanted: usize,
    ) -> Poll<Option<Result<RecordingId, Error>>> {
        if let Some(finding_days) = &mut self.finding_days {
            let (days, errors) = ready!(finding_days.poll_unpin(context));
            self.finding_days = None;
            self.unlisted = days;
            self.errors.extend(errors);
        }
        loop {
            self.list_ahead(wanted);
            while let Poll::Ready(Some((ids, errors))) = self.being_listed.poll_next_unpin(context) {
                self.take(ids);
                self.errors.extend(errors);
            }
            if let Some(error) = self.errors.pop_front() {
                return Poll::Ready(Some(Err(error)));
            }
            let is_all_listed = self.unlisted.is_empty() && self.being_listed.is_empty();
            let day = match self.listed.pop_front() {
                None if is_all_listed => self.had_turn.pop_front(),
                day => day,
            };
            let Some(mut day) = day else {
                return if is_all_listed { Poll::Ready(None) } else { Poll::Pending };
            };
            let Some(id) = day.pop_front() else { continue };
            if self.query.takes_turns() {
                self.had_turn.push_back(day);
            } else {
                self.listed.push_front(day);
            }
            return Poll::Ready(Some(Ok(id)));
        }
    }

    fn take(&mut self, mut ids: Vec<RecordingId>) {
        self.largest_day = self.largest_day.max(ids.len());
        self.query.sort_day(&mut ids);
        self.listed.push_back(ids.into());
    }

    /// Begins to list as many days as it takes to have so many candidates, if days are as large as those before.
    fn list_ahead(&mut self, wanted: usize) {
        // In turn, each day gives one before any gives a second.
        let (at_hand, of_a_day) = if self.query.takes_turns() {
            (self.listed.len(), 1)
        } else {
            (self.listed.iter().map(VecDeque::len).sum(), self.largest_day)
        };
        let missing = wanted.saturating_sub(at_hand);
        // Nothing is known of the first: it may have all.
        let days = if of_a_day == 0 { missing.min(1) } else { missing.div_ceil(of_a_day) };
        while self.being_listed.len() < days.min(CONCURRENT_DAYS) {
            let Some(day) = self.unlisted.pop_front() else { break };
            self.being_listed.push_back(list_day(self.listing, day).boxed());
        }
    }
}

/// The days that the query reaches, in its order, and what could not be listed.
async fn list_days(listing: &dyn Listing, query: Arc<Query>) -> (VecDeque<Day>, Vec<Error>) {
    let mut errors = Vec::new();
    let categories = match query.category_names() {
        [] => listing.list_categories().await.unwrap_or_else(|error| {
            errors.push(error);
            Vec::new()
        }),
        named => named.to_vec(),
    };
    let list = async |category: String| (listing.list_days(&category).await, category);
    let mut listed = stream::iter(categories).map(list).buffered(CONCURRENT_CATEGORIES);
    let mut of_day: BTreeMap<String, Vec<String>> = BTreeMap::new();
    while let Some((days, category)) = listed.next().await {
        match days {
            Ok(days) => {
                for day in days.into_iter().filter(|day| query.reaches_day(day)) {
                    of_day.entry(day).or_default().push(category.clone());
                }
            }
            Err(error) => errors.push(error),
        }
    }
    let mut days: Vec<String> = of_day.keys().cloned().collect();
    query.sort_days(&mut days);
    let of_day = |day: String| Day { categories: of_day.remove(&day).unwrap_or_default(), day };
    (days.into_iter().map(of_day).collect(), errors)
}

/// The recordings of one day, of all categories, and what could not be listed of them.
async fn list_day(listing: &dyn Listing, Day { day, categories }: Day) -> (Vec<RecordingId>, Vec<Error>) {
    let (mut ids, mut errors) = (Vec::new(), Vec::new());
    let list = async |category: String| listing.list_ids(&category, &day).await;
    let mut listed = stream::iter(categories).map(list).buffered(CONCURRENT_CATEGORIES);
    while let Some(listed) = listed.next().await {
        match listed {
            Ok(listed) => ids.extend(listed),
            Err(error) => errors.push(error),
        }
    }
    (ids, errors)
}
