//! Replaying in worker processes: those are this very program, led to the same test by their arguments.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may fail loudly")]

use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use futures::channel::mpsc::unbounded;
use futures::executor::block_on;
use futures::stream::{self, StreamExt};
use playback_core::{Recording, RecordingId, operation, output};
use playback_equalizer::{
    Comparison, Crew, Equalizer, Error, Rules, Status, Stop, Tolerance, Tuning, Workers, is_worker,
};

/// Sends a map, a string and its argument; what is sent differs by `off`.
fn send(argument: u64, off: u64, body: impl FnOnce()) -> Result<u64, String> {
    operation("Send").args(&(argument,)).run(|| {
        body();
        let sent = BTreeMap::from([((1, "pear"), argument + off)]);
        output("queue").argument_names(&["sent"]).args(&(sent,)).run(|| ());
        if argument == 1 { Err("one is refused".to_owned()) } else { Ok(argument) }
    })
}

/// The same in every process: the testkit's ids are.
fn recordings(number: u64) -> Vec<Recording> {
    playback_testkit::record_blocking(|| {
        for argument in 0..number {
            send(argument, 0, || ()).unwrap_or_default();
        }
    })
    .recordings
}

fn tuning(off: u64, body: impl Fn(u64) + Send + Sync + 'static) -> Tuning {
    Tuning::blocking(move |recording| {
        let (argument,) = recording.arguments()?;
        Ok(send(argument, off, || body(argument)))
    })
}

/// Replays in workers that come to the test `test`.
fn crew(test: &str, processes: usize) -> Crew {
    let workers = Workers::new()
        .named(test)
        .args(["--exact", test, "--nocapture"])
        .recycled_after(NonZeroUsize::new(3).unwrap());
    Crew::new().concurrency(NonZeroUsize::new(processes).unwrap()).workers(workers)
}

fn run(crew: Crew, tuning: Tuning, number: u64) -> Vec<Comparison> {
    let comparisons = run_or_serve(crew, tuning, number);
    assert!(!is_worker(), "a worker does not come this far");
    comparisons
}

/// The same, and nothing in a worker of another crew.
fn run_or_serve(crew: Crew, tuning: Tuning, number: u64) -> Vec<Comparison> {
    let recordings = recordings(number);
    let ids: Vec<RecordingId> = recordings.iter().map(|recording| recording.id().clone()).collect();
    let load = move |id: RecordingId| {
        let found = recordings.iter().find(|recording| *recording.id() == id).cloned();
        std::future::ready(found.ok_or_else(|| Error::from("gone")))
    };
    block_on(Equalizer::new(tuning).crew(crew).run(stream::iter(ids), load).collect())
}

fn message(comparison: &Comparison) -> &str {
    comparison.verdict.message.as_deref().unwrap_or_default()
}

#[test]
fn e7_workers_come_to_the_same_comparisons_as_threads_and_in_order() {
    let noisy = |_| println!("what replays print is no answer");
    let test = "e7_workers_come_to_the_same_comparisons_as_threads_and_in_order";
    let by_workers = run(crew(test, 2), tuning(5, noisy), 8);
    let by_threads = run(Crew::new(), tuning(5, |_| ()), 8);
    assert_eq!(by_workers.len(), 8);
    for (one, other) in by_workers.iter().zip(&by_threads) {
        assert_eq!((&one.id, &one.verdict, &one.escapes), (&other.id, &other.verdict, &other.escapes));
        assert_eq!(one.recorded.unwrap().failed, other.recorded.unwrap().failed);
        assert_eq!(one.replayed.unwrap().failed, other.replayed.unwrap().failed);
        assert_eq!(one.timeline.steps.len(), other.timeline.steps.len());
        assert_eq!(one.status(), Status::Different);
    }
}

