//! A process that is killed, or whose disk is full, in the middle of a save: what it had acknowledged is
//! there, and nothing is half visible.
//!
//! The tests run this program once more as the process that suffers.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod samples;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Child;

use playback_cassette::{Cassette, CassetteExt, Query, Recording};
use playback_cassette_s3::ObjectStoreCassette;
use playback_testkit::faults::Victim;
use samples::{id, recording};

const WRITER: &str = "PLAYBACK_TEST_WRITER";

/// So short that a kill falls between two files as often as not.
const SHORT: u64 = 200;
/// Long enough that a kill can fall into the middle of a file.
const LONG: u64 = 150_000;
/// So long that it is written in parts.
const IN_PARTS: u64 = 20 << 20;
/// All writers save it, over and over.
const CONTESTED: u64 = 0;

fn cassette(directory: &Path) -> ObjectStoreCassette {
    ObjectStoreCassette::local(directory).unwrap().read_only(false)
}

/// The number of the `count`th recording of a writer.
fn number(writer: u64, count: u64) -> u64 {
    writer * 1_000_000 + count
}

/// What a writer saves under a number. Writers 1 and 2 save what is short, 3 and 4 what is long, 5 what takes
/// parts.
fn saved(writer: u64, number: u64) -> Recording {
    let length = match writer {
        1 | 2 => SHORT,
        3 | 4 => LONG,
        _ => IN_PARTS,
    };
    recording(number, writer, length)
}

/// This program again, running one of its tests in a directory as a writer.
fn victim(test: &str, directory: &Path, writer: u64) -> Victim {
    Victim::of(test, directory).env(WRITER, writer.to_string())
}

/// The directory and the number of the writer, if this is the process that suffers.
fn as_victim() -> Option<(PathBuf, u64)> {
    Some((Victim::directory()?, std::env::var(WRITER).ok()?.parse().ok()?))
}

/// Saves recordings until it is killed, and says so after each.
async fn save_until_killed(directory: &Path, writer: u64) -> ! {
    let cassette = cassette(directory);
    for count in first_free(&cassette, writer).await.. {
        let number = number(writer, count);
        cassette.save(&saved(writer, number)).await.unwrap();
        println!("acknowledged {number}");
        cassette.save(&saved(writer, CONTESTED)).await.unwrap();
    }
    unreachable!("it is killed before it has counted to the end");
}

/// How many recordings of a writer there are, so that each of its lives goes on where the last one ended.
async fn first_free(cassette: &ObjectStoreCassette, writer: u64) -> u64 {
    let mut count = 0;
    while cassette.load_metadata(&id(number(writer, count))).await.is_ok() {
        count += 1;
    }
    count
}

/// What a child acknowledges, line by line.
fn acknowledged(child: &mut Child) -> impl Iterator<Item = u64> + use<> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.map_while(Result::ok).filter_map(|line| line.split_once("acknowledged ")?.1.parse().ok())
}

#[tokio::test]
async fn a_process_killed_during_a_save_leaves_what_it_acknowledged_and_nothing_half() {
    // C3
    if let Some((directory, writer)) = as_victim() {
        save_until_killed(&directory, writer).await;
    }
    let directory = tempfile::tempdir().unwrap();
    let cassette = cassette(directory.path());
    let mut safe = Vec::new();
    let mut random = fastrand::Rng::with_seed(31);
    for writers in [[1, 2], [3, 4]].into_iter().cycle().take(16) {
        let test = "a_process_killed_during_a_save_leaves_what_it_acknowledged_and_nothing_half";
        let mut children = writers.map(|writer| victim(test, directory.path(), writer).spawn().unwrap());
        let heard = children.each_mut().map(acknowledged);
        for ((child, mut heard), count) in
            children.iter_mut().zip(heard).zip([random.usize(1..4), random.usize(1..4)])
        {
            safe.extend(heard.by_ref().take(count));
            // Not at once: the kill is to fall anywhere in the next save.
            for _ in 0..random.usize(..200_000) {
                std::hint::black_box(random.u64(..));
            }
            child.kill().unwrap();
            child.wait().unwrap();
            // What was on its way through the pipe counts, too.
            safe.extend(heard);
        }
        check(&cassette, &safe).await;
    }
    assert!(safe.len() >= 32, "the children worked: {safe:?}");
}

#[tokio::test]
async fn a_process_killed_between_the_parts_of_a_large_tape_leaves_nothing_half() {
    // C14
    if let Some((directory, writer)) = as_victim() {
        save_until_killed(&directory, writer).await;
    }
    let directory = tempfile::tempdir().unwrap();
    let cassette = cassette(directory.path());
    let mut safe = Vec::new();
    let mut random = fastrand::Rng::with_seed(32);
    let test = "a_process_killed_between_the_parts_of_a_large_tape_leaves_nothing_half";
    for _ in 0..4 {
        let mut child = victim(test, directory.path(), 5).spawn().unwrap();
        let mut heard = acknowledged(&mut child);
        safe.extend(heard.by_ref().take(1));
        // Not at once: the kill is to fall anywhere in the next save.
        for _ in 0..random.usize(..5_000_000) {
            std::hint::black_box(random.u64(..));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        safe.extend(heard);
        check(&cassette, &safe).await;
    }
    assert!(safe.len() >= 4, "the children worked: {safe:?}");
}

/// What is visible is whole and was saved, and what was acknowledged is visible.
async fn check(cassette: &ObjectStoreCassette, safe: &[u64]) {
    let found = cassette.find_all(&Query::new()).await.unwrap();
    for number in safe {
        assert!(found.iter().any(|found| found.id == id(*number)), "{number} was acknowledged and is lost");
    }
    for found in found {
        let loaded = cassette.load(&found.id).await.unwrap();
        let number: u64 = found.id.unique()[10..].parse().unwrap();
        if number == CONTESTED {
            let versions = [1, 2, 3, 4, 5].map(|writer| saved(writer, CONTESTED));
            assert!(versions.contains(&loaded), "the contested one is of no writer");
        } else {
            assert!(loaded == saved(number / 1_000_000, number), "{} is not what was saved", found.id);
        }
    }
}

#[tokio::test]
async fn a_disk_that_takes_no_more_fails_the_save_and_shows_nothing_of_it() {
    // C9
    let small = recording(1, 0, 10_000);
    let large = recording(2, 0, LONG);
    if let Some((directory, _)) = as_victim() {
        let cassette = cassette(&directory);
        cassette.save(&small).await.unwrap();
        let error = cassette.save(&large).await.unwrap_err();
        println!("refused: {}", error.chain());
        cassette.save(&recording(3, 0, 10_000)).await.unwrap();
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let test = "a_disk_that_takes_no_more_fails_the_save_and_shows_nothing_of_it";
    let output = victim(test, directory.path(), 1).run_on_a_full_disk().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains(&format!("refused: cannot save recording {}", id(2))), "{said}");

    let cassette = cassette(directory.path());
    let found = cassette.find_all(&Query::new()).await.unwrap();
    let mut ids: Vec<_> = found.into_iter().map(|found| found.id).collect();
    ids.sort();
    assert_eq!(ids, [id(1), id(3)]);
    assert_eq!(cassette.load(&id(1)).await.unwrap(), small);
    cassette.save(&large).await.unwrap();
    assert_eq!(cassette.load(&id(2)).await.unwrap(), large);
}
