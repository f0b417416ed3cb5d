//! The wrappers keep the rules of cassettes, and add what they say and nothing else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use common::{LONG, days_before, failing, held, panicking, recording};
use futures::TryStreamExt;
use futures::stream::BoxStream;
use playback_cassette::{
    Background, Cached, Cassette, CassetteExt, Error, ErrorKind, Fixtures, Found, IdGenerator, Metadata,
    NotWritten, Order, Prefixed, Query, ReadOnly, Recording, RecordingId,
};
use playback_testkit::faults::Method;
use playback_testkit::{MemoryCassette, conformance};

fn made(category: &str) -> Recording {
    let at = days_before(0);
    recording(&IdGenerator::random().generate(category, at).unwrap(), at, 100)
}

#[tokio::test]
async fn a_read_only_view_conforms() {
    conformance::cassette(|| async {
        let memory = MemoryCassette::new();
        conformance::Halves { write: memory.clone(), read: ReadOnly::new(memory) }
    })
    .await;
}

#[tokio::test]
async fn a_read_only_view_refuses_before_anything_reaches_the_cassette() {
    // C7
    let double = held(10);
    let view = ReadOnly::new(double.clone());
    let kept = made("Checkout");
    double.inner().save(&kept).await.unwrap();
    let id = kept.id();
    for (act, error) in
        [("save", view.save(&kept).await.unwrap_err()), ("delete", view.delete(id).await.unwrap_err())]
    {
        assert_eq!(error.kind(), ErrorKind::ReadOnly);
        assert_eq!(
            error.to_string(),
            format!(
                "cannot {act} recording {id}: the cassette is wrapped in `ReadOnly`; {act} it through the one beneath"
            )
        );
    }
    view.close().await.unwrap();
    assert_eq!(double.calls(Method::Save), 0, "no save has begun");
    assert_eq!(double.calls(Method::Close), 0, "closing may write, so it is not passed on");
    assert_eq!(double.inner().ids(), std::slice::from_ref(id));
}

#[tokio::test]
async fn a_prefixed_view_conforms_beside_others_in_one_cassette() {
    let shared = MemoryCassette::new();
    for neighbour in ["team", "team1", "team/0x", "Checkout"] {
        shared.save(&made(neighbour)).await.unwrap();
    }
    let before = shared.ids();
    let number = std::sync::atomic::AtomicU32::new(0);
    conformance::cassette(async || {
        let prefix = format!("team/{}", number.fetch_add(1, Ordering::Relaxed));
        Prefixed::new(shared.clone(), prefix).unwrap()
    })
    .await;
    assert!(shared.len() > 100, "what was saved through the views is there");
    assert!(before.iter().all(|id| shared.ids().contains(id)));
}

#[tokio::test]
async fn a_prefixed_view_sees_and_touches_nothing_else() {
    let all = MemoryCassette::new();
    let view = Prefixed::new(all.clone(), "payments").unwrap();
    let outside = [made("Checkout"), made("payments2/Checkout"), made("payments")];
    for recording in &outside {
        all.save(recording).await.unwrap();
    }
    assert!(view.categories().await.unwrap().is_empty());
    for query in [Query::new(), Query::new().category("Checkout"), Query::new().category("payments")] {
        assert!(view.find_all(&query).await.unwrap().is_empty(), "{query:?}");
    }
    assert_eq!(view.load(outside[0].id()).await.unwrap_err().kind(), ErrorKind::NotFound);
    view.delete(outside[0].id()).await.unwrap();
    assert_eq!(all.len(), 3);

    let inside = made("eu/Checkout");
    view.save(&inside).await.unwrap();
    assert_eq!(view.categories().await.unwrap(), ["eu/Checkout"]);
    let beneath: RecordingId = format!("payments/{}", inside.id()).parse().unwrap();
    let loaded = all.load(&beneath).await.unwrap();
    assert_eq!(loaded.metadata().category, "payments/eu/Checkout");
    assert_eq!(loaded.tape(), inside.tape());
    let nested = Prefixed::new(view, "eu").unwrap();
    assert_eq!(nested.find_all(&Query::new()).await.unwrap()[0].id.category(), "Checkout");
    let beneath = held(0);
    Prefixed::new(beneath.clone(), "eu").unwrap().close().await.unwrap();
    assert_eq!(beneath.calls(Method::Close), 1);
}

