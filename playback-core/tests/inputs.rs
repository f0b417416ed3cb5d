//! Inputs, recorded and replayed: PARITY rows I1 to I17. What macros add is in `macros.rs`.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};

use futures::executor::block_on;
use playback_core::{
    DiscardReason, MatchedBy, Playback, Recording, RecordingId, ReplayError, ReplayErrorKind, Tape,
    TapeParts, Value, input, input_with, operation, replay, replay_blocking,
};
use playback_testkit::{record, record_blocking};
use serde::{Deserialize, Serialize, Serializer};

/// Records an operation that is nothing but `body`.
fn recorded<R>(body: impl Fn() -> R) -> Recording {
    record_blocking(|| operation("Op").run(|| drop_result(&body))).recording()
}

/// Runs a body for what it does.
fn drop_result<R>(body: impl Fn() -> R) {
    body();
}

/// Replays an operation that is nothing but `body`.
fn replayed<R>(recording: &Recording, body: impl Fn() -> R) -> Result<Playback, ReplayError> {
    replay_blocking(recording, |_| {
        operation("Op").run(|| drop_result(&body));
        Ok(())
    })
}

fn unanswered(result: Result<Playback, ReplayError>) -> playback_core::Diagnosis {
    match result.unwrap_err().kind() {
        ReplayErrorKind::Unanswered(diagnosis) => diagnosis.clone(),
        other => panic!("{other:?}"),
    }
}

/// How the calls of a replay were answered.
fn answers(playback: &Playback) -> Vec<MatchedBy> {
    playback.matches().map(|(_, _, by)| by).collect()
}

#[test]
fn a_result_comes_from_the_recording_and_the_body_does_not_run() {
    // I1
    let price = |sku: &str, live: u64| input("price").args(&(sku,)).run(|| live);
    let recording = recorded(|| {
        price("apple", 3);
        price("pear", 4);
    });
    let playback = replayed(&recording, || {
        // In another order: it is the arguments that count.
        assert_eq!(price("pear", 99), 4);
        assert_eq!(price("apple", 99), 3);
    })
    .unwrap();
    assert_eq!(playback.unread_inputs().count(), 0);
}

#[test]
fn an_error_result_is_recorded_and_returned_again() {
    // I2
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Failure {
        Refused { code: u16 },
    }
    let ask = |live: Result<u8, Failure>| input("ask").run(|| live);
    let recording = recorded(|| ask(Err(Failure::Refused { code: 7 })));
    replayed(&recording, || assert_eq!(ask(Ok(1)), Err(Failure::Refused { code: 7 }))).unwrap();
}

#[test]
fn an_alias_may_be_made_of_the_call() {
    // I5
    let count = |table: &str, live: u64| input_with(|| format!("db.count/{table}")).run(|| live);
    let recording = recorded(|| {
        count("customers", 3);
        count("orders", 4);
    });
    replayed(&recording, || assert_eq!((count("orders", 0), count("customers", 0)), (4, 3))).unwrap();
}

