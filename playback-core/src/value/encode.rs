//! From types to bytes.

use std::cell::Cell;

use serde::Serialize;

use super::EncodeError;
use super::write::Writer;

/// Encodes a value.
///
/// # Errors
/// If the type's `Serialize` refuses, or the value is nested deeper than [`MAX_DEPTH`](super::MAX_DEPTH).
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, EncodeError> {
    // One that was used before knows the shapes. Whoever encodes while a value is encoded gets another.
    let mut spare = SPARE.try_with(Cell::take).ok().flatten().unwrap_or_default();
    let (encoder, out) = &mut *spare;
    encoder.encode(value, out)?;
    let encoded = out.as_slice().to_vec();
    out.clear();
    if out.capacity() <= KEPT_BYTES {
        // In a thread that is being torn down it is simply freed.
        let _ = SPARE.try_with(|kept| kept.set(Some(spare)));
    }
    Ok(encoded)
}

/// How large a buffer a thread keeps, so that one large value does not stay for good.
const KEPT_BYTES: usize = 64 << 10;

thread_local! {
    static SPARE: Cell<Option<Box<(Encoder, Vec<u8>)>>> = const { Cell::new(None) };
}

/// Encodes values, one after another.
///
/// An encoder remembers the shapes of the types it has seen and keeps its scratch space, so that one that is used
/// again is faster and allocates nothing. What it remembers never changes the bytes.
///
/// ```
/// # use playback_core::value::Encoder;
/// let mut encoder = Encoder::new();
/// let mut out = Vec::new();
/// encoder.encode("a", &mut out)?;
/// encoder.encode(&[1, 300], &mut out)?;
/// assert_eq!(out, [0x41, b'a', 0xC2, 0x81, 0x03, 0xAC, 0x02]);
/// # Ok::<(), playback_core::value::EncodeError>(())
/// ```
#[derive(Debug, Default)]
pub struct Encoder {
    writer: Writer<'static>,
}

impl Encoder {
    /// An encoder that has seen nothing yet. Allocates nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends the encoding of a value, which may also be a `dyn erased_serde::Serialize`.
    ///
    /// # Errors
    /// As [`encode`], or if the value is past the [limit](Self::limit); `out` is then as it was before.
    pub fn encode<T: Serialize + ?Sized>(&mut self, value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.writer.append(out, |writer| value.serialize(writer))
    }

    /// Bounds how many bytes one value may have, from here on; none for no bound.
    ///
    /// A value that is larger is not encoded to its end. What is taken for it meanwhile is at most its limit and a few
    /// KiB, or twice that where the vector has to grow.
    ///
    /// ```
    /// # use playback_core::value::{EncodeErrorKind, Encoder};
    /// let mut encoder = Encoder::new();
    /// encoder.limit(Some(1000));
    /// let mut out = Vec::new();
    /// encoder.encode(&vec![7; 997], &mut out)?;
    /// let error = encoder.encode(&vec![7; 1_000_000], &mut out).unwrap_err();
    /// assert_eq!(error.kind(), EncodeErrorKind::TooLarge);
    /// # Ok::<(), playback_core::value::EncodeError>(())
    /// ```
    pub fn limit(&mut self, max_bytes: Option<usize>) {
        self.writer.limit = max_bytes;
    }

    /// Whether the last value would have been past the limit.
    pub(crate) fn has_reached_limit(&self) -> bool {
        self.writer.out.has_reached_limit()
    }

    /// Has what is marked as secret keep its mark, a variant around it, which must come off before it is kept.
    pub(crate) fn mark_secrets(&mut self) {
        self.writer.marks = true;
    }

    /// Whether something in the last value keeps a mark.
    pub(crate) fn has_marked(&self) -> bool {
        self.writer.marked
    }
}
