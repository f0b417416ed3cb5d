//! Ready-made handlers for results whose errors serde cannot write.
//!
//! Each is a [`DataHandler`](crate::DataHandler) of `Result<T, E>`, for any `T` that serde can write and read.
//! An `Ok` is recorded as it is. Of an `Err` the messages are recorded, its own and those of its sources.
//!
//! ```
//! use playback_core::{errors, input};
//!
//! fn read(name: &str) -> std::io::Result<String> {
//!     input("config.read").args(&(name,)).handler_with(errors::io).run(|| std::fs::read_to_string(name))
//! }
//! assert!(read("/no/such/file").is_err());
//! ```

use std::error::Error;
use std::fmt;
use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::handler::{HandlerError, Prepare, Restore};

/// How errors of one type are recorded and made again. [`ErrorHandler`] makes a handler of it.
pub trait ErrorForm<E> {
    /// What is recorded of an error.
    type Recorded: Serialize + DeserializeOwned;

    /// What to record of `error`.
    fn record(&self, error: &E) -> Self::Recorded;

    /// The error that was recorded.
    fn restore(&self, recorded: Self::Recorded) -> E;
}

/// A handler of `Result<T, E>` whose errors are recorded in a form of their own.
#[derive(Debug, Clone, Copy)]
pub struct ErrorHandler<F>(pub F);

impl<T: Serialize, E, F: ErrorForm<E>> Prepare<Result<T, E>> for ErrorHandler<F> {
    fn prepare<'a>(
        &'a self,
        value: &'a Result<T, E>,
    ) -> Result<Box<dyn erased_serde::Serialize + 'a>, HandlerError> {
        Ok(match value {
            Ok(value) => Box::new(Ok::<&T, F::Recorded>(value)),
            Err(error) => Box::new(Err::<&T, F::Recorded>(self.0.record(error))),
        })
    }
}

impl<T: DeserializeOwned, E, F: ErrorForm<E>> Restore<Result<T, E>> for ErrorHandler<F> {
    fn restore(
        &self,
        recorded: &mut dyn erased_serde::Deserializer<'_>,
    ) -> Result<Result<T, E>, HandlerError> {
        let recorded: Result<T, F::Recorded> = erased_serde::deserialize(recorded)?;
        Ok(recorded.map_err(|error| self.0.restore(error)))
    }
}

/// Handles errors of any type that has a message and can be made of one.
///
/// ```
/// use playback_core::{errors, input};
///
/// #[derive(Debug, PartialEq)]
/// struct Refused(String);
/// impl std::fmt::Display for Refused {
///     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(&self.0) }
/// }
/// let answer: Result<u32, Refused> =
///     input("bank.balance").args(&()).handler_with(|| errors::text(Refused)).run(|| Err(Refused("closed".into())));
/// assert_eq!(answer, Err(Refused("closed".into())));
/// ```
pub fn text<E: fmt::Display, F: Fn(String) -> E>(from_message: F) -> ErrorHandler<Text<F>> {
    ErrorHandler(Text(from_message))
}

/// The form of [`text`]: the message.
#[derive(Debug, Clone, Copy)]
pub struct Text<F>(F);

impl<E: fmt::Display, F: Fn(String) -> E> ErrorForm<E> for Text<F> {
    type Recorded = String;

    fn record(&self, error: &E) -> String {
        error.to_string()
    }

    fn restore(&self, recorded: String) -> E {
        (self.0)(recorded)
    }
}

/// Handles `Box<dyn Error + Send + Sync>`. What comes back is a [`RecordedError`] with the same messages.
#[must_use]
pub fn boxed() -> ErrorHandler<Boxed> {
    ErrorHandler(Boxed)
}

/// The form of [`boxed`]: the messages.
#[derive(Debug, Clone, Copy)]
pub struct Boxed;

impl ErrorForm<Box<dyn Error + Send + Sync>> for Boxed {
    type Recorded = Vec<String>;

    fn record(&self, error: &Box<dyn Error + Send + Sync>) -> Vec<String> {
        messages(error.as_ref())
    }

    fn restore(&self, recorded: Vec<String>) -> Box<dyn Error + Send + Sync> {
        Box::new(RecordedError::new(recorded))
    }
}

