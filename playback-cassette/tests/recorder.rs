//! What the recorder records, and what it counts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod common;

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use common::{NOON, assert_equation, held, record, start};
use futures::executor::block_on;
use playback_cassette::{
    Cassette, CassetteExt, IdGenerator, Query, Stats, TapeRecorder, TapeRecorderBuilder,
};
use playback_core::{
    DiscardReason, Finished, OperationStart, Recorder, RecorderExt, discard_recording,
    force_sample_recording, input, operation,
};
use playback_testkit::MemoryCassette;
use playback_testkit::faults::Method;

/// Runs `runs` operations that return their number, each with a recorder and a cassette of its own setting.
fn run(
    setting: impl Fn(TapeRecorderBuilder) -> TapeRecorderBuilder,
    body: impl Fn(TapeRecorder),
) -> (MemoryCassette, Stats) {
    let cassette = MemoryCassette::new();
    let recorder = setting(TapeRecorder::builder(cassette.clone())).build();
    body(recorder.clone());
    block_on(recorder.flush()).unwrap();
    let stats = recorder.stats();
    assert_equation(&stats);
    (cassette, stats)
}

async fn declined(number: u32) -> Result<u32, String> {
    operation("Checkout").args(&(number,)).run_async(async { Err("declined".to_owned()) }).await
}

#[test]
fn an_operation_is_saved_with_its_metadata_and_replays_by_its_id() {
    // R3, P1
    let (cassette, stats) = run(
        |builder| builder.service("checkout", "1.4.2").clock(SystemTime::UNIX_EPOCH + NOON),
        |recorder| {
            assert_eq!(block_on(recorder.scope(declined(7))), Err("declined".to_owned()));
        },
    );
    assert_eq!((stats.started, stats.saved), (1, 1));
    let id = cassette.last_id().unwrap();
    assert_eq!((id.category(), id.day()), ("Checkout", "20260131"));
    let recording = block_on(cassette.load(&id)).unwrap();
    let metadata = recording.metadata();
    assert_eq!(metadata.recorded_at, SystemTime::UNIX_EPOCH + NOON);
    assert_eq!(
        metadata.service.as_ref().map(|service| (&*service.name, &*service.version)),
        Some(("checkout", "1.4.2"))
    );
    assert!(metadata.failed && !metadata.incomplete);
    assert_eq!(metadata, &block_on(cassette.load_metadata(&id)).unwrap());

    let playback = block_on(cassette.replay(&id, |recording| {
        let (number,): (u32,) = recording.arguments()?;
        Ok(declined(number))
    }));
    assert_eq!(playback.unwrap().recording().id(), &id);
}

#[test]
fn a_disabled_recorder_leaves_operations_unrecorded_and_uncounted_until_it_is_enabled() {
    // R5
    let (cassette, stats) = run(
        |builder| builder.enabled(false),
        |recorder| {
            assert!(!recorder.is_enabled());
            assert!(start(&recorder).is_none());
            recorder.enable();
            record(&recorder, 10);
            recorder.disable();
            assert!(start(&recorder).is_none());
        },
    );
    assert_eq!((cassette.len(), stats.started, stats.saved), (1, 1, 1));
}

#[test]
fn a_recording_in_progress_is_kept_when_the_recorder_is_disabled() {
    // R5
    let (cassette, _) = run(
        |builder| builder,
        |recorder| {
            let switched = recorder.clone();
            recorder.scope_blocking(|| operation("Checkout").run(|| switched.disable()));
        },
    );
    assert_eq!(cassette.len(), 1);
}

