//! The dictionary of the tape format: it makes small recordings smaller, also those that it was not made of.
//!
//! It is made of recordings of made-up services, before a version of the format is released, and never again. With the
//! command line of zstd:
//!
//! ```text
//! PLAYBACK_WRITE_SAMPLES=/tmp/samples cargo test -p playback-cassette --test dictionary
//! zstd --train-cover=d=6,steps=40 -6 --maxdict=32KB --dictID=1 -r /tmp/samples -o playback-cassette/src/format/dictionary.zdict
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

#[path = "../common/mod.rs"]
mod common;
mod corpus;
mod words;

use std::path::Path;
use std::{env, fs};

use playback_cassette::{Recording, format, text};
use playback_core::Entry;

use crate::common::Parts;

/// How many services the dictionary is made of.
const TRAINED_ON: u64 = 1_900;

/// The dictionary is made of small recordings, since they have most of it.
const LARGEST_SAMPLE: usize = 2_500;

/// How many bytes the frames of these indexes take, with the dictionary and without.
fn sizes(recordings: &[Recording]) -> (usize, usize) {
    let sizes = recordings.iter().map(|recording| {
        let parts = Parts::of(&format::encode(recording).unwrap());
        (parts.index.len(), zstd::bulk::compress(&parts.raw_index(), 6).unwrap().len())
    });
    sizes.fold((0, 0), |(with, without), (one, other)| (with + one, without + other))
}

#[test]
fn recordings_of_trades_that_it_does_not_know_are_smaller_with_the_dictionary() {
    // B8
    let others = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dictionary/others")).unwrap();
    let others: Vec<_> = others.map(|file| file.unwrap().path()).collect();
    assert_eq!(others.len(), 3);
    for path in others {
        let recording = text::decode("it", &fs::read_to_string(&path).unwrap()).unwrap();
        let (with, without) = sizes(&[recording]);
        println!("{}: {with} of {without} bytes", path.display());
        assert!(with * 100 <= without * 96, "{}: {with} of {without} bytes", path.display());
    }
}

#[test]
fn small_recordings_like_those_that_it_was_made_of_are_a_quarter_smaller_with_the_dictionary() {
    if let Some(directory) = env::var_os("PLAYBACK_WRITE_SAMPLES") {
        fs::create_dir_all(&directory).unwrap();
        for (number, recording) in corpus::recordings(0..TRAINED_ON).enumerate() {
            let sample = Parts::of(&format::encode(&recording).unwrap()).raw_index();
            if sample.len() <= LARGEST_SAMPLE {
                fs::write(Path::new(&directory).join(format!("{number:05}")), sample).unwrap();
            }
        }
    }
    // Of the same words, and of other services.
    let recordings = corpus::recordings(TRAINED_ON..TRAINED_ON + 100);
    let is_small = |recording: &Recording| {
        let parts = recording.tape().parts();
        parts.bytes.len() + parts.entries.len() * size_of::<Entry>() <= LARGEST_SAMPLE
    };
    let small: Vec<_> = recordings.filter(is_small).collect();
    assert!(small.len() >= 50);
    let (with, without) = sizes(&small);
    println!("{with} of {without} bytes");
    assert!(with * 100 <= without * 75, "{with} of {without} bytes");
}
