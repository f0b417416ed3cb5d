//! Ctrl-C: a studio in a process of its own is interrupted, and reports.
#![cfg(all(unix, feature = "ctrl-c"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may fail loudly")]

use std::io::{BufRead, BufReader, Read, Write};
use std::num::NonZeroUsize;
use std::process::{Child, Command, Stdio};

use futures::executor::block_on;
use playback_cassette::{Cassette, Query};
use playback_core::operation;
use playback_studio::{Error, Studio, Tuning};
use playback_testkit::MemoryCassette;

/// Set where this program is the process to be interrupted, to what its replays do.
const CHILD: &str = "PLAYBACK_TEST_INTERRUPTED";

fn run(argument: u64, body: impl FnOnce()) -> u64 {
    operation("Wait").args(&(argument,)).run(|| {
        body();
        argument
    })
}

/// Replays: the first ends by itself, the second when it is told to.
fn play() {
    let cassette = MemoryCassette::new();
    let recorded = playback_testkit::record_blocking(|| {
        for argument in 0..9 {
            run(argument, || ());
        }
    });
    for recording in &recorded.recordings {
        block_on(cassette.save(recording)).unwrap();
    }
    let tuner = |_: &str| {
        Ok::<_, Error>(Tuning::blocking(|recording| {
            let (argument,) = recording.arguments()?;
            Ok(run(argument, || {
                if argument > 0 {
                    say("waiting");
                    std::io::stdin().read_exact(&mut [0]).unwrap();
                }
            }))
        }))
    };
    let stop = playback_studio::stop_on_ctrl_c().unwrap();
    let stopped = stop.stopped();
    std::thread::spawn(|| {
        block_on(stopped);
        say("stopped");
    });
    let studio = Studio::new(cassette, tuner)
        .lookup(Query::new().order(playback_cassette::Order::OldestFirst))
        .concurrency(NonZeroUsize::MIN)
        .stop(stop);
    let report = block_on(studio.play());
    say(&format!("interrupted: {}, {}", report.interrupted, report.counts()));
}

/// Past the capture of tests.
#[allow(clippy::explicit_write, reason = "what `println!` writes is captured")]
fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").unwrap();
}

struct Interrupted {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Interrupted {
    fn new(test: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(CHILD, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut interrupted = Self { child, lines };
        interrupted.wait_for("waiting");
        interrupted
    }

    fn wait_for(&mut self, start: &str) -> String {
        self.lines.by_ref().map(Result::unwrap).find(|line| line.starts_with(start)).unwrap()
    }

    fn interrupt(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    }
}

#[test]
fn the_first_interruption_ends_with_a_report_of_what_was_done() {
    if std::env::var_os(CHILD).is_some() {
        return play();
    }
    let mut studio = Interrupted::new("the_first_interruption_ends_with_a_report_of_what_was_done");
    studio.interrupt();
    studio.wait_for("stopped");
    // The one in work is let go, and ends well; no other is begun.
    let mut stdin = studio.child.stdin.take().unwrap();
    stdin.write_all(b"1").unwrap();
    assert_eq!(studio.wait_for("interrupted"), "interrupted: true, 2 recordings: 2 equal");
    assert!(studio.child.wait().unwrap().success());
    drop(stdin);
}

#[test]
fn the_second_interruption_ends_at_once() {
    if std::env::var_os(CHILD).is_some() {
        return play();
    }
    let mut studio = Interrupted::new("the_second_interruption_ends_at_once");
    studio.interrupt();
    studio.wait_for("stopped");
    studio.interrupt();
    assert_eq!(studio.child.wait().unwrap().code(), Some(130));
}