#[test]
fn the_sampling_rate_decides_at_the_start_where_nothing_can_force_it() {
    // S1
    let (cassette, stats) = run(
        |builder| builder.sampling_rate(0.25).forced_sampling(false).seed(1),
        |recorder| {
            let kept = (0..1000).filter_map(|_| start(&recorder)).map(|started| {
                assert!(!started.only_if_forced);
                started.id
            });
            for id in kept.collect::<Vec<_>>() {
                recorder.finish(Finished::Discarded { id, reason: DiscardReason::Requested });
            }
        },
    );
    assert!(cassette.is_empty());
    assert_eq!(stats.started, 1000);
    assert_eq!(stats.sampled_out + stats.discarded.requested, 1000);
    assert!((200..300).contains(&stats.discarded.requested), "{stats:?}");
}

#[test]
fn an_operations_own_rate_comes_before_the_recorders() {
    // S1, R12
    let (cassette, stats) = run(
        |builder| builder.sampling_rate(0.0),
        |recorder| {
            recorder.scope_blocking(|| operation("All").sampling_rate(1.0).run(|| ()));
            recorder.scope_blocking(|| operation("None").run(|| ()));
        },
    );
    assert_eq!(cassette.ids().iter().map(|id| id.category()).collect::<Vec<_>>(), ["All"]);
    assert_eq!((stats.started, stats.saved, stats.sampled_out), (2, 1, 1));
}

#[test]
fn a_forced_recording_is_kept_whatever_the_rate() {
    // S2
    let (cassette, stats) = run(
        |builder| builder.sampling_rate(0.0),
        |recorder| {
            recorder.scope_blocking(|| operation("Forced").run(force_sample_recording));
            recorder.scope_blocking(|| operation("Unforced").run(|| ()));
        },
    );
    assert_eq!(cassette.ids().iter().map(|id| id.category()).collect::<Vec<_>>(), ["Forced"]);
    assert_eq!((stats.started, stats.saved, stats.sampled_out), (2, 1, 1));
}

#[test]
fn an_operation_that_ignores_forced_sampling_is_left_out_at_its_start() {
    // S3
    let (cassette, stats) = run(
        |builder| builder.sampling_rate(0.0),
        |recorder| {
            let mut ignoring = OperationStart::new("Checkout");
            ignoring.ignores_forced_sampling = true;
            assert!(recorder.start(&ignoring).is_none());
            let forcible = recorder.start(&OperationStart::new("Checkout")).unwrap();
            assert!(forcible.only_if_forced);
            recorder.finish(Finished::Discarded { id: forcible.id, reason: DiscardReason::SampledOut });
        },
    );
    assert!(cassette.is_empty());
    assert_eq!((stats.started, stats.sampled_out), (2, 2));
}

#[test]
fn a_seed_draws_the_same_sample_in_every_run() {
    // S5
    let sample = |seed: u64| {
        let recorder = TapeRecorder::builder(MemoryCassette::new())
            .sampling_rate(0.5)
            .forced_sampling(false)
            .seed(seed)
            .build();
        (0..64).map(|_| start(&recorder).is_some()).collect::<Vec<_>>()
    };
    assert_eq!(sample(7), sample(7));
    assert_ne!(sample(7), sample(8));
}

#[test]
fn a_rate_that_is_no_share_counts_as_the_nearest_one() {
    let kept = |rate: f64| {
        let recorder =
            TapeRecorder::builder(MemoryCassette::new()).sampling_rate(rate).forced_sampling(false).build();
        (0..20).filter(|_| start(&recorder).is_some()).count()
    };
    assert_eq!([kept(-1.0), kept(f64::NAN), kept(1.0), kept(7.0)], [0, 0, 20, 20]);
}

