//! What goes wrong in the background shows in the log: with the recording's id, the reason, and the way out.
//!
//! One test in one file, because the writer's events reach a process-wide subscriber only.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod common;

use std::fmt::Write as _;
use std::num::NonZeroU32;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use common::{LONG, NOON, begins, failing, held, panicking, record, recording, start};
use futures::executor::block_on;
use playback_cassette::{Breaker, Cached, Cassette, TapeRecorder};
use playback_core::{DiscardReason, Finished, Recorder};
use playback_testkit::MemoryCassette;
use playback_testkit::faults::{Method, SetClock};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Keeps events as lines of text.
static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Lines;

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("playback_cassette") && *metadata.level() <= Level::DEBUG
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        LINES.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

fn lines() -> Vec<String> {
    std::mem::take(&mut *LINES.lock().unwrap())
}

#[test]
fn what_goes_wrong_shows_in_the_log_and_does_not_flood_it() {
    // R7, C11
    tracing::subscriber::set_global_default(Lines).unwrap();

    let recorder = TapeRecorder::new(failing());
    let ids: Vec<_> = (0..5).map(|_| record(&recorder, 1)).collect();
    block_on(recorder.flush()).unwrap_err();
    let why =
        "message=a recording could not be saved: Save fails, as the test wants it to; heal the cassette";
    let expected = ["WARN", "WARN", "DEBUG", "WARN", "DEBUG"].iter().zip(&ids);
    assert_eq!(
        lines(),
        expected.map(|(level, id)| format!("{level} {why} recording={id}")).collect::<Vec<_>>()
    );
    block_on(recorder.close(LONG)).unwrap();
    assert_eq!(lines(), ["DEBUG message=nothing is recorded any more"]);

    let recorder = TapeRecorder::new(panicking());
    let id = record(&recorder, 1);
    block_on(recorder.flush()).unwrap_err();
    assert_eq!(
        lines(),
        [format!(
            "ERROR message=a recording could not be saved: the cassette panicked: Save panics, as the test wants it to; mend the cassette \
         recording={id}"
        )]
    );

    let recorder = TapeRecorder::builder(held(0)).back_off(None).queue_bytes(0).build();
    let id = record(&recorder, 1);
    assert_eq!(
        lines(),
        [format!(
            "WARN message=the recorder dropped a recording: its queue is full: save faster, sample less, or allow a longer \
         queue recording={id} count=1"
        )]
    );

    let recorder = TapeRecorder::new(MemoryCassette::new());
    let discarded = |reason: &dyn Fn() -> DiscardReason| {
        for _ in 0..3 {
            let id = start(&recorder).unwrap().id;
            recorder.finish(Finished::Discarded { id, reason: reason() });
        }
        let told = lines();
        let words = |line: &String| {
            let (level, count) = (line.split(' ').next().unwrap(), line.rsplit(' ').next().unwrap());
            assert!(line.contains("message=a recording was discarded: "), "{line}");
            format!("{level} {count}")
        };
        told.iter().map(words).collect::<Vec<_>>()
    };
    let too_large = discarded(&|| DiscardReason::TooLarge { max_bytes: 1 });
    assert_eq!(too_large, ["WARN count=1", "WARN count=2", "DEBUG count=3"]);
    let requested = discarded(&|| DiscardReason::Requested);
    assert!(requested.iter().all(|line| line.starts_with("DEBUG recording=")), "{requested:?}");

    // A cache whose directory is a file.
    let blocked = tempfile::NamedTempFile::new().unwrap();
    let memory = MemoryCassette::new();
    let cached = Cached::new(memory.clone(), blocked.path());
    block_on(memory.save(&recording(&ids[0], SystemTime::UNIX_EPOCH + NOON, 1))).unwrap();
    block_on(cached.load(&ids[0])).unwrap();
    let told = lines();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].starts_with("WARN message=a recording is fetched again, as its cache fails: cannot read ")
    );
    assert!(told[1].starts_with("WARN message=a recording is not kept, as its cache fails: cannot write "));
    assert!(told[0].ends_with("count=1") && told[1].ends_with("count=2"), "{told:?}");

    // Changes are told once, and with what there is to know.
    let clock = SetClock::new(SystemTime::UNIX_EPOCH + NOON);
    let store = failing();
    let breaker = Breaker::default().failures(NonZeroU32::MIN);
    let builder = TapeRecorder::builder(store.clone()).breaker(breaker).clock(clock.clone()).seed(7);
    let recorder = builder.queue_recordings(2.try_into().unwrap()).build();
    record(&recorder, 1);
    block_on(recorder.flush()).unwrap_err();
    let told = lines();
    assert_eq!(told.len(), 2, "{told:?}");
    let paused = &told[1];
    assert!(
        paused.starts_with("WARN message=saves fail: nothing is recorded, and one save is tried in "),
        "{paused}"
    );
    assert!(
        paused.contains("; mend the store: Save fails, as the test wants it to; heal the cassette count=1"),
        "{paused}"
    );
    (0..100).for_each(|_| _ = begins(&recorder));
    assert_eq!(lines(), [] as [&str; 0], "what is not recorded is not told one by one");
    clock.advance(LONG);
    store.heal();
    store.hold(Method::Save);
    begins(&recorder);
    store.release(Method::Save);
    block_on(recorder.flush()).unwrap();
    assert_eq!(
        lines(),
        [
            "DEBUG message=one save is tried, to see whether the store is there again",
            "INFO message=everything is recorded again"
        ]
    );
    store.hold(Method::Save);
    record(&recorder, 1);
    record(&recorder, 1);
    let less =
        "the store does not keep up: fewer operations are recorded until it does; save faster or sample less";
    assert_eq!(lines(), [format!("WARN message={less} rate=0.5 count=1")]);
    store.release(Method::Save);
    block_on(recorder.flush()).unwrap();
    clock.advance(Duration::from_secs(1));
    begins(&recorder);
    clock.advance(LONG);
    block_on(recorder.flush()).unwrap();
    begins(&recorder);
    let told = lines();
    assert!(
        told[0].starts_with("DEBUG message=another share of operations is recorded rate=0.53"),
        "{told:?}"
    );
    assert_eq!(told[1], "INFO message=everything is recorded again");
}
