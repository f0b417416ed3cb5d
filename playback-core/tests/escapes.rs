//! Interceptions outside any context while only replays are live: DESIGN decision 5.
//!
//! What is an escape depends on what else is live in the process, so this file is a process of its own, and its
//! steps are one test.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::panic::{AssertUnwindSafe, catch_unwind};

use playback_core::{
    Context, Escape, Kind, Recording, ReplayError, ReplayErrorKind, input, operation, output, refuse_escapes,
    replay_blocking,
};
use playback_testkit::record_blocking;

/// An operation that hands an output to a thread, bound to it or not.
fn send_from_a_thread(bound: bool) -> Result<u8, String> {
    operation("Send").args(&()).run(|| {
        let job = || output("mail.send").args(&("hi",)).run(|| 5u8);
        let sent =
            if bound { std::thread::spawn(Context::bind(job)) } else { std::thread::spawn(job) }.join();
        sent.map_err(|_| String::from("the thread panicked"))
    })
}

fn escapes(recording: &Recording, bound: bool) -> Vec<Escape> {
    let playback = replay_blocking(recording, |_| Ok(send_from_a_thread(bound))).unwrap();
    playback.escapes().to_vec()
}

#[test]
fn an_escape_is_reported_with_its_alias_and_the_remedy_and_refused_on_request() {
    let recording = record_blocking(|| send_from_a_thread(true)).recording();
    assert!(escapes(&recording, true).is_empty(), "bound work does not escape");

    // While a recording is live, an interception outside any context may be a live service's.
    record_blocking(|| {
        operation("Other").run(|| {
            let outside = std::thread::spawn(|| input("outside").run(|| 1u8));
            assert_eq!(outside.join().unwrap(), 1);
        });
    });

    let [escape] = &escapes(&recording, false)[..] else { panic!("one escape") };
    assert_eq!((escape.kind, escape.alias.as_str(), escape.refused), (Kind::Output, "mail.send", false));
    let text = escape.to_string();
    assert!(text.starts_with("output `mail.send` was reached outside the replay and ran for real"), "{text}");
    assert!(text.contains("in_current_context()") && text.contains("Context::bind"), "{text}");

    refuse_escapes();
    refuse_escapes();
    let [escape] = &escapes(&recording, false)[..] else { panic!("one escape") };
    assert!(escape.refused);
    assert!(escapes(&recording, true).is_empty(), "bound work does not escape");

    let refused = catch_unwind(AssertUnwindSafe(|| input("later").run(|| 1u8)));
    assert!(refused.is_err(), "refused between replays as well");

    // The code under replay goes down with the refusal: the replay fails and says why.
    let error = replay_blocking(&recording, |_| {
        std::thread::scope(|scope| {
            let outside = scope.spawn(|| operation("Send").run(|| output("mail.send").run(|| 5u8)));
            outside.join().map_err(|panic| -> ReplayError { std::panic::resume_unwind(panic) })
        })
    })
    .unwrap_err();
    let ReplayErrorKind::Escaped(escape) = error.kind() else { panic!("{error:?}") };
    assert_eq!(escape.alias, "mail.send");
}
