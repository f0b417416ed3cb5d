//! The calls of a tape as numbers, column by column: what is alike stands together, and numbers that grow are kept as
//! steps, so that little is left after compression, and nothing of a column in which nothing happens.

use std::ops::Range;

use playback_core::{End, Entry, Kind, Site};
use serde::{Deserialize, Serialize};

use super::unit::Unit;

/// How many columns there are.
const COLUMNS: usize = 10;

/// The column of the lengths of arguments, which is never left out: each call takes a byte at least, so that few bytes
/// cannot make many calls.
const LENGTHS: usize = 4;

const RETURNED: u64 = 0;
const CANCELLED: u64 = 1;
const PANICKED: u64 = 2;

/// The calls, the operation first.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Columns {
    /// How many calls there are.
    calls: usize,
    /// How many of them stand behind the operation on the tape.
    behind_operation: usize,
    /// A bit for each column, the lowest for the first: set if the column has nothing but zeros and is left out.
    left_out: u16,
    /// The columns that are there, one behind the other.
    numbers: Vec<u64>,
}

impl Columns {
    /// The columns of the calls of a recording that took so long, in that unit.
    pub(super) fn of(sites: &[Site], entries: &[Entry], unit: Unit, took: u64) -> Self {
        let operation = entries.iter().position(|entry| is_operation(sites, entry.site.into()));
        let mut columns: [Vec<u64>; COLUMNS] = std::array::from_fn(|_| Vec::with_capacity(entries.len()));
        let [
            of_sites,
            lanes,
            orders,
            starts,
            lengths,
            ends,
            begins,
            durations,
            result_starts,
            result_lengths,
        ] = &mut columns;
        let mut before = Before::default();
        let mut push_result = |entry: &Entry, before: &mut Before| {
            if let End::Returned(result) = &entry.end {
                result_starts.push(step(before.value_end, result.start));
                result_lengths.push(before.goes_to(result));
            }
        };
        let first = operation.and_then(|at| entries.get(at));
        let rest =
            entries.iter().enumerate().filter(|(at, _)| Some(*at) != operation).map(|(_, entry)| entry);
        for entry in first.into_iter().chain(rest) {
            of_sites.push(entry.site.into());
            lanes.push(entry.lane.into());
            orders.push(step(before.next_order, entry.order.into()));
            before.next_order = u64::from(entry.order) + 1;
            starts.push(step(before.value_end, entry.arguments.start));
            lengths.push(before.goes_to(&entry.arguments));
            ends.push(match &entry.end {
                End::Returned(_) => RETURNED,
                End::Cancelled => CANCELLED,
                End::Panicked => PANICKED,
            });
            let (began, duration) = (unit.count(entry.started), unit.count(entry.duration));
            begins.push(step(before.ended, began));
            if is_operation(sites, entry.site.into()) {
                durations.push(step(took, duration));
            } else {
                durations.push(duration);
                before.ended = began.wrapping_add(duration);
                push_result(entry, &mut before);
            }
        }
        if let Some(operation) = first {
            push_result(operation, &mut before);
        }
        let mut left_out = 0;
        for (number, column) in columns.iter_mut().enumerate() {
            if number != LENGTHS && column.iter().all(|&number| number == 0) {
                left_out |= 1 << number;
                column.clear();
            }
        }
        let behind_operation = operation.map_or(0, |at| entries.len() - 1 - at);
        Self { calls: entries.len(), behind_operation, left_out, numbers: columns.concat() }
    }

    /// How much memory the calls take, and these columns, in bytes at most.
    pub(super) fn memory(&self) -> usize {
        // More calls than numbers there are not.
        let calls = self.calls.min(self.numbers.len());
        // A vector that has grown to hold them has room for up to twice as many.
        calls * (size_of::<Entry>() + size_of::<u32>()) + self.numbers.len() * 2 * size_of::<u64>()
    }

