//! The service over real HTTP: what is recorded of it, and what recording does to its customers.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may fail loudly")]

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;

use playback_cassette::{Cassette, CassetteExt, Query, Stats, TapeRecorder, TapeRecorderBuilder};
use playback_cassette_s3::ObjectStoreCassette;
use playback_core::{Call, Recording, Value};
use playback_examples::checkout_service::database::Database;
use playback_examples::checkout_service::drive::{Driver, KINDS, Request, Sent};
use playback_examples::checkout_service::model::Receipt;
use playback_examples::checkout_service::pricing::Tariff;
use playback_examples::checkout_service::server::Server;
use playback_examples::checkout_service::shipping::client::Shipping;
use playback_examples::checkout_service::shop::Shop;
use playback_examples::checkout_service::tuner::ServiceTuner;
use playback_examples::checkout_service::{app, shipping};
use playback_studio::Studio;
use playback_testkit::MemoryCassette;
use playback_testkit::faults::{Faulty, Method};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(60);

/// A service and its shipping service, each on a port of its own.
struct Running {
    service: Server,
    shipping: Server,
    recorder: Option<TapeRecorder>,
}

impl Running {
    async fn start(recorder: Option<TapeRecorder>) -> Self {
        let shipping = Server::start(shipping::server::router(), "127.0.0.1:0").await.unwrap();
        let client = Shipping::at(shipping.url(), LONG).unwrap();
        let shop = Shop::new(Database::open(":memory:").unwrap(), client, Tariff::CURRENT);
        let service = Server::start(app::router(shop, recorder.clone()), "127.0.0.1:0").await.unwrap();
        Self { service, shipping, recorder }
    }

    fn driver(&self) -> Driver {
        Driver::new(self.service.url(), self.shipping.url(), 7).unwrap()
    }

    /// Stops it as `main` does, and returns what became of its recordings.
    async fn stop(self) -> Option<Stats> {
        assert!(self.service.stop(LONG).await.unwrap());
        let recorder = self.recorder?;
        // What was not written is counted.
        let _ = recorder.close(LONG).await;
        Some(recorder.stats())
    }
}

/// Serves customers, with a recorder set up so.
async fn serve(visits: usize, recorder: TapeRecorderBuilder) -> (Vec<Sent>, Stats) {
    let running = Running::start(Some(recorder.build())).await;
    let sent = running.driver().drive(visits, 16).await.unwrap();
    (sent, running.stop().await.unwrap())
}

fn on_disk(directory: &Path) -> ObjectStoreCassette {
    ObjectStoreCassette::local(directory).unwrap().read_only(false)
}

/// The requests that reach an operation.
fn operations(sent: &[Sent]) -> u64 {
    sent.iter().filter(|sent| sent.request.category().is_some()).count() as u64
}

fn assert_answered_as_expected(sent: &[Sent]) {
    for request in sent {
        assert_eq!(request.status, request.expected, "{request:?}");
    }
}

async fn recordings(cassette: &impl Cassette) -> Vec<Recording> {
    let mut recordings = Vec::new();
    for found in cassette.find_all(&Query::new().include_incomplete(true)).await.unwrap() {
        recordings.push(cassette.load(&found.id).await.unwrap());
    }
    recordings
}

/// The name that the customer gave the request.
fn reference(recording: &Recording) -> String {
    Request::of(recording).unwrap().reference().unwrap().to_owned()
}

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

    // All are replayed, without a database and without a shipping service.
    let query = Query::new().include_incomplete(true);
    let studio = Studio::new(on_disk(directory.path()), ServiceTuner::new(Tariff::CURRENT)).lookup(query);
    // Other tests of this process run for real at the same time.
    let report = studio.tolerate_escapes().play().await;
    assert!(report.is_all_equal(), "{report}");
    assert_eq!(report.counts().total() as u64, operations(&sent));
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
    let unrecorded = running.driver().drive(2 * KINDS, 16).await.unwrap();
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
async fn a_store_that_takes_nothing_costs_no_customer_anything() {
    let refusing = ObjectStoreCassette::memory().read_only(true);
    let (sent, stats) = serve(2 * KINDS, TapeRecorder::builder(refusing)).await;
    assert_answered_as_expected(&sent);
    // Once enough have failed, the store is left alone.
    assert_eq!((stats.started, stats.failed + stats.dropped.paused), (operations(&sent), operations(&sent)));
    assert!(stats.failed > 0 && stats.saved == 0, "{stats:?}");
    let error = stats.health.last_error.unwrap();
    assert!(error.text.contains("is open for reading only"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_never_answers_costs_no_customer_anything_and_holds_up_no_end() {
    let waiting = NonZeroUsize::new(10).unwrap();
    let store = Faulty::new(MemoryCassette::new());
    store.hold(Method::Save);
    let recorder = TapeRecorder::builder(store).queue_recordings(waiting).build();
    let running = Running::start(Some(recorder.clone())).await;
    let sent = running.driver().drive(2 * KINDS, 16).await.unwrap();
    assert_answered_as_expected(&sent);
    assert!(running.service.stop(LONG).await.unwrap());
    assert!(recorder.close(Duration::ZERO).await.is_err());

    let stats = recorder.stats();
    assert_eq!((stats.started, stats.saved, stats.in_flight.total()), (operations(&sent), 0, 0));
    let dropped = stats.dropped;
    assert!((1..=10).contains(&dropped.unwritten), "{stats:?}");
    assert_eq!(dropped.queue_full + dropped.backed_off + dropped.unwritten, stats.started);
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
