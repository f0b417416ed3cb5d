//! The tree.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::mem::discriminant;

use super::order::compare_keys;
use super::tags::{canonical_f32, canonical_f64};
use super::{Integer, Name};

/// A recorded value, readable without the type it was recorded from.
///
/// It keeps what serde's data model tells apart, names of fields and variants included, but no names of types, no
/// widths of integers and no newtypes: those may change between versions of the code without changing the value.
///
/// | Rust | value |
/// |---|---|
/// | `()`, unit struct | `Unit` |
/// | newtype struct | what is inside |
/// | tuple, array, tuple struct, `Vec`, set | `Seq` |
/// | `HashMap`, `BTreeMap`, struct with `flatten` | `Map` |
/// | struct | `Struct` |
/// | unit variant | `Variant(name, None)` |
/// | newtype variant | `Variant(name, Some(inner))` |
/// | tuple variant | `Variant(name, Some(Seq))` |
/// | struct variant | `Variant(name, Some(Struct))` |
///
/// Values are ordered and hashable: floats by [`f64::total_cmp`] with all NaNs alike, integers numerically.
/// `{}` prints a value on one line, `{:#}` on many.
///
/// ```
/// # use playback_core::value::Value;
/// let value = Value::of(&("a", Some(1.5), Ok::<u8, String>(7)))?;
/// assert_eq!(value.to_string(), r#"["a", Some(1.5), Ok(7)]"#);
/// assert_eq!(value.to::<(String, Option<f64>, Result<u64, String>)>()?, ("a".into(), Some(1.5), Ok(7)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub enum Value {
    /// `()` or a unit struct.
    Unit,
    /// A boolean.
    Bool(bool),
    /// An integer of any width.
    Integer(Integer),
    /// A float of 32 bits.
    F32(f32),
    /// A float of 64 bits.
    F64(f64),
    /// A character.
    Char(char),
    /// A string.
    String(String),
    /// Bytes, of types that serialize as such (`serde_bytes`); a plain `Vec<u8>` is a `Seq`.
    Bytes(Vec<u8>),
    /// An absent option.
    None,
    /// A present option.
    Some(Box<Value>),
    /// A sequence, a tuple or an array.
    Seq(Vec<Value>),
    /// A map with keys of any kind, kept in the order of its keys; make one with [`Value::map`].
    Map(Vec<(Value, Value)>),
    /// A struct: its fields in the order they were written.
    Struct(Vec<(Name, Value)>),
    /// A variant of an enum, with its payload unless it is a unit variant.
    Variant(Name, Option<Box<Value>>),
}

impl Value {
    /// Bytes that the value takes in memory, but for the names in it, which are shared.
    pub(crate) fn size(&self) -> usize {
        let inside = match self {
            Self::Unit | Self::Bool(_) | Self::Integer(_) | Self::F32(_) | Self::F64(_) => 0,
            Self::Char(_) | Self::None | Self::Variant(_, None) => 0,
            Self::String(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::Some(value) | Self::Variant(_, Some(value)) => value.size(),
            Self::Seq(values) => values.iter().map(Self::size).sum(),
            Self::Map(entries) => entries.iter().map(|(key, value)| key.size() + value.size()).sum(),
            Self::Struct(fields) => fields.iter().map(|(_, value)| size_of::<Name>() + value.size()).sum(),
        };
        size_of::<Self>() + inside
    }

    /// A map of these entries, brought into the order of their keys.
    ///
    /// Integers come first, in numeric order, then strings in the order of their bytes, then keys of other kinds in
    /// the order of their encoded bytes. Entries with equal keys stay in the order given. The order is that of the
    /// encoded bytes, so that a `HashMap` makes the same value whatever order it iterates in.
    ///
    /// ```
    /// # use playback_core::value::Value;
    /// let map = Value::map([("b".into(), 2.into()), ("a".into(), 1.into())]);
    /// assert_eq!(map.to_string(), r#"{"a": 1, "b": 2}"#);
    /// ```
    #[must_use]
    pub fn map(entries: impl IntoIterator<Item = (Value, Value)>) -> Value {
        let mut entries: Vec<_> = entries.into_iter().collect();
        entries.sort_by(|(a, _), (b, _)| compare_keys(a, b));
        Value::Map(entries)
    }

    /// A struct of these fields, in this order.
    #[must_use]
    pub fn fields_of<N: Into<Name>>(fields: impl IntoIterator<Item = (N, Value)>) -> Value {
        Value::Struct(fields.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }

    /// Whether this is the `Err` of a [`Result`].
    #[must_use]
    pub fn is_error(&self) -> bool {
        matches!(self, Value::Variant(name, Some(_)) if name == "Err")
    }

    /// The boolean, if this is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        if let Value::Bool(value) = self { Some(*value) } else { None }
    }

    /// The integer, if this is one.
    #[must_use]
    pub fn as_integer(&self) -> Option<Integer> {
        if let Value::Integer(value) = self { Some(*value) } else { None }
    }

    /// The integer, if this is one that fits a `u64`.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.as_integer()?.as_u64()
    }

