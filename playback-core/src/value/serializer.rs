//! The writer as serde's `Serializer`.

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::convert::decode_value;
use super::marks::{self, SECRET};
use super::write::{OpenSeq, Writer};
use super::write_map::OpenMap;
use super::write_struct::OpenStruct;
use super::{EncodeError, Segment, Value};

type Done = Result<(), EncodeError>;

macro_rules! leaves {
    ($($serialize:ident($type:ty) => $write:ident;)+) => {$(
        #[inline]
        fn $serialize(self, value: $type) -> Done {
            self.$write(value.into())
        }
    )+};
}

impl<'a> Serializer for &'a mut Writer<'static> {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = Elements<'a>;
    type SerializeTuple = Elements<'a>;
    type SerializeTupleStruct = Elements<'a>;
    type SerializeTupleVariant = InVariant<Elements<'a>>;
    type SerializeMap = Entries<'a>;
    type SerializeStruct = Fields<'a>;
    type SerializeStructVariant = InVariant<Fields<'a>>;

    leaves! {
        serialize_bool(bool) => bool;
        serialize_u8(u8) => unsigned;
        serialize_u16(u16) => unsigned;
        serialize_u32(u32) => unsigned;
        serialize_u64(u64) => unsigned;
        serialize_u128(u128) => integer;
        serialize_i8(i8) => signed;
        serialize_i16(i16) => signed;
        serialize_i32(i32) => signed;
        serialize_i64(i64) => signed;
        serialize_i128(i128) => integer;
        serialize_f32(f32) => f32;
        serialize_f64(f64) => f64;
        serialize_char(char) => char;
        serialize_str(&str) => str;
        serialize_bytes(&[u8]) => bytes;
    }

    #[inline]
    fn serialize_none(self) -> Done {
        self.none()
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Done {
        self.some()?;
        value.serialize(&mut *self)?;
        self.leave();
        Ok(())
    }

    #[inline]
    fn serialize_unit(self) -> Done {
        self.unit()
    }

    #[inline]
    fn serialize_unit_struct(self, _name: &'static str) -> Done {
        self.unit()
    }

    #[inline]
    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Done {
        self.unit_variant(variant)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Done {
        if self.marks && name == SECRET { secret(self, value) } else { value.serialize(self) }
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Done {
        self.variant(variant)?;
        value.serialize(&mut *self).map_err(|error| error.inside(Segment::Variant(variant.into())))?;
        self.leave();
        Ok(())
    }

    #[inline(always)]
    fn serialize_seq(self, len: Option<usize>) -> Result<Elements<'a>, EncodeError> {
        let seq = self.seq(len)?;
        Ok(Elements { writer: self, seq })
    }

    #[inline(always)]
    fn serialize_tuple(self, len: usize) -> Result<Elements<'a>, EncodeError> {
        self.serialize_seq(Some(len))
    }

    #[inline(always)]
    fn serialize_tuple_struct(self, _name: &'static str, len: usize) -> Result<Elements<'a>, EncodeError> {
        self.serialize_seq(Some(len))
    }

    #[inline(always)]
    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<InVariant<Elements<'a>>, EncodeError> {
        self.variant(variant)?;
        let seq = self.seq(Some(len))?;
        Ok(InVariant { container: Elements { writer: self, seq }, variant })
    }

    #[inline(always)]
    fn serialize_map(self, len: Option<usize>) -> Result<Entries<'a>, EncodeError> {
        let map = self.map(len)?;
        Ok(Entries { writer: self, map })
    }

    #[inline(always)]
    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Fields<'a>, EncodeError> {
        let open = self.open_struct(name, len)?;
        Ok(Fields { writer: self, open })
    }

    #[inline(always)]
    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<InVariant<Fields<'a>>, EncodeError> {
        self.variant(variant)?;
        let open = self.open_struct(variant, len)?;
        Ok(InVariant { container: Fields { writer: self, open }, variant })
    }
}

#[cold]
fn secret<T: Serialize + ?Sized>(writer: &mut Writer<'static>, value: &T) -> Done {
    marks::mark_secret();
    writer.marked = true;
    writer.variant(SECRET)?;
    value.serialize(&mut *writer)?;
    writer.leave();
    Ok(())
}

