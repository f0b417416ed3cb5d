//! B1: an interception where nothing is recorded or replayed.

use std::hint::black_box;

use playback_core::{intercept_input, intercept_output};
use tracing::trace_span;

use crate::Outcome;
use crate::pairs::{Side, in_turns};
use crate::table::{Goal, Quantity, Row};

#[intercept_input("off.rate")]
#[inline(never)]
pub(crate) fn input(id: u64) -> u64 {
    body(id)
}

#[intercept_output("off.store")]
#[inline(never)]
pub(crate) fn output(id: u64) -> u64 {
    body(id)
}

#[inline(never)]
pub(crate) fn uninstrumented(id: u64) -> u64 {
    body(id)
}

/// No subscriber wants it: the cheapest span there is.
#[inline(never)]
pub(crate) fn in_disabled_span(id: u64) -> u64 {
    let _entered = trace_span!("rate", id).entered();
    body(id)
}

#[inline(always)]
fn body(id: u64) -> u64 {
    id.rotate_left(7) ^ 0x9E37
}

pub(crate) fn run() -> Outcome {
    let calling = |name: &str, function: fn(u64) -> u64| {
        let mut id = 0;
        Side::new(name, move || {
            id = function(black_box(id));
            id
        })
    };
    let timings = in_turns(vec![
        calling("input", input),
        calling("nothing", uninstrumented),
        calling("a disabled span", in_disabled_span),
    ]);
    let [ours, plain, span] = &timings[..] else { return Err("three sides, three timings".into()) };
    let ours = Quantity::Nanoseconds(ours.nanos);
    let row = |name: &str, other: f64| Row::new("B1", name, ours, Quantity::Nanoseconds(other));
    Ok(vec![
        row("an input, nothing live, against the function alone", plain.nanos).ratio(plain.first_to_this),
        row("an input, nothing live, against a disabled span", span.nanos)
            .ratio(span.first_to_this)
            .goal(Goal::AtMost(1.0)),
    ])
}
