//! The values of a tape, cut into blocks that can be read one by one.

use std::borrow::Cow;
use std::io;
use std::ops::Range;

use playback_core::{End, Entry, PIECE_BYTES};
use serde::{Deserialize, Serialize};

use super::DEFAULT_MAX_BYTES;
use super::frame::{decompress, reserved};
use super::header::too_large;
use super::places::Places;
use crate::Error;

/// How many bytes of values a block takes at least, before compression, but for the last: as much as values
/// that leave memory while they are recorded, so that a tape is the same whether they did.
const BLOCK_BYTES: u64 = PIECE_BYTES as u64;

/// zstd's own default, for values: fast enough to keep up with a busy service on one thread.
const BLOCK_LEVEL: i32 = 3;

/// Where a block is: behind all blocks before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Block {
    /// Its length in the file.
    pub(super) packed: u64,
    /// Its length, decompressed.
    pub(super) raw: u64,
    /// The checksum of its bytes in the file.
    pub(super) checksum: u32,
}

/// Compresses values into blocks.
pub(super) struct Packer(zstd::bulk::Compressor<'static>);

impl Packer {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self(zstd::bulk::Compressor::new(BLOCK_LEVEL)?))
    }

    /// A block and its bytes in the file.
    pub(super) fn pack(&mut self, raw: &[u8]) -> io::Result<(Block, Vec<u8>)> {
        let packed = self.0.compress(raw)?;
        let block =
            Block { packed: packed.len() as u64, raw: raw.len() as u64, checksum: crc32fast::hash(&packed) };
        Ok((block, packed))
    }
}

/// The values as blocks, and the blocks' bytes one behind the other. `read` gives the bytes of a range.
pub(super) fn pack<'v>(
    entries: &[Entry],
    length: u64,
    read: impl Fn(Range<u64>) -> io::Result<Cow<'v, [u8]>>,
) -> io::Result<(Vec<Block>, Vec<u8>)> {
    let mut packer = Packer::new()?;
    let mut blocks = Vec::new();
    let mut stored = Vec::new();
    for range in cut(entries, length) {
        let (block, packed) = packer.pack(&read(range)?)?;
        blocks.push(block);
        stored.extend_from_slice(&packed);
    }
    // It has grown to up to twice as much, and may be kept until it is sent.
    stored.shrink_to_fit();
    Ok((blocks, stored))
}

/// The values of all blocks, which must be exactly what `stored` holds.
pub(super) fn unpack(name: &str, places: &Places, stored: &[u8], max_bytes: u64) -> Result<Vec<u8>, Error> {
    if places.raw > max_bytes {
        return Err(too_large(name, places.raw, max_bytes));
    }
    let mut values = reserved(places.raw, stored);
    let mut rest = stored;
    for (number, place) in places.all.iter().enumerate() {
        let (packed, behind) = usize::try_from(place.block.packed)
            .ok()
            .and_then(|length| rest.split_at_checked(length))
            .ok_or_else(|| Error::corrupt(name, "its blocks are said to be longer than the file"))?;
        rest = behind;
        unpack_into(name, number, &place.block, packed, &mut values)?;
    }
    Ok(values)
}

/// The values of one block.
pub(super) fn unpack_one(name: &str, number: usize, block: &Block, packed: &[u8]) -> Result<Vec<u8>, Error> {
    if block.raw > DEFAULT_MAX_BYTES {
        return Err(too_large(name, block.raw, DEFAULT_MAX_BYTES));
    }
    let mut values = reserved(block.raw, packed);
    unpack_into(name, number, block, packed, &mut values)?;
    Ok(values)
}

fn unpack_into(
    name: &str,
    number: usize,
    block: &Block,
    packed: &[u8],
    values: &mut Vec<u8>,
) -> Result<(), Error> {
    let what = format_args!("its block {number}");
    if crc32fast::hash(packed) != block.checksum {
        return Err(Error::corrupt(name, format_args!("the checksum of {what} is wrong")));
    }
    decompress(name, &what, packed, block.raw, values)
}

/// The bytes of the values, cut where no value is cut, into ranges of [`BLOCK_BYTES`] and little more
/// unless a single value is larger.
fn cut(entries: &[Entry], length: u64) -> Vec<Range<u64>> {
    let mut values: Vec<&Range<u64>> =
        entries.iter().flat_map(values_of).filter(|range| !range.is_empty()).collect();
    values.sort_by_key(|range| range.start);
    let mut ranges = Vec::new();
    let mut start = 0;
    let mut reach = 0;
    for value in values {
        // Nothing that began before reaches past this value's first byte: here a cut hurts no value.
        if value.start >= reach && value.start - start >= BLOCK_BYTES {
            ranges.push(start..value.start);
            start = value.start;
        }
        reach = reach.max(value.end);
    }
    if start < length {
        ranges.push(start..length);
    }
    ranges
}

/// The values of a call.
pub(super) fn values_of(entry: &Entry) -> impl Iterator<Item = &Range<u64>> {
    let result = match &entry.end {
        End::Returned(range) => Some(range),
        End::Cancelled | End::Panicked => None,
    };
    std::iter::once(&entry.arguments).chain(result)
}
