//! Writing the bytes.

use super::integer::Wide;
use super::order::KeyOrder;
use super::shapes::{Handle, Kind, Mark, Shapes, push_reference, same_place};
use super::tags::{
    BYTES, CHAR, F32, F64, FALSE, MAP, NEGATIVE, NEGATIVE_128, NONE, SEQ, SMALL_STRING, SMALL_UNSIGNED, SOME,
    STRING, TRUE, UNIT, UNSIGNED, UNSIGNED_128, canonical_f32, canonical_f64,
};
use super::{EncodeError, Integer, MAX_DEPTH, Name};

/// Writes values; whoever calls it, the tree or serde, the bytes are the same.
///
/// One that is used again allocates nothing for each value. `'n` is how long the names live.
#[derive(Debug, Default)]
pub(super) struct Writer<'n> {
    out: Vec<u8>,
    depth: usize,
    shapes: Shapes<'n>,
    /// The names of the open structs whose shape was not guessed.
    names: Vec<&'n str>,
    /// The finished entries of the open maps.
    entries: Vec<Entry>,
    /// The entries of a map while they are brought into order.
    sorted: Vec<u8>,
}

/// Where the bytes of an entry of a map stand in the output.
#[derive(Clone, Copy, Debug)]
struct Entry {
    key: usize,
    value: usize,
    end: usize,
}

pub(super) struct OpenSeq {
    at: usize,
    announced: usize,
    count: usize,
}

pub(super) struct OpenMap {
    at: usize,
    announced: usize,
    first: usize,
    sorted: bool,
    key: usize,
    value: usize,
    mark: Mark,
}

pub(super) struct OpenStruct<'n> {
    hint: &'n str,
    count: usize,
    /// Where the header starts, and its length.
    at: usize,
    header: usize,
    /// The shape guessed, whether the header defines it, and the place of the next name; nowhere if there is no guess
    /// or it proved wrong.
    shape: Handle,
    defined: bool,
    next: usize,
    /// Where this struct's names start on the stack of names, if there is no guess.
    names: usize,
    /// How many shapes had numbers before this struct.
    numbered: usize,
}

