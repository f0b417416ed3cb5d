//! How values are printed.

use std::fmt::{self, Write};

use super::Value;

/// How many characters a list, map or struct may take to stand on one line among many.
const SHORT: usize = 60;

/// How many bytes stand on one line of many.
const BYTES_ON_A_LINE: usize = 32;

/// `{}` prints on one line: `{id: 7, lines: [{sku: "a", qty: 1}], status: Paid{at: 3}}`. `{:#}` puts the elements of
/// what is long on lines of their own, with a comma after each, and strings of several lines in blocks, so that texts
/// can be compared line by line; there is no newline after the last line.
///
/// Either form is read back by [`FromStr`](std::str::FromStr) as the same value. `NOTATION.md` beside this file
/// specifies it. Control characters and all else that could act on a terminal are escaped.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layout = if f.alternate() { Layout::Lines } else { Layout::Line };
        Printer { out: f, layout, indent: 0 }.value(self)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    Line,
    Lines,
    /// On one line, and an error where a string has several.
    ShortLine,
}

struct Printer<'a> {
    out: &'a mut dyn Write,
    layout: Layout,
    indent: usize,
}

impl Printer<'_> {
    fn value(&mut self, value: &Value) -> fmt::Result {
        match value {
            Value::Unit => self.out.write_str("()"),
            Value::Bool(value) => write!(self.out, "{value}"),
            Value::Integer(value) => write!(self.out, "{value}"),
            Value::F32(value) => write!(self.out, "{value:?}_f32"),
            Value::F64(value) => write!(self.out, "{value:?}"),
            Value::Char(value) => write!(self.out, "{value:?}"),
            Value::String(value) => self.string(value),
            Value::Bytes(value) => self.bytes(value),
            Value::None => self.out.write_str("None"),
            Value::Some(value) => self.wrapped("Some", value),
            Value::Seq(elements) => self.list(['[', ']'], value, elements, Self::value),
            Value::Map(entries) if entries.is_empty() => self.out.write_str("{:}"),
            Value::Map(entries) => self.list(['{', '}'], value, entries, |p, (key, value)| {
                p.key(key)?;
                p.out.write_str(": ")?;
                p.value(value)
            }),
            Value::Struct(fields) => self.list(['{', '}'], value, fields, |p, (name, value)| {
                write!(p.out, "{}: ", Bare(name))?;
                p.value(value)
            }),
            Value::Variant(name, None) => write!(self.out, "{}", Bare(name)),
            Value::Variant(name, Some(payload)) => match **payload {
                Value::Struct(_) | Value::Map(_) | Value::Seq(_) => {
                    write!(self.out, "{}", Bare(name))?;
                    self.value(payload)
                }
                _ => self.wrapped(Bare(name), payload),
            },
        }
    }

    /// A key, on one line; a unit variant in parentheses, to be told from the name of a field.
    fn key(&mut self, key: &Value) -> fmt::Result {
        let layout = if self.layout == Layout::Lines { Layout::Line } else { self.layout };
        let mut printer = Printer { out: self.out, layout, indent: 0 };
        match key {
            Value::Variant(_, None) => printer.wrapped("", key),
            _ => printer.value(key),
        }
    }

    fn wrapped(&mut self, around: impl fmt::Display, value: &Value) -> fmt::Result {
        write!(self.out, "{around}(")?;
        self.value(value)?;
        self.out.write_char(')')
    }

    fn list<T>(
        &mut self,
        [open, close]: [char; 2],
        whole: &Value,
        items: &[T],
        each: impl Fn(&mut Self, &T) -> fmt::Result,
    ) -> fmt::Result {
        let on_lines = self.layout == Layout::Lines && !is_short(whole);
        self.out.write_char(open)?;
        self.indent += 1;
        for (position, item) in items.iter().enumerate() {
            if on_lines {
                self.newline()?;
            } else if position > 0 {
                self.out.write_str(", ")?;
            }
            each(self, item)?;
            if on_lines {
                self.out.write_char(',')?;
            }
        }
        self.indent -= 1;
        if on_lines && !items.is_empty() {
            self.newline()?;
        }
        self.out.write_char(close)
    }

    fn string(&mut self, text: &str) -> fmt::Result {
        match self.layout {
            Layout::Lines if text.contains('\n') => self.block("", text.split('\n').map(block_line)),
            Layout::ShortLine if text.contains('\n') => Err(fmt::Error),
            _ => write!(self.out, "{text:?}"),
        }
    }

    /// Bytes that are text as text, others in hexadecimal digits.
    fn bytes(&mut self, bytes: &[u8]) -> fmt::Result {
        let lines = || bytes.split(|byte| *byte == b'\n');
        if !is_text(bytes) {
            self.out.write_str("x\"")?;
            let on_lines = self.layout == Layout::Lines && bytes.len() > BYTES_ON_A_LINE;
            for line in bytes.chunks(BYTES_ON_A_LINE) {
                if on_lines {
                    self.indent += 1;
                    self.newline()?;
                    self.indent -= 1;
                }
                line.iter().try_for_each(|byte| write!(self.out, "{byte:02x}"))?;
            }
            return self.out.write_char('"');
        }
        match self.layout {
            Layout::Lines if bytes.contains(&b'\n') => {
                // What `escape_ascii` writes reads as a string's content does, but for `\x`.
                self.block("b", lines().map(|line| block_quotes(&line.escape_ascii().to_string())))
            }
            Layout::ShortLine if bytes.contains(&b'\n') => Err(fmt::Error),
            _ => write!(self.out, "b\"{}\"", bytes.escape_ascii()),
        }
    }

    fn block(&mut self, before: &str, lines: impl Iterator<Item = String>) -> fmt::Result {
        write!(self.out, "{before}\"\"\"")?;
        self.indent += 1;
        for line in lines {
            // An editor may take away blanks at the end of a line.
            if line.is_empty() {
                self.out.write_char('\n')?
            } else {
                self.newline()?
            }
            self.out.write_str(&line)?;
        }
        self.newline()?;
        self.indent -= 1;
        self.out.write_str("\"\"\"")
    }

    fn newline(&mut self) -> fmt::Result {
        write!(self.out, "\n{:width$}", "", width = self.indent * 2)
    }
}

