//! The values of a tape, cut into blocks that can be read one by one.

use std::borrow::Cow;
use std::io;
use std::ops::Range;

use playback_core::{End, Entry, PIECE_BYTES};
use serde::{Deserialize, Serialize};

use super::DEFAULT_MAX_BYTES;
use super::header::too_large;
use super::places::Places;
use crate::Error;

/// How many bytes of values a block takes at least, before compression, but for the last: as much as values
/// that leave memory while they are recorded, so that a tape is the same whether they did.
const BLOCK_BYTES: u64 = PIECE_BYTES as u64;

/// zstd's own default, for values: fast enough to keep up with a busy service on one thread.
const BLOCK_LEVEL: i32 = 3;

/// For the index, with small recordings in it: takes 6% off the smallest for little time.
const INDEX_LEVEL: i32 = 6;

/// No valid zstd frame grows more than this: a block of it gives at most 128 KiB and takes 4 bytes at least.
const MAX_RATIO: u64 = 32 * 1024;

/// How much may be set aside before it comes, as a multiple of the compressed length.
const TRUSTED_RATIO: usize = 256;

/// The largest window of a frame, as a power of two: 16 MiB. The levels in use take 2 MiB.
const MAX_WINDOW_LOG: u32 = 24;

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

pub(super) fn decompress_index(name: &str, packed: &[u8], raw: u32) -> Result<Vec<u8>, Error> {
    let mut index = reserved(raw.into(), packed);
    decompress(name, &"its index", packed, raw.into(), &mut index)?;
    Ok(index)
}

pub(super) fn compress_index(raw: &[u8]) -> io::Result<Vec<u8>> {
    zstd::bulk::compress(raw, INDEX_LEVEL)
}

/// Appends what `packed` decompresses to, which must be `raw` bytes.
fn decompress(
    name: &str,
    what: &dyn std::fmt::Display,
    packed: &[u8],
    raw: u64,
    into: &mut Vec<u8>,
) -> Result<(), Error> {
    use io::Read as _;
    let lies = || Error::corrupt(name, format_args!("{what} is said to be {raw} bytes, and is not"));
    if raw > (packed.len() as u64).saturating_mul(MAX_RATIO) {
        return Err(lies());
    }
    let before = into.len();
    let broken = |error: io::Error| {
        Error::corrupt(name, format_args!("{what} cannot be decompressed")).with_source(error)
    };
    let mut decoder = zstd::stream::read::Decoder::with_buffer(packed).map_err(broken)?;
    decoder.window_log_max(MAX_WINDOW_LOG).map_err(broken)?;
    // One more than is said, so that what is longer shows.
    decoder.take(raw.saturating_add(1)).read_to_end(into).map_err(broken)?;
    if (into.len() - before) as u64 == raw { Ok(()) } else { Err(lies()) }
}

/// Room for `raw` bytes as far as `packed` makes them likely; past that, memory is taken as bytes come.
fn reserved(raw: u64, packed: &[u8]) -> Vec<u8> {
    let trusted = packed.len().saturating_mul(TRUSTED_RATIO);
    let mut room = Vec::new();
    // Without it, growing finds out how much there is.
    let _ = room.try_reserve_exact(usize::try_from(raw).map_or(trusted, |raw| raw.min(trusted)));
    room
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

fn values_of(entry: &Entry) -> impl Iterator<Item = &Range<u64>> {
    let result = match &entry.end {
        End::Returned(range) => Some(range),
        End::Cancelled | End::Panicked => None,
    };
    std::iter::once(&entry.arguments).chain(result)
}
