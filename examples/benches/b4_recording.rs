//! B4: recording the operation: what it costs the thread of the service, with a recorder that keeps it in memory.

use std::hint::black_box;
use std::time::{Duration, Instant};

use playback_core::RecorderExt;
use playback_testkit::MemoryRecorder;

use crate::pairs::{Side, in_turns};
use crate::peer::Peer;
use crate::table::{Goal, Quantity, Row};
use crate::{Outcome, basket, valgrind};

/// The allocations that recording an interception may take.
const ALLOCATIONS: f64 = 2.0;

/// How many recordings a recorder keeps before it is dropped, which is not measured.
const KEPT: u64 = 256;

pub(crate) fn run() -> Outcome {
    let (mut peer, mut unsaved) = (Peer::start()?, Peer::start()?);
    let mut sides = vec![
        Side::timed("recorded", recorded),
        Side::new("not recorded", || basket::total(black_box(7))),
        Side::new("without a mark", || basket::plain::total(black_box(7))),
    ];
    if let (Some(peer), Some(unsaved)) = (&mut peer, &mut unsaved) {
        sides.push(Side::timed("Python", |times| peer.time("record", times)));
        sides.push(Side::timed("Python that saves elsewhere", |times| unsaved.time("record-unsaved", times)));
    }
    let timings = in_turns(sides);
    let mut rows = Vec::new();
    for timing in &timings[1..] {
        let times = format!("recording the operation, times faster than {}", timing.name);
        let against = format!("recording the operation, against it {}", timing.name);
        rows.push(match timing.name.as_str() {
            "Python" => Row::faster("B4", times, &timings[0], timing).goal(Goal::AtLeast(300.0)),
            "Python that saves elsewhere" => Row::faster("B4", times, &timings[0], timing),
            _ => Row::slower("B4", against, &timings[0], timing),
        });
    }
    if valgrind::is_there() {
        let more =
            valgrind::allocations("B4/operation-recorded")? - valgrind::allocations("B4/operation-unmarked")?;
        let each = Quantity::Count(more / basket::INTERCEPTIONS as f64);
        let name = "allocations of recording an interception, of those allowed";
        rows.push(Row::new("B4", name, each, Quantity::Count(ALLOCATIONS)).goal(Goal::AtMost(1.0)));
    }
    Ok(rows)
}

fn recorded(times: u64) -> Duration {
    let mut took = Duration::ZERO;
    let mut left = times;
    while left > 0 {
        let recorder = MemoryRecorder::new();
        let now = left.min(KEPT);
        took += recorder.scope_blocking(|| {
            let began = Instant::now();
            for _ in 0..now {
                black_box(basket::total(black_box(7)));
            }
            began.elapsed()
        });
        left -= now;
    }
    took
}
