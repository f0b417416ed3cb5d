//! What redaction costs the service in memory.
#![cfg(feature = "redaction")]
#![allow(missing_docs, clippy::unwrap_used)]

use std::alloc::System;

use cap::Cap;
use playback_core::redaction::{RedactorExt, Rules};
use playback_core::{operation, output};
use playback_testkit::record_blocking;

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

#[test]
fn lists_of_numbers_in_which_no_rule_finds_anything_are_not_taken_apart() {
    let body = vec![7u8; 4 << 20];
    let ids: Vec<u64> = (0..1 << 20).map(|id| id * 1_000_003).collect();
    let before = MEMORY.allocated();
    let recorded = Rules::usual().scope_blocking(|| {
        record_blocking(|| {
            operation("Upload").args(&(&body,)).run(|| output("store").args(&(&ids,)).run(|| ()));
        })
    });
    let recording = recorded.recording();
    let taken = MEMORY.max_allocated() - before;
    // Once in the tape, whose room doubles as it grows, once encoded, and the bytes of the list to look through.
    let most = 6 * recording.tape().size();
    assert!(taken <= most, "{taken} bytes for a tape of {}", recording.tape().size());
}
