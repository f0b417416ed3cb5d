//! Which recordings a command is about.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use futures::StreamExt;
use playback_cassette::{Clock, Condition, Filter, Found, Order, Query, SystemClock};
use wildmatch::WildMatch;

use super::failure::{Exit, Stop};
use super::screen::Screen;
use super::store::{Kind, Store};
use super::when;

/// How far back recordings of an object store are replayed, unless it is said.
const PERIOD: Duration = Duration::from_secs(7 * 86_400);
/// How many recordings of each category of an object store are replayed, unless it is said.
const LIMIT: usize = 20;

/// Which recordings: all conditions have to be met.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Which recordings")]
pub(crate) struct Selection {
    /// Only these categories; `*` stands for any text, `?` for any character
    #[arg(short, long = "category", value_name = "CATEGORY")]
    pub(crate) categories: Vec<String>,

    /// Only those made at this time or later: `7d` ago, `yesterday`, `2026-01-31`, `2026-01-31T10:00`; in UTC
    #[arg(long, value_name = "TIME", value_parser = when::parse)]
    since: Option<SystemTime>,

    /// Only those made before this time; a day stands for its beginning
    #[arg(long, value_name = "TIME", value_parser = when::parse)]
    until: Option<SystemTime>,

    /// Only those whose metadata is so, such as 'status>=500 name=chk* failed=true duration>250ms'
    #[arg(short, long = "filter", value_name = "FILTER", value_parser = filters)]
    filters: Vec<Filters>,

    /// At most so many
    #[arg(short = 'n', long, value_name = "COUNT")]
    pub(crate) limit: Option<usize>,

    /// Which come first, and which a limit takes: unless said otherwise the newest, and to be replayed some of every day
    #[arg(long, value_enum)]
    order: Option<Sequence>,

    /// What a random order is drawn from; 0, unless said otherwise
    #[arg(long, value_name = "NUMBER", requires = "order")]
    seed: Option<u64>,
}

#[derive(Debug, Clone)]
struct Filters(Vec<Filter>);

