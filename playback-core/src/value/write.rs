//! Writing the bytes.

use super::integer::Wide;
use super::output::Output;
use super::read::Reader;
use super::shapes::{Guess, Handle, Hint, Kind, Shapes};
use super::tags::{
    BYTES, CHAR, F32, F64, FALSE, MAP, NEGATIVE, NEGATIVE_128, NONE, SEQ, SHAPE, SHORT_F64, SMALL_MAP,
    SMALL_SEQ, SMALL_SHAPE, SMALL_STRING, SMALL_UNSIGNED, SOME, STRING, TRUE, UNIT, UNSIGNED, UNSIGNED_128,
    canonical_f32, canonical_f64, upper_half,
};
use super::write_map::Entry;
use super::{EncodeError, Integer, MAX_DEPTH, Segment};

type Done = Result<(), EncodeError>;

/// How much is kept of what is needed to bring maps into order: entries, and their bytes.
const KEPT_ENTRIES: usize = 4096;
const KEPT_SORTED: usize = 64 << 10;

/// Writes values; whoever calls it, the tree or serde, the bytes are the same.
///
/// One that is used again allocates nothing for each value. `'n` is how long the names live.
#[derive(Debug, Default)]
pub(super) struct Writer<'n> {
    pub(super) out: Output,
    /// How many bytes a value may have, where that is bounded.
    pub(super) limit: Option<usize>,
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

/// Handed about by value, so that it can stay in registers between the calls of a `Serialize`.
#[derive(Clone, Copy)]
pub(super) struct OpenSeq {
    at: usize,
    /// How many of the announced elements are still to come; below zero, wrapped, if there are more.
    left: usize,
}

impl<'n> Writer<'n> {
    /// Appends one value to `out`, or nothing if that fails.
    pub(super) fn append(&mut self, out: &mut Vec<u8>, write: impl FnOnce(&mut Self) -> Done) -> Done {
        let before = out.len();
        let lent = Lent::new(self, out);
        let result = lent.writer.one(write);
        drop(lent);
        if result.is_err() {
            out.truncate(before);
        }
        result
    }

    /// Writes one value behind what is written already. Where that fails, a part of it may be left.
    pub(super) fn one(&mut self, write: impl FnOnce(&mut Self) -> Done) -> Done {
        self.depth = 0;
        self.shapes.start();
        self.names.clear();
        self.entries.clear();
        self.marked = false;
        self.out.begin(self.limit.unwrap_or(usize::MAX));
        let result = write(self).and_then(|()| self.out.check());
        if self.entries.capacity() > KEPT_ENTRIES || self.sorted.capacity() > KEPT_SORTED {
            // One large map does not stay for good.
            (self.entries, self.sorted) = (Vec::new(), Vec::new());
        }
        result
    }

    #[inline]
    pub(super) fn unit(&mut self) -> Done {
        self.out.byte(UNIT)
    }

    #[inline]
    pub(super) fn bool(&mut self, value: bool) -> Done {
        self.out.byte(if value { TRUE } else { FALSE })
    }

    #[inline(always)]
    pub(super) fn unsigned(&mut self, value: u64) -> Done {
        if value < u64::from(SMALL_SEQ - SMALL_UNSIGNED) {
            self.out.byte(SMALL_UNSIGNED + value as u8)
        } else {
            self.out.varint(UNSIGNED, value)
        }
    }

    #[inline]
    pub(super) fn signed(&mut self, value: i64) -> Done {
        if value < 0 {
            self.out.varint(NEGATIVE, (!value).cast_unsigned())
        } else {
            self.unsigned(value.cast_unsigned())
        }
    }

