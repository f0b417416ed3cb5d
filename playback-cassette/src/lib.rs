//! Where recordings are kept: the [`Cassette`] trait, the tape file [`mod@format`], and [`TapeRecorder`], which
//! saves in the background what a service's operations record.
//!
//! ```
//! use playback_cassette::{CassetteExt, Query, TapeRecorder};
//! use playback_core::{RecorderExt, operation};
//! use playback_testkit::MemoryCassette;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! let cassette = MemoryCassette::new();
//! let recorder = TapeRecorder::builder(cassette.clone()).service("checkout", "1.4.2").build();
//!
//! let checkout = |amount: u64| async move {
//!     operation("Checkout").args(&(amount,)).run_async(async { amount + 1 }).await
//! };
//! recorder.scope(checkout(41)).await;
//! recorder.flush().await?; // saved on a thread of the recorder's own
//!
//! for found in cassette.find_all(&Query::new().category("Checkout").limit(10)).await? {
//!     println!("{} took {:?}", found.id, found.metadata.duration);
//!     let playback = cassette
//!         .replay(&found.id, |recording| {
//!             let (amount,) = recording.arguments()?;
//!             Ok(checkout(amount))
//!         })
//!         .await?;
//!     assert_eq!(playback.recording().id(), &found.id);
//! }
//! # Ok(()) }) }
//! ```
//!
//! # Floor plan
//!
//! | module | what it holds |
//! |---|---|
//! | `cassette` | what a place for recordings must do: [`Cassette`], [`Found`] |
//! | `ext` | what callers enjoy on top: [`CassetteExt`] |
//! | `error` | what can go wrong: [`Error`], [`ErrorKind`] |
//! | `filter` | what metadata has to be like: [`Filter`], [`Condition`], and both as text |
//! | `query` | what to look for: [`Query`], [`Order`] |
//! | `lookup` | finding by listing: [`lookup()`], [`Listing`], for those who write cassettes |
//! | [`mod@format`] | the bytes of tapes and metadata, for those who write cassettes; [`Opened`] |
//! | `fixtures` | recordings as files that people look after: [`Fixtures`] |
//! | [`text`] | recordings as text, for people to read, review and edit |
//! | `recorder` | [`TapeRecorder`], its [builder](TapeRecorderBuilder), its queue, its threads, its [`Stats`]; what is kept: [`Sampling`], [`Candidate`]; what if the store fails: [`BackOff`], [`Breaker`], [`Health`] |
//! | `wrappers` | cassettes around any cassette: [`ReadOnly`], [`Prefixed`], [`Background`], [`Cached`] |
//! | `ids`, `clock` | names and times of new recordings: [`IdGenerator`], [`Clock`] |
//! | `timestamp` | times as numbers, days and text |

mod cassette;
mod clock;
mod error;
mod ext;
mod filter;
mod fixtures;
pub mod format;
mod ids;
mod lookup;
mod query;
mod recorder;
pub mod text;
mod timestamp;
mod wrappers;

pub use cassette::{Cassette, Found};
pub use clock::{Clock, SystemClock};
pub use error::{Error, ErrorKind};
pub use ext::{CassetteExt, ReplayByIdError};
pub use filter::{Condition, Filter};
pub use fixtures::Fixtures;
pub use format::{Opened, OpenedCall};
pub use ids::IdGenerator;
pub use lookup::{Listing, lookup};
pub use playback_core::{InvalidId, Metadata, Recording, RecordingId};
pub use query::{Order, Query};
pub use recorder::{
    BackOff, Breaker, Candidate, Discarded, Dropped, Health, HealthState, InFlight, NotWritten, Sampled,
    Sampling, SaveError, Stats, TapeRecorder, TapeRecorderBuilder,
};
pub use wrappers::{Background, BackgroundBuilder, CacheStats, Cached, Prefixed, ReadOnly};