/// Whether a value fits on a line among others, and has no string of several lines.
fn is_short(value: &Value) -> bool {
    struct Room(usize);
    impl Write for Room {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0 = self.0.checked_sub(text.len()).ok_or(fmt::Error)?;
            Ok(())
        }
    }
    Printer { out: &mut Room(SHORT), layout: Layout::ShortLine, indent: 0 }.value(value).is_ok()
}

/// Whether most of it can be read as it is.
fn is_text(bytes: &[u8]) -> bool {
    let readable = |byte: &&u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t' | b'\r');
    bytes.iter().filter(readable).count() >= bytes.len() - bytes.len() / 4
}

/// A line of a string as it stands in a block.
fn block_line(line: &str) -> String {
    let quoted = format!("{line:?}");
    block_quotes(quoted.get(1..quoted.len() - 1).unwrap_or_default())
}

/// Takes the backslashes from quotes, but where three would end the block, and escapes a blank at the end.
fn block_quotes(escaped: &str) -> String {
    let mut line = String::with_capacity(escaped.len());
    let mut quotes = 0;
    let mut chars = escaped.chars();
    while let Some(c) = chars.next() {
        let literal = if c == '\\' { chars.next() } else { Some(c) };
        let Some(literal) = literal else { break };
        let is_quote = literal == '"';
        quotes = if is_quote { quotes + 1 } else { 0 };
        if (c == '\\' && !matches!(literal, '"' | '\'')) || quotes == 3 {
            line.push('\\');
            quotes = 0;
        }
        line.push(literal);
    }
    if line.ends_with(' ') {
        line.pop();
        line.push_str("\\x20");
    }
    line
}

/// A name as it stands in a value: in backticks if it would be misread bare.
struct Bare<'a>(&'a str);

impl fmt::Display for Bare<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_plain_name(self.0) && !is_keyword(self.0) {
            return f.write_str(self.0);
        }
        f.write_char('`')?;
        for c in self.0.chars() {
            match c {
                '`' => f.write_str("\\`")?,
                '"' | '\'' => f.write_char(c)?,
                _ => write!(f, "{}", c.escape_debug())?,
            }
        }
        f.write_char('`')
    }
}

/// A name as it stands in a path: in quotes if it would be misread bare.
pub(super) struct Plain<'a>(pub(super) &'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_plain_name(self.0) { f.write_str(self.0) } else { write!(f, "{:?}", self.0) }
    }
}

/// Whether a bare word is a value of its own, and no name.
pub(super) fn is_keyword(word: &str) -> bool {
    matches!(word, "true" | "false" | "None" | "Some" | "NaN" | "inf" | "NaN_f32" | "inf_f32")
}

/// Whether a name stands without quotes: letters, digits, `_`, `-` and `$`, and no digit or `-` at the start.
pub(super) fn is_plain_name(name: &str) -> bool {
    name.starts_with(starts_name) && name.chars().all(is_name_character)
}

pub(super) fn starts_name(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == '$'
}

pub(super) fn is_name_character(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '$')
}