/// Handles `anyhow::Error`. What comes back is a [`RecordedError`] with the same messages; it cannot be downcast to
/// what it was.
#[cfg(feature = "anyhow")]
#[must_use]
pub fn anyhow() -> ErrorHandler<Anyhow> {
    ErrorHandler(Anyhow)
}

/// The form of [`anyhow`](anyhow()): the messages.
#[cfg(feature = "anyhow")]
#[derive(Debug, Clone, Copy)]
pub struct Anyhow;

#[cfg(feature = "anyhow")]
impl ErrorForm<::anyhow::Error> for Anyhow {
    type Recorded = Vec<String>;

    fn record(&self, error: &::anyhow::Error) -> Vec<String> {
        messages(error.as_ref())
    }

    fn restore(&self, recorded: Vec<String>) -> ::anyhow::Error {
        ::anyhow::Error::new(RecordedError::new(recorded))
    }
}

/// Handles `std::io::Error`. What comes back has the same kind and messages, and the same code of the operating
/// system where it had one.
#[must_use]
pub fn io() -> ErrorHandler<Io> {
    ErrorHandler(Io)
}

/// The form of [`io`](io()): kind, code of the operating system, messages.
#[derive(Debug, Clone, Copy)]
pub struct Io;

impl ErrorForm<io::Error> for Io {
    type Recorded = (String, Option<i32>, Vec<String>);

    fn record(&self, error: &io::Error) -> Self::Recorded {
        (format!("{:?}", error.kind()), error.raw_os_error(), messages(error))
    }

    fn restore(&self, (kind, code, messages): Self::Recorded) -> io::Error {
        let coded = code.map(io::Error::from_raw_os_error);
        // Codes differ from one system to another, so the code counts only where it means the same.
        match coded.filter(|error| format!("{:?}", error.kind()) == kind) {
            Some(error) => error,
            None => io::Error::new(io_kind(&kind), RecordedError::new(messages)),
        }
    }
}

/// The kind of a name; [`io::ErrorKind::Other`] for one that this version of Rust does not have.
fn io_kind(name: &str) -> io::ErrorKind {
    use io::ErrorKind as Kind;
    const KINDS: [Kind; 38] = [
        Kind::NotFound,
        Kind::PermissionDenied,
        Kind::ConnectionRefused,
        Kind::ConnectionReset,
        Kind::HostUnreachable,
        Kind::NetworkUnreachable,
        Kind::ConnectionAborted,
        Kind::NotConnected,
        Kind::AddrInUse,
        Kind::AddrNotAvailable,
        Kind::NetworkDown,
        Kind::BrokenPipe,
        Kind::AlreadyExists,
        Kind::WouldBlock,
        Kind::NotADirectory,
        Kind::IsADirectory,
        Kind::DirectoryNotEmpty,
        Kind::ReadOnlyFilesystem,
        Kind::StaleNetworkFileHandle,
        Kind::InvalidInput,
        Kind::InvalidData,
        Kind::TimedOut,
        Kind::WriteZero,
        Kind::StorageFull,
        Kind::NotSeekable,
        Kind::QuotaExceeded,
        Kind::FileTooLarge,
        Kind::ResourceBusy,
        Kind::ExecutableFileBusy,
        Kind::Deadlock,
        Kind::CrossesDevices,
        Kind::TooManyLinks,
        Kind::InvalidFilename,
        Kind::ArgumentListTooLong,
        Kind::Interrupted,
        Kind::Unsupported,
        Kind::UnexpectedEof,
        Kind::OutOfMemory,
    ];
    KINDS.into_iter().find(|kind| format!("{kind:?}") == name).unwrap_or(Kind::Other)
}

/// An error that comes from a recording: its messages, its own first, then those of its sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedError {
    message: String,
    source: Option<Box<RecordedError>>,
}

impl RecordedError {
    /// An error of its messages, its own first, then those of its sources.
    pub fn new<I>(messages: I) -> Self
    where
        I: IntoIterator<Item = String>,
        I::IntoIter: DoubleEndedIterator,
    {
        let chain = messages
            .into_iter()
            .rev()
            .fold(None, |source: Option<Self>, message| Some(Self { message, source: source.map(Box::new) }));
        chain.unwrap_or_else(|| Self { message: String::from("an error without a message"), source: None })
    }
}

impl fmt::Display for RecordedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for RecordedError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// The messages of an error and of its sources.
pub(crate) fn messages(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut messages = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        messages.push(cause.to_string());
        source = cause.source();
    }
    messages
}
