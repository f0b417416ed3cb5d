//! What the tests of the service share: the service in this process, and what became of its customers.
#![allow(dead_code, reason = "each test file takes what it needs")]

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use futures::future::ready;
use futures::stream::{self, StreamExt};
use playback_cassette::{Cassette, CassetteExt, Query, Stats, TapeRecorder, TapeRecorderBuilder};
use playback_cassette_s3::ObjectStoreCassette;
use playback_core::Recording;
use playback_examples::checkout_service::database::Database;
use playback_examples::checkout_service::drive::{Driver, Request, Sent};
use playback_examples::checkout_service::pricing::Tariff;
use playback_examples::checkout_service::server::Server;
use playback_examples::checkout_service::shipping::client::Shipping;
use playback_examples::checkout_service::shop::Shop;
use playback_examples::checkout_service::tuner::ServiceTuner;
use playback_examples::checkout_service::{app, shipping};
use playback_studio::Studio;

/// Longer than anything here takes.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// How many customers come at the same time.
pub(crate) const AT_A_TIME: usize = 16;

/// A service and its shipping service, each on a port of its own.
pub(crate) struct Running {
    pub(crate) service: Server,
    shipping: Server,
    recorder: Option<TapeRecorder>,
}

impl Running {
    pub(crate) async fn start(recorder: Option<TapeRecorder>) -> Self {
        let shipping = Server::start(shipping::server::router(), "127.0.0.1:0").await.unwrap();
        let client = Shipping::at(shipping.url(), LONG).unwrap();
        let shop = Shop::new(Database::open(":memory:").unwrap(), client, Tariff::CURRENT);
        let service = Server::start(app::router(shop, recorder.clone()), "127.0.0.1:0").await.unwrap();
        Self { service, shipping, recorder }
    }

    pub(crate) fn driver(&self) -> Driver {
        Driver::new(self.service.url(), self.shipping.url(), 7).unwrap()
    }

    /// Stops it as `main` does, and returns what became of its recordings.
    pub(crate) async fn stop(self) -> Option<Stats> {
        self.stop_within(LONG).await
    }

    /// Stops it with so much time for the recordings that wait.
    pub(crate) async fn stop_within(self, time: Duration) -> Option<Stats> {
        assert!(self.service.stop(LONG).await.unwrap());
        let recorder = self.recorder?;
        // What was not written is counted.
        let _ = recorder.close(time).await;
        Some(recorder.stats())
    }
}

/// Serves customers, with a recorder set up so.
pub(crate) async fn serve(visits: usize, recorder: TapeRecorderBuilder) -> (Vec<Sent>, Stats) {
    let running = Running::start(Some(recorder.build())).await;
    let sent = running.driver().drive(0..visits, AT_A_TIME).await.unwrap();
    (sent, running.stop().await.unwrap())
}

/// Sends customers, and does something when `after` of them are done; more come until they find nobody there. Returns
/// what was answered.
pub(crate) async fn drive_through(driver: &Driver, after: usize, act: impl FnOnce()) -> Vec<Sent> {
    let gone = Cell::new(false);
    let visits = stream::iter(0..).take_while(|_| ready(!gone.get()));
    let mut visits = pin!(visits.map(|number| driver.visit(number)).buffer_unordered(AT_A_TIME));
    let mut act = Some(act);
    let mut answered = Vec::new();
    let mut done = 0;
    while let Some(visit) = visits.next().await {
        match visit {
            Ok(sent) => answered.extend(sent),
            Err(error) => {
                assert!(act.is_none(), "{error}");
                gone.set(true);
            }
        }
        done += 1;
        if done >= after
            && let Some(act) = act.take()
        {
            act();
        }
    }
    answered
}

pub(crate) fn on_disk(directory: &Path) -> ObjectStoreCassette {
    ObjectStoreCassette::local(directory).unwrap().read_only(false)
}

/// The requests that reach an operation.
pub(crate) fn operations(sent: &[Sent]) -> u64 {
    sent.iter().filter(|sent| sent.request.category().is_some()).count() as u64
}

pub(crate) fn assert_answered_as_expected(sent: &[Sent]) {
    for request in sent {
        assert_eq!(request.status, request.expected, "{request:?}");
    }
}

pub(crate) async fn recordings(cassette: &impl Cassette) -> Vec<Recording> {
    let mut recordings = Vec::new();
    for found in cassette.find_all(&Query::new().include_incomplete(true)).await.unwrap() {
        recordings.push(cassette.load(&found.id).await.unwrap());
    }
    recordings
}

/// The name that the customer gave the request.
pub(crate) fn reference(recording: &Recording) -> String {
    Request::of(recording).unwrap().reference().unwrap().to_owned()
}

/// The names that customers gave their requests.
pub(crate) fn references<'a>(requests: impl IntoIterator<Item = &'a Request>) -> BTreeSet<String> {
    requests.into_iter().filter_map(Request::reference).map(str::to_owned).collect()
}

/// Whatever is in a directory is so many recordings, which are replayed without a database and without a shipping
/// service.
pub(crate) async fn assert_all_replay_equally(directory: &Path, expected: u64) {
    let cassette = ObjectStoreCassette::local(directory).unwrap();
    let query = Query::new().include_incomplete(true);
    let studio = Studio::new(cassette, ServiceTuner::new(Tariff::CURRENT)).lookup(query);
    // Other tests of this process run for real at the same time.
    let report = studio.tolerate_escapes().play().await;
    assert!(report.is_all_equal(), "{report}");
    assert_eq!(report.counts().total() as u64, expected);
}
