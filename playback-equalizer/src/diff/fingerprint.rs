//! Numbers that stand for values, to compare many with many. What rules say does not matter is left out of them.

use std::hash::{DefaultHasher, Hash, Hasher};

use playback_core::Value;
use playback_core::value::Name;

use crate::rules::{Lens, Way};

/// A number that is the same for values that mean the same: equal ones, but for the order of fields of different names.
/// Numbers and times that a rule allows to be apart have different ones.
pub(crate) fn fingerprint(value: &Value, lens: &Lens<'_>) -> u64 {
    if lens.ignores().is_some() {
        return 0;
    }
    match value {
        Value::Some(inner) => hash((9, fingerprint(inner, lens))),
        Value::Seq(elements) => {
            let elements = elements.iter().enumerate();
            let mut elements: Vec<u64> =
                elements.map(|(at, element)| fingerprint(element, &lens.step(Way::Index(at)))).collect();
            if lens.unordered().is_some() {
                elements.sort_unstable();
            }
            hash((10, elements))
        }
        Value::Map(entries) => {
            let entries: Vec<(&Value, u64)> = entries
                .iter()
                .map(|(key, value)| (key, value, lens.step(Way::Key(key))))
                .filter(|(_, value, lens)| lens.forgives_absence(value).is_none())
                .map(|(key, value, lens)| (key, fingerprint(value, &lens)))
                .collect();
            hash((11, entries))
        }
        Value::Struct(fields) => {
            let mut fields: Vec<(&Name, u64)> = fields
                .iter()
                .map(|(name, value)| (name, value, lens.step(Way::Name(name))))
                .filter(|(_, value, lens)| lens.forgives_absence(value).is_none())
                .map(|(name, value, lens)| (name, fingerprint(value, &lens)))
                .collect();
            // Those of the same name stay in their order, in which they are compared.
            fields.sort_by_key(|(name, _)| *name);
            hash((12, fields))
        }
        Value::Variant(name, payload) => {
            let payload = payload.as_deref().map(|payload| fingerprint(payload, &lens.step(Way::Name(name))));
            hash((13, name, payload))
        }
        Value::String(text) => hash((6, lens.seen(text))),
        leaf => hash(leaf),
    }
}

/// A number for each leaf of a value, together with the way to it; sorted.
pub(crate) fn leaves(value: &Value, lens: &Lens<'_>) -> Vec<u64> {
    let mut leaves = Vec::new();
    collect(0, value, lens, &mut leaves);
    leaves.sort_unstable();
    leaves
}

fn collect(way: u64, value: &Value, lens: &Lens<'_>, leaves: &mut Vec<u64>) {
    if lens.ignores().is_some() {
        return;
    }
    match value {
        Value::Some(inner) => collect(way, inner, lens, leaves),
        Value::Seq(elements) => {
            elements.iter().enumerate().for_each(|(at, element)| {
                collect(hash((way, at)), element, &lens.step(Way::Index(at)), leaves);
            });
        }
        Value::Map(entries) => {
            entries.iter().for_each(|(key, value)| {
                collect(hash((way, key)), value, &lens.step(Way::Key(key)), leaves);
            });
        }
        Value::Struct(fields) => {
            fields.iter().for_each(|(name, value)| {
                collect(hash((way, name)), value, &lens.step(Way::Name(name)), leaves);
            });
        }
        Value::Variant(name, Some(payload)) => {
            collect(hash((way, name)), payload, &lens.step(Way::Name(name)), leaves);
        }
        Value::String(text) => leaves.push(hash((way, 6, lens.seen(text)))),
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

pub(super) fn hash(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}
