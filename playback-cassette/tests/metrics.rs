//! What is counted shows as metrics, in the same numbers as in the statistics.
#![cfg(feature = "metrics")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod common;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::atomic::Ordering;
use std::time::Duration;

use common::torn::{PANICS, Torn};
use common::{LONG, assert_equation, begins, failing, held, record, start};
use futures::executor::block_on;
use metrics::{SharedString, Unit};
use metrics_util::CompositeKey;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use playback_cassette::{Breaker, ErrorKind, Sampling, TapeRecorder};
use playback_core::{DiscardReason, Finished, OperationStart, Recorder, RecorderExt, operation};
use playback_testkit::faults::Method;
use tracing_subscriber::layer::SubscriberExt as _;

/// All metrics, by name and labels, each of which is described.
fn metrics(snapshotter: &metrics_util::debugging::Snapshotter) -> BTreeMap<String, f64> {
    type Metric = (CompositeKey, Option<Unit>, Option<SharedString>, DebugValue);
    let named = |(key, unit, description, value): Metric| {
        assert!(description.is_some_and(|text| !text.is_empty()), "{key:?}");
        assert_eq!(unit.is_none(), key.key().name() == "playback_rate", "{key:?} is of {unit:?}");
        let labels: Vec<_> =
            key.key().labels().map(|label| format!(" {}={}", label.key(), label.value())).collect();
        let value = match value {
            DebugValue::Counter(count) => count as f64,
            DebugValue::Gauge(value) => value.into_inner(),
            DebugValue::Histogram(_) => panic!("there are no histograms"),
        };
        (format!("{}{}", key.key().name(), labels.concat()), value)
    };
    snapshotter.snapshot().into_vec().into_iter().map(named).collect()
}

#[test]
fn every_operation_is_counted_as_what_became_of_it() {
    // One test, because the writer's metrics reach a process-wide recorder only.
    let debugging = DebuggingRecorder::new();
    let snapshotter = debugging.snapshotter();
    debugging.install().unwrap();
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Torn)).unwrap();

    let store = held(0);
    let recorder = TapeRecorder::builder(store.clone())
        .queue_recordings(8.try_into().unwrap())
        .sampling_of("None", Sampling::none())
        .sampling_calculator(|it| f64::from(it.metadata().duration.is_zero() || it.category() != "Checkout"))
        .forced_sampling(false)
        .seed(7)
        .build();
    for _ in 0..3 {
        recorder.start(&OperationStart::new("None"));
    }
    assert!(recorder.start(&OperationStart::new(" ")).is_none());
    for reason in [DiscardReason::Requested, DiscardReason::TooLarge { max_bytes: 1 }] {
        let id = start(&recorder).unwrap().id;
        recorder.finish(Finished::Discarded { id, reason });
    }
    recorder.scope_blocking(|| operation("Kept").run(|| ()));
    while recorder.stats().dropped.backed_off == 0 {
        begins(&recorder);
    }
    let queued = recorder.stats().in_flight;
    let seen = metrics(&snapshotter);
    assert_eq!(seen["playback_queued_recordings"], queued.total() as f64);
    assert!(seen["playback_queued_bytes"] > 0.0);
    assert_eq!(seen["playback_rate"], recorder.stats().health.rate);
    store.release(Method::Save);
    block_on(recorder.flush()).unwrap();

    let broken =
        TapeRecorder::builder(failing()).breaker(Breaker::default().failures(NonZeroU32::MIN)).build();
    begins(&broken);
    block_on(broken.flush()).unwrap_err();
    begins(&broken);
    recorder.close_blocking(LONG).unwrap();
    broken.close_blocking(LONG).unwrap();
    begins(&recorder);
    // What a snapshot has shown begins anew.
    let mut seen = seen;
    for (name, more) in metrics(&snapshotter) {
        *seen.entry(name).or_default() += more;
    }
    let (ours, theirs) = (recorder.stats(), broken.stats());
    assert_equation(&ours);
    assert_eq!(seen["playback_started_total"], (ours.started + theirs.started) as f64);
    let expected = [
        ("saved", "saved", ours.saved),
        ("sampled_out", "sampling", ours.sampled_out - ours.sampling.calculated_out),
        ("sampled_out", "calculator", ours.sampling.calculated_out),
        ("discarded", "requested", 1),
        ("discarded", "too_large", 1),
        ("discarded", "misnamed", 1),
        ("dropped", "backed_off", ours.dropped.backed_off),
        ("dropped", "queue_full", ours.dropped.queue_full),
        ("dropped", "closed", 1),
        ("dropped", "paused", theirs.dropped.paused),
        ("failed", "failed", 1),
    ];
    let mut all = 0.0;
    for (outcome, reason, count) in expected {
        let name = format!("playback_ended_total outcome={outcome} reason={reason}");
        let seen = seen.get(&name).copied().unwrap_or_default();
        assert_eq!(seen, count as f64, "{name}");
        all += seen;
    }
    assert_eq!(all, seen["playback_started_total"]);
    assert_eq!((seen["playback_queued_recordings"], seen["playback_queued_bytes"]), (0.0, 0.0));
    assert!(seen.iter().all(|(name, count)| !name.contains(" reason=") || *count > 0.0), "{seen:?}");

    // What is given up when a recorder is closed, and what is lost with a writer that ends by itself, has left the queue.
    let closed = TapeRecorder::builder(held(0)).build();
    (0..3).for_each(|_| drop(record(&closed, 100)));
    closed.close_blocking(Duration::ZERO).unwrap_err();
    assert_eq!(closed.stats().dropped.unwritten, 3);
    let store = held(0);
    let died = TapeRecorder::builder(store.clone()).breaker(None);
    let died = died.concurrent_saves(1.try_into().unwrap()).build();
    (0..14).for_each(|_| drop(record(&died, 100)));
    // Each save that fails is told, which panics, ten times over; four are not even tried.
    PANICS.store(usize::MAX, Ordering::SeqCst);
    store.fail(Method::Save, ErrorKind::Unreachable);
    store.release(Method::Save);
    assert_eq!(block_on(died.flush()).unwrap_err().failed, 14);
    // Until its thread has told the last of it.
    died.close_blocking(LONG).unwrap();
    assert_eq!(store.calls(Method::Save), 10);
    let left = metrics(&snapshotter);
    assert_eq!(left["playback_ended_total outcome=dropped reason=unwritten"], 3.0);
    assert_eq!(left["playback_ended_total outcome=failed reason=failed"], 14.0);
    assert_eq!((left["playback_queued_recordings"], left["playback_queued_bytes"]), (0.0, 0.0));
}
