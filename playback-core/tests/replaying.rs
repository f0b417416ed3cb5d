//! Replaying: PARITY rows P1 to P5, and what a [`Playback`] tells.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use futures::executor::block_on;
use playback_core::{
    Context, Mode, Playback, Recording, RecordingId, ReplayError, ReplayErrorKind, input, mode, operation,
    output, replay, replay_blocking,
};
use playback_testkit::{record, record_blocking};

/// The operation of these tests: reads a discount, stores the rest.
async fn checkout(customer: u64, amount: u64) -> Result<u64, String> {
    operation("Checkout")
        .args(&(customer, amount))
        .run_async(async move {
            let discount: u64 = input("discount").args(&(customer,)).run_async(async { 2 }).await;
            let rest = amount.checked_sub(discount).ok_or("too little")?;
            output("store").args(&(customer, rest)).run_async(async {}).await;
            Ok(rest)
        })
        .await
}

fn recording(customer: u64, amount: u64) -> Recording {
    block_on(record(checkout(customer, amount))).recording()
}

fn replay_checkout(recording: &Recording) -> Result<Playback, ReplayError> {
    block_on(replay(recording, |recording| {
        let (customer, amount): (u64, u64) = recording.arguments()?;
        Ok(checkout(customer, amount))
    }))
}

#[test]
fn a_replay_shows_both_runs_side_by_side() {
    // P1, P2
    let recording = recording(7, 42);
    let playback = replay_checkout(&recording).unwrap();
    let shown = |tape: &playback_core::Tape| tape.calls().map(|call| format!("{call:?}")).collect::<Vec<_>>();
    assert_eq!(shown(playback.recorded()), shown(playback.replayed()));
    assert_eq!(shown(playback.replayed()).len(), 3);
    let orders = |tape: &playback_core::Tape| tape.calls().map(|call| call.order()).collect::<Vec<_>>();
    assert_eq!(orders(playback.replayed()), orders(playback.recorded()));
    assert_eq!(playback.recording().id(), recording.id());
    assert_eq!(playback.recorded_duration(), recording.metadata().duration);
    assert!(playback.replayed_duration() > Duration::ZERO);
    assert!(playback.escapes().is_empty());
}

#[test]
fn a_sync_operation_replays_the_same_way() {
    // P1
    let double = |n: u32, live: u32| operation("Double").args(&(n,)).run(|| n * input("two").run(|| live));
    let recording = record_blocking(|| double(21, 2)).recording();
    let playback = replay_blocking(&recording, |recording| {
        let (n,): (u32,) = recording.arguments()?;
        Ok(double(n, 99))
    })
    .unwrap();
    assert_eq!(playback.replayed().outputs().last().unwrap().to::<u32>().unwrap(), 42);
}

#[test]
fn an_error_that_the_operation_returns_is_an_output_and_no_failed_replay() {
    // P3
    let recording = recording(7, 1);
    assert!(recording.metadata().failed);
    let playback = replay_checkout(&recording).unwrap();
    assert_eq!(
        playback.replayed().outputs().last().unwrap().value().unwrap().to_string(),
        r#"Err("too little")"#
    );
}

#[test]
fn a_missing_answer_fails_the_replay_even_if_the_code_swallows_the_panic() {
    // P4
    let recording = record_blocking(|| operation("Op").run(|| 1)).recording();
    let result = replay_blocking(&recording, |_| {
        Ok(operation("Op").run(|| {
            let caught = catch_unwind(AssertUnwindSafe(|| input("unknown").run(|| 5u8)));
            if caught.is_err() { 2 } else { 3 }
        }))
    });
    let error = result.unwrap_err();
    assert!(matches!(error.kind(), ReplayErrorKind::Unanswered(diagnosis) if diagnosis.alias == "unknown"));
}

#[test]
fn the_first_of_several_failures_is_told() {
    // P4
    let recording = record_blocking(|| operation("Op").run(|| ())).recording();
    let error = replay_blocking(&recording, |_| {
        operation("Op").run(|| {
            for alias in ["first", "second"] {
                let _ = catch_unwind(AssertUnwindSafe(|| input(alias).run(|| 5u8)));
            }
        });
        Ok(())
    })
    .unwrap_err();
    assert!(error.to_string().contains("`first`"), "{error}");
}

