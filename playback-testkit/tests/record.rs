//! Recording what a test runs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail loudly"
)]

mod common;

use common::{checkout, message};
use futures::executor::block_on;
use playback_core::{DiscardReason, RecorderExt, discard_recording, operation, output};
use playback_testkit::{MemoryRecorder, record, record_blocking};

#[test]
fn each_operation_is_recorded_under_ids_that_are_the_same_in_every_run() {
    let recorded = block_on(record(async { (checkout(1, 100).await, checkout(2, 3).await) }));
    assert_eq!(recorded.result, (Ok(17), Err("nothing left to pay".to_owned())));
    let ids: Vec<String> = recorded.recordings.iter().map(|recording| recording.id().to_string()).collect();
    assert_eq!(
        ids,
        ["Checkout/20260101/01KDVDNA000000000000000001", "Checkout/20260101/01KDVDNA000000000000000002"]
    );
    assert!(!recorded.recordings[0].metadata().failed && recorded.recordings[1].metadata().failed);
}

#[test]
fn recorders_that_run_at_the_same_time_do_not_see_each_other() {
    let (one, other) = block_on(async { futures::join!(record(checkout(1, 100)), record(checkout(2, 200))) });
    assert_eq!(one.recording().arguments::<(u64, u64)>().unwrap(), (1, 100));
    assert_eq!(other.recording().arguments::<(u64, u64)>().unwrap(), (2, 200));
}

#[test]
fn the_one_recording_is_asked_for_and_anything_else_is_told() {
    let none = record_blocking(|| ());
    assert_eq!(
        message(|| none.recording()),
        "nothing was recorded: the code under test entered no operation"
    );

    let discarded = record_blocking(|| operation("Send").run(discard_recording));
    assert_eq!(
        message(|| discarded.recording()),
        "every recording was discarded:\n  Send/20260101/01KDVDNA000000000000000001: the operation asked for it"
    );

    let two = record_blocking(|| (operation("A").run(|| ()), operation("B").run(|| ())));
    assert_eq!(
        message(|| two.recording()),
        "2 recordings were made; take one of `recordings`:\n  A/20260101/01KDVDNA000000000000000001\n  \
         B/20260101/01KDVDNA000000000000000002"
    );
}

#[test]
fn a_recorder_can_be_told_to_keep_little() {
    let recorder = MemoryRecorder::new().only_if_forced();
    recorder.scope_blocking(|| operation("Send").run(|| ()));
    recorder.scope_blocking(|| operation("Send").run(playback_core::force_sample_recording));
    assert_eq!(recorder.recordings().len(), 1);
    assert_eq!(recorder.discarded()[0].1, DiscardReason::SampledOut);

    let recorder = MemoryRecorder::new().max_bytes(100);
    let long = || output("send").args(&("x".repeat(1_000),)).run(|| ());
    recorder.scope_blocking(|| operation("Send").run(long));
    assert_eq!(recorder.discarded()[0].1, DiscardReason::TooLarge { max_bytes: 100 });
    assert!(recorder.recordings().is_empty());
}
