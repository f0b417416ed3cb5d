//! The metadata beside a tape: JSON that other tools read, and that says what is wrong with it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod common;

use common::full_recording;
use playback_cassette::{ErrorKind, Found, format};

fn found() -> Found {
    let recording = full_recording();
    Found::new(recording.id().clone(), recording.metadata().clone()).with_size(412)
}

const JSON: &str = concat!(
    r#"{"format":1,"id":"orders/eu ☂/20260131/01KG8V3Q2E9T0000000000000A","#,
    r#""recorded_at":"2026-01-31T12:00:00.123456789Z","duration_ns":1234567890,"failed":true,"incomplete":true,"#,
    r#""service":{"name":"checkout","version":"1.4.2"},"size":412,"#,
    r#""fields":{"customer":"Ada \"the first\"","status":500}}"#,
);

fn message(json: &str) -> String {
    format::metadata_from_json("the metadata of recording X", json.as_bytes()).unwrap_err().to_string()
}

#[test]
fn metadata_is_plain_json_with_nothing_lost() {
    // R3
    let json = format::metadata_to_json(&found()).unwrap();
    assert_eq!(String::from_utf8(json.clone()).unwrap(), JSON);
    assert_eq!(format::metadata_from_json("it", &json).unwrap(), found());
}

#[test]
fn members_that_a_later_version_may_add_are_passed_over() {
    let json = JSON.replacen('{', r#"{"later":[1,2],"#, 1);
    assert_eq!(format::metadata_from_json("it", json.as_bytes()).unwrap(), found());
}

#[test]
fn what_is_not_metadata_is_reported_by_name() {
    for json in ["", "gibberish", "[]", "{}", r#"{"format":1}"#] {
        assert_eq!(
            message(json),
            "the metadata of recording X is corrupt: it is not metadata as JSON; delete it or restore it from backup"
        );
    }
    assert_eq!(
        message(&JSON.replace("01KG8V", "")),
        "the metadata of recording X is corrupt: its `id` is none; delete it or restore it from backup"
    );
    assert_eq!(
        message(&JSON.replace("2026-01-31T", "yesterday ")),
        "the metadata of recording X is corrupt: its `recorded_at` is not a time as RFC 3339 has it; \
         delete it or restore it from backup"
    );
}

#[test]
fn a_newer_format_says_which_version_reads_what() {
    let error =
        format::metadata_from_json("the metadata of recording X", br#"{"format":2,"id":7}"#).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NewerFormat);
    assert_eq!(
        error.to_string(),
        format!(
            "the metadata of recording X is written in metadata format 2, and playback-cassette {} reads metadata \
             format 1 at most; read it with a newer version",
            env!("CARGO_PKG_VERSION")
        )
    );
}

#[test]
fn what_goes_without_saying_is_left_out() {
    // B8
    let mut found = found();
    found.metadata.incomplete = false;
    let json = String::from_utf8(format::metadata_to_json(&found).unwrap()).unwrap();
    assert_eq!(json, JSON.replace(r#""incomplete":true,"#, ""));
    assert_eq!(format::metadata_from_json("it", json.as_bytes()).unwrap(), found);
    found.metadata.category = "another".to_owned();
    let json = format::metadata_to_json(&found).unwrap();
    assert_eq!(format::metadata_from_json("it", &json).unwrap(), found);
}
