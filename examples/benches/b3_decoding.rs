//! B3: decoding a value to its type.

use playback_core::value;

use crate::Outcome;
use crate::order::{LINES, Order};
use crate::pairs::{Side, Timing, in_turns};
use crate::table::{Goal, Row};

const POSTCARD: &str = "postcard";

pub(crate) fn run() -> Outcome {
    let mut rows = Vec::new();
    for lines in LINES {
        rows.extend(of(lines)?);
    }
    Ok(rows)
}

fn of(lines: usize) -> Outcome {
    let order = Order::of(lines);
    let ours = value::encode(&order)?;
    let postcard = postcard::to_stdvec(&order)?;
    let rmp = rmp_serde::to_vec_named(&order)?;
    let mut ciborium = Vec::new();
    ciborium::into_writer(&order, &mut ciborium)?;
    let json = serde_json::to_vec(&order)?;
    if value::decode::<Order>(&ours)? != order {
        return Err("an order is not what was encoded".into());
    }

    let timings = in_turns(vec![
        Side::new("playback", || value::decode::<Order>(&ours)),
        Side::new(POSTCARD, || postcard::from_bytes::<Order>(&postcard)),
        Side::new("rmp-serde with names", || rmp_serde::from_slice::<Order>(&rmp)),
        Side::new("ciborium", || ciborium::from_reader::<Order, _>(&ciborium[..])),
        Side::new("serde_json", || serde_json::from_slice::<Order>(&json)),
    ]);
    let row = |timing: &Timing| {
        let goal = if timing.name == POSTCARD { Goal::AtMost(1.2) } else { Goal::Below(1.0) };
        let name = format!("decoding {lines} lines, against {}", timing.name);
        Row::slower("B3", name, &timings[0], timing).goal(goal)
    };
    Ok(timings[1..].iter().map(row).collect())
}
