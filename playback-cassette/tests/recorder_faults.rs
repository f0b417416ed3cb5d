//! Recording never harms the service: what happens when the cassette is slow, fails, panics or hangs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod common;

use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::{Mutex, mpsc};
use std::time::Duration;

use common::{LONG, failing, held, panicking, record, recording, start};
use futures::FutureExt;
use futures::executor::block_on;
use playback_cassette::{Cassette, NotWritten, TapeRecorder, TapeRecorderBuilder};
use playback_core::{Finished, Recorder, RecorderExt, Recording, StoredValues, Tape, TapeParts, operation};
use playback_testkit::MemoryCassette;
use playback_testkit::faults::{Faulty, Method};

const NO_TIME: Duration = Duration::ZERO;

fn recorder(double: &Faulty<MemoryCassette>) -> TapeRecorderBuilder {
    TapeRecorder::builder(double.clone())
}

fn count(number: usize) -> NonZeroUsize {
    number.try_into().unwrap()
}

fn written(outcome: Result<(), NotWritten>) -> (u64, u64) {
    outcome.map_or_else(|not| (not.failed, not.pending), |()| (0, 0))
}

#[test]
fn a_full_queue_drops_and_counts_and_never_blocks() {
    // C11
    let double = held(0);
    let recorder =
        recorder(&double).back_off(None).queue_recordings(count(3)).concurrent_saves(count(1)).build();
    record(&recorder, 10);
    block_on(double.called(Method::Save, 1));
    for _ in 0..5 {
        record(&recorder, 10);
    }
    let stats = recorder.stats();
    assert_eq!((stats.dropped.queue_full, stats.in_flight.queued, stats.in_flight.saving), (3, 2, 1));
    double.let_pass(Method::Save, 3);
    block_on(recorder.flush()).unwrap();
    let stats = recorder.stats();
    assert_eq!((stats.started, stats.saved, stats.dropped.total(), stats.in_flight.total()), (6, 3, 3, 0));
}

#[test]
fn the_queue_is_bounded_in_bytes_too_counting_what_is_on_its_way() {
    // C11
    let double = held(0);
    let recorder = recorder(&double).back_off(None).queue_bytes(10_000).build();
    record(&recorder, 4000);
    block_on(double.called(Method::Save, 1));
    record(&recorder, 2000);
    record(&recorder, 100);
    assert_eq!(recorder.stats().dropped.queue_full, 1);
    double.let_pass(Method::Save, 2);
    block_on(recorder.flush()).unwrap();
    record(&recorder, 2000);
    assert_eq!(recorder.stats().dropped.queue_full, 1);
    double.let_pass(Method::Save, 1);
}

#[test]
fn whatever_many_threads_do_to_a_small_queue_every_recording_is_saved_or_counted_as_dropped() {
    // C11
    let double = held(4000);
    let recorder =
        recorder(&double).back_off(None).queue_recordings(count(4)).concurrent_saves(count(2)).build();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..1000).for_each(|_| drop(record(&recorder, 10))));
        }
    });
    block_on(recorder.flush()).unwrap();
    let stats = recorder.stats();
    assert_eq!((stats.started, stats.in_flight.total(), stats.failed), (4000, 0, 0));
    assert_eq!(stats.saved + stats.dropped.queue_full, 4000);
    assert_eq!(stats.saved, double.inner().len() as u64);
    assert!(double.most_at_once(Method::Save) <= 2);
}

#[test]
fn no_recording_may_be_larger_than_the_queue() {
    let recorder = recorder(&held(0)).queue_bytes(10_000).build();
    assert_eq!(start(&recorder).unwrap().max_bytes, 10_000);
}

#[test]
fn a_save_that_fails_is_counted_and_never_reaches_the_caller() {
    // R7
    let double = failing();
    let recorder = recorder(&double).build();
    let result = recorder.scope_blocking(|| operation("Checkout").run(|| 42));
    assert_eq!(result, 42);
    let not_written = block_on(recorder.flush()).unwrap_err();
    assert_eq!((not_written.failed, not_written.pending), (1, 0));
    assert_eq!(
        not_written.to_string(),
        "not everything was saved: 1 failed and 0 were not done in time; the log says why saves fail, and more time \
         or more concurrent saves help against the latter"
    );
    assert_eq!((recorder.stats().failed, recorder.stats().saved), (1, 0));
    // The next flush is not blamed for it.
    block_on(recorder.flush()).unwrap();
}

#[test]
fn a_cassette_that_panics_is_counted_as_failed_and_the_next_save_goes_on() {
    // R7
    let double = panicking();
    let recorder = recorder(&double).concurrent_saves(count(1)).build();
    for _ in 0..3 {
        record(&recorder, 10);
    }
    assert_eq!(written(block_on(recorder.flush())), (3, 0));
    assert_eq!((recorder.stats().failed, recorder.stats().in_flight.total()), (3, 0));
}

#[test]
fn flush_waits_for_what_was_queued_and_not_for_what_comes_later() {
    // C11
    let double = held(0);
    let recorder = recorder(&double).concurrent_saves(count(1)).build();
    record(&recorder, 10);
    block_on(double.called(Method::Save, 1));
    std::thread::scope(|scope| {
        let flush = scope.spawn(|| recorder.flush_blocking(LONG));
        double.let_pass(Method::Save, 1);
        flush.join().unwrap().unwrap();
    });
    record(&recorder, 10);
    block_on(double.called(Method::Save, 2));
    assert_eq!(double.inner().len(), 1);
    double.let_pass(Method::Save, 1);
}

