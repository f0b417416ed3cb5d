//! What the metadata of a hostile file costs in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod common;

use std::alloc::System;

use cap::Cap;
use common::{Parts, full_recording};
use playback_cassette::{ErrorKind, Recording, format};
use playback_core::Value;

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

const MIB: usize = 1 << 20;

/// The file of a recording with a field of this JSON, which is built here, so that nothing but reading it takes memory.
fn with_field(json: &str) -> Vec<u8> {
    let mut metadata = full_recording().metadata().clone();
    metadata.fields = [("a".to_owned(), Value::from("here"))].into();
    let tape = full_recording().tape().clone();
    let recording = Recording::new(full_recording().id().clone(), metadata, tape);
    let parts = Parts::of(&format::encode(&recording).unwrap());
    let raw = parts.raw_index();
    let before = br#"{"a":"here"}"#;
    let at = raw.windows(before.len()).position(|window| window == before).unwrap();
    let fields = postcard::to_stdvec(&format!(r#"{{"a":{json}}}"#)).unwrap();
    // Its length stands in the byte before it.
    let raw = [&raw[..at - 1], &fields, &raw[at + before.len()..]].concat();
    parts.with_index(&raw, raw.len()).assembled()
}

/// Lists and maps inside one another: a list of one takes room for four.
fn nested(levels: usize, open: &str, close: &str, bytes: usize) -> String {
    let one = [&open.repeat(levels), "0", &close.repeat(levels)].concat();
    let count = bytes / (one.len() + 1);
    format!("[{}]", vec![one; count].join(","))
}

// One test: the memory is the whole process's, and its peak that of all so far, so that the smaller limit comes first.
#[test]
fn fields_take_no_more_memory_than_is_allowed_and_are_refused_before_they_do() {
    let forms = [(1, "[", "]"), (100, "{\"\":", "}"), (100, "[", "]")];
    let files = forms.map(|(levels, open, close)| with_field(&nested(levels, open, close, MIB)));
    for (limit, is_read) in [(40 * MIB, false), (100 * MIB, true)] {
        for (file, form) in files.iter().zip(forms) {
            assert!(file.len() < 64 << 10, "{} bytes", file.len());
            let before = MEMORY.allocated();
            let read = format::decode_within("recording X", file, limit as u64);
            let kind = read.map(drop).map_err(|error| error.kind());
            assert_eq!(kind, if is_read { Ok(()) } else { Err(ErrorKind::TooLarge) }, "{form:?}");
            let taken = MEMORY.max_allocated() - before;
            assert!(taken <= limit, "{form:?}: {taken} bytes, where {limit} are allowed");
        }
    }
}
