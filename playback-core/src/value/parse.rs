//! Reading paths from text.

use std::fmt;
use std::str::FromStr;

use super::display::is_name_character;
use super::scan::{Expected, Scanner};
use super::{Integer, Path, Segment, Value};

/// A text is no path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathParseError {
    text: String,
    at: usize,
    expected: &'static str,
}

impl PathParseError {
    /// The byte of the text at which it stops being a path.
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }
}

impl fmt::Display for PathParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PathParseError { text, at, expected } = self;
        write!(
            f,
            "{text:?} is no path: expected {expected} at byte {at}; a path looks like lines[3].qty or tags[\"a\"]"
        )
    }
}

impl std::error::Error for PathParseError {}

impl FromStr for Path {
    type Err = PathParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parser = Parser(Scanner::new(text));
        parser.path().map_err(|expected| PathParseError {
            text: text.to_owned(),
            at: text.len() - parser.0.rest.len(),
            expected,
        })
    }
}

struct Parser<'t>(Scanner<'t>);

impl Parser<'_> {
    fn path(&mut self) -> Result<Path, Expected> {
        let mut path = Path::root();
        while !self.0.rest.is_empty() {
            let segment = if self.0.take('[') {
                let segment = self.bracketed()?;
                if !self.0.take(']') {
                    return Err("]");
                }
                segment
            } else if self.0.take('.') || path.is_root() {
                Segment::Field(self.name()?.as_str().into())
            } else {
                return Err(". or [");
            };
            path.push(segment);
        }
        Ok(path)
    }

    fn bracketed(&mut self) -> Result<Segment, Expected> {
        const EXPECTED: Expected =
            "an index or a map key (a string, integer, character, boolean or unit variant)";
        let key = match self.0.rest.chars().next() {
            Some('"') => Value::String(self.0.quoted('"')?),
            Some('`') => Value::Variant(self.0.quoted('`')?.into(), None),
            Some('\'') => {
                let start = self.0.rest;
                let text = self.0.quoted('\'')?;
                let mut chars = text.chars();
                match (chars.next(), chars.next()) {
                    (Some(only), None) => Value::Char(only),
                    _ => {
                        self.0.rest = start;
                        return Err("one character in quotes");
                    }
                }
            }
            Some('-' | '0'..='9') => {
                let digits = self.0.take_while(|c| c.is_ascii_digit() || c == '-');
                let number: Integer = digits.parse().map_err(|_| "an integer from -2^127 to 2^128-1")?;
                match usize::try_from(number) {
                    Ok(index) => return Ok(Segment::Index(index)),
                    Err(_) => Value::Integer(number),
                }
            }
            Some(c) if is_name_character(c) => match self.0.take_while(is_name_character) {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "None" => Value::None,
                variant => Value::Variant(variant.into(), None),
            },
            _ => return Err(EXPECTED),
        };
        Ok(Segment::Key(key))
    }

    fn name(&mut self) -> Result<String, Expected> {
        if self.0.rest.starts_with('"') {
            return self.0.quoted('"');
        }
        match self.0.take_while(is_name_character) {
            "" => Err("a name"),
            name => Ok(name.to_owned()),
        }
    }
}
