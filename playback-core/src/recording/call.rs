//! One call on a tape.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::shown::ShownArguments;
use super::tape::{End, Entry, Kind, Site, Tape};
use crate::Value;
use crate::value::{self, DecodeError};

/// One call on a [`Tape`].
#[derive(Clone, Copy)]
pub struct Call<'t> {
    tape: &'t Tape,
    position: u32,
    entry: &'t Entry,
    site: &'t Site,
}

impl<'t> Call<'t> {
    pub(super) fn new(tape: &'t Tape, position: u32, entry: &'t Entry, site: &'t Site) -> Self {
        Self { tape, position, entry, site }
    }

    /// What kind of call it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.site.kind
    }

    /// The alias it was recorded under; the category for the operation, the key for data.
    #[must_use]
    pub fn alias(&self) -> &'t str {
        &self.site.alias
    }

    /// The names of the recorded arguments in their order, or nothing where they are not known.
    #[must_use]
    pub fn argument_names(&self) -> &'t [Arc<str>] {
        &self.site.argument_names
    }

    /// The numbers that lead to the lane it was made in, empty for the operation's own lane.
    #[must_use]
    pub fn lane(&self) -> &'t [u32] {
        self.tape.parts().lanes.get(self.entry.lane as usize).map_or(&[], Vec::as_slice)
    }

    /// The number of the call in the order in which calls of the recording began, from 0.
    #[must_use]
    pub fn order(&self) -> u32 {
        self.entry.order
    }

    /// When it began, after the beginning of the operation.
    #[must_use]
    pub fn started(&self) -> Duration {
        self.entry.started
    }

    /// How long it took.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.entry.duration
    }

    /// The call as it stands on the tape.
    #[must_use]
    pub fn entry(&self) -> &'t Entry {
        self.entry
    }

    /// What it has in common with other calls, as it stands on the tape.
    #[must_use]
    pub fn site(&self) -> &'t Site {
        self.site
    }

    /// How many bytes the encoded arguments take.
    #[must_use]
    pub fn argument_length(&self) -> u64 {
        self.entry.arguments.end - self.entry.arguments.start
    }

    /// How many bytes the encoded result takes, 0 if the call did not return.
    #[must_use]
    pub fn result_length(&self) -> u64 {
        match &self.entry.end {
            End::Returned(range) => range.end - range.start,
            End::Cancelled | End::Panicked => 0,
        }
    }

    /// The encoded arguments.
    ///
    /// # Errors
    /// [`DecodeError`] if they are [stored](Tape::stored) and cannot be fetched.
    pub fn argument_bytes(&self) -> Result<Cow<'t, [u8]>, DecodeError> {
        self.tape.read(&self.entry.arguments)
    }

    /// How it ended.
    #[must_use]
    pub fn end(&self) -> &'t End {
        &self.entry.end
    }

    /// The encoded result; none if the call did not return.
    ///
    /// # Errors
    /// [`DecodeError`] if it is [stored](Tape::stored) and cannot be fetched.
    pub fn result_bytes(&self) -> Result<Option<Cow<'t, [u8]>>, DecodeError> {
        match &self.entry.end {
            End::Returned(range) => self.tape.read(range).map(Some),
            End::Cancelled | End::Panicked => Ok(None),
        }
    }

    /// The arguments; a unit for data, which have none.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are corrupt, or cannot be fetched.
    pub fn arguments(&self) -> Result<Value, DecodeError> {
        let bytes = self.argument_bytes()?;
        if self.kind() == Kind::Data && bytes.is_empty() {
            return Ok(Value::Unit);
        }
        value::decode_value(&bytes)
    }

    /// The result; none if the call did not return.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are corrupt, or cannot be fetched.
    pub fn result(&self) -> Result<Option<Value>, DecodeError> {
        self.result_bytes()?.map(|bytes| value::decode_value(&bytes)).transpose()
    }

    /// Whether the call returned an `Err`.
    #[must_use]
    pub fn failed(&self) -> bool {
        matches!(self.result_bytes(), Ok(Some(result)) if value::is_error(&result))
    }

    /// Position among the entries of the tape.
    pub(crate) fn position(&self) -> u32 {
        self.position
    }
}

impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.kind(), self.alias())?;
        match self.arguments() {
            _ if self.kind() == Kind::Data => {}
            Ok(values) => write!(f, "{}", ShownArguments { names: self.argument_names(), values: &values })?,
            Err(error) => write!(f, "({error})")?,
        }
        match self.result() {
            Ok(Some(result)) => write!(f, " -> {result}"),
            Ok(None) => {
                write!(f, " {}", if *self.end() == End::Cancelled { "was cancelled" } else { "panicked" })
            }
            Err(error) => write!(f, " -> {error}"),
        }
    }
}
