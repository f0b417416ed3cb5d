//! The containers as serde asks for them.
//!
//! `room` is for how many elements memory may be set aside: see [`Reader::claim`](super::read::Reader::claim).

use serde::de::value::{BorrowedStrDeserializer, UnitDeserializer};
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};

use super::convert::decode_value;
use super::read::{self, Mark};
use super::{DecodeError, Decoder, Segment};

type Result<T> = std::result::Result<T, DecodeError>;

pub(super) struct Elements<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    next: usize,
    count: usize,
    room: usize,
}

impl<'a, 'de> Elements<'a, 'de> {
    #[inline]
    pub(super) fn new(decoder: &'a mut Decoder<'de>, count: usize, room: usize) -> Self {
        Elements { decoder, next: 0, count, room }
    }

    #[inline]
    pub(super) fn finish(&self) -> Result<()> {
        all_read(self.next, self.count)
    }
}

impl<'de> SeqAccess<'de> for &mut Elements<'_, 'de> {
    type Error = DecodeError;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        if self.next == self.count {
            return Ok(None);
        }
        let index = self.next;
        self.next += 1;
        seed.deserialize(&mut *self.decoder).map(Some).map_err(|error| error.inside(Segment::Index(index)))
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.room.min(self.count - self.next))
    }
}

/// A value as the only element of a sequence.
pub(super) struct One<'a, 'de> {
    decoder: Option<&'a mut Decoder<'de>>,
}

impl<'a, 'de> One<'a, 'de> {
    pub(super) fn new(decoder: &'a mut Decoder<'de>) -> Self {
        One { decoder: Some(decoder) }
    }
}

impl<'de> SeqAccess<'de> for One<'_, 'de> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        self.decoder.take().map(|decoder| seed.deserialize(decoder)).transpose()
    }
}

pub(super) struct Fields<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    /// Places of names.
    next: usize,
    end: usize,
    room: usize,
}

impl<'a, 'de> Fields<'a, 'de> {
    #[inline]
    pub(super) fn new(decoder: &'a mut Decoder<'de>, fields: read::Fields, room: usize) -> Self {
        Fields { decoder, next: fields.first, end: fields.first + fields.count, room }
    }

    #[inline]
    pub(super) fn finish(&self) -> Result<()> {
        all_read(self.next, self.end)
    }
}

impl<'de> MapAccess<'de> for &mut Fields<'_, 'de> {
    type Error = DecodeError;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        if self.next == self.end {
            return Ok(None);
        }
        seed.deserialize(BorrowedStrDeserializer::new(self.decoder.reader.name(self.next))).map(Some)
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value> {
        let place = self.next;
        self.next += 1;
        seed.deserialize(&mut *self.decoder)
            .map_err(|error| error.inside(Segment::Field(self.decoder.reader.name(place).into())))
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.room.min(self.end - self.next))
    }
}

pub(super) struct Entries<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    next: usize,
    count: usize,
    room: usize,
    /// The input from the current key on.
    key: &'de [u8],
    mark: Option<Mark>,
}

impl<'a, 'de> Entries<'a, 'de> {
    pub(super) fn new(decoder: &'a mut Decoder<'de>, count: usize, room: usize) -> Self {
        Entries { decoder, next: 0, count, room, key: &[], mark: None }
    }

    pub(super) fn finish(&self) -> Result<()> {
        all_read(self.next, self.count)
    }

    /// The error seen from outside this entry. Where the entry is inside a key, that key will name the place: naming
    /// each key inside it as well would make the path larger than the input, by as much as keys are nested.
    #[cold]
    fn inside_entry(&self, error: DecodeError) -> DecodeError {
        if self.mark.is_some_and(Mark::in_key) {
            return error;
        }
        // The input may go wrong before the key's end, so that there is no telling which entry it is.
        let mut reader = read::Reader::new(self.key);
        let end = reader.skip().map(|()| self.key.len() - reader.rest().len());
        match end.ok().and_then(|end| self.key.get(..end)).and_then(|key| decode_value(key).ok()) {
            Some(key) => error.inside(Segment::Key(key)),
            None => error,
        }
    }
}

