//! Off costs nothing: DESIGN decision 3. A process of its own, in which nothing is ever live.
#![allow(missing_docs, clippy::panic)]

use playback_core::{errors, input, input_with, operation, output, output_with};
use serde::{Serialize, Serializer};

/// A value that must not be looked at.
struct Untouchable;

impl Serialize for Untouchable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("looked at")
    }
}

#[test]
fn nothing_is_looked_at_and_nothing_is_made_when_nothing_is_live() {
    let alias = || -> String { panic!("made") };
    let fallbacks = || -> Vec<String> { panic!("made") };
    let handler = || -> errors::ErrorHandler<errors::Io> { panic!("made") };
    let answer = || -> std::io::Result<u8> { panic!("made") };

    let read = input_with(alias)
        .fallback_with(fallbacks)
        .args(&(Untouchable,))
        .handler_with(handler)
        .answer_when_missing(answer)
        .run(|| Ok(1));
    let sent = output_with(alias)
        .fallback_with(fallbacks)
        .args(&(Untouchable,))
        .result_handler_with(handler)
        .answer_when_unrecorded(answer)
        .run(|| Ok(2));
    assert_eq!((read.ok(), sent.ok()), (Some(1), Some(2)));

    let read = futures::executor::block_on(input("in").args(&(Untouchable,)).run_async(async { 3u8 }));
    let sent: u8 = futures::executor::block_on(output("out").args(&(Untouchable,)).run_async(async { 4 }));
    assert_eq!((read, sent), (3, 4));

    let Untouchable = operation("Op").args(&(Untouchable,)).run(|| Untouchable);
}
