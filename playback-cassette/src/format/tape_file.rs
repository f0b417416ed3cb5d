//! A tape file yet to be written somewhere.

use std::borrow::Cow;
use std::ops::Range;
use std::{fmt, io};

use playback_core::{Recording, RecordingId, TapeParts};

use super::block_file::BlockFile;
use super::blocks::{self, Block};
use super::header::Header;
use super::index::Index;
use super::pending::{block_file, is_block_file};
use super::shared::Shared;
use super::summary::Summary;
use super::unit::Unit;
use super::{DEFAULT_MAX_BYTES, index_frame, shared};
use crate::{Error, ErrorKind};

/// Values that take no more than this together stand behind the index, in its frame: two frames would cost
/// a small recording more than they gain.
const MAX_INLINE_BYTES: usize = 32 * 1024;

/// A recording as a tape file, to be written part by part: one that is larger than memory is not in memory
/// here either.
///
/// ```
/// # use std::time::SystemTime;
/// # use playback_core::{Metadata, Recording, RecordingId, Tape, TapeParts};
/// use playback_cassette::format::{self, TapeFile};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let id: RecordingId = "Checkout/20260131/01KG8V3Q2E9T0000000000000A".parse()?;
/// # let metadata = Metadata::new("Checkout", SystemTime::UNIX_EPOCH);
/// # let recording = Recording::new(id, metadata, Tape::new(TapeParts::default())?);
/// let file = TapeFile::of(&recording)?;
/// let mut written = Vec::new();
/// for part in file.parts(16) {
///     written.extend(part?);
/// }
/// assert_eq!(written, format::encode(&recording)?);
/// # Ok(()) }
/// ```
pub struct TapeFile {
    /// The header and the index.
    head: Vec<u8>,
    body: Body,
}

/// The blocks.
enum Body {
    Memory(Vec<u8>),
    File(BlockFile),
}

impl TapeFile {
    /// The tape file of a recording. Values that are in memory are compressed now; for those that are being
    /// written to a temporary file, it waits.
    ///
    /// # Errors
    /// As [`encode`](super::encode) has them.
    pub fn of(recording: &Recording) -> Result<Self, Error> {
        let failed = |error| {
            let message =
                format!("recording {} cannot be compressed; free memory and try again", recording.id());
            Error::new(ErrorKind::Other, message).with_source(error)
        };
        let parts = recording.tape().parts();
        let unit = Unit::of(recording.metadata(), &parts.entries);
        let summary = Summary::of(recording.id(), recording.metadata(), unit)?;
        let (blocks, body) = body(recording).map_err(failed)?;
        let inline = if blocks.is_empty() { parts.bytes.as_slice() } else { &[] };
        let index = Index::of(summary, parts, blocks);
        let raw = index.to_bytes(inline).map_err(failed)?;
        shared::check(&parts.sites, &parts.entries, raw.len() as u64)
            .map_err(|what| shares_much(recording.id(), what))?;
        let indexes_much = || {
            let message = format!(
                "recording {} has more calls, or longer names, than a tape file can index; record less",
                recording.id()
            );
            Error::new(ErrorKind::TooLarge, message)
        };
        // What is saved can be loaded.
        if index.memory(raw.len()) > DEFAULT_MAX_BYTES {
            return Err(indexes_much());
        }
        let packed = index_frame::compress(&raw).map_err(failed)?;
        let head = Header::before(&packed, raw.len(), body.length()).ok_or_else(indexes_much)?;
        Ok(Self { head, body })
    }

    /// How much memory the values of a recording may take as a tape file, in bytes: none that are in a temporary file, and
    /// are read from there part by part. Whoever makes many at a time may see to room for them before.
    #[must_use]
    pub fn memory_for(recording: &Recording) -> u64 {
        match recording.tape().stored() {
            Some(values) if is_block_file(values) => 0,
            Some(values) => values.length(),
            None => recording.tape().parts().bytes.len() as u64,
        }
    }

