//! What a comparator says.

use std::fmt;

use crate::difference::Difference;
use crate::{Paint, Status};

/// What a comparator says: a status, and as much of the reason as it knows.
///
/// ```
/// use playback_equalizer::{Status, Verdict};
///
/// let verdict = Verdict::new(Status::Different).with_message("3 cents too many");
/// assert_eq!(verdict.to_string(), "different: 3 cents too many");
/// assert_eq!(Verdict::from(Status::Equal).to_string(), "equal");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// How the two sides compare.
    pub status: Status,
    /// What there is to say about it, if anything.
    pub message: Option<String>,
    /// Where they differ.
    pub differences: Vec<Difference>,
    /// How many more places differ than are listed.
    pub omitted: usize,
}

impl Verdict {
    /// A verdict without reasons.
    #[must_use]
    pub fn new(status: Status) -> Self {
        Self { status, message: None, differences: Vec::new(), omitted: 0 }
    }

    /// There is nothing to say of the two sides, because something went wrong on the way.
    #[must_use]
    pub fn failure(message: impl fmt::Display) -> Self {
        Self::new(Status::EqualizerFailure).with_message(message)
    }

    /// The same, with a message.
    #[must_use]
    pub fn with_message(mut self, message: impl fmt::Display) -> Self {
        self.message = Some(message.to_string());
        self
    }

    /// The same, with the places that differ.
    #[must_use]
    pub fn with_differences(mut self, differences: Vec<Difference>) -> Self {
        self.differences = differences;
        self
    }
}

impl From<Status> for Verdict {
    fn from(status: Status) -> Self {
        Self::new(status)
    }
}

/// The status and the message, and the differences below.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.styled(Paint::Plain))
    }
}
