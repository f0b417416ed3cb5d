//! From bytes to types.

use serde::de::{Deserialize, Deserializer, Error as _, SeqAccess as _, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::access::{Elements, Entries, Fields, One, VariantReader};
use super::integer::Wide;
use super::read::{Head, Reader};
use super::tags::{BYTES, NONE, SEQ, SOME, UNIT};
use super::{DecodeError, Integer};

type Result<T> = std::result::Result<T, DecodeError>;

/// Decodes a value, which may borrow strings and bytes from the input.
///
/// The type need not be the one that was recorded. Beside what serde provides for (`default`, `alias`, unknown fields,
/// fields in another order) it may differ in these ways:
///
/// - an integer of another width, if the number fits; a float of the other width; a float for an integer that it
///   holds exactly
/// - `Option<T>` for `T`; `T` for a present `Option<T>`; an absent option for a unit
/// - a string for a unit variant and the reverse; a map of one entry for a variant with a payload
/// - a struct for a map with strings as keys and the reverse; a struct for a sequence of its fields
/// - a newtype for what is inside and the reverse; a tuple struct or variant that gained fields with a default, for a
///   newtype
/// - a variant that lost its payload, or gained fields that all have a default
/// - bytes for a sequence of `u8` and the reverse; a string for a character and the reverse
///
/// ```
/// # use playback_core::value::{decode, encode};
/// #[derive(serde::Serialize)]
/// struct Then { id: u32, name: &'static str }
/// #[derive(serde::Deserialize, Debug, PartialEq)]
/// struct Now<'a> { #[serde(alias = "name")] title: &'a str, id: Option<u64>, #[serde(default)] note: String }
///
/// let bytes = encode(&Then { id: 7, name: "a" })?;
/// assert_eq!(decode::<Now>(&bytes)?, Now { title: "a", id: Some(7), note: String::new() });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If the value does not fit the type, if the bytes are not exactly one encoded value, or if it is nested deeper than
/// [`MAX_DEPTH`](super::MAX_DEPTH). [`DecodeError::kind`] says which.
pub fn decode<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T> {
    let mut decoder = Decoder::new(bytes);
    let value = T::deserialize(&mut decoder)?;
    decoder.finish()?;
    Ok(value)
}

/// Decodes a value that is asked for through serde's [`Deserializer`], which `&mut Decoder` is.
///
/// [`decode`] is the short form; this one serves where the deserializer must be erased.
///
/// ```
/// # use playback_core::value::{Decoder, encode};
/// let bytes = encode(&(1, "a"))?;
/// let mut decoder = Decoder::new(&bytes);
/// let value: (u8, String) = erased_serde::deserialize(&mut <dyn erased_serde::Deserializer>::erase(&mut decoder))?;
/// decoder.finish()?;
/// assert_eq!(value, (1, "a".to_owned()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Decoder<'de> {
    pub(super) reader: Reader<'de>,
}

impl<'de> Decoder<'de> {
    /// A decoder of these bytes.
    #[must_use]
    pub fn new(bytes: &'de [u8]) -> Self {
        Decoder { reader: Reader::new(bytes) }
    }

    /// Checks that the bytes end where the value ends.
    ///
    /// # Errors
    /// If something follows.
    pub fn finish(&self) -> Result<()> {
        self.reader.finish()
    }

