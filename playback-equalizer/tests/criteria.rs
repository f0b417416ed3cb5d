//! Extractors, comparators and comparison data of one's own, and what comes of their failures.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail loudly"
)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use common::{Sent, playback};
use playback_core::{Kind, Recording, Tape, Value};
use playback_equalizer::{
    Criteria, Error, Extracted, Extractor, Rules, Status, Verdict, extract, typed, typed_with_data,
};

fn two_cents_more() -> playback_core::Playback {
    playback(&[Sent("store", 100)], &[Sent("store", 102)], Ok(100), Ok(102))
}

#[track_caller]
fn check(criteria: Criteria, status: Status, message: Option<&str>) {
    let verdict = criteria.judge(&two_cents_more());
    assert_eq!((verdict.status, verdict.message.as_deref()), (status, message));
}

#[test]
fn e3_a_closure_may_return_a_bare_status_or_a_whole_verdict() {
    let result = || Criteria::new().extractor(extract::result());
    let total = |value: &Value| value.at("Ok").and_then(Value::as_u64).unwrap();
    let close = move |recorded: &Value, replayed: &Value| {
        if total(recorded).abs_diff(total(replayed)) < 5 { Status::Equal } else { Status::Different }
    };
    check(result().comparator(close), Status::Equal, None);
    let told = move |recorded: &Value, replayed: &Value| {
        let more = total(replayed) - total(recorded);
        Verdict::new(Status::Different).with_message(format_args!("{more} cents more"))
    };
    check(result().comparator(told), Status::Different, Some("2 cents more"));
}

#[test]
fn e3_a_typed_comparator_reads_both_sides_in_their_own_type() {
    let stored = Criteria::new().extractor(extract::argument("store", 0));
    let typed_criteria = stored.comparator(typed(|recorded: &Vec<u64>, replayed: &Vec<u64>| {
        assert_eq!((recorded.as_slice(), replayed.as_slice()), ([100].as_slice(), [102].as_slice()));
        Status::Different
    }));
    check(typed_criteria, Status::Different, None);
}

#[test]
fn e5_a_typed_comparator_that_cannot_read_a_side_is_an_equalizer_failure() {
    let criteria = Criteria::new()
        .extractor(extract::result())
        .comparator(typed(|_: &String, _: &String| Status::Equal));
    let verdict = criteria.judge(&two_cents_more());
    assert_eq!(verdict.status, Status::EqualizerFailure);
    assert!(
        verdict.message.unwrap().starts_with("the recorded value cannot be read as `alloc::string::String`")
    );
}

#[test]
fn e4_comparison_data_of_the_recording_reaches_the_comparator() {
    let criteria = |tolerance: u64| {
        Criteria::new()
            .extractor(extract::result())
            .comparison_data(move |recording: &Recording| {
                assert_eq!(recording.id().category(), "Send");
                Ok::<_, Error>(tolerance)
            })
            .comparator(typed_with_data(
                |recorded: &common::Result, replayed: &common::Result, tolerance: &u64| {
                    let (recorded, replayed) = (recorded.clone().unwrap(), replayed.clone().unwrap());
                    if recorded.abs_diff(replayed) <= *tolerance { Status::Equal } else { Status::Different }
                },
            ))
    };
    check(criteria(1), Status::Different, None);
    check(criteria(2), Status::Equal, None);
}

#[test]
fn e5_whatever_fails_is_an_equalizer_failure_that_says_what() {
    let failing = |_: &Tape| Err::<Value, Error>("no such thing".into());
    check(
        Criteria::new().extractor(failing),
        Status::EqualizerFailure,
        Some("extracting of the recorded run failed: no such thing"),
    );
    check(
        Criteria::new().comparison_data(|_: &Recording| Err::<(), _>("no data")),
        Status::EqualizerFailure,
        Some("extracting the comparison data failed: no data"),
    );
    let panicking = |_: &Value, _: &Value| -> Status { panic!("division by {}", "zero") };
    check(
        Criteria::new().comparator(panicking),
        Status::EqualizerFailure,
        Some("comparing panicked: division by zero"),
    );
    let panicking = |_: &Tape| -> Result<Value, Error> { panic!("out of bounds") };
    check(
        Criteria::new().extractor(panicking),
        Status::EqualizerFailure,
        Some("comparing panicked: out of bounds"),
    );
    check(
        Criteria::new().extractor(extract::argument("store", 1)),
        Status::EqualizerFailure,
        Some(
            "extracting of the recorded run failed: store #1 was called without an argument number 1, counted from 0",
        ),
    );
}

