//! What goes wrong while the service is recorded costs no customer anything, and is counted to the last operation.
//!
//! A full disk and what ends the process are tried in `process.rs`, and all of it for long by the soak beside.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests may fail loudly")]

mod common;

use std::fs;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use common::{
    AT_A_TIME, LONG, Running, assert_all_replay_equally, assert_answered_as_expected, drive_through, on_disk,
    operations, recordings, serve,
};
use playback_cassette::{
    Clock, ErrorKind, HealthState, Stats, SystemClock, TapeRecorder, TapeRecorderBuilder,
};
use playback_cassette_s3::ObjectStoreCassette;
use playback_examples::checkout_service::drive::{Driver, KINDS, Sent};
use playback_testkit::MemoryCassette;
use playback_testkit::faults::{Faulty, Method, SetClock};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

/// How long a save takes in a store that is slow. Whoever is answered sooner has not waited for one.
const SLOW: Duration = Duration::from_secs(30);

/// A service whose recorder a test looks at.
struct Recorded {
    running: Running,
    driver: Driver,
    recorder: TapeRecorder,
    sent: Vec<Sent>,
}

impl Recorded {
    async fn start(recorder: TapeRecorderBuilder) -> Self {
        let recorder = recorder.build();
        let running = Running::start(Some(recorder.clone())).await;
        Self { driver: running.driver(), running, recorder, sent: Vec::new() }
    }

    /// Sends customers, who are answered as they should be and without waiting for a store, and returns once the recorder
    /// has what was recorded of them. How many operations that were.
    async fn drive(&mut self, visits: Range<usize>) -> u64 {
        self.drive_at(visits, AT_A_TIME).await
    }

    /// The same, with one customer after another.
    async fn one_at_a_time(&mut self, visits: Range<usize>) -> u64 {
        self.drive_at(visits, 1).await
    }

    async fn drive_at(&mut self, visits: Range<usize>, at_a_time: usize) -> u64 {
        let sent = self.driver.drive(visits, at_a_time).await.unwrap();
        assert_answered(&sent);
        // Whoever hangs up may be gone before the service has noticed.
        while self.recorder.stats().in_flight.recording > 0 {
            tokio::task::yield_now().await;
        }
        self.sent.extend_from_slice(&sent);
        operations(&sent)
    }

    /// What became of all operations that were sent.
    fn stats(&self) -> Stats {
        let stats = self.recorder.stats();
        assert_eq!(stats.started, operations(&self.sent));
        stats
    }

    /// Ends it, after which nothing is on its way and all is accounted for.
    async fn stop(self) -> (Vec<Sent>, Stats) {
        let stats = self.running.stop().await.unwrap();
        assert_eq!(stats.started, operations(&self.sent));
        assert_adds_up(&stats);
        (self.sent, stats)
    }
}

fn assert_answered(sent: &[Sent]) {
    assert_answered_as_expected(sent);
    for request in sent {
        assert!(request.took < SLOW, "{request:?}");
    }
}

fn assert_adds_up(stats: &Stats) {
    assert_eq!(stats.in_flight.total(), 0, "{stats:?}");
    let ended =
        stats.saved + stats.sampled_out + stats.discarded.total() + stats.dropped.total() + stats.failed;
    assert_eq!(stats.started, ended, "{stats:?}");
}

fn count(number: usize) -> NonZeroUsize {
    number.try_into().unwrap()
}

fn now() -> SystemTime {
    SystemClock.now()
}

/// A directory that can be away, with something else in its place.
struct Store {
    directory: PathBuf,
    elsewhere: PathBuf,
}

impl Store {
    fn new(within: &Path) -> Self {
        let store = Self { directory: within.join("store"), elsewhere: within.join("elsewhere") };
        fs::create_dir(&store.directory).unwrap();
        store
    }

    fn goes_away(&self) {
        fs::rename(&self.directory, &self.elsewhere).unwrap();
        fs::write(&self.directory, "no directory").unwrap();
    }

