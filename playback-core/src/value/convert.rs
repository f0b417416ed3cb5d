//! Between trees, bytes and types.
//!
//! There is one encoder and one decoder of types, and it is the bytes they write and read: what a type looks like as
//! a tree is what its bytes say, and a tree reads as a type by way of its bytes.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::order::{KeyOrder, compare_keys};
use super::read::{Head, Reader};
use super::tags::{DEFINE_VARIANT, canonical_f32, canonical_f64};
use super::write::Writer;
use super::write_struct::hint;
use super::{DecodeError, EncodeError, Name, Segment, Value, decode, encode};

impl Value {
    /// The value of anything that serializes.
    ///
    /// # Errors
    /// If the type's `Serialize` refuses, or the value is nested deeper than [`MAX_DEPTH`](super::MAX_DEPTH).
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Value, EncodeError> {
        let bytes = encode(value)?;
        // What was just encoded can be decoded.
        decode_value(&bytes).map_err(serde::ser::Error::custom)
    }

    /// The value as a type, which need not be the one it was recorded from: see [`decode`] for what may have changed.
    ///
    /// ```
    /// # use playback_core::value::Value;
    /// let value = Value::of(&[("qty", 3)])?;
    /// assert_eq!(value.to::<Vec<(String, u8)>>()?, [("qty".to_owned(), 3)]);
    /// let error = value.to::<Vec<(String, bool)>>().unwrap_err();
    /// assert_eq!(error.to_string(), "[0][1]: expected a boolean, found integer 3");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the value does not fit the type, or is nested deeper than [`MAX_DEPTH`](super::MAX_DEPTH).
    pub fn to<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        let mut bytes = Vec::new();
        self.encode_into(&mut bytes).map_err(|_| DecodeError::too_deep())?;
        decode(&bytes)
    }

    /// Appends the encoding of this value: the same bytes that its type would be encoded to.
    ///
    /// # Errors
    /// If the value is nested deeper than [`MAX_DEPTH`](super::MAX_DEPTH); `out` is then as it was before.
    pub fn encode_into(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        Writer::default().append(out, |writer| write(writer, self))
    }
}

/// Decodes to a tree, without the type.
///
/// # Errors
/// If the bytes are not exactly one encoded value, or it is nested deeper than [`MAX_DEPTH`](super::MAX_DEPTH).
pub fn decode_value(bytes: &[u8]) -> Result<Value, DecodeError> {
    let mut builder = Builder { reader: Reader::new(bytes), names: Vec::new() };
    let value = builder.value()?;
    builder.reader.finish()?;
    Ok(value)
}

/// Whether encoded bytes are the `Err` of a [`Result`], as [`Value::is_error`]; looks at the first few bytes only.
///
/// ```
/// # use playback_core::value::{encode, is_error};
/// assert!(is_error(&encode(&Err::<(), _>("no such customer"))?));
/// assert!(!is_error(&encode(&Ok::<_, ()>("found"))?));
/// # Ok::<(), playback_core::value::EncodeError>(())
/// ```
#[must_use]
pub fn is_error(bytes: &[u8]) -> bool {
    // Of a struct the head has all names.
    if bytes.first() != Some(&DEFINE_VARIANT) {
        return false;
    }
    let mut reader = Reader::new(bytes);
    matches!(reader.head(), Ok(Head::Variant(name)) if reader.name(name) == "Err")
}

fn write<'v>(writer: &mut Writer<'v>, value: &'v Value) -> Result<(), EncodeError> {
    match value {
        Value::Unit => writer.unit()?,
        Value::Bool(value) => writer.bool(*value)?,
        Value::Integer(value) => writer.integer(*value)?,
        Value::F32(value) => writer.f32(*value)?,
        Value::F64(value) => writer.f64(*value)?,
        Value::Char(value) => writer.char(*value)?,
        Value::String(value) => writer.str(value)?,
        Value::Bytes(value) => writer.bytes(value)?,
        Value::None => writer.none()?,
        Value::Some(value) => {
            writer.some()?;
            write(writer, value)?;
            writer.leave();
        }
        Value::Seq(elements) => {
            let mut seq = writer.seq(Some(elements.len()))?;
            for element in elements {
                seq.element();
                write(writer, element).map_err(|error| writer.inside_element(seq, error))?;
            }
            writer.end_seq(seq);
        }
        Value::Map(entries) => {
            let mut map = writer.map(Some(entries.len()))?;
            for (key, value) in entries {
                writer.key(&mut map);
                write(writer, key)?;
                writer.value(&mut map);
                write(writer, value).map_err(|error| error.inside(Segment::Key(key.clone())))?;
                writer.end_entry(map);
            }
            writer.end_map(map);
        }
        Value::Struct(fields) => {
            let mut open = writer.open_struct(hint(fields), fields.len())?;
            for (name, value) in fields {
                writer.field(&mut open, name);
                write(writer, value).map_err(|error| error.inside(Segment::Field(name.clone())))?;
            }
            writer.end_struct(&open);
        }
        Value::Variant(name, None) => writer.unit_variant(name)?,
        Value::Variant(name, Some(payload)) => {
            writer.variant(name)?;
            write(writer, payload).map_err(|error| error.inside(Segment::Variant(name.clone())))?;
            writer.leave();
        }
    }
    Ok(())
}

