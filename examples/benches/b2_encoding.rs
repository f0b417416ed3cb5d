//! B2: encoding a value as recording does, into a buffer that is used again.
//!
//! The peer that counts is postcard of the bare type. It appends to a vector, as ours does, by `to_extend`; `to_slice`,
//! which needs a slice that is known to be large enough, stands beside it for orientation.

use playback_core::value::Encoder;

use crate::order::{LINES, Order};
use crate::pairs::{Side, Timing, in_turns};
use crate::table::{Goal, Quantity, Row};
use crate::{Error, Outcome, valgrind};

const POSTCARD: &str = "postcard";
const SLICE: &str = "postcard into a slice";

pub(crate) fn run() -> Outcome {
    let mut rows = Vec::new();
    for lines in LINES {
        rows.extend(of(lines)?);
    }
    Ok(rows)
}

fn of(lines: usize) -> Outcome {
    let order = Order::of(lines);
    let sizes = sizes(&order)?;
    let (ours, others) = sizes.split_first().ok_or("ours is one of them")?;
    let timings = times(&order);

    let mut rows = Vec::new();
    for timing in &timings[1..] {
        let goal = match timing.name.as_str() {
            POSTCARD if lines == 1 => Goal::AtMost(1.2),
            POSTCARD => Goal::AtMost(1.0),
            SLICE => Goal::None,
            _ => Goal::Below(1.0),
        };
        let name = format!("encoding {lines} lines, against {}", timing.name);
        rows.push(Row::slower("B2", name, &timings[0], timing).goal(goal));
    }
    if valgrind::is_there() {
        let name = format!("instructions of encoding {lines} lines, against {POSTCARD}");
        let subject = if lines == 1 { "B2/1-line".to_owned() } else { format!("B2/{lines}-lines") };
        let ours = Quantity::Count(valgrind::instructions(&subject)?);
        let other = Quantity::Count(valgrind::instructions(&format!("{subject}-postcard"))?);
        rows.push(Row::new("B2", name, ours, other));
    }
    for (peer, size) in others {
        let goal = if *peer == POSTCARD { Goal::None } else { Goal::Below(1.0) };
        let name = format!("size of {lines} lines, against {peer}");
        rows.push(Row::new("B2", name, Quantity::Bytes(ours.1), Quantity::Bytes(*size)).goal(goal));
    }
    Ok(rows)
}

/// The encoded sizes, ours first.
fn sizes(order: &Order) -> Result<Vec<(&'static str, f64)>, Error> {
    let mut ours = Vec::new();
    Encoder::new().encode(order, &mut ours)?;
    let mut ciborium = Vec::new();
    ciborium::into_writer(order, &mut ciborium)?;
    let size = |bytes: Vec<u8>| bytes.len() as f64;
    Ok(vec![
        ("playback", size(ours)),
        (POSTCARD, size(postcard::to_stdvec(order)?)),
        ("rmp-serde with names", size(rmp_serde::to_vec_named(order)?)),
        ("ciborium", size(ciborium)),
        ("serde_json", size(serde_json::to_vec(order)?)),
    ])
}

fn times(order: &Order) -> Vec<Timing> {
    let (mut encoder, mut bytes) = (Encoder::new(), Vec::new());
    let ours = Side::new("playback", move || {
        bytes.clear();
        encoder.encode(order, &mut bytes).map(|()| bytes.len())
    });
    let mut bytes = Vec::new();
    let postcard = Side::new(POSTCARD, move || {
        bytes.clear();
        let written = postcard::to_extend(order, std::mem::take(&mut bytes));
        written.map(|written| {
            bytes = written;
            bytes.len()
        })
    });
    let mut slice = vec![0; 1 << 20];
    let into_slice =
        Side::new(SLICE, move || postcard::to_slice(order, &mut slice).map(|written| written.len()));
    let mut bytes = Vec::new();
    let rmp = Side::new("rmp-serde with names", move || {
        bytes.clear();
        rmp_serde::encode::write_named(&mut bytes, order).map(|()| bytes.len())
    });
    let mut bytes = Vec::new();
    let ciborium = Side::new("ciborium", move || {
        bytes.clear();
        ciborium::into_writer(order, &mut bytes).map(|()| bytes.len())
    });
    let mut bytes = Vec::new();
    let json = Side::new("serde_json", move || {
        bytes.clear();
        serde_json::to_writer(&mut bytes, order).map(|()| bytes.len())
    });
    in_turns(vec![ours, postcard, into_slice, rmp, ciborium, json])
}
