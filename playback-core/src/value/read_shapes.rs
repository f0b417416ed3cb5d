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

/// In each byte its lower half, and one.
const LOWER_HALVES: u64 = 0x0F0F_0F0F_0F0F_0F0F;
const ONES: u64 = 0x0101_0101_0101_0101;

impl<'de> Reader<'de> {
    /// Gives a shape of so many names, which take so many bytes together, the next number.
    #[inline]
    pub(super) fn register(&mut self, shape: Shape, names: usize, bytes: usize) {
        if self.shapes.len() - self.base < MAX_SHAPES {
            let shape = if bytes > LONG_NAME * names { self.long_shape(shape, bytes) } else { shape };
            self.shapes.push(shape);
        }
    }

    #[cold]
    fn long_shape(&mut self, shape: Shape, bytes: usize) -> Shape {
        self.long.push((shape, bytes));
        Shape::Long(self.long.len() - 1)
    }

    pub(super) fn shape(&mut self, number: usize) -> Result<Head<'de>> {
        let place = self.base.saturating_add(number);
        let mut shape = self.shapes.get(place);
        if let Shape::Long(at) = shape {
            let long = self.long.get(at);
            self.repeated += long.map_or(0, |(_, bytes)| *bytes);
            if self.repeated > MAX_REPEATED.saturating_add(LONG_NAME.saturating_mul(self.len)) {
                return Err(
                    self.corrupt("long names are repeated more often than any encoder would, and that")
                );
            }
            shape = long.map_or(Shape::Unknown, |(shape, _)| *shape);
        }
        match shape {
            Shape::Struct { first, count } => {
                if count > self.rest.len() {
                    return Err(self.truncated());
                }
                Ok(Head::Struct(Fields { first, count, defined: None }))
            }
            Shape::UnitVariant(name) => Ok(Head::UnitVariant(name)),
            Shape::Variant(name) => Ok(Head::Variant(name)),
            Shape::Unknown | Shape::Long(_) => {
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
        let bytes = lengths.iter().copied().fold(0, usize::saturating_add);
        self.define_names(bytes, lengths.into_iter())
    }

    pub(super) fn define_small_struct(&mut self, count: usize) -> Result<Fields> {
        // Lengths are half a byte each and at most sixteen, so that all of them fit in one number.
        let pairs = self.take(count.div_ceil(2))?;
        let pairs = pairs.iter().rev().fold(0, |packed, pair| packed << 8 | u64::from(*pair));
        let packed = pairs & u64::MAX.checked_shr(64 - 4 * count as u32).unwrap_or_default();
        let sums = (packed & LOWER_HALVES) + (packed >> 4 & LOWER_HALVES);
        let bytes = (sums.wrapping_mul(ONES) >> 56) as usize + count;
        self.define_names(bytes, (0..count).map(|n| (packed >> (4 * n) & 0x0F) as usize + 1))
    }

    /// Reads names that stand one after another.
    #[inline]
    fn define_names(&mut self, bytes: usize, lengths: impl Iterator<Item = usize>) -> Result<Fields> {
        let mut text = self.text(bytes)?;
        let first = self.names.len();
        for length in lengths {
            let Some((name, rest)) = text.split_at_checked(length) else {
                return Err(self.corrupt("a name that is not UTF-8 ends"));
            };
            self.names.push(name);
            text = rest;
        }
        let count = self.there(self.names.len() - first, 1)?;
        Ok(Fields { first, count, defined: Some(bytes) })
    }

    pub(super) fn define_variant(&mut self, shape: impl FnOnce(usize) -> Shape) -> Result<usize> {
        let name = self.names.len();
        let length = self.count(1)?;
        let text = self.text(length)?;
        self.names.push(text);
        self.register(shape(name), 1, length);
        Ok(name)
    }
}
