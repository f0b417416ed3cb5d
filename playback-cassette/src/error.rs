//! What can go wrong between a recording and the place where it is kept.

use std::error::Error as StdError;
use std::fmt;

use playback_core::{InvalidId, RecordingId};

/// What went wrong with a cassette: a [kind](ErrorKind) to act on, a message that names the thing at fault
/// and the next step, and the error beneath, if there is one, as its [source](StdError::source).
///
/// ```
/// use playback_cassette::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::Refused, "the bucket `recordings` refuses this key; check its policy");
/// assert_eq!(error.kind(), ErrorKind::Refused);
/// assert_eq!(error.to_string(), "the bucket `recordings` refuses this key; check its policy");
/// ```
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What a caller can do about an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is no such recording. Look for another id.
    NotFound,
    /// The cassette was opened for reading only. Open it for writing, if that is meant.
    ReadOnly,
    /// The cassette only takes recordings. Read from the one that it saves to.
    WriteOnly,
    /// The store says no: credentials or permissions. A person has to change them.
    Refused,
    /// The store does not answer. Trying again later may help.
    Unreachable,
    /// What is stored is not what was saved. Delete it or restore it from a backup.
    Corrupt,
    /// What is stored was written by a newer version. Read it with that version.
    NewerFormat,
    /// It is larger than the limit in force. Raise the limit, if that is meant.
    TooLarge,
    /// What was asked for makes no sense: an address, a name, a time out of range. Ask for something else.
    Invalid,
    /// Anything else; the message and the source say what.
    Other,
}

impl Error {
    /// An error of its kind and its message, which names the thing at fault and the next step.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// The same error, with the one beneath it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// There is no recording `id` in `place`, such as "the bucket `recordings`".
    #[must_use]
    pub fn not_found(id: &RecordingId, place: impl fmt::Display) -> Self {
        let message = format!("there is no recording {id} in {place}; `find` lists those that there are");
        Self::new(ErrorKind::NotFound, message)
    }

    /// `place` was opened for reading only and was asked to `act` ("save recording …").
    #[must_use]
    pub fn read_only(act: impl fmt::Display, place: impl fmt::Display) -> Self {
        let message =
            format!("cannot {act}: {place} is open for reading only; open it with `.read_only(false)`");
        Self::new(ErrorKind::ReadOnly, message)
    }

    /// What is stored as `name` is damaged; `what` says in which way.
    #[must_use]
    pub fn corrupt(name: impl fmt::Display, what: impl fmt::Display) -> Self {
        let message = format!("{name} is corrupt: {what}; delete it or restore it from backup");
        Self::new(ErrorKind::Corrupt, message)
    }

    /// What the caller can do about it.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The message and those of all errors beneath, for a log: "message: source: its source".
    #[must_use]
    pub fn chain(&self) -> String {
        let mut chain = self.message.clone();
        let mut beneath = StdError::source(self);
        while let Some(error) = beneath {
            chain.push_str(": ");
            chain.push_str(&error.to_string());
            beneath = error.source();
        }
        chain
    }
}

impl From<InvalidId> for Error {
    fn from(error: InvalidId) -> Self {
        Self::new(ErrorKind::Invalid, error.to_string())
    }
}