    /// The next value's head, the content's if it is a present option: what asks for a `T` takes a `Some(T)` too.
    #[inline]
    fn content(&mut self) -> Result<Head<'de>> {
        self.unwrap_some()?;
        self.reader.head()
    }

    #[inline]
    fn unwrap_some(&mut self) -> Result<()> {
        while self.reader.peek() == Some(SOME) {
            self.reader.head()?;
        }
        Ok(())
    }

    /// Gives the visitor what is there.
    fn visit<V: Visitor<'de>>(&mut self, head: Head<'de>, visitor: V) -> Result<V::Value> {
        match head {
            Head::Unit => visitor.visit_unit(),
            Head::Bool(value) => visitor.visit_bool(value),
            Head::Integer(value) => visit_unsigned(value, visitor),
            Head::F32(value) => visitor.visit_f32(value),
            Head::F64(value) => visitor.visit_f64(value),
            Head::Char(value) => visitor.visit_char(value),
            Head::Str(value) => visitor.visit_borrowed_str(value),
            Head::Bytes(value) => visitor.visit_borrowed_bytes(value),
            Head::None => visitor.visit_none(),
            Head::Some => self.visit_some(visitor),
            Head::Seq(count) => self.visit_seq(count, visitor),
            Head::Map(count) => self.visit_entries(count, visitor),
            Head::Struct(fields) => {
                self.reader.enter()?;
                let mut access = Fields::new(self, fields);
                let value = visitor.visit_map(&mut access)?;
                access.finish()?;
                self.reader.leave();
                self.reader.end_struct(fields);
                Ok(value)
            }
            // Buffers (`flatten`, `untagged`) have no variants of their own: they take a variant in JSON's form.
            Head::UnitVariant(name) => visitor.visit_borrowed_str(self.reader.name(name)),
            Head::Variant(name) => {
                self.reader.enter()?;
                let name = self.reader.name(name);
                let value = visitor.visit_map(VariantReader::new(self, name, true))?;
                self.reader.leave();
                Ok(value)
            }
        }
    }

    /// Gives the content of an option to a visitor that did not ask for an option. Only what could be mistaken for
    /// an absent option is passed on as an option, for the sake of buffers that an `Option<Option<T>>` is read from.
    fn visit_some<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        self.reader.enter()?;
        let value = match self.reader.peek() {
            Some(NONE | SOME | UNIT) => visitor.visit_some(&mut *self),
            _ => self.reader.head().and_then(|head| self.visit(head, visitor)),
        }?;
        self.reader.leave();
        Ok(value)
    }

    #[inline]
    fn visit_seq<V: Visitor<'de>>(&mut self, count: usize, visitor: V) -> Result<V::Value> {
        self.reader.enter()?;
        let mut access = Elements::new(self, count);
        let value = visitor.visit_seq(&mut access)?;
        access.finish()?;
        self.reader.leave();
        Ok(value)
    }

    fn visit_entries<V: Visitor<'de>>(&mut self, count: usize, visitor: V) -> Result<V::Value> {
        self.reader.enter()?;
        let mut access = Entries::new(self, count);
        let value = visitor.visit_map(&mut access)?;
        access.finish()?;
        self.reader.leave();
        Ok(value)
    }

    /// Reads a tuple's fields from a sequence, or its first field from anything else: it was a newtype then.
    pub(super) fn tuple_or_one<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        self.unwrap_some()?;
        match self.reader.peek() {
            Some(SEQ | BYTES) | None => self.deserialize_seq(visitor),
            Some(_) => visitor.visit_seq(One::new(self)),
        }
    }

    /// Reads an enum from what is not a variant but stands for one: a map or struct of one entry.
    fn visit_single<V: Visitor<'de>>(&mut self, head: Head<'de>, visitor: V) -> Result<V::Value> {
        match head {
            Head::Struct(fields) if fields.count == 1 => {
                self.reader.enter()?;
                let name = self.reader.name(fields.first);
                let value = visitor.visit_enum(VariantReader::new(self, name, true))?;
                self.reader.leave();
                self.reader.end_struct(fields);
                Ok(value)
            }
            Head::Map(1) => {
                self.reader.enter()?;
                let mark = self.reader.start_key();
                let name = match self.reader.head()? {
                    Head::Str(name) => name,
                    Head::UnitVariant(name) => self.reader.name(name),
                    _ => return Err(DecodeError::invalid_type(Unexpected::Map, &visitor)),
                };
                self.reader.end(mark);
                let value = visitor.visit_enum(VariantReader::new(self, name, true))?;
                self.reader.end(mark);
                self.reader.leave();
                Ok(value)
            }
            head => self.visit(head, visitor),
        }
    }
}

fn visit_unsigned<'de, V: Visitor<'de>>(value: Integer, visitor: V) -> Result<V::Value> {
    match value.as_u64() {
        Some(value) => visitor.visit_u64(value),
        None => visit_wide(value, visitor),
    }
}

fn visit_signed<'de, V: Visitor<'de>>(value: Integer, visitor: V) -> Result<V::Value> {
    match value.as_i64() {
        Some(value) => visitor.visit_i64(value),
        None => visit_unsigned(value, visitor),
    }
}

fn visit_unsigned_128<'de, V: Visitor<'de>>(value: Integer, visitor: V) -> Result<V::Value> {
    match value.as_u128() {
        Some(value) => visitor.visit_u128(value),
        None => visit_wide(value, visitor),
    }
}

fn visit_signed_128<'de, V: Visitor<'de>>(value: Integer, visitor: V) -> Result<V::Value> {
    match value.as_i128() {
        Some(value) => visitor.visit_i128(value),
        None => visit_wide(value, visitor),
    }
}

/// Gives the visitor a number that is not of the kind it asked for, as the narrowest that holds it.
#[cold]
fn visit_wide<'de, V: Visitor<'de>>(value: Integer, visitor: V) -> Result<V::Value> {
    match (value.as_i64(), value.wide()) {
        (Some(value), _) => visitor.visit_i64(value),
        (None, Wide::Negative(value)) => visitor.visit_i128(value),
        (None, Wide::Unsigned(value)) => visitor.visit_u128(value),
    }
}

