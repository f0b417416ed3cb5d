//! With the recordings of a store: one in memory, so that its own time is small.

use std::sync::Arc;

use futures::TryStreamExt;
use object_store::memory::InMemory;
use playback_cassette::{Cassette, CassetteExt, Query};
use playback_cassette_s3::ObjectStoreCassette;
use tokio::runtime::Runtime;

use crate::Error;
use crate::growth::Growth;
use crate::many::{fill, wanted};
use crate::pairs::{Side, in_turns};

const SIZES: [u64; 5] = [10, 100, 1_000, 10_000, 100_000];

pub(crate) fn run() -> Result<Growth, Error> {
    let names = ["loading one", "finding one", "filtering, for each there is"];
    let mut growth = Growth::new("recordings of a store", "a call", &names);
    for recordings in SIZES {
        let runtime = Runtime::new()?;
        let cassette = ObjectStoreCassette::new(Arc::new(InMemory::new())).read_only(false);
        runtime.block_on(fill(&cassette, recordings))?;
        let first = Query::new().category("Basket").limit(1);
        let found = runtime.block_on(cassette.find_all(&first))?;
        let id = &found.first().ok_or("there is one")?.id;
        let timings = in_turns(vec![
            Side::new("load", || runtime.block_on(cassette.load(id))),
            Side::new("find one", || runtime.block_on(cassette.find_all(&first))),
            Side::new("filter", || runtime.block_on(cassette.find(&wanted()).try_collect::<Vec<_>>())),
        ]);
        let nanos = |number: usize| timings[number].least;
        growth.add(recordings, &[nanos(0), nanos(1), nanos(2) / recordings as f64]);
    }
    Ok(growth)
}
