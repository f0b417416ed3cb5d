//! What goes wrong on demand goes wrong as it was demanded.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod common;

use std::io::{BufRead, BufReader};
use std::time::{Duration, SystemTime};

use common::recording;
use futures::executor::block_on;
use futures::{FutureExt, StreamExt};
use playback_cassette::{Cassette, ErrorKind, IdGenerator, Query, TapeRecorder};
use playback_core::{RecorderExt, operation};
use playback_testkit::faults::{Faulty, Method, SetClock, Victim};
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

#[tokio::test]
async fn so_many_of_the_calls_that_are_held_pass_and_the_most_at_once_are_counted() {
    let cassette = Faulty::new(MemoryCassette::new());
    let recordings = [recording(1, 100).await, recording(2, 100).await, recording(3, 100).await];
    cassette.hold(Method::Save);
    let mut saves: Vec<_> = recordings.iter().map(|recording| Box::pin(cassette.save(recording))).collect();
    assert!(saves.iter_mut().all(|save| save.as_mut().now_or_never().is_none()));
    cassette.let_pass(Method::Save, 2);
    assert!(saves.remove(0).now_or_never().is_some() && saves.remove(0).now_or_never().is_some());
    assert!(saves[0].as_mut().now_or_never().is_none());
    // One that is given up is under way no more.
    drop(saves);
    cassette.release(Method::Save);
    cassette.save(&recordings[2]).await.unwrap();
    assert_eq!((cassette.calls(Method::Save), cassette.most_at_once(Method::Save)), (4, 3));
}

#[tokio::test]
async fn an_answer_that_is_held_is_the_one_of_before() {
    let cassette = Faulty::new(MemoryCassette::new());
    let recording = recording(1, 100).await;
    cassette.save(&recording).await.unwrap();
    cassette.hold_answers(Method::Load);
    let mut load = Box::pin(cassette.load(recording.id()));
    assert!(load.as_mut().now_or_never().is_none());
    cassette.answered(Method::Load, 1).await;
    cassette.inner().delete(recording.id()).await.unwrap();
    cassette.release(Method::Load);
    assert_eq!(load.await.unwrap(), recording);
    assert!(cassette.load(recording.id()).await.is_err());
}

#[tokio::test]
async fn a_call_that_is_delayed_hits_a_time_limit_and_is_done_after_its_delay_without_one() {
    let cassette = Faulty::new(MemoryCassette::new());
    let recording = recording(1, 100).await;
    cassette.delay(Method::Save, Duration::from_secs(3600));
    let limited = tokio::time::timeout(Duration::from_millis(1), cassette.save(&recording)).await;
    assert!(limited.is_err() && cassette.inner().is_empty());
    cassette.delay(Method::Save, Duration::from_millis(1));
    cassette.save(&recording).await.unwrap();
    assert_eq!(cassette.inner().len(), 1);
    cassette.delay(Method::Save, Duration::from_secs(3600));
    cassette.heal();
    cassette.save(&recording).now_or_never().unwrap().unwrap();
}

#[tokio::test]
async fn a_save_that_is_to_panic_panics_and_the_next_goes_well() {
    let cassette = Faulty::new(MemoryCassette::new());
    let recording = recording(1, 100).await;
    cassette.panic_next(Method::Save, 1);
    let panicked = tokio::spawn({
        let (cassette, recording) = (cassette.clone(), recording.clone());
        async move { cassette.save(&recording).await }
    });
    assert!(panicked.await.unwrap_err().is_panic());
    cassette.save(&recording).await.unwrap();
}

#[test]
fn a_victim_runs_the_same_test_in_its_directory_until_it_is_killed() {
    if let Some(directory) = Victim::directory() {
        std::fs::write(directory.join("begun"), std::env::var("VICTIM_SAYS").unwrap()).unwrap();
        println!("begun");
        loop {
            std::thread::park();
        }
    }
    let directory = tempfile::tempdir().unwrap();
    let test = "a_victim_runs_the_same_test_in_its_directory_until_it_is_killed";
    let mut victim = Victim::of(test, directory.path()).env("VICTIM_SAYS", "here").spawn().unwrap();
    let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("begun")));
    victim.kill().unwrap();
    assert!(!victim.wait().unwrap().success());
    assert_eq!(std::fs::read_to_string(directory.path().join("begun")).unwrap(), "here");
}

#[test]
#[cfg(unix)]
fn a_victim_on_a_full_disk_fails_to_write_what_is_long_and_ends_by_itself() {
    if let Some(directory) = Victim::directory() {
        std::fs::write(directory.join("short"), [0; 1_000]).unwrap();
        std::fs::write(directory.join("long"), [0; 1_000_000]).unwrap_err();
        println!("refused");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let test = "a_victim_on_a_full_disk_fails_to_write_what_is_long_and_ends_by_itself";
    let output = Victim::of(test, directory.path()).run_on_a_full_disk().unwrap();
    assert!(
        output.status.success() && String::from_utf8_lossy(&output.stdout).contains("refused"),
        "{output:?}"
    );
    assert_eq!(std::fs::read(directory.path().join("short")).unwrap().len(), 1_000);
}

#[test]
#[cfg(unix)]
fn a_victim_with_few_file_handles_runs_out_of_them() {
    if Victim::directory().is_some() {
        let opened: Vec<_> = (0..64).map_while(|_| std::fs::File::open("/dev/null").ok()).collect();
        assert!(!opened.is_empty() && opened.len() < 64);
        println!("refused");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let test = "a_victim_with_few_file_handles_runs_out_of_them";
    let output = Victim::of(test, directory.path()).run_with_file_handles(32).unwrap();
    assert!(
        output.status.success() && String::from_utf8_lossy(&output.stdout).contains("refused"),
        "{output:?}"
    );
}
