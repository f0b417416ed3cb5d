//! What `tracing` sees: PARITY row R9.
#![allow(missing_docs, clippy::unwrap_used)]

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use playback_core::{input, operation, replay_blocking};
use playback_testkit::record_blocking;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Takes down spans as they open and events, with their fields.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut line = Line(format!("span {}", span.metadata().name()));
        span.record(&mut line);
        let mut log = self.0.lock().unwrap();
        log.push(line.0);
        Id::from_u64(log.len() as u64)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::from("event"));
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
    fn enter(&self, id: &Id) {
        self.0.lock().unwrap().push(format!("enter {}", id.into_u64()));
    }
    fn exit(&self, id: &Id) {
        self.0.lock().unwrap().push(format!("exit {}", id.into_u64()));
    }
}

#[test]
fn the_id_of_the_recording_is_a_field_of_the_operations_span_when_recording_and_replaying() {
    let log = Log::default();
    let run = || operation("Op").run(|| tracing::info!(inside = true));
    let recording = tracing::subscriber::with_default(log.clone(), || record_blocking(run).recording());
    let id = recording.id();
    let expected = [
        format!("span operation category=Op recording_id={id}"),
        String::from("enter 1"),
        String::from("event inside=true"),
        String::from("exit 1"),
    ];
    assert_eq!(log.0.lock().unwrap()[..], expected);

    let log = Log::default();
    tracing::subscriber::with_default(log.clone(), || {
        replay_blocking(&recording, |_| {
            run();
            Ok(())
        })
        .unwrap()
    });
    let lines = log.0.lock().unwrap().clone();
    assert_eq!(lines[0], format!("span replay recording_id={id}"));
    assert!(lines.contains(&format!("span operation category=Op recording_id={id}")), "{lines:?}");
}

#[test]
fn without_a_recorder_no_span_is_opened() {
    let log = Log::default();
    tracing::subscriber::with_default(log.clone(), || operation("Op").run(|| input("in").run(|| 1u8)));
    assert!(log.0.lock().unwrap().is_empty());
}
