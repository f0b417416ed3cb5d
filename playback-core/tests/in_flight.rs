//! Calls that have not ended when their operation does: of tasks and threads that nobody waits for.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::future::{Future, pending};
use std::sync::Mutex;
use std::sync::mpsc::channel;

use playback_core::{
    Context, End, FutureExt as _, Kind, Recording, input, operation, output, replay, replay_blocking,
};
use playback_testkit::{record, record_blocking};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, yield_now};

/// An operation that spawns a task whose call is answered by `answer`, lets it come as far as it can, and ends with `rest`.
async fn spawns(
    answer: impl Future<Output = u64> + Send + 'static,
    task: &Mutex<Option<JoinHandle<u64>>>,
    rest: impl AsyncFnOnce(),
) {
    operation("Op")
        .run_async(async {
            let call = async { output("audit.send").args(&("done",)).run_async(answer).await };
            *task.lock().unwrap() = Some(tokio::spawn(call.in_current_context()));
            yield_now().await;
            rest().await;
        })
        .await;
}

/// A recording whose only call was in flight when it ended, and the task that made the call.
async fn recorded() -> (Recording, oneshot::Sender<u64>, JoinHandle<u64>) {
    let (answer, answered) = oneshot::channel();
    let task = Mutex::new(None);
    let recorded = record(spawns(async { answered.await.unwrap() }, &task, async || {})).await;
    (recorded.recording(), answer, task.into_inner().unwrap().unwrap())
}

#[tokio::test]
async fn a_call_in_flight_at_the_end_is_on_the_tape_as_unfinished_and_its_task_goes_on() {
    let (recording, answer, task) = recorded().await;
    let calls: Vec<_> = recording.tape().calls_of(Kind::Output).collect();
    let [call] = &calls[..] else { panic!("one call: {calls:?}") };
    assert_eq!((call.alias(), call.end()), ("audit.send", &End::Cancelled));
    let operation = recording.tape().operation().unwrap();
    assert_eq!(call.started() + call.duration(), operation.duration(), "it took until the end");

    answer.send(7).unwrap();
    assert_eq!(task.await.unwrap(), 7);
    assert_eq!(recording.tape().calls_of(Kind::Output).count(), 1);
}

#[tokio::test]
async fn a_replay_matches_a_call_that_was_in_flight_and_ends_its_task_when_it_is_over() {
    let (recording, ..) = recorded().await;
    let task = Mutex::new(None);
    let body = async { panic!("a replay runs no body") };
    let playback = replay(&recording, |_| Ok(spawns(body, &task, async || {}))).await.unwrap();
    let matched: Vec<_> =
        playback.matches().map(|(call, recorded, _)| (call.alias(), recorded.is_some())).collect();
    assert_eq!(matched, [("audit.send", true)]);
    assert_eq!(playback.missing_outputs().count(), 0);
    let ended = task.into_inner().unwrap().unwrap().await.unwrap_err();
    assert!(ended.is_panic(), "it is stopped, as every task that outlives its replay");
}

#[tokio::test]
async fn all_tasks_that_wait_are_ended_when_their_replay_is_over() {
    let tasks = Mutex::new(Vec::new());
    let spawn_two = async |live: bool| {
        operation("Op")
            .run_async(async {
                for number in [1, 2] {
                    let answer =
                        async move { if live { pending().await } else { panic!("a replay runs no body") } };
                    let call = async move {
                        let _: u64 = output("audit.send").args(&(number,)).run_async(answer).await;
                    };
                    tasks.lock().unwrap().push(tokio::spawn(call.in_current_context()));
                    yield_now().await;
                }
            })
            .await;
    };
    let recording = record(spawn_two(true)).await.recording();
    tasks.lock().unwrap().drain(..).for_each(|task| task.abort());
    replay(&recording, |_| Ok(spawn_two(false))).await.unwrap();
    let waiting = std::mem::take(&mut *tasks.lock().unwrap());
    for task in waiting {
        assert!(task.await.unwrap_err().is_panic());
    }
}

