//! Values with nothing of what they were, of the same kind.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::look::{Look, uuid_text};
use crate::Value;
use crate::value::Integer;

/// What stands in the place of a masked text.
pub(crate) const MASK: &str = "[redacted]";
const EMAIL: &str = "redacted@redacted.invalid";

/// Leaves nothing of a value but its shape, and the length of lists and bytes. `text` stands in the place of texts;
/// without one, what reads as the text did.
pub(super) fn mask(value: &mut Value, text: Option<&str>) {
    match value {
        Value::Unit | Value::None | Value::Variant(_, None) => {}
        Value::Bool(value) => *value = false,
        Value::Integer(value) => *value = Integer::from(0),
        Value::F32(value) => *value = 0.0,
        Value::F64(value) => *value = 0.0,
        Value::Char(value) => *value = '*',
        Value::String(value) => *value = text.map_or_else(|| masked(value), str::to_owned),
        Value::Bytes(bytes) => bytes.fill(0),
        Value::Some(inner) | Value::Variant(_, Some(inner)) => mask(inner, text),
        Value::Seq(elements) => elements.iter_mut().for_each(|element| mask(element, text)),
        Value::Struct(fields) => fields.iter_mut().for_each(|(_, value)| mask(value, text)),
        Value::Map(entries) => {
            entries.iter_mut().for_each(|(_, value)| mask(value, text));
            mask_keys(entries, text);
        }
    }
}

/// Masks the keys of a map, by numbers where they would be the same otherwise.
pub(super) fn mask_keys(entries: &mut Vec<(Value, Value)>, text: Option<&str>) {
    for (number, (key, _)) in entries.iter_mut().enumerate() {
        match key {
            Value::Integer(key) => *key = Integer::from(number),
            Value::String(key) if number > 0 => {
                let mask = text.unwrap_or(MASK);
                *key = match Look::of(key) {
                    Look::Uuid if text.is_none() => uuid_text((number as u128).to_be_bytes()),
                    Look::Email if text.is_none() => format!("redacted{}@redacted.invalid", number + 1),
                    _ => match mask.strip_suffix(']') {
                        Some(open) => format!("{open} {}]", number + 1),
                        None => format!("{mask} {}", number + 1),
                    },
                };
            }
            key => mask(key, text),
        }
    }
    super::sort(entries);
}

/// A text that says nothing, and reads as this one did.
pub(super) fn masked(text: &str) -> String {
    match Look::of(text) {
        Look::Uuid => uuid_text([0; 16]),
        Look::Email => EMAIL.to_owned(),
        Look::V4(_) => Ipv4Addr::UNSPECIFIED.to_string(),
        Look::V6(_) => Ipv6Addr::UNSPECIFIED.to_string(),
        Look::Plain => MASK.to_owned(),
    }
}

/// Whether a text is what masking leaves.
#[cfg(feature = "redaction")]
pub(super) fn is_mask(text: &str) -> bool {
    let numbered = || {
        let number = text.strip_prefix(MASK.trim_end_matches(']')).and_then(|rest| rest.strip_suffix(']'));
        number.is_some_and(|number| number.trim_start().bytes().all(|byte| byte.is_ascii_digit()))
    };
    text == EMAIL || masked(text) == text || numbered()
}

/// The emptiest value of the same kind.
#[cfg(feature = "redaction")]
pub(super) fn empty(value: &mut Value) {
    match value {
        Value::Some(_) => *value = Value::None,
        Value::String(text) => text.clear(),
        Value::Bytes(bytes) => bytes.clear(),
        Value::Seq(elements) => elements.clear(),
        Value::Map(entries) => entries.clear(),
        Value::Struct(fields) => fields.iter_mut().for_each(|(_, value)| empty(value)),
        Value::Variant(_, Some(payload)) => empty(payload),
        other => mask(other, None),
    }
}
