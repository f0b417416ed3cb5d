//! The first bytes of a tape file: what it is, and how long its parts are.

use serde::{Deserialize, Serialize};

use crate::format::index;
use crate::{Error, ErrorKind};

/// The version of the tape format that this version writes, and the newest that it reads.
pub const FORMAT_VERSION: u8 = 1;

/// The first byte is no text.
const MAGIC: [u8; 4] = *b"\x89PBT";

/// How long the header is at most, in bytes: the magic bytes, the version, three numbers, the checksum.
pub(super) const MAX_LENGTH: usize = MAGIC.len() + 1 + 10 + 5 + 5 + CHECKSUM;

const CHECKSUM: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// The length of the header itself.
    pub(super) length: usize,
    pub(super) parts: Lengths,
    /// The checksum of the header up to here and the compressed index.
    checksum: u32,
    /// That of the header alone.
    checksum_so_far: u32,
}

/// How long what follows the header is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lengths {
    /// The length of all blocks.
    pub(super) blocks: u64,
    /// The length of the compressed index.
    pub(super) index: u32,
    /// The length of the index, decompressed.
    pub(super) index_raw: u32,
}

impl Header {
    /// The bytes of the header before a compressed index and so many bytes of blocks, and the index; none if it is too
    /// long.
    pub(super) fn before(packed: &[u8], index_raw: usize, blocks: u64) -> Option<Vec<u8>> {
        let index = u32::try_from(packed.len()).ok()?;
        let lengths = Lengths { blocks, index, index_raw: u32::try_from(index_raw).ok()? };
        let mut bytes = Vec::with_capacity(MAX_LENGTH + packed.len());
        bytes.extend_from_slice(&MAGIC);
        bytes.push(FORMAT_VERSION);
        let mut bytes = postcard::to_extend(&lengths, bytes).ok()?;
        let checksum = checksum(crc32fast::hash(&bytes), packed);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes.extend_from_slice(packed);
        Some(bytes)
    }

    /// The header at the start of `bytes`, which may go on behind it.
    pub(super) fn parse(name: &str, bytes: &[u8]) -> Result<Self, Error> {
        let known = bytes.len().min(MAGIC.len());
        if bytes.is_empty() || bytes.get(..known) != MAGIC.get(..known) {
            return Err(foreign(name, bytes));
        }
        let cut = || {
            let message = format!(
                "{name} is truncated after {} bytes, in its header; delete it or restore it from backup",
                bytes.len()
            );
            Error::new(ErrorKind::Corrupt, message)
        };
        let (&version, behind) = bytes.get(MAGIC.len()..).and_then(<[u8]>::split_first).ok_or_else(cut)?;
        // Before anything else: a newer header may be another.
        if version > FORMAT_VERSION {
            return Err(newer(name, "tape format", version.into(), FORMAT_VERSION.into()));
        }
        let (parts, behind) = match postcard::take_from_bytes::<Lengths>(behind) {
            Ok(lengths) if version > 0 => lengths,
            Err(postcard::Error::DeserializeUnexpectedEnd) => return Err(cut()),
            Ok(_) | Err(_) => return Err(Error::corrupt(name, "its header makes no sense")),
        };
        let checksum = behind.first_chunk().ok_or_else(cut)?;
        let before = bytes.len() - behind.len();
        let header = Self {
            length: before + CHECKSUM,
            parts,
            checksum: u32::from_le_bytes(*checksum),
            checksum_so_far: crc32fast::hash(bytes.get(..before).unwrap_or_default()),
        };
        if header.file().is_none() {
            return Err(Error::corrupt(name, "its header makes no sense"));
        }
        Ok(header)
    }

    /// Where the blocks begin in the file.
    pub(super) fn front(&self) -> u64 {
        self.length as u64 + u64::from(self.parts.index)
    }

    /// The length of the whole file.
    pub(super) fn file(&self) -> Option<u64> {
        self.front().checked_add(self.parts.blocks)
    }

    /// The compressed index and the blocks behind it, of the bytes of the whole file.
    pub(super) fn split<'b>(&self, name: &str, bytes: &'b [u8]) -> Result<(&'b [u8], &'b [u8]), Error> {
        self.check_length(name, bytes.len() as u64)?;
        let behind = bytes.get(self.length..).unwrap_or_default();
        let parts = usize::try_from(self.parts.index).ok().and_then(|length| behind.split_at_checked(length));
        parts.ok_or_else(|| truncated(name, bytes.len() as u64, self.front()))
    }

    /// The file is as long as it should be.
    pub(super) fn check_length(&self, name: &str, there: u64) -> Result<(), Error> {
        let file = self.file().unwrap_or(u64::MAX);
        if there < file {
            return Err(truncated(name, there, file));
        }
        if there > file {
            let what = format!("{} bytes follow its end", grouped(there - file));
            return Err(Error::corrupt(name, what));
        }
        Ok(())
    }

    /// The compressed index is as it was written.
    pub(super) fn check_index(&self, name: &str, packed: &[u8]) -> Result<(), Error> {
        if checksum(self.checksum_so_far, packed) == self.checksum {
            Ok(())
        } else {
            Err(Error::corrupt(name, "the checksum of its index is wrong"))
        }
    }

    /// How much memory the index may take, in bytes, as far as its length says.
    pub(super) fn index_memory(&self) -> u64 {
        index::memory_of(self.parts.index_raw.into())
    }

    /// The index may be fetched and decompressed.
    pub(super) fn check_size(&self, name: &str, max_bytes: u64) -> Result<(), Error> {
        let (packed, raw) = (u64::from(self.parts.index), u64::from(self.parts.index_raw));
        // zstd makes nothing longer by more than a 256th and a few bytes.
        if packed > raw + raw / 128 + 512 {
            return Err(Error::corrupt(name, "its compressed index is longer than the index"));
        }
        if self.index_memory() > max_bytes {
            return Err(too_large(name, self.index_memory(), max_bytes));
        }
        Ok(())
    }
}

/// The checksum of bytes that have this one so far, and of what follows them.
fn checksum(so_far: u32, packed: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(so_far);
    hasher.update(packed);
    hasher.finalize()
}

fn foreign(name: &str, bytes: &[u8]) -> Error {
    if bytes.is_empty() {
        return Error::corrupt(name, "it is empty");
    }
    let start: Vec<String> = bytes.iter().take(MAGIC.len()).map(|byte| format!("{byte:02x}")).collect();
    let message = format!(
        "{name} is not a tape: it begins with {}, which no version of playback writes; check that it is the file that is meant",
        start.join(" ")
    );
    Error::new(ErrorKind::Corrupt, message)
}

pub(super) fn truncated(name: &str, there: u64, whole: u64) -> Error {
    let message = format!(
        "{name} is truncated after {} of {} bytes; delete it or restore it from backup",
        grouped(there),
        grouped(whole)
    );
    Error::new(ErrorKind::Corrupt, message)
}

pub(super) fn newer(name: &str, what: &str, version: u64, known: u64) -> Error {
    let message = format!(
        "{name} is written in {what} {version}, and playback-cassette {} reads {what} {known} at most; read it with a newer version",
        env!("CARGO_PKG_VERSION")
    );
    Error::new(ErrorKind::NewerFormat, message)
}

pub(super) fn too_large(name: &str, needed: u64, max_bytes: u64) -> Error {
    let message = format!(
        "{name} may take {} bytes of memory, and {} are allowed; allow more with `format::decode_within`",
        grouped(needed),
        grouped(max_bytes)
    );
    Error::new(ErrorKind::TooLarge, message)
}

/// A number with its thousands set off: `2,048`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
