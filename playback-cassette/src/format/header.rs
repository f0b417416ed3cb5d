//! The first bytes of a tape file: what it is, and how long its parts are.

use crate::format::index;
use crate::{Error, ErrorKind};

/// The version of the tape format that this version writes, and the newest that it reads.
pub const FORMAT_VERSION: u16 = 1;

/// How long the header is, in bytes.
pub(super) const LENGTH: usize = 34;

/// The first byte is no text, and the line feed is lost where a transfer mends line ends.
const MAGIC: [u8; 8] = *b"\x89PBTAPE\n";

/// Where the header's checksum stands, over all before it.
const CHECKSUM_AT: usize = LENGTH - 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// The length of the whole file.
    pub(super) file: u64,
    /// The length of the compressed index.
    pub(super) index: u32,
    /// The length of the index, decompressed.
    pub(super) index_raw: u32,
    /// The checksum of the compressed index.
    pub(super) index_checksum: u32,
}

impl Header {
    /// The header before a compressed index and `stored` bytes of blocks; none if the index is too long.
    pub(super) fn of(packed: &[u8], index_raw: usize, stored: u64) -> Option<Self> {
        Some(Self {
            file: u64::try_from(LENGTH.checked_add(packed.len())?).ok()?.checked_add(stored)?,
            index: u32::try_from(packed.len()).ok()?,
            index_raw: u32::try_from(index_raw).ok()?,
            index_checksum: crc32fast::hash(packed),
        })
    }

    pub(super) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes.extend_from_slice(&self.file.to_le_bytes());
        bytes.extend_from_slice(&self.index.to_le_bytes());
        bytes.extend_from_slice(&self.index_raw.to_le_bytes());
        bytes.extend_from_slice(&self.index_checksum.to_le_bytes());
        let checksum = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// The header at the start of `bytes`, which may go on behind it.
    pub(super) fn parse(name: &str, bytes: &[u8]) -> Result<Self, Error> {
        let known = bytes.len().min(MAGIC.len());
        if bytes.is_empty() || bytes.get(..known) != MAGIC.get(..known) {
            return Err(foreign(name, bytes));
        }
        let mut fields = Fields(bytes.get(MAGIC.len()..).unwrap_or_default());
        let mut read = || {
            let version = u16::from_le_bytes(fields.take()?);
            let header = Self {
                file: u64::from_le_bytes(fields.take()?),
                index: u32::from_le_bytes(fields.take()?),
                index_raw: u32::from_le_bytes(fields.take()?),
                index_checksum: u32::from_le_bytes(fields.take()?),
            };
            Some((version, header, u32::from_le_bytes(fields.take()?)))
        };
        let (version, header, checksum) =
            read().ok_or_else(|| truncated(name, bytes.len() as u64, LENGTH as u64))?;
        // Before the checksum: a newer header may be longer.
        if version > FORMAT_VERSION {
            return Err(newer(name, "tape format", version.into(), FORMAT_VERSION.into()));
        }
        let checked = bytes.get(..CHECKSUM_AT).unwrap_or_default();
        if version == 0 || crc32fast::hash(checked) != checksum {
            return Err(Error::corrupt(name, "the checksum of its header is wrong"));
        }
        Ok(header)
    }

    /// The compressed index and the blocks behind it.
    pub(super) fn split<'b>(&self, name: &str, bytes: &'b [u8]) -> Result<(&'b [u8], &'b [u8]), Error> {
        self.check_length(name, bytes.len() as u64)?;
        let behind = bytes.get(LENGTH..).unwrap_or_default();
        let (packed, stored) = usize::try_from(self.index)
            .ok()
            .and_then(|length| behind.split_at_checked(length))
            .ok_or_else(|| index_too_long(name))?;
        Ok((packed, stored))
    }

    /// The file is as long as it should be.
    pub(super) fn check_length(&self, name: &str, there: u64) -> Result<(), Error> {
        if there < self.file {
            return Err(truncated(name, there, self.file));
        }
        if there > self.file {
            let what = format!("{} bytes follow its end", grouped(there - self.file));
            return Err(Error::corrupt(name, what));
        }
        Ok(())
    }

    /// The compressed index is as it was written.
    pub(super) fn check_index(&self, name: &str, packed: &[u8]) -> Result<(), Error> {
        if crc32fast::hash(packed) == self.index_checksum {
            Ok(())
        } else {
            Err(Error::corrupt(name, "the checksum of its index is wrong"))
        }
    }

    /// An upper bound of what the index takes in memory, in bytes.
    pub(super) fn index_memory(&self) -> u64 {
        u64::from(self.index_raw) * index::MEMORY_FACTOR
    }

    /// The index may be fetched and decompressed.
    pub(super) fn check_size(&self, name: &str, max_bytes: u64) -> Result<(), Error> {
        let (packed, raw) = (u64::from(self.index), u64::from(self.index_raw));
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

/// Reads numbers from the front.
struct Fields<'b>(&'b [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*field)
    }
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

pub(super) fn index_too_long(name: &str) -> Error {
    Error::corrupt(name, "its index is said to be longer than the file")
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
fn grouped(number: u64) -> String {
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