#[tokio::test]
async fn a_replay_that_is_given_up_ends_what_waits_in_it() {
    let (recording, ..) = recorded().await;
    let task = Mutex::new(None);
    let mut replaying =
        Box::pin(replay(&recording, |_| Ok(spawns(pending(), &task, async || pending().await))));
    while task.lock().unwrap().is_none() {
        assert!(futures::poll!(&mut replaying).is_pending());
    }
    yield_now().await;
    drop(replaying);
    assert!(task.into_inner().unwrap().unwrap().await.unwrap_err().is_panic());
}

#[tokio::test]
async fn a_call_that_was_in_flight_and_ends_in_time_is_one_call_with_its_result() {
    let (answer, answered) = oneshot::channel();
    let task = Mutex::new(None);
    let ends = async || {
        answer.send(7).unwrap();
        let spawned: JoinHandle<u64> = task.lock().unwrap().take().unwrap();
        assert_eq!(spawned.await.unwrap(), 7);
    };
    let recording = record(spawns(async { answered.await.unwrap() }, &task, ends)).await.recording();
    let results: Vec<_> =
        recording.tape().calls_of(Kind::Output).map(|call| call.result().unwrap()).collect();
    assert_eq!(results, [Some(7u64.into())]);
}

#[tokio::test]
async fn a_call_of_the_operation_itself_that_had_to_wait_is_one_call_with_its_result() {
    let recording = record(async {
        operation("Op")
            .run_async(async {
                let slow = async {
                    yield_now().await;
                    yield_now().await;
                    5u8
                };
                input("slow").args(&(1,)).run_async(slow).await
            })
            .await
    })
    .await
    .recording();
    let calls: Vec<_> = recording.tape().calls_of(Kind::Input).collect();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].result().unwrap(), Some(5u8.into()));
    assert!(matches!(calls[0].end(), End::Returned(_)));
}

#[tokio::test]
async fn a_call_that_a_replay_makes_itself_and_that_had_to_wait_is_one_call_with_its_result() {
    let recording = record(async { operation("Op").run_async(async {}).await }).await.recording();
    let new = async || {
        let slow = async {
            yield_now().await;
            5u8
        };
        input("new").args(&(1,)).call_when_missing().run_async(slow).await;
    };
    let playback =
        replay(&recording, |_| Ok(async { operation("Op").run_async(new()).await })).await.unwrap();
    let calls: Vec<_> = playback.replayed().calls_of(Kind::Input).collect();
    let [call] = &calls[..] else { panic!("one call: {calls:?}") };
    assert_eq!(call.result().unwrap(), Some(5u8.into()));
}

/// An operation that hands an output to a thread of its own.
fn with_thread(body: impl FnOnce() -> u64 + Send + 'static, rest: impl FnOnce(std::thread::JoinHandle<u64>)) {
    operation("Op").run(|| rest(std::thread::spawn(Context::bind(move || output("audit.send").run(body)))));
}

#[test]
fn a_call_that_a_thread_is_in_at_the_end_is_unfinished_and_ends_that_thread_only_on_replay() {
    let ((begins, begun), (release, released)) = (channel(), channel());
    let mut thread = None;
    let body = move || {
        begins.send(()).unwrap();
        released.recv().unwrap()
    };
    let recording = record_blocking(|| {
        with_thread(body, |spawned| {
            begun.recv().unwrap();
            thread = Some(spawned);
        });
    })
    .recording();
    release.send(7).unwrap();
    assert_eq!(thread.unwrap().join().unwrap(), 7);
    let ends: Vec<_> = recording.tape().calls_of(Kind::Output).map(|call| call.end().clone()).collect();
    assert_eq!(ends, [End::Cancelled]);

    let body = || panic!("a replay runs no body");
    let playback = replay_blocking(&recording, |_| {
        with_thread(body, |thread| assert!(thread.join().is_err()));
        Ok(())
    });
    assert_eq!(playback.unwrap().missing_outputs().count(), 0);
}
