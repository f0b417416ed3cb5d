//! Names that were seen before.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use super::tags::{
    DEFINE_STRUCT, DEFINE_UNIT_VARIANT, DEFINE_VARIANT, MAX_SHAPES, SHAPE, SMALL_SHAPE, SMALL_STRING,
    SMALL_STRUCT,
};
use super::write::push_varint;

/// What shares one number in the encoding: the names of a struct's fields, or the name of a variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Struct,
    UnitVariant,
    Variant,
}

/// A shape's place among all shapes ever met here; equal shapes have equal handles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Handle(u32);

/// The shapes of the value being written, and those met in values before it.
///
/// The first are numbered, anew for each value, and decide the bytes. The second only save work: a struct is likely
/// to have the names that a struct of its type had last time, so that its header can be written before its fields
/// are known, and checked name by name (mostly pointer by pointer) on the way.
#[derive(Debug, Default)]
pub(super) struct Shapes<'n> {
    /// The numbered shapes of this value, those not visible here included.
    table: Vec<Handle>,
    /// The number 0 stands here in the table: a key sees no shapes from before it.
    base: usize,
    known: Vec<Known>,
    /// The names of the known shapes.
    names: Vec<&'n str>,
    definitions: Vec<u8>,
    by_hash: HashMap<u64, Handle>,
    /// As many as a power of two, or none yet.
    guesses: Vec<Guess<'n>>,
    /// Grows whenever a shape may have lost its number, and what it is where numbers are those of the whole table.
    stamp: u64,
    visible: u64,
}

#[derive(Debug)]
struct Known {
    kind: Kind,
    names: Range<usize>,
    definition: Range<usize>,
    /// The lowest place in the table where this shape stands, if it stands there still.
    place: usize,
}

/// What a shape was, the last time that something was written for the same hint.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guess<'n> {
    hint: Hint<'n>,
    pub(super) shape: Handle,
    /// The number that the shape had at a moment.
    pub(super) number: u32,
    stamp: u64,
    /// Where its names stand.
    pub(super) first: usize,
    pub(super) end: usize,
}

/// What tends to be the same when a shape is: the memory of the name of its type or variant, and how many names it has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hint<'n> {
    text: &'n str,
    /// The number of names, and the kind in the lowest bits.
    role: usize,
}

/// How many guesses there are at first and at most: enough for the types and variants that are common in one value.
/// Those that share one are only slower.
const FEWEST_GUESSES: usize = 16;
const MOST_GUESSES: usize = 256;

/// Past this many shapes from earlier values, all are forgotten: a bound on memory, not on what can be written.
const MAX_KNOWN: usize = 4096;

/// What `visible` is in a key, a stamp that nothing is visible with, and a role that nothing has.
const NOTHING: u64 = 0;
const NEVER: u64 = u64::MAX;
const NO_ROLE: usize = usize::MAX;

/// The extent of the table at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    base: usize,
    len: usize,
}

impl<'n> Shapes<'n> {
    /// Gets ready for a new value.
    #[inline]
    pub(super) fn start(&mut self) {
        self.table.clear();
        self.base = 0;
        if self.known.len() > MAX_KNOWN {
            self.forget();
        }
        self.stamp += 1;
        self.visible = self.stamp;
    }

    #[cold]
    #[inline(never)]
    fn forget(&mut self) {
        *self = Shapes::default();
    }

    #[inline]
    pub(super) fn mark(&self) -> Mark {
        Mark { base: self.base, len: self.table.len() }
    }

    /// How many numbers have been given.
    #[inline]
    pub(super) fn numbered(&self) -> usize {
        self.table.len()
    }

    /// Hides all shapes until the mark taken before is restored.
    #[inline]
    pub(super) fn hide(&mut self) {
        self.base = self.table.len();
        self.visible = NOTHING;
    }

    /// Forgets the shapes numbered since the mark.
    #[inline]
    pub(super) fn restore(&mut self, mark: Mark) {
        self.base = mark.base;
        if self.table.len() > mark.len {
            self.table.truncate(mark.len);
            self.stamp += 1;
        }
        self.visible = if self.base == 0 { self.stamp } else { NOTHING };
    }

