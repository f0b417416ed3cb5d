//! Reading paths from text.

use std::fmt;
use std::str::FromStr;

use super::display::is_name_character;
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
        let mut parser = Parser { rest: text };
        parser.path().map_err(|expected| PathParseError {
            text: text.to_owned(),
            at: text.len() - parser.rest.len(),
            expected,
        })
    }
}

struct Parser<'a> {
    rest: &'a str,
}

/// What would have been right where the text goes wrong.
type Expected = &'static str;

impl Parser<'_> {
    fn path(&mut self) -> Result<Path, Expected> {
        let mut path = Path::root();
        while !self.rest.is_empty() {
            let segment = if self.take('[') {
                let segment = self.bracketed()?;
                if !self.take(']') {
                    return Err("]");
                }
                segment
            } else if self.take('.') || path.is_root() {
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
        let key = match self.rest.chars().next() {
            Some('"') => Value::String(self.quoted('"')?),
            Some('\'') => {
                let start = self.rest;
                let text = self.quoted('\'')?;
                let mut chars = text.chars();
                match (chars.next(), chars.next()) {
                    (Some(only), None) => Value::Char(only),
                    _ => {
                        self.rest = start;
                        return Err("one character in quotes");
                    }
                }
            }
            Some('-' | '0'..='9') => {
                let digits = self.take_while(|c| c.is_ascii_digit() || c == '-');
                let number: Integer = digits.parse().map_err(|_| "an integer from -2^127 to 2^128-1")?;
                match usize::try_from(number) {
                    Ok(index) => return Ok(Segment::Index(index)),
                    Err(_) => Value::Integer(number),
                }
            }
            Some(c) if is_name_character(c) => match self.take_while(is_name_character) {
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
        if self.rest.starts_with('"') {
            return self.quoted('"');
        }
        match self.take_while(is_name_character) {
            "" => Err("a name"),
            name => Ok(name.to_owned()),
        }
    }

    /// A literal in quotes, with the escapes that Rust prints.
    fn quoted(&mut self, quote: char) -> Result<String, Expected> {
        const UNFINISHED: Expected = "a closing quote";
        let mut text = String::new();
        self.take(quote);
        while !self.take(quote) {
            match self.next().ok_or(UNFINISHED)? {
                '\\' => text.push(self.escape()?),
                c => text.push(c),
            }
        }
        Ok(text)
    }

    fn escape(&mut self) -> Result<char, Expected> {
        const EXPECTED: Expected = r#"an escape: \n, \r, \t, \0, \\, \", \' or \u{…}"#;
        match self.next().ok_or(EXPECTED)? {
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            't' => Ok('\t'),
            '0' => Ok('\0'),
            c @ ('\\' | '"' | '\'') => Ok(c),
            'u' if self.take('{') => {
                let digits = self.take_while(|c| c.is_ascii_hexdigit());
                let code = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
                code.filter(|_| self.take('}')).ok_or(EXPECTED)
            }
            _ => Err(EXPECTED),
        }
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let next = chars.next();
        self.rest = chars.as_str();
        next
    }

    fn take(&mut self, wanted: char) -> bool {
        let rest = self.rest.strip_prefix(wanted);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }
}

impl<'a> Parser<'a> {
    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }
}
