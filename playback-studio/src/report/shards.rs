//! Which part of the recordings a report is of.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::words;
use crate::Shard;

/// How many shards are named where some are missing.
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Shards {
    /// In order; the whole is `1/1`, and what is known of nothing is empty.
    #[serde(with = "words::texts")]
    played: Vec<Shard>,
}

impl Shards {
    /// The one that was played.
    #[must_use]
    pub fn of(shard: Shard) -> Self {
        Self { played: vec![shard] }
    }

    /// Takes in those of another report. All parts of a whole are the whole.
    pub fn merge(&mut self, other: Self) {
        self.played.extend(other.played);
        self.played.sort();
        for of in self.divisions() {
            while Shard::all(of).all(|shard| self.played.contains(&shard)) {
                for shard in Shard::all(of) {
                    let at = self.played.iter().position(|played| *played == shard);
                    at.map(|at| self.played.remove(at));
                }
                self.played.insert(0, Shard::WHOLE);
            }
        }
        // Two whole runs are of different categories, or of different stores.
        self.played.dedup_by(|one, other| one == other && *one == Shard::WHOLE);
    }

    /// The shards, in order; more than once those that were merged more than once. Of a run that was not divided, and
    /// where all were merged, it is 1/1.
    pub fn iter(&self) -> impl Iterator<Item = Shard> {
        self.played.iter().copied()
    }

    /// Whether no shard is missing, as far as it is known.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.missing().next().is_none()
    }

    /// The shards that are needed for the whole and are not there.
    pub fn missing(&self) -> impl Iterator<Item = Shard> {
        let divisions = if self.has_whole() { Vec::new() } else { self.divisions() };
        divisions.into_iter().flat_map(Shard::all).filter(|shard| !self.played.contains(shard))
    }

    /// The shards whose recordings others have as well, each once: those that were merged more than once.
    pub fn doubled(&self) -> impl Iterator<Item = Shard> {
        let mut times: BTreeMap<Shard, usize> = BTreeMap::new();
        self.iter().for_each(|shard| *times.entry(shard).or_default() += 1);
        let is_doubled = |shard: Shard, times| shard != Shard::WHOLE && (times > 1 || self.has_whole());
        times.into_iter().filter(move |(shard, times)| is_doubled(*shard, *times)).map(|(shard, _)| shard)
    }

    fn has_whole(&self) -> bool {
        self.played.contains(&Shard::WHOLE)
    }

    /// Into how many parts the recordings were divided, by those who played one.
    fn divisions(&self) -> Vec<u32> {
        let mut divisions: Vec<u32> = self.iter().map(|shard| shard.of()).filter(|of| *of > 1).collect();
        divisions.sort_unstable();
        divisions.dedup();
        divisions
    }
}

/// `1/8, 2/8`.
impl fmt::Display for Shards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&listed(self.iter()))
    }
}

/// Shards by their names, not too many: of four billion, one may be there.
pub(crate) fn listed(mut shards: impl Iterator<Item = Shard>) -> String {
    let names: Vec<String> = shards.by_ref().take(NAMED).map(|shard| shard.to_string()).collect();
    names.join(", ") + if shards.next().is_some() { " and more" } else { "" }
}
