//! What happens while a studio plays: what goes wrong, what is shown, and what ends it early.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may fail loudly")]

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use futures::StreamExt;
use futures::executor::block_on;
use playback_cassette::{Cassette, Clock};
use playback_core::{RecordingId, operation};
use playback_studio::{Error, Event, Progress, Report, Status, Stop, Studio, Tuning, Workers};
use playback_testkit::MemoryCassette;

/// A cassette of so many recordings of an operation that returns its argument.
fn recorded(number: u64) -> (MemoryCassette, SystemTime) {
    let cassette = MemoryCassette::new();
    let recordings = playback_testkit::record_blocking(|| {
        (0..number).for_each(|argument| assert!(run(argument, 0) == argument))
    });
    let at = recordings.recordings[0].metadata().recorded_at;
    for recording in &recordings.recordings {
        block_on(cassette.save(recording)).unwrap();
    }
    (cassette, at)
}

fn run(argument: u64, off: u64) -> u64 {
    operation("Echo").args(&(argument,)).run(|| argument + off)
}

fn studio(number: u64, off: impl Fn(u64) -> u64 + Send + Sync + Clone + 'static) -> Studio {
    let (cassette, at) = recorded(number);
    let tuner = move |_: &str| {
        let off = off.clone();
        Ok::<_, Error>(Tuning::blocking(move |recording| {
            let (argument,) = recording.arguments()?;
            Ok(run(argument, off(argument)))
        }))
    };
    Studio::new(cassette, tuner)
        .clock(Fixed(at + Duration::from_secs(60)))
        .lookup(playback_cassette::Query::new())
}

struct Fixed(SystemTime);

impl Clock for Fixed {
    fn now(&self) -> SystemTime {
        self.0
    }
}

#[test]
fn a_stop_in_the_middle_gives_a_report_of_what_was_done() {
    let stop = Stop::new();
    let stopping = stop.clone();
    let studio = studio(60, move |argument| {
        if argument == 20 {
            stopping.stop();
        }
        0
    });
    let studio = studio.stop(stop).concurrency(NonZeroUsize::new(2).unwrap());
    let report: Report = block_on(studio.play());
    assert!(report.interrupted);
    assert!(!report.is_all_equal());
    assert!((1..60).contains(&report.counts().total()));
    assert_eq!(report.counts().of(Status::Equal), report.counts().total());
    assert!(report.to_string().starts_with("interrupted"), "{report}");
    // Stopped before it began, it plays nothing.
    assert_eq!(block_on(studio.play()).counts().total(), 0);
}

#[test]
fn a_stop_that_comes_after_the_end_interrupts_nothing() {
    let stop = Stop::new();
    let studio = studio(5, |_| 0).stop(stop.clone());
    let events: Vec<Event> = block_on(async {
        let mut events = studio.events();
        let mut seen = Vec::new();
        while let Some(event) = events.next().await {
            seen.push(event);
            if seen.iter().filter(|event| matches!(event, Event::Compared(_))).count() == 5 {
                stop.stop();
            }
        }
        seen
    });
    assert!(!events.iter().any(|event| matches!(event, Event::Interrupted)));
    assert!(events.iter().any(|event| matches!(event, Event::Found { recordings: 5, .. })));
}

#[test]
fn a_category_that_has_none_is_told_of_those_that_there_are() {
    let report = block_on(studio(3, |_| 0).categories(["Chekout"]).play());
    let message = report.categories[0].nothing_found.clone().unwrap();
    assert!(
        message.ends_with("in memory, where there are none of this category, but of `Echo`"),
        "{message}"
    );
}

#[test]
fn recordings_given_are_played_once_for_each_time_they_are_named_and_reported_once() {
    let (cassette, _) = recorded(1);
    let id: RecordingId = cassette.last_id().unwrap();
    let tuner = |_: &str| {
        Ok::<_, Error>(Tuning::blocking(|recording| {
            let (argument,) = recording.arguments()?;
            Ok(run(argument, 0))
        }))
    };
    let studio = Studio::new(cassette, tuner).recordings([id.clone(), id]);
    let is_compared = |event: &Event| std::future::ready(matches!(event, Event::Compared(_)));
    assert_eq!(block_on(studio.events().filter(is_compared).count()), 2);
    assert_eq!(block_on(studio.play()).counts().total(), 1);
}

#[test]
fn e7_worker_processes_play_for_a_studio_and_what_they_cannot_survive_is_one_failure() {
    let test = "e7_worker_processes_play_for_a_studio_and_what_they_cannot_survive_is_one_failure";
    let studio = studio(12, |argument| match argument {
        5 => std::process::abort(),
        other => other % 2,
    });
    let workers = Workers::new().args(["--exact", test, "--nocapture"]);
    let report = block_on(studio.workers(workers).concurrency(NonZeroUsize::new(2).unwrap()).play());
    assert_eq!(report.counts().to_string(), "12 recordings: 6 equal, 5 different, 1 equalizer failure");
}

#[test]
fn e8_progress_is_told_in_lines_where_there_is_no_terminal() {
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let told = |every| {
        let lines = Lines::default();
        let studio = studio(3, |argument| u64::from(argument == 1)).concurrency(NonZeroUsize::MIN);
        block_on(studio.play_with(Progress::lines(lines.clone(), every)));
        String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
    };
    let often = told(Duration::ZERO);
    assert_eq!(often.lines().count(), 4, "{often}");
    assert!(often.starts_with("1 recording: "), "{often}");
    assert!(often.ends_with("\n3 recordings: 2 equal, 1 different\n"), "{often}");
    assert_eq!(told(Duration::from_secs(3_600)), "3 recordings: 2 equal, 1 different\n");
}
