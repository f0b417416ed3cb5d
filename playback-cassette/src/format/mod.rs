//! The bytes that a recording is kept as: the tape file and the metadata beside it.
//!
//! `FORMAT.md` beside this module's code specifies them. A cassette that keeps recordings as files,
//! objects or blobs writes [`encode`]'s bytes and reads them with [`decode`], whatever the place:
//!
//! ```
//! # use std::time::SystemTime;
//! # use playback_core::{Metadata, Recording, RecordingId, Tape, TapeParts};
//! use playback_cassette::format;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let id: RecordingId = "Checkout/20260131/01KG8V3Q2E9T0000000000000A".parse()?;
//! # let metadata = Metadata::new("Checkout", SystemTime::UNIX_EPOCH);
//! # let recording = Recording::new(id, metadata, Tape::new(TapeParts::default())?);
//! let bytes = format::encode(&recording)?;
//! assert_eq!(format::decode("the tape in hand", &bytes)?, recording);
//! # Ok(()) }
//! ```

mod blocks;
mod header;
mod index;
mod json;
mod summary;

use playback_core::{Recording, RecordingId, Tape, TapeParts};

pub use header::FORMAT_VERSION;
pub use json::{METADATA_FORMAT_VERSION, metadata_from_json, metadata_to_json};

use crate::{Error, ErrorKind};
use header::Header;
use index::Index;

/// The most memory that [`decode`] lets a tape take, in bytes: 1 GiB.
pub const DEFAULT_MAX_BYTES: u64 = 1 << 30;

/// Values that take no more than this together stand behind the index, in its frame: two frames would cost
/// a small recording more than they gain.
const MAX_INLINE_BYTES: usize = 32 * 1024;

/// A recording as the bytes of a tape file, which carries the id and the metadata, too. The same recording
/// gives the same bytes.
///
/// # Errors
/// [`ErrorKind::Invalid`] if the recording's time is outside of the years 0 to 9999, or if a metadata field
/// cannot be written as JSON; [`ErrorKind::TooLarge`] if its index takes more than 4 GiB.
pub fn encode(recording: &Recording) -> Result<Vec<u8>, Error> {
    let parts = recording.tape().parts();
    let summary = summary::Summary::of(recording.id(), recording.metadata())?;
    let (blocks, stored) = if parts.bytes.len() <= MAX_INLINE_BYTES {
        (Vec::new(), Vec::new())
    } else {
        blocks::pack(parts).map_err(|error| compression_failed(recording, error))?
    };
    let inline = if blocks.is_empty() { parts.bytes.as_slice() } else { &[] };
    let index = Index::of(summary, parts, blocks);
    let raw = index.to_bytes(inline).map_err(|error| compression_failed(recording, error))?;
    let packed = blocks::compress_index(&raw).map_err(|error| compression_failed(recording, error))?;
    let header = Header::of(&packed, raw.len(), stored.len()).ok_or_else(|| {
        let message =
            format!("recording {} has more calls than a tape file can index; record less", recording.id());
        Error::new(ErrorKind::TooLarge, message)
    })?;
    let mut file = Vec::with_capacity(header::LENGTH + packed.len() + stored.len());
    file.extend_from_slice(&header.to_bytes());
    file.extend_from_slice(&packed);
    file.extend_from_slice(&stored);
    Ok(file)
}

/// The recording in the bytes of a tape file. `name` is what errors call it, such as "recording
/// Checkout/…" or "the file ./tape".
///
/// # Errors
/// [`ErrorKind::Corrupt`] if the bytes are no tape, are truncated, or were changed;
/// [`ErrorKind::NewerFormat`] if a newer version wrote them; [`ErrorKind::TooLarge`] if the tape would take
/// more than [`DEFAULT_MAX_BYTES`] of memory: [`decode_within`] takes another limit.
pub fn decode(name: &str, bytes: &[u8]) -> Result<Recording, Error> {
    decode_within(name, bytes, DEFAULT_MAX_BYTES)
}

/// As [`decode`], with a limit of one's own on the memory that the tape may take, in bytes.
///
/// # Errors
/// As [`decode`] has them.
pub fn decode_within(name: &str, bytes: &[u8], max_bytes: u64) -> Result<Recording, Error> {
    let header = Header::parse(name, bytes)?;
    let (packed, stored) = header.split(name, bytes)?;
    header.check_size(name, max_bytes)?;
    let raw = blocks::decompress_index(name, packed, header.index_raw)?;
    let (index, inline) = Index::parse(name, &raw)?;
    let (id, metadata) = index.summary.restore(name)?;
    let values = if index.blocks.is_empty() {
        blocks::check_nothing_follows(name, stored)?;
        inline.to_vec()
    } else {
        let left = max_bytes.saturating_sub(header.index_memory());
        blocks::unpack(name, &index.blocks, stored, left)?
    };
    let (sites, lanes, entries) = index.restore(name)?;
    let parts = TapeParts { bytes: values, sites, lanes, entries };
    let tape = Tape::new(parts).map_err(|error| Error::corrupt(name, &error).with_source(error))?;
    Ok(Recording::new(id, metadata, tape))
}

/// The recording in the bytes of a tape file that is kept under `id`.
///
/// # Errors
/// As [`decode`] has them, and [`ErrorKind::Corrupt`] if the tape is of another recording.
pub fn decode_recording(id: &RecordingId, bytes: &[u8]) -> Result<Recording, Error> {
    let name = format!("recording {id}");
    let recording = decode(&name, bytes)?;
    if recording.id() == id {
        Ok(recording)
    } else {
        Err(Error::corrupt(name, format_args!("what is kept under its name is recording {}", recording.id())))
    }
}

fn compression_failed(recording: &Recording, error: std::io::Error) -> Error {
    let message = format!("recording {} cannot be compressed; free memory and try again", recording.id());
    Error::new(ErrorKind::Other, message).with_source(error)
}
