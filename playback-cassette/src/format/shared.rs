//! Names and values that calls share: next to nothing in a file, and much for whoever writes each call out, as text has it.

use std::fmt;
use std::ops::Range;

use playback_core::{Entry, Site};

use super::blocks::values_of;

/// How many bytes of names the calls may have together, each with its alias and the names of its arguments: so many in any
/// case, and so many for each byte of the index.
const NAMES: u64 = 64 << 20;
const NAMES_PER_BYTE: u64 = 256;

/// How many bytes of values the calls may have together beyond those that any of them has. Recorders give each call its
/// own.
const SHARED_VALUES: u64 = 64 << 20;

/// What is shared more than any recorder would.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shared {
    Names,
    Values,
}

/// Refuses calls that have more names together than go with an index of so many bytes, or that share much of their values.
pub(super) fn check(sites: &[Site], entries: &[Entry], index: u64) -> Result<(), Shared> {
    if names_of_calls(sites, entries) > NAMES.saturating_add(NAMES_PER_BYTE.saturating_mul(index)) {
        return Err(Shared::Names);
    }
    // Most recordings have no more values at all, and are not looked at twice.
    let values = values_of_calls(entries);
    if values > SHARED_VALUES && values - distinct_values(entries) > SHARED_VALUES {
        return Err(Shared::Values);
    }
    Ok(())
}

/// How many bytes of names the calls have together.
fn names_of_calls(sites: &[Site], entries: &[Entry]) -> u64 {
    let length =
        |site: &Site| site.alias.len() + site.argument_names.iter().map(|name| name.len()).sum::<usize>();
    let lengths: Vec<u64> = sites.iter().map(|site| length(site) as u64).collect();
    let of = |entry: &Entry| lengths.get(entry.site as usize).copied().unwrap_or_default();
    entries.iter().map(of).fold(0, u64::saturating_add)
}

/// How many bytes of values the calls have together.
pub(crate) fn values_of_calls(entries: &[Entry]) -> u64 {
    entries.iter().flat_map(values_of).map(length).fold(0, u64::saturating_add)
}

/// How many bytes are of the value of any call, however many have them.
fn distinct_values(entries: &[Entry]) -> u64 {
    let mut values: Vec<&Range<u64>> = entries.iter().flat_map(values_of).collect();
    values.sort_by_key(|range| range.start);
    let mut reach = 0;
    let mut distinct = 0;
    for value in values {
        // As much of it as none before it has.
        distinct += value.end.saturating_sub(reach.max(value.start));
        reach = reach.max(value.end);
    }
    distinct
}

fn length(range: &Range<u64>) -> u64 {
    range.end.saturating_sub(range.start)
}

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Names => "long names",
            Self::Values => "large values",
        })
    }
}
