//! Contexts, lanes and runtimes: DESIGN decisions 2 and 3, PARITY rows R13 and I13.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use playback_core::{
    Context, FutureExt as _, Kind, Mode, RecorderExt as _, Recording, current_recording_id, input, mode,
    operation, output, replay, replay_blocking,
};
use playback_testkit::{MemoryRecorder, record, record_blocking};

/// An operation that gives way in the middle of everything, and marks each entry with its own number.
async fn busy(number: u64) -> u64 {
    operation("Busy")
        .args(&(number,))
        .run_async(async move {
            let mut sum = 0;
            for step in 0..3u64 {
                let read = async {
                    yield_once().await;
                    number * 10 + step
                };
                sum += input("read").args(&(number, step)).run_async(read).await;
                yield_once().await;
            }
            let child = async move { output("child").args(&(number,)).run_async(async {}).await };
            child.in_current_context().await;
            output("sum").args(&(number, sum)).run_async(yield_once()).await;
            sum
        })
        .await
}

/// Gives way once, whatever the runtime.
async fn yield_once() {
    let mut yielded = false;
    std::future::poll_fn(|task| {
        if std::mem::replace(&mut yielded, true) {
            return std::task::Poll::Ready(());
        }
        task.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

/// Every entry of a recording of [`busy`] belongs to it.
fn assert_of_one_run(recording: &Recording) {
    let (number,): (u64,) = recording.arguments().unwrap();
    let calls: Vec<String> = recording.tape().calls().map(|call| format!("{call:?}")).collect();
    let sum = 30 * number + 3;
    let expected = [
        format!("Operation Busy({number}) -> {sum}"),
        format!("Input read({number}, 0) -> {}", number * 10),
        format!("Input read({number}, 1) -> {}", number * 10 + 1),
        format!("Input read({number}, 2) -> {}", number * 10 + 2),
        format!("Output child({number}) -> ()"),
        format!("Output sum({number}, {sum}) -> ()"),
    ];
    assert_eq!(calls, expected);
    assert_eq!(recording.tape().calls().nth(4).unwrap().lane(), [0]);
}

async fn replay_busy(recording: Recording) {
    let playback =
        replay(&recording, |recording| Ok(busy(recording.arguments::<(u64,)>()?.0))).await.unwrap();
    assert_eq!(playback.unread_inputs().count() + playback.missing_outputs().count(), 0);
    assert_eq!(playback.replayed().calls().count(), 6);
    assert!(playback.matches().all(|(replayed, recorded, _)| {
        recorded
            .is_some_and(|recorded| recorded.argument_bytes().unwrap() == replayed.argument_bytes().unwrap())
    }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_operations_record_and_replay_at_once_on_several_threads_of_tokio() {
    // R13
    let recorder = MemoryRecorder::new();
    let tasks: Vec<_> = (0..1_000).map(|number| tokio::spawn(recorder.scope(busy(number)))).collect();
    for (number, task) in (0u64..).zip(tasks) {
        assert_eq!(task.await.unwrap(), 30 * number + 3);
    }
    let recordings = recorder.recordings();
    assert_eq!(recordings.len(), 1_000);
    recordings.iter().for_each(assert_of_one_run);

    let replays: Vec<_> =
        recordings.into_iter().map(|recording| tokio::spawn(replay_busy(recording))).collect();
    for replayed in replays {
        replayed.await.unwrap();
    }
    assert_eq!(mode(), Mode::Off);
}

/// Records and replays ten interleaved operations on one thread.
async fn ten_at_once() {
    let recorder = MemoryRecorder::new();
    futures::future::join_all((0..10).map(|number| recorder.scope(busy(number)))).await;
    let recordings = recorder.recordings();
    assert_eq!(recordings.len(), 10);
    recordings.iter().for_each(assert_of_one_run);
    futures::future::join_all(recordings.into_iter().map(replay_busy)).await;
}

#[tokio::test(flavor = "current_thread")]
async fn it_works_on_tokios_current_thread() {
    ten_at_once().await;
}

#[test]
fn it_works_on_smol() {
    smol::block_on(async {
        ten_at_once().await;
        let recording = record(smol::spawn(busy(3).in_current_context())).await;
        assert!(recording.recordings.is_empty(), "spawned before the scope was entered");
        let recording = record(async { smol::spawn(busy(3).in_current_context()).await }).await.recording();
        assert_of_one_run(&recording);
    });
}

#[test]
fn it_works_on_the_executor_of_futures() {
    futures::executor::block_on(ten_at_once());
}

#[test]
fn it_works_on_bare_threads() {
    // I13
    let work = |live: u64| {
        operation("Work").args(&()).run(|| {
            let threads: Vec<_> = (0..4u64)
                .map(|part| {
                    let job = Context::bind(move || {
                        let read: u64 = input("part").args(&()).run(|| part * live);
                        output("done").args(&(read,)).run(|| ());
                        read
                    });
                    std::thread::spawn(job)
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        })
    };
    let recorded = record_blocking(|| work(10));
    assert_eq!(recorded.result, [0, 10, 20, 30]);
    let recording = recorded.recording();
    for _ in 0..20 {
        // The four calls have the same key, and only their lanes tell them apart.
        let playback = replay_blocking(&recording, |_| Ok(work(99))).unwrap();
        assert_eq!(playback.replayed().outputs().last().unwrap().to::<Vec<u64>>().unwrap(), [0, 10, 20, 30]);
        assert_eq!(playback.missing_outputs().count() + playback.added_outputs().count(), 0);
    }
}

#[test]
fn lanes_are_numbered_in_the_order_of_binding_at_every_depth() {
    let recording = record_blocking(|| {
        operation("Op").run(|| {
            let read = |name: &'static str| input(name).run(|| 0u8);
            let first = Context::bind(move || {
                let nested = Context::bind(move || read("first.nested"));
                read("first");
                nested()
            });
            let second = Context::bind(move || {
                Context::bind(move || read("second.0"))();
                Context::bind(move || read("second.1"))();
            });
            second();
            first();
        })
    })
    .recording();
    let mut lanes: Vec<(&str, &[u32])> =
        recording.tape().calls_of(Kind::Input).map(|call| (call.alias(), call.lane())).collect();
    lanes.sort_unstable();
    let expected: [(&str, &[u32]); 4] =
        [("first", &[0]), ("first.nested", &[0, 0]), ("second.0", &[1, 0]), ("second.1", &[1, 1])];
    assert_eq!(lanes, expected);
}

#[test]
fn a_context_is_in_force_while_a_future_is_dropped() {
    struct SendsWhenDropped;
    impl Drop for SendsWhenDropped {
        fn drop(&mut self) {
            output("goodbye").args(&(format!("{:?}", mode()),)).run(|| ());
        }
    }
    let recorder = MemoryRecorder::new();
    futures::executor::block_on(async {
        let mut waiting = Box::pin(recorder.scope(async {
            operation("Op")
                .run_async(async {
                    let _guard = SendsWhenDropped;
                    std::future::pending::<()>().await;
                })
                .await;
        }));
        assert!(futures::poll!(&mut waiting).is_pending());
        assert_eq!(mode(), Mode::Off, "between polls nothing is left behind");
    });
    let sent: Vec<String> =
        recorder.recordings()[0].tape().outputs().map(|sent| sent.value().unwrap().to_string()).collect();
    assert_eq!(sent, [r#"["Recording"]"#]);
}

#[tokio::test]
async fn a_branch_that_loses_a_select_is_recorded_as_cancelled_and_the_rest_goes_on() {
    let run = async {
        operation("Op")
            .run_async(async {
                tokio::select! {
                    biased;
                    slow = input("slow").args(&()).run_async(std::future::pending::<u8>()) => slow,
                    fast = input("fast").args(&()).run_async(async { yield_once().await; 2u8 }) => fast,
                }
            })
            .await
    };
    let recorded = record(run).await;
    assert_eq!(recorded.result, 2);
    let mut calls: Vec<String> =
        recorded.recording().tape().calls_of(Kind::Input).map(|call| format!("{call:?}")).collect();
    calls.sort();
    assert_eq!(calls, ["Input fast() -> 2", "Input slow() was cancelled"]);
}

#[test]
fn a_recursive_operation_is_one_recording_with_every_call_in_order() {
    fn countdown(n: u32) -> u32 {
        operation("Countdown").args(&(n,)).run(|| {
            let step: u32 = input("step").args(&(n,)).run(|| 1);
            if n == 0 { 0 } else { step + countdown(n - step) }
        })
    }
    let recorded = record_blocking(|| countdown(50));
    assert_eq!(recorded.result, 50);
    let recording = recorded.recording();
    assert_eq!(recording.tape().calls_of(Kind::Input).count(), 51);
    let playback =
        replay_blocking(&recording, |recording| Ok(countdown(recording.arguments::<(u32,)>()?.0))).unwrap();
    assert_eq!(playback.replayed().outputs().last().unwrap().to::<u32>().unwrap(), 50);
}

#[test]
fn a_task_that_outlives_its_recording_runs_on_unrecorded() {
    let (late, recording) = {
        let mut late = None;
        let recorded = record_blocking(|| {
            operation("Op").run(|| late = Some(Context::bind(|| input("late").run(|| 5u8))))
        });
        (late.unwrap(), recorded.recording())
    };
    assert_eq!(late(), 5);
    assert_eq!(recording.tape().calls_of(Kind::Input).count(), 0);
}

#[test]
fn an_operation_of_a_task_that_outlives_its_recording_is_a_recording_of_its_own() {
    let recorder = playback_testkit::MemoryRecorder::new();
    let (release, released) = std::sync::mpsc::channel();
    let later = move || {
        released.recv().unwrap();
        operation("Later").run(|| Context::bind(|| input("late").run(|| 5u8))());
    };
    let mut task = None;
    recorder.scope_blocking(|| operation("Op").run(|| task = Some(std::thread::spawn(Context::bind(later)))));
    release.send(()).unwrap();
    task.unwrap().join().unwrap();
    let calls = |recording: &Recording| recording.tape().calls_of(Kind::Input).count();
    let told: Vec<_> =
        recorder.recordings().iter().map(|made| (made.id().category().to_owned(), calls(made))).collect();
    assert_eq!(told, [("Op".to_owned(), 0), ("Later".to_owned(), 1)]);
}

#[test]
fn a_task_that_outlives_its_replay_is_refused() {
    let recording = record_blocking(|| operation("Op").run(|| ())).recording();
    let ran = Arc::new(AtomicUsize::new(0));
    let mut late = None;
    replay_blocking(&recording, |_| {
        operation("Op").run(|| {
            let ran = ran.clone();
            late = Some(Context::bind(move || input("late").run(|| ran.fetch_add(1, SeqCst))));
        });
        Ok(())
    })
    .unwrap();
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(late.unwrap())).unwrap_err();
    assert_eq!(ran.load(SeqCst), 0, "the sandbox holds");

    // It is given no answer, either, though there is one.
    let ask = || input("late").run(|| 5u8);
    let recording = record_blocking(|| operation("Op").run(ask)).recording();
    let mut late = None;
    replay_blocking(&recording, |_| {
        operation("Op").run(|| late = Some(Context::bind(ask)));
        Ok(())
    })
    .unwrap();
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(late.unwrap())).unwrap_err();
}

#[test]
fn what_a_replay_bound_before_it_failed_to_begin_is_refused_as_well() {
    let run = || operation("Op").args(&("a text",)).run(|| input("late").run(|| 5u8));
    let recording = record_blocking(run).recording();
    let mut late = None;
    let error = replay_blocking(&recording, |recording| {
        late = Some(Context::bind(|| input("late").run(|| 5u8)));
        recording.arguments::<(u8,)>()
    })
    .unwrap_err();
    assert!(error.to_string().contains("expected u8"), "{error}");
    let late = std::panic::catch_unwind(std::panic::AssertUnwindSafe(late.unwrap()));
    assert!(late.is_err(), "the sandbox holds");
}

#[test]
fn outputs_that_moved_between_a_loop_and_tasks_are_answered_by_what_they_send() {
    let store = |item: u32| output("store").args(&(item,)).run(move || item * 10);
    let looped = || operation("Op").run(|| [1, 2, 2, 3].map(store));
    let spawned = || {
        operation("Op").run(|| {
            let tasks = [1, 2, 2, 3].map(|item| Context::bind(move || store(item)));
            tasks.map(std::thread::spawn).map(|task| task.join().unwrap())
        })
    };
    let runs: [&dyn Fn() -> [u32; 4]; 2] = [&looped, &spawned];
    for (recorded, replayed) in [(0, 1), (1, 0)] {
        let recording = record_blocking(runs[recorded]).recording();
        let playback = replay_blocking(&recording, |_| Ok(runs[replayed]())).unwrap();
        let answers: [u32; 4] =
            playback.replayed().operation().unwrap().result().unwrap().unwrap().to().unwrap();
        assert_eq!(answers, [10, 20, 20, 30]);
    }
    // What sends something else takes its turn.
    let recording = record_blocking(looped).recording();
    let playback = replay_blocking(&recording, |_| {
        Ok(operation("Op").run(|| Context::bind(move || [1, 7, 2, 7].map(store))()))
    })
    .unwrap();
    let answers: [u32; 4] = playback.replayed().operation().unwrap().result().unwrap().unwrap().to().unwrap();
    assert_eq!(answers, [10, 20, 20, 30]);
}

#[test]
fn what_is_bound_inside_a_call_takes_no_lane_that_a_replay_would_miss() {
    let send = |to: &'static str| {
        Context::bind(move || output("send").args(&(to,)).run(|| if to == "a" { 1u8 } else { 2 }))
    };
    let run = || {
        operation("Op").run(|| {
            // As drivers do that spawn a task for each query, with a function that always binds.
            input("db").run(|| std::thread::spawn(Context::bind(|| 5u8)).join().unwrap());
            (send("a")(), send("b")())
        })
    };
    let recorded = record_blocking(run);
    assert_eq!(recorded.result, (1, 2));
    let mut replayed = None;
    let playback = replay_blocking(&recorded.recording(), |_| {
        replayed = Some(run());
        Ok(())
    });
    assert_eq!(replayed, Some((1, 2)));
    assert_eq!(playback.unwrap().missing_outputs().count(), 0);
}

#[test]
fn a_replay_is_one_where_nothing_is_to_be_recorded_as_well() {
    let run = || operation("Op").run(|| input("in").run(|| 5u8));
    let recording = record_blocking(run).recording();
    let playback = playback_core::without_recording(|| replay_blocking(&recording, |_| Ok(run()))).unwrap();
    assert_eq!(playback.unread_inputs().count(), 0);
}

#[test]
fn bound_work_outside_any_operation_simply_runs() {
    assert_eq!(Context::bind(|| (mode(), current_recording_id()))(), (Mode::Off, None));
    let run = async { mode() }.in_current_context();
    assert_eq!(futures::executor::block_on(run), Mode::Off);
}

#[test]
fn a_scoped_recorder_follows_bound_work_and_nothing_else() {
    let recorder = MemoryRecorder::new();
    recorder.scope_blocking(|| {
        std::thread::spawn(|| operation("Unbound").run(|| ())).join().unwrap();
        std::thread::spawn(Context::bind(|| operation("Bound").run(|| ()))).join().unwrap();
    });
    let recordings = recorder.recordings();
    let categories: Vec<&str> = recordings.iter().map(|recording| recording.id().category()).collect();
    assert_eq!(categories, ["Bound"]);
}

#[test]
fn guards_are_restored_when_code_panics() {
    let recorder = MemoryRecorder::new();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        recorder.scope_blocking(|| operation("Op").run(|| input("in").run(|| -> u8 { panic!("boom") })));
    }));
    assert!(panicked.is_err());
    assert_eq!(mode(), Mode::Off);
    operation("Op").run(|| ());
    assert_eq!(recorder.recordings().len(), 1, "the scope ended with the panic");
}

#[test]
fn futures_and_public_types_go_where_the_services_go() {
    fn send<T: Send>(_: &T) {}
    fn send_sync<T: Send + Sync + 'static>() {}
    send(&busy(1));
    send(&MemoryRecorder::new().scope(busy(1)));
    send(&busy(1).in_current_context());
    send(&input("a").args(&(1,)).run_async(async { 1u8 }));
    send(&output("a").args(&(1,)).run_async(async { 1u8 }));
    // Also where the result is not, as long as none is held.
    let handled = input("a").args(&(1,)).handler_with(playback_core::errors::boxed);
    send(&handled.run_async(async { Ok::<u8, Box<dyn std::error::Error + Send + Sync>>(1) }));
    send(&input("a").args(&(1,)).handler_with(|| NotSendResult).run_async(async { std::rc::Rc::new(1u8) }));
    send(&operation("a").args(&(1,)).run_async(async { 1u8 }));
    let recording = record_blocking(|| operation("Op").run(|| ())).recording();
    send(&replay(&recording, |_| Ok(busy(1))));
    send_sync::<Context>();
    send_sync::<Recording>();
    send_sync::<playback_core::Playback>();
    send_sync::<playback_core::ReplayError>();
    send_sync::<playback_core::Finished>();
}

/// Handles a result that stays on its thread.
struct NotSendResult;

impl playback_core::Prepare<std::rc::Rc<u8>> for NotSendResult {
    fn prepare<'a>(
        &'a self,
        value: &'a std::rc::Rc<u8>,
    ) -> Result<Box<dyn erased_serde::Serialize + 'a>, playback_core::HandlerError> {
        Ok(Box::new(**value))
    }
}

impl playback_core::Restore<std::rc::Rc<u8>> for NotSendResult {
    fn restore(
        &self,
        recorded: &mut dyn erased_serde::Deserializer<'_>,
    ) -> Result<std::rc::Rc<u8>, playback_core::HandlerError> {
        Ok(std::rc::Rc::new(erased_serde::deserialize(recorded)?))
    }
}

/// A future without any context costs its owner nothing but its own size.
#[test]
fn interceptions_do_not_pile_up_in_the_size_of_futures() {
    fn size<F: Future>(_: &F) -> usize {
        size_of::<F>()
    }
    let bare = [0u8; 1_000];
    let inner = async move {
        yield_once().await;
        bare.len()
    };
    let inner_size = size(&inner);
    let wrapped = input("a").args(&(1,)).run_async(inner);
    assert!(size(&wrapped) <= inner_size + 256, "{} of {inner_size}", size(&wrapped));
}
