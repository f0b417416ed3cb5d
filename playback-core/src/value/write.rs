//! Writing the bytes.

use super::integer::Wide;
use super::read::Reader;
use super::shapes::{Handle, Kind, Shapes, Slot, push_reference};
use super::tags::{
    BYTES, CHAR, F32, F64, FALSE, NEGATIVE, NEGATIVE_128, NONE, SEQ, SMALL_STRING, SMALL_UNSIGNED, SOME,
    STRING, TRUE, UNIT, UNSIGNED, UNSIGNED_128, canonical_f32, canonical_f64,
};
use super::write_map::Entry;
use super::{EncodeError, Integer, MAX_DEPTH};

/// Writes values; whoever calls it, the tree or serde, the bytes are the same.
///
/// One that is used again allocates nothing for each value. `'n` is how long the names live.
#[derive(Debug, Default)]
pub(super) struct Writer<'n> {
    pub(super) out: Vec<u8>,
    depth: usize,
    pub(super) shapes: Shapes<'n>,
    /// The names of the open structs whose shape was not guessed.
    pub(super) names: Vec<&'n str>,
    /// The finished entries of the open maps.
    pub(super) entries: Vec<Entry>,
    /// The entries of a map while they are brought into order.
    pub(super) sorted: Vec<u8>,
    /// Whether what is marked as secret keeps its mark, and whether there was any.
    pub(super) marks: bool,
    pub(super) marked: bool,
}

pub(super) struct OpenSeq {
    at: usize,
    /// How many of the announced elements are still to come; below zero, wrapped, if there are more.
    left: usize,
}

impl<'n> Writer<'n> {
    /// Appends one value to `out`, or nothing if that fails.
    pub(super) fn append(
        &mut self,
        out: &mut Vec<u8>,
        write: impl FnOnce(&mut Self) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        self.depth = 0;
        self.shapes.start();
        self.names.clear();
        self.entries.clear();
        self.marked = false;
        let before = out.len();
        let lent = Lent::new(self, out);
        let result = write(lent.writer);
        drop(lent);
        if result.is_err() {
            out.truncate(before);
        }
        result
    }

    #[inline]
    pub(super) fn unit(&mut self) {
        self.out.push(UNIT);
    }

    #[inline]
    pub(super) fn bool(&mut self, value: bool) {
        self.out.push(if value { TRUE } else { FALSE });
    }

    #[inline]
    pub(super) fn unsigned(&mut self, value: u64) {
        if value < u64::from(SMALL_UNSIGNED) {
            self.out.push(SMALL_UNSIGNED | (value & 0x7F) as u8);
        } else {
            self.out.push(UNSIGNED);
            push_varint(&mut self.out, value);
        }
    }

    #[inline]
    pub(super) fn signed(&mut self, value: i64) {
        if value < 0 {
            self.out.push(NEGATIVE);
            push_varint(&mut self.out, (!value).cast_unsigned());
        } else {
            self.unsigned(value.cast_unsigned());
        }
    }

    pub(super) fn integer(&mut self, value: Integer) {
        let (tag, magnitude) = match value.wide() {
            Wide::Negative(n) => (NEGATIVE, (!n).cast_unsigned()),
            Wide::Unsigned(n) => (UNSIGNED, n),
        };
        match u64::try_from(magnitude) {
            Ok(n) if tag == UNSIGNED => self.unsigned(n),
            Ok(n) => {
                self.out.push(NEGATIVE);
                push_varint(&mut self.out, n);
            }
            Err(_) => {
                self.out.push(if tag == UNSIGNED { UNSIGNED_128 } else { NEGATIVE_128 });
                push_varint_128(&mut self.out, magnitude);
            }
        }
    }

    #[inline]
    pub(super) fn f32(&mut self, value: f32) {
        let [a, b, c, d] = canonical_f32(value).to_le_bytes();
        self.out.extend_from_slice(&[F32, a, b, c, d]);
    }

    #[inline]
    pub(super) fn f64(&mut self, value: f64) {
        let [a, b, c, d, e, f, g, h] = canonical_f64(value).to_le_bytes();
        self.out.extend_from_slice(&[F64, a, b, c, d, e, f, g, h]);
    }

    #[inline]
    pub(super) fn char(&mut self, value: char) {
        self.out.push(CHAR);
        push_varint(&mut self.out, u64::from(u32::from(value)));
    }

    #[inline]
    pub(super) fn str(&mut self, value: &str) {
        match u8::try_from(value.len()) {
            Ok(length) if length < SMALL_UNSIGNED - SMALL_STRING => self.out.push(SMALL_STRING + length),
            _ => {
                self.out.push(STRING);
                push_varint(&mut self.out, value.len() as u64);
            }
        }
        self.out.extend_from_slice(value.as_bytes());
    }

    #[inline]
    pub(super) fn bytes(&mut self, value: &[u8]) {
        self.out.push(BYTES);
        push_varint(&mut self.out, value.len() as u64);
        self.out.extend_from_slice(value);
    }

    #[inline]
    pub(super) fn none(&mut self) {
        self.out.push(NONE);
    }