#[test]
fn e7_a_worker_that_aborts_exits_or_overflows_its_stack_fails_its_recording_and_the_run_goes_on() {
    fn overflow(depth: u64) -> u64 {
        let frame = std::hint::black_box([depth; 1_000]);
        if frame[0] == u64::MAX { 0 } else { overflow(depth + 1) + frame[999] }
    }
    let harm = |argument| match argument {
        2 => {
            eprintln!("the last words");
            std::process::abort()
        }
        4 => std::process::exit(3),
        6 => assert!(overflow(0) > 0),
        7 => panic!("only a panic"),
        _ => {}
    };
    let test = "e7_a_worker_that_aborts_exits_or_overflows_its_stack_fails_its_recording_and_the_run_goes_on";
    let comparisons = run(crew(test, 2), tuning(0, harm), 9);
    let failed: Vec<usize> =
        (0..9).filter(|&at| comparisons[at].status() == Status::EqualizerFailure).collect();
    assert_eq!(failed, [2, 4, 6, 7]);
    assert!(
        comparisons.iter().enumerate().all(|(at, one)| failed.contains(&at) || one.status() == Status::Equal)
    );
    let aborted = message(&comparisons[2]);
    assert!(
        aborted.starts_with("the worker process ended with signal 6 (SIGABRT) while it replayed"),
        "{aborted}"
    );
    assert!(aborted.contains("\n  the last words"), "{aborted}");
    let exited = message(&comparisons[4]);
    assert!(
        exited.starts_with("the worker process ended with code 3 while it replayed the recording"),
        "{exited}"
    );
    let overflowed = message(&comparisons[6]);
    assert!(overflowed.contains("overflowed its stack"), "{overflowed}");
    assert_eq!(message(&comparisons[7]), "the code under replay panicked: only a panic");
}

#[test]
fn e7_a_replay_that_does_not_end_is_ended_with_its_worker_and_the_run_goes_on() {
    let test = "e7_a_replay_that_does_not_end_is_ended_with_its_worker_and_the_run_goes_on";
    let endless = |argument| {
        if argument == 1 {
            loop {
                std::thread::park();
            }
        }
    };
    let crew = crew(test, 1).time_limit(Duration::from_millis(200));
    let comparisons = run(crew, tuning(0, endless), 4);
    let statuses: Vec<Status> = comparisons.iter().map(Comparison::status).collect();
    assert_eq!(statuses, [Status::Equal, Status::EqualizerFailure, Status::Equal, Status::Equal]);
    assert_eq!(
        message(&comparisons[1]),
        "the replay did not end within 200ms, and blocks its thread, so its worker process was ended"
    );
}

#[test]
fn what_rules_are_good_for_is_counted_in_workers_as_it_is_on_threads() {
    let test = "what_rules_are_good_for_is_counted_in_workers_as_it_is_on_threads";
    let usage = |crew: Crew| {
        // One that forgives, one for a place where nothing differs, and one for no place.
        let tolerance = Tolerance::absolute(5.0);
        let rules = Rules::new().tolerance("**", tolerance).unwrap();
        let rules = rules.ignore_case("*").unwrap().ignore("nowhere").unwrap();
        let comparisons = run(crew, tuning(5, |_| ()).rules(&rules), 8);
        assert!(comparisons.iter().all(|comparison| comparison.status() == Status::Equal), "{comparisons:?}");
        let unused: Vec<String> = rules.unused().into_iter().map(ToString::to_string).collect();
        let usage: Vec<_> = rules.usage().iter().map(|usage| (usage.found, usage.forgave)).collect();
        (unused, usage)
    };
    let (unused, by_workers) = usage(crew(test, 2));
    assert_eq!(by_workers, [(true, 8), (true, 0), (false, 0)]);
    assert_eq!(unused.len(), 1, "{unused:?}");
    assert_eq!(usage(Crew::new()), (unused, by_workers));
}

#[test]
fn e7_a_worker_is_recycled_after_so_many_recordings() {
    let test = "e7_a_worker_is_recycled_after_so_many_recordings";
    // What is sent tells who sent it.
    let tuning = Tuning::blocking(|recording| {
        let (argument,) = recording.arguments()?;
        Ok(send(argument, u64::from(std::process::id()), || ()))
    });
    let comparisons = run(crew(test, 1), tuning, 9);
    let process = |(at, comparison): (usize, &Comparison)| {
        let sent = comparison.verdict.differences[0].change.replayed().unwrap().to::<u64>().unwrap();
        sent - at as u64
    };
    let processes: Vec<u64> = comparisons.iter().enumerate().map(process).collect();
    assert!(
        processes.chunks(3).all(|of_one| of_one.iter().all(|process| *process == of_one[0])),
        "{processes:?}"
    );
    assert_eq!(processes.iter().collect::<HashSet<_>>().len(), 3);
    assert!(!processes.contains(&u64::from(std::process::id())));
}

