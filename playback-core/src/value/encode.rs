//! From types to bytes.

use std::cell::Cell;

use serde::Serialize;

use super::write::Writer;
use super::{EncodeError, marks};

/// Encodes a value.
///
/// # Errors
/// If the type's `Serialize` refuses, or the value is nested deeper than [`MAX_DEPTH`](super::MAX_DEPTH).
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, EncodeError> {
    // One that was used before knows the shapes. Whoever encodes while a value is encoded gets another.
    let mut spare = SPARE.try_with(Cell::take).ok().flatten().unwrap_or_default();
    spare.encoder.encode(value, &mut spare.bytes)?;
    let encoded = spare.bytes.as_slice().to_vec();
    spare.bytes.clear();
    if spare.bytes.capacity() <= KEPT_BYTES {
        // In a thread that is being torn down it is simply freed.
        let _ = SPARE.try_with(|kept| kept.set(Some(spare)));
    }
    Ok(encoded)
}

/// An encoder and its buffer, kept by a thread between calls of [`encode`].
#[derive(Default)]
struct Spare {
    encoder: Encoder,
    bytes: Vec<u8>,
}

/// How large a buffer is kept, so that one large value does not stay for good.
const KEPT_BYTES: usize = 64 << 10;

thread_local! {
    static SPARE: Cell<Option<Box<Spare>>> = const { Cell::new(None) };
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
}

/// Encodes values behind each other, in a buffer of its own: the room behind them stays made, where a vector that comes
/// and goes has to make it for each value.
///
/// What is marked as secret keeps its mark, a variant around it, which must come off before it is kept.
///
/// Public only since the sealed trait of encodings takes it.
#[doc(hidden)]
#[derive(Debug)]
pub struct BufferedEncoder {
    writer: Writer<'static>,
}

impl BufferedEncoder {
    /// Encodes a value. Where that fails, a part of it may be left.
    pub(crate) fn encode<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        let before = marks::unmarked();
        self.writer.one(|writer| value.serialize(writer))?;
        if marks::unmarked() == before { Ok(()) } else { Err(EncodeError::unmarked()) }
    }

    /// What was encoded.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.writer.out.written()
    }

    /// Bounds how many bytes one value may have, as [`Encoder::limit`] does.
    pub(crate) fn limit(&mut self, max_bytes: Option<usize>) {
        self.writer.limit = max_bytes;
    }

    /// Whether the last value would have been past the limit.
    pub(crate) fn has_reached_limit(&self) -> bool {
        self.writer.out.has_reached_limit()
    }

    /// Whether something in the last value keeps a mark.
    pub(crate) fn has_marked(&self) -> bool {
        self.writer.marked
    }

    /// Forgets what was encoded behind the first `length` bytes.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.writer.out.truncate(length);
    }

    /// Puts a value that is encoded already behind the others.
    pub(crate) fn put_encoded(&mut self, value: &[u8]) {
        self.writer.out.put_encoded(value);
    }

    /// Forgets all but what was encoded: a panic may have left it in the middle of something.
    pub(crate) fn reset(&mut self) {
        let out = std::mem::take(&mut self.writer.out);
        *self = Self::default();
        self.writer.out = out;
    }

    /// How large the buffer is.
    pub(crate) fn capacity(&self) -> usize {
        self.writer.out.capacity()
    }
}

impl Default for BufferedEncoder {
    fn default() -> Self {
        let mut writer = Writer::default();
        writer.marks = true;
        Self { writer }
    }
}
