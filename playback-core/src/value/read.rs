//! Reading the bytes.

use super::few::Few;
use super::tags::{
    BYTES, CHAR, DEFINE_STRUCT, DEFINE_UNIT_VARIANT, DEFINE_VARIANT, F32, F64, FALSE, MAP, NEGATIVE,
    NEGATIVE_128, NONE, SEQ, SHAPE, SHORT_F64, SMALL_MAP, SMALL_SEQ, SMALL_SHAPE, SMALL_STRING, SMALL_STRUCT,
    SMALL_UNSIGNED, SOME, STRING, TRUE, UNIT, UNSIGNED, UNSIGNED_128, UNUSED, upper_half,
};
use super::{DecodeError, Integer, MAX_DEPTH};

type Result<T> = std::result::Result<T, DecodeError>;

/// How many names and shapes need no memory of their own: as many as most values have.
const COMMON_NAMES: usize = 24;
const COMMON_SHAPES: usize = 6;

/// Reads values front to back.
#[derive(Debug)]
pub(super) struct Reader<'de> {
    pub(super) rest: &'de [u8],
    /// How long the input was.
    pub(super) len: usize,
    depth: usize,
    /// How many of the bytes that follow are taken for elements of the containers being read.
    claimed: usize,
    /// The names of all shapes that are defined, numbered or being defined.
    pub(super) names: Few<&'de str, COMMON_NAMES>,
    pub(super) shapes: Few<Shape, COMMON_SHAPES>,
    /// Shapes whose names are long, and how many bytes these take together.
    pub(super) long: Vec<(Shape, usize)>,
    /// How many bytes of such names were repeated.
    pub(super) repeated: usize,
    /// The number 0 stands here among the shapes: a key sees no shapes from before it.
    pub(super) base: usize,
    /// Whether what is read is a key, or inside one.
    in_key: bool,
}

/// A numbered shape; names are places in the reader's list.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Shape {
    /// None that was defined.
    #[default]
    Unknown,
    Struct {
        first: usize,
        count: usize,
    },
    UnitVariant(usize),
    Variant(usize),
    /// One of the long ones, of which it is counted how often they are referred to.
    Long(usize),
}

/// What a value starts with: all of a leaf, and of a container what comes before the values inside.
#[derive(Debug)]
pub(super) enum Head<'de> {
    Unit,
    Bool(bool),
    Integer(Integer),
    F32(f32),
    F64(f64),
    Char(char),
    Str(&'de str),
    Bytes(&'de [u8]),
    None,
    Some,
    Seq(usize),
    Map(usize),
    Struct(Fields),
    UnitVariant(usize),
    Variant(usize),
}

/// The names of a struct that is being read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    pub(super) first: usize,
    pub(super) count: usize,
    /// How many bytes the names take, if they stand here and are not those of a struct before.
    pub(super) defined: Option<usize>,
}

#[cfg(feature = "redaction")]
impl Fields {
    /// Whether the names stand here, and are not those of a struct before.
    pub(super) fn defines(self) -> bool {
        self.defined.is_some()
    }
}

/// What is visible at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    base: usize,
    shapes: usize,
    names: usize,
    in_key: bool,
}

impl Mark {
    /// Whether the entry as a whole is inside a key.
    pub(super) fn in_key(self) -> bool {
        self.in_key
    }
}

impl<'de> Reader<'de> {
    #[inline]
    pub(super) fn new(input: &'de [u8]) -> Self {
        Reader {
            rest: input,
            len: input.len(),
            depth: 0,
            claimed: 0,
            names: Few::new(),
            shapes: Few::new(),
            long: Vec::new(),
            repeated: 0,
            base: 0,
            in_key: false,
        }
    }

