//! What a studio logs.
//!
//! One test in one file, because whether an event is wanted is remembered for the whole process.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may fail loudly")]

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use futures::executor::block_on;
use playback_cassette::{Cassette, Query};
use playback_core::operation;
use playback_studio::{Error, Status, Studio, Tuning};
use playback_testkit::MemoryCassette;
use tracing::field::{Field, Visit};

fn run(argument: u64, off: u64) -> u64 {
    operation("Echo").args(&(argument,)).run(|| argument + off)
}

/// A studio of so many recordings.
fn studio(number: u64, off: impl Fn(u64) -> u64 + Send + Sync + Clone + 'static) -> Studio {
    let cassette = MemoryCassette::new();
    let recorded = playback_testkit::record_blocking(|| {
        (0..number).for_each(|argument| assert_eq!(run(argument, 0), argument));
    });
    for recording in &recorded.recordings {
        block_on(cassette.save(recording)).unwrap();
    }
    let tuner = move |_: &str| {
        let off = off.clone();
        Ok::<_, Error>(Tuning::blocking(move |recording| {
            let (argument,) = recording.arguments()?;
            Ok(run(argument, off(argument)))
        }))
    };
    Studio::new(cassette, tuner).lookup(Query::new())
}

/// The messages of all events of this thread.
#[derive(Clone, Default)]
struct Logged(Arc<Mutex<Vec<String>>>);

impl tracing::Subscriber for Logged {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("playback_studio")
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        struct Text(String);
        impl Visit for Text {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                if field.name() == "message" {
                    write!(self.0, "{value:?}").unwrap();
                }
            }
        }
        let mut text = Text(String::new());
        event.record(&mut text);
        self.0.lock().unwrap().push(text.0);
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn e8_counts_per_status_are_logged_as_it_goes_and_at_the_end() {
    let logged = Logged::default();
    let studio = studio(250, |argument| u64::from(argument % 10 == 0));
    let report = tracing::subscriber::with_default(logged.clone(), || block_on(studio.play()));
    assert_eq!(report.counts().of(Status::Different), 25);
    let logged = logged.0.lock().unwrap();
    let counted: Vec<&String> = logged.iter().filter(|line| line.starts_with("so far: ")).collect();
    assert!(counted.len() >= 2, "{counted:?}");
    assert!(counted[0].starts_with("so far: 100 recordings: "), "{counted:?}");
    assert_eq!(logged.last().unwrap(), "played all: 250 recordings: 225 equal, 25 different");
    assert_eq!(logged.iter().filter(|line| *line == "compared").count(), 250);
}
