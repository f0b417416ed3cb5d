//! Replaying all recordings of a directory or a cassette.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail loudly"
)]

mod common;

use std::path::Path;
use std::sync::Once;

use common::{checkout_with, incomplete, message, recording};
use futures::executor::block_on;
use playback_cassette::{Cassette, format};
use playback_core::{Recording, operation};
use playback_equalizer::{Error, Rules, Tuning};
use playback_testkit::{Fixtures, MemoryCassette, assert_replays, record, replay_all};

/// The tuner of the operation, with a fee that a change of the code brought in.
fn tuner(fee: u64) -> impl Fn(&str) -> Result<Tuning, Error> {
    move |category| match category {
        "Checkout" => Ok(Tuning::of(move |(customer, amount)| checkout_with(customer, amount, fee))),
        other => Err(format!("no operation `{other}`").into()),
    }
}

async fn two() -> [Recording; 2] {
    let both = record(async { (common::checkout(1, 100).await, common::checkout(2, 200).await) }).await;
    both.recordings.try_into().unwrap()
}

fn keep(recording: &Recording, file: &Path) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, format::encode(recording).unwrap()).unwrap();
}

/// Writes the file beside the tests anew when it is asked for, as after the format was changed.
fn rewrite_if_asked() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if std::env::var_os("REWRITE_FIXTURES").is_some() {
            let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recordings/checkout.tape");
            keep(&block_on(recording(1, 100)), Path::new(file));
        }
    });
}

#[test]
fn recordings_in_a_directory_beside_the_tests_replay_equally() {
    rewrite_if_asked();
    assert_replays!("tests/recordings", tuner(0));
}

#[test]
fn a_replay_that_is_not_equal_fails_with_its_differences() {
    rewrite_if_asked();
    let failure = message(|| assert_replays!("tests/recordings", tuner(3)));
    assert_eq!(
        failure,
        "1 of 1 replays are not equal (recorded -> replayed)\n\
         Checkout/20260101/01KDVDNA000000000000000001 is different: 1 difference\n  store #1\n    ~ total: 95 -> 98\n  \
         in tests/recordings/checkout.tape"
    );
}

/// Waits on a tokio timer in a task of tokio's.
async fn wait(milliseconds: u64) -> u64 {
    let sleep = tokio::time::sleep(std::time::Duration::from_millis(milliseconds));
    let body = async move { tokio::spawn(sleep).await.map_or(0, |()| milliseconds) };
    operation("Wait").args(&(milliseconds,)).run_async(body).await
}

async fn waited() -> MemoryCassette {
    let cassette = MemoryCassette::new();
    cassette.save(&record(wait(1)).await.recording()).await.unwrap();
    cassette
}

fn waits(off: u64) -> impl Fn(&str) -> Result<Tuning, Error> {
    move |_| Ok(Tuning::of(move |(milliseconds,): (u64,)| wait(milliseconds + off)))
}

#[test]
fn operations_that_need_tokio_are_replayed_in_a_test_that_is_not_async() {
    let cassette = tokio::runtime::Runtime::new().unwrap().block_on(waited());
    assert_replays!(&cassette, waits(0));
    assert!(message(|| assert_replays!(&cassette, waits(1))).contains("result\n    ~ 1 -> 2"));
}

#[tokio::test]
async fn operations_that_need_tokio_are_replayed_in_a_test_of_one_thread_of_tokio_s() {
    let cassette = waited().await;
    assert_replays!(&cassette, waits(0));
    assert!(message(|| assert_replays!(&cassette, waits(1))).contains("result\n    ~ 1 -> 2"));
    replay_all(&cassette, &waits(0)).await.assert_equal();
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_that_need_tokio_are_replayed_in_a_test_of_many_threads_of_tokio_s() {
    assert_replays!(&waited().await, waits(0));
}

#[test]
fn a_cassette_is_replayed_as_a_directory_is() {
    let cassette = MemoryCassette::new();
    for recording in &block_on(two()) {
        block_on(cassette.save(recording)).unwrap();
    }
    assert_replays!(&cassette, tuner(0));
    assert!(message(|| assert_replays!(&cassette, tuner(1))).starts_with("2 of 2 replays are not equal"));
}

#[test]
fn no_recordings_and_no_directory_fail_and_say_so() {
    let empty = tempfile::tempdir().unwrap();
    let cassette = Fixtures::open(empty.path()).unwrap();
    let replays = block_on(replay_all(&cassette, &tuner(0)));
    assert_eq!(
        message(|| replays.assert_equal()),
        "there are no complete recordings to replay; copy some there, or record some"
    );
    assert!(message(|| assert_replays!("tests/nowhere", tuner(0))).contains(
        "tests/nowhere; give one with recordings in it, files that end in .tape or .tape.txt: No such file or"
    ));
}

#[test]
fn a_category_that_the_tuner_does_not_know_is_told_once() {
    let both = block_on(record(async {
        playback_core::operation("Refund").run(|| ());
        playback_core::operation("Refund").run(|| ());
        common::checkout(1, 100).await
    }));
    let cassette = MemoryCassette::new();
    for recording in &both.recordings {
        block_on(cassette.save(recording)).unwrap();
    }
    let replays = block_on(replay_all(&cassette, &tuner(0)));
    assert_eq!(replays.failures, ["the tuner refused the category `Refund`: no operation `Refund`"]);
    assert_eq!(replays.comparisons.len(), 1);
    assert!(message(|| replays.assert_equal()).contains("Refund"));
}

#[test]
fn a_file_that_is_no_tape_is_reported_by_name_and_the_others_are_found() {
    let directory = tempfile::tempdir().unwrap();
    let [one, _] = block_on(two());
    keep(&one, &directory.path().join("a.tape"));
    std::fs::write(directory.path().join("b.tape"), "no tape").unwrap();
    let cassette = Fixtures::open(directory.path()).unwrap();
    let replays = block_on(replay_all(&cassette, &tuner(0)));
    assert_eq!(replays.comparisons.len(), 1);
    assert!(replays.failures[0].contains("b.tape"), "{:?}", replays.failures);
    assert!(message(|| replays.assert_equal()).contains("b.tape"));
}

#[test]
fn recordings_that_are_passed_over_and_rules_without_a_match_can_fail() {
    let cassette = MemoryCassette::new();
    let incomplete = incomplete();
    for recording in block_on(two()).iter().chain([&incomplete]) {
        block_on(cassette.save(recording)).unwrap();
    }
    let rules = Rules::new().ignore("**.nowhere").unwrap();
    let with_rules = |category: &str| Ok::<_, Error>(tuner(0)(category)?.rules(&rules));
    assert_replays!(&cassette, with_rules);
    assert_eq!(
        message(|| assert_replays!(&cassette, with_rules, unused_recordings_fail, unused_rules_fail)),
        format!(
            "0 of 2 replays are not equal (recorded -> replayed)\n1 not replayed, being incomplete\n{} is incomplete, \
             so no test replays it; record it anew, or take it out\na rule matched nothing; take it out:\n\
             [[ignore]]\npath = \"**.nowhere\"",
            incomplete.id()
        )
    );
    rewrite_if_asked();
    assert_replays!("tests/recordings", tuner(0), unused_recordings_fail, unused_rules_fail);
}
