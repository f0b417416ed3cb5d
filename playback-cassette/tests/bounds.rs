//! What a recording may be at the most: a run that goes over the edge is not recorded, is counted, and goes on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod common;

use common::assert_equation;
use futures::executor::block_on;
use playback_cassette::{Stats, TapeRecorder, TapeRecorderBuilder};
use playback_core::value::MAX_DEPTH;
use playback_core::{RecorderExt, operation, output};
use playback_testkit::MemoryCassette;
use serde::Serialize;

/// Runs an operation with this body and then a plain one, which is always recorded. What is counted of the first.
fn counted(
    setting: impl Fn(TapeRecorderBuilder) -> TapeRecorderBuilder,
    body: impl FnOnce() -> usize,
) -> Stats {
    let memory = MemoryCassette::new();
    let recorder = setting(TapeRecorder::builder(memory.clone())).build();
    let mut ran = false;
    let returned = recorder.scope_blocking(|| {
        operation("Edge").run(|| {
            ran = true;
            body()
        })
    });
    assert!(ran && returned == 7, "the operation goes on");
    recorder.scope_blocking(|| operation("Plain").run(|| 1));
    block_on(recorder.flush()).unwrap();
    let stats = recorder.stats();
    assert_equation(&stats);
    assert_eq!(stats.in_flight.total(), 0);
    assert_eq!(memory.len() as u64, stats.saved);
    stats
}

/// So many lists in one another.
#[derive(Serialize)]
struct Nested(Option<Box<Nested>>);

fn nested(depth: usize) -> Nested {
    (1..depth).fold(Nested(None), |inner, _| Nested(Some(Box::new(inner))))
}

#[test]
fn values_that_are_nested_too_deep_are_not_recorded() {
    let within = counted(|builder| builder, || output("sent").args(&(nested(MAX_DEPTH - 3),)).run(|| 7));
    assert_eq!((within.saved, within.discarded.total()), (2, 0));
    for depth in [MAX_DEPTH + 3, 5000] {
        let beyond = counted(|builder| builder, || output("sent").args(&(nested(depth),)).run(|| 7));
        assert_eq!((beyond.saved, beyond.discarded.unencodable), (1, 1), "{depth}");
    }
}

#[test]
fn runs_that_make_more_calls_than_a_recording_may_have_are_not_recorded() {
    let calls = |calls: usize| move || (0..calls).map(|_| output("sent").run(|| 0)).sum::<usize>() + 7;
    let within = counted(|builder| builder.max_recording_calls(10), calls(10));
    assert_eq!((within.saved, within.discarded.total()), (2, 0));
    let beyond = counted(|builder| builder.max_recording_calls(10), calls(11));
    assert_eq!((beyond.saved, beyond.discarded.too_many_calls), (1, 1));
    let beyond = counted(|builder| builder, calls(100_001));
    assert_eq!((beyond.saved, beyond.discarded.too_many_calls), (1, 1), "there is a limit by default");
}

#[test]
fn values_that_are_larger_than_one_may_be_are_not_recorded() {
    let sends = |bytes: usize| move || output("sent").args(&("x".repeat(bytes),)).run(|| 7);
    let within = counted(|builder| builder.max_value_bytes(1000), sends(990));
    assert_eq!((within.saved, within.discarded.total()), (2, 0));
    let beyond = counted(|builder| builder.max_value_bytes(1000), sends(1001));
    assert_eq!((beyond.saved, beyond.discarded.value_too_large), (1, 1));
    // Without a bound of its own it is the recording that has grown too large.
    let beyond = counted(|builder| builder, sends(65 << 20));
    assert_eq!((beyond.saved, beyond.discarded.total()), (1, 1), "there is a limit by default");
}
