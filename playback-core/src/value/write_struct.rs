//! Writing structs.

use super::shapes::{Guess, Handle, Hint, Kind, push_reference, same_place};
use super::write::Writer;
use super::{EncodeError, Name};

/// Handed about by value, so that it can stay in registers between the calls of a `Serialize`.
#[derive(Clone, Copy)]
pub(super) struct OpenStruct<'n> {
    /// Where the header starts.
    at: usize,
    hint: Hint<'n>,
    /// The place of the next guessed name, nowhere if there is no guess or it proved wrong, and where they end.
    next: usize,
    end: usize,
    /// The shape guessed, and whether the header defines it.
    shape: Handle,
    defined: bool,
    /// How many of this struct's names are on the stack of names, because there is no guess.
    names: usize,
    /// How many shapes had numbers before this struct.
    numbered: usize,
}

/// A place where no name is.
const NOWHERE: usize = usize::MAX;

impl<'n> Writer<'n> {
    /// Opens a struct. `hint` is something that tends to be the same memory when the names are the same.
    #[inline(always)]
    pub(super) fn open_struct(&mut self, hint: &'n str, count: usize) -> Result<OpenStruct<'n>, EncodeError> {
        self.enter()?;
        let (at, numbered) = (self.out.len(), self.shapes.numbered());
        let hint = Hint::of(Kind::Struct, hint, count);
        let Some(&guess) = self.shapes.guess(hint) else {
            let shape = Handle::UNKNOWN;
            return Ok(OpenStruct {
                at,
                hint,
                next: NOWHERE,
                end: 0,
                shape,
                defined: false,
                names: 0,
                numbered,
            });
        };
        let defined = self.header(hint, &guess)?;
        let Guess { shape, first, end, .. } = guess;
        Ok(OpenStruct { at, hint, next: first, end, shape, defined, names: 0, numbered })
    }

    /// The value of this field is what is written from here on.
    #[inline(always)]
    pub(super) fn field(&mut self, open: &mut OpenStruct<'n>, name: &'n str) {
        match self.shapes.name(open.next) {
            Some(guessed) if same_place(guessed, name) => open.next += 1,
            _ => *open = self.other_field(*open, name),
        }
    }

    #[cold]
    #[inline(never)]
    fn other_field(&mut self, mut open: OpenStruct<'n>, name: &'n str) -> OpenStruct<'n> {
        if self.shapes.name(open.next) == Some(name) {
            open.next += 1;
        } else {
            self.give_up_guess(&mut open);
            self.names.push(name);
            open.names += 1;
        }
        open
    }

    /// Takes the header back and moves the names guessed right so far to the stack, as if there had been no guess.
    fn give_up_guess(&mut self, open: &mut OpenStruct<'n>) {
        if open.next != NOWHERE {
            let Writer { out, shapes, names, .. } = self;
            let first = shapes.first_name(open.shape);
            names.extend((first..open.next).filter_map(|place| shapes.name(place)));
            open.names = open.next - first;
            open.next = NOWHERE;
            let header = shapes.header_len(open.shape, open.defined);
            out.replace(open.at, open.at + header, &[]);
        }
    }

    #[inline(always)]
    pub(super) fn end_struct(&mut self, open: &OpenStruct<'n>) {
        self.leave();
        if open.next != open.end {
            self.end_struct_with_names(*open);
        } else if open.defined {
            self.shapes.register(open.shape);
        }
    }

    /// There was no guess, or it proved wrong: now that all names are known the right header goes before the values.
    #[cold]
    #[inline(never)]
    fn end_struct_with_names(&mut self, mut open: OpenStruct<'n>) {
        self.give_up_guess(&mut open);
        let Writer { shapes, names, .. } = self;
        let first = names.len().saturating_sub(open.names);
        let shape = shapes.intern(Kind::Struct, names.get(first..).unwrap_or_default());
        names.truncate(first);
        shapes.remember(open.hint, shape);

        // Shapes that were completed inside this struct do not count: the header stands before them.
        let mut header = Vec::new();
        match shapes.number(shape).filter(|number| *number < shapes.visible_of(open.numbered)) {
            Some(number) => push_reference(&mut header, number),
            None => {
                header.extend_from_slice(shapes.definition(shape));
                shapes.register(shape);
            }
        }
        self.out.replace(open.at, open.at, &header);
    }
}

/// A hint for structs of a tree: all instances of one shape share their first name.
pub(super) fn hint<T>(fields: &[(Name, T)]) -> &str {
    fields.first().map_or("", |(name, _)| name)
}