    /// What the last shape with this hint was.
    #[inline]
    pub(super) fn guess(&self, hint: Hint<'n>) -> Option<&Guess<'n>> {
        self.guesses.get(hint.place(self.guesses.len())).filter(|guess| guess.hint.is(hint))
    }

    /// Whether the number of a guess holds.
    #[inline]
    pub(super) fn is_visible(&self, guess: &Guess<'n>) -> bool {
        guess.stamp == self.visible
    }

    /// The number of a shape that was guessed, which the guess has from here on.
    pub(super) fn number_guessed(&mut self, hint: Hint<'n>, shape: Handle) -> Option<usize> {
        let number = self.number(shape)?;
        let (place, visible) = (hint.place(self.guesses.len()), self.visible);
        if let Some(guess) = self.guesses.get_mut(place).filter(|_| visible != NOTHING) {
            (guess.number, guess.stamp) = (number as u32, visible);
        }
        Some(number)
    }

    /// The number of a shape, if it has one that can be seen here; the lowest if it has several.
    #[inline]
    pub(super) fn number(&self, shape: Handle) -> Option<usize> {
        self.number_of(shape, self.known.get(shape.0 as usize)?)
    }

    #[inline]
    fn number_of(&self, shape: Handle, known: &Known) -> Option<usize> {
        if self.base == 0 {
            (self.table.get(known.place) == Some(&shape)).then_some(known.place)
        } else {
            self.number_in_key(shape)
        }
    }

    /// `place` is about the whole table, and inside keys of maps shapes are rare enough to look for.
    #[cold]
    fn number_in_key(&self, shape: Handle) -> Option<usize> {
        self.table.get(self.base..)?.iter().position(|other| *other == shape)
    }

    /// Gives a shape that was just defined the next number, if there is one left.
    #[inline]
    pub(super) fn register(&mut self, shape: Handle) {
        if self.table.len() - self.base >= MAX_SHAPES {
            return;
        }
        // A struct inside another of its shape is done first and keeps the lower number.
        if self.base == 0
            && self.number(shape).is_none()
            && let Some(known) = self.known.get_mut(shape.0 as usize)
        {
            known.place = self.table.len();
        }
        self.table.push(shape);
    }

    /// Where the names of a shape start.
    #[cold]
    pub(super) fn first_name(&self, shape: Handle) -> usize {
        self.known.get(shape.0 as usize).map(|known| known.names.start).unwrap_or_default()
    }

    /// The name at a place.
    #[inline]
    pub(super) fn name(&self, place: usize) -> Option<&'n str> {
        self.names.get(place).copied()
    }

    /// How many numbers that can be seen here had been given when there were so many in all.
    #[cold]
    pub(super) fn visible_of(&self, numbered: usize) -> usize {
        numbered.saturating_sub(self.base)
    }

    /// The bytes that define a shape.
    #[inline]
    pub(super) fn definition(&self, shape: Handle) -> &[u8] {
        let known = self.known.get(shape.0 as usize);
        known.and_then(|known| self.definitions.get(known.definition.clone())).unwrap_or_default()
    }

    /// How long the header of a shape is that was guessed.
    #[cold]
    pub(super) fn header_len(&self, shape: Handle, defined: bool) -> usize {
        if defined {
            return self.definition(shape).len();
        }
        let mut reference = Vec::new();
        push_reference(&mut reference, self.number(shape).unwrap_or_default());
        reference.len()
    }

    /// Remembers what the shape with this hint was.
    #[cold]
    pub(super) fn remember(&mut self, hint: Hint<'n>, shape: Handle) {
        let Some(known) = self.known.get(shape.0 as usize) else { return };
        let (first, end) = (known.names.start, known.names.end);
        let guess = Guess { hint, shape, number: 0, stamp: NEVER, first, end };
        let taken = self
            .guesses
            .get(hint.place(self.guesses.len()))
            .is_none_or(|other| !other.hint.is(hint) && other.hint.role != NO_ROLE);
        if taken && self.guesses.len() < MOST_GUESSES {
            // All others are guessed anew, which happens a few times in the life of a writer.
            let free = Guess { hint: Hint { text: "", role: NO_ROLE }, ..guess };
            let count = (self.guesses.len() * 2).max(FEWEST_GUESSES);
            self.guesses.clear();
            self.guesses.resize(count, free);
        }
        let place = hint.place(self.guesses.len());
        if let Some(place) = self.guesses.get_mut(place) {
            *place = guess;
        }
    }