/// Extracts everything, and counts how often it is asked to.
#[derive(Clone, Default)]
struct Counting(Arc<AtomicUsize>);

impl Extractor for Counting {
    fn extract(&self, tape: &Tape) -> Result<Extracted, Error> {
        self.0.fetch_add(1, Relaxed);
        extract::everything().extract(tape)
    }

    fn takes_what_went_out(&self) -> bool {
        true
    }
}

#[test]
fn runs_that_sent_the_same_are_not_decoded_to_be_compared() {
    let judged = |replayed: &[Sent], result_now: common::Result, change: &dyn Fn(Criteria) -> Criteria| {
        let counting = Counting::default();
        let criteria = change(Criteria::new().extractor(counting.clone()));
        let recorded = [Sent("a", 1), Sent("b", 2), Sent("a", 3)];
        (criteria.judge(&playback(&recorded, replayed, Ok(0), result_now)), counting.0.load(Relaxed))
    };
    let same = [Sent("a", 1), Sent("b", 2), Sent("a", 3)];
    let as_it_is = |criteria: Criteria| criteria;
    assert_eq!(judged(&same, Ok(0), &as_it_is), (Status::Equal.into(), 0));
    // Anything else is looked at: another result, value, alias, order, or number.
    for (replayed, result_now) in [
        (&same[..], Ok(1)),
        (&same, Err("gone".to_owned())),
        (&[Sent("a", 1), Sent("b", 2), Sent("a", 4)], Ok(0)),
        (&[Sent("a", 1), Sent("c", 2), Sent("a", 3)], Ok(0)),
        (&same[..2], Ok(0)),
        (&[same[0], same[1], same[2], same[2]], Ok(0)),
    ] {
        let (verdict, asked) = judged(replayed, result_now.clone(), &as_it_is);
        assert_ne!(verdict.status, Status::Equal, "{replayed:?} {result_now:?}");
        assert_eq!(asked, 2);
    }
    let (verdict, asked) = judged(&[same[1], same[0], same[2]], Ok(0), &as_it_is);
    assert_eq!((verdict.status, asked), (Status::Equal, 2), "the order between aliases does not matter");
    // Who compares by other means is asked, whatever it is.
    let never = |criteria: Criteria| criteria.comparator(|_: &Value, _: &Value| Status::Different);
    assert_eq!(judged(&same, Ok(0), &never), (Status::Different.into(), 2));
    let data = |criteria: Criteria| criteria.comparison_data(|_: &Recording| Err::<(), _>("no data"));
    assert_eq!(judged(&same, Ok(0), &data).0.status, Status::EqualizerFailure);
    // The places of rules are looked for on one side, until all are found.
    let rules = Rules::new().ignore("nowhere").unwrap().ignore_case("value").unwrap();
    let ruled = |criteria: Criteria| criteria.rules(&rules);
    assert_eq!(judged(&same, Ok(0), &ruled), (Status::Equal.into(), 1));
    assert_eq!(rules.usage().iter().map(|usage| usage.found).collect::<Vec<_>>(), [false, true]);
    let found = Rules::new().ignore_case("value").unwrap();
    let ruled = |criteria: Criteria| criteria.rules(&found);
    assert_eq!(judged(&same, Ok(0), &ruled).1, 1);
    assert_eq!(judged(&same, Ok(0), &ruled).1, 0);
}

#[test]
fn an_extractor_may_be_a_closure() {
    let calls = |tape: &Tape| Ok::<_, Error>(Value::from(tape.calls_of(Kind::Output).count()));
    check(Criteria::new().extractor(calls), Status::Equal, None);
}

#[test]
fn parts_say_which_output_they_are_of_and_where_in_it() {
    let playback = two_cents_more();
    let extracted = extract::argument("store", 0).extract(playback.replayed()).unwrap();
    let Extracted::Many(parts) = &extracted else { panic!("a call or none, or many") };
    let [part] = parts.as_slice() else { panic!("one call") };
    assert_eq!(part.output.as_ref().unwrap().to_string(), "store #1");
    assert_eq!(part.path.to_string(), "value");
    assert_eq!(*extracted.value(), Value::Seq(vec![102.into()]));

    let everything = extract::everything().extract(playback.recorded()).unwrap();
    let outputs: Vec<&str> =
        everything.parts().iter().map(|part| part.output.as_ref().unwrap().alias.as_str()).collect();
    assert_eq!(outputs, ["store", playback_core::RESULT_ALIAS]);
}
