//! The forms that the file of a recording can have.

use std::path::Path;

use playback_cassette::{Error, Recording, format};

/// The form of a recording's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Form {
    /// The tape file: small, and exactly what an object store keeps
    Tape,
}

impl Form {
    /// The form that the name of a file says; none for a file that is no recording's.
    pub(crate) fn of_file(file: &Path) -> Option<Self> {
        file.extension().is_some_and(|extension| extension == "tape").then_some(Self::Tape)
    }

    /// What the names of its files end in.
    pub(crate) fn ending(self) -> &'static str {
        match self {
            Self::Tape => "tape",
        }
    }

    pub(crate) fn encode(self, recording: &Recording) -> Result<Vec<u8>, Error> {
        match self {
            Self::Tape => format::encode(recording),
        }
    }

    /// `name` is what errors call the file.
    pub(crate) fn decode(self, name: &str, bytes: &[u8]) -> Result<Recording, Error> {
        match self {
            Self::Tape => format::decode(name, bytes),
        }
    }
}
