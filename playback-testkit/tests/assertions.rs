//! Assertions pass where they should, and where they fail they say what is there instead.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail loudly"
)]

mod common;

use common::{message, recording, replayed};
use futures::executor::block_on;
use playback_equalizer::{Criteria, extract};
use playback_testkit::{assert_recorded, assert_replay};

#[test]
fn what_was_recorded_passes() {
    let recording = block_on(recording(7, 100));
    assert_recorded(&recording)
        .called_with(&(7, 100))
        .returned(&Ok::<_, ()>(17))
        .never_input("store")
        .never_output("mail.send")
        .input("discount")
        .times(1)
        .with_arguments(&(7,))
        .returned(&5)
        .output("store")
        .nth(0)
        .with_arguments(&(7, 95));
    assert_recorded(&block_on(self::recording(7, 3))).failed().never_output("store");
}

#[test]
fn what_was_not_recorded_fails_and_says_what_was() {
    let recording = block_on(recording(7, 100));
    let recorded = || assert_recorded(&recording);
    let list = "recorded was:\n  Operation Checkout(7, 100) -> Ok(17)\n  Input discount(customer: 7) -> 5\n  \
                Output store(customer: 7, total: 95) -> Ok(17)";
    let check = |message: String, expected: &str| assert_eq!(message, format!("{expected}\n{list}"));
    check(message(|| recorded().input("price")), "the input `price` was not called");
    check(message(|| recorded().output("discount")), "the output `discount` was not called");
    check(message(|| recorded().never_output("store")), "the output `store` was called");
    check(message(|| recorded().never_input("discount")), "the input `discount` was called");
    check(
        message(|| recorded().input("discount").times(2)),
        "calls of the input `discount`: 1 of them, and not 2",
    );
    check(
        message(|| recorded().output("store").nth(1)),
        "calls of the output `store`: there is no number 1, counted from 0",
    );
    check(
        message(|| recorded().output("store").with_arguments(&(7, 96))),
        "calls of the output `store`: none with the arguments [7, 96] (wanted -> is)\n  ~ total: 96 -> 95",
    );
    check(
        message(|| recorded().input("discount").returned(&6)),
        "calls of the input `discount`: Input discount(customer: 7) -> 5 did not return 6 (wanted -> is)\n  ~ 6 -> 5",
    );
    check(
        message(|| recorded().returned(&Err::<(), _>("no"))),
        "the operation: Operation Checkout(7, 100) -> Ok(17) did not return Err(\"no\") (wanted -> is)\n  \
         ~ Err(\"no\") -> Ok(17)",
    );
    check(
        message(|| recorded().called_with(&(8, 100))),
        "the operation: none with the arguments [8, 100] (wanted -> is)\n  ~ [0]: 8 -> 7",
    );
    check(message(|| recorded().failed()), "the operation did not fail");
}

#[test]
fn arguments_may_be_given_by_fields_in_another_order() {
    #[derive(serde::Serialize)]
    struct Written {
        a: u8,
        b: u8,
    }
    #[derive(serde::Serialize)]
    struct Wanted {
        b: u8,
        a: u8,
    }
    let send = || playback_core::output("send").args(&(Written { a: 1, b: 2 },)).run(|| ());
    let recording =
        playback_testkit::record_blocking(|| playback_core::operation("Send").run(send)).recording();
    assert_recorded(&recording).output("send").with_arguments(&(Wanted { b: 2, a: 1 },));
}

#[test]
fn an_equal_replay_passes_and_another_fails_with_the_differences() {
    let recording = block_on(recording(7, 100));
    let equal = block_on(replayed(&recording, 0));
    assert_replay(&equal)
        .equal()
        .all_inputs_read()
        .no_escapes()
        .replayed()
        .returned(&Ok::<_, ()>(17))
        .output("store")
        .times(1);

    let other = block_on(replayed(&recording, 2));
    assert_eq!(
        message(|| assert_replay(&other).equal()),
        format!(
            "the replay of {} is different: 1 difference\n  store #1\n    ~ total: 95 -> 97\n(recorded -> replayed)",
            recording.id()
        )
    );
    // The answer to the output is the recorded one, so the result is equal all the same.
    assert_replay(&other).equal_by(&Criteria::new().extractor(extract::result()));
    assert_replay(&other).replayed().output("store").with_arguments(&(7, 97));
}

#[test]
fn a_replay_that_does_not_read_all_fails_and_says_what_it_left() {
    let recording = block_on(recording(7, 100));
    let reads_nothing = playback_core::replay_blocking(&recording, |_| {
        Ok(playback_core::operation("Checkout").args(&(7, 100)).run(|| Ok::<u64, ()>(17)))
    });
    let playback = reads_nothing.unwrap();
    assert!(
        message(|| assert_replay(&playback).all_inputs_read()).starts_with(
            "recorded inputs were not read:\n  Input discount(customer: 7) -> 5\nreplayed was:\n"
        )
    );
    assert!(message(|| assert_replay(&playback).equal()).contains("store #1\n    - no longer sent: [7, 95]"));
}
