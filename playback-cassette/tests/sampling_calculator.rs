//! What a sampling calculator sees, what it leaves out, and what is counted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use common::{LONG, assert_equation, held, record};
use futures::executor::block_on;
use playback_cassette::{Candidate, Cassette, TapeRecorder, format};
use playback_core::{RecorderExt, add_metadata, force_sample_recording, operation, record_data};
use playback_testkit::MemoryCassette;
use playback_testkit::faults::Method;

#[test]
fn a_recording_that_is_left_out_reaches_no_cassette_and_is_counted() {
    // S4
    let double = held(100);
    let recorder = TapeRecorder::builder(double.clone())
        .sampling_calculator(|candidate: &Candidate| if candidate.failed() { 1.0 } else { 0.0 })
        .build();
    for number in 0..10 {
        let _ = recorder.scope_blocking(|| {
            operation("Checkout").run(|| if number % 5 == 0 { Err(number) } else { Ok(number) })
        });
    }
    block_on(recorder.flush()).unwrap();
    let stats = recorder.stats();
    assert_equation(&stats);
    assert_eq!((stats.started, stats.saved, stats.sampled_out, stats.in_flight.total()), (10, 2, 8, 0));
    assert_eq!(double.inner().len(), 2);
    assert_eq!(double.calls(Method::Save), 2, "the cassette is not even asked");
}

#[test]
fn the_calculator_sees_category_size_duration_failure_metadata_and_the_recording() {
    // S4
    let memory = MemoryCassette::new();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let notes = seen.clone();
    let recorder = TapeRecorder::builder(memory.clone())
        .sampling_calculator(move |candidate| {
            assert_eq!(candidate.id(), candidate.recording().id());
            assert_eq!(candidate.memory_size(), candidate.recording().size());
            assert!(candidate.memory_size() > 1000, "the note is among it");
            assert_eq!(candidate.duration(), candidate.metadata().duration);
            notes.lock().unwrap().push((
                candidate.category().to_owned(),
                candidate.failed(),
                candidate.encoded_size(),
                candidate.metadata().fields["plan"].clone(),
                thread::current().name().unwrap_or_default().to_owned(),
            ));
            1.0
        })
        .build();
    let declined = recorder.scope_blocking(|| {
        operation("Checkout").run(|| {
            add_metadata("plan", &"gold");
            record_data("note", &"x".repeat(1000));
            Err::<(), _>("declined")
        })
    });
    assert!(declined.is_err());
    block_on(recorder.flush()).unwrap();
    let seen = seen.lock().unwrap();
    let (category, failed, size, plan, thread) = &seen[0];
    assert_eq!((category.as_str(), *failed, plan), ("Checkout", true, &"gold".into()));
    let recording = block_on(memory.load(&memory.last_id().unwrap())).unwrap();
    assert_eq!(*size, format::encode(&recording).unwrap().len() as u64);
    assert_eq!(thread, "playback-writer", "the service's threads are not burdened");
}

#[test]
fn a_seed_gives_the_same_draws_and_the_share_that_was_asked_for() {
    // S4, S5
    let kept = |seed| {
        let memory = MemoryCassette::new();
        let recorder = TapeRecorder::builder(memory.clone())
            .seed(seed)
            .back_off(None)
            .ids(playback_cassette::IdGenerator::seeded(1))
            .clock(std::time::SystemTime::UNIX_EPOCH)
            .sampling_calculator(|_| 0.25)
            .build();
        for _ in 0..1000 {
            record(&recorder, 10);
        }
        recorder.flush_blocking(LONG).unwrap();
        let stats = recorder.stats();
        assert_equation(&stats);
        assert_eq!(stats.sampled_out + stats.saved, 1000);
        memory.ids()
    };
    let first = kept(7);
    assert!((190..310).contains(&first.len()), "{} of 1000", first.len());
    assert_eq!(first, kept(7));
    assert_ne!(first, kept(8));
}

#[test]
fn rates_out_of_range_are_none_or_all() {
    // S4
    for (rate, kept) in [(f64::NAN, 0), (-1.0, 0), (0.0, 0), (1.0, 5), (7.0, 5), (f64::INFINITY, 5)] {
        let memory = MemoryCassette::new();
        let recorder = TapeRecorder::builder(memory.clone()).sampling_calculator(move |_| rate).build();
        for _ in 0..5 {
            record(&recorder, 10);
        }
        block_on(recorder.flush()).unwrap();
        assert_eq!(memory.len(), kept, "{rate}");
    }
}

#[test]
fn a_calculator_that_panics_fails_the_recording_and_nothing_else() {
    // S4
    let memory = MemoryCassette::new();
    let calls = AtomicUsize::new(0);
    let recorder = TapeRecorder::builder(memory.clone())
        .sampling_calculator(move |_| match calls.fetch_add(1, Ordering::SeqCst) {
            1 => panic!("on purpose"),
            _ => 1.0,
        })
        .build();
    for _ in 0..3 {
        record(&recorder, 10);
    }
    let not_written = block_on(recorder.flush()).unwrap_err();
    assert_eq!((not_written.failed, not_written.pending), (1, 0));
    let stats = recorder.stats();
    assert_equation(&stats);
    assert_eq!((stats.saved, stats.failed, stats.sampled_out), (2, 1, 0));
    assert_eq!(memory.len(), 2);
}

#[test]
fn the_calculator_has_the_last_word_over_runs_that_were_forced() {
    // S2, S4
    let memory = MemoryCassette::new();
    let recorder =
        TapeRecorder::builder(memory.clone()).sampling_rate(0.0).sampling_calculator(|_| 0.0).build();
    recorder.scope_blocking(|| operation("Checkout").run(force_sample_recording));
    recorder.close_blocking(Duration::from_secs(60)).unwrap();
    assert_eq!((recorder.stats().sampled_out, memory.len()), (1, 0));
}