struct Builder<'de> {
    reader: Reader<'de>,
    /// Names already made, by their place in the reader.
    names: Vec<Option<Name>>,
}

impl Builder<'_> {
    fn value(&mut self) -> Result<Value, DecodeError> {
        Ok(match self.reader.head()? {
            Head::Unit => Value::Unit,
            Head::Bool(value) => Value::Bool(value),
            Head::Integer(value) => Value::Integer(value),
            Head::F32(value) => Value::F32(canonical_f32(value)),
            Head::F64(value) => Value::F64(canonical_f64(value)),
            Head::Char(value) => Value::Char(value),
            Head::Str(value) => Value::String(value.to_owned()),
            Head::Bytes(value) => Value::Bytes(value.to_owned()),
            Head::None => Value::None,
            Head::Some => Value::Some(Box::new(self.nested(Self::value)?)),
            Head::Seq(count) => self.nested(|builder| builder.seq(count))?,
            Head::Map(count) => self.nested(|builder| builder.map(count))?,
            Head::Struct(fields) => {
                let value = self.nested(|builder| builder.fields(fields.first, fields.count))?;
                self.reader.end_struct(fields);
                value
            }
            Head::UnitVariant(name) => Value::Variant(self.name(name), None),
            Head::Variant(name) => {
                let name = self.name(name);
                let payload =
                    self.nested(Self::value).map_err(|error| error.inside(Segment::Variant(name.clone())))?;
                Value::Variant(name, Some(Box::new(payload)))
            }
        })
    }

    fn seq(&mut self, count: usize) -> Result<Value, DecodeError> {
        let room = self.reader.claim(count);
        let mut elements = Vec::with_capacity(room);
        for index in 0..count {
            elements.push(self.value().map_err(|error| error.inside(Segment::Index(index)))?);
        }
        self.reader.release(room);
        Ok(Value::Seq(elements))
    }

    fn map(&mut self, count: usize) -> Result<Value, DecodeError> {
        let room = self.reader.claim(2 * count);
        let mut entries = Vec::with_capacity(room / 2);
        let (mut sorted, mut by_bytes) = (true, false);
        let mut before = None;
        for _ in 0..count {
            let start = self.reader.rest();
            let mark = self.reader.start_key();
            let key = self.value()?;
            self.reader.end(mark);
            let bytes = start.get(..start.len() - self.reader.rest().len()).unwrap_or_default();
            let order = KeyOrder::of(bytes);
            by_bytes |= matches!(order, KeyOrder::Other(_));
            let order = Some(order);
            sorted &= before <= order;
            before = order;
            let value = self.value().map_err(|error| error.inside(Segment::Key(key.clone())))?;
            self.reader.end(mark);
            entries.push((key, value));
        }
        self.reader.release(room);
        if by_bytes {
            // Someone else may have written a key in other bytes than it has here.
            sorted = entries.is_sorted_by(|(one, _), (other, _)| compare_keys(one, other).is_le());
        }
        // Only bytes that someone else wrote can be out of order.
        Ok(if sorted { Value::Map(entries) } else { Value::map(entries) })
    }

    fn fields(&mut self, first: usize, count: usize) -> Result<Value, DecodeError> {
        let room = self.reader.claim(count);
        let mut fields = Vec::with_capacity(room);
        for place in first..first + count {
            let name = self.name(place);
            let value = self.value().map_err(|error| error.inside(Segment::Field(name.clone())))?;
            fields.push((name, value));
        }
        self.reader.release(room);
        Ok(Value::Struct(fields))
    }

    /// The name at this place of the reader's list, shared with all values that refer to it.
    fn name(&mut self, place: usize) -> Name {
        let text = self.reader.name(place);
        if self.names.len() <= place {
            self.names.resize(place + 1, None);
        }
        match self.names.get_mut(place) {
            // A place is used again when the shapes of an entry of a map are forgotten.
            Some(Some(name)) if *name == text => name.clone(),
            Some(slot) => slot.insert(text.into()).clone(),
            None => text.into(),
        }
    }

    fn nested<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        self.reader.enter()?;
        let result = read(self);
        self.reader.leave();
        result
    }
}