impl<'de> MapAccess<'de> for &mut Entries<'_, 'de> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        if self.next == self.count {
            return Ok(None);
        }
        self.next += 1;
        self.key = self.decoder.reader.rest();
        let mark = self.decoder.reader.start_key();
        self.mark = Some(mark);
        let key = seed.deserialize(&mut *self.decoder).map_err(|error| self.inside_entry(error))?;
        self.decoder.reader.end(mark);
        Ok(Some(key))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value> {
        let value = seed.deserialize(&mut *self.decoder).map_err(|error| self.inside_entry(error))?;
        if let Some(mark) = self.mark.take() {
            self.decoder.reader.end(mark);
        }
        Ok(value)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.room.min(self.count - self.next))
    }
}

/// A variant whose header is read; the payload, if there is one, comes next.
pub(super) struct VariantReader<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    name: &'de str,
    state: State,
}

#[derive(PartialEq, Eq)]
enum State {
    Unit,
    Payload,
    /// The payload was handed out as the value of a map.
    Done,
}

impl<'a, 'de> VariantReader<'a, 'de> {
    pub(super) fn new(decoder: &'a mut Decoder<'de>, name: &'de str, payload: bool) -> Self {
        VariantReader { decoder, name, state: if payload { State::Payload } else { State::Unit } }
    }

    fn payload<T>(self, read: impl FnOnce(&mut Decoder<'de>) -> Result<T>) -> Result<T> {
        read(self.decoder).map_err(|error| error.inside(Segment::Variant(self.name.into())))
    }
}

impl<'de> EnumAccess<'de> for VariantReader<'_, 'de> {
    type Error = DecodeError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self)> {
        Ok((seed.deserialize(BorrowedStrDeserializer::new(self.name))?, self))
    }
}

impl<'de> VariantAccess<'de> for VariantReader<'_, 'de> {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<()> {
        match self.state {
            // A variant that lost its payload, or an unknown one that `serde(other)` stands for.
            State::Payload => self.payload(|decoder| decoder.reader.skip()),
            _ => Ok(()),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value> {
        match self.state {
            State::Payload => self.payload(|decoder| seed.deserialize(decoder)),
            _ => seed.deserialize(UnitDeserializer::new()),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value> {
        match self.state {
            State::Payload => self.payload(|decoder| decoder.tuple_or_one(visitor)),
            _ => visitor.visit_seq(Nothing),
        }
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.state {
            State::Payload => self.payload(|decoder| decoder.deserialize_struct("", fields, visitor)),
            _ => visitor.visit_map(Nothing),
        }
    }
}

/// The variant in the form that JSON has for it: a map of one entry.
impl<'de> MapAccess<'de> for VariantReader<'_, 'de> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        match self.state {
            State::Payload => seed.deserialize(BorrowedStrDeserializer::new(self.name)).map(Some),
            _ => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value> {
        self.state = State::Done;
        seed.deserialize(&mut *self.decoder).map_err(|error| error.inside(Segment::Variant(self.name.into())))
    }
}

/// The fields of a variant that had none when it was recorded.
struct Nothing;

impl<'de> SeqAccess<'de> for Nothing {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, _seed: T) -> Result<Option<T::Value>> {
        Ok(None)
    }
}

impl<'de> MapAccess<'de> for Nothing {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, _seed: K) -> Result<Option<K::Value>> {
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value> {
        seed.deserialize(UnitDeserializer::new())
    }
}

/// A visitor that is done before the container is would leave the rest to be misread.
#[inline]
fn all_read(read: usize, count: usize) -> Result<()> {
    if read == count { Ok(()) } else { Err(too_many(count - read)) }
}

#[cold]
fn too_many(more: usize) -> DecodeError {
    DecodeError::mismatch(format!("found {more} more than expected"))
}