    /// What has not been read.
    pub(super) fn rest(&self) -> &'de [u8] {
        self.rest
    }

    pub(super) fn finish(&self) -> Result<()> {
        match self.rest.len() {
            0 => Ok(()),
            1 => Err(self.corrupt("1 byte too many follows the value")),
            more => Err(self.corrupt(&format!("{more} bytes too many follow the value"))),
        }
    }

    /// The next value's tag, if there is one.
    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Reads a value up to the values inside it.
    pub(super) fn head(&mut self) -> Result<Head<'de>> {
        Ok(match self.byte()? {
            tag @ SMALL_SEQ..SMALL_MAP => Head::Seq(self.there(usize::from(tag - SMALL_SEQ), 1)?),
            tag @ SMALL_MAP..SMALL_STRUCT => Head::Map(self.there(usize::from(tag - SMALL_MAP), 2)?),
            tag @ SMALL_STRUCT..UNUSED => {
                Head::Struct(self.define_small_struct(usize::from(tag - SMALL_STRUCT) + 1)?)
            }
            tag @ SMALL_UNSIGNED..SMALL_SEQ => Head::Integer(Integer::from(tag - SMALL_UNSIGNED)),
            tag @ SMALL_STRING..SMALL_UNSIGNED => Head::Str(self.text(usize::from(tag - SMALL_STRING))?),
            tag @ SMALL_SHAPE..SMALL_STRING => self.shape(usize::from(tag - SMALL_SHAPE))?,
            UNIT => Head::Unit,
            FALSE => Head::Bool(false),
            TRUE => Head::Bool(true),
            UNSIGNED => Head::Integer(self.varint()?.into()),
            NEGATIVE => Head::Integer((!i128::from(self.varint()?)).into()),
            UNSIGNED_128 => Head::Integer(self.varint_128()?.into()),
            NEGATIVE_128 => match i128::try_from(self.varint_128()?) {
                Ok(magnitude) => Head::Integer((!magnitude).into()),
                Err(_) => return Err(self.corrupt("an integer below -2^127 ends")),
            },
            F32 => Head::F32(f32::from_le_bytes(self.array()?)),
            F64 => Head::F64(f64::from_le_bytes(self.array()?)),
            SHORT_F64 => Head::F64(f64::from_bits(upper_half(u32::from_le_bytes(self.array()?)))),
            CHAR => match u32::try_from(self.varint()?).ok().and_then(char::from_u32) {
                Some(value) => Head::Char(value),
                None => return Err(self.corrupt("a number that is no character ends")),
            },
            STRING => {
                let length = self.count(1)?;
                Head::Str(self.text(length)?)
            }
            BYTES => {
                let length = self.count(1)?;
                Head::Bytes(self.take(length)?)
            }
            NONE => Head::None,
            SOME => Head::Some,
            SEQ => Head::Seq(self.count(1)?),
            MAP => Head::Map(self.count(2)?),
            DEFINE_STRUCT => Head::Struct(self.define_struct()?),
            DEFINE_UNIT_VARIANT => {
                let name = self.define_variant(Shape::UnitVariant)?;
                Head::UnitVariant(name)
            }
            DEFINE_VARIANT => {
                let name = self.define_variant(Shape::Variant)?;
                Head::Variant(name)
            }
            SHAPE => {
                let number = usize::try_from(self.varint()?).unwrap_or(usize::MAX);
                self.shape(number)?
            }
            tag => return Err(self.corrupt(&format!("the unknown tag {tag:#04x} ends"))),
        })
    }

    /// Reads the integer that is the next value.
    pub(super) fn integer(&mut self) -> Option<Integer> {
        if let Ok(Head::Integer(integer)) = self.head() { Some(integer) } else { None }
    }

    /// Reads past one value.
    pub(super) fn skip(&mut self) -> Result<()> {
        match self.head()? {
            Head::Some | Head::Variant(_) => self.nested(Self::skip),
            Head::Seq(count) => self.nested(|reader| (0..count).try_for_each(|_| reader.skip())),
            Head::Map(count) => self.nested(|reader| {
                (0..count).try_for_each(|_| {
                    let mark = reader.start_key();
                    reader.skip()?;
                    reader.end(mark);
                    reader.skip()?;
                    reader.end(mark);
                    Ok(())
                })
            }),
            Head::Struct(fields) => {
                self.nested(|reader| (0..fields.count).try_for_each(|_| reader.skip()))?;
                self.end_struct(fields);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Reads what is inside a container.
    #[inline]
    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.enter()?;
        let result = read(self);
        self.leave();
        result
    }

    #[inline]
    pub(super) fn enter(&mut self) -> Result<()> {
        if self.depth >= MAX_DEPTH {
            return Err(DecodeError::too_deep());
        }
        self.depth += 1;
        Ok(())
    }

    #[inline]
    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// How many elements of a container that is being entered are worth making room for before they are read: as many
    /// as are announced, as long as the bytes that follow may hold them beside those of the containers around it. What
    /// counts announce inside one another costs no more memory in this way than what is there. To be given back by
    /// [`Reader::release`].
    #[inline]
    pub(super) fn claim(&mut self, count: usize) -> usize {
        let room = count.min(self.rest.len().saturating_sub(self.claimed));
        self.claimed += room;
        room
    }

    #[inline]
    pub(super) fn release(&mut self, room: usize) {
        self.claimed -= room;
    }

    #[inline]
    pub(super) fn name(&self, place: usize) -> &'de str {
        self.names.get(place)
    }

    /// To be called after the last field of a struct: from here on its shape can be referred to.
    #[inline]
    pub(super) fn end_struct(&mut self, fields: Fields) {
        if let Some(bytes) = fields.defined {
            self.register(Shape::Struct { first: fields.first, count: fields.count }, fields.count, bytes);
        }
    }

    /// To be called before the key of an entry.
    #[inline]
    pub(super) fn start_key(&mut self) -> Mark {
        let mark =
            Mark { base: self.base, shapes: self.shapes.len(), names: self.names.len(), in_key: self.in_key };
        self.base = mark.shapes;
        self.in_key = true;
        mark
    }

    /// To be called after the key of an entry and again after its value, to forget the shapes first met there.
    #[inline]
    pub(super) fn end(&mut self, mark: Mark) {
        self.base = mark.base;
        self.in_key = mark.in_key;
        self.shapes.truncate(mark.shapes);
        self.names.truncate(mark.names);
    }

    #[inline]
    fn byte(&mut self) -> Result<u8> {
        let Some((&byte, rest)) = self.rest.split_first() else { return Err(self.truncated()) };
        self.rest = rest;
        Ok(byte)
    }

    #[inline]
    pub(super) fn take(&mut self, length: usize) -> Result<&'de [u8]> {
        let Some((taken, rest)) = self.rest.split_at_checked(length) else { return Err(self.truncated()) };
        self.rest = rest;
        Ok(taken)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let Some((taken, rest)) = self.rest.split_first_chunk() else { return Err(self.truncated()) };
        self.rest = rest;
        Ok(*taken)
    }

    #[inline]
    pub(super) fn text(&mut self, length: usize) -> Result<&'de str> {
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes).map_err(|_| self.corrupt("a string that is not UTF-8 ends"))
    }

    /// A number of things of at least `size` bytes each, which must be there.
    #[inline]
    pub(super) fn count(&mut self, size: usize) -> Result<usize> {
        let count = self.varint()?;
        self.there(usize::try_from(count).unwrap_or(usize::MAX), size)
    }

    #[inline]
    pub(super) fn there(&self, count: usize, size: usize) -> Result<usize> {
        if count <= self.rest.len() / size { Ok(count) } else { Err(self.truncated()) }
    }

    #[inline]
    pub(super) fn varint(&mut self) -> Result<u64> {
        match self.byte()? {
            byte @ 0..0x80 => Ok(u64::from(byte)),
            byte => self.long_varint(u64::from(byte & 0x7F)),
        }
    }

    fn long_varint(&mut self, mut value: u64) -> Result<u64> {
        for shift in (7..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7F);
            value |= bits << shift;
            if (bits << shift) >> shift != bits {
                break;
            }
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(self.corrupt("a number above 64 bits ends"))
    }

    fn varint_128(&mut self) -> Result<u128> {
        let mut value = 0;
        for shift in (0..u128::BITS).step_by(7) {
            let byte = self.byte()?;
            let bits = u128::from(byte & 0x7F);
            value |= bits << shift;
            if (bits << shift) >> shift != bits {
                break;
            }
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(self.corrupt("a number above 128 bits ends"))
    }

    #[cold]
    pub(super) fn truncated(&self) -> DecodeError {
        DecodeError::corrupt("the value is cut short: more is announced than follows", self.position())
    }

    #[cold]
    pub(super) fn corrupt(&self, what: &str) -> DecodeError {
        DecodeError::corrupt(what, self.position())
    }

    fn position(&self) -> usize {
        self.len - self.rest.len()
    }
}
