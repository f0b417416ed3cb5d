//! Which element of one list is which of the other.

use std::ops::Range;

use playback_core::Value;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::fingerprint::{common, fingerprint, leaves};

/// How many pairs of changed elements are looked at to find out which resemble each other; where there are
/// more, they are paired as they stand.
const MOST_PAIRS: usize = 10_000;

/// What becomes of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It is on both sides, here and there, the same or changed.
    Both(usize, usize),
    /// It was recorded, and is gone.
    Removed(usize),
    /// It was not recorded.
    Added(usize),
}

/// Which element of one list is which of the other: equal ones first, and between those the ones that
/// resemble each other most.
pub(super) fn align(recorded: &[Value], replayed: &[Value]) -> Vec<Step> {
    let one: Vec<u64> = recorded.iter().map(fingerprint).collect();
    let other: Vec<u64> = replayed.iter().map(fingerprint).collect();
    let mut steps = Vec::with_capacity(one.len().max(other.len()));
    for op in capture_diff_slices(Algorithm::Myers, &one, &other) {
        if let DiffOp::Equal { old_index, new_index, len } = op {
            steps.extend((0..len).map(|at| Step::Both(old_index + at, new_index + at)));
        } else {
            resembling(recorded, op.old_range(), replayed, op.new_range(), &mut steps);
        }
    }
    if one.len() != other.len() {
        return steps;
    }
    // Lists that differ no more as they stand are read as they stand: (1, 2) and (2, 3) are two changes, not
    // one removed and one added.
    let as_they_stand: Vec<Step> = (0..one.len()).map(|at| Step::Both(at, at)).collect();
    let difference =
        |steps: &[Step]| steps.iter().map(|step| step.difference(recorded, replayed)).sum::<u64>();
    if difference(&as_they_stand) <= difference(&steps) { as_they_stand } else { steps }
}

impl Step {
    /// How much differs: from 0 for equal elements to 1,000 for one that has nothing like it.
    fn difference(self, recorded: &[Value], replayed: &[Value]) -> u64 {
        let Self::Both(at, other) = self else { return 1_000 };
        match (recorded.get(at), replayed.get(other)) {
            (one, other) if one == other => 0,
            (Some(one), Some(other)) => 1_000 - common(&leaves(one), &leaves(other)),
            _ => 1_000,
        }
    }
}

/// Pairs changed elements so that those which resemble each other most are together.
fn resembling(
    recorded: &[Value],
    old: Range<usize>,
    replayed: &[Value],
    new: Range<usize>,
    steps: &mut Vec<Step>,
) {
    let (mut row, mut column) = (0, 0);
    let known = |values: &[Value], range: &Range<usize>| -> Vec<Vec<u64>> {
        values.get(range.clone()).unwrap_or_default().iter().map(leaves).collect()
    };
    let there_is_a_choice = (2..=MOST_PAIRS).contains(&(old.len() * new.len()));
    let best = there_is_a_choice.then(|| Best::new(&known(recorded, &old), &known(replayed, &new)));
    while row < old.len() && column < new.len() {
        let step = best.as_ref().map_or(Way::Pair, |best| best.way(row, column));
        if step != Way::Add {
            row += 1;
        }
        if step != Way::Remove {
            column += 1;
        }
        steps.push(match step {
            Way::Pair => Step::Both(old.start + row - 1, new.start + column - 1),
            Way::Remove => Step::Removed(old.start + row - 1),
            Way::Add => Step::Added(new.start + column - 1),
        });
    }
    steps.extend((old.start + row..old.end).map(Step::Removed));
    steps.extend((new.start + column..new.end).map(Step::Added));
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Pair,
    Remove,
    Add,
}

/// For every pair of beginnings the most resemblance that there is from there on.
struct Best {
    /// A row for each recorded element and one more, in each an item for each replayed one and one more.
    rows: Vec<Vec<u64>>,
    /// What pairing the two is worth.
    worth: Vec<Vec<u64>>,
}

impl Best {
    fn new(old: &[Vec<u64>], new: &[Vec<u64>]) -> Self {
        // One more than the resemblance, so that as many as can be are paired.
        let worth: Vec<Vec<u64>> =
            old.iter().map(|a| new.iter().map(|b| 1 + common(a, b)).collect()).collect();
        let mut rows = vec![vec![0; new.len() + 1]];
        for worth in worth.iter().rev() {
            let below = rows.last().map(Vec::as_slice).unwrap_or_default();
            // From the right to the left, and turned round at the end.
            let mut row = vec![0];
            for (column, worth) in worth.iter().enumerate().rev() {
                let right = row.last().copied().unwrap_or(0);
                let pair = at(below, column + 1) + worth;
                row.push(pair.max(at(below, column)).max(right));
            }
            row.reverse();
            rows.push(row);
        }
        rows.reverse();
        Self { rows, worth }
    }

    fn way(&self, row: usize, column: usize) -> Way {
        let best = |row: usize, column| self.rows.get(row).map_or(0, |row| at(row, column));
        let here = best(row, column);
        let worth = self.worth.get(row).map_or(0, |row| at(row, column));
        if here == best(row + 1, column + 1) + worth {
            Way::Pair
        } else if here == best(row + 1, column) {
            Way::Remove
        } else {
            Way::Add
        }
    }
}

fn at(row: &[u64], column: usize) -> u64 {
    row.get(column).copied().unwrap_or(0)
}
