//! What can go wrong, and where in the value.

use std::fmt;

use serde::de::{self, Expected, Unexpected};
use serde::ser;

use super::{MAX_DEPTH, Path, Segment};

/// A value could not be encoded.
///
/// Its text starts with the path of the value at fault: `lines[3].price: not a price`.
#[derive(Debug)]
pub struct EncodeError(Box<Fault<EncodeErrorKind>>);

/// What kind of [`EncodeError`] it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EncodeErrorKind {
    /// The type's own `Serialize` refused: the message is its own.
    Refused,
    /// The value is nested deeper than [`MAX_DEPTH`].
    TooDeep,
    /// The value takes more bytes than the [`Encoder`](super::Encoder) was [limited to](super::Encoder::limit).
    TooLarge,
}

/// Bytes could not be decoded, or not as the type asked for.
///
/// Its text starts with the path of the value at fault: `lines[3].qty: expected u32, found string "x"`.
#[derive(Debug)]
pub struct DecodeError(Box<Fault<DecodeErrorKind>>);

/// What kind of [`DecodeError`] it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The value is sound but does not fit the type: read it as another type, or as a [`Value`](super::Value).
    Mismatch,
    /// The bytes are no encoded value: truncated, damaged or something else altogether.
    Corrupt,
    /// The value is nested deeper than [`MAX_DEPTH`].
    TooDeep,
    /// The bytes could not be fetched from where they are [stored](crate::StoredValues).
    Unreadable,
}

/// Boxed in the errors: an error of one word keeps every `Result` of the hot path small.
#[derive(Debug)]
struct Fault<K> {
    kind: K,
    message: String,
    /// The path from the inside out: it is gathered while the error is on its way up.
    trail: Vec<Segment>,
}

macro_rules! error {
    ($error:ident, $kind:ident) => {
        impl $error {
            fn new(kind: $kind, message: impl Into<String>) -> Self {
                $error(Box::new(Fault { kind, message: message.into(), trail: Vec::new() }))
            }

            #[cold]
            pub(super) fn too_deep() -> Self {
                $error::new($kind::TooDeep, format!("nested deeper than {MAX_DEPTH} levels"))
            }

            /// The same error seen from the container that holds the value at fault.
            #[cold]
            pub(super) fn inside(mut self, segment: Segment) -> Self {
                self.0.trail.push(segment);
                self
            }

            /// What can be done about it.
            #[must_use]
            pub fn kind(&self) -> $kind {
                self.0.kind
            }

            /// Where the value at fault stands, inside the value as a whole.
            #[must_use]
            pub fn path(&self) -> Path {
                self.0.trail.iter().rev().cloned().collect()
            }

            /// What is wrong there, without the path.
            #[must_use]
            pub fn message(&self) -> &str {
                &self.0.message
            }
        }

        impl fmt::Display for $error {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                if !self.0.trail.is_empty() {
                    write!(f, "{}: ", self.path())?;
                }
                f.write_str(&self.0.message)
            }
        }

        impl std::error::Error for $error {}
    };
}

error!(EncodeError, EncodeErrorKind);
error!(DecodeError, DecodeErrorKind);

impl EncodeError {
    #[cold]
    pub(super) fn too_large(limit: usize) -> Self {
        EncodeError::new(EncodeErrorKind::TooLarge, format!("encoded, it is larger than {limit} bytes"))
    }

    #[cold]
    pub(super) fn unmarked() -> Self {
        EncodeError::new(
            EncodeErrorKind::Refused,
            "a `Secret` in it has lost its mark, by `serde(flatten)`, by `serde(tag)`, or on its way through another \
             format: give it a field of its own",
        )
    }
}

impl ser::Error for EncodeError {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        EncodeError::new(EncodeErrorKind::Refused, message.to_string())
    }
}

impl DecodeError {
    #[cold]
    pub(super) fn corrupt(message: impl fmt::Display, at: usize) -> Self {
        DecodeError::new(DecodeErrorKind::Corrupt, format!("{message} at byte {at}"))
    }

