//! What a recording may be at the most: a run that goes over the edge is not recorded, is counted, and goes on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod common;

use std::collections::BTreeMap;

use common::{assert_equation, held};
use futures::executor::block_on;
use playback_cassette::{Dropped, Stats, TapeRecorder, TapeRecorderBuilder};
use playback_core::value::MAX_DEPTH;
use playback_core::{Context, RecorderExt, add_metadata, operation, output};
use playback_testkit::MemoryCassette;
use playback_testkit::faults::Method;
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

/// What is dropped of eight runs while the queue, of a megabyte, waits for its store.
fn dropped(body: impl Fn()) -> Dropped {
    let store = held(0);
    let recorder = TapeRecorder::builder(store.clone()).back_off(None).queue_bytes(1 << 20).build();
    for _ in 0..8 {
        recorder.scope_blocking(|| operation("Edge").run(&body));
    }
    let stats = recorder.stats();
    store.release(Method::Save);
    block_on(recorder.flush()).unwrap();
    assert_equation(&stats);
    assert_eq!(stats.in_flight.total() + stats.dropped.queue_full, 8);
    stats.dropped
}

#[test]
fn the_queue_counts_all_of_a_recording_that_is_in_memory() {
    let text = || "x".repeat(400 << 10);
    assert_eq!(dropped(|| output("sent").args(&(text(),)).run(|| ())).queue_full, 6, "values");
    assert_eq!(dropped(|| add_metadata("text", &text())).queue_full, 6, "fields");
    assert_eq!(dropped(|| output(text()).run(|| ())).queue_full, 6, "names made while the code runs");
    // Each is a vector in a vector.
    let lanes = || (0..15_000).for_each(|_| Context::bind(|| ())());
    assert_eq!(dropped(lanes).queue_full, 6, "lanes");
    let many = || vec![false; 12_000];
    assert_eq!(dropped(|| add_metadata("many", &many())).queue_full, 6, "fields as they are in memory");
    assert_eq!(dropped(|| add_metadata("key", &1)).queue_full, 0);
}

#[test]
fn what_is_made_of_the_finished_call_for_its_metadata_is_bounded_too() {
    let extracts = |set: fn(TapeRecorderBuilder) -> TapeRecorderBuilder, bytes: usize| {
        let recorder = set(TapeRecorder::builder(MemoryCassette::new())).build();
        recorder.scope_blocking(|| {
            operation("Edge")
                .metadata(move |_| Ok::<_, String>(BTreeMap::from([("text", "x".repeat(bytes))])))
                .run(|| ());
        });
        block_on(recorder.flush()).unwrap();
        recorder.stats()
    };
    assert_eq!(extracts(|builder| builder.max_recording_bytes(2000), 1000).saved, 1);
    assert_eq!(extracts(|builder| builder.max_recording_bytes(2000), 2000).discarded.too_large, 1);
    assert_eq!(extracts(|builder| builder.max_value_bytes(1000), 900).saved, 1);
    assert_eq!(extracts(|builder| builder.max_value_bytes(1000), 1000).discarded.value_too_large, 1);
}

#[test]
fn a_field_of_metadata_is_a_value_and_may_be_as_large() {
    let adds = |bytes: usize| {
        move || {
            add_metadata("text", &"x".repeat(bytes));
            7
        }
    };
    let within = counted(|builder| builder.max_value_bytes(1000), adds(990));
    assert_eq!((within.saved, within.discarded.total()), (2, 0));
    let beyond = counted(|builder| builder.max_value_bytes(1000), adds(1001));
    assert_eq!((beyond.saved, beyond.discarded.value_too_large), (1, 1));
    // Only the last of a name is kept, and counts.
    let again = || {
        (0..10).for_each(|_| _ = adds(900)());
        7
    };
    let within = counted(|builder| builder.max_recording_bytes(2000), again);
    assert_eq!((within.saved, within.discarded.total()), (2, 0));
}
