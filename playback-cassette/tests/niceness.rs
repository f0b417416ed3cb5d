//! The recorder's thread gives way to the service's, as far as it is told to.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use common::{LONG, until};
use futures::executor::block_on;
use playback_cassette::{Candidate, TapeRecorder, TapeRecorderBuilder};
use playback_core::{RecorderExt, operation, record_data};
use playback_testkit::MemoryCassette;

/// The niceness of the thread that asks, as the kernel says it.
fn own() -> i32 {
    of_thread(Path::new("/proc/thread-self")).unwrap()
}

/// The niceness of all threads of this process that have this name.
fn of_threads(name: &str) -> Vec<i32> {
    let threads = std::fs::read_dir("/proc/self/task").unwrap().map(|thread| thread.unwrap().path());
    let is_called = |thread: &PathBuf| {
        std::fs::read_to_string(thread.join("comm")).is_ok_and(|comm| comm.trim_end() == name)
    };
    threads.filter(is_called).filter_map(|thread| of_thread(&thread)).collect()
}

/// None if it has ended meanwhile.
fn of_thread(thread: &Path) -> Option<i32> {
    let stat = std::fs::read_to_string(thread.join("stat")).ok()?;
    // The name, in parentheses, may have spaces in it; the niceness is the 19th of all, from 1.
    let behind_name = stat.rsplit_once(')').unwrap().1;
    Some(behind_name.split_whitespace().nth(16).unwrap().parse().unwrap())
}

/// How much nicer the thread is that saves than this one.
fn nicer(set_up: impl FnOnce(TapeRecorderBuilder) -> TapeRecorderBuilder) -> i32 {
    let seen = Arc::new(AtomicI32::new(i32::MIN));
    let see = {
        let seen = Arc::clone(&seen);
        // Asked of each recording on the recorder's thread.
        move |_: &Candidate<'_>| {
            seen.store(own(), Ordering::SeqCst);
            1.0
        }
    };
    let recorder = set_up(TapeRecorder::builder(MemoryCassette::new()).sampling_calculator(see)).build();
    recorder.scope_blocking(|| operation("Checkout").run(|| ()));
    recorder.close_blocking(LONG).unwrap();
    assert_eq!(recorder.stats().saved, 1);
    seen.load(Ordering::SeqCst) - own()
}

#[test]
fn saving_gives_way_to_the_service_which_stays_as_it_is() {
    let before = own();
    let room = 19 - before;
    assert_eq!(nicer(|builder| builder), 10.min(room));
    assert_eq!(nicer(|builder| builder.niceness(3)), 3.min(room));
    assert_eq!(nicer(|builder| builder.niceness(0)), 0);
    assert_eq!(nicer(|builder| builder.niceness(u8::MAX)), room);
    assert_eq!(own(), before);
}

#[test]
fn compressing_large_recordings_gives_way_too() {
    let room = 19 - own();
    for (niceness, expected) in [(0, 0), (3, 3.min(room)), (u8::MAX, room)] {
        let recorder =
            TapeRecorder::builder(MemoryCassette::new()).spill_past(1 << 16).niceness(niceness).build();
        let large = || (0..8).for_each(|_| record_data("large", &"x".repeat(1 << 18)));
        recorder.scope_blocking(|| operation("Checkout").run(large));
        // What is saved has been through that thread, which is there for as long as the recorder is.
        block_on(recorder.flush()).unwrap();
        assert_eq!(recorder.stats().saved, 1);
        let nicer: Vec<_> = of_threads("playback-spill").into_iter().map(|thread| thread - own()).collect();
        assert_eq!(nicer, [expected]);
        recorder.close_blocking(LONG).unwrap();
        drop(recorder);
        // It ends when nobody can send it anything any more.
        until(|| of_threads("playback-spill").is_empty());
    }
}