fn filters(text: &str) -> Result<Filters, String> {
    Filter::parse_list(text).map(Filters).map_err(|error| error.to_string())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Sequence {
    /// The newest first
    Newest,
    /// The oldest first
    Oldest,
    /// One of each day in turn, so that a limit takes some of every day
    Spread,
    /// A random one of each day in turn; the same --seed gives the same order
    Random,
}

impl Selection {
    /// Whether nothing is said of recordings, nor of their order.
    pub(crate) fn is_unsaid(&self) -> bool {
        self.is_everything() && self.order.is_none()
    }

    /// Whether it leaves nothing out.
    pub(crate) fn is_everything(&self) -> bool {
        let Self { categories, since, until, filters, limit, order: _, seed: _ } = self;
        let unbounded = since.is_none() && until.is_none() && limit.is_none();
        categories.is_empty() && filters.is_empty() && unbounded
    }

    /// What it asks of a store. Incomplete recordings are found, too, unless a filter leaves them out.
    pub(crate) fn query(&self) -> Query {
        let query = self.conditions().include_incomplete(true);
        let query = if self.order.is_none() { query.order(Order::NewestFirst) } else { query };
        let is_pattern = |category: &String| category.contains(['*', '?']);
        if self.categories.iter().any(is_pattern) {
            let any = self.categories.iter().map(|category| match is_pattern(category) {
                true => Condition::equal(category.as_str()),
                false => Condition::exactly(category.as_str()),
            });
            query.field("category", Condition::any_of(any))
        } else {
            query.categories(self.categories.clone())
        }
    }

    /// The same of complete recordings, without their categories, and in turns of days unless said otherwise.
    pub(crate) fn conditions(&self) -> Query {
        let query = match (self.since, self.until) {
            (Some(since), Some(until)) => Query::since(since).until(until),
            (Some(since), None) => Query::since(since),
            (None, Some(until)) => Query::new().until(until),
            (None, None) => Query::new(),
        };
        let query = match self.order {
            Some(Sequence::Newest) => query.order(Order::NewestFirst),
            Some(Sequence::Oldest) => query.order(Order::OldestFirst),
            Some(Sequence::Random) => query.order(Order::Random { seed: self.seed.unwrap_or(0) }),
            Some(Sequence::Spread) | None => query,
        };
        let query = query.filters(self.filters.iter().flat_map(|filters| filters.0.clone()));
        match self.limit {
            Some(limit) => query.limit(limit),
            None => query,
        }
    }

    /// What is replayed of each category: of an object store a sample of the last days, unless it says otherwise.
    pub(crate) fn to_replay(&self, store: &Store) -> Query {
        let mut query = self.conditions();
        if matches!(store.kind(), Kind::Files(_)) {
            return query;
        }
        if self.since.is_none() && self.until.is_none() {
            query = query.recorded(SystemClock.now().checked_sub(PERIOD).unwrap_or(SystemTime::UNIX_EPOCH)..);
        }
        match self.limit_unsaid(store) {
            Some(limit) => query.limit(limit),
            None => query,
        }
    }

    /// How many of each category are replayed where no limit is given; none for all.
    pub(crate) fn limit_unsaid(&self, store: &Store) -> Option<usize> {
        let is_sampled = self.limit.is_none() && !matches!(store.kind(), Kind::Files(_));
        is_sampled.then_some(LIMIT)
    }

    /// Which of more a limit takes, in words before and after their number.
    pub(crate) fn sampled(&self) -> (&'static str, &'static str) {
        match self.order {
            Some(Sequence::Newest) => ("the newest ", ""),
            Some(Sequence::Oldest) => ("the oldest ", ""),
            Some(Sequence::Random) => ("", ", drawn at random"),
            Some(Sequence::Spread) | None => ("", ", some of every day"),
        }
    }

    /// The categories that it names, and those that its patterns match in a store, each once.
    pub(crate) async fn categories_in(&self, store: &Store) -> Result<Vec<String>, Stop> {
        let mut categories = Vec::new();
        for name in &self.categories {
            if name.contains(['*', '?']) {
                let pattern = WildMatch::new(name);
                let there_are = store.cassette().categories().await?;
                categories.extend(there_are.into_iter().filter(|category| pattern.matches(category)));
            } else {
                categories.push(name.clone());
            }
        }
        let mut named = HashSet::new();
        categories.retain(|category| named.insert(category.clone()));
        Ok(categories)
    }

    /// All that it finds. What cannot be read is said, and makes the exit one of failure.
    pub(crate) async fn find(&self, store: &Store, screen: &mut Screen) -> (Vec<Found>, Exit) {
        let (mut all, mut exit) = (Vec::new(), Exit::Done);
        let query = self.query();
        let mut found = store.cassette().find(&query);
        while let Some(found) = found.next().await {
            match found {
                Ok(found) => all.push(found),
                Err(error) => {
                    screen.warn(&error.chain());
                    exit = Exit::Failed;
                }
            }
        }
        (all, exit)
    }
}

/// Recordings that are named one by one, or found by conditions; all of them, if nothing is said.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Which {
    /// Recordings by their ids, or any ends of them that only one has
    #[arg(value_name = "ID")]
    ids: Vec<String>,

    #[command(flatten)]
    pub(crate) selection: Selection,
}

impl Which {
    /// Whether recordings are named one by one.
    pub(crate) fn names_some(&self) -> bool {
        !self.ids.is_empty()
    }

    /// Whether it leaves nothing out.
    pub(crate) fn is_everything(&self) -> bool {
        self.ids.is_empty() && self.selection.is_everything()
    }

    /// The recordings. What cannot be read is said, and makes the exit one of failure.
    pub(crate) async fn find(&self, store: &Store, screen: &mut Screen) -> Result<(Vec<Found>, Exit), Stop> {
        match (self.ids.is_empty(), self.selection.is_unsaid()) {
            (true, _) => Ok(self.selection.find(store, screen).await),
            (false, true) => Ok((self.named(store).await?, Exit::Done)),
            (false, false) => Err(Stop::new("ids and conditions exclude each other; give one of them")),
        }
    }

    async fn named(&self, store: &Store) -> Result<Vec<Found>, Stop> {
        let mut found: Vec<Found> = Vec::new();
        for text in &self.ids {
            let id = store.resolve(text).await?;
            if found.iter().all(|found| found.id != id) {
                found.push(store.listing().read_metadata(&id).await?);
            }
        }
        Ok(found)
    }
}

/// The same for what is better not done to all recordings by oversight: all have to be asked for.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Chosen {
    #[command(flatten)]
    which: Which,

    /// All recordings of the store
    #[arg(long)]
    all: bool,
}

impl Chosen {
    /// The recordings. None named and no condition given is refused.
    pub(crate) async fn find(&self, store: &Store, screen: &mut Screen) -> Result<(Vec<Found>, Exit), Stop> {
        match (self.which.is_everything(), self.all) {
            (true, false) => Err(Stop::new(
                "which recordings? name them by their ids, give conditions such as --category or --since, or say --all",
            )),
            (false, true) => Err(Stop::new("ids, conditions and --all exclude each other; give one of them")),
            _ => self.which.find(store, screen).await,
        }
    }
}