#[test]
fn e7_workers_that_never_come_to_the_studio_are_told_of_and_not_started_again_and_again() {
    let began = recordings(40).len();
    let comparisons = run(crew("no_test_has_this_name", 2), tuning(0, |_| ()), 40);
    assert_eq!(comparisons.len(), began);
    let said: HashSet<&str> = comparisons.iter().map(message).collect();
    assert_eq!(said.len(), 1, "{said:?}");
    let said = said.into_iter().next().unwrap();
    assert!(
        said.starts_with(
            "a worker process ended with code 0 before it came to the studio of the name `no_test_has_this_name`; its arguments \
             were [\"--exact\", \"no_test_has_this_name\", \"--nocapture\"]: give those that lead there with \
             `Workers::args`"
        ),
        "{said}"
    );
}

#[test]
fn a_stop_ends_workers_whose_replays_do_not_end() {
    let test = "a_stop_ends_workers_whose_replays_do_not_end";
    let stop = Stop::new();
    let endless = |argument| {
        if argument == 1 {
            loop {
                std::thread::park();
            }
        }
    };
    let crew = crew(test, 1).grace(Duration::from_millis(50)).stop(stop.clone());
    let recordings = recordings(3);
    let ids: Vec<RecordingId> = recordings.iter().map(|recording| recording.id().clone()).collect();
    let load = move |id: RecordingId| {
        let found = recordings.iter().find(|recording| *recording.id() == id).cloned();
        std::future::ready(found.ok_or_else(|| Error::from("gone")))
    };
    let equalizer = Equalizer::new(tuning(0, endless)).crew(crew);
    let mut comparisons = equalizer.run(stream::iter(ids), load);
    let first = block_on(comparisons.next());
    assert!(!is_worker(), "a worker does not come this far");
    assert_eq!(first.unwrap().status(), Status::Equal);
    stop.stop();
    assert_eq!(block_on(comparisons.count()), 0);
}

#[test]
fn workers_of_two_studios_without_names_are_told_apart() {
    let args = ["--exact", "workers_of_two_studios_without_names_are_told_apart", "--nocapture"];
    let first = Crew::new().workers(Workers::new().args(args));
    let second = Crew::new().workers(Workers::new().args(args));
    let of_first = run_or_serve(first, tuning(0, |_| ()), 2);
    let of_second = run_or_serve(second, tuning(5, |_| ()), 2);
    assert!(of_first.iter().all(|one| one.status() == Status::Equal));
    assert!(of_second.iter().all(|one| one.status() == Status::Different));
    assert_eq!((of_first.len(), of_second.len()), (2, 2));
}

#[cfg(unix)]
#[test]
fn the_last_words_of_a_worker_are_told_even_if_a_process_that_it_started_lives_on() {
    let test = "the_last_words_of_a_worker_are_told_even_if_a_process_that_it_started_lives_on";
    let harm = |_| {
        // Has the worker's stderr for longer than that is waited for.
        drop(std::process::Command::new("sleep").arg("6").spawn().unwrap());
        eprintln!("the last words");
        std::process::abort()
    };
    let comparisons = run(crew(test, 1), tuning(0, harm), 1);
    assert!(message(&comparisons[0]).contains("\n  the last words"), "{}", message(&comparisons[0]));
}