#[test]
fn a_prefix_that_is_no_category_is_refused() {
    for prefix in ["", " ", "a\nb", &"x".repeat(201)] {
        let error = Prefixed::new(MemoryCassette::new(), prefix).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{prefix:?}: {error}");
    }
}

#[tokio::test]
async fn a_category_that_is_too_long_with_the_prefix_is_refused_when_it_is_saved() {
    let memory = MemoryCassette::new();
    let view = Prefixed::new(memory.clone(), "p".repeat(100)).unwrap();
    let error = view.save(&made(&"c".repeat(150))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("takes 253 bytes as part of a path, and 200 are allowed"), "{error}");
    assert!(memory.is_empty());
}

/// Saves in the background and waits for it, reads from beneath.
struct Settled {
    background: Background,
    memory: MemoryCassette,
}

#[async_trait]
impl Cassette for Settled {
    async fn save(&self, recording: &Recording) -> Result<(), Error> {
        self.background.save(recording).await?;
        self.background.flush().await.map_err(|error| Error::new(ErrorKind::Other, error.to_string()))
    }

    async fn load(&self, id: &RecordingId) -> Result<Recording, Error> {
        self.memory.load(id).await
    }

    async fn load_metadata(&self, id: &RecordingId) -> Result<Metadata, Error> {
        self.memory.load_metadata(id).await
    }

    async fn delete(&self, id: &RecordingId) -> Result<(), Error> {
        self.memory.delete(id).await
    }

    fn find<'a>(&'a self, query: &Query) -> BoxStream<'a, Result<Found, Error>> {
        self.memory.find(query)
    }

    async fn categories(&self) -> Result<Vec<String>, Error> {
        self.memory.categories().await
    }

    async fn close(&self) -> Result<(), Error> {
        self.background.close().await
    }
}

#[tokio::test]
async fn a_background_writer_conforms_with_what_it_writes_to() {
    // C11
    conformance::cassette(|| async {
        let memory = MemoryCassette::new();
        Settled { background: Background::new(memory.clone()), memory }
    })
    .await;
}

#[tokio::test]
async fn a_background_writer_does_not_wait_for_the_save_and_closing_does() {
    // C11
    let double = held(0);
    let background = Background::builder(double.clone()).close_timeout(LONG).build();
    let recording = made("Checkout");
    background.save(&recording).await.unwrap();
    double.called(Method::Save, 1).await;
    assert!(double.inner().is_empty(), "the save has begun, on another thread, and waits for its permit");
    assert_eq!((background.stats().started, background.stats().in_flight.saving), (1, 1));
    double.let_pass(Method::Save, 1);
    background.close().await.unwrap();
    assert_eq!(double.inner().load(recording.id()).await.unwrap(), recording);
    assert_eq!(double.calls(Method::Close), 1, "the cassette beneath is closed");
    assert_eq!(background.stats().saved, 1);
}

#[tokio::test]
async fn closing_a_background_writer_gives_up_in_time_and_says_what_was_not_written() {
    // C11
    let double = held(0);
    let background = Background::builder(double.clone()).close_timeout(Duration::from_millis(10)).build();
    background.save(&made("Checkout")).await.unwrap();
    background.save(&made("Checkout")).await.unwrap();
    let error = background.close().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Other);
    assert!(error.to_string().contains("0 failed and 2 were not done in time"), "{error}");
    let source = std::error::Error::source(&error).unwrap().downcast_ref::<NotWritten>().unwrap();
    assert_eq!((source.failed, source.pending), (0, 2));
    assert_eq!(background.stats().dropped.unwritten, 2);
}

