//! What stands at the front of a tape file: all but the blocks.

use playback_core::{Metadata, RecordingId, TapeParts};

use super::blocks::Block;
use super::header::{Header, too_large};
use super::index::Index;
use super::{index_frame, shared};
use crate::Error;

pub(super) struct Front {
    pub(super) id: RecordingId,
    pub(super) metadata: Metadata,
    /// With the values, if there are no blocks.
    pub(super) parts: TapeParts,
    pub(super) blocks: Vec<Block>,
}

impl Front {
    /// The front that a header and the compressed index behind it make, if it takes no more than so much
    /// memory, in bytes.
    pub(super) fn parse(name: &str, header: &Header, packed: &[u8], max_bytes: u64) -> Result<Self, Error> {
        header.check_index(name, packed)?;
        header.check_size(name, max_bytes)?;
        let raw = index_frame::decompress(name, packed, header.parts.index_raw)?;
        let (mut index, inline) = Index::parse(name, &raw)?;
        let needed = index.memory(raw.len());
        if needed > max_bytes {
            return Err(too_large(name, needed, max_bytes));
        }
        let (id, metadata) = index.summary.restore(name)?;
        let blocks = std::mem::take(&mut index.blocks);
        if blocks.is_empty() && header.parts.blocks > 0 {
            return Err(Error::corrupt(name, "bytes follow its index, which lists no block"));
        }
        let parts = index.restore(name, inline)?;
        shared::check(&parts.sites, &parts.entries, raw.len() as u64).map_err(|what| {
            Error::corrupt(name, format_args!("its index repeats {what} more often than any recorder would"))
        })?;
        Ok(Self { id, metadata, parts, blocks })
    }
}
