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
fn the_order_and_the_absence_of_others_are_asserted_across_aliases() {
    let recording = block_on(recording(7, 100));
    let recorded = || assert_recorded(&recording);
    recorded().in_order(["discount", "store"]).in_order(["store"]).in_order::<&str>([]);
    recorded().only(["store", "discount", "mail.send"]).output("store").run().in_order(["discount", "store"]);
    let check = |message: String, expected: &str| {
        assert_eq!(message.split_once("\nrecorded was:\n").unwrap().0, expected);
    };
    check(
        message(|| recorded().in_order(["store", "discount"])),
        "not in the order `store`, `discount`: there is no `discount` after `store`",
    );
    check(
        message(|| recorded().in_order(["discount", "discount"])),
        "not in the order `discount`, `discount`: there is no `discount` after `discount`",
    );
    check(
        message(|| recorded().in_order(["discount", "mail.send"])),
        "not in the order `discount`, `mail.send`: `mail.send` was not called",
    );
    check(message(|| recorded().only(["discount"])), "not only `discount` were called, but `store` as well");
}

#[derive(serde::Serialize)]
struct Receipt {
    customer: u64,
    note: &'static str,
}

/// Two receipts are sent, with what is in them.
fn sent() -> playback_core::Recording {
    let send = |to: &str, customer, note| {
        let send = playback_core::output("send").argument_names(&["to", "receipt"]);
        let sent = send.args(&(to, Receipt { customer, note }));
        sent.run(|| if to == "bob" { Err("full".to_owned()) } else { Ok(to.len()) })
    };
    let body = || {
        let _ = send("ada", 1, "thank you for buying tea and bread at our shop");
        let _ = send("bob", 2, "thank you");
        playback_core::output("ping").args(&(3,)).run(|| ());
    };
    playback_testkit::record_blocking(|| playback_core::operation("Send").run(body)).recording()
}

#[test]
fn an_argument_is_asserted_by_its_name_its_path_and_its_place() {
    let recording = sent();
    let sent = || assert_recorded(&recording).output("send").times(2);
    sent().with_argument("to", &"bob").times(1).with_argument("receipt.customer", &2).failed();
    sent()
        .with_argument("[0]", &"ada")
        .times(1)
        .with_argument("receipt.customer", &1)
        .returned(&Ok::<_, ()>(3));
    assert_recorded(&recording).output("ping").with_argument("[0]", &3);
    let check = |message: String, expected: &str| {
        assert_eq!(message.split_once("\nrecorded was:\n").unwrap().0, expected);
    };
    check(
        message(|| sent().with_argument("receipt.customer", &3)),
        "calls of the output `send`: none with `receipt.customer` = 3 (wanted -> is, in the closest)\n  ~ 3 -> 1",
    );
    check(
        message(|| {
            sent().nth(0).with_argument("receipt.note", &"thank you for buying tea and jam at our shop")
        }),
        "calls of the output `send`, number 0: none with `receipt.note` = \
         \"thank you for buying tea and jam at our shop\" (wanted -> is)\n  \
         ~ \"thank you for buying tea and [-jam-]{+bread+} at our shop\"",
    );
    check(
        message(|| sent().with_argument("receipt.total", &3)),
        "calls of the output `send`: none has an argument `receipt.total`; their arguments are `to`, `receipt`",
    );
    check(
        message(|| assert_recorded(&recording).output("ping").with_argument("to", &3)),
        "calls of the output `ping`: none has an argument `to`; their arguments have no names, so say the place, \
         such as [0]",
    );
    assert!(message(|| sent().with_argument("a b", &3)).starts_with("what the test expects is nowhere: "));
    // Of several, the one that differs least is shown.
    let wanted = ("bob", Receipt { customer: 9, note: "thank you" });
    check(
        message(|| sent().with_arguments(&wanted))
            .split_once(": none with the arguments ")
            .unwrap()
            .1
            .to_owned(),
        "[\"bob\", {customer: 9, note: \"thank you\"}] (wanted -> is, in the closest)\n  \
         ~ receipt.customer: 9 -> 2",
    );
}

#[test]
fn arguments_and_results_are_asserted_by_what_holds_of_them() {
    let recording = block_on(recording(7, 100));
    let recorded = || assert_recorded(&recording);
    recorded()
        .returned_matching(|result: &Result<u64, String>| result.as_ref().is_ok_and(|number| *number > 9));
    recorded().output("store").with_arguments_matching(|(_, total): &(u64, u64)| *total < 100).times(1);
    let check = |message: String, expected: &str| {
        assert_eq!(message.split_once("\nrecorded was:\n").unwrap().0, expected);
    };
    check(
        message(|| recorded().input("discount").returned_matching(|discount: &u64| *discount > 5)),
        "calls of the input `discount`: Input discount(customer: 7) -> 5 did not return what matches",
    );
    check(
        message(|| {
            recorded().output("store").with_arguments_matching(|(_, total): &(u64, u64)| *total > 100)
        }),
        "calls of the output `store`: none with arguments that match",
    );
    check(
        message(|| recorded().output("store").failed()),
        "calls of the output `store`: Output store(customer: 7, total: 95) -> Ok(17) did not fail",
    );
    assert!(
        message(|| recorded().input("discount").returned_matching(|_: &String| true))
            .starts_with("calls of the input `discount`: the result of Input discount(customer: 7) -> 5 cannot be read as the test does: "),
    );
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
