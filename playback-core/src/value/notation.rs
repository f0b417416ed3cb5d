//! Reading values from text.

use std::fmt;
use std::str::FromStr;

use super::display::{is_keyword, is_name_character, starts_name};
use super::scan::{Expected, Scanner};
use super::{MAX_DEPTH, Name, Value};

/// A text is no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueParseError {
    at: usize,
    line: usize,
    column: usize,
    expected: Expected,
    found: String,
}

impl ValueParseError {
    /// The byte of the text at which it stops being a value.
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }

    /// The line of that byte, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// The character in that line, from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.column
    }

    /// What would have been right there, and what is there instead: "expected ] or a comma, found `}`".
    #[must_use]
    pub fn reason(&self) -> String {
        format!("expected {}, found {}", self.expected, self.found)
    }

    fn new(text: &str, at: usize, expected: Expected) -> Self {
        let before = text.get(..at).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        let found: String =
            text.get(at..).unwrap_or_default().chars().take_while(|&c| c != '\n').take(24).collect();
        let found = match found.as_str() {
            "" if at >= text.len() => "the end".to_owned(),
            "" => "the end of the line".to_owned(),
            found => format!("{found:?}"),
        };
        let number = before.matches('\n').count() + 1;
        ValueParseError { at, line: number, column: line.chars().count() + 1, expected, found }
    }
}

impl fmt::Display for ValueParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.reason())
    }
}

impl std::error::Error for ValueParseError {}

/// Reads what [`Display`](fmt::Display) prints, in either form, as the same value.
///
/// ```
/// # use playback_core::Value;
/// let value: Value = r#"{id: 7, tags: {"a b": Some(1.5)}, status: Paid{at: 3}}"#.parse()?;
/// assert_eq!(value.at("status.Paid.at").and_then(Value::as_u64), Some(3));
/// assert_eq!(value.to_string().parse(), Ok(value));
///
/// let error = "[1, 2".parse::<Value>().unwrap_err();
/// assert_eq!(error.to_string(), "line 1, column 6: expected a comma or ], found the end");
/// # Ok::<(), playback_core::value::ValueParseError>(())
/// ```
impl FromStr for Value {
    type Err = ValueParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (value, rest) = Value::parse_start(text)?;
        let rest = rest.trim_start();
        if rest.is_empty() {
            Ok(value)
        } else {
            Err(ValueParseError::new(text, text.len() - rest.len(), "nothing behind the value"))
        }
    }
}

impl Value {
    /// The value that a text begins with, and what follows it: for values inside of other texts.
    ///
    /// ```
    /// # use playback_core::Value;
    /// assert_eq!(Value::parse_start("[1, 2] and more")?, ("[1, 2]".parse()?, " and more"));
    /// # Ok::<(), playback_core::value::ValueParseError>(())
    /// ```
    ///
    /// # Errors
    /// If it begins with none, or with one that is nested deeper than [`MAX_DEPTH`].
    pub fn parse_start(text: &str) -> Result<(Value, &str), ValueParseError> {
        let mut parser = Parser { scanner: Scanner::new(text), depth: 0 };
        match parser.value() {
            Ok(value) => Ok((value, parser.scanner.rest)),
            Err(expected) => {
                Err(ValueParseError::new(text, text.len() - parser.scanner.rest.len(), expected))
            }
        }
    }
}

struct Parser<'t> {
    scanner: Scanner<'t>,
    depth: usize,
}

/// What stands between braces, as its first entry has it.
enum Braces {
    Struct(Vec<(Name, Value)>),
    Map(Vec<(Value, Value)>),
}

impl<'t> Parser<'t> {
    fn value(&mut self) -> Result<Value, Expected> {
        const EXPECTED: Expected = "a value";
        self.scanner.blanks();
        match self.scanner.peek().ok_or(EXPECTED)? {
            '(' => self.parentheses(),
            '[' => self.nested(Self::seq),
            '{' => self.nested(Self::braces),
            '"' => self.scanner.string().map(Value::String),
            '\'' => self.scanner.char(),
            '-' | '0'..='9' => self.scanner.number(),
            c if c == '`' || starts_name(c) => self.word(),
            _ => Err(EXPECTED),
        }
    }

    /// Unit, or a unit variant that is set apart from the name of a field.
    fn parentheses(&mut self) -> Result<Value, Expected> {
        self.scanner.take('(');
        self.scanner.blanks();
        if self.scanner.take(')') {
            return Ok(Value::Unit);
        }
        let name = self.name("() or the name of a unit variant")?;
        self.close(')', ") behind the name of a unit variant")?;
        Ok(Value::Variant(name, None))
    }

    fn seq(&mut self) -> Result<Value, Expected> {
        let mut elements = Vec::new();
        self.scanner.take('[');
        self.items(']', "a comma or ]", |parser| {
            elements.push(parser.value()?);
            Ok(())
        })?;
        Ok(Value::Seq(elements))
    }

