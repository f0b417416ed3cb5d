//! The constants of the encoding; `FORMAT.md` says what follows each tag.

pub(super) const UNIT: u8 = 0x00;
pub(super) const FALSE: u8 = 0x01;
pub(super) const TRUE: u8 = 0x02;
pub(super) const UNSIGNED: u8 = 0x03;
pub(super) const NEGATIVE: u8 = 0x04;
pub(super) const UNSIGNED_128: u8 = 0x05;
pub(super) const NEGATIVE_128: u8 = 0x06;
pub(super) const F32: u8 = 0x07;
pub(super) const F64: u8 = 0x08;
pub(super) const CHAR: u8 = 0x09;
pub(super) const STRING: u8 = 0x0A;
pub(super) const BYTES: u8 = 0x0B;
pub(super) const NONE: u8 = 0x0C;
pub(super) const SOME: u8 = 0x0D;
pub(super) const SEQ: u8 = 0x0E;
pub(super) const MAP: u8 = 0x0F;
pub(super) const DEFINE_STRUCT: u8 = 0x10;
pub(super) const DEFINE_UNIT_VARIANT: u8 = 0x11;
pub(super) const DEFINE_VARIANT: u8 = 0x12;
pub(super) const SHAPE: u8 = 0x13;
pub(super) const SHORT_F64: u8 = 0x14;

/// `SMALL_SHAPE + id`: a reference to one of the first 32 shapes.
pub(super) const SMALL_SHAPE: u8 = 0x20;
/// `SMALL_STRING + length`: a string of fewer than 64 bytes.
pub(super) const SMALL_STRING: u8 = 0x40;
/// `SMALL_UNSIGNED + n`: a number below 64.
pub(super) const SMALL_UNSIGNED: u8 = 0x80;
/// `SMALL_SEQ + count`: a sequence of fewer than 16 elements.
pub(super) const SMALL_SEQ: u8 = 0xC0;
/// `SMALL_MAP + count`: a map of fewer than 16 entries.
pub(super) const SMALL_MAP: u8 = 0xD0;
/// `SMALL_STRUCT + count - 1`: a struct of 1 to 16 fields, with names of 1 to 16 bytes each, defining its shape.
pub(super) const SMALL_STRUCT: u8 = 0xE0;
/// The first tag past those.
pub(super) const UNUSED: u8 = 0xF0;

/// How many shapes get a number; definitions past it are written out each time.
pub(super) const MAX_SHAPES: usize = 256;

/// The one NaN that is written: a NaN's payload means nothing to anyone and would only make equal values differ.
pub(super) fn canonical_f32(float: f32) -> f32 {
    if float.is_nan() { f32::from_bits(0x7FC0_0000) } else { float }
}

/// As [`canonical_f32`].
pub(super) fn canonical_f64(float: f64) -> f64 {
    if float.is_nan() { f64::from_bits(0x7FF8_0000_0000_0000) } else { float }
}

/// The bits of the float of 64 bits whose upper half these are, and whose lower half is zero.
#[inline]
pub(super) fn upper_half(bits: u32) -> u64 {
    u64::from(bits) << 32
}