#[test]
fn flush_says_what_was_not_written_in_time_and_lets_it_go_on() {
    // C11
    let double = held(0);
    let recorder = recorder(&double).build();
    record(&recorder, 10);
    record(&recorder, 10);
    assert_eq!(written(recorder.flush_blocking(NO_TIME)), (0, 2));
    double.let_pass(Method::Save, 2);
    recorder.flush_blocking(LONG).unwrap();
    assert_eq!(double.inner().len(), 2);
}

#[test]
fn closing_saves_what_is_queued_closes_the_cassette_and_refuses_the_rest() {
    // C11
    let double = held(100);
    let recorder = recorder(&double).build();
    for _ in 0..100 {
        record(&recorder, 10);
    }
    let late = start(&recorder).unwrap();
    block_on(recorder.close(LONG)).unwrap();
    assert_eq!((double.inner().len(), double.calls(Method::Close)), (100, 1));

    // One that began before and ends after, and one that begins after.
    recorder.finish(Finished::Recorded(recording(&late.id, late.recorded_at, 10)));
    assert!(start(&recorder).is_none());
    let stats = recorder.stats();
    assert_eq!((stats.started, stats.saved, stats.dropped.closed, stats.in_flight.total()), (102, 100, 2, 0));
    recorder.close_blocking(LONG).unwrap();
    block_on(recorder.flush()).unwrap();
    assert_eq!(double.calls(Method::Close), 1);
}

#[test]
fn closing_gives_up_what_hangs_past_its_time_and_counts_it() {
    // C11
    let double = held(0);
    let recorder = recorder(&double).concurrent_saves(count(1)).build();
    for _ in 0..3 {
        record(&recorder, 10);
    }
    block_on(double.called(Method::Save, 1));
    assert_eq!(written(recorder.close_blocking(NO_TIME)), (0, 3));
    let stats = recorder.stats();
    assert_eq!((stats.started, stats.dropped.unwritten, stats.in_flight.total()), (3, 3, 0));
    // The save that hung was cut off: the writer comes to its end without a permit.
    recorder.close_blocking(LONG).unwrap();
    assert_eq!((double.calls(Method::Close), double.inner().len()), (1, 0));
}

#[test]
fn a_flush_that_waits_is_told_when_the_recorder_is_closed_under_it() {
    let double = held(0);
    let recorder = recorder(&double).build();
    record(&recorder, 10);
    let flush = recorder.flush();
    let mut flush = std::pin::pin!(flush);
    assert!(flush.as_mut().now_or_never().is_none());
    assert_eq!(written(recorder.close_blocking(NO_TIME)), (0, 1));
    assert_eq!(written(block_on(flush)), (0, 1));
}

#[test]
fn a_flush_that_waits_is_told_what_closing_gave_up_though_the_recorders_thread_hangs() {
    let (asked, asks) = mpsc::channel();
    let (release, hangs) = mpsc::channel::<()>();
    let hangs = Mutex::new(hangs);
    let recorder = TapeRecorder::builder(MemoryCassette::new())
        .sampling_calculator(move |_| {
            asked.send(()).unwrap();
            f64::from(hangs.lock().unwrap().recv().is_err())
        })
        .build();
    record(&recorder, 10);
    asks.recv().unwrap();
    let mut flush = pin!(recorder.flush());
    assert!(flush.as_mut().now_or_never().is_none());
    assert_eq!(written(recorder.close_blocking(NO_TIME)), (0, 1));
    assert_eq!(flush.now_or_never().map(written), Some((0, 1)), "nothing else will come");
    drop(release);
}

#[test]
fn the_last_handle_dropped_lets_the_thread_finish_what_is_queued() {
    let double = held(0);
    let recorder = recorder(&double).build();
    let clone = recorder.clone();
    let ids = [record(&recorder, 10), record(&clone, 10)];
    drop(recorder);
    drop(clone);
    double.let_pass(Method::Save, 2);
    while double.calls(Method::Close) == 0 {
        std::thread::yield_now();
    }
    for id in ids {
        block_on(double.inner().load(&id)).unwrap();
    }
}

#[test]
fn what_is_instrumented_on_the_writers_thread_is_not_recorded_in_its_turn() {
    let (double, inner) = (held(1), playback_testkit::MemoryRecorder::new());
    let seen = inner.clone();
    let calculator = move |_: &playback_cassette::Candidate<'_>| {
        operation("Saving").recorder_with(|| inner.clone()).run(|| 1.0)
    };
    let recorder = recorder(&double).sampling_calculator(calculator).build();
    record(&recorder, 10);
    block_on(recorder.flush()).unwrap();
    assert_eq!((recorder.stats().saved, seen.recordings().len()), (1, 0));
}

/// Values that ask the recorder how it is when they are dropped, as a service may at any time.
struct Asking(TapeRecorder, mpsc::Sender<u64>);

impl std::fmt::Debug for Asking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Asking")
    }
}

impl StoredValues for Asking {
    fn length(&self) -> u64 {
        0
    }

    fn read(&self, _: std::ops::Range<u64>) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Vec::new())
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        let _ = self.1.send(self.0.stats().dropped.unwritten);
    }
}

#[test]
fn what_is_given_up_is_dropped_while_the_service_can_go_on() {
    // C11
    let double = held(0);
    let recorder = recorder(&double).concurrent_saves(count(1)).build();
    record(&recorder, 10);
    block_on(double.called(Method::Save, 1));
    let (told, asked) = mpsc::channel();
    let started = start(&recorder).unwrap();
    let values = std::sync::Arc::new(Asking(recorder.clone(), told));
    let tape = Tape::with_stored(TapeParts::default(), values).unwrap();
    let metadata = recording(&started.id, started.recorded_at, 0).metadata().clone();
    recorder.finish(Finished::Recorded(Recording::new(started.id, metadata, tape)));
    std::thread::spawn(move || recorder.close_blocking(NO_TIME));
    assert_eq!(asked.recv_timeout(LONG), Ok(2));
}
