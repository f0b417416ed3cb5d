//! Cassettes around any cassette.

mod background;
mod cache;
mod cached;
mod prefixed;
mod read_only;

pub use background::{Background, BackgroundBuilder};
pub use cached::{CacheStats, Cached};
pub use prefixed::Prefixed;
pub use read_only::ReadOnly;
