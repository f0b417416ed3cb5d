//! Processes that share a cache and are killed, and a disk that takes no more: what is loaded is right, and
//! nothing is left in the way.
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

mod common;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use common::days_before;
use futures::executor::block_on;
use playback_cassette::{Cached, Cassette, IdGenerator, Recording, format};
use playback_testkit::MemoryCassette;
use playback_testkit::faults::Victim;

/// The same recordings in every process, which do not compress.
fn recordings(length: usize) -> Vec<Recording> {
    let (ids, mut random) = (IdGenerator::seeded(1), fastrand::Rng::with_seed(1));
    let one = |_| {
        let id = ids.generate("Checkout", days_before(0)).unwrap();
        let bytes = std::iter::repeat_with(|| random.u8(..)).take(length).collect();
        common::with_bytes(&id, days_before(0), bytes)
    };
    (0..20).map(one).collect()
}

/// The recordings in a store, behind a cache in a directory that has room for half of them.
fn cached(directory: &Path, recordings: &[Recording]) -> Cached<MemoryCassette> {
    let memory = MemoryCassette::new();
    for recording in recordings {
        block_on(memory.save(recording)).unwrap();
    }
    let bytes: usize = recordings.iter().map(|recording| format::encode(recording).unwrap().len()).sum();
    Cached::new(memory, directory).max_bytes(bytes as u64 / 2)
}

/// The tape files below a directory.
fn tapes(directory: &Path) -> Vec<PathBuf> {
    let mut tapes = Vec::new();
    for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            tapes.extend(self::tapes(&entry.path()));
        } else if entry.path().extension().is_some_and(|extension| extension == "tape") {
            tapes.push(entry.path());
        }
    }
    tapes
}

#[test]
fn processes_that_share_a_cache_and_are_killed_leave_no_damaged_file() {
    // C13
    let recordings = recordings(20_000);
    if let Some(directory) = Victim::directory() {
        let cached = cached(&directory, &recordings);
        for recording in recordings.iter().cycle() {
            assert_eq!(block_on(cached.load(recording.id())).unwrap(), *recording);
            println!("loaded");
        }
    }
    let directory = tempfile::tempdir().unwrap();
    let test = "processes_that_share_a_cache_and_are_killed_leave_no_damaged_file";
    let mut random = fastrand::Rng::with_seed(5);
    for _ in 0..30 {
        let mut children = [(); 2].map(|()| Victim::of(test, directory.path()).spawn().unwrap());
        // Held on to until they are killed, or else their printing fails.
        let mut pipes = children.each_mut().map(|child| BufReader::new(child.stdout.take().unwrap()));
        for pipe in &mut pipes {
            let lines = pipe.lines().map_while(Result::ok);
            let loads = lines.filter(|line| line.contains("loaded")).take(random.usize(1..30)).count();
            assert!(loads > 0, "the child worked");
        }
        // Both before anything is looked at: one would mend what the other left.
        children.iter_mut().for_each(|child| child.kill().unwrap());
        for child in &mut children {
            child.wait().unwrap();
        }
        let tapes = tapes(directory.path());
        assert!(!tapes.is_empty());
        for tape in tapes {
            let name = tape.display().to_string();
            let kept = format::decode(&name, &fs::read(&tape).unwrap()).unwrap();
            assert!(recordings.contains(&kept), "{name} is none of the recordings");
            assert!(name.contains(&kept.id().to_path()), "{name} is another recording");
        }
        let cached = cached(directory.path(), &recordings);
        for recording in &recordings {
            assert_eq!(block_on(cached.load(recording.id())).unwrap(), *recording);
        }
        assert_eq!(cached.stats().failures, 0);
    }
}

#[test]
fn a_cache_on_a_disk_that_takes_no_more_is_done_without() {
    // C13
    let recordings = recordings(150_000);
    if let Some(directory) = Victim::directory() {
        let cached = cached(&directory, &recordings);
        for recording in &recordings {
            assert_eq!(block_on(cached.load(recording.id())).unwrap(), *recording);
        }
        assert_eq!(cached.stats().failures, recordings.len() as u64);
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let output = Victim::of("a_cache_on_a_disk_that_takes_no_more_is_done_without", directory.path())
        .run_on_a_full_disk()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let root = directory.path().join("playback-cache-1");
    assert!(tapes(&root).is_empty());
    let left: Vec<_> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap()).collect();
    assert!(left.iter().all(|entry| entry.path().is_dir()), "what failed is left behind: {left:?}");
}