    pub(super) fn integer(&mut self, value: Integer) -> Done {
        let (tag, magnitude) = match value.wide() {
            Wide::Negative(n) => (NEGATIVE, (!n).cast_unsigned()),
            Wide::Unsigned(n) => (UNSIGNED, n),
        };
        match u64::try_from(magnitude) {
            Ok(n) if tag == UNSIGNED => self.unsigned(n),
            Ok(n) => self.out.varint(NEGATIVE, n),
            Err(_) if tag == UNSIGNED => self.out.varint_128(UNSIGNED_128, magnitude),
            Err(_) => self.out.varint_128(NEGATIVE_128, magnitude),
        }
    }

    #[inline]
    pub(super) fn f32(&mut self, value: f32) -> Done {
        self.out.four(F32, canonical_f32(value).to_bits())
    }

    #[inline]
    pub(super) fn f64(&mut self, value: f64) -> Done {
        let bits = canonical_f64(value).to_bits();
        // The numbers that people write with few binary digits are common: whole ones, halves, quarters.
        match (bits >> 32) as u32 {
            upper if upper_half(upper) == bits => self.out.four(SHORT_F64, upper),
            _ => self.out.eight(F64, bits),
        }
    }

    #[inline]
    pub(super) fn char(&mut self, value: char) -> Done {
        self.out.varint(CHAR, u64::from(u32::from(value)))
    }

    #[inline]
    pub(super) fn str(&mut self, value: &str) -> Done {
        match self.out.small_string(value.as_bytes()) {
            Some(done) => done,
            None => self.long(STRING, value.as_bytes()),
        }
    }

    pub(super) fn bytes(&mut self, value: &[u8]) -> Done {
        self.long(BYTES, value)
    }

    fn long(&mut self, tag: u8, value: &[u8]) -> Done {
        self.out.varint(tag, value.len() as u64)?;
        self.out.slice(value)
    }

    #[inline]
    pub(super) fn none(&mut self) -> Done {
        self.out.byte(NONE)
    }

    /// Opens an option; [`leave`](Self::leave) closes it.
    #[inline]
    pub(super) fn some(&mut self) -> Done {
        self.out.byte(SOME)?;
        self.enter()
    }

    #[inline]
    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    #[inline]
    pub(super) fn enter(&mut self) -> Done {
        if self.depth >= MAX_DEPTH {
            return Err(EncodeError::too_deep());
        }
        self.depth += 1;
        Ok(())
    }

    #[inline]
    pub(super) fn unit_variant(&mut self, name: &'n str) -> Done {
        self.variant_header(Kind::UnitVariant, name)
    }

    /// Opens the payload of a variant; [`leave`](Self::leave) closes it.
    #[inline]
    pub(super) fn variant(&mut self, name: &'n str) -> Done {
        self.variant_header(Kind::Variant, name)?;
        self.enter()
    }

