//! The suite passes what keeps the rules and names the rule that is broken.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::FutureExt;
use futures::stream::{BoxStream, StreamExt};
use playback_cassette::{Cassette, Error, ErrorKind, Found, Query, TapeRecorder};
use playback_core::{Finished, Metadata, OperationStart, Recorder, Recording, RecordingId, RecordingStart};
use playback_testkit::{MemoryCassette, MemoryRecorder, conformance};

#[tokio::test]
async fn the_cassette_in_memory_conforms() {
    // C1, C2
    conformance::cassette(|| async { MemoryCassette::new() }).await;
}

#[tokio::test]
async fn a_cassette_behind_a_pointer_conforms() {
    conformance::cassette(|| async { Arc::new(MemoryCassette::new()) as Arc<dyn Cassette> }).await;
    conformance::cassette(|| async { Box::new(MemoryCassette::new()) as Box<dyn Cassette> }).await;
}

#[tokio::test]
async fn the_recorders_conform() {
    conformance::recorder(|| {
        let recorder = MemoryRecorder::new();
        (recorder.clone(), async move || recorder.recordings())
    })
    .await;
    conformance::recorder(|| {
        let cassette = MemoryCassette::new();
        let recorder = TapeRecorder::new(cassette.clone());
        (recorder.clone(), async move || {
            recorder.flush().await.unwrap();
            let mut recordings = Vec::new();
            for id in cassette.ids() {
                recordings.push(cassette.load(&id).await.unwrap());
            }
            recordings
        })
    })
    .await;
}

/// A recorder that records nothing but whole runs, and gives them all one id.
#[derive(Clone)]
struct Forgetful(MemoryRecorder);

impl Recorder for Forgetful {
    fn start(&self, operation: &OperationStart<'_>) -> Option<RecordingStart> {
        let mut start = self.0.start(operation)?;
        start.id = RecordingId::new(operation.category, "20260101", "01KDVDNA000000000000000001").ok()?;
        Some(start)
    }

    fn finish(&self, finished: Finished) {
        if !matches!(&finished, Finished::Recorded(recording) if recording.metadata().incomplete) {
            self.0.finish(finished);
        }
    }
}

#[tokio::test]
async fn a_recorder_that_breaks_rules_is_told_which() {
    let message = broken(conformance::recorder(|| {
        let recorder = Forgetful(MemoryRecorder::new());
        (recorder.clone(), async move || recorder.0.recordings())
    }))
    .await;
    assert!(message.contains("breaks 2 of 7 rules of `Recorder`, tried from "), "{message}");
    assert!(
        message.contains("\n- a panic passes through and leaves what there was:\n    one run made 0"),
        "{message}"
    );
    assert!(
        message.contains("\n- every run has an id of its own:\n    how many ids there are is 1"),
        "{message}"
    );
}

#[tokio::test]
async fn clones_of_a_cassette_in_memory_are_one_place() {
    let places = Mutex::new(HashMap::<String, MemoryCassette>::new());
    conformance::reopened(|name| {
        let place = places.lock().unwrap().entry(name).or_default().clone();
        async { place }
    })
    .await;
}

#[tokio::test]
async fn two_places_of_one_name_are_told_from_one_place() {
    let message = broken(conformance::reopened(|_| async { MemoryCassette::new() })).await;
    assert!(message.contains("\n- what one saved, another has:\n    loading "), "{message}");
    assert!(message.contains("breaks 4 of 4 rules of `Cassette`, tried from "), "{message}");
    assert!(message.contains("tests/conformance.rs:"), "{message}");
}

/// A way of getting a cassette wrong, and a rule that then is broken.
const MISTAKES: [(Mistake, &str); 18] = [
    (Mistake::LosesTapes, "calls of every kind load as they were saved"),
    (Mistake::LosesFields, "metadata loads as it was saved, to the nanosecond and the last field"),
    (Mistake::RoundsTimes, "metadata loads as it was saved, to the nanosecond and the last field"),
    (Mistake::LosesFailed, "every combination of failed and incomplete is kept"),
    (Mistake::InventsCategories, "an empty cassette has nothing"),
    (Mistake::OtherKind, "an unknown id is not found, whatever is beside it"),
    (Mistake::NamelessErrors, "an unknown id is not found, whatever is beside it"),
    (Mistake::SavesOnce, "saving the same recording again is well and changes nothing"),
    (Mistake::KeepsTheFirst, "saving an id again replaces what was there, all of it"),
    (Mistake::DeletesOnce, "what is deleted is gone, and deleting nothing is well"),
    (Mistake::NeverDeletes, "what is deleted is gone, and deleting nothing is well"),
    (Mistake::UnsortedCategories, "categories are listed sorted, and kept apart however odd they are"),
    (Mistake::IgnoresTheQuery, "a lookup of categories finds theirs and no others'"),
    (Mistake::ReversesFinds, "days take turns by default, each from its newest"),
    (Mistake::ShowsIncomplete, "incomplete recordings are found only when they are asked for"),
    (Mistake::LimitOffByOne, "a limit is one limit over all categories and days"),
    (Mistake::ForgetsOnClose, "it can be closed"),
    (Mistake::Panics, "what was deleted can be saved again"),
];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Mistake {
    LosesTapes,
    LosesFields,
    RoundsTimes,
    LosesFailed,
    InventsCategories,
    OtherKind,
    NamelessErrors,
    SavesOnce,
    KeepsTheFirst,
    DeletesOnce,
    NeverDeletes,
    UnsortedCategories,
    IgnoresTheQuery,
    ReversesFinds,
    ShowsIncomplete,
    LimitOffByOne,
    ForgetsOnClose,
    Panics,
}

