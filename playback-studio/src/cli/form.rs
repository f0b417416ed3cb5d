//! The forms that the file of a recording can have.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use playback_cassette::{Error, ErrorKind, Recording, format, text};

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
        let bytes =
            fs::read(file).map_err(|error| failed("read the file", file, "make it readable", error))?;
        let name = format!("the file {}", file.display());
        match self {
            Self::Tape => format::decode(&name, &bytes),
            Self::Text => match std::str::from_utf8(&bytes) {
                Ok(text) => text::decode(&name, text),
                Err(error) => {
                    let line =
                        bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
                    let message = format!("{name}, line {line}: expected text in UTF-8");
                    Err(Error::new(ErrorKind::Corrupt, message).with_source(error))
                }
            },
        }
    }
}

/// Writes a file whole or not at all.
pub(crate) fn write(file: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let beside = file.with_file_name(name);
    let write = || {
        let mut new = fs::File::create(&beside)?;
        new.write_all(bytes)?;
        fs::rename(&beside, file)
    };
    write().map_err(|error| {
        // The error that is reported is the first.
        let _ = fs::remove_file(&beside);
        failed("write the file", file, "make its directory writable, or free space", error)
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
