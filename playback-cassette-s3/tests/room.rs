//! What many tapes that are saved at once take in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod samples;

use std::alloc::System;
use std::sync::Arc;

use cap::Cap;
use futures::future::try_join_all;
use object_store::local::LocalFileSystem;
use playback_cassette::Cassette;
use playback_cassette_s3::ObjectStoreCassette;
use samples::recording;

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

const MIB: usize = 1 << 20;

// One test: the memory is the whole process's, and its peak that of all so far.
#[tokio::test]
async fn tapes_in_memory_are_not_compressed_before_there_is_room_to_send_them() {
    let directory = tempfile::tempdir().unwrap();
    // Whole, and in parts.
    let recordings = [recording(1, 0, 8 << 20), recording(2, 0, 20 << 20)];
    let stores = [
        ObjectStoreCassette::local(directory.path().join("local")).unwrap(),
        ObjectStoreCassette::new(Arc::new(LocalFileSystem::new_with_prefix(directory.path()).unwrap())),
    ];
    for recording in &recordings {
        for store in stores.clone() {
            let store = store.read_only(false);
            let before = MEMORY.allocated();
            try_join_all((0..16).map(|_| store.save(recording))).await.unwrap();
            let taken = MEMORY.max_allocated() - before;
            // All that is sent, and as much again of one, which has room to grow while it is compressed.
            assert!(taken < (48 + 24) * MIB, "16 of {} bytes: {taken} bytes", recording.tape().size());
            assert!(store.load(recording.id()).await.unwrap() == *recording);
        }
    }
}
