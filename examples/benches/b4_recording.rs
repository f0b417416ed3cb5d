//! B4: recording the operation: what it costs the thread of the service, with a recorder that keeps it in memory.

use std::hint::black_box;
use std::time::Instant;

use playback_core::RecorderExt;
use playback_testkit::MemoryRecorder;

use crate::pairs::{Side, in_turns};
use crate::table::{Goal, Quantity, Row};
use crate::{Outcome, basket};

/// How many recordings a recorder keeps before it is dropped, which is not measured.
const KEPT: u64 = 256;

pub(crate) fn run() -> Outcome {
    let mut basket = 0;
    let recorded = Side::timed("recorded", move |times| {
        let mut took = std::time::Duration::ZERO;
        let mut left = times;
        while left > 0 {
            let recorder = MemoryRecorder::new();
            let now = left.min(KEPT);
            recorder.scope_blocking(|| {
                let began = Instant::now();
                for _ in 0..now {
                    basket += 1;
                    black_box(basket::total(black_box(basket)));
                }
                took += began.elapsed();
            });
            left -= now;
        }
        took
    });
    let mut basket = 0;
    let off = Side::new("not recorded", move || {
        basket += 1;
        basket::total(black_box(basket))
    });
    let mut basket = 0;
    let plain = Side::new("without a mark", move || {
        basket += 1;
        basket::plain::total(black_box(basket))
    });
    let timings = in_turns(vec![recorded, off, plain]);
    let ours = timings[0].nanos;
    let mut rows = Vec::new();
    if let Some(peer) = crate::peer::times() {
        let name = "recording ten inputs and an output, times faster than Python";
        let row = Row::new("B4", name, Quantity::Nanoseconds(ours), Quantity::Nanoseconds(peer.record));
        rows.push(row.ratio(peer.record / ours).goal(Goal::AtLeast(300.0)));
    }
    for timing in &timings[1..] {
        let name = format!("the operation recorded, against {}", timing.name);
        let row = Row::new("B4", name, Quantity::Nanoseconds(ours), Quantity::Nanoseconds(timing.nanos));
        rows.push(row.ratio(timing.first_to_this));
    }
    Ok(rows)
}
