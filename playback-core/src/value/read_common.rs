//! Reading the commonest values without the detour over [`Head`](super::read::Head).
//!
//! Each of these reads nothing unless all is as it should be, and leaves what is not to `head`.

use super::DecodeError;
use super::read::{Fields, Reader, Shape};
use super::tags::{
    F64, SHORT_F64, SMALL_MAP, SMALL_SEQ, SMALL_SHAPE, SMALL_STRING, SMALL_STRUCT, SMALL_UNSIGNED, UNSIGNED,
    UNUSED, upper_half,
};

type Result<T> = std::result::Result<T, DecodeError>;

impl<'de> Reader<'de> {
    /// The next value, if it is an integer of up to 64 bits that is not negative.
    #[inline]
    pub(super) fn unsigned(&mut self) -> Option<u64> {
        let (&tag, rest) = self.rest.split_first()?;
        match tag {
            SMALL_UNSIGNED..SMALL_SEQ => {
                self.rest = rest;
                Some(u64::from(tag - SMALL_UNSIGNED))
            }
            UNSIGNED => {
                let before = std::mem::replace(&mut self.rest, rest);
                self.varint().inspect_err(|_| self.rest = before).ok()
            }
            _ => None,
        }
    }

    /// The next value, if it is a string of fewer than 64 bytes.
    #[inline]
    pub(super) fn small_str(&mut self) -> Option<&'de str> {
        let (&tag, rest) = self.rest.split_first()?;
        let length =
            tag.checked_sub(SMALL_STRING).filter(|length| *length < SMALL_UNSIGNED - SMALL_STRING)?;
        let (text, rest) = rest.split_at_checked(usize::from(length))?;
        let text = std::str::from_utf8(text).ok()?;
        self.rest = rest;
        Some(text)
    }

    /// The next value, if it is a float of 64 bits.
    #[inline]
    pub(super) fn f64(&mut self) -> Option<f64> {
        let (tag, rest) = self.rest.split_first()?;
        let (bits, rest) = match *tag {
            F64 => rest.split_first_chunk().map(|(bytes, rest)| (u64::from_le_bytes(*bytes), rest))?,
            SHORT_F64 => rest
                .split_first_chunk()
                .map(|(bytes, rest)| (upper_half(u32::from_le_bytes(*bytes)), rest))?,
            _ => return None,
        };
        self.rest = rest;
        Some(f64::from_bits(bits))
    }

    /// The fields of the next value, if it is a struct of one of the first 32 shapes.
    #[inline]
    pub(super) fn small_struct(&mut self) -> Option<Fields> {
        let (&tag, rest) = self.rest.split_first()?;
        let number = tag.checked_sub(SMALL_SHAPE).filter(|number| *number < SMALL_STRING - SMALL_SHAPE)?;
        match self.shapes.get(self.base + usize::from(number)) {
            Shape::Struct { first, count } if count <= rest.len() => {
                self.rest = rest;
                Some(Fields { first, count, defined: None })
            }
            _ => None,
        }
    }

    /// The fields of the next value, if it is a struct that defines its shape as most do.
    #[inline]
    pub(super) fn new_small_struct(&mut self) -> Option<Result<Fields>> {
        let (&tag, rest) = self.rest.split_first()?;
        let count = tag.checked_sub(SMALL_STRUCT).filter(|count| *count < UNUSED - SMALL_STRUCT)?;
        self.rest = rest;
        Some(self.define_small_struct(usize::from(count) + 1))
    }

    /// The number of entries of the next value, if it is a map of fewer than 16.
    #[inline]
    pub(super) fn small_map(&mut self) -> Option<usize> {
        let (&tag, rest) = self.rest.split_first()?;
        let count =
            usize::from(tag.checked_sub(SMALL_MAP).filter(|count| *count < SMALL_STRUCT - SMALL_MAP)?);
        (2 * count <= rest.len()).then(|| {
            self.rest = rest;
            count
        })
    }

    /// The number of elements of the next value, if it is a sequence of fewer than 16.
    #[inline]
    pub(super) fn small_seq(&mut self) -> Option<usize> {
        let (&tag, rest) = self.rest.split_first()?;
        let count = usize::from(tag.checked_sub(SMALL_SEQ).filter(|count| *count < SMALL_MAP - SMALL_SEQ)?);
        (count <= rest.len()).then(|| {
            self.rest = rest;
            count
        })
    }
}
