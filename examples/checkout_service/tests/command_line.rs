//! The service's own command line on a copy of its recordings.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may fail loudly")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const RECORDINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/checkout_service/recordings");

fn copied() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for file in fs::read_dir(RECORDINGS).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), directory.path().join(file.file_name())).unwrap();
    }
    directory
}

fn run(directory: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_checkout-replay"));
    command.env("PLAYBACK_STORE", directory).env("NO_COLOR", "1").args(arguments);
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap())
}

#[test]
fn its_recordings_compare_equal() {
    let (code, said) = run(Path::new(RECORDINGS), &["compare"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("Checkout") && said.contains("Refund") && said.contains("16 recordings"), "{said}");
}

#[test]
fn what_it_does_otherwise_than_recorded_is_compared_replayed_and_accepted() {
    let directory = copied();
    let file = directory.path().join("buys.tape.txt");
    let text = fs::read_to_string(&file).unwrap();
    // As if another version had recorded it.
    let line = text.lines().find(|line| line.trim_start().starts_with("due: ")).unwrap();
    let edited = text.replace(line, &line.replace("due: ", "due: 9"));
    assert_ne!(edited, text);
    fs::write(&file, &edited).unwrap();
    let (code, said) = run(directory.path(), &["compare"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("15 equal") && said.contains("due: 9"), "{said}");
    let (code, said) = run(directory.path(), &["replay", file.to_str().unwrap()]);
    assert_eq!(code, Some(1), "{said}");

    let (code, said) = run(directory.path(), &["accept", "--replay"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("1 change accepted") && said.contains("15 equal"), "{said}");
    assert!(fs::read_to_string(&file).unwrap().contains(line));
    assert_eq!(run(directory.path(), &["compare"]).0, Some(0));
}
