//! The service as a process of its own that ends while customers are served.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may fail loudly")]

use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::pin::pin;
use std::process::{Child, ChildStdout, Command, Stdio};

use futures::future::ready;
use futures::stream::{self, StreamExt};
use playback_cassette::{Cassette, CassetteExt, Query};
use playback_cassette_s3::ObjectStoreCassette;
use playback_examples::checkout_service::drive::{Driver, KINDS, Request, Sent};
use playback_examples::checkout_service::pricing::Tariff;
use playback_examples::checkout_service::tuner::ServiceTuner;
use playback_studio::Studio;

/// `checkout_service serve` in a process of its own.
struct Service {
    child: Child,
    output: BufReader<ChildStdout>,
    driver: Driver,
}

impl Service {
    /// Returns once it listens.
    fn start(recordings: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_checkout_service"))
            .args(["serve", "--port", "0", "--shipping-port", "0", "--grace", "60", "--record"])
            .arg(format!("file://{}", recordings.display()))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = |start: &str| {
            let mut line = String::new();
            output.read_line(&mut line).unwrap();
            line.trim().strip_prefix(start).unwrap_or_else(|| panic!("{line:?}")).to_owned()
        };
        let (service, shipping) = (line("listening on "), line("shipping on "));
        assert!(line("recordings: ").starts_with("file://"));
        let driver = Driver::new(service, shipping, 7).unwrap();
        Self { child, output, driver }
    }

    /// Sends customers, and a signal to the service when `after` of them are done; more come until they find nobody
    /// there. Returns what was answered.
    async fn drive_and_signal(&self, after: usize, signal: &str) -> Vec<Sent> {
        let gone = Cell::new(false);
        let visits = stream::iter(0..).take_while(|_| ready(!gone.get()));
        let mut visits = pin!(visits.map(|number| self.driver.visit(number)).buffer_unordered(16));
        let mut answered = Vec::new();
        let mut done = 0;
        while let Some(visit) = visits.next().await {
            match visit {
                Ok(sent) => answered.extend(sent),
                Err(error) => {
                    assert!(done >= after, "{error}");
                    gone.set(true);
                }
            }
            done += 1;
            if done == after {
                let sent =
                    Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
                assert!(sent.success());
            }
        }
        answered
    }

    /// What it says at its end, and whether it ends well.
    fn wait(&mut self) -> (String, bool) {
        let mut last = String::new();
        self.output.read_to_string(&mut last).unwrap();
        (last, self.child.wait().unwrap().success())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The requests that were recorded.
async fn recorded(directory: &Path) -> Vec<Request> {
    let cassette = ObjectStoreCassette::local(directory).unwrap();
    let mut recorded = Vec::new();
    for found in cassette.find_all(&Query::new().include_incomplete(true)).await.unwrap() {
        recorded.push(Request::of(&cassette.load(&found.id).await.unwrap()).unwrap());
    }
    recorded
}

/// The names that customers gave their requests.
fn references<'a>(requests: impl IntoIterator<Item = &'a Request>) -> BTreeSet<String> {
    requests.into_iter().filter_map(Request::reference).map(str::to_owned).collect()
}

async fn assert_all_replay_equally(directory: &Path, expected: usize) {
    let cassette = ObjectStoreCassette::local(directory).unwrap();
    let query = Query::new().include_incomplete(true);
    let report = Studio::new(cassette, ServiceTuner::new(Tariff::CURRENT)).lookup(query).play().await;
    assert!(report.is_all_equal(), "{report}");
    assert_eq!(report.counts().total(), expected);
}

#[tokio::test]
async fn asked_to_end_it_answers_all_that_it_has_taken_and_loses_no_recording() {
    let directory = tempfile::tempdir().unwrap();
    let mut service = Service::start(directory.path());
    let answered = service.drive_and_signal(2 * KINDS, "-TERM").await;
    let (last, ended_well) = service.wait();
    assert!(ended_well);

    let counts: serde_json::Value =
        serde_json::from_str(last.trim().strip_prefix("recorded: ").unwrap()).unwrap();
    let recorded = recorded(directory.path()).await;
    assert_eq!(counts["saved"].as_u64(), Some(recorded.len() as u64), "{counts}");
    assert_eq!(counts["started"], counts["saved"], "{counts}");
    assert!(references(&recorded).is_superset(&references(answered.iter().map(|sent| &sent.request))));
    assert_all_replay_equally(directory.path(), recorded.len()).await;
}

#[tokio::test]
async fn killed_it_leaves_whole_recordings_and_all_that_were_flushed() {
    let directory = tempfile::tempdir().unwrap();
    let mut service = Service::start(directory.path());
    let flushed = service.driver.drive(KINDS, 4).await.unwrap();
    service.driver.flush().await.unwrap();

    // The same customers come again: some are taken for second clicks, which are recorded as well.
    service.drive_and_signal(2 * KINDS, "-KILL").await;
    let (last, ended_well) = service.wait();
    assert_eq!((last.as_str(), ended_well), ("", false));

    let recorded = recorded(directory.path()).await;
    assert!(references(&recorded).is_superset(&references(flushed.iter().map(|sent| &sent.request))));
    assert_all_replay_equally(directory.path(), recorded.len()).await;
}
