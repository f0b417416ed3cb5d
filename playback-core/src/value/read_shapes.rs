//! Reading names: shapes as they are defined and referred to.

use super::DecodeError;
use super::read::{Fields, Head, Reader, Shape};
use super::tags::MAX_SHAPES;

type Result<T> = std::result::Result<T, DecodeError>;

/// How many bytes a name has, on average over a shape, before it is long. A reference takes a byte for each name at least,
/// so what is not long becomes so many times as much at most, for those who copy names.
const LONG_NAME: usize = 256;

/// How many bytes of long names may be repeated, beside [`LONG_NAME`] for each byte of the input.
const MAX_REPEATED: usize = 1 << 20;

/// How many names and shapes get room at once: as many as most values have.
const COMMON_NAMES: usize = 32;
const COMMON_SHAPES: usize = 8;

impl<'de> Reader<'de> {
    pub(super) fn register(&mut self, mut shape: Shape) {
        if self.shapes.len() - self.base < MAX_SHAPES {
            let (first, count) = match shape {
                Shape::Struct { first, count } => (first, count),
                Shape::UnitVariant(name) | Shape::Variant(name) => (name, 1),
                Shape::Long(_) => (0, 0),
            };
            let bytes = self.names.iter().skip(first).take(count).map(|name| name.len()).sum();
            if bytes > LONG_NAME * count {
                self.long.push((shape, bytes));
                shape = Shape::Long(self.long.len() - 1);
            }
            if self.shapes.capacity() == 0 {
                self.shapes.reserve(COMMON_SHAPES);
            }
            self.shapes.push(shape);
        }
    }

    pub(super) fn shape(&mut self, number: usize) -> Result<Head<'de>> {
        let place = self.base.saturating_add(number);
        let mut shape = self.shapes.get(place);
        if let Some(&Shape::Long(at)) = shape {
            let long = self.long.get(at);
            self.repeated += long.map_or(0, |(_, bytes)| *bytes);
            if self.repeated > MAX_REPEATED.saturating_add(LONG_NAME.saturating_mul(self.len)) {
                return Err(
                    self.corrupt("long names are repeated more often than any encoder would, and that")
                );
            }
            shape = long.map(|(shape, _)| shape);
        }
        match shape {
            Some(&Shape::Struct { first, count }) => {
                if count > self.rest.len() {
                    return Err(self.truncated());
                }
                Ok(Head::Struct(Fields { first, count, defines: false }))
            }
            Some(&Shape::UnitVariant(name)) => Ok(Head::UnitVariant(name)),
            Some(&Shape::Variant(name)) => Ok(Head::Variant(name)),
            None | Some(Shape::Long(_)) => {
                Err(self.corrupt(&format!("a reference to shape {number}, which is not defined, ends")))
            }
        }
    }

    #[cold]
    pub(super) fn define_struct(&mut self) -> Result<Fields> {
        let count = self.count(2)?;
        let mut lengths = Vec::new();
        for _ in 0..count {
            lengths.push(usize::try_from(self.varint()?).unwrap_or(usize::MAX));
        }
        self.define_names(lengths.into_iter())
    }

    pub(super) fn define_small_struct(&mut self, count: usize) -> Result<Fields> {
        let lengths = self.take(count.div_ceil(2))?;
        let half = |n: usize| lengths.get(n / 2).map_or(0, |pair| pair >> (n % 2 * 4) & 0x0F);
        self.define_names((0..count).map(|n| usize::from(half(n)) + 1))
    }

    /// Reads names that stand one after another.
    #[inline]
    fn define_names(&mut self, lengths: impl Iterator<Item = usize> + Clone) -> Result<Fields> {
        let mut text = self.text(lengths.clone().fold(0, usize::saturating_add))?;
        let first = self.names.len();
        if self.names.capacity() == 0 {
            self.names.reserve(COMMON_NAMES);
        }
        for length in lengths {
            let Some((name, rest)) = text.split_at_checked(length) else {
                return Err(self.corrupt("a name that is not UTF-8 ends"));
            };
            self.names.push(name);
            text = rest;
        }
        let count = self.there(self.names.len() - first, 1)?;
        Ok(Fields { first, count, defines: true })
    }

    pub(super) fn define_variant(&mut self, shape: impl FnOnce(usize) -> Shape) -> Result<usize> {
        let name = self.names.len();
        let length = self.count(1)?;
        let text = self.text(length)?;
        self.names.push(text);
        self.register(shape(name));
        Ok(name)
    }
}