    #[cold]
    pub(crate) fn unreadable(error: &(dyn std::error::Error + 'static)) -> Self {
        let chain = crate::errors::messages(error).join(": ");
        DecodeError::new(DecodeErrorKind::Unreadable, format!("the value cannot be fetched: {chain}"))
    }

    #[cold]
    pub(super) fn mismatch(message: impl Into<String>) -> Self {
        DecodeError::new(DecodeErrorKind::Mismatch, message)
    }

    /// An error of someone else's, or one of ours that went through an erased deserializer and came back as text, once
    /// for each container on the way: then its path is taken up again, so that it stays one path.
    fn from_text(text: String) -> Self {
        const OURS: [&str; 5] =
            ["expected ", "missing field ", "unknown variant ", "unknown field ", "found "];
        let parts =
            text.split_once(": ").filter(|(_, message)| OURS.iter().any(|start| message.starts_with(start)));
        match parts.and_then(|(path, message)| Some((path.parse::<Path>().ok()?, message))) {
            Some((path, message)) => {
                path.segments().iter().rev().cloned().fold(Self::mismatch(message), Self::inside)
            }
            None => Self::mismatch(text),
        }
    }
}

impl de::Error for DecodeError {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        DecodeError::from_text(message.to_string())
    }

    #[cold]
    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        DecodeError::mismatch(format!("expected {expected}, found {}", Found(found)))
    }

    #[cold]
    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    #[cold]
    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        let plural = if length == 1 { "" } else { "s" };
        DecodeError::mismatch(format!("expected {expected}, found {length} element{plural}"))
    }

    #[cold]
    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        DecodeError::mismatch(format!("unknown variant {}, expected {}", Short(variant), OneOf(expected)))
    }

    #[cold]
    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        DecodeError::mismatch(format!("unknown field {}, expected {}", Short(field), OneOf(expected)))
    }

    #[cold]
    fn missing_field(field: &'static str) -> Self {
        DecodeError::mismatch(format!("missing field {field:?}"))
    }

    #[cold]
    fn duplicate_field(field: &'static str) -> Self {
        DecodeError::mismatch(format!("field {field:?} stands twice"))
    }
}

struct Found<'a>(Unexpected<'a>);

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Unexpected::Bool(value) => write!(f, "bool {value}"),
            Unexpected::Unsigned(value) => write!(f, "integer {value}"),
            Unexpected::Signed(value) => write!(f, "integer {value}"),
            Unexpected::Float(value) => write!(f, "float {value:?}"),
            Unexpected::Char(value) => write!(f, "char {value:?}"),
            Unexpected::Str(value) => write!(f, "string {}", Short(value)),
            Unexpected::Bytes(value) => write!(f, "{} bytes", value.len()),
            Unexpected::Unit => f.write_str("unit"),
            // A present option is passed through before anyone can object to it.
            Unexpected::Option => f.write_str("none"),
            Unexpected::NewtypeStruct => f.write_str("a newtype"),
            Unexpected::Seq => f.write_str("a sequence"),
            Unexpected::Map => f.write_str("a map or struct"),
            Unexpected::Enum | Unexpected::UnitVariant => f.write_str("a variant"),
            Unexpected::NewtypeVariant | Unexpected::TupleVariant | Unexpected::StructVariant => {
                f.write_str("a variant with a payload")
            }
            Unexpected::Other(other) => f.write_str(other),
        }
    }
}

/// How many characters of a recorded string a message quotes.
const QUOTED: usize = 40;

/// A string in quotes, escaped, and shortened if it is long.
struct Short<'a>(&'a str);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(QUOTED).and_then(|(end, _)| self.0.get(..end)) {
            Some(start) => write!(f, "{start:?}… ({} bytes)", self.0.len()),
            None => write!(f, "{:?}", self.0),
        }
    }
}

struct OneOf(&'static [&'static str]);

impl fmt::Display for OneOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => f.write_str("none"),
            [only] => write!(f, "{only:?}"),
            [first, rest @ ..] => {
                write!(f, "one of {first:?}")?;
                rest.iter().try_for_each(|name| write!(f, ", {name:?}"))
            }
        }
    }
}