/// An open sequence or tuple.
pub(super) struct Elements<'a> {
    writer: &'a mut Writer<'static>,
    seq: OpenSeq,
}

impl Elements<'_> {
    #[inline(always)]
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        self.seq.element();
        let seq = self.seq;
        value.serialize(&mut *self.writer).map_err(|error| self.writer.inside_element(seq, error))
    }

    #[inline(always)]
    fn finish(self) -> Done {
        self.writer.end_seq(self.seq);
        Ok(())
    }
}

/// An open struct.
pub(super) struct Fields<'a> {
    writer: &'a mut Writer<'static>,
    open: OpenStruct<'static>,
}

impl Fields<'_> {
    #[inline(always)]
    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Done {
        self.writer.field(&mut self.open, name);
        value.serialize(&mut *self.writer).map_err(|error| inside_field(error, name))
    }

    #[inline(always)]
    fn finish(self) -> Done {
        self.writer.end_struct(&self.open);
        Ok(())
    }
}

#[cold]
fn inside_field(error: EncodeError, name: &'static str) -> EncodeError {
    error.inside(Segment::Field(name.into()))
}

/// An open payload of a variant: a tuple or a struct.
pub(super) struct InVariant<C> {
    container: C,
    variant: &'static str,
}

impl SerializeTupleVariant for InVariant<Elements<'_>> {
    type Ok = ();
    type Error = EncodeError;

    #[inline(always)]
    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        self.container.element(value).map_err(|error| error.inside(Segment::Variant(self.variant.into())))
    }

    #[inline(always)]
    fn end(self) -> Done {
        self.container.writer.leave();
        self.container.finish()
    }
}

impl SerializeStructVariant for InVariant<Fields<'_>> {
    type Ok = ();
    type Error = EncodeError;

    #[inline(always)]
    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Done {
        self.container.field(name, value).map_err(|error| error.inside(Segment::Variant(self.variant.into())))
    }

    #[inline(always)]
    fn end(self) -> Done {
        self.container.writer.leave();
        self.container.finish()
    }
}

/// An open map.
pub(super) struct Entries<'a> {
    writer: &'a mut Writer<'static>,
    map: OpenMap,
}

impl Entries<'_> {
    #[cold]
    #[inline(never)]
    fn inside_entry(writer: &Writer<'static>, map: OpenMap, error: EncodeError) -> EncodeError {
        let key = decode_value(writer.current_key(map)).unwrap_or(Value::Unit);
        error.inside(Segment::Key(key))
    }
}

impl SerializeMap for Entries<'_> {
    type Ok = ();
    type Error = EncodeError;

    #[inline(always)]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Done {
        self.writer.key(&mut self.map);
        key.serialize(&mut *self.writer)
    }

    #[inline(always)]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        self.writer.value(&mut self.map);
        let map = self.map;
        value.serialize(&mut *self.writer).map_err(|error| Self::inside_entry(self.writer, map, error))?;
        self.writer.end_entry(map);
        Ok(())
    }

    #[inline(always)]
    fn serialize_entry<K: Serialize + ?Sized, V: Serialize + ?Sized>(&mut self, key: &K, value: &V) -> Done {
        self.serialize_key(key)?;
        self.serialize_value(value)
    }

    #[inline(always)]
    fn end(self) -> Done {
        self.writer.end_map(self.map);
        Ok(())
    }
}

macro_rules! compound {
    ($($trait:ident for $type:ident: $method:ident($($name:ident: $name_type:ty)?) => $own:ident;)+) => {$(
        impl $trait for $type<'_> {
            type Ok = ();
            type Error = EncodeError;

            #[inline(always)]
            fn $method<T: Serialize + ?Sized>(&mut self, $($name: $name_type,)? value: &T) -> Done {
                self.$own($($name,)? value)
            }

            #[inline(always)]
            fn end(self) -> Done {
                self.finish()
            }
        }
    )+};
}

compound! {
    SerializeSeq for Elements: serialize_element() => element;
    SerializeTuple for Elements: serialize_element() => element;
    SerializeTupleStruct for Elements: serialize_field() => element;
    SerializeStruct for Fields: serialize_field(name: &'static str) => field;
}
