//! What differences may mean.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::panic::catch_unwind;

use common::{Sent, playback};
use playback_core::value::Path;
use playback_core::{OutputKey, RESULT_ALIAS, RecorderExt, Value, operation};
use playback_equalizer::{Change, Criteria, Difference, Risk, diff};
use playback_testkit::MemoryRecorder;

fn of(value: &(impl serde::Serialize + ?Sized)) -> Value {
    Value::of(value).unwrap()
}

#[track_caller]
fn check(recorded: &Value, replayed: &Value, expected: &[Risk]) {
    let found = diff(recorded, replayed, 100);
    let found: Vec<Risk> = found.differences.iter().map(Difference::risk).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_difference_inside_a_value_is_of_the_class_of_its_change() {
    let one = Value::fields_of([("a", 1.into()), ("b", 2.into())]);
    check(&one, &Value::fields_of([("a", 1.into()), ("b", 3.into())]), &[Risk::ValueChanged]);
    check(&one, &Value::fields_of([("a", 1.into()), ("b", "2".into())]), &[Risk::TypeChanged]);
    check(&one, &Value::fields_of([("a", 1.into())]), &[Risk::FieldRemoved]);
    check(&Value::fields_of([("a", 1.into())]), &one, &[Risk::FieldAdded]);
}

#[test]
fn an_error_that_became_a_success_is_told_from_the_reverse_wherever_it_stands() {
    let (ok, err) = (of(&Ok::<_, &str>(3)), of(&Err::<u8, _>("no")));
    check(&err, &ok, &[Risk::ErrorBecameSuccess]);
    check(&ok, &err, &[Risk::SuccessBecameError]);
    check(&of(&[1, 2]), &of(&[1, 3]), &[Risk::ValueChanged]);
    let batch = |last: &Value| Value::Seq(vec![ok.clone(), last.clone()]);
    check(&batch(&ok), &batch(&err), &[Risk::SuccessBecameError]);
    // Another error is another value.
    check(&err, &of(&Err::<u8, _>("yes")), &[Risk::ValueChanged]);
}

#[test]
fn outputs_that_are_missing_or_added_are_classes_of_their_own() {
    let verdict = Criteria::new().judge(&playback(&[Sent("a", 1)], &[Sent("b", 1)], Ok(0), Ok(0)));
    let risks: Vec<Risk> = verdict.differences.iter().map(Difference::risk).collect();
    assert_eq!(risks, [Risk::OutputMissing, Risk::OutputAdded]);
}

#[test]
fn a_panic_that_is_gone_is_an_error_that_became_a_success() {
    let recorder = MemoryRecorder::new();
    let send = || operation("Send").args(&()).run(|| panic!("no memory"));
    assert!(catch_unwind(|| recorder.scope_blocking::<()>(send)).is_err());
    let replayed = common::replayed(&recorder.recordings().remove(0), || 7);
    let verdict = Criteria::new().judge(&replayed);
    assert_eq!(verdict.differences[0].risk(), Risk::ErrorBecameSuccess);
}

#[test]
fn a_result_that_is_no_longer_there_is_a_success_that_became_an_error() {
    let missing = |recorded: Value| {
        let result = OutputKey { alias: RESULT_ALIAS.to_owned(), lane: Vec::new(), number: 0 };
        let mut difference = Difference::new(Path::root(), Change::OutputMissing { recorded });
        difference.output = Some(result);
        difference.risk()
    };
    assert_eq!(missing(of(&Ok::<_, ()>(1))), Risk::SuccessBecameError);
    assert_eq!(missing(of(&Err::<(), _>(1))), Risk::OutputMissing);
}

#[test]
fn the_classes_are_ordered_from_the_least_to_the_worst() {
    assert!(Risk::ALL.is_sorted());
    assert_eq!(Risk::ALL.last(), Some(&Risk::SuccessBecameError));
}

#[test]
fn a_class_is_read_as_it_is_written_and_with_hyphens() {
    for risk in Risk::ALL {
        assert_eq!(risk.to_string().parse(), Ok(risk));
        assert_eq!(risk.as_str().replace(' ', "-").parse(), Ok(risk));
        assert_eq!(risk.as_str().replace(' ', "_").parse(), Ok(risk));
    }
    let unknown = "output-gone".parse::<Risk>().unwrap_err().to_string();
    assert!(
        unknown.starts_with("\"output-gone\" is no class of differences; there are: moved, "),
        "{unknown}"
    );
}
