//! A store with many recordings.

use futures::{StreamExt, TryStreamExt, stream};
use playback_cassette::{Cassette, Query};
use playback_cassette_s3::ObjectStoreCassette;
use playback_core::{RecorderExt, add_metadata, operation};
use playback_testkit::MemoryRecorder;

use crate::Error;

/// Saves so many recordings, one of a thousand of which is [`wanted`].
pub(crate) async fn fill(cassette: &ObjectStoreCassette, recordings: u64) -> Result<(), Error> {
    let recorder = MemoryRecorder::new();
    recorder.scope_blocking(|| {
        for number in 0..recordings {
            operation("Basket").args(&(number,)).run(|| add_metadata("customer", &(number % 1000)));
        }
    });
    let save = |recording| async move { cassette.save(&recording).await };
    stream::iter(recorder.recordings()).map(save).buffer_unordered(16).try_collect::<()>().await?;
    Ok(())
}

/// One customer's.
pub(crate) fn wanted() -> Query {
    Query::new().category("Basket").field("customer", 500)
}
