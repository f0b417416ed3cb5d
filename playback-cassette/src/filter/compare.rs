//! Values as JSON, and how two of them compare.

use std::cmp::Ordering;

use playback_core::Value;
use serde_json::{Number, Value as Json};
use wildmatch::WildMatch;

/// A value as metadata holds it: written as JSON and read again, so that a float of 32 bits is the number that
/// stands there. None if it has no form in JSON.
pub(super) fn as_json(value: &Value) -> Option<Json> {
    serde_json::from_str(&serde_json::to_string(value).ok()?).ok()
}

/// The same for a value that is asked for. What JSON has no number for, such as infinity, is not the null that
/// it is written as: nothing equals it.
pub(super) fn as_wanted(value: &Value) -> Option<Json> {
    let json = as_json(value)?;
    let is_null = |value: &Value| matches!(value, Value::Unit | Value::None);
    let means_null = match value {
        Value::Some(inner) => is_null(inner),
        value => is_null(value),
    };
    (means_null || !json.is_null()).then_some(json)
}

/// Whether a text is as a pattern says, with `*` for any text and `?` for any one character.
pub(super) fn is_like(pattern: &str, text: &str) -> bool {
    WildMatch::new(pattern).matches(text)
}

/// How `actual` stands to `wanted`, if they are equal or, where an order is needed, of types that have one.
pub(super) fn compare(actual: &Json, wanted: &Json, needs_order: bool) -> Option<Ordering> {
    match (actual, wanted) {
        (Json::Number(actual), Json::Number(wanted)) => compare_numbers(actual, wanted),
        (Json::String(actual), Json::String(wanted)) => Some(actual.cmp(wanted)),
        _ => (!needs_order && equal(actual, wanted)).then_some(Ordering::Equal),
    }
}

fn equal(left: &Json, right: &Json) -> bool {
    match (left, right) {
        (Json::Number(left), Json::Number(right)) => {
            compare_numbers(left, right).is_some_and(Ordering::is_eq)
        }
        (Json::Array(left), Json::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal(left, right))
        }
        (Json::Object(left), Json::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, left)| right.get(name).is_some_and(|right| equal(left, right)))
        }
        _ => left == right,
    }
}

/// Exactly, also an integer past 2^53 with a float.
fn compare_numbers(left: &Number, right: &Number) -> Option<Ordering> {
    match (left.as_i128(), right.as_i128()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        (Some(left), None) => compare_with_float(left, right.as_f64()?),
        (None, Some(right)) => compare_with_float(right, left.as_f64()?).map(Ordering::reverse),
        (None, None) => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

fn compare_with_float(integer: i128, float: f64) -> Option<Ordering> {
    // A float beyond all integers becomes the last of them, which no integer of JSON's reaches.
    match integer.cmp(&(float.trunc() as i128)) {
        Ordering::Equal => 0.0.partial_cmp(&float.fract()),
        differs => Some(differs),
    }
}
