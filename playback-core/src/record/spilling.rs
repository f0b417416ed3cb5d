//! How a recording that grows large leaves memory while it is made.

use std::fmt;
use std::sync::Arc;

use crate::{RecordingId, StoredValues};

/// How many bytes of values a piece takes at least, but for the last of a recording: 256 KiB.
pub const PIECE_BYTES: usize = 256 * 1024;

/// What a [`Recorder`](crate::Recorder) says of recordings that grow large.
#[derive(Debug, Clone)]
pub struct Spilling {
    /// How many bytes of values a recording keeps in memory; past that, all of them leave it, piece by piece.
    pub past: usize,
    /// The size past which the recording is given up, in bytes of encoded values and entries, wherever they
    /// are. [`RecordingStart::max_bytes`](crate::RecordingStart::max_bytes) then bounds what is in memory.
    pub max_bytes: u64,
    /// Where the values go.
    pub to: Arc<dyn Spiller>,
}

/// Somewhere for the values of recordings that have grown too large for memory.
pub trait Spiller: fmt::Debug + Send + Sync {
    /// Begins to take the values of one recording. Called in the middle of the service's work: it must not
    /// block.
    fn begin(&self, id: &RecordingId) -> Box<dyn Spill>;
}

/// One recording on its way out of memory. If it is dropped, the recording was given up.
///
/// Both methods are called on the thread of the service, in the middle of its work: they must neither block
/// nor panic.
pub trait Spill: Send {
    /// Takes the values that come next.
    ///
    /// # Errors
    /// Why they cannot be taken; the recording is given up.
    fn put(&mut self, pieces: Pieces) -> Result<(), String>;

    /// Takes the last values, and says where all of them can be read. What goes wrong from here on is an error
    /// of reading.
    fn finish(self: Box<Self>, rest: Pieces) -> Arc<dyn StoredValues>;
}

/// Encoded values, one after another, cut where no value is cut.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pieces {
    /// The values.
    pub bytes: Vec<u8>,
    /// Where each piece but the first begins, rising. Each has [`PIECE_BYTES`] at least, but for the last.
    pub cuts: Vec<usize>,
}

impl Pieces {
    /// The pieces, in their order; none of them is empty.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.cuts.iter().copied());
        let ends = self.cuts.iter().copied().chain([self.bytes.len()]);
        let piece = |(start, end)| self.bytes.get(start..end).filter(|piece| !piece.is_empty());
        starts.zip(ends).filter_map(piece)
    }

    /// Puts a value behind the others, in a piece of its own if the last one is full.
    pub(crate) fn push(&mut self, value: &[u8]) {
        let length = self.bytes.len();
        let begun = self.cuts.last().copied().unwrap_or(0);
        if length - begun >= PIECE_BYTES && !value.is_empty() {
            self.cuts.push(length);
        }
        self.bytes.extend_from_slice(value);
    }

    /// Takes the pieces that are full, and leaves what is in the last one if it is not.
    pub(crate) fn take_full(&mut self) -> Self {
        let begun = self.cuts.last().copied().unwrap_or(0);
        if self.bytes.len() - begun >= PIECE_BYTES {
            return std::mem::take(self);
        }
        self.cuts.pop();
        let rest = self.bytes.split_off(begun);
        std::mem::replace(self, Self { bytes: rest, cuts: Vec::new() })
    }
}
