//! For tests of code that is recorded and replayed: a recorder and cassettes that need nothing around them,
//! and assertions that say what is there instead.
//!
//! ```
//! use playback_core::{input, operation, output, replay};
//! use playback_testkit::{assert_recorded, assert_replay, record};
//!
//! async fn checkout(customer: u64, amount: u64) -> u64 {
//!     operation("Checkout")
//!         .args(&(customer, amount))
//!         .run_async(async move {
//!             let discount: u64 = input("discount").args(&(customer,)).run_async(async { 5 }).await;
//!             output("store").args(&(customer, amount - discount)).run_async(async { 17 }).await
//!         })
//!         .await
//! }
//!
//! # futures::executor::block_on(async {
//! let recording = record(checkout(7, 100)).await.recording();
//! assert_recorded(&recording).returned(&17).output("store").times(1).with_arguments(&(7, 95));
//!
//! let playback = replay(&recording, |recording| {
//!     let (customer, amount) = recording.arguments()?;
//!     Ok(checkout(customer, amount))
//! })
//! .await?;
//! assert_replay(&playback).equal();
//! # Ok::<(), playback_core::ReplayError>(()) }).unwrap();
//! ```
//!
//! # Floor plan
//!
//! | module | what it holds |
//! |---|---|
//! | `record` | recording what a test runs: [`record()`], [`record_blocking`] |
//! | `recorder` | [`MemoryRecorder`]: at once, in memory, the same ids every time |
//! | `memory` | [`MemoryCassette`] |
//! | `playback_cassette` | [`Fixtures`]: recordings in files beside the tests |
//! | `assert_run` | [`assert_recorded`]: assertions on a run, recorded or replayed |
//! | `assert_calls` | assertions on some calls of a run: [`AssertCalls`] |
//! | `assert_replay` | [`assert_replay()`] |
//! | [`conformance`] | the rules of `Cassette` and `Recorder`, tried on one of yours |
//! | [`faults`] | what goes wrong, on demand: a cassette that fails or waits, a process that is killed, a clock that a test sets |
//! | `harness` (feature) | one test per recording, in a test target of its own |
//! | `replays`, `runtime` | replaying all recordings of a cassette: [`assert_replays!`], [`replay_all`] |

mod assert_calls;
mod assert_replay;
mod assert_run;
pub mod conformance;
pub mod faults;
#[cfg(feature = "harness")]
pub mod harness;
mod memory;
mod record;
mod recorder;
mod replays;
mod runtime;

pub use assert_calls::AssertCalls;
pub use assert_replay::{AssertReplay, assert_replay};
pub use assert_run::{AssertRun, assert_recorded};
pub use memory::MemoryCassette;
pub use playback_cassette::Fixtures;
pub use record::{Recorded, record, record_blocking};
pub use recorder::MemoryRecorder;
pub use replays::{Replays, replay_all};

/// What the macros expand to.
#[doc(hidden)]
pub mod __private {
    pub use crate::replays::replay_directory;
    pub use crate::runtime::block_on;
    pub use playback_cassette::Query;
}