#[tokio::test]
async fn a_failure_in_a_spawned_task_fails_the_replay_even_if_nobody_awaits_it() {
    // P4
    use playback_core::FutureExt as _;
    let recording = record(async { operation("Op").run_async(async {}).await }).await.recording();
    let error = replay(&recording, |_| {
        Ok(async {
            operation("Op")
                .run_async(async {
                    let task = tokio::spawn(async { input("unknown").run(|| 5u8) }.in_current_context());
                    assert!(task.await.is_err());
                    std::future::pending::<()>().await
                })
                .await
        })
    })
    .await
    .unwrap_err();
    assert!(matches!(error.kind(), ReplayErrorKind::Unanswered(_)), "{error}");
}

#[test]
fn a_panic_of_the_code_fails_the_replay_with_its_message() {
    let recording = recording(7, 42);
    let error = block_on(replay(&recording, |_| {
        let broken = async {
            let index = 3;
            if index > 2 { panic!("index {index} of 2") } else { index }
        };
        Ok(async { operation("Checkout").run_async(broken).await })
    }))
    .unwrap_err();
    let ReplayErrorKind::Panicked { message } = error.kind() else { panic!("{error:?}") };
    assert_eq!(message, "index 3 of 2");
}

#[test]
fn the_state_of_a_replay_is_gone_whatever_happened() {
    // P5
    let recording = recording(7, 42);
    replay_checkout(&recording).unwrap();
    assert_eq!(mode(), Mode::Off);
    replay_blocking(&recording, |_| Ok(operation("Checkout").run(|| input("unknown").run(|| 1u8))))
        .unwrap_err();
    assert_eq!(mode(), Mode::Off);
    replay_blocking(&recording, |_| -> Result<(), ReplayError> { panic!("at once") }).unwrap_err();
    assert_eq!(mode(), Mode::Off);
    assert_eq!(Context::current().recording_id(), None);
}

#[test]
fn arguments_of_another_type_fail_the_replay_and_say_where_they_do_not_fit() {
    let recording = recording(7, 42);
    let error = replay_blocking(&recording, |recording| {
        let (_customer, _amount): (u64, String) = recording.arguments()?;
        Ok(())
    })
    .unwrap_err();
    let expected =
        format!("the recorded arguments of {} do not fit the type asked for: [1]: expected", recording.id());
    assert!(error.to_string().starts_with(&expected), "{error}");
}

#[test]
fn a_replay_that_enters_no_operation_says_so() {
    let recording = recording(7, 42);
    let error = replay_blocking(&recording, |_| Ok(())).unwrap_err();
    assert!(matches!(error.kind(), ReplayErrorKind::NotEntered { .. }), "{error}");
}

#[test]
fn a_replay_can_fail_in_its_own_setup() {
    let recording = recording(7, 42);
    let error = replay_blocking(&recording, |_| Err::<(), _>(ReplayError::setup("no tables"))).unwrap_err();
    assert_eq!(error.to_string(), "the replay could not be set up: no tables");
}

#[test]
fn what_a_setup_makes_of_a_failure_does_not_hide_it() {
    let recording = recording(7, 42);
    let error = replay_blocking(&recording, |_| {
        let ask = || operation("Checkout").run(|| input("unknown").run(|| 1u8));
        let swallowed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(ask));
        assert!(swallowed.is_err());
        Err::<(), _>(ReplayError::setup("it did not run through"))
    });
    assert!(matches!(error.unwrap_err().kind(), ReplayErrorKind::Unanswered(_)));
}

/// An operation that waits for an input in a task of its own, and never ends by itself.
async fn wait_in_a_task(live: impl Future<Output = u8> + Send + 'static) {
    use playback_core::FutureExt as _;
    let body = async {
        let task = async { input("slow").args(&(1,)).run_async(live).await }.in_current_context();
        tokio::spawn(task).await.unwrap_or_default();
        std::future::pending::<()>().await;
    };
    operation("Op").run_async(body).await;
}

#[tokio::test]
async fn a_replay_of_an_operation_that_was_cancelled_ends_where_it_was_cancelled() {
    let recorder = playback_testkit::MemoryRecorder::new();
    {
        use playback_core::RecorderExt as _;
        let mut waiting = Box::pin(recorder.scope(async {
            let body = async { input("slow").args(&(1,)).run_async(std::future::pending::<u8>()).await };
            operation("Op").run_async(body).await
        }));
        assert!(futures::poll!(&mut waiting).is_pending());
    }
    let recording = recorder.recordings().remove(0);
    // The wait is in another task, and the replay is told of it.
    let playback = replay(&recording, |_| Ok(wait_in_a_task(async { 1 }))).await.unwrap();
    assert_eq!(playback.replayed().operation().unwrap().end(), &playback_core::End::Cancelled);
    assert_eq!(playback.unread_inputs().count(), 0);
}

