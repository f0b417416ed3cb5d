//! Recorded values: a self-describing tree, and bytes that are written and read without it.
//!
//! A recorded value outlives the code that recorded it, so it keeps the names of fields and variants and nothing
//! else of the type. [`FORMAT.md`](https://docs.rs/crate/playback-core/latest/source/src/value/FORMAT.md), beside
//! this file, specifies the bytes.
//!
//! ```
//! # use playback_core::value::{self, Value};
//! #[derive(serde::Serialize, serde::Deserialize, Debug, PartialEq)]
//! struct Line { sku: String, qty: u32 }
//!
//! let line = Line { sku: "a".into(), qty: 3 };
//! let bytes = value::encode(&line)?;                       // the hot path: no tree between
//! assert_eq!(value::decode::<Line>(&bytes)?, line);
//!
//! let tree = value::decode_value(&bytes)?;                 // read without the type
//! assert_eq!(tree, Value::of(&line)?);
//! assert_eq!(tree.to_string(), r#"{sku: "a", qty: 3}"#);
//! assert_eq!(tree.at("qty").and_then(Value::as_u64), Some(3));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Floor plan
//!
//! | file | what it holds |
//! |---|---|
//! | `tree` | [`Value`]: construction, accessors, order |
//! | `integer`, `name` | its leaves [`Integer`] and [`Name`] |
//! | `display`, `notation` | how a value is printed, and read back from that text |
//! | `scan`, `literal` | reading any text from the front, and numbers, strings and bytes in it |
//! | `path`, `parse`, `walk` | [`Path`]s, reading them from text, and finding values by them |
//! | `pattern` (feature `patterns`) | patterns of paths |
//! | `natural` | values to and from other formats through serde |
//! | `tags`, `order` | the bytes' constants, and the order of map keys |
//! | `encode`, `serializer`, `write`, `write_map`, `write_struct`, `shapes`, `output` | writing: the encoder, serde's `Serializer`, the writer, names seen before, the bytes |
//! | `decode`, `visit`, `access`, `read`, `read_common`, `read_shapes`, `few` | reading: serde's `Deserializer`, what visitors get, containers, the reader, the names that it knows |
//! | `convert` | trees to and from bytes |
//! | `glance` (feature `redaction`) | what is in bytes, without decoding them |
//! | `error` | [`EncodeError`] and [`DecodeError`] |

mod access;
mod convert;
mod decode;
mod display;
mod encode;
mod error;
mod few;
#[cfg(feature = "redaction")]
mod glance;
mod integer;
mod literal;
pub(crate) mod marks;
mod name;
mod natural;
mod notation;
mod order;
mod output;
mod parse;
mod path;
#[cfg(feature = "patterns")]
mod pattern;
mod read;
mod read_common;
mod read_shapes;
mod scan;
mod serializer;
mod shapes;
mod tags;
mod tree;
mod visit;
mod walk;
mod write;
mod write_map;
mod write_struct;

pub use convert::{decode_value, is_error};
pub use decode::{Decoder, decode};
pub use encode::{BufferedEncoder, Encoder, encode};
pub use error::{DecodeError, DecodeErrorKind, EncodeError, EncodeErrorKind};
#[cfg(feature = "redaction")]
pub(crate) use glance::{BYTES_AT_LEAST, Glimpse, glance};
pub use integer::Integer;
pub use name::Name;
pub use notation::ValueParseError;
pub use parse::PathParseError;
pub use path::{Path, Segment};
#[cfg(feature = "patterns")]
pub use pattern::{Pattern, PatternParseError, Way};
pub use tree::Value;
pub use walk::Walk;

/// How many containers (options, sequences, maps, structs, payloads of variants) may stand inside each other.
///
/// A value nested deeper is refused by everything here that writes or reads, so that no input can exhaust the stack.
pub const MAX_DEPTH: usize = 128;
