//! The service over real HTTP: what is recorded of it, and what recording does to its customers.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may fail loudly")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{
    AT_A_TIME, Running, assert_all_replay_equally, assert_answered_as_expected, on_disk, operations,
    recordings, reference, serve,
};
use playback_cassette::{HealthState, Stats, TapeRecorder};
use playback_core::{Call, Recording, Value};
use playback_examples::checkout_service::drive::{KINDS, Request, Sent};
use playback_examples::checkout_service::model::Receipt;
use playback_testkit::MemoryCassette;

/// Whatever has a name is under it, sorted by what was kept of it.
fn by_reference<T: Ord>(all: impl IntoIterator<Item = (String, T)>) -> BTreeMap<String, Vec<T>> {
    let mut named: BTreeMap<String, Vec<T>> = BTreeMap::new();
    for (reference, kept) in all {
        named.entry(reference).or_default().push(kept);
    }
    named.values_mut().for_each(|kept| kept.sort());
    named
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_that_reaches_an_operation_is_recorded_and_replays_equally() {
    let directory = tempfile::tempdir().unwrap();
    let (sent, stats) = serve(10 * KINDS, TapeRecorder::builder(on_disk(directory.path()))).await;
    assert_answered_as_expected(&sent);
    assert!(sent.len() >= 200);

    let mut expected = Stats::default();
    (expected.started, expected.saved) = (operations(&sent), operations(&sent));
    // It is closed.
    assert_eq!(stats.health.state, HealthState::Stopped);
    expected.health = stats.health.clone();
    assert_eq!(stats, expected);

    // Each was recorded once, as what its customer saw.
    let recordings = recordings(&on_disk(directory.path())).await;
    let seen = sent.iter().filter_map(|sent| {
        let failed = sent.status.map(|status| status >= 400);
        Some((sent.request.reference()?.to_owned(), (sent.request.category()?.to_owned(), failed)))
    });
    let kept = recordings.iter().map(|recording| {
        let metadata = recording.metadata();
        let failed = (!metadata.incomplete).then_some(metadata.failed);
        (reference(recording), (metadata.category.clone(), failed))
    });
    assert_eq!(by_reference(kept), by_reference(seen));

    assert_all_replay_equally(directory.path(), operations(&sent)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_holds_what_the_customer_got_and_who_was_asked_for_it() {
    let memory = MemoryCassette::new();
    let (sent, _) = serve(KINDS, TapeRecorder::builder(memory.clone())).await;
    let recordings = recordings(&memory).await;
    let of = |visit| {
        let sent = sent.iter().find(|sent| sent.visit == visit).unwrap();
        recordings.iter().find(|recording| Request::of(recording).unwrap() == sent.request).unwrap()
    };
    let asked = |recording: &Recording| {
        let asked = recording.tape().calls().filter(|call| call.alias().starts_with("shipping."));
        let told = |call: Call<'_>| (call.alias().to_owned(), call.lane().to_vec(), call.failed());
        asked.map(told).collect::<BTreeSet<_>>()
    };
    let offer = |carrier, lane, failed| (format!("shipping.offer/{carrier}"), vec![lane], failed);

    // One of three carriers was down, and each was asked in a lane of its own.
    let recording = of("buys though a carrier is down");
    assert_eq!(
        asked(recording),
        BTreeSet::from([offer("post", 0, false), offer("dash", 1, true), offer("globe", 2, false)])
    );
    let result = recording.tape().operation().unwrap().result().unwrap().unwrap();
    let receipt = result.to::<Result<Receipt, Value>>().unwrap().unwrap();
    let answer = &sent.iter().find(|sent| sent.visit == "buys though a carrier is down").unwrap().answer;
    assert_eq!(serde_json::to_value(receipt).unwrap(), *answer);

    // Whoever hung up did so while the first was asked.
    let recording = of("hangs up");
    assert!(recording.metadata().incomplete);
    assert!(asked(recording).contains(&offer("post", 0, false)));
    assert_eq!(recording.tape().outputs().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_see_no_difference_between_recording_and_not() {
    let memory = MemoryCassette::new();
    let (recorded, _) = serve(2 * KINDS, TapeRecorder::builder(memory.clone())).await;
    let running = Running::start(None).await;
    let unrecorded = running.driver().drive(0..2 * KINDS, AT_A_TIME).await.unwrap();
    assert!(running.driver().flush().await.is_err(), "there is no recorder to be asked");
    assert_eq!(running.stop().await, None);

    // Ids, and numbers in the books, are others every time; prices are not.
    let told = |sent: &[Sent]| {
        let told = sent.iter().map(|sent| (sent.visit, sent.status, sent.answer.get("total").cloned()));
        told.collect::<Vec<_>>()
    };
    assert_answered_as_expected(&unrecorded);
    assert_eq!(told(&recorded), told(&unrecorded));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_is_kept_and_the_rest_is_counted() {
    let memory = MemoryCassette::new();
    let sampled = TapeRecorder::builder(memory.clone()).sampling_rate(0.1).forced_sampling(false).seed(1);
    let (sent, stats) = serve(5 * KINDS, sampled).await;
    assert_answered_as_expected(&sent);
    assert_eq!(stats.started, operations(&sent));
    assert_eq!(stats.saved + stats.sampled_out, stats.started);
    assert_eq!(recordings(&memory).await.len() as u64, stats.saved);
    assert!((1..stats.started / 2).contains(&stats.saved), "{stats:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn recording_is_switched_off_and_on_while_it_serves() {
    let memory = MemoryCassette::new();
    let running = Running::start(Some(TapeRecorder::builder(memory.clone()).build())).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let post = async |path: &str| {
        let answer = client.post(format!("{}{path}", running.service.url())).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    };
    let driver = running.driver();
    driver.visit(0).await.unwrap();
    post("/recorder/off").await;
    driver.visit(1).await.unwrap();
    post("/recorder/on").await;
    driver.visit(2).await.unwrap();
    post("/recorder/flush").await;

    let counts = client.get(format!("{}/recorder", running.service.url())).send().await.unwrap();
    let counts: serde_json::Value = counts.json().await.unwrap();
    assert_eq!((counts["started"].as_u64(), counts["saved"].as_u64()), (Some(2), Some(2)));
    let references: BTreeSet<_> = recordings(&memory).await.iter().map(reference).collect();
    assert_eq!(references, BTreeSet::from(["7-0-0".to_owned(), "7-2-0".to_owned()]));
}
