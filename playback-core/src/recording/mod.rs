//! A recording: its id, its metadata and its tape.

mod builder;
mod call;
mod id;
mod index;
mod metadata;
mod output;
mod shown;
mod sites;
mod stored;
mod tape;

use serde::de::DeserializeOwned;

pub(crate) use builder::{Ended, EndedCall, TapeBuilder};
pub use call::Call;
pub use id::{InvalidId, MAX_CATEGORY_BYTES, RecordingId};
pub(crate) use index::{ListId, Lists};
pub(crate) use metadata::field_size;
pub use metadata::{Metadata, Service};
pub use output::{OutputKey, RESULT_ALIAS, SentOutput};
pub(crate) use shown::{Short, ShownArguments};
pub use stored::StoredValues;
pub use tape::{End, Entry, InvalidTape, Kind, Site, Tape, TapeParts};

use crate::ReplayError;
use crate::value;

/// One recorded run of an operation. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    id: RecordingId,
    metadata: std::sync::Arc<Metadata>,
    tape: Tape,
}

impl Recording {
    /// A recording of its parts.
    #[must_use]
    pub fn new(id: RecordingId, metadata: Metadata, tape: Tape) -> Self {
        Self { id, metadata: metadata.into(), tape }
    }

    /// What the recording is called.
    #[must_use]
    pub fn id(&self) -> &RecordingId {
        &self.id
    }

    /// What is known of it without opening it.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// What happened.
    #[must_use]
    pub fn tape(&self) -> &Tape {
        &self.tape
    }

    /// How large the recording is in memory, in bytes, up to small change: its tape, and its metadata. It is counted when
    /// it is asked for, over names and fields.
    #[must_use]
    pub fn size(&self) -> usize {
        self.metadata.size() + self.tape.size()
    }

    /// The operation's recorded arguments: a tuple of those that the operation does not skip.
    ///
    /// ```
    /// # use playback_core::{Recording, ReplayError};
    /// # fn example(recording: &Recording) -> Result<(), ReplayError> {
    /// let (customer, amount): (String, u64) = recording.arguments()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ReplayError`] if the recording holds no operation, or if its arguments are not of this type.
    pub fn arguments<T: DeserializeOwned>(&self) -> Result<T, ReplayError> {
        let operation = self.tape.operation().ok_or_else(|| ReplayError::no_operation(&self.id))?;
        let arguments = operation.argument_bytes().and_then(|bytes| value::decode(&bytes));
        arguments.map_err(|error| ReplayError::arguments(&self.id, &error))
    }
}
