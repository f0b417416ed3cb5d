//! Why a replay failed.

use std::fmt;

use super::diagnosis::Diagnosis;
use super::escape::Escape;
use super::lookup::Found;
use super::session::Session;
use crate::RecordingId;
use crate::value::DecodeError;

/// Why a replay failed. The operation's own errors are no failures: they are results, to be compared.
#[derive(Debug, Clone)]
pub struct ReplayError(Box<ReplayErrorKind>);

/// What kind of failure a [`ReplayError`] is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ReplayErrorKind {
    /// An input or output has no recorded answer.
    Unanswered(Diagnosis),
    /// A value of a call, or of the operation, could not be encoded, or its handler failed.
    Unencodable {
        /// The alias of the call; the category for the operation itself.
        alias: String,
        /// What was wrong with the value.
        error: String,
    },
    /// The recorded answer to a call is not of the type that the code has now.
    AnswerMismatch {
        /// The alias of the call.
        alias: String,
        /// The recorded answer.
        recorded: String,
        /// Where it does not fit.
        error: String,
    },
    /// The operation's recorded arguments are not of the type that was asked for.
    ArgumentMismatch {
        /// The recording.
        recording: RecordingId,
        /// Where they do not fit.
        error: String,
    },
    /// The recorded call panicked, so that there is nothing to answer with.
    RecordedPanic {
        /// The alias of the call.
        alias: String,
    },
    /// The recorded call was cancelled while it waited, and this one is not async, so that it cannot be.
    RecordedCancellation {
        /// The alias of the call.
        alias: String,
    },
    /// The code under replay was stopped by an interception outside its context, which was refused.
    Escaped(Escape),
    /// The code under replay panicked.
    Panicked {
        /// The panic's message.
        message: String,
    },
    /// The code under replay entered another operation than the recorded one, or a second one.
    OtherOperation {
        /// The category of the operation that was entered.
        entered: String,
        /// The category of the recorded operation.
        recorded: String,
    },
    /// The code under replay entered no operation.
    NotEntered {
        /// The recording.
        recording: RecordingId,
    },
    /// The recording holds no operation.
    NoOperation {
        /// The recording.
        recording: RecordingId,
    },
    /// Recorded values are not in memory and cannot be fetched.
    Unreadable {
        /// The recording.
        recording: RecordingId,
        /// Why not.
        error: String,
    },
    /// Setting the replay up failed, as said by the function that was given to [`replay`](crate::replay()).
    Setup {
        /// What it said.
        message: String,
    },
}

impl ReplayError {
    /// An error for the function given to [`replay`](crate::replay()) to return when it cannot set the
    /// operation up.
    pub fn setup(message: impl fmt::Display) -> Self {
        ReplayErrorKind::Setup { message: message.to_string() }.into()
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> &ReplayErrorKind {
        &self.0
    }

    pub(crate) fn value(alias: &str, error: String) -> Self {
        ReplayErrorKind::Unencodable { alias: alias.to_owned(), error }.into()
    }

    pub(crate) fn answer(alias: &str, found: &Found, session: &Session, error: String) -> Self {
        let bytes = found.result(session.recording().tape());
        let recorded = match bytes.and_then(|bytes| crate::value::decode_value(&bytes)) {
            Ok(value) => crate::recording::Short(&value).to_string(),
            Err(error) => format!("unreadable: {error}"),
        };
        ReplayErrorKind::AnswerMismatch { alias: alias.to_owned(), recorded, error }.into()
    }

    pub(crate) fn arguments(recording: &RecordingId, error: &DecodeError) -> Self {
        let error = error.to_string();
        ReplayErrorKind::ArgumentMismatch { recording: recording.clone(), error }.into()
    }

    pub(crate) fn unreadable(recording: &RecordingId, error: &DecodeError) -> Self {
        let error = error.to_string();
        ReplayErrorKind::Unreadable { recording: recording.clone(), error }.into()
    }

    pub(crate) fn no_operation(recording: &RecordingId) -> Self {
        ReplayErrorKind::NoOperation { recording: recording.clone() }.into()
    }
}

impl From<ReplayErrorKind> for ReplayError {
    fn from(kind: ReplayErrorKind) -> Self {
        Self(Box::new(kind))
    }
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            ReplayErrorKind::Unanswered(diagnosis) => diagnosis.fmt(f),
            ReplayErrorKind::Unencodable { alias, error } => write!(
                f,
                "a value of `{alias}` cannot be captured: {error}; leave the argument out with `skip(…)`, or give the call a handler"
            ),
            ReplayErrorKind::AnswerMismatch { alias, recorded, error } => write!(
                f,
                "the recorded answer of `{alias}` does not fit the code's type: {error}\n  recorded:    {recorded}\n  \
                 keep old recordings readable with `#[serde(default)]`, `#[serde(alias = \"…\")]` or a handler"
            ),
            ReplayErrorKind::ArgumentMismatch { recording, error } => write!(
                f,
                "the recorded arguments of {recording} do not fit the type asked for: {error}; ask for a tuple of the \
                 operation's recorded arguments, in their order"
            ),
            ReplayErrorKind::RecordedPanic { alias } => {
                write!(f, "the recorded call of `{alias}` panicked, so there is no answer to give")
            }
            ReplayErrorKind::RecordedCancellation { alias } => write!(
                f,
                "the recorded call of `{alias}` was cancelled while it waited, so there is no answer to give, and a \
                 call that is not async cannot wait for being cancelled"
            ),
            ReplayErrorKind::Escaped(escape) => escape.fmt(f),
            ReplayErrorKind::Panicked { message } => write!(f, "the code under replay panicked: {message}"),
            ReplayErrorKind::OtherOperation { entered, recorded } if entered == recorded => {
                write!(
                    f,
                    "the code under replay entered the operation `{entered}` a second time; a replay runs one operation once"
                )
            }
            ReplayErrorKind::OtherOperation { entered, recorded } => write!(
                f,
                "the code under replay entered the operation `{entered}`, and the recording is of `{recorded}`; a replay \
                 runs the recorded operation, once"
            ),
            ReplayErrorKind::NotEntered { recording } => write!(
                f,
                "the replay of {recording} entered no operation; call the function marked `#[operation]` and await it"
            ),
            ReplayErrorKind::NoOperation { recording } => {
                write!(f, "the recording {recording} holds no operation; record it again")
            }
            ReplayErrorKind::Unreadable { recording, error } => {
                write!(f, "the recording {recording} cannot be replayed: {error}; load it again")
            }
            ReplayErrorKind::Setup { message } => write!(f, "the replay could not be set up: {message}"),
        }
    }
}

impl std::error::Error for ReplayError {}
