//! What a value gives to the visitor that asks for it.

use serde::de::{Deserializer, Error as _, Unexpected, Visitor};

use super::access::{Elements, Entries, Fields, One, VariantReader};
use super::integer::Wide;
use super::read::{self, Head};
use super::tags::{BYTES, NONE, SEQ, SMALL_MAP, SMALL_SEQ, SOME, UNIT};
use super::{DecodeError, Decoder, Integer};

type Result<T> = std::result::Result<T, DecodeError>;

impl<'de> Decoder<'de> {
    /// The next value's head, the content's if it is a present option: what asks for a `T` takes a `Some(T)` too.
    #[inline]
    pub(super) fn content(&mut self) -> Result<Head<'de>> {
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
    pub(super) fn visit<V: Visitor<'de>>(&mut self, head: Head<'de>, visitor: V) -> Result<V::Value> {
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
            Head::Struct(fields) => self.visit_fields(fields, visitor),
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
    pub(super) fn visit_seq<V: Visitor<'de>>(&mut self, count: usize, visitor: V) -> Result<V::Value> {
        self.reader.enter()?;
        let room = self.reader.claim(count);
        let mut access = Elements::new(self, count, room);
        let value = visitor.visit_seq(&mut access);
        let finished = access.finish();
        self.left(room, value, finished)
    }

    #[inline]
    pub(super) fn visit_fields<V: Visitor<'de>>(
        &mut self,
        fields: read::Fields,
        visitor: V,
    ) -> Result<V::Value> {
        self.reader.enter()?;
        let room = self.reader.claim(fields.count);
        let mut access = Fields::new(self, fields, room);
        let value = visitor.visit_map(&mut access);
        let finished = access.finish();
        self.reader.end_struct(fields);
        self.left(room, value, finished)
    }

    #[inline]
    pub(super) fn visit_entries<V: Visitor<'de>>(&mut self, count: usize, visitor: V) -> Result<V::Value> {
        self.reader.enter()?;
        let room = self.reader.claim(2 * count);
        let mut access = Entries::new(self, count, room / 2);
        let value = visitor.visit_map(&mut access);
        let finished = access.finish();
        self.left(room, value, finished)
    }

    /// What a container gave, handed on in its place: a large value is not moved once more.
    #[inline]
    fn left<T>(&mut self, room: usize, value: Result<T>, finished: Result<()>) -> Result<T> {
        self.reader.release(room);
        self.reader.leave();
        match finished {
            Err(error) if value.is_ok() => Err(error),
            _ => value,
        }
    }

    /// Reads a tuple's fields from a sequence, or its first field from anything else: it was a newtype then.
    pub(super) fn tuple_or_one<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        self.unwrap_some()?;
        match self.reader.peek() {
            Some(SEQ | SMALL_SEQ..SMALL_MAP | BYTES) | None => self.deserialize_seq(visitor),
            Some(_) => visitor.visit_seq(One::new(self)),
        }
    }

    /// Reads an enum from what is not a variant but stands for one: a map or struct of one entry.
    pub(super) fn visit_single<V: Visitor<'de>>(&mut self, head: Head<'de>, visitor: V) -> Result<V::Value> {
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

pub(super) fn visit_unsigned<'de, V: Visitor<'de>>(value: Integer, visitor: V) -> Result<V::Value> {
    match value.as_u64() {
        Some(value) => visitor.visit_u64(value),
        None => visit_wide(value, visitor),
    }
}

pub(super) fn visit_signed<'de, V: Visitor<'de>>(value: Integer, visitor: V) -> Result<V::Value> {
    match value.as_i64() {
        Some(value) => visitor.visit_i64(value),
        None => visit_unsigned(value, visitor),
    }
}

pub(super) fn visit_unsigned_128<'de, V: Visitor<'de>>(value: Integer, visitor: V) -> Result<V::Value> {
    match value.as_u128() {
        Some(value) => visitor.visit_u128(value),
        None => visit_wide(value, visitor),
    }
}

pub(super) fn visit_signed_128<'de, V: Visitor<'de>>(value: Integer, visitor: V) -> Result<V::Value> {
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

pub(super) fn visit_f32<'de, V: Visitor<'de>>(value: Integer, visitor: V) -> Result<V::Value> {
    visitor.visit_f32(
        value.exact_f32().ok_or_else(|| out_of_range(value, "a float of 32 bits that holds it exactly"))?,
    )
}

pub(super) fn visit_f64<'de, V: Visitor<'de>>(value: Integer, visitor: V) -> Result<V::Value> {
    visitor.visit_f64(
        value.exact_f64().ok_or_else(|| out_of_range(value, "a float of 64 bits that holds it exactly"))?,
    )
}

#[cold]
fn out_of_range(value: Integer, expected: &str) -> DecodeError {
    DecodeError::mismatch(format!("expected {expected}, found integer {value}"))
}
