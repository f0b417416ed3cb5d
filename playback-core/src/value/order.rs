//! The order of map keys.

use std::cmp::Ordering;

use super::output::Output;
use super::read::Reader;
use super::tags::{
    NEGATIVE, NEGATIVE_128, SMALL_SEQ, SMALL_STRING, SMALL_UNSIGNED, STRING, UNSIGNED, UNSIGNED_128,
};
use super::{Integer, Value};

/// What encoded keys are ordered by: the derived order is the order of map entries.
///
/// Integers and strings go by what they say, so that a `BTreeMap` of them is in order already. Other keys go by
/// their bytes, which stand for themselves because a key is encoded without reference to what came before it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum KeyOrder<'a> {
    Integer(Integer),
    String(&'a [u8]),
    Other(&'a [u8]),
}

impl<'a> KeyOrder<'a> {
    #[inline]
    pub(super) fn of(key: &'a [u8]) -> Self {
        match key.split_first() {
            Some((SMALL_STRING..SMALL_UNSIGNED, text)) => KeyOrder::String(text),
            Some((&tag @ SMALL_UNSIGNED..SMALL_SEQ, _)) => {
                KeyOrder::Integer(Integer::from(tag - SMALL_UNSIGNED))
            }
            Some((&STRING, rest)) => {
                varint(rest).map_or(KeyOrder::Other(key), |(_, text)| KeyOrder::String(text))
            }
            Some((&tag @ (UNSIGNED | NEGATIVE), rest)) => match varint(rest) {
                Some((number, _)) if tag == UNSIGNED => KeyOrder::Integer(number.into()),
                Some((number, _)) => KeyOrder::Integer((!i128::from(number)).into()),
                None => KeyOrder::Other(key),
            },
            Some((&(UNSIGNED_128 | NEGATIVE_128), _)) => {
                Reader::new(key).integer().map_or(KeyOrder::Other(key), KeyOrder::Integer)
            }
            _ => KeyOrder::Other(key),
        }
    }
}

/// The number that a key which is known to be whole has behind its tag, and what follows. A reader, which has room for
/// names, would cost each comparison more than this.
fn varint(key: &[u8]) -> Option<(u64, &[u8])> {
    let length = key.iter().position(|byte| *byte < 0x80)? + 1;
    let (number, rest) = key.split_at_checked(length)?;
    Some((number.iter().rev().fold(0, |number, byte| number << 7 | u64::from(byte & 0x7F)), rest))
}

/// A number that orders most keys without a look at all of their bytes: the lower comes first, and where two are the
/// same, [`KeyOrder`] decides. The key is what is written between two places.
#[inline]
pub(super) fn rank(out: &Output, key: usize, end: usize) -> u64 {
    const INTEGER: u64 = 1 << 56;
    const TEXT: u64 = 2 << 56;
    const OTHER: u64 = 3 << 56;
    let eight = out.eight_between(key, end);
    let (tag, seven) = ((eight >> 56) as u8, eight & (u64::MAX >> 8));
    match tag {
        SMALL_STRING..SMALL_UNSIGNED => TEXT | seven,
        SMALL_UNSIGNED..SMALL_SEQ => INTEGER | u64::from(tag),
        UNSIGNED | UNSIGNED_128 => INTEGER | u64::from(SMALL_SEQ),
        NEGATIVE | NEGATIVE_128 => 0,
        STRING => match KeyOrder::of(out.between(key, end)) {
            KeyOrder::String(text) => TEXT | out.eight_between(end - text.len(), end) >> 8,
            _ => OTHER,
        },
        _ => OTHER | eight >> 8,
    }
}

/// The same order on trees.
pub(super) fn compare_keys(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => a.cmp(b),
        (Value::String(a), Value::String(b)) => a.cmp(b),
        // Anything else is rare as a key, so that keeping its bytes from one comparison to the next is not worth it.
        _ => KeyOrder::of(&encoded(a)).cmp(&KeyOrder::of(&encoded(b))),
    }
}

/// The bytes of a key, or none where it is too deep to be encoded in any order.
fn encoded(key: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _too_deep = key.encode_into(&mut bytes);
    bytes
}
