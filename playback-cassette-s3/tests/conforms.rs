//! The rules of cassettes on every store that is in reach of a test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use object_store::memory::InMemory;
use playback_cassette_s3::ObjectStoreCassette;
use playback_testkit::conformance;

fn writable(cassette: ObjectStoreCassette) -> ObjectStoreCassette {
    cassette.read_only(false)
}

#[tokio::test]
async fn the_object_store_cassette_conforms_in_memory() {
    // C4
    conformance::cassette(|| async { writable(ObjectStoreCassette::from_url("memory://").unwrap()) }).await;
}

#[tokio::test]
async fn the_object_store_cassette_conforms_on_disk() {
    // C3
    let directory = tempfile::tempdir().unwrap();
    let number = AtomicU32::new(0);
    conformance::cassette(async || {
        let path = directory.path().join(format!("a b%20ü/{}", number.fetch_add(1, Ordering::Relaxed)));
        writable(ObjectStoreCassette::local(path).unwrap())
    })
    .await;
}

#[tokio::test]
async fn a_directory_that_is_opened_again_has_what_was_saved() {
    // C3
    let directory = tempfile::tempdir().unwrap();
    conformance::reopened(async |name: String| {
        writable(ObjectStoreCassette::local(directory.path().join(name)).unwrap())
    })
    .await;
}

#[tokio::test]
async fn the_object_store_cassette_conforms_under_a_prefix_beside_others() {
    // C5
    let store = Arc::new(InMemory::new());
    let number = AtomicU32::new(0);
    conformance::cassette(async || {
        // Prefixes of one another, all in one store.
        let prefix = format!("team a/eu{}", "/x".repeat(number.fetch_add(1, Ordering::Relaxed) as usize));
        writable(ObjectStoreCassette::new(store.clone()).key_prefix(&prefix).unwrap())
    })
    .await;
}
