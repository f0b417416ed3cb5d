//! The conformance cases on every cassette that there is.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod conformance;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use conformance::check;
use object_store::memory::InMemory;
use playback_cassette::Cassette;
use playback_cassette_s3::ObjectStoreCassette;
use playback_testkit::MemoryCassette;

#[tokio::test]
async fn the_object_store_cassette_conforms_in_memory() {
    // C4
    check(|| ObjectStoreCassette::from_url("memory://").unwrap().read_only(false)).await;
}

#[tokio::test]
async fn the_object_store_cassette_conforms_on_disk() {
    // C3
    let directory = tempfile::tempdir().unwrap();
    let number = AtomicU32::new(0);
    check(|| {
        let path = directory.path().join(format!("a b%20ü/{}", number.fetch_add(1, Ordering::Relaxed)));
        ObjectStoreCassette::local(path).unwrap().read_only(false)
    })
    .await;
}

#[tokio::test]
async fn the_object_store_cassette_conforms_under_a_prefix_beside_others() {
    // C5
    check(|| {
        let store = Arc::new(InMemory::new());
        ObjectStoreCassette::new(store).key_prefix("team a/eu").unwrap().read_only(false)
    })
    .await;
}

#[tokio::test]
async fn the_cassette_in_memory_conforms() {
    // C2
    check(MemoryCassette::new).await;
}

#[tokio::test]
async fn a_cassette_behind_a_pointer_conforms() {
    check(|| Arc::new(MemoryCassette::new()) as Arc<dyn Cassette>).await;
    check(|| Box::new(MemoryCassette::new()) as Box<dyn Cassette>).await;
}
