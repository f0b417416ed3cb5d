//! Which recordings to look for, and in which order.

use std::fmt;
use std::ops::{Bound, RangeBounds};
use std::time::SystemTime;

use playback_core::{Metadata, RecordingId};

use crate::timestamp::{to_day, to_text};
use crate::{Condition, Filter};

/// Which recordings to look for: all complete ones, until told otherwise.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use playback_cassette::{Order, Query};
///
/// let end = SystemTime::UNIX_EPOCH + Duration::from_secs(1_769_817_600);
/// let week = end - Duration::from_secs(7 * 86_400);
/// let query = Query::since(week).until(end).category("Checkout").order(Order::NewestFirst).limit(100);
/// assert_eq!(
///     query.to_string(),
///     "of `Checkout`, since 2026-01-24, before 2026-01-31, at most 100, newest first"
/// );
/// ```
///
/// It is shown in words, which are for people and not read back.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    categories: Vec<String>,
    from: Bound<SystemTime>,
    to: Bound<SystemTime>,
    limit: Option<usize>,
    order: Order,
    include_incomplete: bool,
    filters: Vec<Filter>,
    /// What categories begin with that filters are not to see.
    hidden: String,
}

/// In which order recordings are found.
///
/// Times are those in the ids: ids of one day sort by the millisecond in which the operation began, over
/// all categories together, and recordings of one millisecond by the rest of their ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Order {
    /// The newest of the newest day, then the newest of the day before, and so on over all days; then the
    /// second of each day. A limit cuts a fair sample of all days. A recording that does not match takes its
    /// day's turn all the same.
    #[default]
    DaysInTurn,
    /// From the newest to the oldest.
    NewestFirst,
    /// From the oldest to the newest.
    OldestFirst,
    /// A random one of a random day, then one of the next random day, as
    /// [`DaysInTurn`](Self::DaysInTurn) does it; the same seed gives the same order as long as the
    /// recordings are the same.
    Random {
        /// What the order is drawn from.
        seed: u64,
    },
}

impl Query {
    /// All complete recordings.
    #[must_use]
    pub fn new() -> Self {
        Self {
            categories: Vec::new(),
            from: Bound::Unbounded,
            to: Bound::Unbounded,
            limit: None,
            order: Order::default(),
            include_incomplete: false,
            filters: Vec::new(),
            hidden: String::new(),
        }
    }

    /// All complete recordings made at `from` or later.
    #[must_use]
    pub fn since(from: SystemTime) -> Self {
        Self::new().recorded(from..)
    }

    /// Only those made before `to`.
    #[must_use]
    pub fn until(mut self, to: SystemTime) -> Self {
        self.to = Bound::Excluded(to);
        self
    }

    /// Only those made in `period`, in place of any that was said before.
    #[must_use]
    pub fn recorded(mut self, period: impl RangeBounds<SystemTime>) -> Self {
        self.from = period.start_bound().cloned();
        self.to = period.end_bound().cloned();
        self
    }

    /// Only those of this category, or of one of those that were named before.
    #[must_use]
    pub fn category(self, category: impl Into<String>) -> Self {
        self.categories([category])
    }

    /// Only those of these categories, or of those that were named before. Naming none leaves it at all.
    #[must_use]
    pub fn categories(mut self, categories: impl IntoIterator<Item = impl Into<String>>) -> Self {
        for category in categories.into_iter().map(Into::into) {
            if !self.categories.contains(&category) {
                self.categories.push(category);
            }
        }
        self
    }

    /// Only those of these categories, of which there is one at least, whatever was named before.
    pub(crate) fn in_categories(mut self, categories: Vec<String>) -> Self {
        self.categories = categories;
        self
    }

    /// Hides `prefix`, which the categories that are asked for begin with, from the filters.
    pub(crate) fn hiding(mut self, prefix: &str) -> Self {
        self.hidden.insert_str(0, prefix);
        self
    }

    /// At most this many, over all categories and days together.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }

    /// In this order.
    #[must_use]
    pub fn order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// Whether to find recordings of operations that did not come to their end, too. They are left out
    /// otherwise, unless a filter asks for `incomplete`.
    #[must_use]
    pub fn include_incomplete(mut self, include: bool) -> Self {
        self.include_incomplete = include;
        self
    }

    /// Only those whose metadata field `name` meets `condition`, which is a value to equal or a [`Condition`].
    /// [`Filter`] says which fields there are. All conditions have to be met, also several of one field.
    #[must_use]
    pub fn field(self, name: impl Into<String>, condition: impl Into<Condition>) -> Self {
        self.filter(Filter::new(name, condition))
    }

    /// Only those that a filter matches, and all that were given before.
    #[must_use]
    pub fn filter(self, filter: Filter) -> Self {
        self.filters([filter])
    }

    /// Only those that all of these filters match, and all that were given before:
    /// [`Filter::parse_list`] reads them from text.
    #[must_use]
    pub fn filters(mut self, filters: impl IntoIterator<Item = Filter>) -> Self {
        self.filters.extend(filters);
        self
    }

