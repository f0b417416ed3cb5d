//! Which element of one list is which of the other, in their order.

use std::collections::{HashMap, HashSet, VecDeque};

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::elements::{Between, Elements, MOST_PAIRS, Step};

/// Which element of one list is which of the other: equal ones first, in their order; then equal ones out of order,
/// if `moves` are looked for; and among the others the ones that resemble each other most.
///
/// Equal ones are found by Myers' algorithm as the crate `similar` bounds it: past a number of edits that grows with
/// the root of the lists' lengths (and is 256 at least) it takes a good alignment for the best. Among changed elements
/// that stand together resemblance is looked at up to [`MOST_PAIRS`] pairs; where there are more, they are paired as
/// they stand.
pub(crate) fn align(
    recorded: &dyn Elements,
    replayed: &dyn Elements,
    alike: &dyn Fn(usize, usize) -> bool,
    moves: bool,
) -> Vec<Step> {
    let between = Between::new(recorded, replayed, alike);
    let operations = capture_diff_slices(Algorithm::Myers, &between.one, &between.other);
    let moved = if moves { Moved::among(&operations, &between) } else { Moved::default() };
    let mut steps = Vec::with_capacity(between.one.len().max(between.other.len()));
    for operation in operations {
        if let DiffOp::Equal { old_index, new_index, len } = operation {
            steps.extend((0..len).map(|at| Step::Both(old_index + at, new_index + at)));
            continue;
        }
        let mut old = Vec::new();
        for at in operation.old_range() {
            match moved.to.get(&at) {
                Some(to) => steps.push(Step::Moved(at, *to)),
                None => old.push(at),
            }
        }
        let new: Vec<usize> = operation.new_range().filter(|at| !moved.arrived.contains(at)).collect();
        resembling(&between, &old, &new, &mut steps);
    }
    if between.one.len() != between.other.len() {
        return steps;
    }
    // Lists that differ no more as they stand are read as they stand: (1, 2) and (2, 3) are two changes, not
    // one removed and one added.
    let as_they_stand: Vec<Step> = (0..between.one.len()).map(|at| Step::Both(at, at)).collect();
    let difference = |steps: &[Step]| steps.iter().map(|step| step.difference(&between)).sum::<u64>();
    if difference(&as_they_stand) <= difference(&steps) { as_they_stand } else { steps }
}

impl Step {
    fn difference(self, between: &Between<'_>) -> u64 {
        match self {
            Self::Both(at, other) => between.difference(at, other),
            // That it is the very same elsewhere says more than that something here resembles it.
            Self::Moved(..) => 1,
            Self::Removed(_) | Self::Added(_) => 1_000,
        }
    }
}

/// Elements that are out of order.
#[derive(Default)]
struct Moved {
    to: HashMap<usize, usize>,
    arrived: HashSet<usize>,
}

impl Moved {
    fn among(operations: &[DiffOp], between: &Between<'_>) -> Self {
        let changed = || operations.iter().filter(|operation| !matches!(operation, DiffOp::Equal { .. }));
        let mut arrivals: HashMap<u64, VecDeque<usize>> = HashMap::new();
        for at in changed().flat_map(DiffOp::new_range) {
            if let Some(fingerprint) = between.other.get(at) {
                arrivals.entry(*fingerprint).or_default().push_back(at);
            }
        }
        let mut moved = Self::default();
        for at in changed().flat_map(DiffOp::old_range) {
            let arrivals = between.one.get(at).and_then(|fingerprint| arrivals.get_mut(fingerprint));
            if let Some(to) = arrivals.and_then(VecDeque::pop_front) {
                moved.to.insert(at, to);
                moved.arrived.insert(to);
            }
        }
        moved
    }
}

/// Pairs changed elements so that those which resemble each other most are together.
fn resembling(between: &Between<'_>, old: &[usize], new: &[usize], steps: &mut Vec<Step>) {
    let (mut row, mut column) = (0, 0);
    let there_is_a_choice = (2..=MOST_PAIRS).contains(&old.len().saturating_mul(new.len()));
    let best = there_is_a_choice.then(|| Best::new(between.resemblance(old, new)));
    while let (Some(at), Some(other)) = (old.get(row), new.get(column)) {
        let way = best.as_ref().map_or(Way::Pair, |best| best.way(row, column));
        if way != Way::Add {
            row += 1;
        }
        if way != Way::Remove {
            column += 1;
        }
        steps.push(match way {
            Way::Pair => Step::Both(*at, *other),
            Way::Remove => Step::Removed(*at),
            Way::Add => Step::Added(*other),
        });
    }
    steps.extend(old.iter().skip(row).map(|at| Step::Removed(*at)));
    steps.extend(new.iter().skip(column).map(|at| Step::Added(*at)));
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
    fn new(mut worth: Vec<Vec<u64>>) -> Self {
        // One more than the resemblance, so that as many as can be are paired.
        worth.iter_mut().flatten().for_each(|worth| *worth += 1);
        let columns = worth.first().map_or(0, Vec::len);
        let mut rows = vec![vec![0; columns + 1]];
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