#[test]
fn an_input_that_is_not_recorded_fails_the_replay_and_says_what_comes_closest() {
    // I6
    #[derive(Serialize)]
    struct Filter {
        country: &'static str,
        limit: u32,
    }
    let find = |country, limit, page: u32| -> u8 {
        let filter = Filter { country, limit };
        input("customers.find").argument_names(&["filter", "page"]).args(&(filter, page)).run(|| 1)
    };
    let recording = recorded(|| {
        find("NL", 10, 1);
        find("BE", 20, 2);
    });
    let ran_on = Cell::new(false);
    let result = replayed(&recording, || {
        find("NL", 10, 1);
        find("BE", 25, 2);
        ran_on.set(true);
    });
    assert!(!ran_on.get(), "the code does not go on without an answer");
    let text = result.as_ref().unwrap_err().to_string();
    let expected = [
        format!("input `customers.find` has no recorded answer in {}", recording.id()),
        String::from(r#"  called with: (filter: {country: "BE", limit: 25}, page: 2)"#),
        String::from(r#"  closest:     (filter: {country: "BE", limit: 20}, page: 2)"#),
        String::from("  differs at   filter.limit: recorded 20, replayed 25"),
        String::from("  recorded:    2 calls of it, 1 used already"),
    ];
    assert!(text.starts_with(&expected.join("\n")), "{text}");
    let diagnosis = unanswered(result);
    assert_eq!((diagnosis.recorded_calls, diagnosis.used_calls, diagnosis.closest_is_used), (2, 1, false));
}

#[test]
fn as_many_differences_are_told_as_can_be_read_and_of_the_others_how_many_there_are() {
    #[derive(Serialize)]
    enum State {
        Paid { at: u32 },
    }
    let ask =
        |states: Vec<State>| -> u8 { input("states").argument_names(&["states"]).args(&(states,)).run(|| 1) };
    let states = |count: u32, at: u32| (0..count).map(|number| State::Paid { at: number + at }).collect();
    for (count, more) in
        [(8, None), (9, Some("  and in 1 more places")), (11, Some("  and in 3 more places"))]
    {
        let recording = recorded(|| ask(states(count, 0)));
        let text = unanswered(replayed(&recording, || ask(states(count, 100)))).to_string();
        assert!(text.contains("  differs at   states[7].Paid.at: recorded 7, replayed 107"), "{text}");
        assert_eq!(text.lines().filter(|line| line.starts_with("  differs at")).count(), 8, "{text}");
        assert_eq!(text.lines().find(|line| line.starts_with("  and in")), more, "{text}");
    }
}

#[test]
fn differences_are_told_by_the_key_and_of_another_variant_as_a_whole() {
    #[derive(Serialize)]
    enum State {
        Paid(u32),
        Sent(u32),
    }
    let ask = |state: State, tags: [(&'static str, u32); 2]| -> u8 {
        let tags = Some(std::collections::BTreeMap::from(tags));
        input("states").argument_names(&["state", "tags"]).args(&(state, tags)).run(|| 1)
    };
    let recording = recorded(|| ask(State::Paid(1), [("a", 1), ("b", 2)]));
    let replayed = replayed(&recording, || ask(State::Sent(2), [("a", 1), ("c", 3)]));
    let text = unanswered(replayed).to_string();
    let told: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("  differs at   ")).collect();
    let expected = [
        "state: recorded Paid(1), replayed Sent(2)",
        r#"tags["b"]: recorded 2, not there in the replay"#,
        r#"tags["c"]: not recorded, replayed 3"#,
    ];
    assert_eq!(told, expected);
}

#[test]
fn an_input_of_an_unknown_alias_is_told_the_aliases_there_are() {
    // I6
    let recording = recorded(|| {
        let _: u8 = input("warehouse.stock").run(|| 1);
        let _: u8 = input("customer.name").run(|| 1);
    });
    let diagnosis = unanswered(replayed(&recording, || input("customers.name").run(|| 1u8)));
    assert_eq!(diagnosis.other_aliases, ["customer.name", "warehouse.stock"]);
    // The nearest first, whether it is their beginning or their end that is the same.
    let recording = recorded(|| {
        for alias in ["warehouse.stock", "customers.list", "customer.name", "x.customers.name"] {
            let _: u8 = input(alias).run(|| 1);
        }
    });
    let others = unanswered(replayed(&recording, || input("customers.name").run(|| 1u8))).other_aliases;
    assert_eq!(others, ["x.customers.name", "customer.name", "customers.list", "warehouse.stock"]);
    let diagnosis = unanswered(replayed(
        &recorded(|| {
            let _: u8 = input("warehouse.stock").run(|| 1);
            let _: u8 = input("customer.name").run(|| 1);
        }),
        || input("customers.name").run(|| 1u8),
    ));
    assert!(diagnosis.to_string().contains("it has:      `customer.name`, `warehouse.stock`"), "{diagnosis}");
}

#[test]
fn the_original_runs_when_missing_if_so_told() {
    // I7
    let recording = recorded(|| ());
    let playback =
        replayed(&recording, || assert_eq!(input("new").args(&()).call_when_missing().run(|| 5), 5)).unwrap();
    assert_eq!(answers(&playback), [MatchedBy::Called]);
}

#[test]
fn a_given_value_answers_when_missing_even_an_empty_one_and_the_body_does_not_run() {
    // I8
    let recording = recorded(|| ());
    let playback = replayed(&recording, || {
        let zero: u32 = input("n").args(&(3,)).answer_when_missing(|| 0).run(|| panic!("live"));
        let none: Option<u8> = input("o").args(&()).answer_when_missing(|| None).run(|| panic!("live"));
        assert_eq!((zero, none), (0, None));
    })
    .unwrap();
    assert_eq!(answers(&playback), [MatchedBy::Given, MatchedBy::Given]);
}

#[test]
fn a_policy_for_missing_answers_is_not_asked_when_there_is_one() {
    // I8
    let ask = |live: u8| input("n").args(&(3,)).answer_when_missing(|| panic!("not missing")).run(|| live);
    let recording = recorded(|| ask(7));
    replayed(&recording, || assert_eq!(ask(0), 7)).unwrap();
}

#[test]
fn a_call_inside_a_policy_is_not_intercepted() {
    // I8, I12
    let recording = recorded(|| ());
    replayed(&recording, || {
        let answer = || input("inner").run(|| 4u8);
        assert_eq!(input("outer").args(&()).answer_when_missing(answer).run(|| 0), 4);
    })
    .unwrap();
}

#[test]
fn fallback_aliases_find_what_an_older_name_recorded() {
    // I9
    let recording = recorded(|| input("customer.v1").args(&(7,)).run(|| 5u8));
    let playback = replayed(&recording, || {
        let fallbacks = || vec![String::from("customer.v0"), String::from("customer.v1")];
        assert_eq!(
            input("customer.v3").fallback("customer.v2").fallback_with(fallbacks).args(&(7,)).run(|| 0u8),
            5
        );
    })
    .unwrap();
    let [MatchedBy::Recorded(by)] = answers(&playback)[..] else { panic!("{playback:?}") };
    assert!(by.fallback && !by.reused);
}

#[test]
fn the_newest_alias_with_an_answer_counts() {
    // I9
    let recording = recorded(|| {
        let _: u8 = input("old").run(|| 1);
        let _: u8 = input("new").run(|| 2);
    });
    replayed(&recording, || assert_eq!(input("new").fallback("old").run(|| 0u8), 2)).unwrap();
}

#[test]
fn a_key_that_cannot_be_built_discards_the_recording_and_fails_the_replay() {
    // I10, P4
    struct Unwritable;
    impl Serialize for Unwritable {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("no form"))
        }
    }
    let ask = || input("ask").args(&(Unwritable,)).run(|| 5u8);
    let run = record_blocking(|| operation("Op").run(ask));
    assert_eq!(run.result, 5);
    assert!(matches!(&run.discarded[0].1, DiscardReason::Unencodable { alias, .. } if alias == "ask"));

    let error = replayed(&recorded(|| ()), ask).unwrap_err();
    assert!(matches!(error.kind(), ReplayErrorKind::Unencodable { alias, .. } if alias == "ask"), "{error}");
    assert!(error.to_string().contains("no form"), "{error}");
}

