//! What went out of an operation: its outputs and its result.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::DeserializeOwned;

use super::call::Call;
use super::tape::{End, Kind, Tape};
use crate::handler::{HandlerError, Restore};
use crate::value::{self, DecodeError, Value};

/// The alias of the output that every operation has: its result.
pub const RESULT_ALIAS: &str = "playback.result";

/// Something that went out of an operation: what an output sent, or the operation's result.
#[derive(Debug, Clone, Copy)]
pub struct SentOutput<'t> {
    call: Call<'t>,
    number: usize,
}

/// What tells one output of a run from the others, and names the same one in another run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutputKey {
    /// The alias; [`RESULT_ALIAS`] for the operation's result.
    pub alias: String,
    /// The numbers that lead to the lane it went out of, empty for the operation's own.
    pub lane: Vec<u32>,
    /// Its number among the outputs of its alias and lane, from 0.
    pub number: usize,
}

impl fmt::Display for OutputKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.alias)?;
        if self.alias != RESULT_ALIAS {
            write!(f, " #{}", self.number + 1)?;
        }
        match self.lane.as_slice() {
            [] => Ok(()),
            lane => {
                write!(f, " in lane {}", lane.iter().map(ToString::to_string).collect::<Vec<_>>().join("."))
            }
        }
    }
}

impl<'t> SentOutput<'t> {
    /// The alias of the output; [`RESULT_ALIAS`] for the operation's result.
    #[must_use]
    pub fn alias(&self) -> &'t str {
        if self.is_result() { RESULT_ALIAS } else { self.call.alias() }
    }

    /// What names the same output in another run.
    #[must_use]
    pub fn key(&self) -> OutputKey {
        OutputKey { alias: self.alias().to_owned(), lane: self.call.lane().to_vec(), number: self.number }
    }

    /// Whether it is the operation's result.
    #[must_use]
    pub fn is_result(&self) -> bool {
        self.call.kind() == Kind::Operation
    }

    /// The call that sent it; the operation for its result.
    #[must_use]
    pub fn call(&self) -> Call<'t> {
        self.call
    }

    /// What was sent, encoded: the arguments of an output, the result of the operation. Empty for an
    /// operation that did not return.
    ///
    /// # Errors
    /// [`DecodeError`] if it is [stored](Tape::stored) and cannot be fetched.
    pub fn bytes(&self) -> Result<Cow<'t, [u8]>, DecodeError> {
        if self.is_result() {
            Ok(self.call.result_bytes()?.unwrap_or_default())
        } else {
            self.call.argument_bytes()
        }
    }

    /// What was sent: the arguments of an output, the result of the operation.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are corrupt, or if the operation did not return.
    pub fn value(&self) -> Result<Value, DecodeError> {
        value::decode_value(&self.bytes()?)
    }

    /// What was sent, in its own type.
    ///
    /// # Errors
    /// [`DecodeError`] if it is not of this type.
    pub fn to<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        value::decode(&self.bytes()?)
    }

    /// What an output's handler prepared, restored.
    ///
    /// # Errors
    /// Whatever the handler says.
    pub fn restore<T>(&self, handler: &(impl Restore<T> + ?Sized)) -> Result<T, HandlerError> {
        crate::interception::restore(handler, &self.bytes()?)
    }
}

impl Tape {
    /// What went out: the outputs in the order in which they began, and last the operation's result, if it
    /// returned.
    pub fn outputs(&self) -> impl Iterator<Item = SentOutput<'_>> {
        let mut numbers: HashMap<(&str, &[u32]), usize> = HashMap::new();
        let outputs = self.calls_of(Kind::Output).map(move |call| {
            let next = numbers.entry((call.alias(), call.lane())).or_default();
            let number = *next;
            *next += 1;
            SentOutput { call, number }
        });
        let result = self.operation().filter(|operation| matches!(operation.end(), End::Returned(_)));
        outputs.chain(result.map(|call| SentOutput { call, number: 0 }))
    }
}