    /// The categories asked for; empty for all.
    #[must_use]
    pub fn category_names(&self) -> &[String] {
        &self.categories
    }

    /// How many are wanted at most.
    #[must_use]
    pub fn max(&self) -> Option<usize> {
        self.limit
    }

    /// Whether a recording belongs to what is asked for, limit aside. Every cassette asks here.
    #[must_use]
    pub fn matches(&self, id: &RecordingId, metadata: &Metadata) -> bool {
        (self.categories.is_empty() || self.categories.iter().any(|category| category == id.category()))
            && (self.from, self.to).contains(&metadata.recorded_at)
            && (!metadata.incomplete || self.reaches_incomplete())
            && self.meets_filters(id, metadata)
    }

    fn meets_filters(&self, id: &RecordingId, metadata: &Metadata) -> bool {
        let shown = match id.category().strip_prefix(&self.hidden) {
            Some(category) if !self.hidden.is_empty() => {
                RecordingId::new(category, id.day(), id.unique()).ok()
            }
            _ => None,
        };
        let id = shown.as_ref().unwrap_or(id);
        self.filters.iter().all(|filter| filter.matches(id, metadata))
    }

    fn reaches_incomplete(&self) -> bool {
        self.include_incomplete || self.filters.iter().any(|filter| filter.field() == "incomplete")
    }

    /// Whether recordings of a day, as [`RecordingId::day`] has it, can belong to what is asked for: the
    /// other days need not be listed.
    #[must_use]
    pub fn reaches_day(&self, day: &str) -> bool {
        // A time outside of the years that ids have bounds nothing.
        let first = bound_time(self.from).and_then(to_day);
        let last = bound_time(self.to).and_then(to_day);
        first.is_none_or(|first| day >= first.as_str()) && last.is_none_or(|last| day <= last.as_str())
    }

    /// Whether days give one recording at a time, in turn; otherwise a day gives all it has.
    #[must_use]
    pub fn takes_turns(&self) -> bool {
        matches!(self.order, Order::DaysInTurn | Order::Random { .. })
    }

    /// Puts days into the order in which they are to be listed.
    pub fn sort_days(&self, days: &mut [String]) {
        self.sort_by(days, |day| day.clone(), 0);
    }

    /// Puts the recordings of one day, all categories together, into the order in which they are to be found.
    pub fn sort_day(&self, ids: &mut [RecordingId]) {
        let salt = ids.first().and_then(|id| id.day().parse().ok()).unwrap_or(0);
        self.sort_by(ids, |id| (id.unique().to_owned(), id.category().to_owned()), salt);
    }

    /// `salt` makes random orders of several lists independent of one another.
    fn sort_by<T, K: Ord>(&self, items: &mut [T], key: impl Fn(&T) -> K, salt: u64) {
        items.sort_by_cached_key(key);
        match self.order {
            Order::OldestFirst => {}
            Order::DaysInTurn | Order::NewestFirst => items.reverse(),
            Order::Random { seed } => fastrand::Rng::with_seed(seed ^ salt.rotate_left(32)).shuffle(items),
        }
    }
}

impl Default for Query {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if !self.categories.is_empty() {
            let named: Vec<_> = self.categories.iter().map(|category| format!("`{category}`")).collect();
            parts.push(format!("of {}", named.join(" or ")));
        }
        match self.from {
            Bound::Included(from) => parts.push(format!("since {}", moment(from))),
            Bound::Excluded(from) => parts.push(format!("after {}", moment(from))),
            Bound::Unbounded => {}
        }
        match self.to {
            Bound::Included(to) => parts.push(format!("up to {}", moment(to))),
            Bound::Excluded(to) => parts.push(format!("before {}", moment(to))),
            Bound::Unbounded => {}
        }
        if !self.filters.is_empty() {
            let filters: Vec<_> = self.filters.iter().map(Filter::to_string).collect();
            parts.push(filters.join(" and "));
        }
        if self.include_incomplete {
            parts.push("incomplete ones too".to_owned());
        }
        parts.extend(self.limit.map(|limit| format!("at most {limit}")));
        match self.order {
            Order::DaysInTurn => {}
            Order::NewestFirst => parts.push("newest first".to_owned()),
            Order::OldestFirst => parts.push("oldest first".to_owned()),
            Order::Random { seed } => parts.push(format!("in random order of seed {seed}")),
        }
        if parts.is_empty() { f.write_str("all complete ones") } else { f.write_str(&parts.join(", ")) }
    }
}

/// A time as people write it: a day where one begins.
fn moment(time: SystemTime) -> String {
    let Some(text) = to_text(time) else { return format!("{time:?}") };
    text.strip_suffix("T00:00:00Z").map_or_else(|| text.clone(), str::to_owned)
}

fn bound_time(bound: Bound<SystemTime>) -> Option<SystemTime> {
    match bound {
        Bound::Included(time) | Bound::Excluded(time) => Some(time),
        Bound::Unbounded => None,
    }
}
