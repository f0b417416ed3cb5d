//! Looking through an encoded value without decoding it.

use super::DecodeError;
use super::read::{Head, Reader};

/// What can be seen in a value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Glimpse<'a> {
    /// The name of a field, or of a variant that has a payload. Where it stands again it may be left out.
    Name(&'a str),
    /// A text that is the key of a map.
    Key(&'a str),
    /// A string that is no such key, or bytes, also as a list of numbers.
    Text(&'a [u8]),
}

/// From how many on small numbers in a row are taken for bytes.
pub(crate) const BYTES_AT_LEAST: usize = 8;

/// Shows `look` what is in a value until it says that it has seen enough, and whether it did. Of what is no value enough
/// has been seen.
pub(crate) fn glance(encoded: &[u8], look: &mut dyn FnMut(Glimpse<'_>) -> bool) -> bool {
    value(&mut Reader::new(encoded), false, look).unwrap_or(true)
}

fn value(
    reader: &mut Reader<'_>,
    is_key: bool,
    look: &mut dyn FnMut(Glimpse<'_>) -> bool,
) -> Result<bool, DecodeError> {
    match reader.head()? {
        Head::Str(text) if is_key => Ok(look(Glimpse::Key(text))),
        Head::Str(text) => Ok(look(Glimpse::Text(text.as_bytes()))),
        Head::Bytes(bytes) => Ok(look(Glimpse::Text(bytes))),
        Head::Some => reader.nested(|reader| value(reader, false, look)),
        Head::Variant(name) => {
            Ok(look(Glimpse::Name(reader.name(name)))
                || reader.nested(|reader| value(reader, false, look))?)
        }
        Head::Struct(fields) => {
            let names = if fields.defines() { fields.first..fields.first + fields.count } else { 0..0 };
            for name in names {
                if look(Glimpse::Name(reader.name(name))) {
                    return Ok(true);
                }
            }
            let enough = reader.nested(|reader| {
                for _ in 0..fields.count {
                    if value(reader, false, look)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            })?;
            reader.end_struct(fields);
            Ok(enough)
        }
        Head::Seq(count) => reader.nested(|reader| {
            let (bytes, rest) = leading_bytes(reader, count);
            if rest == 0 {
                return Ok(!bytes.is_empty() && look(Glimpse::Text(&bytes)));
            }
            for _ in 0..rest {
                if value(reader, false, look)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }),
        Head::Map(count) => reader.nested(|reader| {
            for _ in 0..count {
                let mark = reader.start_key();
                if value(reader, true, look)? {
                    return Ok(true);
                }
                reader.end(mark);
                if value(reader, false, look)? {
                    return Ok(true);
                }
                reader.end(mark);
            }
            Ok(false)
        }),
        _ => Ok(false),
    }
}

/// Reads elements for as long as they are bytes of what may be a text, and says how many are left.
fn leading_bytes(reader: &mut Reader<'_>, count: usize) -> (Vec<u8>, usize) {
    if count < BYTES_AT_LEAST {
        return (Vec::new(), count);
    }
    let mut bytes = Vec::with_capacity(count);
    for read in 0..count {
        match reader.unsigned().map(u8::try_from) {
            Some(Ok(byte)) => bytes.push(byte),
            // A larger number is read, and of no interest.
            Some(Err(_)) => return (Vec::new(), count - read - 1),
            None => return (Vec::new(), count - read),
        }
    }
    (bytes, 0)
}
