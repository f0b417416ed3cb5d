//! Texts of others, which may hold anything, made harmless to whoever looks at them.

use std::borrow::Cow;
use std::fmt::Write;

/// The text with `\u{1b}` and the like in place of characters that act instead of being seen: control characters,
/// those that turn the direction of writing, and invisible ones. Newlines stay.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c != '\n' && acts(c))
}

/// The same on one line.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    escaped(text, acts)
}

/// JSON in which nothing acts. Outside of strings JSON has no such characters, but newlines, which stay.
#[cfg(feature = "cli")]
pub(crate) fn json(json: &str) -> Cow<'_, str> {
    let acts = |c: char| c != '\n' && acts(c);
    if !json.contains(acts) {
        return json.into();
    }
    let mut escaped = String::with_capacity(json.len() + 8);
    for c in json.chars() {
        if acts(c) {
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
    if !text.contains(&acts) {
        return text.into();
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if acts(c) {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "{}", c.escape_default());
        } else {
            escaped.push(c);
        }
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
        assert_eq!(json("{\n  \"a\": \"👩‍💻\"\n}"), "{\n  \"a\": \"👩‍💻\"\n}");
    }
}