#[tokio::test]
async fn every_mistake_is_named_by_the_rule_that_it_breaks() {
    for (mistake, rule) in MISTAKES {
        let make = || async move { Mistaken { memory: MemoryCassette::new(), mistake } };
        let message = broken(conformance::cassette(make)).await;
        assert!(message.contains(&format!("\n- {rule}:\n    ")), "{mistake:?}: {message}");
        assert!(message.contains("::Mistaken breaks "), "{message}");
        assert!(message.contains(" of 34 rules of `Cassette`, tried from "), "{message}");
    }
}

#[tokio::test]
async fn a_rule_that_is_tried_on_every_cassette_is_broken_once() {
    let make = || async { Mistaken { memory: MemoryCassette::new(), mistake: Mistake::ForgetsOnClose } };
    let message = broken(conformance::cassette(make)).await;
    assert!(message.contains("breaks 1 of 34 rules of `Cassette`, tried from "), "{message}");
    assert!(message.contains("\n- it can be closed:\n    "), "{message}");
    assert_eq!(message.matches("closing forgot where it is").count(), 1, "{message}");
}

/// The message that a suite ends with on what breaks rules.
async fn broken(suite: impl Future<Output = ()>) -> String {
    let panic = AssertUnwindSafe(suite).catch_unwind().await.expect_err("a rule is broken");
    *panic.downcast::<String>().unwrap()
}

/// A cassette in memory with one mistake.
struct Mistaken {
    memory: MemoryCassette,
    mistake: Mistake,
}

impl Mistaken {
    fn makes(&self, mistake: Mistake) -> bool {
        self.mistake == mistake
    }

    async fn has(&self, id: &RecordingId) -> bool {
        self.memory.load(id).await.is_ok()
    }

    fn mistaken(&self, error: Error) -> Error {
        let kind = if self.makes(Mistake::OtherKind) { ErrorKind::Other } else { error.kind() };
        let message =
            if self.makes(Mistake::NamelessErrors) { "not there".to_owned() } else { error.to_string() };
        Error::new(kind, message)
    }
}

#[async_trait]
impl Cassette for Mistaken {
    async fn save(&self, recording: &Recording) -> Result<(), Error> {
        let (id, mut metadata) = (recording.id(), recording.metadata().clone());
        match self.mistake {
            Mistake::SavesOnce if self.has(id).await => {
                return Err(Error::new(ErrorKind::Invalid, "it is there already"));
            }
            Mistake::KeepsTheFirst if self.has(id).await => return Ok(()),
            Mistake::LosesFields => metadata.fields.clear(),
            Mistake::LosesFailed => metadata.failed = false,
            Mistake::RoundsTimes => {
                let since = metadata.recorded_at.duration_since(std::time::UNIX_EPOCH).unwrap();
                metadata.recorded_at -= std::time::Duration::from_nanos(since.subsec_nanos().into());
            }
            _ => {}
        }
        self.memory.save(&Recording::new(id.clone(), metadata, recording.tape().clone())).await
    }

    async fn load(&self, id: &RecordingId) -> Result<Recording, Error> {
        let recording = self.memory.load(id).await.map_err(|error| self.mistaken(error))?;
        if self.makes(Mistake::LosesTapes) {
            let tape = playback_core::Tape::new(playback_core::TapeParts::default()).unwrap();
            return Ok(Recording::new(id.clone(), recording.metadata().clone(), tape));
        }
        Ok(recording)
    }

    async fn load_metadata(&self, id: &RecordingId) -> Result<Metadata, Error> {
        self.memory.load_metadata(id).await.map_err(|error| self.mistaken(error))
    }

    async fn delete(&self, id: &RecordingId) -> Result<(), Error> {
        match self.mistake {
            Mistake::NeverDeletes => Ok(()),
            Mistake::Panics => panic!("this cassette cannot delete"),
            Mistake::DeletesOnce if !self.has(id).await => Err(Error::not_found(id, "memory")),
            _ => self.memory.delete(id).await,
        }
    }

    fn find<'a>(&'a self, query: &Query) -> BoxStream<'a, Result<Found, Error>> {
        let query = match self.mistake {
            Mistake::IgnoresTheQuery => Query::new(),
            Mistake::ShowsIncomplete => query.clone().include_incomplete(true),
            Mistake::LimitOffByOne => query.clone().limit(query.max().map_or(usize::MAX, |max| max + 1)),
            _ => query.clone(),
        };
        let found = self.memory.find(&query);
        if self.makes(Mistake::ReversesFinds) {
            let reversed =
                async move { found.collect::<Vec<_>>().await.into_iter().rev().collect::<Vec<_>>() };
            return futures::stream::once(reversed).flat_map(futures::stream::iter).boxed();
        }
        found
    }

    async fn categories(&self) -> Result<Vec<String>, Error> {
        let mut categories = self.memory.categories().await?;
        match self.mistake {
            Mistake::UnsortedCategories => categories.reverse(),
            Mistake::InventsCategories => categories.push("Invented".to_owned()),
            _ => {}
        }
        Ok(categories)
    }

    async fn close(&self) -> Result<(), Error> {
        if self.makes(Mistake::ForgetsOnClose) {
            return Err(Error::new(ErrorKind::Other, "closing forgot where it is"));
        }
        Ok(())
    }
}
