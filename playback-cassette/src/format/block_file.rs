//! Blocks in a file of this machine, of which only those that are asked for are in memory.

use std::collections::VecDeque;
use std::error::Error as StdError;
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use playback_core::StoredValues;

use super::blocks::{Block, Packer, unpack_one};
use super::disk::DiskShare;
use super::places::{Places, check_value};
use crate::{Error, ErrorKind};

/// How many blocks are kept decompressed, so that calls that follow each other do not each decompress one.
const RECENT: usize = 4;

/// How many bytes those may take, beside the latest.
const MAX_RECENT_BYTES: usize = 2 << 20;

/// How many bytes are set aside before they come.
const MAX_TRUSTED: usize = 16 << 20;

/// Blocks in a file, as the values of a tape. Cheap to clone.
#[derive(Clone)]
pub(crate) struct BlockFile(Arc<Inner>);

struct Inner {
    /// What errors call the tape.
    name: String,
    /// Where the first block begins in the file, in bytes.
    start: u64,
    /// How many bytes of the file the blocks take.
    stored: u64,
    places: Places,
    state: Mutex<State>,
    /// Of a temporary file.
    _share: Option<DiskShare>,
}

struct State {
    file: File,
    /// By their numbers, the latest last.
    recent: VecDeque<(usize, Arc<Vec<u8>>)>,
}

impl BlockFile {
    /// The blocks in a file, behind what else stands there, and what the file takes of the room for such.
    pub(super) fn new(
        name: String,
        file: File,
        start: u64,
        stored: u64,
        blocks: &[Block],
        share: Option<DiskShare>,
    ) -> Result<Self, Error> {
        let places = Places::new(&name, blocks, stored)?;
        let state = Mutex::new(State { file, recent: VecDeque::new() });
        Ok(Self(Arc::new(Inner { name, start, stored, places, state, _share: share })))
    }

    /// How many bytes the blocks take as they are stored.
    pub(super) fn stored(&self) -> u64 {
        self.0.stored
    }

    /// The blocks, in their order.
    pub(super) fn blocks(&self) -> Vec<Block> {
        self.0.places.all.iter().map(|place| place.block).collect()
    }

    /// A range of the blocks' bytes as they are stored.
    pub(super) fn read_stored(&self, range: &Range<u64>) -> Result<Vec<u8>, Error> {
        let mut state = self.lock();
        self.fetch(&mut state, range)
    }

    fn fetch(&self, state: &mut State, range: &Range<u64>) -> Result<Vec<u8>, Error> {
        let length = range.end.saturating_sub(range.start);
        // No more than is likely at once: a length that is a lie allocates little.
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(usize::MAX).min(MAX_TRUSTED));
        let mut fetch = || -> io::Result<()> {
            state.file.seek(SeekFrom::Start(self.0.start + range.start))?;
            (&state.file).take(length).read_to_end(&mut bytes)?;
            if bytes.len() as u64 == length { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
        };
        match fetch() {
            Ok(()) => Ok(bytes),
            Err(error) => {
                let name = &self.0.name;
                let message = format!(
                    "the file with the values of {name} cannot be read; see to the disk that holds it, and load it again"
                );
                Err(Error::new(ErrorKind::Other, message).with_source(error))
            }
        }
    }

    /// The values of one block.
    fn block(&self, state: &mut State, number: usize) -> Result<Arc<Vec<u8>>, Error> {
        if let Some((_, values)) = state.recent.iter().find(|(recent, _)| *recent == number) {
            return Ok(Arc::clone(values));
        }
        let nowhere = || Error::corrupt(&self.0.name, "its values are said to go on behind its end");
        let place = self.0.places.all.get(number).ok_or_else(nowhere)?;
        let packed = self.fetch(state, &place.stored())?;
        let values = Arc::new(unpack_one(&self.0.name, number, &place.block, &packed)?);
        let many = |recent: &VecDeque<(usize, Arc<Vec<u8>>)>| {
            let bytes: usize = recent.iter().map(|(_, values)| values.len()).sum();
            recent.len() >= RECENT || bytes > MAX_RECENT_BYTES
        };
        while many(&state.recent) {
            state.recent.pop_front();
        }
        state.recent.push_back((number, Arc::clone(&values)));
        Ok(values)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that holds it panics; if it did, the file is still the file.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StoredValues for BlockFile {
    fn length(&self) -> u64 {
        self.0.places.raw
    }

    fn read(&self, range: Range<u64>) -> Result<Vec<u8>, Box<dyn StdError + Send + Sync>> {
        check_value(&self.0.name, &range)?;
        let mut state = self.lock();
        let mut values = Vec::new();
        for number in self.0.places.holding(&range) {
            let block = self.block(&mut state, number)?;
            if let Some(place) = self.0.places.all.get(number) {
                values.extend_from_slice(place.part(&block, &range));
            }
        }
        Ok(values)
    }
}

impl fmt::Debug for BlockFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockFile")
            .field("name", &self.0.name)
            .field("bytes", &self.0.stored)
            .finish_non_exhaustive()
    }
}

/// Writes blocks to a file of their own.
pub(crate) struct BlockWriter {
    name: String,
    file: File,
    packer: Packer,
    blocks: Vec<Block>,
    stored: u64,
    share: DiskShare,
}

impl BlockWriter {
    pub(crate) fn new(name: String, file: File, share: DiskShare) -> io::Result<Self> {
        Ok(Self { name, file, packer: Packer::new()?, blocks: Vec::new(), stored: 0, share })
    }

    /// Makes the values that come next a block.
    pub(crate) fn write(&mut self, values: &[u8]) -> io::Result<()> {
        let (block, packed) = self.packer.pack(values)?;
        self.share.grow(block.packed)?;
        self.file.write_all(&packed)?;
        self.stored += block.packed;
        self.blocks.push(block);
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<BlockFile, Error> {
        BlockFile::new(self.name, self.file, 0, self.stored, &self.blocks, Some(self.share))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::format::Disk;

    #[test]
    fn few_blocks_stay_decompressed_and_fewer_large_ones_however_many_are_read() {
        for (length, most) in [(1000, RECENT), (1 << 20, 3), (3 << 20, 1)] {
            let share = Arc::new(Disk::new(1 << 30)).share().unwrap();
            let file = tempfile::tempfile().unwrap();
            let mut writer = BlockWriter::new("it".to_owned(), file, share).unwrap();
            (0..12).for_each(|number| writer.write(&vec![number; length]).unwrap());
            let file = writer.finish().unwrap();
            for number in 0..12 {
                let start = u64::from(number) * length as u64;
                assert_eq!(file.read(start..start + 3).unwrap(), [number; 3]);
            }
            assert_eq!(file.lock().recent.len(), most, "of {length} bytes each");
        }
    }
}
