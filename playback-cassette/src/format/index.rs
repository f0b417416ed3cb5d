//! The index of a tape: everything but the values' bytes. What is alike stands together, and numbers that
//! grow are kept as steps, so that little is left after compression.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use playback_core::{End, Entry, Kind, Site, TapeParts};
use serde::{Deserialize, Serialize};

use super::blocks::Block;
use super::summary::{Summary, nanoseconds_of};
use crate::Error;

/// How many bytes of names the calls may have together, each with its alias and the names of its arguments: so many in any
/// case, and so many for each byte of the index. Whoever writes them out, as text has it, would fill the memory.
const NAMES: u64 = 64 << 20;
const NAMES_PER_BYTE: u64 = 256;

/// How many bytes of memory a byte of an index may become, about.
pub(super) const MEMORY_FACTOR: u64 = 32;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Index<'i> {
    pub(super) summary: Summary,
    #[serde(borrow)]
    sites: Vec<WireSite<'i>>,
    lanes: Vec<Vec<u32>>,
    /// How many calls there are, and what is known of them, as [`columns`] has it.
    calls: usize,
    columns: Vec<u64>,
    /// Where the values are; none if they follow the index in its own frame.
    pub(super) blocks: Vec<Block>,
}

#[derive(Debug, Serialize, Deserialize)]
struct WireSite<'i> {
    kind: u8,
    alias: &'i str,
    #[serde(borrow)]
    argument_names: Vec<&'i str>,
}

impl<'i> Index<'i> {
    pub(super) fn of(summary: Summary, parts: &'i TapeParts, blocks: Vec<Block>) -> Self {
        Self {
            summary,
            sites: parts.sites.iter().map(WireSite::of).collect(),
            lanes: parts.lanes.clone(),
            calls: parts.entries.len(),
            columns: columns(&parts.entries),
            blocks,
        }
    }

    pub(super) fn to_bytes(&self, inline: &[u8]) -> io::Result<Vec<u8>> {
        let mut bytes = postcard::to_stdvec(self).map_err(io::Error::other)?;
        bytes.extend_from_slice(inline);
        Ok(bytes)
    }

    /// The index and what follows it in its frame.
    pub(super) fn parse(name: &str, raw: &'i [u8]) -> Result<(Self, &'i [u8]), Error> {
        let (index, inline) = postcard::take_from_bytes::<Self>(raw)
            .map_err(|error| Error::corrupt(name, "its index makes no sense").with_source(error))?;
        if index.blocks.is_empty() || inline.is_empty() {
            Ok((index, inline))
        } else {
            Err(Error::corrupt(name, "values follow an index that lists blocks of values"))
        }
    }

    /// The parts of an index of so many bytes.
    #[allow(clippy::type_complexity, reason = "three of the four parts of a tape")]
    pub(super) fn restore(
        self,
        name: &str,
        bytes: u64,
    ) -> Result<(Vec<Site>, Vec<Vec<u32>>, Vec<Entry>), Error> {
        let nonsense = |what: &str| Error::corrupt(name, format_args!("its index {what}"));
        let nameless: Arc<str> = Arc::from("");
        let sites: Option<Vec<Site>> = self.sites.iter().map(|site| site.restore(&nameless)).collect();
        let sites = sites.ok_or_else(|| nonsense("has a site of a kind that there is not"))?;
        let entries =
            entries(self.calls, &self.columns).ok_or_else(|| nonsense("lists calls that make no sense"))?;
        if !names_fit(&sites, &entries, bytes) {
            return Err(nonsense("repeats long names more often than any recorder would"));
        }
        Ok((sites, self.lanes, entries))
    }
}

impl<'i> WireSite<'i> {
    fn of(site: &'i Site) -> Self {
        let kind = match site.kind {
            Kind::Operation => 0,
            Kind::Input => 1,
            Kind::Output => 2,
            Kind::Data => 3,
        };
        Self {
            kind,
            alias: &site.alias,
            argument_names: site.argument_names.iter().map(|name| &**name).collect(),
        }
    }

    /// The site. Names that are empty have one text together: each would take many times its byte in the index.
    fn restore(&self, nameless: &Arc<str>) -> Option<Site> {
        let kind = match self.kind {
            0 => Kind::Operation,
            1 => Kind::Input,
            2 => Kind::Output,
            3 => Kind::Data,
            _ => return None,
        };
        let text = |name: &str| if name.is_empty() { Arc::clone(nameless) } else { Arc::from(name) };
        let argument_names = self.argument_names.iter().map(|name| text(name)).collect();
        Some(Site { kind, alias: text(self.alias), argument_names })
    }
}

