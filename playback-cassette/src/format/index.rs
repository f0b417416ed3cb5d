//! The index of a tape: everything but the values' bytes.

use std::io;
use std::sync::Arc;

use playback_core::{Kind, Site, TapeParts};
use serde::{Deserialize, Serialize};

use super::blocks::Block;
use super::columns::Columns;
use super::summary::Summary;
use crate::Error;

/// How many bytes of memory a byte of an index may take to be read.
const MEMORY_FACTOR: u64 = 32;

/// How many bytes of memory a byte of the metadata's fields may take: `[[0]]` is lists inside one another, each with room
/// for four values of 32 bytes.
const FIELDS_FACTOR: usize = 80;

/// What something allocated by itself takes beside its bytes.
const SHARED: usize = 32;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Index<'i> {
    pub(super) summary: Summary,
    #[serde(borrow)]
    sites: Vec<WireSite<'i>>,
    lanes: Vec<Vec<u32>>,
    calls: Columns,
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
        let calls = Columns::of(&parts.sites, &parts.entries, summary.unit, summary.duration);
        let sites = parts.sites.iter().map(WireSite::of).collect();
        Self { summary, sites, lanes: parts.lanes.clone(), calls, blocks }
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

    /// How much memory the tape of this index of so many bytes may take, in bytes, its values not counted: what takes a
    /// byte here may take a hundred there.
    pub(super) fn memory(&self, bytes: usize) -> u64 {
        let names: usize = self.sites.iter().map(|site| site.argument_names.len()).sum();
        let needed = self.calls.memory()
            + self.summary.fields.len() * FIELDS_FACTOR
            + self.sites.len() * (size_of::<WireSite<'_>>() + size_of::<Site>() + 2 * SHARED)
            + names * (size_of::<&str>() + size_of::<Arc<str>>() + SHARED)
            + self.lanes.len() * (size_of::<Vec<u32>>() + SHARED)
            + self.lanes.iter().map(Vec::len).sum::<usize>() * size_of::<u32>()
            + self.blocks.len() * size_of::<Block>()
            + bytes;
        (needed as u64).max(memory_of(bytes as u64))
    }

    /// The parts, with the values that are there.
    pub(super) fn restore(self, name: &str, inline: &[u8]) -> Result<TapeParts, Error> {
        let nonsense = |what: &str| Error::corrupt(name, format_args!("its index {what}"));
        let nameless: Arc<str> = Arc::from("");
        let sites: Option<Vec<Site>> = self.sites.iter().map(|site| site.restore(&nameless)).collect();
        let sites = sites.ok_or_else(|| nonsense("has a site of a kind that there is not"))?;
        let entries = self.calls.restore(&sites, self.summary.unit, self.summary.duration);
        let entries = entries.ok_or_else(|| nonsense("lists calls that make no sense"))?;
        Ok(TapeParts { bytes: inline.to_vec(), sites, lanes: self.lanes, entries })
    }
}

/// How much memory an index of so many bytes may take, in bytes, as far as that says.
pub(super) fn memory_of(bytes: u64) -> u64 {
    bytes.saturating_mul(MEMORY_FACTOR)
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
