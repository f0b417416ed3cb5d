//! B9: finding the hundred of a hundred thousand recordings of which the metadata says something, in a store of which
//! each request takes 20 ms.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt};
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt};
use playback_cassette::CassetteExt;
use playback_cassette_s3::ObjectStoreCassette;

use crate::Outcome;
use crate::distant::{Distant, PAGE};
use crate::many::{fill, wanted};
use crate::table::{Goal, Quantity, Row};

const RECORDINGS: u64 = 100_000;
const WANTED: u64 = 100;
const LATENCY: Duration = Duration::from_millis(20);

/// How many the other way reads one after another; the rest is worked out, since all would take half an hour.
const SAMPLE: usize = 100;

pub(crate) fn run() -> Outcome {
    tokio::runtime::Runtime::new()?.block_on(find())
}

async fn find() -> Outcome {
    let store = Arc::new(InMemory::new());
    fill(&ObjectStoreCassette::new(store.clone()).read_only(false), RECORDINGS).await?;
    let requests = Arc::new(AtomicU64::new(0));
    let distant = Arc::new(Distant { store, latency: LATENCY, requests: requests.clone() });

    let began = Instant::now();
    let found = ObjectStoreCassette::new(distant.clone()).find_all(&wanted()).await?;
    let ours = began.elapsed();
    assert_eq!(found.len() as u64, WANTED, "all that there are are found");
    let requests = requests.load(Ordering::Relaxed);

    let began = Instant::now();
    let mut metadata = distant.list(Some(&"tape_recorder_recordings/metadata".into())).take(SAMPLE);
    let mut read = 0;
    while let Some(object) = metadata.try_next().await? {
        read += distant.get(&object.location).await?.bytes().await?.len();
    }
    assert!(read > 0, "metadata is not empty");
    let each = (began.elapsed() - LATENCY) / SAMPLE as u32;
    let pages = (RECORDINGS as usize).div_ceil(PAGE) as u32;
    let one_by_one = each * RECORDINGS as u32 + LATENCY * pages;

    let nanos = |time: Duration| Quantity::Nanoseconds(time.as_nanos() as f64);
    let name = "finding 100 of 100,000 recordings at 20 ms a request, times faster than one after another";
    let faster = Row::new("B9", name, nanos(ours), nanos(one_by_one));
    let name = "requests of that";
    let asked = Quantity::Count(requests as f64);
    Ok(vec![
        faster.ratio(one_by_one.as_secs_f64() / ours.as_secs_f64()).goal(Goal::AtLeast(30.0)),
        Row::new("B9", name, asked, Quantity::Count(RECORDINGS as f64 + f64::from(pages))),
    ])
}
