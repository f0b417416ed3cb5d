//! Values as they are shown in a difference: on one line, and not too long.

use std::fmt;

use playback_core::Value;

/// How many characters of a value are shown.
const SHOWN: usize = 120;
/// How many characters are shown before the first that differs, of a value that is longer than that.
const BEFORE: usize = 30;

/// A value on one line, cut after some characters.
pub(crate) struct Side<'v>(pub(crate) &'v Value);

impl fmt::Display for Side<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&cut(&self.0.to_string(), 0))
    }
}

/// Two values that differ, on one line each, cut to where they do.
pub(crate) fn sides(recorded: &Value, replayed: &Value) -> [String; 2] {
    let (recorded, replayed) = (recorded.to_string(), replayed.to_string());
    let same = recorded.chars().zip(replayed.chars()).take_while(|(one, other)| one == other).count();
    let long = |text: &str| text.chars().nth(SHOWN).is_some();
    let from = if long(&recorded) || long(&replayed) { same.saturating_sub(BEFORE) } else { 0 };
    [cut(&recorded, from), cut(&replayed, from)]
}

fn cut(text: &str, from: usize) -> String {
    let mut rest = text.chars().skip(from);
    let mut shown: String = rest.by_ref().take(SHOWN).collect();
    if from > 0 {
        shown.insert(0, '…');
    }
    if rest.next().is_some() {
        shown.push('…');
    }
    shown
}

/// The kind of a value in one word.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Unit => "unit",
        Value::Bool(_) => "boolean",
        Value::Integer(_) => "integer",
        Value::F32(_) | Value::F64(_) => "float",
        Value::Char(_) => "character",
        Value::String(_) => "string",
        Value::Bytes(_) => "bytes",
        Value::None | Value::Some(_) => "option",
        Value::Seq(_) => "list",
        Value::Map(_) => "map",
        Value::Struct(_) => "struct",
        Value::Variant(..) => "variant",
    }
}
