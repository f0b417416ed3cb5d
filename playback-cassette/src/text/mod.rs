//! A recording as text, for people: one file that reads well, changes line by line, and can be edited by hand.
//!
//! It holds all that a tape file holds: either form of a recording can be made of the other, with the same bytes.
//! `TEXT.md` beside this module's code specifies it. Files of it end in [`EXTENSION`].
//!
//! ```
//! # use std::time::SystemTime;
//! use playback_cassette::{format, text};
//! # use playback_core::{Metadata, Recording, RecordingId, Tape, TapeParts};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let id: RecordingId = "Checkout/20260131/01KG8V3Q2E9T0000000000000A".parse()?;
//! # let metadata = Metadata::new("Checkout", SystemTime::UNIX_EPOCH);
//! # let recording = Recording::new(id, metadata, Tape::new(TapeParts { lanes: vec![vec![]], ..TapeParts::default() })?);
//! let written = text::encode(&recording)?;
//! assert!(written.starts_with("playback recording 1\n\nid Checkout/20260131/01KG8V3Q2E9T0000000000000A\n"));
//! let read = text::decode("the text in hand", &written)?;
//! assert_eq!(format::encode(&read)?, format::encode(&recording)?);
//!
//! let error = text::decode("a.tape.txt", &written.replace("recorded ", "recordet ")).unwrap_err();
//! assert!(error.to_string().starts_with("a.tape.txt, line 4, column 1: expected"));
//! # Ok(()) }
//! ```

mod calls;
mod duration;
mod head;
mod reader;
mod writer;

use playback_core::{Recording, RecordingId, Tape};

use crate::{Error, ErrorKind, Found};
use head::Head;
use reader::Reader;

/// The version of the text form that this version writes, and the newest that it reads.
pub const TEXT_VERSION: u32 = 1;

/// What the names of files of this form end in.
pub const EXTENSION: &str = ".tape.txt";

/// A recording as text. The same recording gives the same text.
///
/// # Errors
/// [`ErrorKind::Invalid`] if the recording's time is outside of the years 0 to 9999; [`ErrorKind::Other`] if its
/// values are in a file that cannot be read.
pub fn encode(recording: &Recording) -> Result<String, Error> {
    let mut text = head::write(recording)?;
    let written = calls::write(&mut text, recording.tape());
    written.map_err(|error| {
        let message = format!("recording {} cannot be written as text: {error}", recording.id());
        Error::new(ErrorKind::Other, message).with_source(error)
    })?;
    Ok(text)
}

/// The recording that a text holds. `name` is what errors call it, such as the path of the file.
///
/// # Errors
/// [`ErrorKind::Corrupt`] if it holds none, with the line, the column, and what was expected there;
/// [`ErrorKind::NewerFormat`] if a newer version wrote it.
pub fn decode(name: &str, text: &str) -> Result<Recording, Error> {
    let mut reader = Reader::new(name, text);
    let head = Head::read(&mut reader)?;
    let parts = calls::read(&mut reader, &head)?;
    let tape = Tape::new(parts)
        .map_err(|error| Error::new(ErrorKind::Corrupt, format!("{name}: {error}")).with_source(error))?;
    Ok(Recording::new(head.id, head.metadata, tape))
}

/// As [`decode`], of a text that is kept under `id`.
///
/// # Errors
/// As [`decode`] has them, and [`ErrorKind::Corrupt`] if it holds another recording.
pub fn decode_recording(name: &str, id: &RecordingId, text: &str) -> Result<Recording, Error> {
    let recording = decode(name, text)?;
    if recording.id() == id {
        return Ok(recording);
    }
    let message = format!("{name} was recording {id} and now is recording {}; open it again", recording.id());
    Err(Error::new(ErrorKind::Corrupt, message))
}

/// What the head of a text says of its recording: all before the first call. What follows is not looked at,
/// and may be missing.
///
/// # Errors
/// As [`decode`] has them.
pub fn decode_head(name: &str, text: &str) -> Result<Found, Error> {
    let head = Head::read(&mut Reader::new(name, text))?;
    Ok(Found::new(head.id, head.metadata))
}

/// Whether a line begins a call, and so ends the head.
pub(crate) fn begins_call(line: &str) -> bool {
    calls::KINDS.iter().any(|(word, _)| line.strip_prefix(word).is_some_and(|rest| rest.starts_with(' ')))
}
