//! Rules of finding.

use std::time::Duration;

use futures::StreamExt;
use playback_cassette::{Cassette, Order, Query};
use playback_core::{Recording, RecordingId};

use super::broken::{
    Broken, Outcome, categories, ensure, find, finds, ids, loads_as, same, save, save_all, well,
};
use super::sample::{Sample, before, noon, with_metadata};
use super::{OnOne, Rule, rules};

pub(super) const RULES: [Rule<OnOne>; 13] = rules![on one:
    "categories are listed sorted, and kept apart however odd they are" => odd_categories,
    "a lookup of categories finds theirs and no others'" => by_category,
    "a lookup of a period finds from its beginning to before its end" => by_period,
    "a limit is one limit over all categories and days" => by_limit,
    "days take turns by default, each from its newest" => days_in_turn,
    "newest first is newest first, oldest first is oldest first" => both_ways,
    "recordings of one millisecond are found in the order of their ids" => one_millisecond,
    "a random order is the same for the same seed, and a sample of all days" => at_random,
    "incomplete recordings are found only when they are asked for" => incomplete_ones,
    "a lookup of a metadata field finds what has it" => by_field,
    "everything asked for has to be so at once" => by_all,
    "a day of many recordings is found whole" => a_full_day,
    "a lookup that is left half-way, or never begun, does no harm" => left_half_way,
];

/// Categories that a person might use and a place might stumble over.
const ODD_CATEGORIES: [&str; 16] = [
    "Checkout",
    "Checkout2",
    "orders",
    "orders/eu",
    "orders%2Feu",
    "..",
    "a/../b",
    "100% ☂",
    "a\\b?c#d",
    "Aux:",
    ".hidden",
    "trailing.",
    "it's \"quoted\"; DROP TABLE *",
    "Grüße an alle, überall",
    " spaces ",
    "_-~^|<>{}[]`",
];

/// Nine recordings of two categories on three days, three a day: the newest first, day by day.
async fn three_days(cassette: &dyn Cassette) -> Result<Vec<Recording>, Broken> {
    let sample = Sample::new();
    let mut recordings = Vec::new();
    for days in 0..3 {
        for hours in 0..3 {
            let category = if hours == 1 { "Refund" } else { "Checkout" };
            recordings.push(sample.made(category, days, hours)?);
        }
    }
    // Not in the order in which they are to be found.
    save_all(cassette, recordings.iter().skip(4).chain(recordings.iter().take(4))).await?;
    Ok(recordings)
}

fn picked<'r>(recordings: &'r [Recording], picks: &'r [usize]) -> impl Iterator<Item = &'r Recording> {
    picks.iter().filter_map(|&pick| recordings.get(pick))
}

async fn odd_categories(cassette: &dyn Cassette) -> Outcome {
    let sample = Sample::new();
    let mut recordings = Vec::new();
    for category in ODD_CATEGORIES {
        recordings.push(sample.made(category, 0, 0)?);
    }
    save_all(cassette, &recordings).await?;
    let mut sorted = ODD_CATEGORIES.map(str::to_owned).to_vec();
    sorted.sort();
    same("the list of categories", &categories(cassette).await?, &sorted)?;
    for recording in &recordings {
        finds(cassette, &Query::new().category(recording.id().category()), [recording]).await?;
        loads_as(cassette, recording).await?;
    }
    let all = ids(cassette, &Query::new()).await?.len();
    ensure(all == ODD_CATEGORIES.len(), || format!("{all} of {} are found", ODD_CATEGORIES.len()))
}

async fn by_category(cassette: &dyn Cassette) -> Outcome {
    let all = three_days(cassette).await?;
    let query = || Query::new().order(Order::NewestFirst);
    finds(cassette, &query().category("Refund"), picked(&all, &[1, 4, 7])).await?;
    finds(cassette, &query().categories(["Refund", "Checkout", "Refund"]), &all).await?;
    finds(cassette, &query().categories(["Refund", "Unknown"]), picked(&all, &[1, 4, 7])).await?;
    finds(cassette, &query().category("Unknown"), []).await?;
    finds(cassette, &query().category("Check"), []).await
}

async fn by_period(cassette: &dyn Cassette) -> Outcome {
    let all = three_days(cassette).await?;
    let query = |query: Query| query.order(Order::NewestFirst);
    // From the second of the second day until the first of the first, which is not in it.
    finds(cassette, &query(Query::since(before(1, 1)).until(noon())), picked(&all, &[1, 2, 3, 4])).await?;
    finds(cassette, &query(Query::since(noon())), picked(&all, &[0])).await?;
    finds(cassette, &query(Query::since(noon() + Duration::from_millis(1))), []).await?;
    finds(cassette, &query(Query::new().until(before(2, 1))), picked(&all, &[8])).await?;
    finds(cassette, &query(Query::new().recorded(before(1, 2)..=before(1, 1))), picked(&all, &[4, 5]))
        .await?;
    finds(cassette, &query(Query::since(before(9, 0)).until(before(8, 0))), []).await
}

async fn by_limit(cassette: &dyn Cassette) -> Outcome {
    let all = three_days(cassette).await?;
    for (limit, expected) in [(0, 0), (1, 1), (5, 5), (9, 9), (100, 9)] {
        for order in [Order::DaysInTurn, Order::NewestFirst, Order::OldestFirst, Order::Random { seed: 3 }] {
            let whole = ids(cassette, &Query::new().order(order)).await?;
            let cut = ids(cassette, &Query::new().order(order).limit(limit)).await?;
            let beginning: Vec<RecordingId> = whole.into_iter().take(expected).collect();
            same(&format!("{order:?} with a limit of {limit}"), &cut, &beginning)?;
        }
    }
    let query = Query::new().category("Refund").order(Order::NewestFirst).limit(2);
    finds(cassette, &query, picked(&all, &[1, 4])).await
}

