//! B5: replaying the operation.
//!
//! Python has no way to replay a recording that it holds: it reads it from JSON each time. That is why ours is measured
//! from the bytes of its file, too.

use std::hint::black_box;

use playback_cassette::format;
use playback_core::{Recording, ReplayError, replay_blocking};
use playback_testkit::{assert_replay, record_blocking};

use crate::pairs::{Side, in_turns};
use crate::peer::Peer;
use crate::table::{Goal, Row};
use crate::{Outcome, basket};

pub(crate) fn run() -> Outcome {
    let recording = record_blocking(|| basket::total(7)).recording();
    let file = format::encode(&recording)?;
    let replay = || replay_blocking(&recording, again);
    assert_replay(&replay()?).equal();

    let mut peer = Peer::start()?;
    let mut sides = vec![
        Side::new("from memory", replay),
        Side::new("without a mark", || basket::plain::total(black_box(7))),
        Side::new("from its file", || {
            let recording = format::decode("the recording", &file).expect("it was just encoded");
            replay_blocking(&recording, again)
        }),
    ];
    if let Some(peer) = &mut peer {
        sides.push(Side::timed("Python", |times| peer.time("replay", times)));
    }
    let timings = in_turns(sides);
    let mut rows = Vec::new();
    if let [ours, _, from_file, python] = &timings[..] {
        let name = "replaying the operation, times faster than Python";
        rows.push(Row::faster("B5", name, ours, python).goal(Goal::AtLeast(300.0)));
        rows.push(Row::faster("B5", format!("{name}, decoding its file each time"), from_file, python));
    }
    rows.push(Row::slower(
        "B5",
        "replaying the operation, against it without a mark",
        &timings[0],
        &timings[1],
    ));
    Ok(rows)
}

/// Runs the operation again with what was recorded.
pub(crate) fn again(recording: &Recording) -> Result<u64, ReplayError> {
    let (basket,) = recording.arguments()?;
    Ok(basket::total(basket))
}
