//! Patterns of paths, and following them through a value.

use std::fmt;
use std::str::FromStr;

use wildmatch::WildMatch;

use super::{MAX_DEPTH, Path, Segment, Value};

/// A pattern of [`Path`]s, such as `**.updated_at` or `lines[*].id`.
///
/// | written | leads |
/// |---|---|
/// | `name`, `."a b"` | to the field of that name, to the payload of the variant (`Ok.total`), to the entry of a map with it as key |
/// | `*_at` | to all whose names are like it, `*` being any characters |
/// | `[3]`, `["a b"]` | to that element of a list, or the entry of a map with it as key |
/// | `[*]` | to all elements of a list, and all entries of a map |
/// | `*` | to all that is directly inside |
/// | `**` | to the value itself and all that is inside it, however deep |
///
/// The empty pattern leads to the whole value.
///
/// It is followed by positions: each step into a value takes those that the way may stand for to those it may stand for
/// then. So what a pattern costs grows with its length and the number of places, however many `**` are in it.
///
/// ```
/// # use playback_core::value::{Pattern, Way};
/// let pattern: Pattern = "**.email".parse()?;
/// let at_root: Vec<usize> = pattern.reached_from(0).collect();
/// let in_field = at_root.iter().filter_map(|&at| pattern.after(at, Way::Name("email")));
/// assert!(in_field.flat_map(|at| pattern.reached_from(at)).any(|at| pattern.ends_at(at)));
/// # Ok::<(), playback_core::value::PatternParseError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    steps: Vec<Step>,
}

#[derive(Debug, Clone)]
enum Step {
    /// Any number of steps.
    Deep,
    Any,
    /// To any element of a list, or any entry of a map.
    Element,
    Name(String),
    /// To what has a name like it.
    Like(WildMatch),
    Exactly(Segment),
}

/// One step into a value, borrowed.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Way<'a> {
    /// Into the field, or the payload of the variant, of this name.
    Name(&'a str),
    /// To the element of a list at this index.
    Index(usize),
    /// To the entry of a map with this key.
    Key(&'a Value),
}

impl<'a> From<&'a Segment> for Way<'a> {
    fn from(segment: &'a Segment) -> Self {
        match segment {
            Segment::Field(name) | Segment::Variant(name) => Self::Name(name),
            Segment::Index(index) => Self::Index(*index),
            Segment::Key(key) => Self::Key(key),
        }
    }
}

impl Pattern {
    /// The name that the last step goes to, without which nothing can be meant; none if it may go elsewhere.
    #[cfg(feature = "redaction")]
    pub(crate) fn last_name(&self) -> Option<&str> {
        match self.steps.last() {
            Some(Step::Name(name)) => Some(name),
            _ => None,
        }
    }

    /// All positions in the pattern that are reached at once from `position`: it, and those after any `**`.
    pub fn reached_from(&self, position: usize) -> impl Iterator<Item = usize> {
        let skipped = self.steps.iter().skip(position).take_while(|step| matches!(step, Step::Deep)).count();
        position..=position + skipped
    }

    /// Whether the whole pattern is used up at `position`.
    #[must_use]
    pub fn ends_at(&self, position: usize) -> bool {
        position == self.steps.len()
    }

    /// The position after a step into a value, if that is on the way of the pattern.
    #[must_use]
    pub fn after(&self, position: usize, way: Way<'_>) -> Option<usize> {
        let step = self.steps.get(position)?;
        match step {
            // Stays, and is left by `reached_from`.
            Step::Deep => Some(position),
            _ => step.leads(way).then_some(position + 1),
        }
    }
}