    /// Opens an option; [`leave`](Self::leave) closes it.
    #[inline]
    pub(super) fn some(&mut self) -> Result<(), EncodeError> {
        self.out.push(SOME);
        self.enter()
    }

    #[inline]
    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    #[inline]
    pub(super) fn enter(&mut self) -> Result<(), EncodeError> {
        if self.depth >= MAX_DEPTH {
            return Err(EncodeError::too_deep());
        }
        self.depth += 1;
        Ok(())
    }

    #[inline]
    pub(super) fn unit_variant(&mut self, name: &'n str) {
        self.variant_header(Kind::UnitVariant, name);
    }

    /// Opens the payload of a variant; [`leave`](Self::leave) closes it.
    #[inline]
    pub(super) fn variant(&mut self, name: &'n str) -> Result<(), EncodeError> {
        self.variant_header(Kind::Variant, name);
        self.enter()
    }

    #[inline]
    fn variant_header(&mut self, kind: Kind, name: &'n str) {
        let shapes = &mut self.shapes;
        let slot = Slot::of(kind, name, 0);
        let shape = shapes.guess(slot, kind, name, 0).unwrap_or_else(|| {
            let shape = shapes.intern(kind, &[name]);
            shapes.expect(slot, kind, name, 0);
            shapes.remember(slot, kind, shape);
            shape
        });
        if !push_header(&mut self.out, shapes, shape) {
            shapes.register(shape);
        }
    }

    /// Opens a sequence that claims to have `len` elements; a wrong or missing claim costs a move at the end.
    #[inline]
    pub(super) fn seq(&mut self, len: Option<usize>) -> Result<OpenSeq, EncodeError> {
        self.enter()?;
        let at = self.out.len();
        let announced = len.unwrap_or(0);
        push_counted(&mut self.out, SEQ, announced);
        Ok(OpenSeq { at, left: announced })
    }

    #[inline]
    pub(super) fn end_seq(&mut self, seq: &OpenSeq) {
        self.leave();
        if seq.left != 0 {
            let announced = self.announced(seq);
            self.correct_count(seq.at, announced, announced.wrapping_sub(seq.left));
        }
    }

    /// The index of the element that was begun last.
    #[cold]
    pub(super) fn index(&self, seq: &OpenSeq) -> usize {
        self.announced(seq).wrapping_sub(seq.left).wrapping_sub(1)
    }

    #[cold]
    fn announced(&self, seq: &OpenSeq) -> usize {
        let mut reader = Reader::new(self.out.get(seq.at + 1..).unwrap_or_default());
        reader.varint().ok().and_then(|count| usize::try_from(count).ok()).unwrap_or_default()
    }

    #[inline]
    pub(super) fn correct_count(&mut self, at: usize, announced: usize, count: usize) {
        if announced != count {
            replace_count(&mut self.out, at + 1, announced, count);
        }
    }
}

/// The output while it belongs to the writer, which saves a load for every byte; given back also when a `Serialize`
/// panics.
struct Lent<'a, 'n> {
    writer: &'a mut Writer<'n>,
    out: &'a mut Vec<u8>,
}

impl<'a, 'n> Lent<'a, 'n> {
    fn new(writer: &'a mut Writer<'n>, out: &'a mut Vec<u8>) -> Self {
        std::mem::swap(&mut writer.out, out);
        Lent { writer, out }
    }
}

impl Drop for Lent<'_, '_> {
    fn drop(&mut self) {
        std::mem::swap(&mut self.writer.out, self.out);
    }
}

impl OpenSeq {
    /// The next element is what is written from here on.
    #[inline]
    pub(super) fn element(&mut self) {
        self.left = self.left.wrapping_sub(1);
    }
}

/// Writes the header of a shape and says whether it was a reference.
#[inline]
pub(super) fn push_header(out: &mut Vec<u8>, shapes: &Shapes<'_>, shape: Handle) -> bool {
    if let Some(number) = shapes.number(shape) {
        push_reference(out, number);
        true
    } else {
        out.extend_from_slice(shapes.definition(shape));
        false
    }
}

#[inline]
pub(super) fn push_counted(out: &mut Vec<u8>, tag: u8, count: usize) {
    match u8::try_from(count) {
        Ok(count @ 0..0x80) => out.extend_from_slice(&[tag, count]),
        _ => {
            out.push(tag);
            push_varint(out, count as u64);
        }
    }
}

#[cold]
fn replace_count(out: &mut Vec<u8>, at: usize, announced: usize, count: usize) {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    push_varint(&mut before, announced as u64);
    push_varint(&mut after, count as u64);
    out.splice(at..at + before.len(), after);
}

#[inline]
pub(super) fn push_varint(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push((n & 0x7F) as u8 | 0x80);
        n >>= 7;
    }
    out.push((n & 0x7F) as u8);
}

fn push_varint_128(out: &mut Vec<u8>, mut n: u128) {
    while n >= 0x80 {
        out.push((n & 0x7F) as u8 | 0x80);
        n >>= 7;
    }
    out.push((n & 0x7F) as u8);
}
