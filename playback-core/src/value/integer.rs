//! Whole numbers of every width.

use std::fmt;
use std::num::{ParseIntError, TryFromIntError};
use std::str::FromStr;

/// A whole number from −2¹²⁷ to 2¹²⁸−1, the range of all of Rust's integer types together.
///
/// Equal numbers are equal whatever type they came from, so that widening a field from `u32` to `i64` changes no
/// recorded value.
///
/// ```
/// # use playback_core::value::Integer;
/// assert_eq!(Integer::from(7_u8), Integer::from(7_i64));
/// assert_eq!(u8::try_from(Integer::from(7_i128)), Ok(7));
/// assert!(u8::try_from(Integer::from(300)).is_err());
/// ```
// 129 bits in two's complement, highest part first: the derived order is the numeric one, and without a `u128`
// inside the alignment stays at eight bytes, which keeps `Value` at four words.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Integer {
    sign: Sign,
    high: u64,
    low: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Sign {
    Negative,
    Positive,
}

/// An integer as the one of the two widest types that holds it.
pub(super) enum Wide {
    Negative(i128),
    Unsigned(u128),
}

impl Integer {
    /// The number as a `u64`, if it fits.
    #[must_use]
    #[inline]
    pub fn as_u64(self) -> Option<u64> {
        (self.sign == Sign::Positive && self.high == 0).then_some(self.low)
    }

    /// The number as an `i64`, if it fits.
    #[must_use]
    #[inline]
    pub fn as_i64(self) -> Option<i64> {
        let low = self.low.cast_signed();
        let extension = if low < 0 { u64::MAX } else { 0 };
        let fits = self.high == extension && (self.sign == Sign::Negative) == (low < 0);
        fits.then_some(low)
    }

    /// The number as a `u128`, if it is not negative.
    #[must_use]
    pub fn as_u128(self) -> Option<u128> {
        u128::try_from(self).ok()
    }

    /// The number as an `i128`, if it fits.
    #[must_use]
    pub fn as_i128(self) -> Option<i128> {
        i128::try_from(self).ok()
    }

    pub(super) fn wide(self) -> Wide {
        let bits = (u128::from(self.high) << 64) | u128::from(self.low);
        match self.sign {
            Sign::Negative => Wide::Negative(bits.cast_signed()),
            Sign::Positive => Wide::Unsigned(bits),
        }
    }

    /// The number as a float, if the float is exactly that number.
    pub(super) fn exact_f64(self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "no bit is lost: there are at most 53")]
        let float = match self.wide() {
            Wide::Negative(n) => n as f64,
            Wide::Unsigned(n) => n as f64,
        };
        (self.significant_bits() <= f64::MANTISSA_DIGITS).then_some(float)
    }

    /// The number as a float, if the float is exactly that number.
    pub(super) fn exact_f32(self) -> Option<f32> {
        #[expect(clippy::cast_precision_loss, reason = "no bit is lost: there are at most 24")]
        let float = match self.wide() {
            Wide::Negative(n) => n as f32,
            Wide::Unsigned(n) => n as f32,
        };
        (self.significant_bits() <= f32::MANTISSA_DIGITS).then_some(float)
    }

    fn significant_bits(self) -> u32 {
        let magnitude = match self.wide() {
            Wide::Negative(n) => n.unsigned_abs(),
            Wide::Unsigned(n) => n,
        };
        (u128::BITS - magnitude.leading_zeros()).saturating_sub(magnitude.trailing_zeros())
    }
}

impl From<u128> for Integer {
    #[inline]
    fn from(n: u128) -> Self {
        Integer::from_bits(Sign::Positive, n)
    }
}

impl From<i128> for Integer {
    #[inline]
    fn from(n: i128) -> Self {
        let sign = if n < 0 { Sign::Negative } else { Sign::Positive };
        Integer::from_bits(sign, n.cast_unsigned())
    }
}

impl Integer {
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the two halves are what is wanted")]
    fn from_bits(sign: Sign, bits: u128) -> Self {
        Integer { sign, high: (bits >> 64) as u64, low: bits as u64 }
    }
}

impl TryFrom<Integer> for u128 {
    type Error = TryFromIntError;

    fn try_from(integer: Integer) -> Result<Self, Self::Error> {
        match integer.wide() {
            Wide::Negative(n) => u128::try_from(n),
            Wide::Unsigned(n) => Ok(n),
        }
    }
}

impl TryFrom<Integer> for i128 {
    type Error = TryFromIntError;

    fn try_from(integer: Integer) -> Result<Self, Self::Error> {
        match integer.wide() {
            Wide::Negative(n) => Ok(n),
            Wide::Unsigned(n) => i128::try_from(n),
        }
    }
}

macro_rules! narrow {
    ($($narrow:ty => $wide:ty),+) => {$(
        impl From<$narrow> for Integer {
            #[inline]
            fn from(n: $narrow) -> Self {
                Integer::from(n as $wide) // widens, always
            }
        }

        impl TryFrom<Integer> for $narrow {
            type Error = TryFromIntError;

            fn try_from(integer: Integer) -> Result<Self, Self::Error> {
                match integer.wide() {
                    Wide::Negative(n) => <$narrow>::try_from(n),
                    Wide::Unsigned(n) => <$narrow>::try_from(n),
                }
            }
        }
    )+};
}

narrow!(u8 => u128, u16 => u128, u32 => u128, u64 => u128, usize => u128);
narrow!(i8 => i128, i16 => i128, i32 => i128, i64 => i128, isize => i128);

impl FromStr for Integer {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with('-') {
            text.parse().map(|n: i128| n.into())
        } else {
            text.parse().map(|n: u128| n.into())
        }
    }
}

impl fmt::Display for Integer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.wide() {
            Wide::Negative(n) => n.fmt(f),
            Wide::Unsigned(n) => n.fmt(f),
        }
    }
}

impl fmt::Debug for Integer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
