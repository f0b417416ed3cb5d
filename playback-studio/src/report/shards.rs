//! Which part of the recordings a report is of.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Shard;

/// How many shards or categories are named where some are missing.
const NAMED: usize = 20;

/// The shards that a report was merged of, so that one that is missing does not go unnoticed.
///
/// ```
/// use playback_studio::Shards;
///
/// let mut shards = Shards::of("1/3".parse()?);
/// shards.merge(Shards::of("3/3".parse()?));
/// assert_eq!(shards.missing().map(|shard| shard.to_string()).collect::<Vec<_>>(), ["2/3"]);
/// shards.merge(Shards::of("2/3".parse()?));
/// assert!(shards.is_complete());
/// # Ok::<(), playback_studio::InvalidShard>(())
/// ```
///
/// A report knows them of each of its categories, so that of several runs with categories of their own one that has all
/// its shards does not hide that another has not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Shards {
    /// Of all that was merged.
    #[serde(rename = "shards")]
    all: Parts,
    /// The same of what has a category: each shard of a run names all categories of the run.
    #[serde(rename = "category_shards", skip_serializing_if = "BTreeMap::is_empty")]
    of_categories: BTreeMap<String, Parts>,
}

impl Shards {
    /// The one that was played.
    #[must_use]
    pub fn of(shard: Shard) -> Self {
        Self { all: [shard].into_iter().collect(), of_categories: BTreeMap::new() }
    }

    /// What a report says of itself. One of before shards were kept by category is of one run.
    pub(super) fn read<'c>(
        all: Parts,
        of_categories: BTreeMap<String, Parts>,
        categories: impl Iterator<Item = &'c str>,
    ) -> Self {
        let mut read = Self { all, of_categories };
        if read.of_categories.is_empty() {
            categories.for_each(|category| read.play(category));
        }
        read
    }

    /// Notes that the shard has a category.
    pub(super) fn play(&mut self, category: &str) {
        if !self.all.is_empty() && !self.of_categories.contains_key(category) {
            self.of_categories.insert(category.to_owned(), self.all.clone());
        }
    }

    /// Takes in those of another report. All parts of a whole are the whole.
    pub fn merge(&mut self, other: Self) {
        self.all.merge(other.all);
        for (category, parts) in other.of_categories {
            self.of_categories.entry(category).or_default().merge(parts);
        }
    }

    /// The shards, in order; more than once those that were merged more than once. Of a run that was not divided, and
    /// where all were merged, it is 1/1.
    pub fn iter(&self) -> impl Iterator<Item = Shard> {
        self.all.iter()
    }

    /// Whether no shard of any category is missing, as far as it is known.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.lists().all(Parts::is_complete)
    }

    /// The shards that are needed for the whole of each category and are not there.
    pub fn missing(&self) -> impl Iterator<Item = Shard> {
        let incomplete = self.lists().filter(|parts| !parts.is_complete());
        let incomplete: Vec<_> = incomplete.map(|parts| (parts.divisions(), parts)).collect();
        let divisions: BTreeSet<u32> =
            incomplete.iter().flat_map(|(divisions, _)| divisions).copied().collect();
        let is_missing = move |shard: &Shard| {
            incomplete
                .iter()
                .any(|(divisions, parts)| divisions.contains(&shard.of()) && !parts.contains(*shard))
        };
        divisions.into_iter().flat_map(Shard::all).filter(is_missing)
    }

    /// The categories of which shards are missing, in alphabetical order.
    pub fn incomplete(&self) -> impl Iterator<Item = &str> {
        let incomplete = self.of_categories.iter().filter(|(_, parts)| !parts.is_complete());
        incomplete.map(|(category, _)| category.as_str())
    }

    /// The shards whose recordings others have as well, each once: those that were merged more than once.
    pub fn doubled(&self) -> impl Iterator<Item = Shard> {
        self.lists().flat_map(Parts::doubled).collect::<BTreeSet<_>>().into_iter()
    }

    /// What has to be complete: of all categories, where there are any.
    fn lists(&self) -> impl Iterator<Item = &Parts> {
        let all = Some(&self.all).filter(|_| self.of_categories.is_empty());
        all.into_iter().chain(self.of_categories.values())
    }
}

/// Shards in order, and how often each is there. The whole is `1/1`, and what is known of nothing is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Parts(BTreeMap<Shard, usize>);

impl FromIterator<Shard> for Parts {
    fn from_iter<I: IntoIterator<Item = Shard>>(shards: I) -> Self {
        let mut parts = Self::default();
        shards.into_iter().for_each(|shard| parts.add(shard, 1));
        parts
    }
}

impl Parts {
    fn add(&mut self, shard: Shard, times: usize) {
        *self.0.entry(shard).or_default() += times;
    }

    /// All parts of a division together are the whole.
    fn merge(&mut self, other: Self) {
        other.0.into_iter().for_each(|(shard, times)| self.add(shard, times));
        let all: Vec<(Shard, usize)> = std::mem::take(&mut self.0).into_iter().collect();
        for division in all.chunk_by(|(one, _), (next, _)| one.of() == next.of()) {
            let is_whole =
                division.first().map(|(shard, _)| shard.of()) == u32::try_from(division.len()).ok();
            let wholes = division.iter().map(|(_, times)| *times).min().filter(|_| is_whole).unwrap_or(0);
            if wholes > 0 {
                // Two whole runs are of different stores.
                self.0.insert(Shard::WHOLE, 1);
            }
            let left = division.iter().map(|(shard, times)| (*shard, times - wholes));
            self.0.extend(left.filter(|(_, times)| *times > 0));
        }
    }

    fn iter(&self) -> impl Iterator<Item = Shard> {
        self.0.iter().flat_map(|(shard, times)| std::iter::repeat_n(*shard, *times))
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn contains(&self, shard: Shard) -> bool {
        self.0.contains_key(&shard)
    }

    fn has_whole(&self) -> bool {
        self.contains(Shard::WHOLE)
    }

    /// Where a division has all parts, they are the whole.
    fn is_complete(&self) -> bool {
        self.has_whole() || self.is_empty()
    }

    /// Into how many parts the recordings were divided, by those who played one.
    fn divisions(&self) -> BTreeSet<u32> {
        self.0.keys().map(Shard::of).filter(|of| *of > 1).collect()
    }

    fn doubled(&self) -> impl Iterator<Item = Shard> {
        let is_doubled = |shard: Shard, times| shard != Shard::WHOLE && (times > 1 || self.has_whole());
        self.0.iter().filter(move |(shard, times)| is_doubled(**shard, **times)).map(|(shard, _)| *shard)
    }
}

/// A list of texts.
impl Serialize for Parts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(|shard| shard.to_string()))
    }
}

impl<'de> Deserialize<'de> for Parts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        texts.iter().map(|text| text.parse().map_err(de::Error::custom)).collect()
    }
}

/// `1/8, 2/8`.
impl fmt::Display for Shards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&listed(self.iter()))
    }
}

/// Shards, or categories, by their names, not too many: of four billion shards, one may be there.
pub(crate) fn listed(mut named: impl Iterator<Item: fmt::Display>) -> String {
    let names: Vec<String> = named.by_ref().take(NAMED).map(|one| one.to_string()).collect();
    names.join(", ") + if named.next().is_some() { " and more" } else { "" }
}