#[tokio::test]
async fn a_failure_in_a_task_that_nobody_awaits_ends_the_replay() {
    // P4
    use playback_core::FutureExt as _;
    let recording = record(async { operation("Op").run_async(async {}).await }).await.recording();
    let error = replay(&recording, |_| {
        Ok(async {
            let body = async {
                drop(tokio::spawn(async { input("unknown").run(|| 5u8) }.in_current_context()));
                std::future::pending::<()>().await;
            };
            operation("Op").run_async(body).await;
        })
    })
    .await
    .unwrap_err();
    assert!(matches!(error.kind(), ReplayErrorKind::Unanswered(_)), "{error}");
}

#[test]
fn inputs_that_are_not_read_any_more_are_told() {
    let recording = recording(7, 42);
    let playback = replay_blocking(&recording, |_| Ok(operation("Checkout").run(|| 1))).unwrap();
    let unread: Vec<&str> = playback.unread_inputs().map(|call| call.alias()).collect();
    assert_eq!(unread, ["discount"]);
}

#[test]
fn a_replay_inside_a_recording_and_the_reverse_do_not_see_each_other() {
    let inner = recording(7, 42);
    let outer = record_blocking(|| {
        operation("Outer").run(|| {
            let replayed = replay_checkout(&inner).unwrap();
            let _: u8 = input("after").run(|| 1);
            replayed.replayed().calls().count()
        })
    });
    assert_eq!(outer.result, 3);
    let aliases = |recording: &Recording| {
        recording.tape().calls().map(|call| call.alias().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(aliases(&outer.recording()), ["Outer", "after"]);
}

#[test]
fn ids_are_parsed_and_refused_by_name() {
    let id: RecordingId = "a b/ü%.../20240229/01KDVDNA000000000000000001".parse().unwrap();
    assert_eq!(id.category(), "a b/ü%...");
    assert_eq!(id.to_path(), "a%20b%2F%C3%BC%25..%2E/20240229/01KDVDNA000000000000000001");
    assert_eq!(RecordingId::from_path(&id.to_path()).unwrap(), id);
    let unique = "01KDVDNA000000000000000001";
    let refused = |id: &str, why: &str| {
        let error = id.parse::<RecordingId>().unwrap_err().to_string();
        assert!(error.contains(why), "{id}: {error}");
    };
    refused("", "three parts");
    refused("Checkout", "three parts");
    refused(&format!("/20240101/{unique}"), "the category is empty");
    refused(&format!(" /20240101/{unique}"), "the category is empty");
    refused(&format!("a\nb/20240101/{unique}"), r"control character '\n'");
    refused(&format!("{}/20240101/{unique}", "é".repeat(40)), "takes 240 bytes");
    refused(&format!("{}/20240101/{unique}", "e".repeat(201)), "takes 201 bytes");
    assert!(format!("{}/20240101/{unique}", "e".repeat(200)).parse::<RecordingId>().is_ok());
    refused(&format!("a/20230229/{unique}"), "`20230229` is not of the form YYYYMMDD");
    refused(&format!("a/2024-1-1/{unique}"), "is not of the form YYYYMMDD");
    refused(&format!("a/+0240101/{unique}"), "is not of the form YYYYMMDD");
    refused(&format!("a/202401011/{unique}"), "is not of the form YYYYMMDD");
    refused("a/20240101/01KDVDNA00000000000000000", "is not a ULID");
    refused("a/20240101/81KDVDNA000000000000000001", "is not a ULID");
    refused("a/20240101/01KDVDNA00000000000000000U", "is not a ULID");
    let refused_path = |path: &str| assert!(RecordingId::from_path(path).is_err(), "{path}");
    refused_path(&format!("../20240101/{unique}"));
    refused_path(&format!("a%2fb/20240101/{unique}"));
    refused_path(&format!("a%41/20240101/{unique}"));
    refused_path(&format!("a/b/20240101/{unique}"));
    refused_path(&format!("a%2/20240101/{unique}"));
    refused_path(&format!("%FF/20240101/{unique}"));
    for dots in [".", "..", "...", "../..", "./a"] {
        let id = RecordingId::new(dots, "20240101", unique).unwrap();
        let first = id.encoded_category();
        assert!(!first.starts_with('.') && !first.contains('/'), "{first} stays in its place");
        assert_eq!(RecordingId::decode_category(&first).as_deref(), Some(dots));
    }
}
