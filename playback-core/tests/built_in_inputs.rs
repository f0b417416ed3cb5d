//! The clock, randomness and ids as inputs.
#![allow(missing_docs, clippy::unwrap_used)]

use std::time::Duration;

use playback_core::{MatchedBy, inputs, operation, replay_blocking};
use playback_testkit::record_blocking;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What is drawn in a recording comes back on replay, and is not what is drawn live.
fn comes_back<R: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(draw: fn() -> R) {
    let run = || operation("Draw").run(|| (draw(), draw()));
    let recorded = record_blocking(run);
    let drawn = recorded.result;
    let recording = record_blocking(run).recordings.remove(0);
    let of_recording: (R, R) = recording.tape().outputs().last().unwrap().to().unwrap();
    assert_ne!(drawn, of_recording, "live, it is the real thing");
    let playback = replay_blocking(&recording, |_| Ok(run())).unwrap();
    assert_eq!(playback.replayed().outputs().last().unwrap().to::<(R, R)>().unwrap(), of_recording);

    let without = record_blocking(|| operation("Draw").run(|| ())).recording();
    let playback = replay_blocking(&without, |_| Ok(run())).unwrap();
    assert!(playback.matches().all(|(_, _, by)| by == MatchedBy::Called), "new code may look at the clock");
}

#[test]
fn the_clock_comes_back() {
    comes_back(inputs::now);
}

#[test]
fn time_that_passed_comes_back() {
    let run = || {
        let watch = inputs::Stopwatch::start();
        operation("Wait").run(|| {
            std::thread::yield_now();
            watch.elapsed()
        })
    };
    let recorded = record_blocking(run);
    let (elapsed, recording) = (recorded.result, recorded.recording());
    assert!(elapsed > Duration::ZERO);
    let playback = replay_blocking(&recording, |_| Ok(run())).unwrap();
    assert_eq!(playback.replayed().outputs().last().unwrap().to::<Duration>().unwrap(), elapsed);
}

#[cfg(feature = "time")]
#[test]
fn the_clock_comes_back_as_a_date_and_time() {
    comes_back(|| inputs::utc_now().unix_timestamp_nanos());
    assert!(inputs::utc_now().year() >= 2025);
}

#[cfg(feature = "random")]
#[test]
fn randomness_comes_back() {
    comes_back(|| inputs::random_bytes(16));
    comes_back(inputs::random_u64);
    comes_back(inputs::random_f64);
    comes_back(|| inputs::random_range(0..u64::MAX));
    assert_eq!(inputs::random_range(7..8), 7);
    assert_eq!(
        inputs::random_range(std::ops::Range { start: 7, end: 3 }),
        7,
        "an empty range gives its start"
    );
}

#[cfg(feature = "uuid")]
#[test]
fn fresh_ids_come_back() {
    comes_back(inputs::uuid_v4);
    comes_back(inputs::uuid_v7);
}
