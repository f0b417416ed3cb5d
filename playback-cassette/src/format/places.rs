//! Which block holds which values, and where it is.

use std::ops::Range;

use super::DEFAULT_MAX_BYTES;
use super::blocks::Block;
use crate::{Error, ErrorKind};

/// The blocks of a tape, with what came before each.
#[derive(Debug)]
pub(super) struct Places {
    pub(super) all: Vec<Place>,
    /// The length of all blocks, decompressed.
    pub(super) raw: u64,
}

#[derive(Debug)]
pub(super) struct Place {
    pub(super) block: Block,
    /// Where it begins among the blocks' bytes.
    packed: u64,
    /// Where its values begin among all values.
    raw: u64,
}

impl Places {
    /// The places of blocks that take `stored` bytes together.
    pub(super) fn new(name: &str, blocks: &[Block], stored: u64) -> Result<Self, Error> {
        let mut all = Vec::with_capacity(blocks.len());
        let (mut packed, mut raw) = (0_u64, 0_u64);
        for &block in blocks {
            all.push(Place { block, packed, raw });
            let next = packed.checked_add(block.packed).zip(raw.checked_add(block.raw));
            (packed, raw) = next
                .ok_or_else(|| Error::corrupt(name, "its blocks are said to be longer than a file can be"))?;
        }
        if packed == stored {
            Ok(Self { all, raw })
        } else {
            Err(Error::corrupt(name, "its blocks are said to be of another length than the file has"))
        }
    }

    /// The blocks, by number, that hold the values of a range.
    pub(super) fn holding(&self, range: &Range<u64>) -> Range<usize> {
        let first = self.all.partition_point(|place| place.raw + place.block.raw <= range.start);
        let end = self.all.partition_point(|place| place.raw < range.end);
        if range.is_empty() { first..first } else { first..end.max(first) }
    }
}

impl Place {
    /// Where the block is among the blocks' bytes.
    pub(super) fn stored(&self) -> Range<u64> {
        self.packed..self.packed + self.block.packed
    }

    /// As much of a range as is among the block's values.
    pub(super) fn part<'v>(&self, values: &'v [u8], range: &Range<u64>) -> &'v [u8] {
        let within = |at: u64| {
            usize::try_from(at.saturating_sub(self.raw)).map_or(values.len(), |at| at.min(values.len()))
        };
        values.get(within(range.start)..within(range.end)).unwrap_or_default()
    }
}

/// Refuses a value that nobody recorded: blocks of zeros take next to nothing in a file.
pub(super) fn check_value(name: &str, range: &Range<u64>) -> Result<(), Error> {
    let length = range.end.saturating_sub(range.start);
    if length <= DEFAULT_MAX_BYTES {
        return Ok(());
    }
    let message = format!(
        "{name} has a value of {length} bytes, and {DEFAULT_MAX_BYTES} are allowed; if it is not from a recorder of \
         yours, delete it"
    );
    Err(Error::new(ErrorKind::TooLarge, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_more_than_memory_may_hold_is_refused() {
        let refused = |length| check_value("it", &(7..7 + length)).err().map(|error| error.kind());
        assert_eq!(refused(DEFAULT_MAX_BYTES), None);
        assert_eq!(refused(DEFAULT_MAX_BYTES + 1), Some(ErrorKind::TooLarge));
    }
}