    fn comes_back(&self) {
        fs::remove_file(&self.directory).unwrap();
        fs::rename(&self.elsewhere, &self.directory).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_down_is_left_alone_and_recorded_to_again_once_it_is_back() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::new(directory.path());
    let clock = SetClock::new(now());
    let mut service =
        Recorded::start(TapeRecorder::builder(on_disk(&store.directory)).clock(clock.clone())).await;
    let before = service.drive(0..KINDS).await;
    service.recorder.flush().await.unwrap();

    // Saves fail until it is clear that they do, and then none is recorded.
    store.goes_away();
    let down = service.drive(KINDS..3 * KINDS).await;
    service.recorder.flush().await.unwrap_err();
    let stats = service.stats();
    assert_eq!(stats.health.state, HealthState::Paused);
    assert_eq!((stats.saved, stats.failed + stats.dropped.paused), (before, down));
    assert!(stats.failed >= 20, "{stats:?}");
    let paused = service.drive(3 * KINDS..4 * KINDS).await;
    assert_eq!(service.stats().dropped.paused, stats.dropped.paused + paused);

    // Once the pause is over one is recorded to see, and then all are.
    store.comes_back();
    clock.advance(Duration::from_secs(2));
    let probe = service.drive(4 * KINDS..4 * KINDS + 1).await;
    service.recorder.flush().await.unwrap();
    assert_eq!(service.stats().health.state, HealthState::Healthy);
    let after = service.drive(4 * KINDS + 1..6 * KINDS).await;

    let (_, ended) = service.stop().await;
    assert_eq!(ended.saved, before + probe + after);
    assert_eq!((ended.failed, ended.dropped.paused), (stats.failed, stats.dropped.paused + paused));
    assert_all_replay_equally(&store.directory, ended.saved).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_refuses_everything_is_told_of_everything_where_it_is_never_left_alone() {
    let refusing = ObjectStoreCassette::memory().read_only(true);
    let (sent, stats) = serve(2 * KINDS, TapeRecorder::builder(refusing).breaker(None)).await;
    assert_answered(&sent);
    assert_eq!((stats.started, stats.failed), (operations(&sent), operations(&sent)));
    assert_adds_up(&stats);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_slow_by_half_a_minute_makes_nobody_wait_and_holds_up_no_end() {
    let directory = tempfile::tempdir().unwrap();
    let store = Faulty::new(on_disk(directory.path()));
    store.delay(Method::Save, SLOW);
    let recorder = TapeRecorder::builder(store.clone()).queue_recordings(count(20));
    let mut service = Recorded::start(recorder).await;
    service.drive(0..4 * KINDS).await;
    assert_eq!(service.stats().health.state, HealthState::BackedOff);

    let stats = service.running.stop_within(Duration::ZERO).await.unwrap();
    assert_adds_up(&stats);
    assert_eq!((stats.started, stats.saved, stats.failed), (operations(&service.sent), 0, 0));
    assert!((1..=20).contains(&stats.dropped.unwritten), "{stats:?}");
    assert_eq!(stats.started, stats.dropped.unwritten + stats.dropped.backed_off + stats.dropped.queue_full);
    assert!(recordings(store.inner()).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_keep_up_is_sent_less_until_it_does() {
    let directory = tempfile::tempdir().unwrap();
    let store = Faulty::new(on_disk(directory.path()));
    let clock = SetClock::new(now());
    let recorder = TapeRecorder::builder(store.clone()).queue_recordings(count(20)).clock(clock.clone());
    let mut service = Recorded::start(recorder).await;
    store.hold(Method::Save);
    let slow = service.drive(0..4 * KINDS).await;
    let stats = service.stats();
    assert_eq!((stats.health.state, stats.saved), (HealthState::BackedOff, 0));
    assert!(stats.health.rate < 1.0 && stats.dropped.backed_off > 0, "{stats:?}");
    let kept = stats.in_flight.total();
    assert_eq!(slow, kept + stats.dropped.backed_off + stats.dropped.queue_full);

    store.release(Method::Save);
    service.recorder.flush().await.unwrap();
    assert_eq!(service.stats().saved, kept);
    clock.advance(Duration::from_secs(31));
    // Fewer than make it give way, even if none is saved meanwhile.
    let quick = service.drive(4 * KINDS..4 * KINDS + 9).await;
    assert_eq!((quick, service.stats().health.state), (14, HealthState::Healthy));

    let (_, ended) = service.stop().await;
    assert_eq!(ended.saved, kept + quick);
    assert_eq!(ended.dropped, stats.dropped);
    assert_all_replay_equally(directory.path(), ended.saved).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_is_full_takes_what_it_has_room_for_and_drops_the_rest() {
    let directory = tempfile::tempdir().unwrap();
    let store = Faulty::new(on_disk(directory.path()));
    store.hold(Method::Save);
    let recorder = TapeRecorder::builder(store.clone()).queue_recordings(count(10)).back_off(None);
    let mut service = Recorded::start(recorder).await;
    let all = service.drive(0..2 * KINDS).await;
    store.release(Method::Save);
    let (_, stats) = service.stop().await;
    assert_eq!((stats.saved, stats.dropped.queue_full), (10, all - 10));
    assert_all_replay_equally(directory.path(), 10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cassette_that_panics_loses_what_it_was_given_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let store = Faulty::new(on_disk(directory.path()));
    store.panic_next(Method::Save, 30);
    let mut service = Recorded::start(TapeRecorder::builder(store.clone()).breaker(None)).await;
    let all = service.drive(0..4 * KINDS).await;
    let (_, stats) = service.stop().await;
    assert_eq!((stats.failed, stats.saved), (30, all - 30));
    assert_all_replay_equally(directory.path(), all - 30).await;
}

/// What panics on the recorder's own thread: a subscriber that looks on while it tells that a save failed. It is the whole
/// process's, so that those whom it is to spare record on other days.
struct Torn {
    day: &'static str,
    /// How often it is to panic.
    panics: AtomicUsize,
}

static TORN: [Torn; 2] = [Torn::on("20010101"), Torn::on("20010102")];

impl Torn {
    const fn on(day: &'static str) -> Self {
        Self { day, panics: AtomicUsize::new(0) }
    }

    /// A recorder that it looks at, on this day.
    fn watching(&self, store: &Faulty<ObjectStoreCassette>) -> TapeRecorderBuilder {
        // Whoever comes first sets it.
        let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Onlooker));
        let days = if self.day == TORN[0].day { 0 } else { 1 };
        let clock = SetClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(978_350_400 + days * 86_400));
        TapeRecorder::builder(store.clone()).clock(clock)
    }

    fn panics(&self, times: usize) {
        self.panics.store(times, Ordering::SeqCst);
    }
}

struct Onlooker;

impl<S: tracing::Subscriber> Layer<S> for Onlooker {
    fn enabled(&self, metadata: &tracing::Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target() == "playback_cassette::recorder::writer"
    }

    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut said = String::new();
        event.record(&mut |field: &tracing::field::Field, value: &dyn std::fmt::Debug| {
            said.push_str(&format!("{field}={value:?} "));
        });
        let fewer = |panics: usize| panics.checked_sub(1);
        let torn = TORN.iter().find(|torn| said.contains(&format!("/{}/", torn.day)));
        if torn
            .is_some_and(|torn| torn.panics.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer).is_ok())
        {
            // Without the message that a panic prints.
            resume_unwind(Box::new("the subscriber is torn"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_whose_thread_dies_takes_what_was_queued_with_it_and_the_service_goes_on_unrecorded() {
    let directory = tempfile::tempdir().unwrap();
    let store = Faulty::new(on_disk(directory.path()));
    // One save at a time, so that each panic costs one recording.
    let mut service = Recorded::start(TORN[0].watching(&store).concurrent_saves(count(1))).await;
    let before = service.drive(0..KINDS).await;
    service.recorder.flush().await.unwrap();

    // It panics as often as it is tried, and is given up, with all that waits for the store.
    TORN[0].panics(usize::MAX);
    store.fail(Method::Save, ErrorKind::Unreachable);
    let dying = service.drive(KINDS..2 * KINDS).await;
    let lost = service.recorder.flush().await.unwrap_err();
    TORN[0].panics(0);
    store.heal();
    let stats = service.stats();
    assert_eq!((stats.saved, stats.failed), (before, lost.failed));
    assert!(stats.failed >= 10, "{stats:?}");
    assert_eq!(stats.failed + stats.dropped.closed, dying);
    let dead = service.drive(2 * KINDS..3 * KINDS).await;
    assert_eq!(service.stats().dropped.closed, stats.dropped.closed + dead);

    let (_, ended) = service.stop().await;
    assert_eq!(ended.saved, before);
    assert_all_replay_equally(directory.path(), before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_that_panics_now_and_then_loses_what_was_on_its_way_and_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let store = Faulty::new(on_disk(directory.path()));
    let mut service = Recorded::start(TORN[1].watching(&store)).await;
    for round in 0..3 {
        let visit = |number: usize| 2 * round * KINDS + number..2 * round * KINDS + number + 1;
        store.hold(Method::Save);
        let on_their_way = [service.drive(visit(0)).await, service.drive(visit(1)).await];
        store.called(Method::Save, 3 * round + 2).await;
        assert_eq!(on_their_way, [1, 1]);
        // One fails, and what is told of it costs the other.
        TORN[1].panics(1);
        store.fail_next(Method::Save, 1, ErrorKind::Unreachable);
        store.let_pass(Method::Save, 1);
        assert_eq!(service.recorder.flush().await.unwrap_err().failed, 2);
        store.release(Method::Save);
        assert_eq!(service.drive(visit(KINDS)).await, 1);
        service.recorder.flush().await.unwrap();
        assert_eq!(store.calls(Method::Save), 3 * round + 3);
    }
    let (_, stats) = service.stop().await;
    assert_eq!((stats.failed, stats.saved), (6, 3));
    assert_all_replay_equally(directory.path(), 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_goes_back_by_a_day_loses_nothing_and_one_before_all_days_is_counted() {
    let directory = tempfile::tempdir().unwrap();
    let clock = SetClock::new(now());
    let recorder = TapeRecorder::builder(on_disk(directory.path())).clock(clock.clone());
    let mut service = Recorded::start(recorder).await;
    let today = service.drive(0..KINDS).await;
    clock.set(now() - Duration::from_secs(86_400));
    let yesterday = service.drive(KINDS..2 * KINDS).await;
    clock.set(SystemTime::UNIX_EPOCH - Duration::from_secs(1));
    let never = service.drive(2 * KINDS..3 * KINDS).await;
    clock.set(now());
    let again = service.drive(3 * KINDS..4 * KINDS).await;

    let (_, stats) = service.stop().await;
    assert_eq!((stats.saved, stats.discarded.misnamed), (today + yesterday + again, never));
    let found = recordings(&on_disk(directory.path())).await;
    let days: std::collections::BTreeSet<_> = found.iter().map(|recording| recording.id().day()).collect();
    assert_eq!(days.len(), 2);
    assert_all_replay_equally(directory.path(), stats.saved).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_in_the_middle_while_its_store_hangs_it_answers_all_and_waits_for_no_save() {
    let store = Faulty::new(MemoryCassette::new());
    store.hold(Method::Save);
    let recorder = TapeRecorder::builder(store.clone()).queue_recordings(count(20)).build();
    let running = Running::start(Some(recorder.clone())).await;
    let driver = running.driver();
    let mut stopping = None;
    let answered = drive_through(&driver, 2 * KINDS, || {
        stopping = Some(tokio::spawn(running.stop_within(Duration::ZERO)));
    })
    .await;
    let stats = stopping.unwrap().await.unwrap().unwrap();
    assert_answered(&answered);

    assert_adds_up(&stats);
    assert!(stats.started >= operations(&answered), "{stats:?}");
    assert_eq!((stats.saved, store.inner().len()), (0, 0));
    assert!((1..=20).contains(&stats.dropped.unwritten), "{stats:?}");
    // What was cut off is not tried again.
    recorder.close(LONG).await.unwrap();
    assert_eq!(recorder.stats(), stats);
}

#[test]
#[cfg(unix)]
fn a_process_without_file_handles_serves_on_and_records_again_once_it_has_some() {
    use playback_testkit::faults::Victim;

    if let Some(directory) = Victim::directory() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(serve_without_file_handles(&directory));
        println!("served");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let test = "a_process_without_file_handles_serves_on_and_records_again_once_it_has_some";
    let output = Victim::of(test, directory.path()).run_with_file_handles(400).unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("served"), "{output:?}");
}

/// The customers keep their connections and come one at a time, and none hangs up: a new connection takes a handle that
/// there is not, whether there is recording or not.
#[cfg(unix)]
async fn serve_without_file_handles(directory: &Path) {
    let store = directory.join("store");
    fs::create_dir(&store).unwrap();
    let clock = SetClock::new(now());
    let mut service = Recorded::start(TapeRecorder::builder(on_disk(&store)).clock(clock.clone())).await;
    let mut before = service.drive(0..KINDS - 1).await;
    before += service.one_at_a_time(KINDS..2 * KINDS - 1).await;
    service.recorder.flush().await.unwrap();

    let taken: Vec<_> = std::iter::from_fn(|| fs::File::open("/dev/null").ok()).collect();
    let mut without = service.one_at_a_time(2 * KINDS..3 * KINDS - 1).await;
    without += service.one_at_a_time(3 * KINDS..4 * KINDS - 1).await;
    service.recorder.flush().await.unwrap_err();
    let stats = service.stats();
    assert_eq!((stats.saved, stats.failed + stats.dropped.paused), (before, without));
    assert_eq!(stats.health.state, HealthState::Paused);
    assert!(!taken.is_empty() && stats.failed >= 20, "{stats:?}");

    drop(taken);
    clock.advance(Duration::from_secs(2));
    let probe = service.drive(4 * KINDS..4 * KINDS + 1).await;
    service.recorder.flush().await.unwrap();
    let after = service.drive(4 * KINDS + 1..5 * KINDS).await;
    let (_, stats) = service.stop().await;
    assert_eq!(stats.saved, before + probe + after);
    assert_all_replay_equally(&store, stats.saved).await;
}
