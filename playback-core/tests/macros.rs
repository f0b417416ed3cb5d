//! The attributes, by what they do: each kind of function and each option is recorded and replayed.

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
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use playback_core::{
    Finished, Kind, OperationStart, Playback, Recorder, RecorderExt, Recording, RecordingId, RecordingStart,
    ReplayError, operation, replay_blocking,
};
use serde::Serialize;

/// A recorder that keeps what it is handed, and what it was asked.
#[derive(Clone, Default)]
struct Shelf(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    asked: Vec<(String, Option<f64>, bool)>,
    finished: Vec<Recording>,
}

impl Shelf {
    fn recordings(&self) -> Vec<Recording> {
        self.0.lock().unwrap().finished.clone()
    }

    fn only(&self) -> Recording {
        let [recording] = self.recordings().try_into().expect("one recording was finished");
        recording
    }

    fn asked(&self) -> Vec<(String, Option<f64>, bool)> {
        self.0.lock().unwrap().asked.clone()
    }
}

impl Recorder for Shelf {
    fn start(&self, operation: &OperationStart<'_>) -> Option<RecordingStart> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let unique = format!("{:026}", NEXT.fetch_add(1, Ordering::Relaxed));
        let asked =
            (operation.category.to_owned(), operation.sampling_rate, operation.ignores_forced_sampling);
        self.0.lock().unwrap().asked.push(asked);
        Some(RecordingStart {
            id: RecordingId::new(operation.category, "20260101", &unique).unwrap(),
            recorded_at: SystemTime::UNIX_EPOCH,
            service: None,
            only_if_forced: false,
            max_bytes: usize::MAX,
        })
    }

    fn finish(&self, finished: Finished) {
        match finished {
            Finished::Recorded(recording) => self.0.lock().unwrap().finished.push(recording),
            Finished::Discarded { reason, .. } => panic!("the recording was discarded: {reason}"),
        }
    }
}

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
    let shelf = Shelf::default();
    let result = shelf.scope_blocking(body);
    (result, shelf.only())
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

/// Runs a future to its end.
fn block_on<F: Future>(future: F) -> F::Output {
    futures::executor::block_on(future)
}
