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

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use common::LONG;
use playback_cassette::{Candidate, TapeRecorder, TapeRecorderBuilder};
use playback_core::{RecorderExt, operation};
use playback_testkit::MemoryCassette;

/// The niceness of the thread that asks, as the kernel says it.
fn own() -> i32 {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
    // The name, in parentheses, may have spaces in it; the niceness is the 19th of all, from 1.
    let behind_name = stat.rsplit_once(')').unwrap().1;
    behind_name.split_whitespace().nth(16).unwrap().parse().unwrap()
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
