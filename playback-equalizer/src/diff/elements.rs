//! What can be brought together: the elements of two lists, or the outputs of two runs.

use playback_core::Value;

use super::fingerprint::{common, fingerprint, leaves};
use crate::rules::{Lens, Way};

/// The elements of one side, as far as bringing them together needs to know them.
pub(crate) trait Elements {
    /// How many there are.
    fn count(&self) -> usize;

    /// The same number for elements that mean the same.
    fn fingerprint(&self, at: usize) -> u64;

    /// What an element is made of, sorted.
    fn leaves(&self, at: usize) -> Vec<u64>;
}

/// The elements of a list.
pub(super) struct List<'a, 'r> {
    pub(super) values: &'a [Value],
    pub(super) lens: &'a Lens<'r>,
}

impl Elements for List<'_, '_> {
    fn count(&self) -> usize {
        self.values.len()
    }

    fn fingerprint(&self, at: usize) -> u64 {
        self.values.get(at).map_or(0, |value| fingerprint(value, &self.lens.step(Way::Index(at))))
    }

    fn leaves(&self, at: usize) -> Vec<u64> {
        self.values.get(at).map(|value| leaves(value, &self.lens.step(Way::Index(at)))).unwrap_or_default()
    }
}

/// What becomes of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// It is on both sides, here and there, the same or changed.
    Both(usize, usize),
    /// It is on both sides, here and there, the same but out of order.
    Moved(usize, usize),
    /// It was recorded, and is gone.
    Removed(usize),
    /// It was not recorded.
    Added(usize),
}

impl Step {
    /// What steps are ordered by: the order of what was recorded, and what was added last.
    pub(super) fn place(&self) -> (bool, usize) {
        match self {
            Self::Both(at, _) | Self::Moved(at, _) | Self::Removed(at) => (false, *at),
            Self::Added(at) => (true, *at),
        }
    }
}

/// Two sides, and what was found out of them.
pub(super) struct Between<'a> {
    pub(super) recorded: &'a dyn Elements,
    pub(super) replayed: &'a dyn Elements,
    /// Whether rules make two elements the same, as far as that does not show in their fingerprints.
    pub(super) alike: &'a dyn Fn(usize, usize) -> bool,
    pub(super) one: Vec<u64>,
    pub(super) other: Vec<u64>,
}

impl<'a> Between<'a> {
    pub(super) fn new(
        recorded: &'a dyn Elements,
        replayed: &'a dyn Elements,
        alike: &'a dyn Fn(usize, usize) -> bool,
    ) -> Self {
        let fingerprints =
            |side: &dyn Elements| (0..side.count()).map(|at| side.fingerprint(at)).collect::<Vec<_>>();
        let (one, other) = (fingerprints(recorded), fingerprints(replayed));
        Self { recorded, replayed, alike, one, other }
    }

    /// How much two elements differ: from 0 for equal ones to 1,000 for such as have nothing in common.
    pub(super) fn difference(&self, at: usize, other: usize) -> u64 {
        if self.one.get(at) == self.other.get(other) || (self.alike)(at, other) {
            return 0;
        }
        (1_000 - common(&self.recorded.leaves(at), &self.replayed.leaves(other))).max(1)
    }

    /// How much each of some recorded elements resembles each of some replayed ones: from 0 to 1,000, in a row for
    /// each recorded one.
    pub(super) fn resemblance(&self, old: &[usize], new: &[usize]) -> Vec<Vec<u64>> {
        let new_leaves: Vec<Vec<u64>> = new.iter().map(|at| self.replayed.leaves(*at)).collect();
        let row = |at: &usize| {
            let leaves = self.recorded.leaves(*at);
            let with = |(other, other_leaves): (&usize, &Vec<u64>)| {
                if (self.alike)(*at, *other) { 1_000 } else { common(&leaves, other_leaves) }
            };
            new.iter().zip(&new_leaves).map(with).collect()
        };
        old.iter().map(row).collect()
    }
}

/// How many pairs of changed elements are looked at to find out which resemble each other.
pub(super) const MOST_PAIRS: usize = 10_000;