#[test]
fn equal_maps_make_equal_keys_in_whatever_order_they_iterate() {
    // I11
    let names: Vec<String> = (0..100).map(|number| format!("name {number}")).collect();
    let map = || -> HashMap<&str, usize> { names.iter().map(String::as_str).zip(0..).collect() };
    let sorted: BTreeMap<&str, usize> = names.iter().map(String::as_str).zip(0..).collect();
    let recording = recorded(|| input("ask").args(&(map(),)).run(|| 5u8));
    for _ in 0..20 {
        // Each map has a hasher, and so an order, of its own.
        replayed(&recording, || assert_eq!(input("ask").args(&(map(),)).run(|| 0u8), 5)).unwrap();
    }
    replayed(&recording, || assert_eq!(input("ask").args(&(&sorted,)).run(|| 0u8), 5)).unwrap();
}

#[test]
fn a_call_inside_an_intercepted_call_is_not_intercepted() {
    // I12
    let outer = |live: u8| input("outer").run(|| live + input("inner").run(|| live));
    let recording = recorded(|| outer(2));
    assert_eq!(recording.tape().calls().map(|call| call.alias()).collect::<Vec<_>>(), ["Op", "outer"]);
    replayed(&recording, || assert_eq!(outer(0), 4)).unwrap();
}

#[test]
fn an_interception_beside_an_unfinished_one_is_intercepted() {
    // I12: per task, not per thread.
    let body = || async {
        let slow = input("slow").run_async(async {
            tokio::task::yield_now().await;
            let _: u8 = input("inside").run_async(async { 9 }).await;
            1u8
        });
        let beside = async {
            let beside: u8 = input("beside").run_async(async { 2 }).await;
            beside
        };
        futures::join!(slow, beside)
    };
    let run = block_on(record(operation("Op").args(&()).run_async(async {})));
    assert!(run.recordings.is_empty(), "begun outside the scope");
    let recording = block_on(record(async { operation("Op").run_async(body()).await })).recording();
    let aliases: Vec<&str> = recording.tape().calls().map(|call| call.alias()).collect();
    assert_eq!(aliases, ["Op", "slow", "beside"]);
    let playback =
        block_on(replay(&recording, |_| Ok(async { operation("Op").run_async(body()).await }))).unwrap();
    let result: (u8, u8) = playback.replayed().outputs().last().unwrap().to().unwrap();
    assert_eq!(result, (1, 2));
}

#[test]
fn the_same_call_again_replays_in_the_recorded_order_and_then_repeats_the_last() {
    // I14
    let poll = |live: u8| input("queue.length").args(&("jobs",)).run(|| live);
    let recording = recorded(|| (1..=3).map(&poll).collect::<Vec<_>>());
    let playback = replayed(&recording, || {
        let seen: Vec<u8> = (0..5).map(|_| poll(0)).collect();
        assert_eq!(seen, [1, 2, 3, 3, 3]);
    })
    .unwrap();
    let reused: Vec<bool> =
        answers(&playback).iter().map(|by| matches!(by, MatchedBy::Recorded(by) if by.reused)).collect();
    assert_eq!(reused, [false, false, false, true, true], "and it is told");
}