    /// The integer, if this is one that fits an `i64`.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.as_integer()?.as_i64()
    }

    /// The float, if this is one of either width; an integer is none.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::F32(value) => Some(f64::from(*value)),
            Value::F64(value) => Some(*value),
            _ => None,
        }
    }

    /// The character, if this is one.
    #[must_use]
    pub fn as_char(&self) -> Option<char> {
        if let Value::Char(value) = self { Some(*value) } else { None }
    }

    /// The string, if this is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Value::String(value) = self { Some(value) } else { None }
    }

    /// The bytes, if this is [`Value::Bytes`].
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        if let Value::Bytes(value) = self { Some(value) } else { None }
    }

    /// The elements, if this is a sequence.
    #[must_use]
    pub fn as_seq(&self) -> Option<&[Value]> {
        if let Value::Seq(value) = self { Some(value) } else { None }
    }

    /// The entries in the order of their keys, if this is a map.
    #[must_use]
    pub fn as_map(&self) -> Option<&[(Value, Value)]> {
        if let Value::Map(value) = self { Some(value) } else { None }
    }

    /// The fields in the order they were written, if this is a struct.
    #[must_use]
    pub fn fields(&self) -> Option<&[(Name, Value)]> {
        if let Value::Struct(value) = self { Some(value) } else { None }
    }

    /// The name and the payload, if this is a variant.
    #[must_use]
    pub fn as_variant(&self) -> Option<(&str, Option<&Value>)> {
        if let Value::Variant(name, payload) = self { Some((name, payload.as_deref())) } else { None }
    }

    /// The value inside any number of present options; of anything else, itself.
    #[must_use]
    pub fn without_some(&self) -> &Value {
        let mut value = self;
        while let Value::Some(inner) = value {
            value = inner;
        }
        value
    }

    /// Where this kind of value stands among the others.
    fn rank(&self) -> u8 {
        match self {
            Value::Unit => 0,
            Value::Bool(_) => 1,
            Value::Integer(_) => 2,
            Value::F32(_) => 3,
            Value::F64(_) => 4,
            Value::Char(_) => 5,
            Value::String(_) => 6,
            Value::Bytes(_) => 7,
            Value::None => 8,
            Value::Some(_) => 9,
            Value::Seq(_) => 10,
            Value::Map(_) => 11,
            Value::Struct(_) => 12,
            Value::Variant(..) => 13,
        }
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
            (Value::Integer(a), Value::Integer(b)) => a.cmp(b),
            (Value::F32(a), Value::F32(b)) => canonical_f32(*a).total_cmp(&canonical_f32(*b)),
            (Value::F64(a), Value::F64(b)) => canonical_f64(*a).total_cmp(&canonical_f64(*b)),
            (Value::Char(a), Value::Char(b)) => a.cmp(b),
            (Value::String(a), Value::String(b)) => a.cmp(b),
            (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
            (Value::Some(a), Value::Some(b)) => a.cmp(b),
            (Value::Seq(a), Value::Seq(b)) => a.cmp(b),
            (Value::Map(a), Value::Map(b)) => a.cmp(b),
            (Value::Struct(a), Value::Struct(b)) => a.cmp(b),
            (Value::Variant(a, x), Value::Variant(b, y)) => a.cmp(b).then_with(|| x.cmp(y)),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        discriminant(self).hash(state);
        match self {
            Value::Unit | Value::None => {}
            Value::Bool(value) => value.hash(state),
            Value::Integer(value) => value.hash(state),
            Value::F32(value) => canonical_f32(*value).to_bits().hash(state),
            Value::F64(value) => canonical_f64(*value).to_bits().hash(state),
            Value::Char(value) => value.hash(state),
            Value::String(value) => value.hash(state),
            Value::Bytes(value) => value.hash(state),
            Value::Some(value) => value.hash(state),
            Value::Seq(value) => value.hash(state),
            Value::Map(value) => value.hash(state),
            Value::Struct(value) => value.hash(state),
            Value::Variant(name, payload) => (name, payload).hash(state),
        }
    }
}

macro_rules! from {
    ($($type:ty, $value:ident => $make:expr;)+) => {$(
        impl From<$type> for Value {
            fn from($value: $type) -> Self {
                $make
            }
        }
    )+};
}

from! {
    (), _unit => Value::Unit;
    bool, value => Value::Bool(value);
    Integer, value => Value::Integer(value);
    u8, value => Value::Integer(value.into());
    u16, value => Value::Integer(value.into());
    u32, value => Value::Integer(value.into());
    u64, value => Value::Integer(value.into());
    u128, value => Value::Integer(value.into());
    usize, value => Value::Integer(value.into());
    i8, value => Value::Integer(value.into());
    i16, value => Value::Integer(value.into());
    i32, value => Value::Integer(value.into());
    i64, value => Value::Integer(value.into());
    i128, value => Value::Integer(value.into());
    isize, value => Value::Integer(value.into());
    f32, value => Value::F32(canonical_f32(value));
    f64, value => Value::F64(canonical_f64(value));
    char, value => Value::Char(value);
    &str, value => Value::String(value.to_owned());
    String, value => Value::String(value);
    Vec<Value>, value => Value::Seq(value);
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(option: Option<T>) -> Self {
        option.map_or(Value::None, |value| Value::Some(Box::new(value.into())))
    }
}
