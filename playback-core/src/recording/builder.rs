//! A tape in the making.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::tape::{End, Entry, Kind, Site, Tape, TapeParts};
use crate::RecordingId;
use crate::record::{PIECE_BYTES, Pieces, Spill, Spilling};

/// How many static aliases are found by their address before the map is asked.
const REMEMBERED: usize = 32;

/// A tape in the making.
pub(crate) struct TapeBuilder {
    /// Without the values.
    parts: TapeParts,
    /// The values in memory: all of them, or those that come next where others have left it.
    values: Pieces,
    /// How many bytes of values have left memory, and who took them.
    spilled: u64,
    spill: Option<Box<dyn Spill>>,
    /// Bytes that are neither values nor entries: of sites, lanes, and what is kept beside the tape.
    weight: usize,
    /// Sites of static aliases, found by address: nearly all of them, and without hashing.
    remembered: Vec<(Kind, &'static str, u32)>,
    sites: HashMap<Arc<str>, Vec<(Kind, u32)>>,
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
        let parts = TapeParts { lanes: vec![Vec::new()], ..TapeParts::default() };
        Self {
            parts,
            values: Pieces::default(),
            spilled: 0,
            spill: None,
            weight: 0,
            remembered: Vec::new(),
            sites: HashMap::new(),
        }
    }

    /// Puts a call on the tape and returns its position.
    pub(crate) fn push(&mut self, call: &EndedCall<'_>) -> u32 {
        let site = self.site(call);
        let arguments = self.bytes(call.arguments);
        let end = match call.end {
            Ended::Returned(result) => End::Returned(self.bytes(result)),
            Ended::Cancelled => End::Cancelled,
            Ended::Panicked => End::Panicked,
        };
        let position = u32::try_from(self.parts.entries.len()).unwrap_or(u32::MAX);
        let EndedCall { lane, order, started, duration, .. } = *call;
        self.parts.entries.push(Entry { site, lane, order, arguments, end, started, duration });
        position
    }

    /// Adds a lane and returns its index.
    pub(crate) fn add_lane(&mut self, path: Vec<u32>) -> u32 {
        let index = u32::try_from(self.parts.lanes.len()).unwrap_or(u32::MAX);
        self.weight += size_of::<Vec<u32>>() + path.len() * size_of::<u32>();
        self.parts.lanes.push(path);
        index
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
        let stored = match self.spill {
            Some(spill) => Some(spill.finish(self.values)),
            None => {
                self.parts.bytes = self.values.bytes;
                None
            }
        };
        Tape::trusted(self.parts, stored)
    }

    fn bytes(&mut self, bytes: &[u8]) -> Range<u64> {
        let start = self.spilled + self.values.bytes.len() as u64;
        self.values.push(bytes);
        start..start + bytes.len() as u64
    }

    fn site(&mut self, call: &EndedCall<'_>) -> u32 {
        if let Cow::Borrowed(alias) = *call.alias {
            let same =
                |known: &&(Kind, &'static str, u32)| known.0 == call.kind && std::ptr::eq(known.1, alias);
            if let Some(&(_, _, site)) = self.remembered.iter().find(same) {
                return site;
            }
        }
        let known = self
            .sites
            .get(call.alias.as_ref())
            .and_then(|kinds| kinds.iter().find(|(kind, _)| *kind == call.kind).map(|&(_, site)| site));
        let site = known.unwrap_or_else(|| self.add_site(call));
        if let Cow::Borrowed(alias) = *call.alias
            && self.remembered.len() < REMEMBERED
        {
            self.remembered.push((call.kind, alias, site));
        }
        site
    }

    fn add_site(&mut self, call: &EndedCall<'_>) -> u32 {
        let index = u32::try_from(self.parts.sites.len()).unwrap_or(u32::MAX);
        self.weight += size_of::<Site>()
            + call.alias.len()
            + call.argument_names.iter().map(|name| name.len()).sum::<usize>();
        let alias: Arc<str> = Arc::from(call.alias.as_ref());
        let argument_names = call.argument_names.iter().map(|&name| Arc::from(name)).collect();
        self.parts.sites.push(Site { kind: call.kind, alias: Arc::clone(&alias), argument_names });
        self.sites.entry(alias).or_default().push((call.kind, index));
        index
    }
}
