//! The comparator that compares everything.

use std::collections::{HashMap, VecDeque};

use playback_core::OutputKey;
use playback_core::value::Path;

use crate::comparator::{Comparator, Sides};
use crate::diff::{Diff, diff, diff_arguments};
use crate::{Change, Difference, Extracted, Part, Status, Verdict};

/// Compares all that was extracted, field by field. The comparator where no other is given.
///
/// Outputs are compared with those of the same [`OutputKey`]; what is left over of an alias is compared in
/// its order, so that an output that was moved to a task of its own is the same output. Where one side
/// failed and the other did not, the verdict is [`Status::Fixed`] or [`Status::Failed`].
///
/// ```
/// # use playback_core::Value;
/// use playback_equalizer::{Comparator, Extracted, Sides, Status, Structural};
///
/// let recorded = Extracted::from(Value::fields_of([("total", Value::from(4_200))]));
/// let replayed = Extracted::from(Value::fields_of([("total", Value::from(3_990))]));
/// let verdict = Structural::new().compare(&Sides::new(&recorded, &replayed));
/// assert_eq!(verdict.status, Status::Different);
/// assert_eq!(verdict.differences[0].to_string(), "~ total: 4200 -> 3990");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Structural {
    most: usize,
}

impl Structural {
    /// Differences that are listed of one comparison, unless [`most`](Self::most) says otherwise.
    pub const DEFAULT_MOST: usize = 100;

    /// A comparator that lists up to [`DEFAULT_MOST`](Self::DEFAULT_MOST) differences.
    #[must_use]
    pub fn new() -> Self {
        Self { most: Self::DEFAULT_MOST }
    }

    /// How many differences are listed of one comparison; more are counted only.
    #[must_use]
    pub fn most(mut self, most: usize) -> Self {
        self.most = most;
        self
    }
}

impl Default for Structural {
    fn default() -> Self {
        Self::new()
    }
}

impl Comparator for Structural {
    fn compare(&self, sides: &Sides<'_>) -> Verdict {
        let mut found = Diff::default();
        for pair in pairs(sides.recorded, sides.replayed) {
            found.take(pair.differences(self.most.saturating_sub(found.differences.len())), self.most);
        }
        let verdict = match (sides.recorded_failed, sides.replayed_failed) {
            (true, false) => {
                Verdict::new(Status::Fixed).with_message("the recorded run failed, and the replay did not")
            }
            (false, true) => {
                Verdict::new(Status::Failed).with_message("the replay failed, and the recorded run did not")
            }
            _ if found == Diff::default() => Verdict::new(Status::Equal),
            _ => Verdict::new(Status::Different).with_message(count(found.differences.len() + found.omitted)),
        };
        Verdict { omitted: found.omitted, ..verdict.with_differences(found.differences) }
    }
}

fn count(differences: usize) -> String {
    if differences == 1 { "1 difference".to_owned() } else { format!("{differences} differences") }
}

/// Two parts that belong together, or one that has no counterpart.
struct Pair<'a> {
    recorded: Option<&'a Part>,
    replayed: Option<&'a Part>,
}

impl Pair<'_> {
    fn differences(&self, most: usize) -> Diff {
        let Some(part) = self.replayed.or(self.recorded) else { return Diff::default() };
        let mut found = match (self.recorded, self.replayed) {
            (Some(recorded), Some(replayed)) => match &part.argument_names {
                Some(names) => diff_arguments(&recorded.value, &replayed.value, names, most),
                None => diff(&recorded.value, &replayed.value, most),
            },
            (Some(recorded), None) => Diff::of(Change::OutputMissing { recorded: recorded.value.clone() }),
            (None, Some(replayed)) => Diff::of(Change::OutputAdded { replayed: replayed.value.clone() }),
            (None, None) => Diff::default(),
        };
        for difference in &mut found.differences {
            difference.output.clone_from(&part.output);
            let inside = difference.path.segments().iter();
            difference.path = part.path.segments().iter().chain(inside).cloned().collect();
        }
        found
    }
}

impl Diff {
    fn of(change: Change) -> Self {
        Self { differences: vec![Difference::new(Path::root(), change)], omitted: 0 }
    }

    fn take(&mut self, other: Self, most: usize) {
        let room = most.saturating_sub(self.differences.len());
        self.omitted += other.omitted + other.differences.len().saturating_sub(room);
        self.differences.extend(other.differences.into_iter().take(room));
    }
}

/// Brings together what belongs together, in the order of the recording and then of the replay.
fn pairs<'a>(recorded: &'a Extracted, replayed: &'a Extracted) -> Vec<Pair<'a>> {
    if let (Extracted::One(recorded), Extracted::One(replayed)) = (recorded, replayed) {
        return vec![Pair { recorded: Some(recorded), replayed: Some(replayed) }];
    }
    let mut left = Left::new(replayed.parts());
    // Those of the same key first, so that none is taken by one that merely has its alias.
    let exact: Vec<_> = recorded.parts().iter().map(|part| left.take_exact(part)).collect();
    let mut pairs: Vec<Pair<'_>> = recorded
        .parts()
        .iter()
        .zip(exact)
        .map(|(part, exact)| Pair { recorded: Some(part), replayed: exact.or_else(|| left.take_alike(part)) })
        .collect();
    pairs.extend(left.rest().map(|part| Pair { recorded: None, replayed: Some(part) }));
    pairs
}

/// The parts of one side that have no counterpart yet.
struct Left<'a> {
    parts: Vec<Option<&'a Part>>,
    by_key: HashMap<(Option<&'a OutputKey>, &'a Path), VecDeque<usize>>,
    by_alias: HashMap<Option<&'a str>, VecDeque<usize>>,
}

impl<'a> Left<'a> {
    fn new(parts: &'a [Part]) -> Self {
        let mut left = Self { parts: Vec::new(), by_key: HashMap::new(), by_alias: HashMap::new() };
        for (at, part) in parts.iter().enumerate() {
            left.parts.push(Some(part));
            left.by_key.entry((part.output.as_ref(), &part.path)).or_default().push_back(at);
            left.by_alias.entry(alias(part)).or_default().push_back(at);
        }
        left
    }

    /// The first with the same key.
    fn take_exact(&mut self, part: &'a Part) -> Option<&'a Part> {
        first(&mut self.parts, self.by_key.get_mut(&(part.output.as_ref(), &part.path))?)
    }

    /// The first with the same alias.
    fn take_alike(&mut self, part: &'a Part) -> Option<&'a Part> {
        first(&mut self.parts, self.by_alias.get_mut(&alias(part))?)
    }

    fn rest(self) -> impl Iterator<Item = &'a Part> {
        self.parts.into_iter().flatten()
    }
}

fn alias(part: &Part) -> Option<&str> {
    part.output.as_ref().map(|output| output.alias.as_str())
}

/// Takes the first that is not taken.
fn first<'a>(parts: &mut [Option<&'a Part>], positions: &mut VecDeque<usize>) -> Option<&'a Part> {
    std::iter::from_fn(|| positions.pop_front()).find_map(|at| parts.get_mut(at)?.take())
}