    #[inline(always)]
    fn variant_header(&mut self, kind: Kind, name: &'n str) -> Done {
        let hint = Hint::of(kind, name, 0);
        let Some(&guess) = self.shapes.guess(hint) else { return self.new_variant_header(hint, kind, name) };
        if self.header(hint, &guess)? {
            self.shapes.register(guess.shape);
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn new_variant_header(&mut self, hint: Hint<'n>, kind: Kind, name: &'n str) -> Done {
        let shape = self.shapes.intern(kind, &[name]);
        self.shapes.remember(hint, shape);
        if self.first_header(hint, shape)? {
            self.shapes.register(shape);
        }
        Ok(())
    }

    /// Writes the header of a shape that was guessed, and says whether it is a definition.
    #[inline(always)]
    pub(super) fn header(&mut self, hint: Hint<'n>, guess: &Guess<'n>) -> Result<bool, EncodeError> {
        if self.shapes.is_visible(guess) {
            self.reference(guess.number as usize)?;
            return Ok(false);
        }
        self.first_header(hint, guess.shape)
    }

    #[inline(never)]
    fn first_header(&mut self, hint: Hint<'n>, shape: Handle) -> Result<bool, EncodeError> {
        match self.shapes.number_guessed(hint, shape) {
            Some(number) => self.reference(number).map(|()| false),
            None => self.out.slice(self.shapes.definition(shape)).map(|()| true),
        }
    }

    #[inline(always)]
    fn reference(&mut self, number: usize) -> Done {
        match u8::try_from(number) {
            Ok(small) if small < SMALL_STRING - SMALL_SHAPE => self.out.byte(SMALL_SHAPE + small),
            _ => self.out.varint(SHAPE, number as u64),
        }
    }

    /// Opens a sequence that claims to have `len` elements; a wrong or missing claim costs a move at the end.
    #[inline(always)]
    pub(super) fn seq(&mut self, len: Option<usize>) -> Result<OpenSeq, EncodeError> {
        self.enter()?;
        let (at, announced) = (self.out.len(), len.unwrap_or(0));
        self.count(Counted::Seq, announced)?;
        Ok(OpenSeq { at, left: announced })
    }

    /// Writes the header of a sequence or map.
    #[inline(always)]
    pub(super) fn count(&mut self, what: Counted, count: usize) -> Done {
        let (small, tag) = what.tags();
        if count < SMALL_COUNTS {
            self.out.byte(small + count as u8)
        } else {
            self.out.varint(tag, count as u64)
        }
    }

    #[inline(always)]
    pub(super) fn end_seq(&mut self, seq: OpenSeq) {
        self.leave();
        if seq.left != 0 {
            self.correct_seq(seq);
        }
    }

    #[cold]
    #[inline(never)]
    fn correct_seq(&mut self, seq: OpenSeq) {
        let announced = self.announced(seq);
        self.correct_count(Counted::Seq, seq.at, announced, announced.wrapping_sub(seq.left));
    }

    /// The error seen from outside the element that was begun last.
    #[cold]
    #[inline(never)]
    pub(super) fn inside_element(&self, seq: OpenSeq, error: EncodeError) -> EncodeError {
        error.inside(Segment::Index(self.announced(seq).wrapping_sub(seq.left).wrapping_sub(1)))
    }

    fn announced(&self, seq: OpenSeq) -> usize {
        match self.out.between(seq.at, self.out.len()).split_first() {
            Some((&tag @ SMALL_SEQ..SMALL_MAP, _)) => usize::from(tag - SMALL_SEQ),
            Some((_, count)) => Reader::new(count).varint().map_or(0, |count| count as usize),
            None => 0,
        }
    }

    #[inline]
    pub(super) fn correct_count(&mut self, what: Counted, at: usize, announced: usize, count: usize) {
        if announced != count {
            self.out.replace(at, at + what.header(announced).len(), &what.header(count));
        }
    }
}

/// What has a count in its header.
#[derive(Clone, Copy)]
pub(super) enum Counted {
    Seq,
    Map,
}

/// Counts below this are part of the tag.
const SMALL_COUNTS: usize = 16;

impl Counted {
    #[inline]
    fn tags(self) -> (u8, u8) {
        match self {
            Counted::Seq => (SMALL_SEQ, SEQ),
            Counted::Map => (SMALL_MAP, MAP),
        }
    }

    #[cold]
    fn header(self, count: usize) -> Vec<u8> {
        let (small, tag) = self.tags();
        if count < SMALL_COUNTS {
            return vec![small + count as u8];
        }
        let mut header = vec![tag];
        push_varint(&mut header, count as u64);
        header
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
        writer.out.start(out);
        Lent { writer, out }
    }
}

impl Drop for Lent<'_, '_> {
    fn drop(&mut self) {
        self.writer.out.finish(self.out);
    }
}

impl OpenSeq {
    /// The next element is what is written from here on.
    #[inline]
    pub(super) fn element(&mut self) {
        self.left = self.left.wrapping_sub(1);
    }
}

#[cold]
pub(super) fn push_varint(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push((n & 0x7F) as u8 | 0x80);
        n >>= 7;
    }
    out.push((n & 0x7F) as u8);
}
