//! B10: saving in the background, against the store's own puts of the same bytes, as many at a time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt, stream};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use playback_cassette::{Background, Cassette};
use playback_cassette_s3::ObjectStoreCassette;
use playback_core::{RecorderExt, Recording};
use playback_testkit::MemoryRecorder;
use tokio::runtime::Runtime;

use crate::pairs::{Side, Timing, in_turns};
use crate::s3_server::Server;
use crate::table::{Goal, Quantity, Row};
use crate::{Error, Outcome, basket};

/// How many recordings are saved at once: what the queue takes by default.
const RECORDINGS: u64 = 1000;

/// How many are on their way at the same time: what the writer does by default.
const AT_A_TIME: usize = 16;

pub(crate) fn run() -> Outcome {
    let runtime = Runtime::new()?;
    let recorder = MemoryRecorder::new();
    recorder.scope_blocking(|| (0..RECORDINGS).for_each(|number| assert!(basket::total(number) > 0)));
    let recordings = recorder.recordings();
    let objects = runtime.block_on(objects(&recordings))?;

    let directory = crate::scratch()?;
    let disk = Arc::new(LocalFileSystem::new_with_prefix(directory.path())?);
    let cassette = ObjectStoreCassette::local(directory.path())?.read_only(false);
    let mut rows = vec![row("disk", &both(&runtime, &recordings, cassette, &objects, disk))];

    let server = runtime.block_on(Server::start());
    let bucket = AmazonS3Builder::new()
        .with_bucket_name("bkt")
        .with_endpoint(format!("http://{}", server.address))
        .with_allow_http(true)
        .with_region("us-east-1")
        .with_access_key_id("AK")
        .with_secret_access_key("SK");
    let bucket = Arc::new(bucket.build()?);
    rows.push(row("a server of S3", &both(&runtime, &recordings, server.cassette(), &objects, bucket)));
    Ok(rows)
}

fn row(place: &str, timings: &[Timing]) -> Row {
    let name = format!("recordings saved to {place} in the background, against puts");
    let a_second = |timing: &Timing| Quantity::PerSecond(RECORDINGS as f64 * 1e9 / timing.nanos);
    let row = Row::new("B10", name, a_second(&timings[0]), a_second(&timings[1]));
    row.ratio(1.0 / timings[1].first_to_this).goal(Goal::AtLeast(0.9))
}

fn both(
    runtime: &Runtime,
    recordings: &[Recording],
    cassette: ObjectStoreCassette,
    objects: &[(Path, PutPayload)],
    store: Arc<dyn ObjectStore>,
) -> Vec<Timing> {
    let background = Background::new(cassette);
    let ours = |times| runtime.block_on(saved(&background, recordings, times));
    let other = |times| runtime.block_on(put(&*store, objects, times));
    in_turns(vec![
        Side::timed("background", move |times| ours(times).expect("they are saved")),
        Side::timed("puts", move |times| other(times).expect("they are put")),
    ])
}

/// The objects that a store has of these recordings, in pairs of tape and metadata.
async fn objects(recordings: &[Recording]) -> Result<Vec<(Path, PutPayload)>, Error> {
    let store = Arc::new(InMemory::new());
    let cassette = ObjectStoreCassette::new(store.clone()).read_only(false);
    for recording in recordings {
        cassette.save(recording).await?;
    }
    let keys: Vec<_> = store.list(None).map_ok(|object| object.location).try_collect().await?;
    // All tapes come before all metadata.
    let (tapes, metadata) = keys.split_at(keys.len() / 2);
    let mut objects = Vec::new();
    for key in tapes.iter().zip(metadata).flat_map(|(tape, metadata)| [tape, metadata]) {
        objects.push((key.clone(), store.get(key).await?.bytes().await?.into()));
    }
    Ok(objects)
}

async fn saved(background: &Background, recordings: &[Recording], times: u64) -> Result<Duration, Error> {
    let began = Instant::now();
    for _ in 0..times {
        for recording in recordings {
            background.save(recording).await?;
        }
        background.flush().await?;
    }
    Ok(began.elapsed())
}

async fn put(store: &dyn ObjectStore, objects: &[(Path, PutPayload)], times: u64) -> Result<Duration, Error> {
    let began = Instant::now();
    for _ in 0..times {
        let pair = |pair: Vec<(Path, PutPayload)>| async move {
            for (key, bytes) in pair {
                store.put(&key, bytes).await?;
            }
            Ok::<_, object_store::Error>(())
        };
        let pairs = objects.chunks(2).map(<[_]>::to_vec);
        stream::iter(pairs).map(pair).buffer_unordered(AT_A_TIME).try_collect::<()>().await?;
    }
    Ok(began.elapsed())
}
