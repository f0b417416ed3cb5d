//! How values are printed.

use std::fmt::{self, Write as _};

use super::Value;

/// `{}` prints on one line: `{id: 7, lines: [{sku: "a", qty: 1}], status: Paid{at: 3}}`; `{:#}` puts each element on a
/// line of its own, with a comma after each and no newline after the last line.
///
/// Names stand bare, unless they hold unusual characters, and strings in quotes, which tells a struct from a map with
/// strings as keys. Control characters and all else that could act on a terminal are escaped.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pretty = f.alternate();
        Printer { f, pretty, indent: 0 }.value(self)
    }
}

struct Printer<'a, 'f> {
    f: &'a mut fmt::Formatter<'f>,
    pretty: bool,
    indent: usize,
}

impl Printer<'_, '_> {
    fn value(&mut self, value: &Value) -> fmt::Result {
        match value {
            Value::Unit => self.f.write_str("()"),
            Value::Bool(value) => write!(self.f, "{value}"),
            Value::Integer(value) => write!(self.f, "{value}"),
            Value::F32(value) => write!(self.f, "{value:?}"),
            Value::F64(value) => write!(self.f, "{value:?}"),
            Value::Char(value) => write!(self.f, "{value:?}"),
            Value::String(value) => write!(self.f, "{value:?}"),
            Value::Bytes(value) => write!(self.f, "b\"{}\"", value.escape_ascii()),
            Value::None => self.f.write_str("None"),
            Value::Some(value) => self.wrapped("Some", value),
            Value::Seq(elements) => self.list(['[', ']'], elements, Self::value),
            Value::Map(entries) => self.list(['{', '}'], entries, |p, (key, value)| {
                p.value(key)?;
                p.f.write_str(": ")?;
                p.value(value)
            }),
            Value::Struct(fields) => self.list(['{', '}'], fields, |p, (name, value)| {
                write!(p.f, "{}: ", Plain(name))?;
                p.value(value)
            }),
            Value::Variant(name, None) => write!(self.f, "{}", Plain(name)),
            Value::Variant(name, Some(payload)) => match **payload {
                Value::Struct(_) | Value::Map(_) | Value::Seq(_) => {
                    write!(self.f, "{}", Plain(name))?;
                    self.value(payload)
                }
                _ => self.wrapped(Plain(name), payload),
            },
        }
    }

    fn wrapped(&mut self, around: impl fmt::Display, value: &Value) -> fmt::Result {
        write!(self.f, "{around}(")?;
        self.value(value)?;
        self.f.write_char(')')
    }

    fn list<T>(
        &mut self,
        [open, close]: [char; 2],
        items: &[T],
        each: impl Fn(&mut Self, &T) -> fmt::Result,
    ) -> fmt::Result {
        self.f.write_char(open)?;
        self.indent += 1;
        for (position, item) in items.iter().enumerate() {
            if self.pretty {
                self.newline()?;
            } else if position > 0 {
                self.f.write_str(", ")?;
            }
            each(self, item)?;
            if self.pretty {
                self.f.write_char(',')?;
            }
        }
        self.indent -= 1;
        if self.pretty && !items.is_empty() {
            self.newline()?;
        }
        self.f.write_char(close)
    }

    fn newline(&mut self) -> fmt::Result {
        write!(self.f, "\n{:width$}", "", width = self.indent * 2)
    }
}

/// A name, in quotes if it would be misread bare.
pub(super) struct Plain<'a>(pub(super) &'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_plain_name(self.0) { f.write_str(self.0) } else { write!(f, "{:?}", self.0) }
    }
}

/// Whether a name stands without quotes: letters, digits, `_`, `-` and `$`, and no digit or `-` at the start.
pub(super) fn is_plain_name(name: &str) -> bool {
    let starts_well = name.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '$');
    starts_well && name.chars().all(is_name_character)
}

pub(super) fn is_name_character(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '$')
}
