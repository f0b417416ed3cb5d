//! Whoever looks on has a bug, and panics whenever told something: nothing is lost by it, and nothing aborts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod common;

use std::panic::{catch_unwind, resume_unwind};

use playback_cassette::TapeRecorder;
use playback_testkit::MemoryCassette;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

/// Panics without the message that a panic prints.
fn tear() {
    resume_unwind(Box::new("on purpose"));
}

/// An onlooker with a bug, on every thread.
struct Torn;

impl<S: Subscriber> Layer<S> for Torn {
    fn enabled(&self, metadata: &tracing::Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target().starts_with("playback_cassette")
    }

    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        tear();
    }
}

/// Drops the last handle of a recorder while its thread unwinds, where another panic would abort.
fn drop_while_unwinding() {
    let last = TapeRecorder::builder(MemoryCassette::new()).build();
    let unwinds = catch_unwind(move || {
        let _last = last;
        tear();
    });
    assert!(unwinds.is_err());
}

#[test]
fn a_subscriber_that_panics_where_a_recorder_is_dropped_aborts_nothing() {
    tracing::subscriber::with_default(tracing_subscriber::registry().with(Torn), drop_while_unwinding);
}

#[cfg(feature = "metrics")]
mod metrics_of {
    use std::num::NonZeroU32;
    use std::time::Duration;

    use futures::executor::block_on;
    use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
    use playback_cassette::{Breaker, HealthState};

    use super::common::{LONG, assert_equation, begins, failing, held};
    use super::*;

    /// An exporter with a bug.
    struct TornExporter;

    impl Recorder for TornExporter {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {
            tear();
        }

        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {
            tear();
        }

        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {
            tear();
        }

        fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
            tear();
            Counter::noop()
        }

        fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
            tear();
            Gauge::noop()
        }

        fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
            tear();
            Histogram::noop()
        }
    }

    #[test]
    fn an_exporter_that_panics_costs_no_recording_and_aborts_nothing() {
        metrics::set_global_recorder(TornExporter).unwrap();
        let recorder = TapeRecorder::builder(MemoryCassette::new()).build();
        (0..100).for_each(|_| assert!(begins(&recorder)));
        block_on(recorder.flush()).unwrap();
        recorder.close_blocking(LONG).unwrap();
        assert!(!begins(&recorder));
        assert_equation(&recorder.stats());
        assert_eq!((recorder.stats().saved, recorder.stats().dropped.closed), (100, 1));

        // Nor where the store fails,
        let breaker = Breaker::default().failures(NonZeroU32::MIN);
        let broken = TapeRecorder::builder(failing()).breaker(breaker).build();
        begins(&broken);
        assert_eq!(block_on(broken.flush()).unwrap_err().failed, 1);
        assert_eq!(broken.stats().health.state, HealthState::Paused);
        assert!(!begins(&broken));

        // where what hangs is given up,
        let hangs = TapeRecorder::builder(held(0)).build();
        begins(&hangs);
        assert_eq!(hangs.close_blocking(Duration::ZERO).unwrap_err().pending, 1);

        // or where a recorder is dropped.
        drop_while_unwinding();
    }
}
