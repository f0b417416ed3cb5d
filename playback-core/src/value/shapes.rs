//! Names that were seen before.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use super::tags::{
    DEFINE_STRUCT, DEFINE_UNIT_VARIANT, DEFINE_VARIANT, MAX_SHAPES, SHAPE, SMALL_SHAPE, SMALL_STRING,
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
    /// The names of the known shapes, with a gap after each shape's.
    names: Vec<Option<&'n str>>,
    definitions: Vec<u8>,
    by_hash: HashMap<u64, Handle>,
    guesses: Vec<Guess<'n>>,
}

#[derive(Debug)]
struct Known {
    kind: Kind,
    names: Range<usize>,
    definition: Range<usize>,
    /// The lowest place in the table where this shape stands, if it stands there still.
    place: usize,
}

/// What a shape was, the last time that something was written in the place of `hint`.
#[derive(Clone, Copy, Debug)]
struct Guess<'n> {
    hint: &'n str,
    kind: Kind,
    count: usize,
    shape: Option<Handle>,
}

/// Where the guess for a hint stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slot(u32);

/// A slot for each of the types and variants that are common in one value; those that share one are only slower.
const GUESSES: usize = 256;

/// Past this many shapes from earlier values, all are forgotten: a bound on memory, not on what can be written.
const MAX_KNOWN: usize = 4096;

/// The extent of the table at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    base: usize,
    len: usize,
}

impl<'n> Shapes<'n> {
    /// Gets ready for a new value.
    pub(super) fn start(&mut self) {
        self.table.clear();
        self.base = 0;
        if self.known.len() > MAX_KNOWN {
            *self = Shapes::default();
        }
    }

    #[inline]
    pub(super) fn mark(&self) -> Mark {
        Mark { base: self.base, len: self.table.len() }
    }

    /// How many numbers have been given that can be seen here.
    #[inline]
    pub(super) fn numbered(&self) -> u32 {
        (self.table.len() - self.base) as u32
    }

    /// Hides all shapes until the mark taken before is restored.
    #[inline]
    pub(super) fn hide(&mut self) {
        self.base = self.table.len();
    }

    /// Forgets the shapes numbered since the mark.
    #[inline]
    pub(super) fn restore(&mut self, mark: Mark) {
        self.base = mark.base;
        self.table.truncate(mark.len);
    }

    /// The number of a shape, if it has one that can be seen here; the lowest if it has several.
    #[inline]
    pub(super) fn number(&self, shape: Handle) -> Option<usize> {
        if self.base == 0 {
            let place = self.known.get(shape.0 as usize)?.place;
            (self.table.get(place) == Some(&shape)).then_some(place)
        } else {
            // `place` is about the whole table, and inside keys of maps shapes are rare enough to look for.
            self.table.get(self.base..)?.iter().position(|other| *other == shape)
        }
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

    /// Where the names of a shape start; they end where the next [end](Self::is_end) is.
    #[inline]
    pub(super) fn first_name(&self, shape: Handle) -> usize {
        self.known.get(shape.0 as usize).map(|known| known.names.start).unwrap_or_default()
    }

    /// The name at a place, unless the place is at the end of a shape's names.
    #[inline]
    pub(super) fn name(&self, place: usize) -> Option<&'n str> {
        self.names.get(place).copied().flatten()
    }

    /// Whether a place is where the names of a shape end.
    #[inline]
    pub(super) fn is_end(&self, place: usize) -> bool {
        matches!(self.names.get(place), Some(None))
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

    /// What the last shape with this hint was.
    #[inline]
    pub(super) fn guess(&self, slot: Slot, kind: Kind, hint: &'n str, count: usize) -> Option<Handle> {
        let guess = self.guesses.get(slot.0 as usize)?;
        let right = same_place(guess.hint, hint) && guess.count == count && guess.kind == kind;
        if right { guess.shape } else { None }
    }

    /// Makes room for a shape that is not known yet.
    #[cold]
    pub(super) fn expect(&mut self, slot: Slot, kind: Kind, hint: &'n str, count: usize) {
        if self.guesses.is_empty() {
            self.guesses.resize(GUESSES, Guess { hint: "", kind, count: 0, shape: None });
        }
        if let Some(guess) = self.guesses.get_mut(slot.0 as usize) {
            *guess = Guess { hint, kind, count, shape: None };
        }
    }

    /// Remembers what that shape was.
    ///
    /// Should another struct have taken its room meanwhile, that one is guessed wrong once, which its names will show.
    /// A variant's guess is not checked again, so that its room must be left alone.
    #[cold]
    pub(super) fn remember(&mut self, slot: Slot, kind: Kind, shape: Handle) {
        if let Some(guess) = self.guesses.get_mut(slot.0 as usize).filter(|guess| guess.kind == kind) {
            guess.shape = Some(shape);
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
        self.names.extend(names.iter().copied().map(Some));
        define(&mut self.definitions, kind, names);
        self.known.push(Known {
            kind,
            names: first_name..self.names.len(),
            definition: first_byte..self.definitions.len(),
            place: usize::MAX,
        });
        self.names.push(None);
        shape
    }

    fn is(&self, shape: Handle, kind: Kind, names: &[&str]) -> bool {
        self.known.get(shape.0 as usize).is_some_and(|known| {
            known.kind == kind
                && self.names.get(known.names.clone()).unwrap_or_default().iter().flatten().eq(names)
        })
    }
}

fn define(out: &mut Vec<u8>, kind: Kind, names: &[&str]) {
    match kind {
        Kind::Struct => {
            out.push(DEFINE_STRUCT);
            push_varint(out, names.len() as u64);
        }
        Kind::UnitVariant => out.push(DEFINE_UNIT_VARIANT),
        Kind::Variant => out.push(DEFINE_VARIANT),
    }
    for name in names {
        push_varint(out, name.len() as u64);
        out.extend_from_slice(name.as_bytes());
    }
}

/// Writes the reference to a numbered shape.
#[inline]
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

impl Slot {
    #[inline]
    pub(super) fn of(kind: Kind, hint: &str, count: usize) -> Slot {
        let address = hint.as_ptr().addr().wrapping_add(count << 3).wrapping_add(kind as usize);
        Slot(((address.wrapping_mul(0x9E37_79B9) >> 16) % GUESSES) as u32)
    }
}