    /// How long the file is, in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.head.len() as u64 + self.body.length()
    }

    /// The file in parts of so many bytes, the last of which may be shorter.
    ///
    /// # Errors
    /// An item is an error if the temporary file that holds the values cannot be read.
    pub fn parts(&self, bytes: u64) -> impl Iterator<Item = Result<Vec<u8>, Error>> {
        let (length, bytes) = (self.length(), bytes.max(1));
        let count = length.div_ceil(bytes);
        (0..count).map(move |number| self.read(number * bytes..length.min((number + 1) * bytes)))
    }

    /// The whole file.
    ///
    /// # Errors
    /// If the temporary file that holds the values cannot be read.
    pub fn into_bytes(self) -> Result<Vec<u8>, Error> {
        let Self { mut head, body } = self;
        match body {
            // In its place: both at once would take twice the memory.
            Body::Memory(mut stored) => {
                stored.reserve_exact(head.len());
                stored.extend_from_slice(&head);
                stored.rotate_right(head.len());
                Ok(stored)
            }
            Body::File(file) => {
                head.extend(file.read_stored(&(0..file.stored()))?);
                Ok(head)
            }
        }
    }

    fn read(&self, range: Range<u64>) -> Result<Vec<u8>, Error> {
        let head = self.head.len() as u64;
        if let (Body::File(file), true) = (&self.body, range.start >= head) {
            return file.read_stored(&(range.start - head..range.end - head));
        }
        let mut bytes = slice(&self.head, &range).to_vec();
        let behind = range.start.saturating_sub(head)..range.end.saturating_sub(head);
        match &self.body {
            Body::Memory(stored) => bytes.extend_from_slice(slice(stored, &behind)),
            Body::File(file) => bytes.extend(file.read_stored(&behind)?),
        }
        Ok(bytes)
    }
}

impl fmt::Debug for TapeFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TapeFile").field("length", &self.length()).finish_non_exhaustive()
    }
}

impl Body {
    fn length(&self) -> u64 {
        match self {
            Self::Memory(stored) => stored.len() as u64,
            Self::File(file) => file.stored(),
        }
    }
}

fn shares_much(id: &RecordingId, what: Shared) -> Error {
    let why = match what {
        Shared::Names => "repeats long aliases very often; give its calls shorter ones",
        Shared::Values => "has calls that share large values; give each call its own",
    };
    Error::new(ErrorKind::TooLarge, format!("recording {id} {why}"))
}

/// The blocks and their bytes: none for values that stand in the index.
fn body(recording: &Recording) -> io::Result<(Vec<Block>, Body)> {
    let parts = recording.tape().parts();
    let Some(values) = recording.tape().stored() else {
        if parts.bytes.len() <= MAX_INLINE_BYTES {
            return Ok((Vec::new(), Body::Memory(Vec::new())));
        }
        return packed(parts, parts.bytes.len() as u64, |range| {
            Ok(Cow::Borrowed(slice(&parts.bytes, &range)))
        });
    };
    match block_file(values) {
        Some(file) => {
            let file = file.map_err(io::Error::other)?;
            Ok((file.blocks(), Body::File(file)))
        }
        None => packed(parts, values.length(), |range| {
            values.read(range).map(Cow::Owned).map_err(io::Error::other)
        }),
    }
}

fn packed<'v>(
    parts: &TapeParts,
    length: u64,
    read: impl Fn(Range<u64>) -> io::Result<Cow<'v, [u8]>>,
) -> io::Result<(Vec<Block>, Body)> {
    let (blocks, stored) = blocks::pack(&parts.entries, length, read)?;
    Ok((blocks, Body::Memory(stored)))
}

/// As much of a range as there is.
fn slice<'b>(bytes: &'b [u8], range: &Range<u64>) -> &'b [u8] {
    let within = |at: u64| usize::try_from(at).map_or(bytes.len(), |at| at.min(bytes.len()));
    bytes.get(within(range.start)..within(range.end)).unwrap_or_default()
}
