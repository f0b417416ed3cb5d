//! Calls outside a replay show in its comparison. In a process of its own: while other tests record, a call
//! outside may well belong to them.
#![allow(clippy::unwrap_used, reason = "tests may fail loudly")]

use futures::executor::block_on;
use playback_core::{Context, Recording, input, operation};
use playback_equalizer::{Equalizer, Status, Tuning};

/// Reads a price on a thread of its own.
fn order(bind: bool) -> u64 {
    operation("Order").args(&()).run(|| {
        let read = || input("price").args(&()).run(|| 7_u64);
        let thread = if bind { std::thread::spawn(Context::bind(read)) } else { std::thread::spawn(read) };
        thread.join().unwrap()
    })
}

#[test]
fn a_call_on_a_thread_that_was_not_bound_shows_in_the_comparison() {
    let recording = playback_testkit::record_blocking(|| order(true)).recording();
    let equalizer = |bind| Equalizer::new(Tuning::blocking(move |_: &Recording| Ok(order(bind))));
    let compare = |bind| block_on(equalizer(bind).compare(recording.clone()));
    assert!(compare(true).escapes.is_empty());

    let escaped = compare(false);
    assert_eq!(escaped.status(), Status::Equal);
    assert_eq!(escaped.escapes.iter().map(|escape| escape.alias.as_str()).collect::<Vec<_>>(), ["price"]);
    assert!(escaped.to_string().contains("input `price` was reached outside the replay"), "{escaped}");

    let failed = block_on(equalizer(false).escapes_fail().compare(recording.clone()));
    assert_eq!(failed.status(), Status::EqualizerFailure);
    assert_eq!(block_on(equalizer(true).escapes_fail().compare(recording.clone())).status(), Status::Equal);
}
