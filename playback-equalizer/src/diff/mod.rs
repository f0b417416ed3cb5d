//! Where two values differ.

mod align;
mod elements;
mod fingerprint;
mod keyed;
mod unordered;
mod walk;

use playback_core::Value;

use crate::Rules;
use crate::difference::Difference;
use crate::rules::{Lens, Number};

pub(crate) use align::align;
pub(crate) use elements::{Elements, Step};
pub(crate) use fingerprint::{fingerprint, leaves};
pub(crate) use walk::{Reading, argument, compare};

/// Where two values differ, and how many more places there are than were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diff {
    /// The differences, in the order of the values.
    pub differences: Vec<Difference>,
    /// How many more there are.
    pub omitted: usize,
}

impl Diff {
    /// How many differences there are, listed or not.
    #[must_use]
    pub fn count(&self) -> usize {
        self.differences.len() + self.omitted
    }
}

/// Where two values differ, `most` places at the most.
///
/// Fields and map entries are compared by their names and keys, whatever their order; where a key is there more than
/// once, the first with the first, the second with the second, and so on. Lists are aligned, so that one inserted element is
/// one difference, and so is one that moved. Where lists are so long and so different that the best alignment would take
/// long to find, a good one is taken: see the crate `similar`, whose bounded form of
/// Myers' algorithm it is. Where more than a hundred changed elements stand together on both sides, they are
/// paired as they stand.
///
/// ```
/// # use playback_core::Value;
/// use playback_equalizer::diff;
///
/// let recorded = Value::of(&["bread", "milk", "tea"])?;
/// let replayed = Value::of(&["bread", "jam", "milk", "tea"])?;
/// let diff = diff(&recorded, &replayed, 100);
/// assert_eq!(diff.differences.len(), 1);
/// assert_eq!(diff.differences[0].to_string(), r#"+ [1]: "jam""#);
/// # Ok::<(), playback_core::value::EncodeError>(())
/// ```
#[must_use]
pub fn diff(recorded: &Value, replayed: &Value, most: usize) -> Diff {
    compare::<&str>(recorded, replayed, None, &Lens::default(), most, Reading::Plainly).diff
}

/// Where two values differ, `most` places at the most, but for what the rules say does not matter.
///
/// There are never more differences than without the rules. What the rules forgave is counted, see [`Rules::usage`];
/// rules for a category or an output only are not used.
#[must_use]
pub fn diff_with(recorded: &Value, replayed: &Value, rules: &Rules, most: usize) -> Diff {
    let lens = Lens::at_root(rules, None, None);
    let found = Found::best(rules, |reading| compare::<&str>(recorded, replayed, None, &lens, most, reading));
    for value in [recorded, replayed] {
        rules.look_for(value, |missing| Lens::at_root(missing, None, None));
    }
    rules.count(&found.forgave);
    found.diff
}

/// Where the arguments of two calls differ: as [`diff`], but that they are compared one by one, and stand
/// under their names, as far as these are known.
///
/// ```
/// # use playback_core::Value;
/// use playback_equalizer::diff_arguments;
///
/// let (recorded, replayed) = (Value::of(&(7, "tea"))?, Value::of(&(7, "jam"))?);
/// let diff = diff_arguments(&recorded, &replayed, &["customer", "article"], 100);
/// assert_eq!(diff.differences[0].to_string(), r#"~ article: "tea" -> "jam""#);
/// # Ok::<(), playback_core::value::EncodeError>(())
/// ```
#[must_use]
pub fn diff_arguments(recorded: &Value, replayed: &Value, names: &[impl AsRef<str>], most: usize) -> Diff {
    compare(recorded, replayed, Some(names), &Lens::default(), most, Reading::Plainly).diff
}

/// What a comparison found, and what rules kept it from finding.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) diff: Diff,
    /// In how many places each rule made different values the same.
    pub(crate) forgave: Vec<u64>,
}

impl Found {
    /// What a comparison finds with lists read by the rules, or without where that finds less: so that rules never
    /// make more differences.
    pub(crate) fn best(rules: &Rules, read: impl Fn(Reading) -> Self) -> Self {
        if rules.is_empty() {
            return read(Reading::Plainly);
        }
        let by_rules = read(Reading::ByRules);
        if by_rules.diff.count() == 0 {
            return by_rules;
        }
        let plainly = read(Reading::Plainly);
        if plainly.diff.count() < by_rules.diff.count() { plainly } else { by_rules }
    }

    /// Counts what a rule forgave.
    pub(crate) fn forgave(&mut self, rule: Number) {
        if self.forgave.len() <= rule {
            self.forgave.resize(rule + 1, 0);
        }
        if let Some(places) = self.forgave.get_mut(rule) {
            *places += 1;
        }
    }

    /// Adds what was found elsewhere, and lists no more than `most` in all.
    pub(crate) fn take(&mut self, other: Self, most: usize) {
        let room = most.saturating_sub(self.diff.differences.len());
        self.diff.omitted += other.diff.omitted + other.diff.differences.len().saturating_sub(room);
        self.diff.differences.extend(other.diff.differences.into_iter().take(room));
        if self.forgave.len() < other.forgave.len() {
            self.forgave.resize(other.forgave.len(), 0);
        }
        self.forgave.iter_mut().zip(other.forgave).for_each(|(all, more)| *all += more);
    }
}
