//! What happens while a studio plays.

use playback_equalizer::{Comparison, Rules};

/// What happens while a studio plays.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// A category has its turn.
    Started {
        /// The category.
        category: String,
        /// Which of its recordings are looked for, in words.
        looked_for: String,
        /// How many there are at the most, if that is known.
        at_most: Option<usize>,
    },
    /// It is known how a category is replayed and compared.
    Tuned {
        /// The category.
        category: String,
        /// The rules by which it is compared. They count what they are good for while it is.
        rules: Rules,
    },
    /// All recordings of a category that are to be played have been found.
    Found {
        /// The category.
        category: String,
        /// How many there are to play.
        recordings: usize,
    },
    /// There is no recording to play.
    NothingFound {
        /// The category; none if there are no categories.
        category: Option<String>,
        /// What was looked for, where, and what there is instead.
        message: String,
    },
    /// A recording was replayed and compared.
    Compared(Box<Comparison>),
    /// A category, or a part of it, cannot be played.
    Failed {
        /// The category; none if not even the categories are known.
        category: Option<String>,
        /// What went wrong.
        message: String,
    },
    /// It was stopped before all was played.
    Interrupted,
}