#[test]
fn what_is_discarded_is_counted_by_reason_and_leaves_nothing_behind() {
    let (cassette, stats) = run(
        |builder| builder,
        |recorder| {
            recorder.scope_blocking(|| operation("Checkout").run(discard_recording));
            let reasons = [
                DiscardReason::Unencodable { alias: "a".into(), error: "e".into() },
                DiscardReason::Unredactable { alias: "a".into(), error: "e".into() },
                DiscardReason::TooLarge { max_bytes: 1 },
                DiscardReason::TooManyCalls { max: 1 },
                DiscardReason::ValueTooLarge { alias: "a".into(), max_bytes: 1 },
                DiscardReason::Unspillable { error: "e".into() },
                DiscardReason::NotRun,
            ];
            for reason in reasons {
                let id = start(&recorder).unwrap().id;
                recorder.finish(Finished::Discarded { id, reason });
            }
            // A category of nothing cannot be part of an id.
            assert!(recorder.start(&OperationStart::new(" ")).is_none());
        },
    );
    assert!(cassette.is_empty());
    let discarded = stats.discarded;
    assert_eq!(
        [
            discarded.requested,
            discarded.unencodable,
            discarded.unredactable,
            discarded.too_large,
            discarded.too_many_calls,
            discarded.value_too_large,
            discarded.unspillable,
            discarded.not_run,
            discarded.misnamed
        ],
        [1; 9]
    );
    assert_eq!((stats.started, discarded.total(), stats.in_flight.total()), (9, 9, 0));
    let mut with_others = discarded;
    with_others.other = 2;
    assert_eq!(with_others.total(), 11, "what has no count of its own yet counts, too");
}

#[test]
fn a_recording_past_its_limit_is_given_up_and_the_operation_goes_on() {
    let (cassette, stats) = run(
        |builder| builder.max_recording_bytes(1000),
        |recorder| {
            let long = "x".repeat(2000);
            let read = || input("read").run(|| long.clone());
            let result = recorder.scope_blocking(|| operation("Checkout").run(|| read().len()));
            assert_eq!(result, 2000);
        },
    );
    assert!(cassette.is_empty());
    assert_eq!(stats.discarded.too_large, 1);
}

#[test]
fn operations_of_many_threads_are_all_saved_each_under_its_own_id() {
    // R13
    let double = held(4000);
    let recorder = TapeRecorder::builder(double.clone()).queue_recordings(8000.try_into().unwrap()).build();
    let ids: HashSet<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| (0..1000).map(|_| record(&recorder, 10)).collect::<Vec<_>>()))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    block_on(recorder.flush()).unwrap();
    assert_eq!(ids.len(), 4000);
    assert_eq!(double.inner().ids().into_iter().collect::<HashSet<_>>(), ids);
    assert_eq!(recorder.stats().saved, 4000);
    assert!(double.most_at_once(Method::Save) <= 16);
}

#[test]
fn ids_can_be_made_the_same_in_every_run() {
    let ids = || {
        let recorder = TapeRecorder::builder(MemoryCassette::new())
            .clock(SystemTime::UNIX_EPOCH + NOON)
            .ids(IdGenerator::seeded(1))
            .build();
        [start(&recorder).unwrap().id, start(&recorder).unwrap().id]
    };
    assert_eq!(ids(), ids());
    assert_ne!(ids()[0], ids()[1]);
}

#[test]
fn ids_sort_by_the_time_they_were_made_at() {
    let ids = IdGenerator::random();
    let at = |milliseconds| {
        ids.generate("Checkout", SystemTime::UNIX_EPOCH + NOON + Duration::from_millis(milliseconds))
    };
    assert!(at(1).unwrap() < at(2).unwrap());
    let before = ids.generate("Checkout", SystemTime::UNIX_EPOCH - Duration::from_secs(1)).unwrap_err();
    assert_eq!(
        before.to_string(),
        "the clock is outside of the years 1970 to 9999, which an id can hold; set it right"
    );
}

#[test]
fn the_recorder_works_under_any_runtime_and_under_none() {
    let (cassette, _) = run(
        |builder| builder,
        |recorder| {
            std::thread::spawn({
                let recorder = recorder.clone();
                move || drop(record(&recorder, 1))
            })
            .join()
            .unwrap();
            tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
                record(&recorder, 1);
                recorder.flush().await.unwrap();
            });
        },
    );
    let found = block_on(cassette.find_all(&Query::new())).unwrap();
    assert_eq!(found.len(), 2);
}
