//! Writing structs.

use super::shapes::{Handle, Kind, Slot, push_reference, same_place};
use super::write::{Writer, push_header};
use super::{EncodeError, Name};

/// Kept small, as it is handed about between the calls of a `Serialize`.
pub(super) struct OpenStruct {
    /// Where the header starts.
    at: usize,
    /// The place of the next guessed name; nowhere if there is no guess or it proved wrong.
    next: usize,
    slot: Slot,
    /// The shape guessed, and whether the header defines it.
    shape: Handle,
    defined: bool,
    /// How many of this struct's names are on the stack of names, because there is no guess.
    names: u32,
    /// How many shapes had numbers before this struct.
    numbered: u32,
}

/// A place where no name is.
const NOWHERE: usize = usize::MAX;

impl<'n> Writer<'n> {
    /// Opens a struct. `hint` is something that tends to be the same memory when the names are the same.
    #[inline]
    pub(super) fn open_struct(&mut self, hint: &'n str, count: usize) -> Result<OpenStruct, EncodeError> {
        self.enter()?;
        let (at, numbered) = (self.out.len(), self.shapes.numbered());
        let slot = Slot::of(Kind::Struct, hint, count);
        let Some(shape) = self.shapes.guess(slot, Kind::Struct, hint, count) else {
            self.shapes.expect(slot, Kind::Struct, hint, count);
            let shape = Handle::default();
            return Ok(OpenStruct { at, next: NOWHERE, slot, shape, defined: false, names: 0, numbered });
        };
        let defined = !push_header(&mut self.out, &self.shapes, shape);
        let next = self.shapes.first_name(shape);
        Ok(OpenStruct { at, next, slot, shape, defined, names: 0, numbered })
    }

    /// The value of this field is what is written from here on.
    #[inline]
    pub(super) fn field(&mut self, open: &mut OpenStruct, name: &'n str) {
        match self.shapes.name(open.next) {
            Some(guessed) if same_place(guessed, name) => open.next += 1,
            guessed => self.other_field(open, name, guessed),
        }
    }

    #[cold]
    #[inline(never)]
    fn other_field(&mut self, open: &mut OpenStruct, name: &'n str, guessed: Option<&'n str>) {
        if guessed == Some(name) {
            open.next += 1;
        } else {
            self.give_up_guess(open);
            self.names.push(name);
            open.names += 1;
        }
    }

    /// Takes the header back and moves the names guessed right so far to the stack, as if there had been no guess.
    fn give_up_guess(&mut self, open: &mut OpenStruct) {
        if open.next != NOWHERE {
            let Writer { out, shapes, names, .. } = self;
            let first = shapes.first_name(open.shape);
            names.extend((first..open.next).filter_map(|place| shapes.name(place)));
            open.names = u32::try_from(open.next - first).unwrap_or(u32::MAX);
            open.next = NOWHERE;
            let header = shapes.header_len(open.shape, open.defined);
            out.drain(open.at..open.at + header);
        }
    }

    #[inline]
    pub(super) fn end_struct(&mut self, open: &mut OpenStruct) {
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
    fn end_struct_with_names(&mut self, open: &mut OpenStruct) {
        self.give_up_guess(open);
        let Writer { shapes, names, .. } = self;
        let first = names.len().saturating_sub(open.names as usize);
        let shape = shapes.intern(Kind::Struct, names.get(first..).unwrap_or_default());
        names.truncate(first);
        shapes.remember(open.slot, Kind::Struct, shape);

        // Shapes that were completed inside this struct do not count: the header stands before them.
        let mut header = Vec::new();
        match shapes.number(shape).filter(|number| *number < open.numbered as usize) {
            Some(number) => push_reference(&mut header, number),
            None => {
                header.extend_from_slice(shapes.definition(shape));
                shapes.register(shape);
            }
        }
        self.out.splice(open.at..open.at, header);
    }
}

/// A hint for structs of a tree: all instances of one shape share their first name.
pub(super) fn hint<T>(fields: &[(Name, T)]) -> &str {
    fields.first().map_or("", |(name, _)| name)
}
