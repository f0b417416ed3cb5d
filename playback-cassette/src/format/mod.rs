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

mod block_file;
mod blocks;
mod columns;
mod disk;
mod frame;
mod front;
mod header;
mod incoming;
mod index;
mod index_frame;
mod json;
mod opened;
mod pending;
mod places;
mod shared;
mod summary;
mod tape_file;
mod unit;

use playback_core::{Recording, RecordingId, Tape};

pub(crate) use block_file::{BlockFile, BlockWriter};
pub(crate) use disk::Disk;
pub use header::FORMAT_VERSION;
pub use incoming::{Incoming, MAX_MEMORY_BYTES, decode_file, decode_recording_file};
pub use json::{MAX_METADATA_BYTES, METADATA_FORMAT_VERSION, metadata_from_json, metadata_to_json};
pub use opened::{Opened, OpenedCall, ReadRange, open};
pub(crate) use pending::{Pending, settled};
pub(crate) use shared::values_of_calls;
pub use tape_file::TapeFile;

use crate::{Error, ErrorKind};
use front::Front;
use header::Header;
use places::Places;

/// The most memory that [`decode`] lets a tape take, in bytes: 1 GiB.
pub const DEFAULT_MAX_BYTES: u64 = 1 << 30;

/// A recording as the bytes of a tape file, which carries the id and the metadata, too. The same recording
/// gives the same bytes.
///
/// # Errors
/// [`ErrorKind::Invalid`] if the recording's time is outside of the years 0 to 9999, or if a metadata field
/// cannot be written as JSON; [`ErrorKind::TooLarge`] if [`decode`] would not read it again: if its fields take more than
/// [`MAX_METADATA_BYTES`] as JSON, or its calls and their names more memory than is allowed.
pub fn encode(recording: &Recording) -> Result<Vec<u8>, Error> {
    TapeFile::of(recording)?.into_bytes()
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
    let mut front = Front::parse(name, &header, packed, max_bytes)?;
    if !front.blocks.is_empty() {
        let places = Places::new(name, &front.blocks, header.parts.blocks)?;
        let left = max_bytes.saturating_sub(header.index_memory());
        front.parts.bytes = blocks::unpack(name, &places, stored, left)?;
    }
    let tape = Tape::new(front.parts).map_err(|error| Error::corrupt(name, &error).with_source(error))?;
    Ok(Recording::new(front.id, front.metadata, tape))
}

/// The recording in the bytes of a tape file that is kept under `id`. If its values would take more than
/// [`DEFAULT_MAX_BYTES`] of memory, they stay compressed in a temporary file.
///
/// # Errors
/// As [`decode`] has them, [`ErrorKind::TooLarge`] only if the index alone takes too much;
/// [`ErrorKind::Corrupt`] if the tape is of another recording.
pub fn decode_recording(id: &RecordingId, bytes: &[u8]) -> Result<Recording, Error> {
    decode_recording_past(id, bytes, DEFAULT_MAX_BYTES)
}

fn decode_recording_past(id: &RecordingId, bytes: &[u8], max_bytes: u64) -> Result<Recording, Error> {
    let name = format!("recording {id}");
    match decode_within(&name, bytes, max_bytes) {
        // A short file may hold many values that compress well, and what was saved is loaded.
        Err(error) if error.kind() == ErrorKind::TooLarge => {
            decode_recording_file(id, incoming::temporary_file(bytes)?)
        }
        decoded => of_id(id, &name, decoded?),
    }
}

/// The recording, if it is the one called `id`.
fn of_id(id: &RecordingId, name: &str, recording: Recording) -> Result<Recording, Error> {
    if recording.id() == id {
        Ok(recording)
    } else {
        Err(Error::corrupt(name, format_args!("what is kept under its name is recording {}", recording.id())))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use std::time::SystemTime;

    use playback_core::{Metadata, TapeParts};

    use super::*;

    #[test]
    fn what_compresses_too_well_for_memory_is_loaded_from_a_file() {
        // C14
        let id: RecordingId = "Checkout/20260131/01KG8V3Q2E9T0000000000000A".parse().unwrap();
        let parts = TapeParts { bytes: vec![0; 4 << 20], ..TapeParts::default() };
        let metadata = Metadata::new("Checkout", SystemTime::UNIX_EPOCH);
        let recording = Recording::new(id.clone(), metadata, Tape::new(parts).unwrap());
        let bytes = encode(&recording).unwrap();
        assert!(bytes.len() < 64 << 10, "{} bytes", bytes.len());
        let limit = 1 << 20;
        assert_eq!(decode_within("it", &bytes, limit).unwrap_err().kind(), ErrorKind::TooLarge);
        let loaded = decode_recording_past(&id, &bytes, limit).unwrap();
        assert!(loaded.tape().stored().is_some());
        assert_eq!(encode(&loaded).unwrap(), bytes);
    }
}