    /// The calls; none if the columns fit none.
    pub(super) fn restore(&self, sites: &[Site], unit: Unit, took: u64) -> Option<Vec<Entry>> {
        let mut rest = self.numbers.as_slice();
        let mut number = 0;
        let mut column = |length: usize| {
            let is_left_out = self.left_out >> number & 1 == 1 && number != LENGTHS;
            number += 1;
            let (column, behind) = rest.split_at_checked(if is_left_out { 0 } else { length })?;
            rest = behind;
            Some(Column(column))
        };
        let calls = self.calls;
        let [of_sites, lanes, orders, starts] =
            [column(calls)?, column(calls)?, column(calls)?, column(calls)?];
        let [lengths, ends, begins, durations] =
            [column(calls)?, column(calls)?, column(calls)?, column(calls)?];
        let returned = (0..calls).filter(|&at| ends.at(at) == RETURNED).count();
        let [result_starts, result_lengths] = [column(returned)?, column(returned)?];
        if !rest.is_empty() || self.left_out >> COLUMNS != 0 {
            return None;
        }
        let mut before = Before::default();
        let mut results = 0;
        let mut result = |before: &mut Before| {
            let range = before.range(result_starts.at(results), result_lengths.at(results))?;
            results += 1;
            Some(End::Returned(range))
        };
        let mut entries: Vec<Entry> = Vec::with_capacity(calls);
        let mut operation = None;
        for at in 0..calls {
            let site = of_sites.at(at);
            let order = u32::try_from(forward(before.next_order, orders.at(at))).ok()?;
            before.next_order = u64::from(order) + 1;
            let arguments = before.range(starts.at(at), lengths.at(at))?;
            let began = forward(before.ended, begins.at(at));
            let mut duration = durations.at(at);
            let is_first = at == 0 && is_operation(sites, site);
            if is_first {
                duration = forward(took, duration);
            } else {
                before.ended = began.wrapping_add(duration);
            }
            let end = match ends.at(at) {
                RETURNED if is_first => End::Returned(0..0),
                RETURNED => result(&mut before)?,
                CANCELLED => End::Cancelled,
                PANICKED => End::Panicked,
                _ => return None,
            };
            let entry = Entry {
                site: u32::try_from(site).ok()?,
                lane: u32::try_from(lanes.at(at)).ok()?,
                order,
                arguments,
                end,
                started: unit.duration(began),
                duration: unit.duration(duration),
            };
            if is_first {
                operation = Some(entry);
            } else {
                entries.push(entry);
            }
        }
        match operation {
            Some(mut operation) => {
                if matches!(operation.end, End::Returned(_)) {
                    operation.end = result(&mut before)?;
                }
                entries.insert(entries.len().checked_sub(self.behind_operation)?, operation);
            }
            None if self.behind_operation > 0 => return None,
            None => {}
        }
        Some(entries)
    }
}

/// A column as it stands in the file: none, if it has nothing but zeros.
struct Column<'c>(&'c [u64]);

impl Column<'_> {
    fn at(&self, position: usize) -> u64 {
        self.0.get(position).copied().unwrap_or(0)
    }
}

fn is_operation(sites: &[Site], site: u64) -> bool {
    let site = usize::try_from(site).ok().and_then(|site| sites.get(site));
    site.is_some_and(|site| site.kind == Kind::Operation)
}

/// Where the call before left off.
#[derive(Default)]
struct Before {
    next_order: u64,
    value_end: u64,
    /// Never that of the operation, which ends last.
    ended: u64,
}

impl Before {
    /// Goes on behind a range; its length.
    fn goes_to(&mut self, range: &Range<u64>) -> u64 {
        self.value_end = range.end;
        range.end.wrapping_sub(range.start)
    }

    fn range(&mut self, start: u64, length: u64) -> Option<Range<u64>> {
        let start = forward(self.value_end, start);
        self.value_end = start.checked_add(length)?;
        Some(start..self.value_end)
    }
}

/// How to get from one number to another, small where they are near: 0, -1, 1, -2, 2 … as 0, 1, 2, 3, 4 …
/// It wraps, so that there is a step between any two.
fn step(from: u64, to: u64) -> u64 {
    let difference = to.wrapping_sub(from).cast_signed();
    ((difference << 1) ^ (difference >> 63)).cast_unsigned()
}

fn forward(from: u64, step: u64) -> u64 {
    let difference = (step >> 1) ^ (step & 1).wrapping_neg();
    from.wrapping_add(difference)
}
