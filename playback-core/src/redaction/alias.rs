//! Names that were made of arguments, such as the alias `db.get/{email}`.

use std::borrow::Cow;
use std::collections::HashMap;

use super::mask::MASK;
use super::secret::marked;
use crate::Value;

/// A name that was made while the code ran, others of the same call, and what they were made of, as far as that is known.
#[derive(Clone, Copy)]
pub(crate) struct Made<'a> {
    pub(crate) text: &'a str,
    pub(crate) fallbacks: &'a [Cow<'static, str>],
    pub(crate) of: &'a [Captured],
}

impl<'a> Made<'a> {
    /// A name by itself.
    pub(crate) fn only(text: &'a str) -> Self {
        Self { text, fallbacks: &[], of: &[] }
    }
}

/// A part of a name: the text, and the way to the value that it was, as `argument.field.field`.
pub(crate) struct Captured {
    pub(crate) path: &'static str,
    pub(crate) text: String,
}

impl Captured {
    /// The argument that it is of, as a struct of it alone, and of its fields the one that was captured.
    pub(super) fn argument(&self) -> Value {
        // A number that is written as such is the one that may stand among the arguments.
        let number = self.text.parse::<i128>().ok().filter(|number| number.to_string() == self.text);
        let leaf = number.map_or_else(|| Value::from(self.text.as_str()), Value::from);
        self.path.rsplit('.').fold(leaf, |inner, field| Value::fields_of([(field, inner)]))
    }
}

/// What a text was changed into, for each that may stand in a name.
#[derive(Default)]
pub(super) struct Changes(Vec<(String, String)>);

impl Changes {
    /// Puts down what became of the texts and numbers of a value. What is known of a text already stays.
    pub(super) fn add(&mut self, before: &Value, after: &Value) {
        let mut pairs = Vec::new();
        changes(before, Some(after), &mut pairs);
        pairs.retain(|(old, new)| {
            !old.is_empty() && old != new && self.0.iter().all(|(known, _)| known != old)
        });
        self.0.append(&mut pairs);
        // What is part of another does not break that one up.
        self.0.sort_by_key(|(old, _)| std::cmp::Reverse(old.len()));
    }

    /// A name with everything replaced in it that was redacted of what it may have been made of.
    pub(super) fn replaced_in<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.0.is_empty() { text.into() } else { replaced(text, &self.0).into() }
    }
}

/// The longest that stands at a place counts, which comes first.
fn replaced(text: &str, pairs: &[(String, String)]) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let begins = !replaced.ends_with(char::is_alphanumeric) || !next.is_alphanumeric();
        let pair = pairs.iter().filter(|_| begins).find(|(old, _)| stands_at(rest, old));
        let taken = match pair {
            Some((old, new)) => {
                replaced.push_str(new);
                old.len()
            }
            None => {
                replaced.push(next);
                next.len_utf8()
            }
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    replaced
}

/// Whether a text begins with another that ends there, and does not go on as a longer word or number.
fn stands_at(text: &str, wanted: &str) -> bool {
    let Some(after) = text.strip_prefix(wanted) else { return false };
    !(wanted.ends_with(char::is_alphanumeric) && after.starts_with(char::is_alphanumeric))
}

/// The texts and numbers that were changed, and what they were changed into.
fn changes(before: &Value, after: Option<&Value>, pairs: &mut Vec<(String, String)>) {
    if let Some(inner) = marked(&mut before.clone()) {
        return changes(&inner, after, pairs);
    }
    let mut gone = |inner: &Value| changes(inner, None, pairs);
    match (before, after) {
        (Value::String(old), new) => pairs.push((old.clone(), shown(new))),
        (Value::Integer(old), new) => pairs.push((old.to_string(), shown(new))),
        (Value::Char(old), new) => pairs.push((old.to_string(), shown(new))),
        (Value::Some(old), Some(Value::Some(new))) => changes(old, Some(new), pairs),
        (Value::Variant(_, Some(old)), Some(Value::Variant(_, Some(new)))) => changes(old, Some(new), pairs),
        (Value::Some(old) | Value::Variant(_, Some(old)), _) => gone(old),
        (Value::Seq(old), Some(Value::Seq(new))) => {
            old.iter().enumerate().for_each(|(at, old)| changes(old, new.get(at), pairs));
        }
        (Value::Seq(old), _) => old.iter().for_each(gone),
        (Value::Struct(old), new) => {
            let Some(Value::Struct(new)) = new else { return old.iter().for_each(|(_, old)| gone(old)) };
            for (name, old) in old {
                changes(old, new.iter().find(|(other, _)| other == name).map(|(_, new)| new), pairs);
            }
        }
        (Value::Map(old), new) => {
            let new = if let Some(Value::Map(new)) = new { new.as_slice() } else { &[] };
            // Backwards, so that of keys that stand twice the first counts.
            let new: HashMap<_, _> = new.iter().rev().map(|(key, new)| (key, new)).collect();
            for (key, old) in old {
                let new = new.get(key).copied();
                if new.is_none() {
                    changes(key, None, pairs);
                }
                changes(old, new, pairs);
            }
        }
        _ => {}
    }
}

fn shown(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Integer(number)) => number.to_string(),
        Some(Value::Char(c)) => c.to_string(),
        _ => MASK.to_owned(),
    }
}
