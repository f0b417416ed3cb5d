//! What services do that is hard on whoever records and replays them: guards that make calls when dropped,
//! branches that race, recorders that panic.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use playback_core::{
    Context, DiscardReason, Finished, FutureExt as _, HandlerError, Kind, OperationStart, Prepare, Recorder,
    RecorderExt as _, Recording, RecordingStart, ReplayErrorKind, Restore, input, input_with, operation,
    output, output_with, replay, replay_blocking, without_recording,
};
use playback_testkit::{MemoryRecorder, record, record_blocking};

/// Rolls back when dropped, as transactions do.
struct RollsBack {
    live: Arc<AtomicUsize>,
}

impl Drop for RollsBack {
    fn drop(&mut self) {
        let answer: Result<(), String> = output("rollback").run(|| {
            self.live.fetch_add(1, SeqCst);
            Ok(())
        });
        drop(answer);
    }
}

/// What no encoder takes.
struct Unencodable;

impl serde::Serialize for Unencodable {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("not today"))
    }
}

fn empty_recording() -> Recording {
    record_blocking(|| operation("Op").run(|| ())).recording()
}

#[test]
fn a_guard_that_makes_a_call_while_a_replay_fails_aborts_nothing_and_runs_nothing() {
    let live = Arc::new(AtomicUsize::new(0));
    let run = |fail: &dyn Fn()| {
        replay_blocking(&empty_recording(), |_| {
            operation("Op").run(|| {
                let _guard = RollsBack { live: live.clone() };
                fail();
            });
            Ok(())
        })
        .unwrap_err()
    };
    let error = run(&|| panic!("a plain bug"));
    assert!(
        matches!(error.kind(), ReplayErrorKind::Panicked { message } if message == "a plain bug"),
        "{error}"
    );
    let error = run(&|| drop(input("unknown").run(String::new)));
    assert!(error.to_string().starts_with("input `unknown` has no recorded answer"), "{error}");
    assert_eq!(live.load(SeqCst), 0);
}

#[test]
fn a_guard_that_asks_for_data_of_another_type_or_keeps_what_cannot_be_written_aborts_nothing() {
    struct Keeps;
    impl Drop for Keeps {
        fn drop(&mut self) {
            playback_core::record_data("odd", &Unencodable);
            assert_eq!(playback_core::play_data::<bool>("text"), None);
        }
    }
    let recording = record_blocking(|| {
        operation("Op").run(|| playback_core::record_data("text", "no truth value"));
    })
    .recording();
    let fail = || -> () { panic!("a plain bug") };
    let error = replay_blocking(&recording, |_| {
        operation("Op").run(|| {
            let _guard = Keeps;
            fail();
        });
        Ok(())
    })
    .unwrap_err();
    assert!(
        matches!(error.kind(), ReplayErrorKind::Panicked { message } if message == "a plain bug"),
        "{error}"
    );
}

#[tokio::test]
async fn a_guard_that_makes_a_call_when_a_replay_is_given_up_does_not_unwind_out_of_it() {
    let live = Arc::new(AtomicUsize::new(0));
    let recording = record(async { operation("Op").run_async(async {}).await }).await.recording();
    let body = {
        let live = live.clone();
        async move {
            let _guard = RollsBack { live };
            drop(tokio::spawn(async { input("unknown").run(|| 5u8) }.in_current_context()));
            std::future::pending::<()>().await;
        }
    };
    let result = replay(&recording, |_| Ok(async { operation("Op").run_async(body).await })).await;
    assert!(result.unwrap_err().to_string().starts_with("input `unknown` has no recorded answer"));
    assert_eq!(live.load(SeqCst), 0);
}

#[tokio::test]
async fn a_guard_that_makes_a_call_when_its_replay_is_dropped_neither_runs_nor_unwinds() {
    let live = Arc::new(AtomicUsize::new(0));
    let body = async {
        let _guard = RollsBack { live: live.clone() };
        std::future::pending::<()>().await;
    };
    let recording = empty_recording();
    let mut replaying = Box::pin(replay(&recording, |_| Ok(operation("Op").run_async(body))));
    assert!(futures::poll!(&mut replaying).is_pending());
    // As a time limit does.
    drop(replaying);
    assert_eq!(live.load(SeqCst), 0);
}

