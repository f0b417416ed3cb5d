//! Reading lines, and saying where in them something is wrong.

use std::fmt::Display;

use playback_core::Value;
use playback_core::value::ValueParseError;

use crate::{Error, ErrorKind};

/// A text that is read line by line. Blank lines, and lines that begin with `#`, are passed over.
pub(super) struct Reader<'t> {
    name: &'t str,
    text: &'t str,
    /// Where the next line begins.
    at: usize,
}

/// A line of a text, or what is left of it.
#[derive(Clone, Copy)]
pub(super) struct Line<'t> {
    /// Where it begins in the text.
    pub(super) at: usize,
    /// Without blanks around it.
    pub(super) text: &'t str,
    pub(super) is_indented: bool,
}

impl<'t> Reader<'t> {
    pub(super) fn new(name: &'t str, text: &'t str) -> Self {
        Self { name, text, at: 0 }
    }

    pub(super) fn name(&self) -> &'t str {
        self.name
    }

    /// How long the text is, in bytes.
    pub(super) fn length(&self) -> usize {
        self.text.len()
    }

    /// The next line that says something, which stays the next one.
    pub(super) fn peek(&mut self) -> Option<Line<'t>> {
        loop {
            let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
            let line = rest.split('\n').next().unwrap_or_default();
            let text = line.trim();
            if !text.is_empty() && !text.starts_with('#') {
                let indent = line.len() - line.trim_start().len();
                return Some(Line { at: self.at + indent, text, is_indented: indent > 0 });
            }
            self.end_line(self.at);
        }
    }

    /// The next line that says something.
    pub(super) fn next(&mut self) -> Option<Line<'t>> {
        let line = self.peek()?;
        self.end_line(line.at);
        Some(line)
    }

    /// The value that begins in `line`, which may end on a later one. Nothing else stands behind it.
    pub(super) fn value(&mut self, line: Line<'t>) -> Result<Value, Error> {
        if line.text.is_empty() {
            return Err(self.expected(line.at, "a value"));
        }
        let text = self.text.get(line.at..).unwrap_or_default();
        let refuse = |error: ValueParseError| self.error(line.at + error.at(), error.reason());
        let (value, rest) = Value::parse_start(text).map_err(refuse)?;
        let end = self.text.len() - rest.len();
        let behind = rest.split('\n').next().unwrap_or_default();
        if !behind.trim().is_empty() {
            let blanks = behind.len() - behind.trim_start().len();
            return Err(self.expected(end + blanks, "nothing behind the value"));
        }
        self.end_line(end);
        Ok(value)
    }

    /// What is at `at` is not what was expected there.
    pub(super) fn expected(&self, at: usize, expected: impl Display) -> Error {
        let found: String =
            self.text.get(at..).unwrap_or_default().chars().take_while(|c| *c != '\n').take(40).collect();
        let found = match found.trim_end() {
            "" if at >= self.text.len() => "the end".to_owned(),
            "" => "the end of the line".to_owned(),
            found => format!("`{}`", found.replace(char::is_control, " ")),
        };
        self.error(at, format_args!("expected {expected}, found {found}"))
    }

    /// What is at `at` is none of the words that there are, of which one may be meant.
    pub(super) fn unknown(&self, at: usize, word: &str, known: &[&str]) -> Error {
        let list = known.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        let near = |known: &&&str| 2 * strsim::osa_distance(word, known) <= known.chars().count();
        match known.iter().filter(near).min_by_key(|known| strsim::osa_distance(word, known)) {
            Some(nearest) => self.expected(at, format_args!("one of {list} (did you mean `{nearest}`?)")),
            None => self.expected(at, format_args!("one of {list}")),
        }
    }

    pub(super) fn error(&self, at: usize, what: impl Display) -> Error {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Error::new(ErrorKind::Corrupt, format!("{}, line {line}, column {column}: {what}", self.name))
    }

    fn end_line(&mut self, from: usize) {
        let rest = self.text.get(from..).unwrap_or_default();
        self.at = rest.find('\n').map_or(self.text.len(), |end| from + end + 1);
    }
}

impl<'t> Line<'t> {
    /// The first word and what follows it.
    pub(super) fn word(self) -> (&'t str, Line<'t>) {
        let end = self.text.find(char::is_whitespace).unwrap_or(self.text.len());
        let (word, _) = self.text.split_at_checked(end).unwrap_or((self.text, ""));
        (word, self.behind(end))
    }

    /// What follows its first `bytes`.
    pub(super) fn behind(self, bytes: usize) -> Line<'t> {
        let rest = self.text.get(bytes..).unwrap_or_default();
        let text = rest.trim_start();
        Line { at: self.at + bytes + (rest.len() - text.len()), text, is_indented: self.is_indented }
    }

    /// The parts between commas.
    pub(super) fn parts(self) -> impl Iterator<Item = Line<'t>> {
        let mut at = self.at;
        self.text.split(',').map(move |part| {
            let blanks = part.len() - part.trim_start().len();
            let line = Line { at: at + blanks, text: part.trim(), is_indented: self.is_indented };
            at += part.len() + 1;
            line
        })
    }

    /// A name at its start, bare or in quotes, and what follows it.
    pub(super) fn name(
        self,
        reader: &Reader<'t>,
        ends: impl Fn(char) -> bool,
        expected: &str,
    ) -> Result<(String, Line<'t>), Error> {
        if self.text.starts_with('"') {
            let refuse = |error: ValueParseError| reader.error(self.at + error.at(), error.reason());
            return match Value::parse_start(self.text).map_err(refuse)? {
                (Value::String(name), rest) => Ok((name, self.behind(self.text.len() - rest.len()))),
                _ => Err(reader.expected(self.at, expected)),
            };
        }
        let end = self.text.find(ends).unwrap_or(self.text.len());
        match self.text.get(..end) {
            None | Some("") => Err(reader.expected(self.at, expected)),
            Some(name) => Ok((name.trim_end().to_owned(), self.behind(end))),
        }
    }
}