async fn days_in_turn(cassette: &dyn Cassette) -> Outcome {
    let all = three_days(cassette).await?;
    finds(cassette, &Query::new(), picked(&all, &[0, 3, 6, 1, 4, 7, 2, 5, 8])).await
}

async fn both_ways(cassette: &dyn Cassette) -> Outcome {
    let all = three_days(cassette).await?;
    finds(cassette, &Query::new().order(Order::NewestFirst), &all).await?;
    finds(cassette, &Query::new().order(Order::OldestFirst), all.iter().rev()).await
}

async fn one_millisecond(cassette: &dyn Cassette) -> Outcome {
    let sample = Sample::new();
    let mut recordings = Vec::new();
    for category in ["Checkout", "Refund", "Checkout", "Audit", "Refund"] {
        recordings.push(sample.made(category, 0, 0)?);
    }
    save_all(cassette, &recordings).await?;
    recordings.sort_by_key(|recording| recording.id().unique().to_owned());
    finds(cassette, &Query::new().order(Order::OldestFirst), &recordings).await?;
    finds(cassette, &Query::new().order(Order::NewestFirst), recordings.iter().rev()).await
}

async fn at_random(cassette: &dyn Cassette) -> Outcome {
    let all = three_days(cassette).await?;
    let mut orders = Vec::new();
    for seed in 0..4 {
        let query = Query::new().order(Order::Random { seed });
        let found = ids(cassette, &query).await?;
        same(&format!("the order of seed {seed}, asked again,"), &ids(cassette, &query).await?, &found)?;
        for round in found.chunks(3) {
            let mut days: Vec<_> = round.iter().map(RecordingId::day).collect();
            days.sort_unstable();
            same("the days that three in a row are of", &days, &vec!["20260129", "20260130", "20260131"])?;
        }
        let (mut sorted, mut expected) =
            (found.clone(), all.iter().map(|recording| recording.id().clone()).collect::<Vec<_>>());
        sorted.sort();
        expected.sort();
        same("what is found at random, sorted,", &sorted, &expected)?;
        orders.push(found);
    }
    let first = orders.first();
    ensure(orders.iter().any(|order| Some(order) != first), || {
        "four seeds give one and the same order".to_owned()
    })
}

async fn incomplete_ones(cassette: &dyn Cassette) -> Outcome {
    let sample = Sample::new();
    let whole = sample.made("Checkout", 0, 1)?;
    let incomplete = with_metadata(&sample.made("Checkout", 0, 0)?, |metadata| metadata.incomplete = true);
    save_all(cassette, [&whole, &incomplete]).await?;
    finds(cassette, &Query::new(), [&whole]).await?;
    finds(cassette, &Query::new().limit(1), [&whole]).await?;
    finds(cassette, &Query::new().include_incomplete(true), [&incomplete, &whole]).await
}

async fn by_field(cassette: &dyn Cassette) -> Outcome {
    let sample = Sample::new();
    let mut recordings = Vec::new();
    for (hours, status) in [(0, 500_u64), (1, 200), (2, 500)] {
        let recording = with_metadata(&sample.made("Checkout", 0, hours)?, |metadata| {
            metadata.fields.insert("status".to_owned(), status.into());
        });
        recordings.push(recording);
    }
    recordings.push(sample.made("Checkout", 0, 3)?);
    save_all(cassette, &recordings).await?;
    finds(cassette, &Query::new().field("status", 500_u64), picked(&recordings, &[0, 2])).await?;
    finds(cassette, &Query::new().field("status", 500_u64).limit(1), picked(&recordings, &[0])).await?;
    finds(cassette, &Query::new().field("status", "500"), []).await?;
    finds(cassette, &Query::new().field("state", 500_u64), []).await
}

async fn by_all(cassette: &dyn Cassette) -> Outcome {
    let all = three_days(cassette).await?;
    let query = Query::since(before(1, 2)).until(noon()).category("Checkout").limit(2);
    finds(cassette, &query.clone().order(Order::NewestFirst), picked(&all, &[2, 3])).await?;
    finds(cassette, &query.clone().order(Order::OldestFirst), picked(&all, &[5, 3])).await?;
    finds(cassette, &query.field("customer", "Ada"), []).await
}

async fn a_full_day(cassette: &dyn Cassette) -> Outcome {
    let sample = Sample::new();
    let mut recordings = Vec::new();
    for milliseconds in 0..120 {
        recordings.push(sample.made_at("Checkout", noon() + Duration::from_millis(milliseconds))?);
    }
    save_all(cassette, &recordings).await?;
    let found = find(cassette, &Query::new().order(Order::OldestFirst)).await?;
    let found: Vec<_> = found.into_iter().map(|found| (found.id, found.metadata)).collect();
    let expected: Vec<_> = recordings.iter().map(|one| (one.id().clone(), one.metadata().clone())).collect();
    same("what is found", &found, &expected)
}

async fn left_half_way(cassette: &dyn Cassette) -> Outcome {
    let all = three_days(cassette).await?;
    drop(cassette.find(&Query::new()));
    let first = cassette.find(&Query::new()).next().await;
    let first = first.ok_or_else(|| Broken("a lookup of nine recordings is empty".to_owned()))?;
    same("the first that is found", &Some(&well("finding", first)?.id), &all.first().map(Recording::id))?;
    save(cassette, &Sample::new().made("Checkout", 5, 0)?).await?;
    let found = ids(cassette, &Query::new()).await?.len();
    ensure(found == 10, || format!("{found} of ten are found after a lookup was left half-way"))
}
