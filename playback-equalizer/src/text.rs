//! Values as they are shown in a difference: on one line, and not too long.

use std::fmt;

use playback_core::Value;

use crate::shown;

/// How many characters of a value are shown.
const SHOWN: usize = 120;
/// How many characters are shown before the first that differs, of a value that is longer than that.
const BEFORE: usize = 30;
/// How many characters of a value are written at first, to find where it differs.
const WRITTEN: usize = 1_000;

/// A value on one line, cut after some characters.
pub(crate) struct Side<'v>(pub(crate) &'v Value);

impl fmt::Display for Side<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(self.0, SHOWN))
    }
}

/// Two values that differ, on one line each, cut to where they do.
pub(crate) fn sides(recorded: &Value, replayed: &Value) -> [String; 2] {
    let mut most = WRITTEN;
    loop {
        let (one, other) = (shown(recorded, most), shown(replayed, most));
        let same = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
        let long = |text: &str| text.chars().nth(SHOWN).is_some();
        let from = if long(&one) || long(&other) { same.saturating_sub(BEFORE) } else { 0 };
        // Of what is far longer than where it differs, the rest is never written.
        if from + SHOWN <= most {
            return [cut(&one, from), cut(&other, from)];
        }
        most = most.saturating_mul(8);
    }
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
