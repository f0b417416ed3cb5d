//! How a replay compares with what was recorded, in one word.

use std::fmt;

/// How a replay compares with what was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// The two are considered equal.
    Equal,
    /// The recorded run failed, and the replay does not: a fix.
    Fixed,
    /// The two are considered different.
    Different,
    /// The recorded run did not fail, and the replay does: a failure that the change brought.
    Failed,
    /// There is no comparison: loading, replaying, extracting or comparing failed.
    EqualizerFailure,
}

impl Status {
    /// All of them, from the best to the worst.
    pub const ALL: [Self; 5] =
        [Self::Equal, Self::Fixed, Self::Different, Self::Failed, Self::EqualizerFailure];

    /// The status in words, such as `equalizer failure`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Fixed => "fixed",
            Self::Different => "different",
            Self::Failed => "failed",
            Self::EqualizerFailure => "equalizer failure",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Padded as asked, for tables.
        f.pad(self.as_str())
    }
}