#[tokio::test]
async fn a_guard_that_makes_a_call_when_its_call_is_dropped_is_part_of_that_call() {
    let live = Arc::new(AtomicUsize::new(0));
    let recording = record(async {
        operation("Op")
            .run_async(async {
                let guard = RollsBack { live: live.clone() };
                let call = input("slow").run_async(async move {
                    let _guard = guard;
                    std::future::pending::<u8>().await
                });
                let mut call = Box::pin(call);
                assert!(futures::poll!(&mut call).is_pending());
            })
            .await
    })
    .await
    .recording();
    assert_eq!(live.load(SeqCst), 1, "it runs, as the rest of the call does");
    let calls: Vec<_> = recording.tape().calls().map(|call| call.alias().to_owned()).collect();
    assert_eq!(calls, ["Op", "slow"]);
}

#[tokio::test]
async fn concurrent_outputs_of_one_lane_are_answered_by_what_they_send() {
    /// Begins the calls in this order.
    async fn store_all(order: [u64; 3]) -> Vec<u64> {
        operation("Op")
            .run_async(async move {
                let mut answers = Vec::new();
                for item in order {
                    answers.push((
                        item,
                        output("store").args(&(item,)).run_async(async move { item * 10 }).await,
                    ));
                }
                answers.sort_unstable();
                answers.into_iter().map(|(_, answer)| answer).collect()
            })
            .await
    }
    let recording = record(store_all([2, 0, 1])).await.recording();
    let playback = replay(&recording, |_| Ok(store_all([0, 1, 2]))).await.unwrap();
    assert_eq!(playback.replayed().outputs().last().unwrap().to::<Vec<u64>>().unwrap(), [0, 10, 20]);
}

#[tokio::test]
async fn a_branch_of_a_select_that_was_never_polled_when_recorded_may_be_polled_on_replay() {
    async fn race(slow_first: bool) -> u8 {
        operation("Op")
            .run_async(async move {
                let slow = input("slow").args(&()).run_async(std::future::pending::<u8>());
                let fast = input("fast").args(&()).run_async(async { 2u8 });
                if slow_first {
                    tokio::select! { biased; slow = slow => slow, fast = fast => fast }
                } else {
                    tokio::select! { biased; fast = fast => fast, slow = slow => slow }
                }
            })
            .await
    }
    let recording = record(race(false)).await.recording();
    assert_eq!(recording.tape().calls().count(), 2, "slow was not polled");
    let playback = replay(&recording, |_| Ok(race(true))).await.unwrap();
    assert_eq!(playback.replayed().outputs().last().unwrap().to::<u8>().unwrap(), 2);
}

#[tokio::test]
async fn what_is_bound_before_the_operation_does_not_shift_its_lanes() {
    async fn fan_out() -> Vec<u64> {
        operation("Op")
            .run_async(async {
                let mut seen: Vec<u64> = vec![input("n").run(|| 6)];
                for n in [4, 5] {
                    let read = async move { input("n").run_async(async move { n }).await };
                    seen.push(tokio::spawn(read.in_current_context()).await.unwrap());
                }
                seen
            })
            .await
    }
    let recording = record(fan_out()).await.recording();
    let seen = |playback: &playback_core::Playback| -> Vec<u64> {
        playback.replayed().outputs().last().unwrap().to().unwrap()
    };
    let spawned =
        replay(&recording, |_| Ok(async { tokio::spawn(fan_out().in_current_context()).await })).await;
    assert_eq!(seen(&spawned.unwrap()), [6, 4, 5]);
    let beside = replay(&recording, |_| {
        Ok(async {
            tokio::spawn(async {}.in_current_context()).await.unwrap();
            fan_out().await
        })
    });
    assert_eq!(seen(&beside.await.unwrap()), [6, 4, 5]);
}

