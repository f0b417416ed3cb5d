//! The attributes, by what they do: each kind of function and each option is recorded and replayed.

#![cfg(feature = "macros")]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "macros/accepted.rs"]
mod accepted;
#[path = "macros/bodies.rs"]
mod bodies;
#[path = "macros/boxed_futures.rs"]
mod boxed_futures;
#[path = "macros/functions.rs"]
mod functions;
#[path = "macros/input_options.rs"]
mod input_options;
#[path = "macros/operation_options.rs"]
mod operation_options;
#[path = "macros/output_options.rs"]
mod output_options;

use std::cell::Cell;
use std::fmt::Debug;

use playback_core::{Kind, Playback, Recording, ReplayError, operation, replay_blocking};
use playback_testkit::record_blocking;
use serde::Serialize;

thread_local! {
    static LIVE: Cell<u32> = const { Cell::new(0) };
}

/// What the body of an interception does first: on replay it must not come to that.
fn live() {
    LIVE.set(LIVE.get() + 1);
}

/// An operation around anything.
#[operation(category = "Test", skip(body))]
fn in_operation<R: Serialize>(body: impl FnOnce() -> R) -> R {
    body()
}

/// The recording of the one operation that `body` runs, and what `body` returns.
fn record<R>(body: impl FnOnce() -> R) -> (R, Recording) {
    let recorded = record_blocking(body);
    let [recording] = recorded.recordings.try_into().unwrap();
    (recorded.result, recording)
}

/// The recording of an operation that does `body`, once it was replayed with the same result and nothing in it
/// ran live. The body has to run something live while recording.
fn round_trip<R: Serialize + PartialEq + Debug>(body: impl Fn() -> R) -> Recording {
    let before = LIVE.get();
    let (result, recording) = record(|| in_operation(&body));
    let recorded = LIVE.get();
    assert!(recorded > before, "nothing ran live while recording");
    let (replayed, playback) = replay_on(&recording, body);
    playback.unwrap();
    assert_eq!(LIVE.get(), recorded, "something ran live on replay");
    assert_eq!(replayed, Some(result));
    recording
}

/// Replays an operation that does `body`: what the body returned, if it did, and how the replay ended.
fn replay_on<R: Serialize>(
    recording: &Recording,
    body: impl Fn() -> R,
) -> (Option<R>, Result<Playback, ReplayError>) {
    let mut returned = None;
    let playback = replay_blocking(recording, |_| {
        returned = Some(in_operation(&body));
        Ok(())
    });
    (returned, playback)
}

/// The intercepted calls of a recording: alias, names of the arguments, arguments.
fn calls(recording: &Recording) -> Vec<String> {
    let intercepted =
        recording.tape().calls().filter(|call| matches!(call.kind(), Kind::Input | Kind::Output));
    let shown = intercepted.map(|call| {
        let names = call.argument_names().join(", ");
        format!("{}({names}) {}", call.alias(), call.arguments().unwrap())
    });
    shown.collect()
}
