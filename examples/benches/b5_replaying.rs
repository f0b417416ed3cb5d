//! B5: replaying the operation from a recording in memory.

use playback_core::{Recording, ReplayError, replay_blocking};
use playback_testkit::{assert_replay, record_blocking};

use crate::pairs::{Side, in_turns};
use crate::table::{Goal, Quantity, Row};
use crate::{Outcome, basket};

pub(crate) fn run() -> Outcome {
    let recording = record_blocking(|| basket::total(7)).recording();
    let replay = || replay_blocking(&recording, again);
    assert_replay(&replay()?).equal();

    let timings = in_turns(vec![
        Side::new("replayed", replay),
        Side::new("without a mark", || basket::plain::total(std::hint::black_box(7))),
    ]);
    let [ours, plain] = &timings[..] else { return Err("two sides, two timings".into()) };
    let mut rows = Vec::new();
    if let Some(peer) = crate::peer::times() {
        let (ours, name) = (ours.nanos, "replaying it, times faster than Python");
        let row = Row::new("B5", name, Quantity::Nanoseconds(ours), Quantity::Nanoseconds(peer.replay));
        rows.push(row.ratio(peer.replay / ours).goal(Goal::AtLeast(300.0)));
    }
    let (ours, other) = (Quantity::Nanoseconds(ours.nanos), Quantity::Nanoseconds(plain.nanos));
    rows.push(
        Row::new("B5", "replaying it, against running it without a mark", ours, other)
            .ratio(plain.first_to_this),
    );
    Ok(rows)
}

/// Runs the operation again with what was recorded.
pub(crate) fn again(recording: &Recording) -> Result<u64, ReplayError> {
    let (basket,) = recording.arguments()?;
    Ok(basket::total(basket))
}
