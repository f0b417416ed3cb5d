//! Numbers that stand for values, to compare many with many.

use std::hash::{DefaultHasher, Hash, Hasher};

use playback_core::Value;

/// A number that is the same for values that mean the same: equal ones, but for the order of fields.
pub(super) fn fingerprint(value: &Value) -> u64 {
    match value {
        Value::Some(inner) => hash((9, fingerprint(inner))),
        Value::Seq(elements) => {
            let elements: Vec<u64> = elements.iter().map(fingerprint).collect();
            hash((10, elements))
        }
        Value::Map(entries) => {
            let entries: Vec<(&Value, u64)> =
                entries.iter().map(|(key, value)| (key, fingerprint(value))).collect();
            hash((11, entries))
        }
        Value::Struct(fields) => {
            let fields = fields.iter().map(|(name, value)| hash((name, fingerprint(value))));
            hash((12, fields.fold(0, u64::wrapping_add)))
        }
        Value::Variant(name, payload) => hash((13, name, payload.as_deref().map(fingerprint))),
        leaf => hash(leaf),
    }
}

/// A number for each leaf of a value, together with the way to it; sorted.
pub(super) fn leaves(value: &Value) -> Vec<u64> {
    let mut leaves = Vec::new();
    collect(0, value, &mut leaves);
    leaves.sort_unstable();
    leaves
}

fn collect(way: u64, value: &Value, leaves: &mut Vec<u64>) {
    match value {
        Value::Some(inner) => collect(way, inner, leaves),
        Value::Seq(elements) => {
            elements.iter().enumerate().for_each(|(at, element)| collect(hash((way, at)), element, leaves));
        }
        Value::Map(entries) => {
            entries.iter().for_each(|(key, value)| collect(hash((way, key)), value, leaves))
        }
        Value::Struct(fields) => {
            fields.iter().for_each(|(name, value)| collect(hash((way, name)), value, leaves));
        }
        Value::Variant(name, Some(payload)) => collect(hash((way, name)), payload, leaves),
        leaf => leaves.push(hash((way, leaf))),
    }
}

/// How many thousandths of the longer of two sorted lists both have.
pub(super) fn common(one: &[u64], other: &[u64]) -> u64 {
    let (mut left, mut right) = (one.iter().peekable(), other.iter().peekable());
    let mut common = 0;
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        match a.cmp(b) {
            std::cmp::Ordering::Less => drop(left.next()),
            std::cmp::Ordering::Greater => drop(right.next()),
            std::cmp::Ordering::Equal => {
                common += 1;
                left.next();
                right.next();
            }
        }
    }
    common * 1_000 / (one.len().max(other.len()).max(1) as u64)
}

fn hash(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}
