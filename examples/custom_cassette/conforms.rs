//! The custom cassette keeps the rules of cassettes, which takes a line or two to show.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod cassette;

use std::sync::atomic::{AtomicU32, Ordering};

use cassette::SqliteCassette;
use playback_cassette::{Cassette, ErrorKind, TapeRecorder};
use playback_core::{RecorderExt, operation};
use playback_testkit::conformance;

#[tokio::test]
async fn the_custom_cassette_conforms() {
    let directory = tempfile::tempdir().unwrap();
    let number = AtomicU32::new(0);
    conformance::cassette(async || {
        let file = directory.path().join(number.fetch_add(1, Ordering::Relaxed).to_string());
        SqliteCassette::open(&file).unwrap()
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_opened_again_has_what_was_saved() {
    let directory = tempfile::tempdir().unwrap();
    conformance::reopened(async |name: String| SqliteCassette::open(&directory.path().join(name)).unwrap())
        .await;
}

#[test]
fn the_recorder_saves_to_it_without_a_runtime_of_the_service() {
    let directory = tempfile::tempdir().unwrap();
    let cassette = SqliteCassette::open(&directory.path().join("recordings")).unwrap();
    let recorder = TapeRecorder::new(cassette.clone());
    recorder.scope_blocking(|| operation("Greet").run(|| "Hello"));
    recorder.close_blocking(std::time::Duration::from_secs(60)).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    assert_eq!(runtime.block_on(cassette.categories()).unwrap(), ["Greet"]);
}

#[test]
fn a_file_that_is_no_database_says_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("notes.txt");
    std::fs::write(&file, "no database, and longer than the hundred bytes of a header. ".repeat(9)).unwrap();
    let Err(error) = SqliteCassette::open(&file) else { panic!("it is opened") };
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    let expected = format!("cannot open the database {}; restore the file from backup", file.display());
    assert_eq!(error.to_string(), expected);
}
