//! A recording in the making.

mod session;

pub use session::FinishedCall;
pub(crate) use session::{MetadataExtractor, Session};
pub(crate) use session::{OperationSite, extractor};