#[tokio::test]
async fn a_background_writer_is_bounded_and_refuses_what_does_not_fit() {
    // C11
    let double = held(0);
    let background =
        Background::builder(double.clone()).queue_recordings(NonZeroUsize::new(2).unwrap()).build();
    background.save(&made("Checkout")).await.unwrap();
    background.save(&made("Checkout")).await.unwrap();
    let late = made("Checkout");
    let error = background.save(&late).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert_eq!(
        error.to_string(),
        format!(
            "cannot save recording {}: the queue is full; try again later, save faster, or allow a longer queue",
            late.id()
        )
    );
    assert_eq!(background.stats().dropped.queue_full, 1);
    let small = Background::builder(MemoryCassette::new()).queue_bytes(50).build();
    assert_eq!(small.save(&late).await.unwrap_err().kind(), ErrorKind::Unreachable);

    double.let_pass(Method::Save, 2);
    background.flush().await.unwrap();
    background.close().await.unwrap();
    let error = background.save(&late).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("the background writer is closed"), "{error}");
    assert_eq!(double.inner().len(), 2);
}

#[tokio::test]
async fn what_fails_in_the_background_is_counted_and_reported_once() {
    // C11
    for double in [failing(), panicking()] {
        let background = Background::new(double);
        background.save(&made("Checkout")).await.unwrap();
        let not_written = background.flush().await.unwrap_err();
        assert_eq!((not_written.failed, not_written.pending), (1, 0));
        assert_eq!(background.stats().failed, 1);
        background.close().await.unwrap();
    }
}

#[tokio::test]
async fn reading_through_a_background_writer_is_refused() {
    // C12
    let memory = MemoryCassette::new();
    let kept = made("Checkout");
    memory.save(&kept).await.unwrap();
    let background = Background::new(memory.clone());
    let id = kept.id();
    let find = background.find(&Query::new().order(Order::NewestFirst)).try_collect::<Vec<_>>().await;
    for (act, error) in [
        (format!("load recording {id}"), background.load(id).await.unwrap_err()),
        (format!("load the metadata of recording {id}"), background.load_metadata(id).await.unwrap_err()),
        (format!("delete recording {id}"), background.delete(id).await.unwrap_err()),
        ("find recordings".to_owned(), find.unwrap_err()),
        ("list the categories".to_owned(), background.categories().await.unwrap_err()),
    ] {
        assert_eq!(error.kind(), ErrorKind::WriteOnly);
        assert_eq!(
            error.to_string(),
            format!(
                "cannot {act} through a background writer, which only takes recordings; use the cassette beneath"
            )
        );
    }
    assert_eq!(memory.len(), 1);
}

#[test]
fn a_wrapper_says_where_the_recordings_are_as_the_cassette_beneath_does() {
    let directory = tempfile::tempdir().unwrap();
    let fixtures = Arc::new(Fixtures::writable(directory.path()).unwrap());
    let there = format!("the directory {}", directory.path().display());
    assert_eq!(fixtures.place(), there);
    assert_eq!(ReadOnly::new(fixtures.clone()).place(), there);
    let cached = Cached::new(fixtures.clone(), directory.path().join("cache"));
    assert_eq!(cached.place(), there);
    let prefixed = Prefixed::new(ReadOnly::new(fixtures), "payments").unwrap();
    assert_eq!(prefixed.place(), format!("{there}, under payments/"));
    // One that does not say.
    assert_eq!(Background::new(MemoryCassette::new()).place(), "the cassette");
}

#[tokio::test]
async fn wrappers_can_be_wrapped() {
    conformance::cassette(async || {
        let memory = MemoryCassette::new();
        let shared: Arc<dyn Cassette> = Arc::new(Prefixed::new(memory, "a").unwrap());
        let inner = Prefixed::new(Arc::clone(&shared), "b").unwrap();
        let view = ReadOnly::new(Prefixed::new(shared, "b").unwrap());
        conformance::Halves { write: inner, read: view }
    })
    .await;
}
