//! A tape in the making.

use std::borrow::Cow;
use std::ops::Range;
use std::time::Duration;

use super::sites::Sites;
use super::tape::{End, Entry, Kind, Tape, TapeParts, lane_size};
use crate::RecordingId;
use crate::record::{PIECE_BYTES, Pieces, Spill, Spilling};

/// Room that a tape begins with: what a small recording takes, so that it does not grow bit by bit.
const ENTRIES: usize = 16;
const BYTES: usize = 1024;

/// Room that a tape begins with at most.
const MOST_ENTRIES: usize = 1024;
const MOST_BYTES: usize = 64 * 1024;

/// A tape in the making.
pub(crate) struct TapeBuilder {
    /// Without the values and the sites.
    parts: TapeParts,
    sites: Sites,
    /// The values in memory: all of them, or those that come next where others have left it.
    values: Pieces,
    /// How many bytes of values have left memory, and who took them.
    spilled: u64,
    spill: Option<Box<dyn Spill>>,
    /// Whether a result stands apart from its arguments, because other calls were put down between them.
    scattered: bool,
    /// Bytes that are neither values nor entries: of sites, lanes, and what is kept beside the tape.
    weight: usize,
}

/// A call that has ended, about to be put on a tape.
pub(crate) struct EndedCall<'a> {
    pub(crate) kind: Kind,
    pub(crate) alias: &'a Cow<'static, str>,
    pub(crate) argument_names: &'static [&'static str],
    pub(crate) lane: u32,
    pub(crate) order: u32,
    pub(crate) arguments: &'a [u8],
    pub(crate) end: Ended<'a>,
    pub(crate) started: Duration,
    pub(crate) duration: Duration,
}

/// How a call that is about to be put on a tape ended.
#[derive(Clone, Copy)]
pub(crate) enum Ended<'a> {
    Returned(&'a [u8]),
    Cancelled,
    Panicked,
}

impl<'a> Ended<'a> {
    /// The encoded result, if the call returned.
    pub(crate) fn result(self) -> Option<&'a [u8]> {
        match self {
            Self::Returned(result) => Some(result),
            Self::Cancelled | Self::Panicked => None,
        }
    }

    /// How a call ended that is dropped without having returned.
    pub(crate) fn unfinished(panicked: bool) -> Self {
        if panicked { Self::Panicked } else { Self::Cancelled }
    }
}

impl TapeBuilder {
    pub(crate) fn new() -> Self {
        Self::with_room(ENTRIES, BYTES)
    }

    /// A builder of a tape like another one.
    pub(crate) fn like(tape: &Tape) -> Self {
        let parts = tape.parts();
        Self::with_room(parts.entries.len().min(MOST_ENTRIES), parts.bytes.len().min(MOST_BYTES))
    }

    fn with_room(entries: usize, bytes: usize) -> Self {
        let entries = Vec::with_capacity(entries);
        let parts = TapeParts { lanes: vec![Vec::new()], entries, ..TapeParts::default() };
        let values = Pieces { bytes: Vec::with_capacity(bytes), cuts: Vec::new() };
        Self { parts, sites: Sites::default(), values, spilled: 0, spill: None, scattered: false, weight: 0 }
    }

    /// Puts a call on the tape and returns its position.
    pub(crate) fn push(&mut self, call: &EndedCall<'_>) -> u32 {
        let (site, weight) = self.sites.find(call);
        self.weight += weight;
        let arguments = self.bytes(call.arguments);
        let end = self.end(call.end);
        let position = u32::try_from(self.parts.entries.len()).unwrap_or(u32::MAX);
        let EndedCall { lane, order, started, duration, .. } = *call;
        self.parts.entries.push(Entry { site, lane, order, arguments, end, started, duration });
        position
    }

    /// Puts down how a call ended that was put on the tape before it did.
    pub(crate) fn settle(&mut self, position: u32, end: Ended<'_>, duration: Duration) {
        let end = self.end(end);
        if let Some(entry) = self.parts.entries.get_mut(position as usize) {
            self.scattered |= matches!(&end, End::Returned(result) if result.start != entry.arguments.end);
            entry.end = end;
            entry.duration = duration;
        }
    }

