//! The comparator that compares everything, on replays of small operations.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail loudly"
)]

mod common;

use std::panic::catch_unwind;

use common::{Sent, playback};
use playback_core::{Context, RecorderExt, operation};
use playback_equalizer::{Change, Criteria, Status, Structural, Verdict, extract};
use playback_testkit::MemoryRecorder;

fn judge(recorded: &[Sent], replayed: &[Sent]) -> Verdict {
    Criteria::new().judge(&playback(recorded, replayed, Ok(0), Ok(0)))
}

#[test]
fn an_equal_replay_is_equal() {
    let verdict = judge(&[Sent("a", 1), Sent("b", 2)], &[Sent("a", 1), Sent("b", 2)]);
    assert_eq!(verdict, Status::Equal.into());
}

#[test]
fn outputs_are_compared_with_those_of_the_same_key() {
    // The order between aliases does not matter, the number within an alias does.
    assert_eq!(judge(&[Sent("a", 1), Sent("b", 2)], &[Sent("b", 2), Sent("a", 1)]).status, Status::Equal);
    let verdict = judge(&[Sent("a", 1), Sent("a", 2)], &[Sent("a", 2), Sent("a", 1)]);
    assert_eq!(
        verdict.to_string(),
        "different: 2 differences\n  a #1\n    ~ value: 1 -> 2\n  a #2\n    ~ value: 2 -> 1"
    );
}

#[test]
fn a_missing_output_and_an_added_one_are_told() {
    let verdict = judge(&[Sent("a", 1), Sent("b", 2)], &[Sent("a", 1), Sent("c", 3)]);
    assert_eq!(
        verdict.to_string(),
        "different: 2 differences\n  b #1\n    - no longer sent: [2]\n  c #1\n    + not recorded, now sent: [3]"
    );
}

#[test]
fn an_output_that_was_put_before_others_is_one_difference() {
    let sent = |values: &[u64]| values.iter().map(|value| Sent("a", *value)).collect::<Vec<_>>();
    let verdict = judge(&sent(&[1, 2, 3]), &sent(&[9, 1, 2, 3]));
    assert_eq!(verdict.to_string(), "different: 1 difference\n  a #1\n    + not recorded, now sent: [9]");
    let verdict = judge(&sent(&[1, 2, 3, 4]), &sent(&[1, 3, 4]));
    assert_eq!(verdict.to_string(), "different: 1 difference\n  a #2\n    - no longer sent: [2]");
    // One gone at the start and one more at the end are not one that changed.
    let verdict = judge(&sent(&[1, 2, 3]), &sent(&[2, 3, 4]));
    assert_eq!(
        verdict.to_string(),
        "different: 2 differences\n  a #1\n    - no longer sent: [1]\n  a #3\n    + not recorded, now sent: [4]"
    );
}

#[test]
fn outputs_of_another_lane_are_matched_by_what_they_sent_first() {
    let recorded = common::recording(|| [1, 2, 3].map(|value| common::send(Sent("a", value))));
    let moved = common::replayed(&recorded, || {
        let sent =
            std::thread::spawn(Context::bind(|| [9, 1, 2, 3].map(|value| common::send(Sent("a", value)))));
        sent.join().unwrap()
    });
    let verdict = Criteria::new().extractor(extract::outputs("a")).judge(&moved);
    assert_eq!(
        verdict.to_string(),
        "different: 1 difference\n  a #1 in lane 0\n    + not recorded, now sent: [9]"
    );
}

#[test]
fn many_outputs_in_another_order_are_compared() {
    let sent = |by: u64| (0..3_000).map(|at| Sent("a", (at * by) % 3_001)).collect::<Vec<_>>();
    let verdict = judge(&sent(7), &sent(11));
    assert!(verdict.differences.len() == 100 && verdict.omitted > 1_000);
}

#[test]
fn the_result_is_compared_as_an_output() {
    let verdict = Criteria::new().judge(&playback(&[], &[], Ok(4_200), Ok(3_990)));
    assert_eq!(verdict.to_string(), "different: 1 difference\n  result\n    ~ Ok: 4200 -> 3990");
}

#[test]
fn e2_an_error_that_is_gone_is_fixed_and_a_new_one_is_failed() {
    let of = |recorded, replayed| Criteria::new().judge(&playback(&[], &[], recorded, replayed));
    let error = |text: &str| Err(text.to_owned());
    assert_eq!(of(error("no stock"), Ok(1)).status, Status::Fixed);
    assert_eq!(of(Ok(1), error("no stock")).status, Status::Failed);
    assert_eq!(of(error("no stock"), error("no stock")).status, Status::Equal);
    assert_eq!(of(error("no stock"), error("no money")).status, Status::Different);
    // The difference is told as well.
    assert!(matches!(of(Ok(1), error("no stock")).differences[0].change, Change::Changed { .. }));
}

#[test]
fn differences_are_bounded_over_all_outputs_and_the_rest_is_counted() {
    let sent = |by: u64| (0..40).map(|at| Sent("a", at + by)).collect::<Vec<_>>();
    let playback = playback(&sent(0), &sent(1_000), Ok(0), Ok(0));
    let verdict = Criteria::new().comparator(Structural::new().most(15)).judge(&playback);
    assert_eq!((verdict.differences.len(), verdict.omitted), (15, 25));
    assert_eq!(verdict.message.as_deref(), Some("40 differences"));
    assert!(verdict.to_string().ends_with("and 25 more"));
}

#[test]
fn an_output_that_moved_to_a_task_of_its_own_is_the_same_output() {
    let recorded = common::recording(|| common::send(Sent("a", 1)));
    let moved = common::replayed(&recorded, || {
        let sent = std::thread::spawn(Context::bind(|| common::send(Sent("a", 1))));
        sent.join().unwrap();
    });
    assert_eq!(Criteria::new().judge(&moved).status, Status::Equal);
}

#[test]
fn outputs_of_tasks_are_compared_task_by_task_whatever_the_order_in_which_these_ran() {
    let run = |reverse: bool| {
        let mut tasks = [1, 2].map(|value| Context::bind(move || common::send(Sent("a", value))));
        if reverse {
            tasks.reverse();
        }
        tasks.into_iter().for_each(|task| std::thread::spawn(task).join().unwrap());
    };
    let recorded = common::recording(|| run(false));
    let replayed = common::replayed(&recorded, || run(true));
    assert_eq!(Criteria::new().judge(&replayed).to_string(), "equal");
}

#[test]
fn e2_a_panic_that_is_gone_is_fixed() {
    let recorder = MemoryRecorder::new();
    let send = || operation("Send").args(&()).run(|| panic!("no memory"));
    assert!(catch_unwind(|| recorder.scope_blocking::<()>(send)).is_err());
    let recording = recorder.recordings().remove(0);
    let replayed = common::replayed(&recording, || ());
    assert_eq!(Criteria::new().judge(&replayed).status, Status::Fixed);
}

#[test]
fn only_what_was_extracted_is_compared() {
    let playback = playback(&[Sent("a", 1), Sent("b", 2)], &[Sent("a", 1), Sent("b", 9)], Ok(1), Ok(8));
    let judge = |extractor| Criteria::new().extractor(extractor).judge(&playback).differences.len();
    assert_eq!(judge(extract::everything()), 2);
    assert_eq!(judge(extract::result()), 1);
    assert_eq!(judge(extract::outputs("a")), 0);
    assert_eq!(judge(extract::outputs("b")), 1);
    assert_eq!(judge(extract::outputs("a").and(extract::result())), 1);
    assert_eq!(judge(extract::argument("b", 0)), 1);
}
