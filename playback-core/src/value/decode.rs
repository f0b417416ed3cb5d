//! From bytes to types.

use serde::de::{Deserialize, Deserializer, SeqAccess as _, Visitor};
use serde::forward_to_deserialize_any;

use super::DecodeError;
use super::access::VariantReader;
use super::read::{Head, Reader};
use super::tags::{NONE, SOME, UNIT};
use super::visit::{
    visit_f32, visit_f64, visit_signed, visit_signed_128, visit_unsigned, visit_unsigned_128,
};

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
            if let Some(value) = self.reader.unsigned() {
                return visitor.visit_u64(value);
            }
            match self.content()? {
                Head::Integer(value) => $visit(value, visitor),
                head => self.visit(head, visitor),
            }
        }
    )+};
}

macro_rules! strings {
    ($($deserialize:ident;)+) => {$(
        #[inline]
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            if let Some(small) = self.reader.small_str() {
                return visitor.visit_borrowed_str(small);
            }
            let head = self.content()?;
            self.visit(head, visitor)
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
    }

    strings! {
        deserialize_str;
        deserialize_string;
    }

    contents! {
        deserialize_bool;
        deserialize_char;
        deserialize_unit;
    }

    #[inline]
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if let Some(count) = self.reader.small_map() {
            return self.visit_entries(count, visitor);
        }
        let head = self.content()?;
        self.visit(head, visitor)
    }

    forward_to_deserialize_any! { identifier }

    #[inline]
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if let Some(value) = self.reader.f64() {
            return visitor.visit_f64(value);
        }
        match self.content()? {
            Head::Integer(value) => visit_f64(value, visitor),
            head => self.visit(head, visitor),
        }
    }

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
        if let Some(count) = self.reader.small_seq() {
            return self.visit_seq(count, visitor);
        }
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
        if let Some(fields) = self.reader.small_struct() {
            return self.visit_fields(fields, visitor);
        }
        if let Some(fields) = self.reader.new_small_struct() {
            return self.visit_fields(fields?, visitor);
        }
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