/// A place where no name is.
const NOWHERE: usize = usize::MAX;

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
    fn enter(&mut self) -> Result<(), EncodeError> {
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
        let shape = shapes.guess(kind, name, 0).unwrap_or_else(|| {
            let shape = shapes.intern(kind, &[name]);
            shapes.remember(kind, name, 0, shape);
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
        Ok(OpenSeq { at, announced, count: 0 })
    }

    #[inline]
    pub(super) fn element(&mut self, seq: &mut OpenSeq) -> usize {
        let index = seq.count;
        seq.count += 1;
        index
    }

    #[inline]
    pub(super) fn end_seq(&mut self, seq: &OpenSeq) {
        self.leave();
        self.correct_count(seq.at, seq.announced, seq.count);
    }

    #[inline]
    pub(super) fn map(&mut self, len: Option<usize>) -> Result<OpenMap, EncodeError> {
        self.enter()?;
        let at = self.out.len();
        let announced = len.unwrap_or(0);
        push_counted(&mut self.out, MAP, announced);
        let (first, mark) = (self.entries.len(), self.shapes.mark());
        Ok(OpenMap { at, announced, first, sorted: true, key: at, value: at, mark })
    }

    /// The key of the next entry is what is written from here on.
    #[inline]
    pub(super) fn key(&mut self, map: &mut OpenMap) {
        map.key = self.out.len();
        self.shapes.hide();
    }

    /// The value of the entry is what is written from here on.
    #[inline]
    pub(super) fn value(&mut self, map: &mut OpenMap) {
        self.shapes.restore(map.mark);
        map.value = self.out.len();
        if map.sorted && self.entries.len() > map.first {
            let before = self.entries.last().map_or(&[][..], |entry| entry.key_in(&self.out));
            map.sorted = KeyOrder::of(before) <= KeyOrder::of(self.current_key(map));
        }
    }

    #[inline]
    pub(super) fn end_entry(&mut self, map: &OpenMap) {
        self.shapes.restore(map.mark);
        self.entries.push(Entry { key: map.key, value: map.value, end: self.out.len() });
    }

    /// The bytes of the key whose value is being written.
    pub(super) fn current_key(&self, map: &OpenMap) -> &[u8] {
        self.out.get(map.key..map.value).unwrap_or_default()
    }

    #[inline]
    pub(super) fn end_map(&mut self, map: &OpenMap) {
        self.leave();
        if !map.sorted {
            self.sort(map.first);
        }
        let count = self.entries.len() - map.first;
        self.entries.truncate(map.first);
        self.correct_count(map.at, map.announced, count);
    }

    fn sort(&mut self, first: usize) {
        let Writer { out, entries, sorted, .. } = self;
        let entries = entries.get_mut(first..).unwrap_or_default();
        let Some(start) = entries.first().map(|entry| entry.key) else { return };
        entries.sort_unstable_by(|a, b| {
            KeyOrder::of(a.key_in(out)).cmp(&KeyOrder::of(b.key_in(out))).then(a.key.cmp(&b.key))
        });
        sorted.clear();
        for entry in entries {
            sorted.extend_from_slice(out.get(entry.key..entry.end).unwrap_or_default());
        }
        out.truncate(start);
        out.extend_from_slice(sorted);
    }

    #[inline]
    fn correct_count(&mut self, at: usize, announced: usize, count: usize) {
        if announced != count {
            replace_count(&mut self.out, at + 1, announced, count);
        }
    }

    /// Opens a struct. `hint` is something that tends to be the same memory when the names are the same.
    #[inline]
    pub(super) fn open_struct(&mut self, hint: &'n str, count: usize) -> Result<OpenStruct<'n>, EncodeError> {
        self.enter()?;
        let shapes = &self.shapes;
        let (at, names, numbered) = (self.out.len(), self.names.len(), shapes.numbered());
        Ok(match shapes.guess(Kind::Struct, hint, count) {
            Some(shape) => {
                let defined = !push_header(&mut self.out, shapes, shape);
                let header = self.out.len() - at;
                let next = shapes.names(shape).start;
                OpenStruct { hint, count, at, header, shape, defined, next, names, numbered }
            }
            None => {
                let shape = Handle::default();
                OpenStruct {
                    hint,
                    count,
                    at,
                    header: 0,
                    shape,
                    defined: false,
                    next: NOWHERE,
                    names,
                    numbered,
                }
            }
        })
    }

    /// The value of this field is what is written from here on.
    #[inline]
    pub(super) fn field(&mut self, open: &mut OpenStruct<'n>, name: &'n str) {
        match self.shapes.name(open.next) {
            Some(guessed) if same_place(guessed, name) => open.next += 1,
            guessed => self.other_field(open, name, guessed),
        }
    }

    #[cold]
    #[inline(never)]
    fn other_field(&mut self, open: &mut OpenStruct<'n>, name: &'n str, guessed: Option<&'n str>) {
        if guessed == Some(name) {
            open.next += 1;
        } else {
            self.give_up_guess(open);
            self.names.push(name);
        }
    }

    /// Moves the names guessed right so far to the stack, as if there had been no guess.
    fn give_up_guess(&mut self, open: &mut OpenStruct<'n>) {
        if open.next != NOWHERE {
            let Writer { shapes, names, .. } = self;
            let right = shapes.names(open.shape).start..open.next;
            names.extend(right.filter_map(|place| shapes.name(place)));
            open.next = NOWHERE;
        }
    }

    #[inline]
    pub(super) fn end_struct(&mut self, open: &mut OpenStruct<'n>) {
        self.leave();
        if !self.shapes.is_end(open.next) {
            self.end_struct_with_names(open);
        } else if open.defined {
            self.shapes.register(open.shape);
        }
    }

    /// There was no guess, or it proved wrong: now that all names are known the right header goes before the values.
    #[cold]
    #[inline(never)]
    fn end_struct_with_names(&mut self, open: &mut OpenStruct<'n>) {
        self.give_up_guess(open);
        let Writer { shapes, names, .. } = self;
        let shape = shapes.intern(Kind::Struct, names.get(open.names..).unwrap_or_default());
        names.truncate(open.names);
        shapes.remember(Kind::Struct, open.hint, open.count, shape);

        // Shapes that were completed inside this struct do not count: the header stands before them.
        let mut header = Vec::new();
        match shapes.number(shape).filter(|number| *number < open.numbered) {
            Some(number) => push_reference(&mut header, number),
            None => {
                header.extend_from_slice(shapes.definition(shape));
                shapes.register(shape);
            }
        }
        self.out.splice(open.at..open.at + open.header, header);
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

impl Entry {
    fn key_in<'a>(&self, out: &'a [u8]) -> &'a [u8] {
        out.get(self.key..self.value).unwrap_or_default()
    }
}

/// Writes the header of a shape and says whether it was a reference.
#[inline]
fn push_header(out: &mut Vec<u8>, shapes: &Shapes<'_>, shape: Handle) -> bool {
    if let Some(number) = shapes.number(shape) {
        push_reference(out, number);
        true
    } else {
        out.extend_from_slice(shapes.definition(shape));
        false
    }
}

#[inline]
fn push_counted(out: &mut Vec<u8>, tag: u8, count: usize) {
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

/// A hint for structs of a tree: all instances of one shape share their first name.
pub(super) fn hint<T>(fields: &[(Name, T)]) -> &str {
    fields.first().map_or("", |(name, _)| name)
}
