//! The forms that the file of a recording can have.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use playback_cassette::{Error, ErrorKind, Recording, format, text};

use super::failure::Stop;
use crate::whole::write_whole;

/// The form of a recording's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Form {
    /// Text (*.tape.txt), to be read, compared and edited
    Text,
    /// The tape file (*.tape): small, and exactly what an object store keeps
    Tape,
}

impl Form {
    /// The form that the name of a file says; none for a file that is no recording's.
    pub(crate) fn of_file(file: &Path) -> Option<Self> {
        let name = file.file_name()?.to_str()?;
        [Self::Text, Self::Tape].into_iter().find(|form| name.ends_with(form.ending()))
    }

    /// What the names of its files end in.
    pub(crate) fn ending(self) -> &'static str {
        match self {
            Self::Text => text::EXTENSION,
            Self::Tape => ".tape",
        }
    }

    pub(crate) fn other(self) -> Self {
        match self {
            Self::Text => Self::Tape,
            Self::Tape => Self::Text,
        }
    }

    pub(crate) fn encode(self, recording: &Recording) -> Result<Vec<u8>, Error> {
        match self {
            Self::Text => text::encode(recording).map(String::into_bytes),
            Self::Tape => format::encode(recording),
        }
    }

    /// The recording in a file of this form.
    pub(crate) fn read(self, file: &Path) -> Result<Recording, Error> {
        let unreadable = |error| failed("read the file", file, "make it readable", error);
        let name = format!("the file {}", file.display());
        if self == Self::Tape {
            // Values stay in the file, which may be of any size.
            return format::decode_file(&name, File::open(file).map_err(unreadable)?);
        }
        let bytes = fs::read(file).map_err(unreadable)?;
        match std::str::from_utf8(&bytes) {
            Ok(text) => text::decode(&name, text),
            Err(error) => {
                let line = bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
                let message = format!("{name}, line {line}: expected text in UTF-8");
                Err(Error::new(ErrorKind::Corrupt, message).with_source(error))
            }
        }
    }
}

/// Writes a file whole or not at all. One that is there is refused, unless it is to be replaced.
pub(crate) fn write(file: &Path, bytes: &[u8], replace: bool) -> Result<(), Stop> {
    write_whole(file, replace, |new| new.write_all(bytes)).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Stop::new(format!(
            "{} is there already; --replace replaces it, and --out names another file",
            file.display()
        )),
        _ => failed("write the file", file, "make its directory writable, or free space", error).into(),
    })
}

/// What went wrong with a path, and what to do.
pub(crate) fn failed(act: &str, path: &Path, remedy: &str, error: io::Error) -> Error {
    let kind = match error.kind() {
        io::ErrorKind::NotFound => ErrorKind::NotFound,
        _ => ErrorKind::Refused,
    };
    Error::new(kind, format!("cannot {act} {}; {remedy}", path.display())).with_source(error)
}

#[cfg(test)]
mod tests {
    use playback_core::operation;
    use playback_testkit::record;

    use super::*;

    #[test]
    fn the_values_of_a_tape_file_stay_in_it() {
        let run = async { operation("Checkout").args(&("a value ".repeat(100_000),)).run(|| 1) };
        let [recording] =
            <[Recording; 1]>::try_from(futures::executor::block_on(record(run)).recordings).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("one.tape");
        fs::write(&file, format::encode(&recording).unwrap()).unwrap();
        let read = Form::Tape.read(&file).unwrap();
        assert!(read.tape().stored().is_some());
        assert_eq!(read, recording);
    }
}
