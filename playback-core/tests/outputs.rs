//! Outputs, recorded and replayed: PARITY rows O1 to O7. What macros add is in `macros.rs`.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::cell::Cell;

use futures::executor::block_on;
use playback_core::{
    FutureExt as _, MatchedBy, OutputKey, Playback, Recording, ReplayError, ReplayErrorKind, input,
    operation, output, replay, replay_blocking,
};
use playback_testkit::{record, record_blocking};

fn recorded<R>(body: impl Fn() -> R) -> Recording {
    record_blocking(|| operation("Op").run(|| drop_result(&body))).recording()
}

fn replayed<R>(recording: &Recording, body: impl Fn() -> R) -> Result<Playback, ReplayError> {
    replay_blocking(recording, |_| {
        operation("Op").run(|| drop_result(&body));
        Ok(())
    })
}

/// Runs a body for what it does.
fn drop_result<R>(body: impl Fn() -> R) {
    body();
}

/// Keys and values of what went out, the result left out.
fn sent(tape: &playback_core::Tape) -> Vec<String> {
    let outputs = tape.outputs().filter(|output| !output.is_result());
    outputs.map(|output| format!("{}: {}", output.key(), output.value().unwrap())).collect()
}

#[test]
fn arguments_are_captured_and_the_recorded_answer_is_returned_without_running_the_body() {
    // O1, O2
    let store = |amount: u64, live: &str| output("store").args(&("c-1", amount)).run(|| live.to_owned());
    let recording = recorded(|| {
        store(40, "key 1");
        store(41, "key 2");
    });
    assert_eq!(sent(recording.tape()), [r#"store #1: ["c-1", 40]"#, r#"store #2: ["c-1", 41]"#]);
    let playback = replayed(&recording, || {
        assert_eq!(store(50, "live"), "key 1", "whatever is sent: it is the number of the call that counts");
        assert_eq!(store(41, "live"), "key 2");
    })
    .unwrap();
    assert_eq!(sent(playback.replayed()), [r#"store #1: ["c-1", 50]"#, r#"store #2: ["c-1", 41]"#]);
    assert_eq!((playback.missing_outputs().count(), playback.added_outputs().count()), (0, 0));
}

#[test]
fn an_error_answer_is_recorded_and_returned_again() {
    // O3
    let send = |live: Result<(), String>| output("send").args(&(1,)).run(|| live);
    let recording = recorded(|| send(Err(String::from("full"))));
    replayed(&recording, || assert_eq!(send(Ok(())), Err(String::from("full")))).unwrap();
}

#[test]
fn an_output_without_a_recorded_answer_fails_the_replay() {
    // O4
    let send = || output("send").argument_names(&["mail"]).args(&("hi",)).run(|| 1u8);
    let recording = recorded(send);
    let error = replayed(&recording, || {
        send();
        send();
    })
    .unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("output `send` has no recorded answer in {}", recording.id())),
        "{text}"
    );
    assert!(
        text.contains("called with: (mail: \"hi\")\n  recorded:    1 calls of it, all of them answered"),
        "{text}"
    );
    assert!(text.ends_with("say what answers it: `unrecorded = value(…)`"), "{text}");
}

#[test]
fn an_added_output_can_be_given_an_answer_and_shows_as_added() {
    // O4, O6
    let recording = recorded(|| ());
    let ran = Cell::new(false);
    let playback = replayed(&recording, || {
        let answer: u8 = output("audit").args(&(7,)).answer_when_unrecorded(|| 0).run(|| {
            ran.set(true);
            1
        });
        assert_eq!(answer, 0);
    })
    .unwrap();
    assert!(!ran.get());
    let added: Vec<String> = playback.added_outputs().map(|call| format!("{call:?}")).collect();
    assert_eq!(added, ["Output audit(7) -> 0"]);
    assert!(matches!(playback.matches().next().unwrap(), (_, None, MatchedBy::Given)));
}

#[test]
fn an_input_and_an_output_of_one_alias_are_told_apart() {
    let send = || output("stock").args(&(1,)).run(|| 2u8);
    let recording = recorded(|| {
        let _: u8 = input("stock").args(&(1,)).run(|| 1);
        send();
    });
    replayed(&recording, || assert_eq!(send(), 2)).unwrap();
}

#[test]
fn an_output_that_is_gone_shows_as_missing() {
    let recording = recorded(|| output("audit").args(&(7,)).run(|| ()));
    let playback = replayed(&recording, || ()).unwrap();
    let missing: Vec<String> = playback.missing_outputs().map(|call| format!("{call:?}")).collect();
    assert_eq!(missing, ["Output audit(7) -> ()"]);
}

#[test]
fn a_renamed_output_finds_its_answer_by_a_fallback() {
    let recording = recorded(|| output("old").args(&(7,)).run(|| 5u8));
    replayed(&recording, || assert_eq!(output("new").fallback("old").args(&(7,)).run(|| 0u8), 5)).unwrap();
}

#[test]
fn several_outputs_that_came_of_one_share_its_answers_in_their_order() {
    let recording = recorded(|| (1..=3u8).map(|n| output("send").args(&(n,)).run(|| n)).collect::<Vec<_>>());
    replayed(&recording, || {
        let send = |alias: &'static str| output(alias).fallback("send").args(&(0,)).run(|| 0u8);
        assert_eq!((send("mail"), send("text"), send("mail")), (1, 2, 3));
    })
    .unwrap();
}

#[test]
fn outputs_keep_their_order_and_number_per_alias() {
    // O7
    let recording = recorded(|| {
        output("a").args(&(1,)).run(|| ());
        output("b").args(&(2,)).run(|| ());
        output("a").args(&(3,)).run(|| ());
    });
    assert_eq!(sent(recording.tape()), ["a #1: [1]", "b #1: [2]", "a #2: [3]"]);
}

/// Sends from two tasks, the second of which goes first; `swap` makes them take turns the other way round.
async fn send_from_two_tasks(swap: bool) -> (u8, u8) {
    let (first_turn, second_turn) = (tokio::sync::Notify::new(), tokio::sync::Notify::new());
    let (first_turn, second_turn) = (std::sync::Arc::new(first_turn), std::sync::Arc::new(second_turn));
    let send = |what: &'static str,
                own: &std::sync::Arc<tokio::sync::Notify>,
                other: &std::sync::Arc<tokio::sync::Notify>| {
        let (own, other) = (own.clone(), other.clone());
        async move {
            own.notified().await;
            let answer = output("send").args(&(what,)).run_async(async move { what.len() as u8 }).await;
            other.notify_one();
            answer
        }
        .in_current_context()
    };
    let first = tokio::spawn(send("first one", &first_turn, &second_turn));
    let second = tokio::spawn(send("second", &second_turn, &first_turn));
    if swap {
        first_turn.notify_one()
    } else {
        second_turn.notify_one()
    }
    (first.await.unwrap(), second.await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_outputs_keep_their_keys_whichever_goes_first() {
    // O7, DESIGN decision 2
    let run = |swap| async move { operation("Op").run_async(send_from_two_tasks(swap)).await };
    let recording = record(run(false)).await.recording();
    let keys = |tape: &playback_core::Tape| -> Vec<(OutputKey, String)> {
        let outputs = tape.outputs().filter(|output| !output.is_result());
        let mut keys: Vec<_> = outputs.map(|sent| (sent.key(), sent.value().unwrap().to_string())).collect();
        keys.sort();
        keys
    };
    let playback = replay(&recording, |_| Ok(run(true))).await.unwrap();
    assert_eq!(keys(recording.tape()), keys(playback.replayed()));
    assert_eq!(playback.replayed().outputs().last().unwrap().to::<(u8, u8)>().unwrap(), (9, 6));
    let order = |tape: &playback_core::Tape| sent(tape)[0].contains("second");
    assert!(
        order(recording.tape()) && !order(playback.replayed()),
        "the turns were really taken the other way"
    );
    assert!(playback.matches().all(|(_, _, by)| matches!(by, MatchedBy::Recorded(by) if !by.other_lane)));
}

#[test]
fn an_output_moved_to_a_task_of_its_own_finds_its_answer() {
    let inline = async { output("send").args(&(1,)).run_async(async { 5u8 }).await };
    let recording = block_on(record(async { operation("Op").run_async(inline).await })).recording();
    let spawned = || async {
        let task = async { output("send").args(&(1,)).run_async(async { 0u8 }).await }.in_current_context();
        task.await
    };
    let playback =
        block_on(replay(&recording, |_| Ok(async { operation("Op").run_async(spawned()).await }))).unwrap();
    assert_eq!(playback.replayed().outputs().last().unwrap().to::<u8>().unwrap(), 5);
    assert!(playback.matches().all(|(_, _, by)| matches!(by, MatchedBy::Recorded(by) if by.other_lane)));
}

#[test]
fn an_output_of_an_older_type_of_answer_fails_the_replay() {
    let recording = recorded(|| output("send").args(&(1,)).run(|| String::from("key")));
    let error = replayed(&recording, || output("send").args(&(1,)).run(|| 1u8)).unwrap_err();
    assert!(
        matches!(error.kind(), ReplayErrorKind::AnswerMismatch { alias, .. } if alias == "send"),
        "{error}"
    );
}
