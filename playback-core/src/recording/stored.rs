//! Values that are kept somewhere else than in memory.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::ops::Range;

/// The encoded values of a [`Tape`](crate::Tape) that is too large for memory, one after another, wherever
/// they are: in a file, for one.
///
/// It is [`Any`], so that who made it can know it again and save it without going through every value.
pub trait StoredValues: Any + fmt::Debug + Send + Sync {
    /// How many bytes there are.
    fn length(&self) -> u64;

    /// The bytes of a range, all of them. May block. Asked for by a replay, it must not wait for other calls of it, and its own
    /// are none: they run as if nothing were there.
    ///
    /// # Errors
    /// Whatever goes wrong; the text says what was wrong where, and what to do.
    fn read(&self, range: Range<u64>) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>>;
}
