//! What goes wrong on demand goes wrong as it was demanded.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::time::{Duration, SystemTime};

use common::recording;
use futures::executor::block_on;
use futures::{FutureExt, StreamExt};
use playback_cassette::{Cassette, ErrorKind, IdGenerator, Query, TapeRecorder};
use playback_core::{RecorderExt, operation};
use playback_testkit::faults::{Faulty, Method, SetClock};
use playback_testkit::{MemoryCassette, conformance};

#[tokio::test]
async fn a_faulty_cassette_in_which_nothing_is_wrong_conforms() {
    conformance::cassette(|| async { Faulty::new(MemoryCassette::new()) }).await;
}

#[tokio::test]
async fn each_method_fails_as_often_as_it_is_told_to_and_then_goes_well() {
    let cassette = Faulty::new(MemoryCassette::new());
    let recording = recording(1, 100).await;
    cassette.save(&recording).await.unwrap();
    let methods =
        [Method::Save, Method::Load, Method::LoadMetadata, Method::Delete, Method::Categories, Method::Close];
    for method in methods {
        let (id, cassette) = (recording.id(), &cassette);
        let call = || async {
            match method {
                Method::Save => cassette.save(&recording).await,
                Method::Load => cassette.load(id).await.map(drop),
                Method::LoadMetadata => cassette.load_metadata(id).await.map(drop),
                Method::Delete => cassette.delete(id).await,
                Method::Categories => cassette.categories().await.map(drop),
                _ => cassette.close().await,
            }
        };
        let before = cassette.calls(method);
        cassette.fail_next(method, 2, ErrorKind::Refused);
        assert_eq!(call().await.unwrap_err().kind(), ErrorKind::Refused, "{method:?}");
        assert_eq!(call().await.unwrap_err().kind(), ErrorKind::Refused, "{method:?}");
        call().await.unwrap();
        cassette.fail(method, ErrorKind::Unreachable);
        assert_eq!(call().await.unwrap_err().kind(), ErrorKind::Unreachable, "{method:?}");
        cassette.heal();
        call().await.unwrap();
        assert_eq!(cassette.calls(method), before + 5, "{method:?}");
        cassette.inner().save(&recording).await.unwrap();
    }
    cassette.fail_next(Method::Find, 1, ErrorKind::Unreachable);
    let found: Vec<_> = cassette.find(&Query::new()).collect().await;
    assert!(found[0].is_err() && found[1].is_ok() && found.len() == 2);
}

#[tokio::test]
async fn a_load_that_is_to_be_corrupted_finds_a_wrong_checksum() {
    let cassette = Faulty::new(MemoryCassette::new());
    let recording = recording(1, 100).await;
    cassette.save(&recording).await.unwrap();
    cassette.corrupt_next(1);
    let error = cassette.load(recording.id()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.to_string().contains("checksum"), "{error}");
    assert_eq!(cassette.load(recording.id()).await.unwrap(), recording);
}

#[test]
fn calls_that_are_held_wait_and_can_be_waited_for() {
    let cassette = Faulty::new(MemoryCassette::new());
    let recording = block_on(recording(1, 100));
    cassette.hold(Method::Save);
    let saving = std::thread::spawn({
        let (cassette, recording) = (cassette.clone(), recording.clone());
        move || block_on(cassette.save(&recording))
    });
    block_on(cassette.called(Method::Save, 1));
    assert!(cassette.inner().is_empty());
    assert!(cassette.called(Method::Save, 2).now_or_never().is_none());
    cassette.release(Method::Save);
    saving.join().unwrap().unwrap();
    assert_eq!(cassette.inner().len(), 1);
}

#[tokio::test]
async fn a_recorder_with_a_set_clock_and_seeded_ids_makes_the_ids_that_a_test_knows() {
    let clock = SetClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_769_860_800));
    let cassette = MemoryCassette::new();
    let recorder =
        TapeRecorder::builder(cassette.clone()).clock(clock.clone()).ids(IdGenerator::seeded(7)).build();
    recorder.scope(async { operation("Add").run(|| 1) }).await;
    clock.advance(Duration::from_secs(86_400));
    recorder.scope(async { operation("Add").run(|| 1) }).await;
    recorder.flush().await.unwrap();
    let days: Vec<String> = cassette.ids().iter().map(|id| id.day().to_owned()).collect();
    assert_eq!(days, ["20260131", "20260201"]);
    let again = IdGenerator::seeded(7);
    assert_eq!(
        cassette.ids()[0],
        again.generate("Add", SystemTime::UNIX_EPOCH + Duration::from_secs(1_769_860_800)).unwrap()
    );
}