fn visit_f32<'de, V: Visitor<'de>>(value: Integer, visitor: V) -> Result<V::Value> {
    visitor.visit_f32(
        value.exact_f32().ok_or_else(|| out_of_range(value, "a float of 32 bits that holds it exactly"))?,
    )
}

fn visit_f64<'de, V: Visitor<'de>>(value: Integer, visitor: V) -> Result<V::Value> {
    visitor.visit_f64(
        value.exact_f64().ok_or_else(|| out_of_range(value, "a float of 64 bits that holds it exactly"))?,
    )
}

#[cold]
fn out_of_range(value: Integer, expected: &str) -> DecodeError {
    DecodeError::mismatch(format!("expected {expected}, found integer {value}"))
}

macro_rules! integers {
    ($($deserialize:ident => $visit:ident;)+) => {$(
        #[inline]
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            match self.content()? {
                Head::Integer(value) => $visit(value, visitor),
                head => self.visit(head, visitor),
            }
        }
    )+};
}

macro_rules! small_integers {
    ($($deserialize:ident => $visit:ident;)+) => {$(
        #[inline]
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            if let Some(small) = self.reader.small_unsigned() {
                return visitor.visit_u64(u64::from(small));
            }
            match self.content()? {
                Head::Integer(value) => $visit(value, visitor),
                head => self.visit(head, visitor),
            }
        }
    )+};
}

macro_rules! contents {
    ($($deserialize:ident;)+) => {$(
        #[inline]
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            let head = self.content()?;
            self.visit(head, visitor)
        }
    )+};
}

impl<'de> Deserializer<'de> for &mut Decoder<'de> {
    type Error = DecodeError;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let head = self.reader.head()?;
        self.visit(head, visitor)
    }

    small_integers! {
        deserialize_u8 => visit_unsigned;
        deserialize_u16 => visit_unsigned;
        deserialize_u32 => visit_unsigned;
        deserialize_u64 => visit_unsigned;
        deserialize_i8 => visit_signed;
        deserialize_i16 => visit_signed;
        deserialize_i32 => visit_signed;
        deserialize_i64 => visit_signed;
    }

    integers! {
        deserialize_u128 => visit_unsigned_128;
        deserialize_i128 => visit_signed_128;
        deserialize_f32 => visit_f32;
        deserialize_f64 => visit_f64;
    }

    contents! {
        deserialize_bool;
        deserialize_char;
        deserialize_str;
        deserialize_string;
        deserialize_unit;
        deserialize_map;
    }

    forward_to_deserialize_any! { identifier }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let head = self.content()?;
        self.visit(head, visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_bytes(visitor)
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.reader.peek() {
            // A unit is what an absent option becomes on its way through `serde_json::Value`.
            Some(NONE | UNIT) => {
                self.reader.head()?;
                visitor.visit_none()
            }
            tag => {
                if tag == Some(SOME) {
                    self.reader.head()?;
                }
                // Counted also where nothing is read, or a type that is an option of itself would never end.
                self.reader.enter()?;
                let value = visitor.visit_some(&mut *self)?;
                self.reader.leave();
                Ok(value)
            }
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value> {
        self.deserialize_unit(visitor)
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        if name.starts_with("$serde_json::private::") {
            // A `RawValue` asks for a newtype but wrote a struct.
            return self.deserialize_any(visitor);
        }
        visitor.visit_newtype_struct(self)
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.content()? {
            Head::Seq(count) => self.visit_seq(count, visitor),
            Head::Bytes(bytes) => {
                let mut access = serde::de::value::SeqDeserializer::new(bytes.iter().copied());
                let value = visitor.visit_seq(&mut access)?;
                match access.next_element::<serde::de::IgnoredAny>()? {
                    None => Ok(value),
                    Some(_) => {
                        Err(DecodeError::mismatch(format!("expected fewer bytes, found {}", bytes.len())))
                    }
                }
            }
            head => self.visit(head, visitor),
        }
    }

    #[inline]
    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value> {
        self.tuple_or_one(visitor)
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.content()? {
            Head::UnitVariant(name) => {
                let name = self.reader.name(name);
                visitor.visit_enum(VariantReader::new(self, name, false))
            }
            Head::Str(name) => visitor.visit_enum(VariantReader::new(self, name, false)),
            Head::Variant(name) => {
                self.reader.enter()?;
                let name = self.reader.name(name);
                let value = visitor.visit_enum(VariantReader::new(self, name, true))?;
                self.reader.leave();
                Ok(value)
            }
            head => self.visit_single(head, visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.reader.skip()?;
        visitor.visit_unit()
    }
}
