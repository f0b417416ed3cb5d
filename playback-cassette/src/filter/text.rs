//! Filters as text.

use std::fmt;
use std::str::FromStr;

use serde_json::Value as Json;

use super::condition::{Alternative, Condition, Operator};
use super::{Filter, field};
use crate::{Error, ErrorKind};

/// Longer ones first.
const OPERATORS: [(&str, Operator); 6] = [
    ("==", Operator::Exactly),
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("=", Operator::Like),
    ("<", Operator::Less),
    (">", Operator::More),
];
const A_FIELD: &str = "the name of a field, such as `status` or `customer.country`";
const AN_OPERATOR: &str = "one of `=`, `<`, `<=`, `>`, `>=` and `==`";
const A_VALUE: &str = "a value, such as `500`, `true`, `chk*`, `null` or `\"two words\"`";

pub(super) fn parse_list(text: &str) -> Result<Vec<Filter>, Error> {
    let mut parser = Parser { text, at: 0 };
    let mut filters = Vec::new();
    parser.skip_spaces();
    while !parser.rest().is_empty() {
        filters.push(parser.filter()?);
    }
    Ok(filters)
}

impl FromStr for Filter {
    type Err = Error;

    /// The one filter in a text.
    fn from_str(text: &str) -> Result<Self, Error> {
        let mut parser = Parser { text, at: 0 };
        parser.skip_spaces();
        let filter = parser.filter()?;
        if parser.rest().is_empty() { Ok(filter) } else { Err(parser.expected(parser.at, "the end")) }
    }
}

struct Parser<'t> {
    text: &'t str,
    /// In bytes.
    at: usize,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_spaces(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn filter(&mut self) -> Result<Filter, Error> {
        let name = self.name()?;
        self.skip_spaces();
        let mut operator = self.operator().ok_or_else(|| self.expected(self.at, AN_OPERATOR))?;
        let mut alternatives = Vec::new();
        loop {
            self.skip_spaces();
            let start = self.at;
            for value in self.values(field::is_text(&name))? {
                if let Some(expected) = field::refusal(&name, &value, operator == Operator::Like) {
                    return Err(self.expected(start, expected));
                }
                alternatives.push(Alternative { operator, value });
            }
            let end = self.at;
            self.skip_spaces();
            if !self.take(",") {
                if self.at == end && !self.rest().is_empty() {
                    return Err(self.expected(end, "a space or a comma"));
                }
                return Ok(Filter { field: name, condition: Condition { alternatives } });
            }
            self.skip_spaces();
            operator = self.operator().unwrap_or(Operator::Like);
        }
    }

    fn name(&mut self) -> Result<String, Error> {
        if self.rest().starts_with('"') {
            return match self.json(A_FIELD)? {
                Json::String(name) => Ok(name),
                _ => Err(self.expected(self.at, A_FIELD)),
            };
        }
        match self.word(|c| !is_space(c) && !"<>=!,\"".contains(c)) {
            "" => Err(self.expected(self.at, A_FIELD)),
            name => Ok(name.to_owned()),
        }
    }

    fn operator(&mut self) -> Option<Operator> {
        OPERATORS.into_iter().find_map(|(sign, operator)| self.take(sign).then_some(operator))
    }

    /// One value, or the members of a list.
    fn values(&mut self, is_text: bool) -> Result<Vec<Json>, Error> {
        if self.rest().starts_with(['"', '{', '[']) {
            return Ok(match self.json(A_VALUE)? {
                Json::Array(members) => members,
                value => vec![value],
            });
        }
        if self.rest().starts_with(['<', '>', '=']) {
            return Err(self.expected(self.at, A_VALUE));
        }
        match self.word(|c| !is_space(c) && c != ',' && c != '"') {
            "" => Err(self.expected(self.at, A_VALUE)),
            "null" => Ok(vec![Json::Null]),
            word if is_text => Ok(vec![word.into()]),
            word => Ok(vec![as_bare(word).unwrap_or_else(|| word.into())]),
        }
    }

    /// The JSON value that stands here.
    fn json(&mut self, expected: &str) -> Result<Json, Error> {
        let mut values = serde_json::Deserializer::from_str(self.rest()).into_iter();
        match values.next() {
            Some(Ok(value)) => {
                self.at += values.byte_offset();
                Ok(value)
            }
            Some(Err(error)) => {
                let message = format!("{expected}, as JSON ({error})");
                Err(self.expected(self.at, &message).with_source(error))
            }
            None => Err(self.expected(self.at, expected)),
        }
    }

    fn word(&mut self, belongs: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn take(&mut self, sign: &str) -> bool {
        let is_there = self.rest().starts_with(sign);
        self.at += if is_there { sign.len() } else { 0 };
        is_there
    }

    /// What is wrong at a byte of the text.
    fn expected(&self, at: usize, expected: &str) -> Error {
        let (before, rest) = self.text.split_at_checked(at).unwrap_or((self.text, ""));
        let position = before.chars().count() + 1;
        let found = match rest.split(is_space).next() {
            // Nothing is expected where a space stands: spaces are skipped before.
            None | Some("") => "the end".to_owned(),
            Some(word) => format!("`{word}`"),
        };
        let message = format!(
            "`{}` is no filter: at character {position}, {found} stands where {expected} is expected",
            self.text
        );
        Error::new(ErrorKind::Invalid, message)
    }
}

fn is_space(c: char) -> bool {
    c.is_whitespace()
}

/// What a word is that is no text.
fn as_bare(word: &str) -> Option<Json> {
    match word {
        "null" => Some(Json::Null),
        "true" => Some(true.into()),
        "false" => Some(false.into()),
        word => serde_json::from_str(word).ok().map(Json::Number),
    }
}

impl fmt::Display for Filter {
    /// As text that reads as the same filter, as long as it asks of a field that every recording has what that
    /// field can be.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt_text(f, &self.field, |c| c.is_alphanumeric() || "_-./@".contains(c))?;
        if self.condition.alternatives.is_empty() {
            return f.write_str("=[]");
        }
        for (number, Alternative { operator, value }) in self.condition.alternatives.iter().enumerate() {
            if number > 0 {
                f.write_str(",")?;
            }
            if number == 0 || *operator != Operator::Like {
                f.write_str(
                    OPERATORS.into_iter().find(|(_, of)| of == operator).map_or("", |(sign, _)| sign),
                )?;
            }
            match value {
                Json::String(text) if as_bare(text).is_some() => write!(f, "{value}")?,
                Json::String(text) => fmt_text(f, text, |c| c.is_alphanumeric() || "_-.:/*?@%+".contains(c))?,
                // A list by itself would be its members.
                Json::Array(_) => write!(f, "[{value}]")?,
                value => write!(f, "{value}")?,
            }
        }
        Ok(())
    }
}

/// Bare, if it is made of such characters, else as JSON.
fn fmt_text(f: &mut fmt::Formatter<'_>, text: &str, is_bare: impl Fn(char) -> bool) -> fmt::Result {
    if !text.is_empty() && text.chars().all(is_bare) {
        f.write_str(text)
    } else {
        write!(f, "{}", Json::from(text))
    }
}
