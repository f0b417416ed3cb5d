//! The frame that the index stands in, with the values of small recordings behind it.
//!
//! A frame of so few bytes has little to refer back to, so it begins with something to refer to: a dictionary, which is
//! part of the format.

use std::cell::RefCell;
use std::io;
use std::sync::LazyLock;

use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};
use zstd::zstd_safe::CParameter;

use super::frame::{self, MAX_RATIO};
use crate::Error;

/// What is common to recordings of many services, made of made-up ones: see `tests/dictionary.rs`.
const DICTIONARY: &[u8] = include_bytes!("dictionary.zdict");

/// Where larger recordings gain no more: each step above takes twice the time of the one below.
const LEVEL: i32 = 6;

/// What each frame begins with, and what is left out in the file.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// An index of up to so many bytes is compressed with what was set aside for the one before.
const MAX_REUSED: usize = 128 * 1024;

static ENCODER: LazyLock<Option<EncoderDictionary<'static>>> =
    LazyLock::new(|| EncoderDictionary::try_copy(DICTIONARY, LEVEL).ok());

static DECODER: LazyLock<Option<DecoderDictionary<'static>>> =
    LazyLock::new(|| DecoderDictionary::try_copy(DICTIONARY).ok());

thread_local! {
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// The frame of an index.
pub(super) fn compress(raw: &[u8]) -> io::Result<Vec<u8>> {
    let mut packed = if raw.len() <= MAX_REUSED {
        COMPRESSOR.with_borrow_mut(|kept| kept_or(kept, compressor)?.compress(raw))
    } else {
        compressor()?.compress(raw)
    }?;
    packed.drain(..MAGIC.len());
    Ok(packed)
}

/// What the frame of an index decompresses to, which must be `raw` bytes.
pub(super) fn decompress(name: &str, packed: &[u8], raw: u32) -> Result<Vec<u8>, Error> {
    let what = &"its index";
    if u64::from(raw) > (packed.len() as u64).saturating_mul(MAX_RATIO) {
        return Err(frame::lies(name, what, raw.into()));
    }
    let frame = [&MAGIC, packed].concat();
    // One more than is said, so that what is longer shows.
    let room = usize::try_from(raw).unwrap_or(usize::MAX).saturating_add(1);
    let mut index = Vec::new();
    let unpack = |kept: &mut Option<Decompressor<'static>>| {
        index.try_reserve_exact(room)?;
        kept_or(kept, decompressor)?.decompress_to_buffer(&frame, &mut index)
    };
    DECOMPRESSOR.with_borrow_mut(unpack).map_err(|error| frame::broken(name, what, error))?;
    if index.len() + 1 == room { Ok(index) } else { Err(frame::lies(name, what, raw.into())) }
}

fn kept_or<T>(kept: &mut Option<T>, make: impl FnOnce() -> io::Result<T>) -> io::Result<&mut T> {
    if kept.is_none() {
        *kept = Some(make()?);
    }
    kept.as_mut().ok_or_else(unusable)
}

fn compressor() -> io::Result<Compressor<'static>> {
    let mut compressor = Compressor::with_prepared_dictionary(ENCODER.as_ref().ok_or_else(unusable)?)?;
    // The header of the file says both.
    compressor.set_parameter(CParameter::ContentSizeFlag(false))?;
    compressor.set_parameter(CParameter::DictIdFlag(false))?;
    Ok(compressor)
}

fn decompressor() -> io::Result<Decompressor<'static>> {
    Decompressor::with_prepared_dictionary(DECODER.as_ref().ok_or_else(unusable)?)
}

fn unusable() -> io::Error {
    io::Error::other("zstd takes no dictionary; free memory and try again")
}
