//! Rules of saving, loading and deleting.

use playback_cassette::{Cassette, Query};

use super::broken::{
    Outcome, categories, delete, ensure, find, finds, loads_as, not_found, same, save, save_all,
};
use super::sample::{
    Sample, before, empty, every_field, every_kind_of_call, large, noise, noon, with_bytes, with_metadata,
};
use super::{OnOne, Rule, rules};

pub(super) const RULES: [Rule<OnOne>; 13] = rules![on one:
    "calls of every kind load as they were saved" => calls_of_every_kind,
    "metadata loads as it was saved, to the nanosecond and the last field" => all_metadata,
    "every combination of failed and incomplete is kept" => flags,
    "a recording of nothing is a recording" => nothing,
    "every byte survives" => every_byte,
    "a recording of many megabytes and calls is kept" => a_large_one,
    "an empty cassette has nothing" => an_empty_one,
    "an unknown id is not found, whatever is beside it" => an_unknown_id,
    "saving the same recording again is well and changes nothing" => saving_twice,
    "saving an id again replaces what was there, all of it" => replacing,
    "what is deleted is gone, and deleting nothing is well" => deleting,
    "what was deleted can be saved again" => saving_after_deleting,
    "recordings are told apart by each part of their ids" => alike_ids,
];

async fn calls_of_every_kind(cassette: &dyn Cassette) -> Outcome {
    let recording = every_kind_of_call(&Sample::new().id("Checkout", noon())?)?;
    save(cassette, &recording).await?;
    loads_as(cassette, &recording).await
}

async fn all_metadata(cassette: &dyn Cassette) -> Outcome {
    let recording = with_metadata(&Sample::new().made("Checkout", 0, 0)?, every_field);
    save(cassette, &recording).await?;
    loads_as(cassette, &recording).await?;
    let found = find(cassette, &Query::new()).await?;
    let found: Vec<_> = found.into_iter().map(|found| (found.id, found.metadata)).collect();
    same("what is found", &found, &vec![(recording.id().clone(), recording.metadata().clone())])
}

async fn flags(cassette: &dyn Cassette) -> Outcome {
    let sample = Sample::new();
    for (failed, incomplete) in [(false, false), (false, true), (true, false), (true, true)] {
        let recording = with_metadata(&sample.made("Checkout", 0, 0)?, |metadata| {
            (metadata.failed, metadata.incomplete) = (failed, incomplete);
        });
        save(cassette, &recording).await?;
        loads_as(cassette, &recording).await?;
    }
    Ok(())
}

async fn nothing(cassette: &dyn Cassette) -> Outcome {
    let recording = empty(&Sample::new().id("Checkout", noon())?)?;
    save(cassette, &recording).await?;
    loads_as(cassette, &recording).await
}

async fn every_byte(cassette: &dyn Cassette) -> Outcome {
    let id = Sample::new().id("Checkout", noon())?;
    let bytes = (0..=255).chain(noise(300_000)).chain([0; 70_000]).chain((0..=255).rev()).collect();
    let recording = with_bytes(&id, noon(), bytes)?;
    save(cassette, &recording).await?;
    loads_as(cassette, &recording).await
}

async fn a_large_one(cassette: &dyn Cassette) -> Outcome {
    let recording = large(&Sample::new().id("Checkout", noon())?, 4_000, 1_024)?;
    save(cassette, &recording).await?;
    loads_as(cassette, &recording).await
}

async fn an_empty_one(cassette: &dyn Cassette) -> Outcome {
    same("the categories of an empty cassette", &categories(cassette).await?, &vec![])?;
    finds(cassette, &Query::new(), []).await?;
    finds(cassette, &Query::new().category("Checkout"), []).await
}

async fn an_unknown_id(cassette: &dyn Cassette) -> Outcome {
    let sample = Sample::new();
    let unknown = sample.id("Checkout", noon())?;
    not_found(cassette, &unknown).await?;
    save(cassette, &sample.made("Checkout", 0, 0)?).await?;
    not_found(cassette, &unknown).await?;
    not_found(cassette, &sample.id("Checkout", before(1, 0))?).await?;
    not_found(cassette, &sample.id("Refund", noon())?).await
}

async fn saving_twice(cassette: &dyn Cassette) -> Outcome {
    let recording = Sample::new().made("Checkout", 0, 0)?;
    save_all(cassette, [&recording, &recording]).await?;
    loads_as(cassette, &recording).await?;
    finds(cassette, &Query::new(), [&recording]).await
}

async fn replacing(cassette: &dyn Cassette) -> Outcome {
    let sample = Sample::new();
    let id = sample.id("Checkout", noon())?;
    let long = with_metadata(&with_bytes(&id, noon(), noise(100_000))?, every_field);
    let short = with_bytes(&id, noon(), vec![9])?;
    // Read in between, so that what remembers what it has read is caught.
    for recording in [&long, &short, &long] {
        save(cassette, recording).await?;
        loads_as(cassette, recording).await?;
        let found = find(cassette, &Query::new()).await?;
        let found: Vec<_> = found.into_iter().map(|found| found.metadata).collect();
        same("the metadata that is found", &found, &vec![recording.metadata().clone()])?;
    }
    Ok(())
}

async fn deleting(cassette: &dyn Cassette) -> Outcome {
    let sample = Sample::new();
    let (gone, stays) = (sample.made("Checkout", 0, 0)?, sample.made("Checkout", 0, 1)?);
    delete(cassette, gone.id()).await?;
    save_all(cassette, [&gone, &stays]).await?;
    loads_as(cassette, &gone).await?;
    for _ in 0..2 {
        delete(cassette, gone.id()).await?;
        not_found(cassette, gone.id()).await?;
        finds(cassette, &Query::new(), [&stays]).await?;
        loads_as(cassette, &stays).await?;
    }
    Ok(())
}

async fn saving_after_deleting(cassette: &dyn Cassette) -> Outcome {
    let recording = Sample::new().made("Checkout", 0, 0)?;
    save(cassette, &recording).await?;
    delete(cassette, recording.id()).await?;
    finds(cassette, &Query::new(), []).await?;
    save(cassette, &recording).await?;
    loads_as(cassette, &recording).await?;
    finds(cassette, &Query::new(), [&recording]).await
}

async fn alike_ids(cassette: &dyn Cassette) -> Outcome {
    let id = Sample::new().id("Checkout", noon())?;
    let texts = [
        id.to_string(),
        format!("Refund/{}/{}", id.day(), id.unique()),
        format!("Checkout/20260130/{}", id.unique()),
        format!("Checkout/{}/01KG8V3Q2E9T0000000000000A", id.day()),
    ];
    let mut recordings = Vec::new();
    for (number, text) in (0..).zip(texts) {
        let id = well_formed(&text)?;
        recordings.push(with_bytes(&id, noon(), vec![number])?);
    }
    save_all(cassette, &recordings).await?;
    for recording in &recordings {
        loads_as(cassette, recording).await?;
    }
    let Some((deleted, others)) = recordings.split_first() else { return Ok(()) };
    delete(cassette, deleted.id()).await?;
    for recording in others {
        loads_as(cassette, recording).await?;
    }
    let left = find(cassette, &Query::new()).await?.len();
    ensure(left == others.len(), || format!("deleting {} left {left} of {}", deleted.id(), others.len()))
}

fn well_formed(id: &str) -> Result<playback_core::RecordingId, super::Broken> {
    id.parse().map_err(|error| super::Broken(format!("the rule is at fault: {error}")))
}