    /// Has a call that did not end take until now, after the beginning of the operation.
    pub(crate) fn extend(&mut self, position: u32, now: Duration) {
        if let Some(entry) = self.parts.entries.get_mut(position as usize) {
            entry.duration = now.saturating_sub(entry.started);
        }
    }

    /// Adds a lane and returns its index.
    pub(crate) fn add_lane(&mut self, path: Vec<u32>) -> u32 {
        let index = u32::try_from(self.parts.lanes.len()).unwrap_or(u32::MAX);
        self.weight += lane_size(&path);
        self.parts.lanes.push(path);
        index
    }

    /// How many calls are on the tape.
    pub(crate) fn calls(&self) -> usize {
        self.parts.entries.len()
    }

    /// Bytes that the tape takes in memory, up to small change.
    pub(crate) fn size(&self) -> usize {
        self.values.bytes.len() + self.parts.entries.len() * size_of::<Entry>() + self.weight
    }

    /// Bytes that have left memory.
    pub(crate) fn spilled(&self) -> u64 {
        self.spilled
    }

    /// Has values leave memory, if there are too many of them.
    pub(crate) fn spill(&mut self, id: &RecordingId, spilling: &Spilling) -> Result<(), String> {
        let most = if self.spill.is_some() { PIECE_BYTES } else { spilling.past };
        if self.values.bytes.len() < most {
            return Ok(());
        }
        let full = self.values.take_full();
        if full.bytes.is_empty() {
            return Ok(());
        }
        let spill = self.spill.get_or_insert_with(|| spilling.to.begin(id));
        self.spilled += full.bytes.len() as u64;
        spill.put(full)
    }

    /// Counts bytes that are kept beside the tape.
    pub(crate) fn add_weight(&mut self, bytes: usize) {
        self.weight += bytes;
    }

    pub(crate) fn finish(mut self) -> Tape {
        self.parts.sites = self.sites.into_vec();
        // What waits to be saved is counted by what it holds, and should not take much more.
        fit(&mut self.parts.entries, ENTRIES);
        fit(&mut self.parts.lanes, ENTRIES);
        fit(&mut self.values.bytes, BYTES);
        let stored = match self.spill {
            Some(spill) => Some(spill.finish(self.values)),
            None => {
                self.parts.bytes = self.values.bytes;
                if self.scattered {
                    lay_out(&mut self.parts);
                }
                None
            }
        };
        Tape::trusted(self.parts, stored)
    }

    fn end(&mut self, end: Ended<'_>) -> End {
        match end {
            Ended::Returned(result) => End::Returned(self.bytes(result)),
            Ended::Cancelled => End::Cancelled,
            Ended::Panicked => End::Panicked,
        }
    }

    fn bytes(&mut self, bytes: &[u8]) -> Range<u64> {
        let start = self.spilled + self.values.bytes.len() as u64;
        self.values.push(bytes);
        start..start + bytes.len() as u64
    }
}

/// Gives back the room behind what has little of it in use: less than half of that for `few`, or, of what has grown by doubling,
/// less than four fifths.
fn fit<T>(used: &mut Vec<T>, few: usize) {
    let spare = used.capacity() - used.len();
    if used.len() < few / 2 || spare > few.max(used.len() / 4) {
        used.shrink_to_fit();
    }
}

/// Lays values out call by call, which is where they stand if no two calls ran at a time: a tape's bytes do not tell how
/// calls took turns, and its text need not either. Costs a copy of the values.
fn lay_out(parts: &mut TapeParts) {
    let scattered = std::mem::take(&mut parts.bytes);
    parts.bytes.reserve_exact(scattered.len());
    let mut place = |range: &mut Range<u64>| {
        let bounds = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
        let value = bounds.and_then(|(start, end)| scattered.get(start..end)).unwrap_or_default();
        let start = parts.bytes.len() as u64;
        parts.bytes.extend_from_slice(value);
        *range = start..start + value.len() as u64;
    };
    for entry in &mut parts.entries {
        place(&mut entry.arguments);
        if let End::Returned(result) = &mut entry.end {
            place(result);
        }
    }
}
