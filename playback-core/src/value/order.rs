//! The order of map keys.

use std::cmp::Ordering;

use super::read::Reader;
use super::tags::{NEGATIVE, NEGATIVE_128, SMALL_STRING, SMALL_UNSIGNED, STRING, UNSIGNED};
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
            Some((&tag @ SMALL_UNSIGNED.., _)) => KeyOrder::Integer(Integer::from(tag - SMALL_UNSIGNED)),
            Some((&STRING, _)) => {
                Reader::new(key).str().map_or(KeyOrder::Other(key), |s| KeyOrder::String(s.as_bytes()))
            }
            Some((UNSIGNED..=NEGATIVE_128, _)) => {
                Reader::new(key).integer().map_or(KeyOrder::Other(key), KeyOrder::Integer)
            }
            _ => KeyOrder::Other(key),
        }
    }
}

const _: () = assert!(UNSIGNED < NEGATIVE && NEGATIVE < NEGATIVE_128);

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