/// Whether calls do not have more names together than goes with an index of so many bytes.
pub(super) fn names_fit(sites: &[Site], entries: &[Entry], bytes: u64) -> bool {
    let length =
        |site: &Site| site.alias.len() + site.argument_names.iter().map(|name| name.len()).sum::<usize>();
    let lengths: Vec<u64> = sites.iter().map(|site| length(site) as u64).collect();
    let of = |entry: &Entry| lengths.get(entry.site as usize).copied().unwrap_or_default();
    entries.iter().map(of).fold(0, u64::saturating_add)
        <= NAMES.saturating_add(NAMES_PER_BYTE.saturating_mul(bytes))
}

/// Where the entry before left off.
#[derive(Default)]
struct Before {
    next_order: u64,
    value_end: u64,
    started: u64,
}

/// The entries as numbers: first the sites of all, then the lanes of all, and so on.
///
/// A range is its start and its length. Orders, starts of ranges and times of beginning are steps from where the
/// entry before, or the range before, left off.
fn columns(entries: &[Entry]) -> Vec<u64> {
    let mut before = Before::default();
    let mut columns: [Vec<u64>; 10] = Default::default();
    let [sites, lanes, orders, starts, lengths, ends, begins, durations, result_starts, result_lengths] =
        &mut columns;
    for entry in entries {
        sites.push(entry.site.into());
        lanes.push(entry.lane.into());
        orders.push(step(before.next_order, entry.order.into()));
        before.next_order = u64::from(entry.order) + 1;
        push_range(starts, lengths, &entry.arguments, &mut before);
        ends.push(match &entry.end {
            End::Returned(result) => {
                push_range(result_starts, result_lengths, result, &mut before);
                RETURNED
            }
            End::Cancelled => CANCELLED,
            End::Panicked => PANICKED,
        });
        let started = nanoseconds_of(entry.started);
        begins.push(step(before.started, started));
        before.started = started;
        durations.push(nanoseconds_of(entry.duration));
    }
    columns.concat()
}

const RETURNED: u64 = 0;
const CANCELLED: u64 = 1;
const PANICKED: u64 = 2;

/// The entries of [`columns`]; none if they fit no entries.
fn entries(count: usize, columns: &[u64]) -> Option<Vec<Entry>> {
    let mut rest = columns;
    let mut column = |length: usize| {
        let (column, behind) = rest.split_at_checked(length)?;
        rest = behind;
        Some(column)
    };
    let [sites, lanes, orders, starts] = [column(count)?, column(count)?, column(count)?, column(count)?];
    let [lengths, ends, begins, durations] = [column(count)?, column(count)?, column(count)?, column(count)?];
    let returned = ends.iter().filter(|&&end| end == RETURNED).count();
    let mut results = column(returned)?.iter().zip(column(returned)?);
    if !rest.is_empty() {
        return None;
    }
    let mut before = Before::default();
    let mut entries = Vec::with_capacity(count);
    for at in 0..count {
        let order = u32::try_from(forward(before.next_order, *orders.get(at)?)).ok()?;
        before.next_order = u64::from(order) + 1;
        let arguments = restore_range(starts.get(at)?, lengths.get(at)?, &mut before)?;
        let end = match *ends.get(at)? {
            RETURNED => {
                let (start, length) = results.next()?;
                End::Returned(restore_range(start, length, &mut before)?)
            }
            CANCELLED => End::Cancelled,
            PANICKED => End::Panicked,
            _ => return None,
        };
        before.started = forward(before.started, *begins.get(at)?);
        entries.push(Entry {
            site: u32::try_from(*sites.get(at)?).ok()?,
            lane: u32::try_from(*lanes.get(at)?).ok()?,
            order,
            arguments,
            end,
            started: Duration::from_nanos(before.started),
            duration: Duration::from_nanos(*durations.get(at)?),
        });
    }
    Some(entries)
}

fn push_range(starts: &mut Vec<u64>, lengths: &mut Vec<u64>, range: &Range<u64>, before: &mut Before) {
    starts.push(step(before.value_end, range.start));
    lengths.push(range.end.wrapping_sub(range.start));
    before.value_end = range.end;
}

fn restore_range(start: &u64, length: &u64, before: &mut Before) -> Option<Range<u64>> {
    let start = forward(before.value_end, *start);
    before.value_end = start.checked_add(*length)?;
    Some(start..before.value_end)
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
