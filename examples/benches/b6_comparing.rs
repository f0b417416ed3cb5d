//! B6: the equalizer over ten thousand recordings, which it loads from the bytes of their files.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::executor::block_on;
use futures::stream;
use playback_cassette::Cassette;
use playback_core::{RecorderExt, RecordingId};
use playback_equalizer::{Equalizer, Status, Tuning};
use playback_testkit::{MemoryCassette, MemoryRecorder};

use crate::b5_replaying::again;
use crate::pairs::{Side, in_turns};
use crate::peer::Peer;
use crate::table::{Goal, Row};
use crate::{Outcome, basket};

const RECORDINGS: u64 = 10_000;

/// How many of them the peer compares; the rest is worked out.
const OF_THE_PEER: u64 = 20;

pub(crate) fn run() -> Outcome {
    let recorder = MemoryRecorder::new();
    recorder.scope_blocking(|| (0..RECORDINGS).for_each(|number| assert!(basket::total(number) > 0)));
    let cassette = MemoryCassette::new();
    for recording in recorder.recordings() {
        block_on(cassette.save(&recording))?;
    }
    let ids = cassette.ids();
    drop(recorder);

    let equalizer = Equalizer::new(Tuning::blocking(again));
    let side = |name: &'static str, equalizer: Equalizer| {
        let (cassette, ids) = (cassette.clone(), ids.clone());
        Side::timed(name, move |times| (0..times).map(|_| compare(&equalizer, &cassette, &ids)).sum())
    };
    let mut peer = Peer::start()?;
    let one = NonZeroUsize::MIN;
    let mut sides = vec![
        side("by default", equalizer.clone()),
        side("1 thread", equalizer.clone().concurrency(one)),
        side("2 threads", equalizer.concurrency(one.saturating_add(1))),
    ];
    if let Some(peer) = &mut peer {
        sides.push(Side::timed("Python", |times| {
            peer.time("compare", times * OF_THE_PEER) * (RECORDINGS / OF_THE_PEER) as u32
        }));
    }
    let timings = in_turns(sides);
    let mut rows = Vec::new();
    if let [ours, .., python] = &timings[..]
        && python.name == "Python"
    {
        let name = "comparing 10,000 recordings, times faster than Python";
        rows.push(Row::faster("B6", name, ours, python).goal(Goal::AtLeast(300.0)));
    }
    let name = "comparing with 1 thread, against 2";
    rows.push(Row::slower("B6", name, &timings[1], &timings[2]).goal(Goal::AtLeast(1.8)));
    Ok(rows)
}

fn compare(equalizer: &Equalizer, cassette: &MemoryCassette, ids: &[RecordingId]) -> Duration {
    let load = |id: RecordingId| {
        let cassette = cassette.clone();
        async move { cassette.load(&id).await }
    };
    let began = Instant::now();
    let comparisons = equalizer.run(stream::iter(ids.to_vec()), load);
    let equal = block_on(comparisons.filter(|one| std::future::ready(one.status() == Status::Equal)).count());
    let took = began.elapsed();
    assert_eq!(equal, ids.len(), "what was recorded is what is replayed");
    took
}
