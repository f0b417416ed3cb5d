//! One place at which a replay differs from what was recorded.

use std::fmt;

use playback_core::value::Path;
use playback_core::{OutputKey, RESULT_ALIAS, Value};

use crate::paint::Paint;
use crate::text::{Side, kind, sides};

/// One place at which a replay differs from what was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// The output that it is in; none for values that did not come of an output.
    pub output: Option<OutputKey>,
    /// Where in that output. An element of a list is numbered as it was recorded, an added one as it was
    /// replayed.
    pub path: Path,
    /// What differs.
    pub change: Change,
}

/// What differs in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// There is another value.
    Changed {
        /// What it was.
        recorded: Value,
        /// What it is.
        replayed: Value,
    },
    /// There is a value of another kind, such as a string in place of an integer.
    TypeChanged {
        /// What it was.
        recorded: Value,
        /// What it is.
        replayed: Value,
    },
    /// There is a field, entry or element that was not recorded.
    Added {
        /// What it is.
        replayed: Value,
    },
    /// A recorded field, entry or element is not there.
    Removed {
        /// What it was.
        recorded: Value,
    },
    /// An element of a list stands elsewhere among the others, and is the same.
    Moved {
        /// Its number in the recorded list, from 0.
        from: usize,
        /// Its number in the replayed list, from 0.
        to: usize,
        /// The element.
        value: Value,
    },
    /// A whole output was sent that was not recorded.
    OutputAdded {
        /// What was sent.
        replayed: Value,
    },
    /// A recorded output was not sent.
    OutputMissing {
        /// What was sent when it was recorded.
        recorded: Value,
    },
}

impl Difference {
    /// A difference in a value that did not come of an output.
    #[must_use]
    pub fn new(path: Path, change: Change) -> Self {
        Self { output: None, path, change }
    }
}

impl Change {
    /// What was recorded, if anything.
    #[must_use]
    pub fn recorded(&self) -> Option<&Value> {
        match self {
            Self::Changed { recorded, .. }
            | Self::TypeChanged { recorded, .. }
            | Self::Removed { recorded }
            | Self::OutputMissing { recorded }
            | Self::Moved { value: recorded, .. } => Some(recorded),
            Self::Added { .. } | Self::OutputAdded { .. } => None,
        }
    }

    /// What is there now, if anything.
    #[must_use]
    pub fn replayed(&self) -> Option<&Value> {
        match self {
            Self::Changed { replayed, .. }
            | Self::TypeChanged { replayed, .. }
            | Self::Added { replayed }
            | Self::OutputAdded { replayed }
            | Self::Moved { value: replayed, .. } => Some(replayed),
            Self::Removed { .. } | Self::OutputMissing { .. } => None,
        }
    }

    /// The kind of change as one character: `~` changed, `!` of another type, `+` added, `-` removed,
    /// `>` moved.
    #[must_use]
    pub fn sign(&self) -> char {
        match self {
            Self::Changed { .. } => '~',
            Self::TypeChanged { .. } => '!',
            Self::Added { .. } | Self::OutputAdded { .. } => '+',
            Self::Removed { .. } | Self::OutputMissing { .. } => '-',
            Self::Moved { .. } => '>',
        }
    }
}

/// What changed into what, on one line: `4200 -> 3990`. Long values are cut to where they differ;
/// [`Difference::styled`] shows more of them.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { recorded, replayed } => {
                let [recorded, replayed] = sides(recorded, replayed);
                write!(f, "{recorded} -> {replayed}")
            }
            Self::TypeChanged { recorded: old, replayed: new } => {
                let [recorded, replayed] = sides(old, new);
                write!(f, "{recorded} ({}) -> {replayed} ({})", kind(old), kind(new))
            }
            Self::Added { replayed } => write!(f, "{}", Side(replayed)),
            Self::Removed { recorded } => write!(f, "{}", Side(recorded)),
            Self::Moved { to, value, .. } => write!(f, "moved to [{to}]: {}", Side(value)),
            Self::OutputAdded { replayed } => write!(f, "not recorded, now sent: {}", Side(replayed)),
            Self::OutputMissing { recorded } => write!(f, "no longer sent: {}", Side(recorded)),
        }
    }
}

/// The difference on one line, without its output: `~ lines[3].qty: 2 -> 3`.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.change.sign())?;
        if !self.path.is_root() {
            write!(f, "{}: ", self.path)?;
        }
        write!(f, "{}", self.change)
    }
}

/// Differences below the outputs that they are in, each on a line of its own that begins with a newline.
pub(crate) struct Grouped<'a> {
    pub(crate) differences: &'a [Difference],
    pub(crate) omitted: usize,
    pub(crate) paint: Paint,
}

impl fmt::Display for Grouped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut output = None;
        for difference in self.differences {
            if output != Some(&difference.output) {
                output = Some(&difference.output);
                match &difference.output {
                    Some(key) if key.alias == RESULT_ALIAS => write!(f, "\n  result")?,
                    Some(key) => write!(f, "\n  {key}")?,
                    None => {}
                }
            }
            write!(f, "\n    {}", difference.styled(self.paint).indented(4))?;
        }
        if self.omitted > 0 {
            write!(f, "\n    and {} more", self.omitted)?;
        }
        Ok(())
    }
}
