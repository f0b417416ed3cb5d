//! A recording in the making.

mod fields;
mod session;
mod spilling;

pub use session::FinishedCall;
pub(crate) use session::{MetadataExtractor, Session};
pub(crate) use session::{OperationSite, extractor, marked_value};
pub use spilling::{PIECE_BYTES, Pieces, Spill, Spiller, Spilling};
