//! Record a service's operations where they run, and replay them in a sandbox.
//!
//! This is the crate that an instrumented service depends on: no runtime, no storage.
//!
//! ```
//! # fn main() { futures::executor::block_on(async {
//! use playback_core::{input, operation, output};
//!
//! async fn checkout(customer: u64, amount: u64) -> Result<u64, String> {
//!     operation("Checkout")
//!         .args(&(customer, amount))
//!         .run_async(async move {
//!             // Recorded: what came in. Replayed: answered from the recording.
//!             let discount: u64 =
//!                 input("checkout.discount").args(&(customer,)).run_async(async { 5 }).await;
//!             let total = amount - discount;
//!             // Recorded: what went out. Replayed: captured, and not sent.
//!             output("checkout.store").args(&(customer, total)).run_async(async { Ok(17) }).await
//!         })
//!         .await
//! }
//!
//! assert_eq!(checkout(7, 42).await, Ok(17)); // no recorder in force: as if nothing were there
//! # }) }
//! ```
//!
//! # Floor plan
//!
//! | module | what it holds |
//! |---|---|
//! | [`interception`] | what is marked in code: [`operation()`], [`input`], [`output`] |
//! | `context` | what surrounds running code: [`Context`], [`FutureExt`], [`mode`] |
//! | `recorder` | who keeps what is recorded: [`Recorder`], [`set_global_recorder`] |
//! | `sampling_key` | runs that are sampled together: [`SamplingKey`] |
//! | `record` | a recording in the making, and how a large one leaves memory: [`Spilling`] |
//! | `recording` | a recording: [`RecordingId`], [`Metadata`], [`Tape`] |
//! | `replay` | running on what was recorded: [`replay()`], [`Playback`], [`ReplayError`] |
//! | `data` | what code can say of its recording: [`record_data`], [`discard_recording`] |
//! | `handler` | what is recorded instead of a value: [`DataHandler`] |
//! | [`errors`] | handlers for errors that serde cannot write |
//! | `files` (feature) | handlers that record the content of files |
//! | [`redaction`] | what must not be recorded: [`redaction::Redactor`], [`redaction::Secret`] |
//! | [`inputs`] | the clock, randomness and ids as inputs |
//! | [`value`] | recorded values: a self-describing tree and its bytes |
//! | `scratch` | buffers that encoding uses again |
//! | `pool` | places in memory that a thread uses again |

mod context;
mod data;
pub mod errors;
#[cfg(feature = "files")]
pub mod files;
mod handler;
pub mod inputs;
pub mod interception;
mod pool;
mod record;
mod recorder;
mod recording;
pub mod redaction;
mod replay;
mod sampling_key;
mod scratch;
pub mod value;

pub use context::{
    Context, FutureExt, InContext, Mode, current_recording_id, mode, refuse_escapes, without_recording,
};
pub use data::{add_metadata, discard_recording, force_sample_recording, play_data, record_data};
pub use handler::{DataHandler, HandlerError, Prepare, Restore};
pub use interception::{
    Input, InputCall, Operation, OperationCall, Output, OutputCall, input, input_with, operation, output,
    output_with,
};
#[cfg(feature = "macros")]
pub use playback_core_macros::{intercept_input, intercept_output, operation};
pub use record::{FinishedCall, PIECE_BYTES, Pieces, Spill, Spiller, Spilling};
pub use recorder::{
    DiscardReason, Finished, GlobalRecorderSet, OperationEnd, OperationStart, Recorder, RecorderExt,
    RecordingStart, set_global_recorder,
};
pub use recording::{
    Call, End, Entry, InvalidId, InvalidTape, Kind, MAX_CATEGORY_BYTES, Metadata, OutputKey, RESULT_ALIAS,
    Recording, RecordingId, SentOutput, Service, Site, StoredValues, Tape, TapeParts,
};
pub use replay::{
    ArgumentDifference, Diagnosis, Escape, MatchedBy, Playback, RecordedBy, ReplayError, ReplayErrorKind,
    replay, replay_blocking,
};
pub use sampling_key::SamplingKey;
pub use value::Value;