impl Step {
    fn leads(&self, way: Way<'_>) -> bool {
        match (self, way) {
            (Self::Deep | Self::Any, _) | (Self::Element, Way::Index(_) | Way::Key(_)) => true,
            (Self::Name(name), Way::Name(there)) => name == there,
            (Self::Name(name), Way::Key(key)) => key.as_str() == Some(name),
            (Self::Like(like), Way::Name(there)) => like.matches(there),
            (Self::Like(like), Way::Key(key)) => key.as_str().is_some_and(|key| like.matches(key)),
            (Self::Exactly(Segment::Index(index)), Way::Index(there)) => *index == there,
            (Self::Exactly(Segment::Index(index)), Way::Key(key)) => *key == Value::from(*index),
            (Self::Exactly(Segment::Key(key)), Way::Key(there)) => key == there,
            _ => false,
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A text is no pattern of paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternParseError {
    at: usize,
    expected: String,
}

impl std::error::Error for PatternParseError {}

impl fmt::Display for PatternParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, expected } = self;
        write!(f, "expected {expected} at byte {at}; a pattern looks like lines[*].id or **.updated_at")
    }
}

impl FromStr for Pattern {
    type Err = PatternParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut steps: Vec<Step> = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let at = text.len() - rest.len();
            let wrong = |expected: &str| PatternParseError { at, expected: expected.to_owned() };
            if steps.len() == MAX_DEPTH {
                return Err(wrong(&format!("the end, as no value is deeper than {MAX_DEPTH} steps,")));
            }
            let (step, after) = if rest.starts_with('[') {
                bracketed(rest).map_err(|expected| wrong(&expected))?
            } else {
                let name = match rest.strip_prefix('.') {
                    Some(name) => name,
                    None if steps.is_empty() => rest,
                    None => return Err(wrong(". or [")),
                };
                named(name).map_err(|expected| wrong(&expected))?
            };
            rest = after;
            // Twice any depth is any depth.
            if !matches!((&step, steps.last()), (Step::Deep, Some(Step::Deep))) {
                steps.push(step);
            }
        }
        Ok(Self { text: text.to_owned(), steps })
    }
}

fn bracketed(text: &str) -> Result<(Step, &str), String> {
    if let Some(after) = text.strip_prefix("[*]") {
        return Ok((Step::Element, after));
    }
    let end = end_of(text, ']').ok_or("a closing ]")?;
    exactly(text, end)
}

fn named(text: &str) -> Result<(Step, &str), String> {
    if let Some(quoted) = text.strip_prefix('"') {
        let end = 1 + end_of(quoted, '"').ok_or("a closing quote")?;
        return exactly(text, end);
    }
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '*');
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    let (name, after) = text.split_at_checked(end).unwrap_or((text, ""));
    let step = match name {
        "" => return Err("a name, * or **".to_owned()),
        "*" => Step::Any,
        "**" => Step::Deep,
        name if name.contains("**") => return Err("** between dots, or one * in a name,".to_owned()),
        name if name.contains('*') => Step::Like(WildMatch::new(name)),
        name => Step::Name(name.to_owned()),
    };
    Ok((step, after))
}

/// The step that the first bytes of a text are, written as in a path, and what comes after them.
fn exactly(text: &str, end: usize) -> Result<(Step, &str), String> {
    let (piece, after) = text.split_at_checked(end).unwrap_or((text, ""));
    let path: Path = piece.parse().map_err(|_| "[3], [*], a key such as [\"a b\"], or a name".to_owned())?;
    match path.segments() {
        [Segment::Field(name)] => Ok((Step::Name(name.as_str().to_owned()), after)),
        [segment] => Ok((Step::Exactly(segment.clone()), after)),
        _ => Err("one step".to_owned()),
    }
}

/// The byte after the first `end` that is not inside quotes, nor escaped.
fn end_of(text: &str, end: char) -> Option<usize> {
    let (mut quote, mut escaped) = (None, false);
    for (at, c) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if quote == Some(c) {
            quote = None;
        } else if quote.is_none() && c == end {
            return Some(at + c.len_utf8());
        } else if quote.is_none() && matches!(c, '"' | '\'') {
            quote = Some(c);
        }
    }
    None
}
