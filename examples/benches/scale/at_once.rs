//! With the operations that run at the same time, on a runtime of all cores.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use playback_cassette::TapeRecorder;
use playback_core::{FutureExt, RecorderExt, input, operation, replay};
use playback_testkit::{MemoryCassette, record};
use tokio::runtime::Runtime;
use tokio::task::{JoinSet, yield_now};

use crate::Error;
use crate::growth::Growth;
use crate::pairs::{Side, in_turns};

const SIZES: [u64; 4] = [1, 10, 100, 1_000];

/// As many as run at the same time, and room.
const QUEUE: NonZeroUsize = NonZeroUsize::new(2_000).unwrap();

/// What the operation returns.
const SUM: u64 = 24;

pub(crate) fn run() -> Result<Growth, Error> {
    let runtime = Runtime::new()?;
    let names = ["unrecorded", "recorded and saved", "replayed"];
    let mut growth = Growth::new("operations at the same time", "an operation", &names);
    for at_once in SIZES {
        // Recording all of them is what is measured, and not how many are left out when they come faster than they go.
        let recorder =
            TapeRecorder::builder(MemoryCassette::new()).back_off(None).queue_recordings(QUEUE).build();
        let recording = runtime.block_on(record(read())).recording();
        let unrecorded =
            |times| runtime.block_on(all(times, at_once, || async { assert_eq!(read().await, SUM) }));
        let recorded = |times| {
            let saved = async {
                let began = Instant::now();
                recorder
                    .scope(all(times, at_once, || {
                        async { assert_eq!(read().await, SUM) }.in_current_context()
                    }))
                    .await;
                recorder.flush().await.expect("memory takes all");
                began.elapsed()
            };
            runtime.block_on(saved)
        };
        let replayed = |times| {
            let replayed = all(times, at_once, || {
                let recording = recording.clone();
                async move { drop(replay(&recording, |_| Ok(read())).await.expect("it replays")) }
            });
            runtime.block_on(replayed)
        };
        let timings = in_turns(vec![
            Side::timed("unrecorded", unrecorded),
            Side::timed("recorded", recorded),
            Side::timed("replayed", replayed),
        ]);
        assert_eq!(recorder.stats().dropped.total(), 0, "all is recorded");
        let each: Vec<_> = timings.iter().map(|timing| timing.least / at_once as f64).collect();
        growth.add(at_once, &each);
    }
    Ok(growth)
}

/// Runs `at_once` at the same time, so many times.
async fn all<F>(times: u64, at_once: u64, one: impl Fn() -> F) -> Duration
where
    F: Future<Output = ()> + Send + 'static,
{
    let began = Instant::now();
    for _ in 0..times {
        let mut running = JoinSet::new();
        for _ in 0..at_once {
            running.spawn(one());
        }
        running.join_all().await;
    }
    began.elapsed()
}

/// An operation that waits ten times.
async fn read() -> u64 {
    operation("AtOnce")
        .run_async(async {
            let mut sum = 0;
            for number in 0..10 {
                let price = async {
                    yield_now().await;
                    number % 7
                };
                sum += input("at_once.price").args(&(number,)).run_async(price).await;
            }
            sum
        })
        .await
}
