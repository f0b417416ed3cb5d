//! Texts of others, which may hold anything, made harmless to whoever looks at them.

use std::borrow::Cow;
use std::fmt::Write;

/// The text with `\u{1b}` and the like in place of characters that act instead of being seen: control characters,
/// those that turn the direction of writing, and invisible ones. Newlines stay. Of lines that a CI service would take for
/// commands to itself the first character is written so, too.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c != '\n' && acts(c))
}

/// The same on one line.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    escaped(text, acts)
}

/// Whether the rest of a line is a command of GitHub's runner (`::set-env …::`, `##[…]`) or of Azure's (`##vso[…]`), which
/// both read whatever a step prints. `begins` is whether only blanks stand before it.
fn is_command(rest: &str, begins: bool) -> bool {
    (begins && rest.starts_with("::")) || rest.starts_with("##[") || rest.starts_with("##vso[")
}

/// JSON in which nothing acts. Outside of strings JSON has no such characters, but newlines, which stay.
#[cfg(feature = "cli")]
pub(crate) fn json(json: &str) -> Cow<'_, str> {
    let acts = |c: char| c != '\n' && acts(c);
    if !json.contains(acts) && !json.contains("##") {
        return json.into();
    }
    let mut escaped = String::with_capacity(json.len() + 8);
    for (at, c) in json.char_indices() {
        if acts(c) || (c == '#' && is_command(json.get(at..).unwrap_or_default(), false)) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(c);
        }
    }
    escaped.into()
}

fn escaped(text: &str, acts: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&acts) && !text.contains("::") && !text.contains("##") {
        return text.into();
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    let mut begins = true;
    for (at, c) in text.char_indices() {
        if acts(c) {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "{}", c.escape_default());
        } else if matches!(c, ':' | '#') && is_command(text.get(at..).unwrap_or_default(), begins) {
            let _ = write!(escaped, "{}", c.escape_unicode());
        } else {
            escaped.push(c);
        }
        begins = (c == '\n' && !acts(c)) || (begins && c.is_whitespace());
    }
    escaped.into()
}

fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // Soft hyphen, Arabic letter mark, Hangul fillers, Mongolian vowel separator.
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}'
            // Of zero width; marks and turns of direction. The zero-width joiner and non-joiner stay: emoji, Indic
            // scripts and Persian are misspelt without them, and they act on nothing but their neighbours' shapes.
            | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_written_out_and_the_rest_stays() {
        for (text, harmless_text, on_one_line) in [
            ("plain, ünïcödé, 👩‍💻", "plain, ünïcödé, 👩‍💻", "plain, ünïcödé, 👩‍💻"),
            ("two\nlines", "two\nlines", "two\\nlines"),
            ("\u{1b}[31mred\u{7}", "\\u{1b}[31mred\\u{7}", "\\u{1b}[31mred\\u{7}"),
            ("a\rb\u{9b}2J", "a\\rb\\u{9b}2J", "a\\rb\\u{9b}2J"),
            ("user\u{202e}nimda", "user\\u{202e}nimda", "user\\u{202e}nimda"),
            (
                "a::b ## [c]\n  ::add-mask::x\n::error::y",
                "a::b ## [c]\n  \\u{3a}:add-mask::x\n\\u{3a}:error::y",
                "a::b ## [c]\\n  ::add-mask::x\\n::error::y",
            ),
            (
                "a ##[error]b ##vso[task.x]",
                "a \\u{23}#[error]b \\u{23}#vso[task.x]",
                "a \\u{23}#[error]b \\u{23}#vso[task.x]",
            ),
            ("zero\u{200b}width\u{feff}", "zero\\u{200b}width\\u{feff}", "zero\\u{200b}width\\u{feff}"),
        ] {
            assert_eq!(harmless(text), harmless_text);
            assert_eq!(one_line(text), on_one_line);
        }
    }

    #[cfg(feature = "cli")]
    #[test]
    fn json_stays_the_same_json() {
        assert_eq!(json("{\"\u{9b}\":\"\u{e0001}\"}\n"), "{\"\\u009b\":\"\\udb40\\udc01\"}\n");
        assert_eq!(json("{\"##\":\"a##[b\"}"), "{\"##\":\"a\\u0023#[b\"}");
        assert_eq!(json("{\n  \"a\": \"👩‍💻\"\n}"), "{\n  \"a\": \"👩‍💻\"\n}");
    }
}
