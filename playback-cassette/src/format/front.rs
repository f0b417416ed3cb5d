//! What stands at the front of a tape file: all but the blocks.

use playback_core::{Metadata, RecordingId, TapeParts};

use super::blocks::{self, Block};
use super::header::{self, Header};
use super::index::Index;
use crate::Error;

pub(super) struct Front {
    pub(super) id: RecordingId,
    pub(super) metadata: Metadata,
    /// With the values, if there are no blocks.
    pub(super) parts: TapeParts,
    pub(super) blocks: Vec<Block>,
    /// Where the blocks begin in the file.
    pub(super) start: u64,
    /// How many bytes they take.
    pub(super) stored: u64,
}

impl Front {
    /// The front that a header and the compressed index behind it make, if it takes no more than so much
    /// memory, in bytes.
    pub(super) fn parse(name: &str, header: &Header, packed: &[u8], max_bytes: u64) -> Result<Self, Error> {
        header.check_index(name, packed)?;
        header.check_size(name, max_bytes)?;
        let raw = blocks::decompress_index(name, packed, header.index_raw)?;
        let (mut index, inline) = Index::parse(name, &raw)?;
        let (id, metadata) = index.summary.restore(name)?;
        let blocks = std::mem::take(&mut index.blocks);
        let start = header::LENGTH as u64 + u64::from(header.index);
        let stored = header.file.checked_sub(start).ok_or_else(|| header::index_too_long(name))?;
        if blocks.is_empty() && stored > 0 {
            return Err(Error::corrupt(name, "bytes follow its index, which lists no block"));
        }
        let (sites, lanes, entries) = index.restore(name, raw.len() as u64)?;
        let parts = TapeParts { bytes: inline.to_vec(), sites, lanes, entries };
        Ok(Self { id, metadata, parts, blocks, start, stored })
    }
}
