//! Which recordings are played.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::ready;
use futures::stream::{self, BoxStream, StreamExt};
use playback_cassette::{Cassette, CassetteExt, Clock, Error, ErrorKind, Query};
use playback_core::RecordingId;

use crate::event::Event;
use crate::shard::Shard;

/// How far back recordings are looked for, unless a query says otherwise.
const DAYS: u64 = 7;
/// How many recordings of a category are looked for, unless a query says otherwise.
const LIMIT: usize = 20;
/// How far recordings are counted where none was found, since each is looked at.
const COUNTED: usize = 1_000;
/// How many categories are named where one was not found.
const LISTED: usize = 10;

/// Which recordings are played.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// None for all.
    pub(crate) categories: Option<Vec<String>>,
    /// None for the last days.
    pub(crate) query: Option<Query>,
    /// If given, these and no others.
    pub(crate) ids: Option<Vec<RecordingId>>,
    /// If given, of all of these only those that belong to it.
    pub(crate) shard: Option<Shard>,
}

/// The recordings of one category that are played.
pub(crate) struct Batch<'a> {
    pub(crate) category: String,
    /// In words.
    pub(crate) looked_for: String,
    pub(crate) at_most: Option<usize>,
    pub(crate) ids: BoxStream<'a, Result<RecordingId, Error>>,
}

impl Batch<'_> {
    /// That it begins.
    pub(crate) fn started(&self) -> Event {
        let Self { category, looked_for, at_most, .. } = self;
        Event::Started { category: category.clone(), looked_for: looked_for.clone(), at_most: *at_most }
    }
}

impl Wanted {
    /// What is played, category by category.
    ///
    /// # Errors
    /// What there is to say if there are no categories, or if they cannot be found out.
    pub(crate) async fn batches<'a>(
        &'a self,
        cassette: &'a dyn Cassette,
        clock: &'a dyn Clock,
    ) -> Result<Vec<Batch<'a>>, Event> {
        if let Some(ids) = &self.ids {
            return Ok(given(ids).collect());
        }
        match self.category_names(cassette).await {
            Ok(categories) if categories.is_empty() => {
                let message = match &self.categories {
                    Some(_) => none_asked_for(cassette).await,
                    None => no_categories(cassette),
                };
                Err(Event::NothingFound { category: None, message })
            }
            Ok(categories) => {
                Ok(categories.into_iter().map(|category| self.found(category, cassette, clock)).collect())
            }
            Err(error) => {
                let message = format!("looking for categories failed: {}", error.chain());
                Err(Event::Failed { category: None, message })
            }
        }
    }

    /// Whether a recording belongs to the shard that is played.
    pub(crate) fn is_mine(&self, id: &RecordingId) -> bool {
        self.shard.is_none_or(|shard| shard.contains(id))
    }

    async fn category_names(&self, cassette: &dyn Cassette) -> Result<Vec<String>, Error> {
        let named = self.query.as_ref().map(Query::category_names).unwrap_or_default();
        match &self.categories {
            Some(categories) if named.is_empty() => Ok(categories.clone()),
            None if named.len() == 1 => Ok(named.to_vec()),
            None if named.is_empty() => cassette.categories().await,
            // The limit holds for each category, so that each has a query of its own.
            _ => Err(Error::new(
                ErrorKind::Invalid,
                "the query of the lookup names categories; name them with `Studio::categories` instead",
            )),
        }
    }

    fn found<'a>(&'a self, category: String, cassette: &'a dyn Cassette, clock: &'a dyn Clock) -> Batch<'a> {
        let (query, looked_for) = match &self.query {
            Some(query) => (query.clone(), format!("recordings ({query})")),
            None => {
                let days = Duration::from_secs(DAYS * 24 * 60 * 60);
                let from = clock.now().checked_sub(days).unwrap_or(std::time::SystemTime::UNIX_EPOCH);
                (Query::since(from).limit(LIMIT), format!("{LIMIT} recordings of the last {DAYS} days"))
            }
        };
        let at_most = query.max();
        let ids = cassette.find_ids(&query.category(&category));
        Batch { category, looked_for, at_most, ids }
    }
}

/// What is said when there is nothing to play: what was looked for, where, and what there is instead.
pub(crate) async fn nothing_found(category: &str, looked_for: &str, cassette: &dyn Cassette) -> String {
    let all = Query::new().category(category).include_incomplete(true).limit(COUNTED);
    let there = match cassette.find(&all).filter(|found| ready(found.is_ok())).count().await {
        0 => match cassette.categories().await {
            Ok(known) if known.is_empty() => "there are none of any category".to_owned(),
            Ok(known) => format!("there are none of this category, but of {}", list(&known)),
            Err(_) => "there are none of this category".to_owned(),
        },
        COUNTED => format!("there are {COUNTED} of this category or more"),
        number => format!("of this category there are {number} in all"),
    };
    format!("no recordings; looked for {looked_for} in {}, where {there}", cassette.place())
}

/// The same when there are no categories.
pub(crate) fn no_categories(cassette: &dyn Cassette) -> String {
    format!("nothing was replayed: there are no recordings of any category in {}", cassette.place())
}

/// The same when there may be, and none is meant, as by a pattern that fits none.
async fn none_asked_for(cassette: &dyn Cassette) -> String {
    match cassette.categories().await {
        Ok(known) if known.is_empty() => no_categories(cassette),
        Ok(known) => {
            let (known, place) = (list(&known), cassette.place());
            format!("nothing was replayed: of the categories in {place}, {known}, none was asked for")
        }
        Err(_) => "nothing was replayed: no category was asked for".to_owned(),
    }
}

/// Some names.
fn list(names: &[String]) -> String {
    let listed: Vec<String> = names.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(LISTED) {
        0 => listed.join(", "),
        more => format!("{} and {more} others", listed.join(", ")),
    }
}

/// Given recordings by their category.
fn given(ids: &[RecordingId]) -> impl Iterator<Item = Batch<'_>> {
    let mut of_category: BTreeMap<&str, Vec<&RecordingId>> = BTreeMap::new();
    for id in ids {
        of_category.entry(id.category()).or_default().push(id);
    }
    of_category.into_iter().map(|(category, ids)| Batch {
        category: category.to_owned(),
        looked_for: format!("{} given recordings", ids.len()),
        at_most: Some(ids.len()),
        ids: stream::iter(ids).map(|id| Ok(id.clone())).boxed(),
    })
}