#[test]
fn a_new_lane_takes_no_answers_from_the_old_ones() {
    let who = |live: u64| input("who").args(&(3,)).run(|| live);
    let tell = |what: u64| output("tell").args(&(what,)).run(|| what);
    let recording = record_blocking(|| {
        operation("Op").run(|| {
            assert_eq!((who(0), who(1)), (0, 1));
            tell(7);
        })
    })
    .recording();
    let playback = replay_blocking(&recording, |_| {
        operation("Op").run(|| {
            Context::bind(|| (who(9), tell(8)))();
            assert_eq!((who(9), who(9)), (0, 1));
            tell(7);
        });
        Ok(())
    })
    .unwrap();
    let added: Vec<String> = playback.added_outputs().map(|call| format!("{call:?}")).collect();
    assert_eq!(added, ["Output tell(8) -> 7"]);
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_was_cancelled_ends_where_it_was_cancelled() {
    async fn wait_until_done() {
        operation("Op")
            .run_async(async {
                while input("status").run_async(async { 0u8 }).await == 0 {
                    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                }
            })
            .await;
    }
    let recorder = MemoryRecorder::new();
    let limit = std::time::Duration::from_millis(32);
    tokio::time::timeout(limit, recorder.scope(async { wait_until_done().await })).await.unwrap_err();
    let recording = recorder.recordings().remove(0);
    assert!(recording.metadata().incomplete);
    let playback = replay(&recording, |_| Ok(wait_until_done())).await.unwrap();
    assert_eq!(playback.unread_inputs().count(), 0);
    assert_eq!(playback.replayed().operation().unwrap().end(), &playback_core::End::Cancelled);
}

#[test]
fn a_replay_of_another_operation_or_of_two_fails() {
    let recording = empty_recording();
    let other = replay_blocking(&recording, |_| Ok(operation("Refund").run(|| 1))).unwrap_err();
    assert_eq!(
        other.to_string(),
        "the code under replay entered the operation `Refund`, and the recording is of `Op`; a replay runs the \
         recorded operation, once"
    );
    let twice = replay_blocking(&recording, |_| {
        operation("Op").run(|| ());
        operation("Op").run(|| ());
        Ok(())
    });
    assert!(twice.unwrap_err().to_string().contains("entered the operation `Op` a second time"));
}

#[test]
fn calls_count_in_the_order_in_which_they_are_made_and_not_prepared() {
    let run = || {
        operation("Op").run_async(async {
            let a = output("store").args(&("a",)).run_async(async { 'a' });
            let b = output("store").args(&("b",)).run_async(async { 'b' });
            let b = b.await;
            (a.await, b)
        })
    };
    let recorded = futures::executor::block_on(record(async { run().await }));
    assert_eq!(recorded.result, ('a', 'b'));
    let recording = recorded.recording();
    let sent: Vec<String> =
        recording.tape().outputs().map(|sent| sent.value().unwrap().to_string()).collect();
    assert_eq!(sent[..2], [r#"["b"]"#, r#"["a"]"#]);
}

#[test]
fn an_answered_call_that_is_polled_again_runs_no_body() {
    let ask = |live: fn() -> u8| input("ask").args(&()).run_async(async move { live() });
    let run = |live: fn() -> u8| async move {
        operation("Op")
            .run_async(async move {
                let mut asked = Box::pin(ask(live));
                let answer = asked.as_mut().await;
                (answer, futures::poll!(asked).is_pending())
            })
            .await
    };
    let recording = futures::executor::block_on(record(async {
        operation("Op").run_async(async { (ask(|| 5).await, true) }).await
    }));
    let recording = recording.recording();
    let playback =
        futures::executor::block_on(replay(&recording, |_| Ok(run(|| panic!("run for real"))))).unwrap();
    assert_eq!(playback.replayed().outputs().last().unwrap().to::<(u8, bool)>().unwrap(), (5, true));
}

/// Panics at every turn.
#[derive(Clone)]
struct PanickingRecorder {
    when_started: bool,
}

impl Recorder for PanickingRecorder {
    fn start(&self, operation: &OperationStart<'_>) -> Option<RecordingStart> {
        assert!(!self.when_started, "no disk");
        MemoryRecorder::new().start(operation)
    }
    fn finish(&self, _: Finished) {
        panic!("no disk")
    }
}

#[test]
fn a_recorder_that_panics_does_not_reach_the_service() {
    for when_started in [true, false] {
        let recorder = PanickingRecorder { when_started };
        assert_eq!(recorder.scope_blocking(|| operation("Op").run(|| 5)), 5);
    }
}

#[test]
fn nothing_is_recorded_where_it_is_said_so() {
    let recorded = record_blocking(|| {
        without_recording(|| operation("Save").run(|| 1));
        operation("Op").run(|| without_recording(|| input("inner").run(|| 2u8)))
    });
    let recording = recorded.recording();
    assert_eq!(recording.tape().calls().count(), 1);
}

#[test]
fn lanes_names_and_metadata_count_towards_the_limit() {
    let check = |grow: &dyn Fn(usize)| {
        let recorder = MemoryRecorder::new().max_bytes(100_000);
        recorder.scope_blocking(|| operation("Op").run(|| (0..10_000).for_each(grow)));
        assert!(recorder.recordings().is_empty());
    };
    check(&|_| Context::bind(|| ())());
    check(&|_| input("in").run(|| ()));
    check(&|n| playback_core::add_metadata(&format!("field {n}"), "value"));
    let recorder = MemoryRecorder::new().max_bytes(100_000);
    recorder.scope_blocking(|| {
        operation("Op").run(|| output(format!("to {}", "x".repeat(200_000))).run(|| ()));
    });
    assert!(recorder.recordings().is_empty());

    // They count as much as they take, and no more.
    let recorder = MemoryRecorder::new().max_bytes(100_000);
    recorder.scope_blocking(|| {
        operation("Op").args(&("x".repeat(1_000),)).run(|| {
            playback_core::add_metadata(&"field".repeat(200), &"x".repeat(1_000));
            (0..10).for_each(|n| output(format!("{n}{}", "x".repeat(1_000))).run(|| ()));
            "x".repeat(1_000)
        });
    });
    assert_eq!(recorder.recordings().len(), 1);
}

/// A handler that is never made.
struct Unmade;

impl<T: ?Sized> Prepare<T> for Unmade {
    fn prepare<'a>(&'a self, _: &'a T) -> Result<Box<dyn erased_serde::Serialize + 'a>, HandlerError> {
        Ok(Box::new(()))
    }
}

impl<T: Default> Restore<T> for Unmade {
    fn restore(&self, _: &mut dyn erased_serde::Deserializer<'_>) -> Result<T, HandlerError> {
        Ok(T::default())
    }
}

/// Makes what a call needs, and panics at it.
fn broken<T>() -> T {
    panic!("broken while it was made")
}

/// A call, and what of it is broken.
type Broken = (&'static str, fn() -> u8);

#[test]
fn what_makes_aliases_and_handlers_may_panic_without_harm_to_the_service() {
    let calls: [Broken; 7] = [
        ("alias of an input", || input_with(broken).run(|| 7)),
        ("alias of an output", || output_with(broken).run(|| 7)),
        ("fallbacks of an input", || input("in").fallback_with(broken).run(|| 7)),
        ("fallbacks of an output", || output("out").fallback_with(broken).run(|| 7)),
        ("handler of an input", || input("in").args(&()).handler_with(broken::<Unmade>).run(|| 7)),
        ("handler of an output", || output("out").handler_with(broken::<Unmade>).args(&()).run(|| 7)),
        ("handler of an answer", || output("out").args(&()).result_handler_with(broken::<Unmade>).run(|| 7)),
    ];
    let recording = record_blocking(|| operation("Op").run(|| 7u8)).recording();
    for (what, call) in calls {
        let recorded = record_blocking(|| operation("Op").run(call));
        assert_eq!(recorded.result, 7, "{what}");
        let [(_, DiscardReason::Unencodable { error, .. })] = &recorded.discarded[..] else {
            panic!("{what}: {:?}", recorded.discarded)
        };
        assert_eq!(error, "it panicked: broken while it was made", "{what}");

        let error = replay_blocking(&recording, |_| Ok(operation("Op").run(call))).unwrap_err();
        assert!(error.to_string().contains("broken while it was made"), "{what}: {error}");
    }
}

#[test]
fn what_makes_the_handler_or_the_recorder_of_an_operation_may_panic_without_harm_to_the_service() {
    let handled = || operation("Op").result_handler_with(broken::<Unmade>).args(&()).run(|| 7u8);
    let recorded = record_blocking(handled);
    assert_eq!(recorded.result, 7);
    assert!(
        matches!(&recorded.discarded[..], [(_, DiscardReason::Unencodable { alias, .. })] if alias == "Op"),
        "{:?}",
        recorded.discarded
    );
    assert_eq!(handled(), 7, "nor where nothing is recorded");

    let recorded = record_blocking(|| {
        operation("Op").recorder_with(broken::<MemoryRecorder>).args(&()).run(|| input("in").run(|| 7u8))
    });
    assert_eq!((recorded.result, recorded.recordings.len(), recorded.discarded.len()), (7, 0, 0));
}

/// A value that asks for another one while it is written.
struct Asks;

impl serde::Serialize for Asks {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(input("inner").run(|| 5))
    }
}

impl<'de> serde::Deserialize<'de> for Asks {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        assert_eq!(u8::deserialize(deserializer)?, input("inner").run(|| 5));
        Ok(Self)
    }
}

#[test]
fn what_serde_calls_while_a_value_is_written_or_read_is_no_call_of_the_operation() {
    let run = || {
        operation("Op").args(&(Asks,)).run(|| {
            let Asks = input("outer").args(&(Asks,)).run(|| Asks);
            Asks
        })
    };
    let recording = record_blocking(run).recording();
    let calls: Vec<&str> = recording.tape().calls_of(Kind::Input).map(|call| call.alias()).collect();
    assert_eq!(calls, ["outer"]);
    let playback = replay_blocking(&recording, |_| Ok(run())).unwrap();
    assert_eq!(playback.replayed().calls_of(Kind::Input).count(), 1);
}