    fn braces(&mut self) -> Result<Value, Expected> {
        self.scanner.take('{');
        self.scanner.blanks();
        if self.scanner.take(':') {
            self.close('}', "} of an empty map")?;
            return Ok(Value::Map(Vec::new()));
        }
        let mut braces = None;
        self.items('}', "a comma or }", |parser| {
            let start = parser.scanner.rest;
            match (parser.field_name()?, &mut braces) {
                (Some(name), None) => {
                    braces = Some(Braces::Struct(vec![(name, parser.value()?)]));
                    Ok(())
                }
                (Some(name), Some(Braces::Struct(fields))) => {
                    fields.push((name, parser.value()?));
                    Ok(())
                }
                (Some(_), Some(Braces::Map(_))) => {
                    parser.scanner.rest = start;
                    Err("a key and not a field, behind others; a unit variant as a key stands in parentheses")
                }
                (None, Some(Braces::Struct(_))) => Err("the name of a field, behind others"),
                (None, map) => {
                    let key = parser.value()?;
                    parser.close(':', "a colon behind the key")?;
                    let entry = (key, parser.value()?);
                    match map {
                        Some(Braces::Map(entries)) => entries.push(entry),
                        _ => *map = Some(Braces::Map(vec![entry])),
                    }
                    Ok(())
                }
            }
        })?;
        Ok(match braces {
            None => Value::Struct(Vec::new()),
            Some(Braces::Struct(fields)) => Value::Struct(fields),
            Some(Braces::Map(entries)) => Value::map(entries),
        })
    }

    /// The name of a field with its colon, if that is what comes next.
    fn field_name(&mut self) -> Result<Option<Name>, Expected> {
        let start = self.scanner.rest;
        if !self.scanner.peek().is_some_and(|c| c == '`' || starts_name(c)) {
            return Ok(None);
        }
        let bare = !start.starts_with('`');
        let name = self.name("the name of a field")?;
        self.scanner.blanks();
        if (bare && is_keyword(&name)) || !self.scanner.take(':') {
            self.scanner.rest = start;
            return Ok(None);
        }
        Ok(Some(name))
    }

    /// What begins with a word: a keyword, bytes, or a variant.
    fn word(&mut self) -> Result<Value, Expected> {
        let start = self.scanner.rest;
        let bare = !start.starts_with('`');
        let name = self.name("a name")?;
        if bare {
            match (name.as_str(), self.scanner.peek()) {
                ("b", Some('"')) => return self.scanner.text_bytes(),
                ("x", Some('"')) => return self.scanner.hex_bytes(),
                ("true", _) => return Ok(Value::Bool(true)),
                ("false", _) => return Ok(Value::Bool(false)),
                ("None", _) => return Ok(Value::None),
                ("NaN", _) => return Ok(Value::F64(f64::NAN)),
                ("inf", _) => return Ok(Value::F64(f64::INFINITY)),
                ("NaN_f32", _) => return Ok(Value::F32(f32::NAN)),
                ("inf_f32", _) => return Ok(Value::F32(f32::INFINITY)),
                ("Some", Some('(')) => return Ok(Value::Some(Box::new(self.nested(Self::wrapped)?))),
                ("Some", _) => return Err("( behind Some"),
                _ => {}
            }
        }
        let payload = match self.scanner.peek() {
            Some('(') => Some(self.nested(Self::wrapped)?),
            // The variant is a container, and so is its payload.
            Some('[') => Some(self.nested(|parser| parser.nested(Self::seq))?),
            Some('{') => Some(self.nested(|parser| parser.nested(Self::braces))?),
            _ => None,
        };
        Ok(Value::Variant(name, payload.map(Box::new)))
    }

    fn wrapped(&mut self) -> Result<Value, Expected> {
        self.scanner.take('(');
        let value = self.value()?;
        self.close(')', ")")?;
        Ok(value)
    }

    fn name(&mut self, expected: Expected) -> Result<Name, Expected> {
        if self.scanner.peek() == Some('`') {
            return Ok(self.scanner.quoted('`')?.into());
        }
        if !self.scanner.peek().is_some_and(starts_name) {
            return Err(expected);
        }
        Ok(self.scanner.take_while(is_name_character).into())
    }

    /// What stands between commas, up to what closes it.
    fn items(
        &mut self,
        close: char,
        expected: Expected,
        mut item: impl FnMut(&mut Self) -> Result<(), Expected>,
    ) -> Result<(), Expected> {
        self.scanner.blanks();
        while !self.scanner.take(close) {
            item(self)?;
            self.scanner.blanks();
            if !self.scanner.take(',') && self.scanner.peek() != Some(close) {
                return Err(expected);
            }
            self.scanner.blanks();
        }
        Ok(())
    }

    fn close(&mut self, close: char, expected: Expected) -> Result<(), Expected> {
        self.scanner.blanks();
        if self.scanner.take(close) { Ok(()) } else { Err(expected) }
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Result<Value, Expected>) -> Result<Value, Expected> {
        if self.depth == MAX_DEPTH {
            return Err("nothing nested deeper than 128 levels");
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }
}
