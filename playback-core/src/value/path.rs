//! Where in a value something stands.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use super::display::{Plain, is_plain_name};
use super::{Integer, Name, Value};

/// The way from a value to one inside it, such as `lines[3].qty`.
///
/// Fields are `.name` (`name` at the start), variants likewise, elements `[3]`, map keys `["a b"]` or `[7]`; a name
/// with unusual characters is quoted: `."a b"`. A present option adds nothing: `discount.percent` is the field inside
/// the `Some`. The empty path is the value itself.
///
/// A path read from text equals the one it was written from, with one exception: map keys other than strings,
/// integers, characters, booleans, `None` and unit variants are printed but cannot be read.
///
/// ```
/// # use playback_core::value::{Path, Segment};
/// let path: Path = "lines[3].qty".parse()?;
/// assert_eq!(path.segments(), [Segment::Field("lines".into()), Segment::Index(3), Segment::Field("qty".into())]);
/// assert_eq!(path.to_string(), "lines[3].qty");
/// # Ok::<(), playback_core::value::PathParseError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(Vec<Segment>);

/// One step of a [`Path`].
///
/// What is written alike is equal: a field and a variant of one name, an index and an integer key of one number.
#[derive(Clone, Debug)]
pub enum Segment {
    /// Into a field of a struct; also, when looking up, the entry of a map with that string as key.
    Field(Name),
    /// To an element of a sequence, counted from 0.
    Index(usize),
    /// To the entry of a map with this key.
    Key(Value),
    /// Into the payload of a variant.
    Variant(Name),
}

impl Path {
    /// The empty path: the value itself.
    #[must_use]
    pub fn root() -> Path {
        Path::default()
    }

    /// The steps from the outside in.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Whether this is the path of the value itself.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Goes one step further in.
    pub fn push(&mut self, segment: Segment) {
        self.0.push(segment);
    }

    /// Goes one step back out.
    pub fn pop(&mut self) -> Option<Segment> {
        self.0.pop()
    }

    /// Whether `self` leads to the value that `prefix` leads to, or to something inside it.
    #[must_use]
    pub fn starts_with(&self, prefix: &Path) -> bool {
        self.0.starts_with(&prefix.0)
    }
}

impl From<Vec<Segment>> for Path {
    fn from(segments: Vec<Segment>) -> Self {
        Path(segments)
    }
}

impl FromIterator<Segment> for Path {
    fn from_iter<I: IntoIterator<Item = Segment>>(segments: I) -> Self {
        Path(segments.into_iter().collect())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Field(name) | Segment::Variant(name) => {
                    // A dot before a quoted name even at the start, where it would read as nothing else.
                    if position > 0 || !is_plain_name(name) {
                        f.write_str(".")?;
                    }
                    fmt::Display::fmt(&Plain(name), f)?;
                }
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key) => write!(f, "[{key}]")?,
            }
        }
        Ok(())
    }
}

/// A segment as it is written, which is what it is compared by.
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Step<'a> {
    Named(&'a str),
    Numbered(Integer),
    Keyed(&'a Value),
}

impl Segment {
    fn step(&self) -> Step<'_> {
        match self {
            Segment::Field(name) | Segment::Variant(name) => Step::Named(name),
            Segment::Index(index) => Step::Numbered(Integer::from(*index)),
            Segment::Key(Value::Integer(key)) => Step::Numbered(*key),
            Segment::Key(key) => Step::Keyed(key),
        }
    }
}

impl PartialEq for Segment {
    fn eq(&self, other: &Self) -> bool {
        self.step() == other.step()
    }
}

impl Eq for Segment {}

impl PartialOrd for Segment {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Segment {
    fn cmp(&self, other: &Self) -> Ordering {
        self.step().cmp(&other.step())
    }
}

impl Hash for Segment {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.step().hash(state);
    }
}