/// A directory that a run and its workers have in common.
#[cfg(unix)]
fn shared_directory(test: &str) -> std::path::PathBuf {
    let first_process = if is_worker() { std::os::unix::process::parent_id() } else { std::process::id() };
    let directory = std::env::temp_dir().join(format!("playback-{test}-{first_process}"));
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

#[cfg(unix)]
#[test]
fn e7_the_first_worker_that_never_comes_costs_its_recording_alone_if_the_next_one_does() {
    let test = "e7_the_first_worker_that_never_comes_costs_its_recording_alone_if_the_next_one_does";
    let directory = shared_directory(test);
    if is_worker() && std::fs::File::create_new(directory.join("first")).is_ok() {
        std::process::exit(3);
    }
    let comparisons = run(crew(test, 1), tuning(0, |_| ()), 6);
    std::fs::remove_dir_all(&directory).unwrap();
    let failed = comparisons.iter().filter(|one| one.status() != Status::Equal);
    let failed: Vec<&str> = failed.map(message).collect();
    assert_eq!((comparisons.len(), failed.len()), (6, 1), "{failed:?}");
    assert!(failed[0].starts_with("a worker process ended with code 3 before it came"), "{failed:?}");
}

#[cfg(unix)]
#[test]
fn a_worker_that_cannot_be_started_costs_its_recording_alone_once_another_came() {
    let test = "a_worker_that_cannot_be_started_costs_its_recording_alone_once_another_came";
    let directory = shared_directory(test);
    let mark = |name: &str| std::fs::File::create_new(directory.join(name)).is_ok();
    let until = |name: &'static str| {
        let file = directory.join(name);
        move || {
            while !file.exists() {
                std::thread::yield_now();
            }
        }
    };
    // The second worker ends early, when the first replays; the first goes on when there is a third.
    let replayed = directory.join("replays");
    let third = until("third");
    if is_worker() && !mark("first") {
        if mark("second") {
            until("replays")();
            std::process::exit(3);
        }
        mark("third");
    }
    let harm = move |_| {
        if std::fs::File::create_new(&replayed).is_ok() {
            third();
        }
    };
    let crew = crew(test, 2).time_limit(Duration::from_secs(30));
    let comparisons = run(crew, tuning(0, harm), 6);
    std::fs::remove_dir_all(&directory).unwrap();
    let failed = comparisons.iter().filter(|one| one.status() != Status::Equal);
    let failed: Vec<&str> = failed.map(message).collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(failed[0].starts_with("a worker process ended with code 3 before it came"), "{failed:?}");
}

#[cfg(unix)]
#[test]
fn e7_a_worker_that_dies_of_what_it_replayed_before_costs_no_other_recording() {
    let test = "e7_a_worker_that_dies_of_what_it_replayed_before_costs_no_other_recording";
    let directory = shared_directory(test);
    let (alive, idle) = (directory.join("alive"), directory.join("idle"));
    let harm = {
        let (alive, idle) = (alive.clone(), idle.clone());
        // In each worker its own: whether a thread was left behind, and whether it may abort.
        let (left, now) = (AtomicBool::new(false), Arc::new(AtomicBool::new(false)));
        move |argument| match argument {
            // The process dies when it has nothing to do,
            0 => {
                let (alive, idle) = (std::fs::File::create(&alive).unwrap(), idle.clone());
                alive.lock().unwrap();
                std::thread::spawn(move || {
                    while !idle.exists() {
                        std::thread::yield_now();
                    }
                    // Locked for as long as the process lives.
                    std::mem::forget(alive);
                    std::process::abort()
                });
            }
            // and the next one when it replays another recording,
            1 => {
                left.store(true, SeqCst);
                let now = Arc::clone(&now);
                std::thread::spawn(move || {
                    while !now.load(SeqCst) {
                        std::thread::yield_now();
                    }
                    std::process::abort()
                });
            }
            // which harms nobody where it is alone.
            2 if left.load(SeqCst) => {
                now.store(true, SeqCst);
                loop {
                    std::thread::park();
                }
            }
            _ => {}
        }
    };
    let recordings = recordings(4);
    let ids: Vec<RecordingId> = recordings.iter().map(|recording| recording.id().clone()).collect();
    let load = move |id: RecordingId| {
        let found = recordings.iter().find(|recording| *recording.id() == id).cloned();
        std::future::ready(found.ok_or_else(|| Error::from("gone")))
    };
    let (asked, asking) = unbounded();
    let equalizer = Equalizer::new(tuning(0, harm)).crew(crew(test, 1));
    let mut comparisons = equalizer.run(asking, load);
    // A worker is asked by the run that started it, and by nobody else.
    let ask = |id: &RecordingId| drop(asked.unbounded_send(id.clone()));
    ask(&ids[0]);
    let mut all = vec![block_on(comparisons.next()).unwrap()];
    assert!(!is_worker(), "a worker does not come this far");
    std::fs::File::create(idle).unwrap();
    std::fs::File::open(alive).unwrap().lock().unwrap();
    ids[1..].iter().for_each(ask);
    drop(asked);
    all.extend(block_on(comparisons.collect::<Vec<_>>()));
    std::fs::remove_dir_all(&directory).unwrap();
    let failed: Vec<&str> = all.iter().filter(|one| one.status() != Status::Equal).map(message).collect();
    assert_eq!((all.len(), failed), (4, Vec::new()));
}
