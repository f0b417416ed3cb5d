//! Which element of one list is which of the other, where order does not matter.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet, VecDeque};

use playback_core::Value;
use playback_core::value::Path;

use super::elements::{Between, List, MOST_PAIRS, Step};
use super::fingerprint::hash;

/// Which element of one list is which of the other, whatever their order: equal ones first; then those that have the
/// same value at the path `by`, if there is one; and of those that have none the ones that resemble each other most.
///
/// Resemblance is looked at up to [`MOST_PAIRS`] pairs; where there are more, the elements are brought into the order
/// of their values, and paired in that.
pub(super) fn unordered(
    recorded: &List<'_, '_>,
    replayed: &List<'_, '_>,
    by: Option<&Path>,
    alike: &dyn Fn(usize, usize) -> bool,
) -> Vec<Step> {
    let between = Between::new(recorded, replayed, alike);
    let mut left = Left {
        steps: Vec::new(),
        old: (0..between.one.len()).collect(),
        new: (0..between.other.len()).collect(),
    };
    left.pair(|at| between.one.get(at).copied(), |at| between.other.get(at).copied());
    if let Some(by) = by {
        let key = |side: &List<'_, '_>, at: usize| {
            let value = side.values.get(at)?.get(by)?.without_some();
            (*value != Value::None).then(|| hash(value))
        };
        left.pair(|at| key(recorded, at), |at| key(replayed, at));
        left.give_up(|at| key(recorded, at).is_some(), |at| key(replayed, at).is_some());
    }
    left.resembling(&between, recorded, replayed);
    let Left { mut steps, old, new } = left;
    steps.extend(old.into_iter().map(Step::Removed));
    steps.extend(new.into_iter().map(Step::Added));
    steps.sort_by_key(Step::place);
    steps
}

/// Whether elements that belong together stand in another order.
pub(super) fn out_of_order(steps: &[Step]) -> bool {
    let there = steps.iter().filter_map(|step| match step {
        Step::Both(_, other) => Some(other),
        _ => None,
    });
    !there.is_sorted()
}

/// What has no counterpart yet.
struct Left {
    steps: Vec<Step>,
    old: Vec<usize>,
    new: Vec<usize>,
}

impl Left {
    /// Pairs those that have the same key, the first with the first.
    fn pair(&mut self, old_key: impl Fn(usize) -> Option<u64>, new_key: impl Fn(usize) -> Option<u64>) {
        let mut by_key: HashMap<u64, VecDeque<usize>> = HashMap::new();
        for at in &self.new {
            if let Some(key) = new_key(*at) {
                by_key.entry(key).or_default().push_back(*at);
            }
        }
        let (steps, mut paired) = (&mut self.steps, HashSet::new());
        self.old.retain(|at| {
            let other = old_key(*at).and_then(|key| by_key.get_mut(&key)?.pop_front());
            steps.extend(other.map(|other| Step::Both(*at, other)));
            paired.extend(other);
            other.is_none()
        });
        self.new.retain(|at| !paired.contains(at));
    }

    /// Takes out those that have a key and no counterpart.
    fn give_up(&mut self, old: impl Fn(usize) -> bool, new: impl Fn(usize) -> bool) {
        let (gone, old): (Vec<usize>, _) = self.old.iter().partition(|at| old(**at));
        let (arrived, new): (Vec<usize>, _) = self.new.iter().partition(|at| new(**at));
        (self.old, self.new) = (old, new);
        self.steps.extend(gone.into_iter().map(Step::Removed));
        self.steps.extend(arrived.into_iter().map(Step::Added));
    }

    fn resembling(&mut self, between: &Between<'_>, recorded: &List<'_, '_>, replayed: &List<'_, '_>) {
        let pairs: Vec<(usize, usize)> = if self.old.len().saturating_mul(self.new.len()) <= MOST_PAIRS {
            let resemblance = between.resemblance(&self.old, &self.new);
            let mut pairs: Vec<(Reverse<u64>, usize, usize)> = Vec::new();
            for (at, row) in self.old.iter().zip(&resemblance) {
                pairs.extend(self.new.iter().zip(row).map(|(other, worth)| (Reverse(*worth), *at, *other)));
            }
            // The most alike first, and of those as much alike the first.
            pairs.sort_unstable();
            pairs.into_iter().map(|(_, at, other)| (at, other)).collect()
        } else {
            self.old.sort_by_key(|at| recorded.values.get(*at));
            self.new.sort_by_key(|at| replayed.values.get(*at));
            self.old.iter().copied().zip(self.new.iter().copied()).collect()
        };
        let (mut gone, mut arrived) = (HashSet::new(), HashSet::new());
        for (at, other) in pairs {
            if !gone.contains(&at) && arrived.insert(other) {
                gone.insert(at);
                self.steps.push(Step::Both(at, other));
            }
        }
        self.old.retain(|at| !gone.contains(at));
        self.new.retain(|at| !arrived.contains(at));
        self.old.sort_unstable();
        self.new.sort_unstable();
    }
}
