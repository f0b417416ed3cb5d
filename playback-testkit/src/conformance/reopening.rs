//! Rules of recordings that outlive the value that saved them: two values, one place.

use futures::future::{join, join_all};
use playback_cassette::{Cassette, Query};
use playback_core::{Recording, RecordingId};

use super::broken::{
    Broken, Outcome, categories, close, delete, ensure, finds, ids, load, loads_as, not_found, same, save,
    save_all,
};
use super::sample::{Sample, noise, noon, with_bytes};
use super::{OnTwo, Rule, rules};

pub(super) const RULES: [Rule<OnTwo>; 4] = rules![on two:
    "what one saved, another has" => seen_by_another,
    "what one replaced or deleted is so for another" => changed_by_another,
    "closing one takes nothing from another" => closed,
    "two that write at once do not mix" => two_at_once,
];

async fn seen_by_another(one: &dyn Cassette, other: &dyn Cassette) -> Outcome {
    let sample = Sample::new();
    let (first, second) = (sample.made("Checkout", 0, 1)?, sample.made("orders/eu ☂", 0, 0)?);
    save_all(one, [&first, &second]).await?;
    loads_as(other, &first).await?;
    finds(other, &Query::new(), [&second, &first]).await?;
    same(
        "the list of categories",
        &categories(other).await?,
        &vec!["Checkout".to_owned(), "orders/eu ☂".to_owned()],
    )
}

async fn changed_by_another(one: &dyn Cassette, other: &dyn Cassette) -> Outcome {
    let first = Sample::new().made("Checkout", 0, 0)?;
    let second = with_bytes(first.id(), noon(), noise(1000))?;
    save(one, &first).await?;
    save(other, &second).await?;
    loads_as(one, &second).await?;
    delete(other, first.id()).await?;
    not_found(one, first.id()).await?;
    finds(one, &Query::new(), []).await
}

async fn closed(one: &dyn Cassette, other: &dyn Cassette) -> Outcome {
    let recording = Sample::new().made("Checkout", 0, 0)?;
    save(one, &recording).await?;
    close(one).await?;
    loads_as(other, &recording).await?;
    finds(other, &Query::new(), [&recording]).await?;
    close(other).await
}

async fn two_at_once(one: &dyn Cassette, other: &dyn Cassette) -> Outcome {
    let sample = Sample::new();
    let mut recordings = Vec::new();
    for number in 0..20 {
        recordings.push(with_bytes(&sample.id("Checkout", noon())?, noon(), vec![number; 5000])?);
    }
    let contested = sample.id("Checkout", noon())?;
    let (mine, theirs) =
        (with_bytes(&contested, noon(), noise(200_000))?, with_bytes(&contested, noon(), vec![7])?);
    let (evens, odds): (Vec<_>, Vec<_>) = recordings.iter().enumerate().partition(|(at, _)| at % 2 == 0);
    let write = |cassette, all: Vec<(usize, _)>, contested| {
        let all = all.into_iter().map(|(_, recording)| recording).chain([contested]);
        join_all(all.map(move |recording| save(cassette, recording)))
    };
    let (by_one, by_other) = join(write(one, evens, &mine), write(other, odds, &theirs)).await;
    by_one.into_iter().chain(by_other).collect::<Result<(), Broken>>()?;
    for cassette in [one, other] {
        for recording in &recordings {
            loads_as(cassette, recording).await?;
        }
        let winner = load(cassette, &contested).await?;
        ensure(winner == mine || winner == theirs, || {
            format!("two writers of {contested} left a recording that neither of them wrote: {winner:?}")
        })?;
        let mut found = ids(cassette, &Query::new()).await?;
        found.sort();
        let all = recordings.iter().chain([&mine]).map(Recording::id).cloned();
        let mut expected: Vec<RecordingId> = all.collect();
        expected.sort();
        same("what is found, sorted,", &found, &expected)?;
    }
    Ok(())
}
