//! Writing names and values.

use std::fmt::Write as _;

use playback_core::Value;
use playback_core::value::decode_value;

/// How many characters a value may take to stand on one line.
const ON_A_LINE: usize = 90;

/// A name in the characters that aliases and arguments have, or in quotes.
pub(super) fn name(name: &str) -> String {
    let bare =
        |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '#' | '@' | '$' | '{' | '}');
    if name.starts_with(|c: char| bare(c) && c != '#') && name.chars().all(bare) {
        name.to_owned()
    } else {
        format!("{name:?}")
    }
}

/// Encoded bytes as a value, or as they are if they are not exactly what that value is encoded to.
pub(super) fn encoded(text: &mut String, before: &str, bytes: &[u8]) {
    let known = decode_value(bytes).ok().filter(|value| {
        let mut again = Vec::new();
        value.encode_into(&mut again).is_ok() && again == bytes
    });
    match known {
        Some(known) => value(text, before, &known),
        None => {
            let hexadecimal: String = bytes.iter().fold(String::new(), |mut text, byte| {
                // Writing to a string cannot fail.
                let _ = write!(text, "{byte:02x}");
                text
            });
            let _ = writeln!(text, "{before}raw x\"{hexadecimal}\"");
        }
    }
}

/// A value behind `before`, and the end of the line. Its further lines are indented as far as the first.
pub(super) fn value(text: &mut String, before: &str, value: &Value) {
    let indent = before.len() - before.trim_start().len();
    text.push_str(before);
    let printed = format!("{value:#}");
    let on_a_line =
        (printed.len() <= 2 * ON_A_LINE && !printed.contains("\"\"\"")).then(|| value.to_string());
    match on_a_line.filter(|line| line.chars().count() <= ON_A_LINE) {
        Some(line) => text.push_str(&line),
        None => {
            for (number, line) in printed.split('\n').enumerate() {
                if number > 0 {
                    text.push('\n');
                    let width = if line.is_empty() { 0 } else { indent };
                    text.extend(std::iter::repeat_n(' ', width));
                }
                text.push_str(line);
            }
        }
    }
    text.push('\n');
}
