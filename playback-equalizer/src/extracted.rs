//! What was extracted of a run.

use std::borrow::Cow;
use std::sync::Arc;

use playback_core::value::Path;
use playback_core::{OutputKey, Value};

/// What was extracted of a run, to be compared with the same of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extracted {
    /// A single thing, such as the operation's result.
    One(Part),
    /// A number of things that may be different in every run, such as the outputs.
    Many(Vec<Part>),
}

/// One thing that was extracted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part {
    /// The output that it is of; by this it finds its counterpart.
    pub output: Option<OutputKey>,
    /// Where in the output it stands.
    pub path: Path,
    /// Of all arguments of a call their names, which are empty where they are not known.
    pub argument_names: Option<Arc<[Arc<str>]>>,
    /// What was extracted.
    pub value: Value,
}

impl Extracted {
    /// All that was extracted.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        match self {
            Self::One(part) => std::slice::from_ref(part),
            Self::Many(parts) => parts,
        }
    }

    /// All that was extracted, as one value: of many things, the sequence of their values.
    #[must_use]
    pub fn value(&self) -> Cow<'_, Value> {
        match self {
            Self::One(part) => Cow::Borrowed(&part.value),
            Self::Many(parts) => {
                Cow::Owned(Value::Seq(parts.iter().map(|part| part.value.clone()).collect()))
            }
        }
    }
}

impl From<Value> for Part {
    fn from(value: Value) -> Self {
        Self { output: None, path: Path::root(), argument_names: None, value }
    }
}

impl From<Value> for Extracted {
    fn from(value: Value) -> Self {
        Self::One(value.into())
    }
}

impl From<Vec<Part>> for Extracted {
    fn from(parts: Vec<Part>) -> Self {
        Self::Many(parts)
    }
}