#[test]
fn what_replay_hands_out_is_a_fresh_copy_each_time() {
    // I15
    let list = || input("list").run(|| vec![1, 2]);
    let recording = recorded(list);
    replayed(&recording, || {
        let mut first = list();
        first.push(3);
        assert_eq!(list(), [1, 2]);
    })
    .unwrap();
}

#[test]
fn an_answer_that_does_not_fit_the_code_any_more_fails_the_replay_and_shows_it() {
    #[derive(Serialize, Deserialize)]
    struct Now {
        id: u64,
        #[serde(default)]
        added: u8,
    }
    let recording = recorded(|| {
        let _: BTreeMap<String, u8> = input("one").run(|| BTreeMap::from([(String::from("id"), 3)]));
        let _: String = input("two").run(|| String::from("seven"));
    });
    replayed(&recording, || {
        let now: Now = input("one").run(|| Now { id: 0, added: 1 });
        assert_eq!((now.id, now.added), (3, 0), "a field with a default was added");
    })
    .unwrap();
    let error = replayed(&recording, || input("two").run(|| 7u8)).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("the recorded answer of `two` does not fit the code's type: "), "{text}");
    assert!(text.contains(r#"expected u8, found string "seven""#), "{text}");
    assert!(text.contains(r#"recorded:    "seven""#), "{text}");
}

#[test]
fn arguments_whose_fields_were_reordered_are_the_same_arguments() {
    mod before {
        #[derive(serde::Serialize)]
        pub(super) struct Filter {
            pub(super) country: &'static str,
            pub(super) limit: u32,
        }
    }
    mod after {
        #[derive(serde::Serialize)]
        pub(super) struct Filter {
            pub(super) limit: u32,
            pub(super) country: &'static str,
        }
    }
    let recording =
        recorded(|| input("find").args(&(before::Filter { country: "NL", limit: 3 },)).run(|| 5u8));
    let playback = replayed(&recording, || {
        assert_eq!(input("find").args(&(after::Filter { limit: 3, country: "NL" },)).run(|| 0u8), 5);
    })
    .unwrap();
    assert!(matches!(answers(&playback)[..], [MatchedBy::Recorded(by)] if by.equivalent));
    let other = replayed(&recording, || {
        input("find").args(&(after::Filter { limit: 4, country: "NL" },)).run(|| 0u8);
    });
    assert_eq!(unanswered(other).differences.len(), 1);
}

#[test]
fn a_call_that_was_cancelled_waits_to_be_cancelled_again() {
    let fetch = || async {
        let slow = input("slow").args(&(1,)).run_async(std::future::pending::<u8>());
        match futures::future::select(Box::pin(slow), Box::pin(tokio::task::yield_now())).await {
            futures::future::Either::Left((value, _)) => Some(value),
            futures::future::Either::Right(_) => None,
        }
    };
    let run = block_on(record(async { operation("Op").run_async(fetch()).await }));
    assert_eq!(run.result, None);
    let recording = run.recording();
    let playback =
        block_on(replay(&recording, |_| Ok(async { operation("Op").run_async(fetch()).await }))).unwrap();
    assert_eq!(playback.replayed().outputs().last().unwrap().to::<Option<u8>>().unwrap(), None);
    assert_eq!(playback.unread_inputs().count(), 0);
}

#[test]
fn a_call_that_panicked_or_cannot_wait_fails_the_replay() {
    let run = |body: fn() -> u8| {
        let recorder = playback_testkit::MemoryRecorder::new();
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            use playback_core::RecorderExt as _;
            recorder.scope_blocking(|| operation("Op").run(|| input("in").run(body)));
        }));
        recorder.recordings().remove(0)
    };
    let error = replayed(&run(|| panic!("boom")), || input("in").run(|| 1u8)).unwrap_err();
    assert!(matches!(error.kind(), ReplayErrorKind::RecordedPanic { alias } if alias == "in"), "{error}");
}

#[test]
fn a_recording_without_an_operation_says_so() {
    let id: RecordingId = "Op/20260101/01KDVDNA000000000000000001".parse().unwrap();
    let metadata = playback_core::Metadata::new("Op", std::time::SystemTime::UNIX_EPOCH);
    let recording = Recording::new(id, metadata, Tape::new(TapeParts::default()).unwrap());
    let error = recording.arguments::<(Value,)>().unwrap_err();
    assert!(matches!(error.kind(), ReplayErrorKind::NoOperation { .. }));
}
