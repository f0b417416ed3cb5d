//! Tape files that are too large for memory, read.

use std::fs::File;
use std::io::{self, Read, Write};

use playback_core::{Recording, RecordingId, Tape};
use tempfile::{SpooledData, SpooledTempFile};

use super::block_file::BlockFile;
use super::front::Front;
use super::header::{self, Header};
use super::{DEFAULT_MAX_BYTES, decode_recording, of_id};
use std::sync::Arc;

use crate::{Error, ErrorKind};

/// How long a tape file may be for a cassette to load it into memory, in bytes: 16 MiB. The values of a longer
/// one are fetched from a file when they are asked for, so that a recording of any size is loaded and
/// replayed.
pub const MAX_MEMORY_BYTES: u64 = 16 << 20;

/// The recording in a tape file on this machine's disk. Its values stay in the file, and are fetched when
/// they are asked for. `name` is what errors call it.
///
/// # Errors
/// As [`decode`](super::decode) has them, but for the values, which are checked when they are fetched; and
/// [`ErrorKind::Other`] if the file cannot be read.
pub fn decode_file(name: &str, mut file: File) -> Result<Recording, Error> {
    let failed = |error: io::Error| {
        let message =
            format!("the file of {name} cannot be read; see to the disk that holds it, and try again");
        Error::new(ErrorKind::Other, message).with_source(error)
    };
    io::Seek::rewind(&mut file).map_err(failed)?;
    let there = file.metadata().map_err(failed)?.len();
    let mut head = Vec::new();
    (&file).take(header::MAX_LENGTH as u64).read_to_end(&mut head).map_err(failed)?;
    let header = Header::parse(name, &head)?;
    header.check_length(name, there)?;
    header.check_size(name, DEFAULT_MAX_BYTES)?;
    io::Seek::seek(&mut file, io::SeekFrom::Start(header.length as u64)).map_err(failed)?;
    let mut packed = Vec::new();
    (&file).take(header.parts.index.into()).read_to_end(&mut packed).map_err(failed)?;
    let Front { id, metadata, parts, blocks } = Front::parse(name, &header, &packed, DEFAULT_MAX_BYTES)?;
    let tape = if blocks.is_empty() {
        Tape::new(parts)
    } else {
        let (start, stored) = (header.front(), header.parts.blocks);
        let values = BlockFile::new(name.to_owned(), file, start, stored, &blocks, None)?;
        Tape::with_stored(parts, Arc::new(values))
    };
    let tape = tape.map_err(|error| Error::corrupt(name, &error).with_source(error))?;
    Ok(Recording::new(id, metadata, tape))
}

/// As [`decode_file`], of a file that is kept under `id`.
///
/// # Errors
/// As [`decode_file`] has them, and [`ErrorKind::Corrupt`] if the tape is of another recording.
pub fn decode_recording_file(id: &RecordingId, file: File) -> Result<Recording, Error> {
    let name = format!("recording {id}");
    of_id(id, &name, decode_file(&name, file)?)
}

/// A tape file that comes in from afar: in memory up to [`MAX_MEMORY_BYTES`], past that in an anonymous
/// temporary file.
///
/// ```
/// # use std::time::SystemTime;
/// # use playback_core::{Metadata, Recording, RecordingId, Tape, TapeParts};
/// use playback_cassette::format::{self, Incoming};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let id: RecordingId = "Checkout/20260131/01KG8V3Q2E9T0000000000000A".parse()?;
/// # let metadata = Metadata::new("Checkout", SystemTime::UNIX_EPOCH);
/// # let recording = Recording::new(id.clone(), metadata, Tape::new(TapeParts::default())?);
/// let mut incoming = Incoming::new();
/// for part in format::encode(&recording)?.chunks(16) {
///     incoming.write(part)?;
/// }
/// assert_eq!(incoming.decode_recording(&id)?, recording);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Incoming(SpooledTempFile);

impl Incoming {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self(tempfile::spooled_tempfile(usize::try_from(MAX_MEMORY_BYTES).unwrap_or(usize::MAX)))
    }

    /// Takes the bytes that come next. May block for as long as a disk takes.
    ///
    /// # Errors
    /// [`ErrorKind::Other`] if the temporary file cannot be made or written.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.0.write_all(bytes).map_err(no_temporary_file)
    }

    /// The recording, which is kept under `id`.
    ///
    /// # Errors
    /// As [`decode_recording`] and [`decode_recording_file`] have them.
    pub fn decode_recording(self, id: &RecordingId) -> Result<Recording, Error> {
        match self.0.into_inner() {
            SpooledData::InMemory(bytes) => decode_recording(id, bytes.get_ref()),
            SpooledData::OnDisk(file) => decode_recording_file(id, file),
        }
    }
}

/// A temporary file with these bytes.
pub(super) fn temporary_file(bytes: &[u8]) -> Result<File, Error> {
    let mut file = tempfile::tempfile().map_err(no_temporary_file)?;
    file.write_all(bytes).map_err(no_temporary_file)?;
    Ok(file)
}

fn no_temporary_file(error: io::Error) -> Error {
    let message = format!(
        "a large recording cannot be kept in a temporary file; make room in {}, or name another directory by `TMPDIR`",
        std::env::temp_dir().display()
    );
    Error::new(ErrorKind::Other, message).with_source(error)
}

impl Default for Incoming {
    fn default() -> Self {
        Self::new()
    }
}
