//! B1: an interception where nothing is recorded or replayed.

use std::hint::black_box;

use playback_core::intercept_input;
use tracing::trace_span;

use crate::pairs::{Side, in_turns};
use crate::table::{Goal, Quantity, Row};
use crate::{Outcome, valgrind};

/// The instructions that an interception may take where nothing is live.
const MORE: f64 = 10.0;

#[intercept_input("off.rate")]
#[inline(never)]
pub(crate) fn input(id: u64) -> u64 {
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
    let name = "an input, nothing live, against a disabled span";
    let mut rows = vec![
        Row::slower("B1", "an input, nothing live, against the function alone", ours, plain),
        Row::slower("B1", name, ours, span).goal(Goal::AtMost(1.0)),
    ];
    if valgrind::is_there() {
        let more = valgrind::instructions("B1/input")? - valgrind::instructions("B1/function")?;
        let name = "instructions of an input, nothing live, beyond the function's, of those allowed";
        let row = Row::new("B1", name, Quantity::Count(more), Quantity::Count(MORE));
        rows.push(row.goal(Goal::AtMost(1.0)));
    }
    Ok(rows)
}
