//! The service as a process of its own that ends while customers are served.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may fail loudly")]

mod common;

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Instant;

use common::{
    LONG, assert_all_replay_equally, assert_answered_as_expected, drive_through, operations, recordings,
    references,
};
use playback_cassette_s3::ObjectStoreCassette;
use playback_examples::checkout_service::drive::{Driver, KINDS, Request, Sent};

const PROGRAM: &str = env!("CARGO_BIN_EXE_checkout_service");

/// `checkout_service serve` in a process of its own.
struct Service {
    child: Child,
    output: BufReader<ChildStdout>,
    driver: Driver,
}

impl Service {
    /// Returns once it listens.
    fn start(recordings: &Path) -> Self {
        Self::spawn(&mut Command::new(PROGRAM), recordings)
    }

    /// Files cannot grow past 512 or 1,024 bytes, of which recordings have some more and some less: that stands in for a
    /// disk that is all but full.
    fn start_on_a_full_disk(recordings: &Path) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; ulimit -f 1 && exec \"$0\" \"$@\"", PROGRAM]);
        // Its log is full of it, and what is printed may go to a file as well.
        Self::spawn(command.stderr(Stdio::null()), recordings)
    }

    fn spawn(command: &mut Command, recordings: &Path) -> Self {
        let mut child = command
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
        drive_through(&self.driver, after, || self.signal(signal)).await
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
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
/// Whether there is the metadata of a recording, which is written last.
fn has_metadata(directory: &Path) -> bool {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| match path.is_dir() {
        true => has_metadata(&path),
        // Of what is being written the name has a `#` in it.
        false => {
            let path = path.display().to_string();
            path.contains("/metadata/") && !path.contains('#')
        }
    })
}

async fn recorded(directory: &Path) -> Vec<Request> {
    let recordings = recordings(&ObjectStoreCassette::local(directory).unwrap()).await;
    recordings.iter().map(|recording| Request::of(recording).unwrap()).collect()
}

/// The counts that are told at the end, which add up.
fn counts(last: &str) -> impl Fn(&str) -> u64 {
    let counts: serde_json::Value =
        serde_json::from_str(last.trim().strip_prefix("recorded: ").unwrap()).unwrap();
    let count = move |path: &str| counts.pointer(path).unwrap().as_u64().unwrap();
    let dropped = ["queue_full", "backed_off", "paused", "closed", "unwritten"];
    let dropped: u64 = dropped.iter().map(|reason| count(&format!("/dropped/{reason}"))).sum();
    assert_eq!(
        count("/started"),
        count("/saved") + count("/sampled_out") + count("/discarded") + dropped + count("/failed"),
        "{last}"
    );
    assert_eq!(count("/in_flight"), 0, "{last}");
    count
}

#[tokio::test]
async fn asked_to_end_it_answers_all_that_it_has_taken_and_loses_no_recording() {
    let directory = tempfile::tempdir().unwrap();
    let mut service = Service::start(directory.path());
    let answered = service.drive_and_signal(2 * KINDS, "-TERM").await;
    let (last, ended_well) = service.wait();
    assert!(ended_well);
    assert_answered_as_expected(&answered);

    let count = counts(&last);
    let recorded = recorded(directory.path()).await;
    assert_eq!(
        (count("/saved"), count("/started")),
        (recorded.len() as u64, recorded.len() as u64),
        "{last}"
    );
    assert!(references(&recorded).is_superset(&references(answered.iter().map(|sent| &sent.request))));
    assert_all_replay_equally(directory.path(), recorded.len() as u64).await;
}

#[tokio::test]
async fn on_a_disk_that_is_full_it_serves_until_asked_to_end_and_counts_what_found_no_room() {
    let directory = tempfile::tempdir().unwrap();
    let mut service = Service::start_on_a_full_disk(directory.path());
    let answered = service.drive_and_signal(2 * KINDS, "-TERM").await;
    let (last, ended_well) = service.wait();
    assert!(ended_well);
    assert_answered_as_expected(&answered);

    // Nothing that is half can be found.
    let count = counts(&last);
    let recorded = recorded(directory.path()).await.len() as u64;
    assert_eq!(count("/saved"), recorded, "{last}");
    assert!(count("/saved") > 0 && count("/failed") > 0, "{last}");
    assert!(count("/started") >= operations(&answered), "{last}");
    assert_all_replay_equally(directory.path(), recorded).await;
}

#[tokio::test]
async fn killed_it_leaves_whole_recordings_and_all_that_were_flushed() {
    let directory = tempfile::tempdir().unwrap();
    let mut service = Service::start(directory.path());
    let flushed = service.driver.drive(0..KINDS, 4).await.unwrap();
    service.driver.flush().await.unwrap();

    // The same customers come again: some are taken for second clicks, which are recorded as well.
    service.drive_and_signal(2 * KINDS, "-KILL").await;
    let (last, ended_well) = service.wait();
    assert_eq!((last.as_str(), ended_well), ("", false));

    let recorded = recorded(directory.path()).await;
    assert!(references(&recorded).is_superset(&references(flushed.iter().map(|sent| &sent.request))));
    assert_all_replay_equally(directory.path(), recorded.len() as u64).await;
}

#[tokio::test]
async fn killed_on_a_disk_that_is_full_it_leaves_whole_recordings_and_nothing_else_that_can_be_found() {
    let directory = tempfile::tempdir().unwrap();
    let mut service = Service::start_on_a_full_disk(directory.path());
    let kill = || {
        // Not before the first is there whole.
        let since = Instant::now();
        while !has_metadata(directory.path()) {
            assert!(since.elapsed() < LONG, "nothing was saved");
            std::thread::yield_now();
        }
        service.signal("-KILL");
    };
    drive_through(&service.driver, 2 * KINDS, kill).await;
    let (last, ended_well) = service.wait();
    assert_eq!((last.as_str(), ended_well), ("", false));

    let recorded = recorded(directory.path()).await.len() as u64;
    assert_all_replay_equally(directory.path(), recorded).await;
}
