//! How much is at stake in a difference.

use std::fmt;
use std::str::FromStr;

use playback_core::{RESULT_ALIAS, Value};

use crate::{Change, Difference};

/// What a difference may mean to whoever relies on what changed, in a few classes: a report sorts by them, and a
/// gate fails on some and not on others. Ordered from the least to the worst.
///
/// ```
/// use playback_equalizer::{Risk, diff};
/// use playback_core::Value;
///
/// let diff = diff(&Value::from(3), &Value::from("3"), 100);
/// assert_eq!(diff.differences[0].risk(), Risk::TypeChanged);
/// assert!(Risk::ValueChanged < Risk::OutputMissing);
/// assert_eq!("output-missing".parse(), Ok(Risk::OutputMissing));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Risk {
    /// An element of a list stands elsewhere, and is the same.
    Moved,
    /// There is a field, entry or element that was not recorded.
    FieldAdded,
    /// There is another value of the same kind.
    ValueChanged,
    /// A recorded field, entry or element is gone.
    FieldRemoved,
    /// There is a value of another kind, such as a string in place of an integer.
    TypeChanged,
    /// An output was sent that was not recorded.
    OutputAdded,
    /// A recorded output was not sent.
    OutputMissing,
    /// What was an `Err` is an `Ok`, or an operation returned that did not when it was recorded.
    ErrorBecameSuccess,
    /// What was an `Ok` is an `Err`, or an operation no longer returns.
    SuccessBecameError,
}

impl Risk {
    /// All of them, from the least to the worst.
    pub const ALL: [Self; 9] = [
        Self::Moved,
        Self::FieldAdded,
        Self::ValueChanged,
        Self::FieldRemoved,
        Self::TypeChanged,
        Self::OutputAdded,
        Self::OutputMissing,
        Self::ErrorBecameSuccess,
        Self::SuccessBecameError,
    ];

    /// The class in words, such as `output missing`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Moved => "moved",
            Self::FieldAdded => "field added",
            Self::ValueChanged => "value changed",
            Self::FieldRemoved => "field removed",
            Self::TypeChanged => "type changed",
            Self::OutputAdded => "output added",
            Self::OutputMissing => "output missing",
            Self::ErrorBecameSuccess => "error became success",
            Self::SuccessBecameError => "success became error",
        }
    }
}

impl Difference {
    /// What this difference may mean.
    ///
    /// An operation's result counts as an output that is there always: where it is missing or added, one of the runs
    /// did not return.
    #[must_use]
    pub fn risk(&self) -> Risk {
        let is_result = self.output.as_ref().is_some_and(|key| key.alias == RESULT_ALIAS);
        match &self.change {
            Change::Moved { .. } => Risk::Moved,
            Change::Changed { recorded, replayed } | Change::TypeChanged { recorded, replayed } => {
                match (recorded, replayed) {
                    (one, other) if is("Err", one) && is("Ok", other) => Risk::ErrorBecameSuccess,
                    (one, other) if is("Ok", one) && is("Err", other) => Risk::SuccessBecameError,
                    _ if matches!(self.change, Change::TypeChanged { .. }) => Risk::TypeChanged,
                    _ => Risk::ValueChanged,
                }
            }
            Change::Added { .. } => Risk::FieldAdded,
            Change::Removed { .. } => Risk::FieldRemoved,
            Change::OutputAdded { replayed } if is_result && !replayed.is_error() => Risk::ErrorBecameSuccess,
            Change::OutputMissing { recorded } if is_result && !recorded.is_error() => {
                Risk::SuccessBecameError
            }
            Change::OutputAdded { .. } => Risk::OutputAdded,
            Change::OutputMissing { .. } => Risk::OutputMissing,
        }
    }
}

fn is(variant: &str, value: &Value) -> bool {
    value.without_some().as_variant().is_some_and(|(name, _)| name == variant)
}

impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Padded as asked, for tables.
        f.pad(self.as_str())
    }
}

/// Reads the words of [`Risk::as_str`], with hyphens or underscores between them as well.
impl FromStr for Risk {
    type Err = UnknownRisk;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let words = text.replace(['-', '_'], " ");
        let found = Self::ALL.into_iter().find(|risk| risk.as_str() == words);
        found.ok_or_else(|| UnknownRisk { text: text.to_owned() })
    }
}

/// A text is no [`Risk`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownRisk {
    text: String,
}

impl fmt::Display for UnknownRisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Risk::ALL.map(Risk::as_str).join(", ");
        write!(f, "{:?} is no class of differences; there are: {known}", self.text)
    }
}

impl std::error::Error for UnknownRisk {}