    /// The handle of a shape, made if this is the first of its kind.
    #[cold]
    pub(super) fn intern(&mut self, kind: Kind, names: &[&'n str]) -> Handle {
        let mut hasher = DefaultHasher::new();
        (kind, names).hash(&mut hasher);
        let mut hash = hasher.finish();
        // Should two shapes ever collide, the next free hash serves the second.
        while let Some(&shape) = self.by_hash.get(&hash) {
            if self.is(shape, kind, names) {
                return shape;
            }
            hash = hash.wrapping_add(1);
        }
        let shape = Handle(u32::try_from(self.known.len()).unwrap_or(u32::MAX));
        self.by_hash.insert(hash, shape);
        let (first_name, first_byte) = (self.names.len(), self.definitions.len());
        self.names.extend(names);
        define(&mut self.definitions, kind, names);
        self.known.push(Known {
            kind,
            names: first_name..self.names.len(),
            definition: first_byte..self.definitions.len(),
            place: usize::MAX,
        });
        shape
    }

    fn is(&self, shape: Handle, kind: Kind, names: &[&str]) -> bool {
        self.known.get(shape.0 as usize).is_some_and(|known| {
            known.kind == kind && self.names.get(known.names.clone()).unwrap_or_default() == names
        })
    }
}

impl Handle {
    /// Of no shape.
    pub(super) const UNKNOWN: Handle = Handle(u32::MAX);
}

impl<'n> Hint<'n> {
    #[inline]
    pub(super) fn of(kind: Kind, text: &'n str, count: usize) -> Self {
        Hint { text, role: count << 2 | kind as usize }
    }

    #[inline]
    fn is(self, other: Self) -> bool {
        same_place(self.text, other.text) && self.role == other.role
    }

    /// Its place among so many guesses.
    #[inline]
    fn place(self, guesses: usize) -> usize {
        let address = self.text.as_ptr().addr().wrapping_add(self.role);
        (address.wrapping_mul(0x9E37_79B9) >> 16) & guesses.wrapping_sub(1)
    }
}

fn define(out: &mut Vec<u8>, kind: Kind, names: &[&str]) {
    match kind {
        Kind::Struct if is_small(names) => {
            out.push(SMALL_STRUCT + (names.len() - 1) as u8);
            out.extend(names.chunks(2).map(|pair| {
                let lengths = pair.iter().rev().map(|name| (name.len() - 1) as u8);
                lengths.fold(0, |packed, length| packed << 4 | length)
            }));
            return names.iter().for_each(|name| out.extend_from_slice(name.as_bytes()));
        }
        Kind::Struct => {
            out.push(DEFINE_STRUCT);
            push_varint(out, names.len() as u64);
        }
        Kind::UnitVariant => out.push(DEFINE_UNIT_VARIANT),
        Kind::Variant => out.push(DEFINE_VARIANT),
    }
    names.iter().for_each(|name| push_varint(out, name.len() as u64));
    names.iter().for_each(|name| out.extend_from_slice(name.as_bytes()));
}

/// Whether the number of names, and the length of each, fit in half a byte.
fn is_small(names: &[&str]) -> bool {
    (1..=16).contains(&names.len()) && names.iter().all(|name| (1..=16).contains(&name.len()))
}

/// Writes the reference to a numbered shape.
#[cold]
pub(super) fn push_reference(out: &mut Vec<u8>, number: usize) {
    match u8::try_from(number) {
        Ok(small) if small < SMALL_STRING - SMALL_SHAPE => out.push(SMALL_SHAPE + small),
        _ => {
            out.push(SHAPE);
            push_varint(out, number as u64);
        }
    }
}

/// Whether two strings are the same memory.
#[inline]
pub(super) fn same_place(a: &str, b: &str) -> bool {
    std::ptr::eq(a, b)
}
