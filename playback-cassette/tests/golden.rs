//! Files of every released version stay readable, and today's are written byte for byte as they were.
//!
//! A version of zstd that compresses otherwise changes the bytes of tapes without changing the format: if
//! only `…writes…` fails after an update of zstd, add the new bytes under another name; do not replace the
//! old ones. `PLAYBACK_WRITE_GOLDEN=1 cargo test -p playback-cassette --test golden` writes files that are not
//! there yet.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod common;

use std::path::{Path, PathBuf};
use std::{env, fs};

use common::{NOON, full_recording, recording};
use playback_cassette::{Found, Recording, format};
use std::time::SystemTime;

/// The recordings that the files are of, by the files' names.
fn recordings() -> [(&'static str, Recording); 2] {
    let id = "Checkout/20260131/01KG8V3Q2E9T0000000000000B".parse().unwrap();
    // Past what stands in the index.
    let blocks = recording(&id, SystemTime::UNIX_EPOCH + NOON, 20_000);
    [("inline", full_recording()), ("blocks", blocks)]
}

fn golden(version: u8, name: &str, extension: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/v{version}-{name}.{extension}"))
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn metadata(recording: &Recording, tape: &[u8]) -> Found {
    Found::new(recording.id().clone(), recording.metadata().clone()).with_size(tape.len() as u64)
}

#[test]
fn files_of_every_version_are_readable() {
    for version in 1..=format::FORMAT_VERSION {
        for (name, recording) in recordings() {
            let tape = read(&golden(version, name, "tape"));
            assert_eq!(format::decode(name, &tape).unwrap(), recording, "version {version}, {name}");
            let json = read(&golden(version, name, "json"));
            assert_eq!(format::metadata_from_json(name, &json).unwrap(), metadata(&recording, &tape));
        }
    }
}

#[test]
fn todays_version_writes_the_same_bytes() {
    for (name, recording) in recordings() {
        let tape = format::encode(&recording).unwrap();
        let json = format::metadata_to_json(&metadata(&recording, &tape)).unwrap();
        for (extension, bytes) in [("tape", tape), ("json", json)] {
            let path = golden(format::FORMAT_VERSION, name, extension);
            if env::var_os("PLAYBACK_WRITE_GOLDEN").is_some() && !path.exists() {
                fs::write(&path, &bytes).unwrap();
            }
            assert!(read(&path) == bytes, "{} is written otherwise today", path.display());
        }
    }
}

#[test]
fn the_dictionary_is_the_one_that_the_files_are_written_with() {
    let dictionary = include_bytes!("../src/format/dictionary.zdict");
    assert_eq!(crc32fast::hash(dictionary), 0xc33f_7c06, "it belongs to the version of the format");
}
