//! A model check of the queue: what must hold however the threads of the service, the writer and those who wait interleave.
//!
//! The queue is made of shuttle's locks here (see `sync`), which tries out interleavings, and finds those in which all threads
//! wait for each other. Nothing in it ever comes by itself: a timeout never ends, so whoever waits has to be woken.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use playback_core::{Metadata, Recording, Tape, TapeParts};
use shuttle::future::block_on;
use shuttle::thread;

use super::back_off::BackOff;
use super::backlog::{Fate, Limits};
use super::breaker::Breaker;
use super::guarded::Guarded;
use super::health::Gate;
use super::queue::{Next, Queue};
use crate::IdGenerator;

const SCHEDULES: usize = 1000;
const FOREVER: Duration = Duration::MAX;

fn recording() -> Recording {
    let id = IdGenerator::seeded(7).generate("Checkout", SystemTime::UNIX_EPOCH).unwrap();
    let metadata = Metadata::new("Checkout", SystemTime::UNIX_EPOCH);
    Recording::new(id, metadata, Tape::new(TapeParts::default()).unwrap())
}

fn queue(recordings: usize) -> Arc<Queue> {
    with_pauses(recordings, Duration::ZERO)
}

/// A queue that leaves the store alone after one failure, for so long. Its clock stands still, so any pause lasts forever.
fn with_pauses(recordings: usize, pause: Duration) -> Arc<Queue> {
    let breaker = Breaker::default().failures(NonZeroU32::MIN).pauses(pause, pause);
    let gate = Gate::new(Some(BackOff::default().floor(0.5)), Some(breaker), Some(7));
    let limits = Limits { recordings, bytes: 1 << 20 };
    Arc::new(Queue::new(limits, gate, Guarded::new(SystemTime::UNIX_EPOCH)))
}

/// Saves as the writer does, one at a time; those whose number `fails` says fail. Ends as the writer does, when it is closed
/// or has saved so many.
fn writes(queue: &Arc<Queue>, saves: usize, fails: fn(u64) -> bool) -> thread::JoinHandle<()> {
    let queue = Arc::clone(queue);
    thread::spawn(move || {
        let mut saved = 0;
        while saved < saves {
            match queue.next(true) {
                Next::Save(job) => {
                    // It takes no more meanwhile, and others may do something before this one is saved.
                    assert!(matches!(queue.next(false), Next::Wait | Next::End));
                    thread::yield_now();
                    let fate = if fails(job.number) { Fate::Failed("no".to_owned()) } else { Fate::Saved };
                    queue.finished(&job, &fate, |_| ());
                    saved += 1;
                }
                // A hold ends by itself, too; here it is up to others.
                Next::Wait | Next::Hold(_) => block_on(queue.work()),
                Next::End => break,
            }
        }
        queue.ended();
    })
}

/// Begins and ends so many operations, as the service does. How many began.
fn serves(queue: &Arc<Queue>, operations: u64) -> thread::JoinHandle<u64> {
    let queue = Arc::clone(queue);
    thread::spawn(move || {
        for _ in 0..operations {
            if queue.is_calm() || queue.admit(0.4) {
                let _ = queue.push(recording());
            }
        }
        operations
    })
}

/// All that began became something that is counted.
fn assert_equation(queue: &Queue, started: u64) {
    let counts = queue.counts();
    let sum = counts.saved + counts.failed + counts.dropped.total() + counts.queued + counts.saving;
    assert_eq!(sum, started);
    assert_eq!(counts.queued + counts.saving, 0, "nothing is in flight after the end");
}

#[test]
fn what_is_queued_is_saved_though_nobody_waits_for_it() {
    shuttle::check_random(
        || {
            let queue = queue(10);
            let writer = writes(&queue, 3, |_| false);
            let services = [serves(&queue, 2), serves(&queue, 1)];
            writer.join().unwrap();
            let started = services.into_iter().map(|service| service.join().unwrap()).sum();
            assert_eq!(queue.counts().saved, 3);
            assert_equation(&queue, started);
        },
        SCHEDULES,
    );
}

#[test]
fn everything_is_saved_or_counted_and_closing_comes_to_an_end() {
    shuttle::check_random(
        || {
            let queue = queue(3);
            let writer = writes(&queue, usize::MAX, |_| false);
            let services = [serves(&queue, 2), serves(&queue, 2)];
            let (ended, outcome) = queue.close_blocking(FOREVER);
            assert!(ended && outcome.is_ok());
            let started = services.into_iter().map(|service| service.join().unwrap()).sum();
            writer.join().unwrap();
            assert_equation(&queue, started);
        },
        SCHEDULES,
    );
}

#[test]
fn a_flush_of_either_kind_ends_when_what_was_queued_before_it_is_saved() {
    shuttle::check_random(
        || {
            let queue = queue(10);
            let writer = writes(&queue, usize::MAX, |_| false);
            let service = serves(&queue, 2);
            queue.push(recording()).unwrap();
            let other = Arc::clone(&queue);
            let flush = thread::spawn(move || block_on(other.flush()));
            queue.flush_blocking(FOREVER).unwrap();
            assert!(queue.counts().saved >= 1);
            flush.join().unwrap().unwrap();
            let started = 1 + service.join().unwrap();
            queue.close_blocking(FOREVER).1.unwrap();
            writer.join().unwrap();
            assert_equation(&queue, started);
        },
        SCHEDULES,
    );
}

#[test]
fn a_store_that_fails_holds_nobody_up_who_flushes_or_closes() {
    let (none, forever) = (Duration::ZERO, Duration::from_secs(1));
    for (pause, blocks) in [(none, true), (none, false), (forever, true), (forever, false)] {
        shuttle::check_random(
            move || {
                let queue = with_pauses(10, pause);
                // The first two fail, so that it opens, and the first probe, too.
                let writer = writes(&queue, usize::MAX, |number| number < 2);
                let services = [serves(&queue, 2), serves(&queue, 1)];
                queue.push(recording()).unwrap();
                let _ = if blocks { queue.flush_blocking(FOREVER) } else { block_on(queue.flush()) };
                let started = 1 + services.into_iter().map(|service| service.join().unwrap()).sum::<u64>();
                let (ended, _) = queue.close_blocking(FOREVER);
                assert!(ended);
                writer.join().unwrap();
                assert_equation(&queue, started);
            },
            SCHEDULES,
        );
    }
}

#[test]
fn a_writer_that_ends_in_the_middle_leaves_nobody_waiting_and_nothing_uncounted() {
    shuttle::check_random(
        || {
            let queue = queue(10);
            let writer = writes(&queue, 1, |_| false);
            let service = serves(&queue, 2);
            let other = Arc::clone(&queue);
            let flush = thread::spawn(move || block_on(other.flush()));
            let _ = queue.push(recording());
            let _ = queue.flush_blocking(FOREVER);
            let _ = flush.join().unwrap();
            let (ended, _) = queue.close_blocking(FOREVER);
            assert!(ended);
            let started = 1 + service.join().unwrap();
            writer.join().unwrap();
            assert_equation(&queue, started);
        },
        SCHEDULES,
    );
}

/// A writer that panics with the first recording that it takes, and goes on.
fn crashes_once(queue: &Arc<Queue>) -> thread::JoinHandle<()> {
    let queue = Arc::clone(queue);
    thread::spawn(move || {
        loop {
            match queue.next(true) {
                Next::Save(_) => break,
                Next::Wait | Next::Hold(_) => block_on(queue.work()),
                Next::End => return,
            }
        }
        queue.crashed();
        writes(&queue, usize::MAX, |_| false).join().unwrap();
    })
}

#[test]
fn a_writer_that_panics_loses_what_it_had_taken_and_counts_it() {
    shuttle::check_random(
        || {
            let queue = queue(10);
            let writer = crashes_once(&queue);
            let service = serves(&queue, 2);
            queue.push(recording()).unwrap();
            let lost = queue.flush_blocking(FOREVER);
            assert_eq!(lost.map_err(|lost| (lost.failed, lost.pending)), Err((1, 0)));
            let started = 1 + service.join().unwrap();
            queue.close_blocking(FOREVER).1.unwrap();
            writer.join().unwrap();
            assert_eq!(queue.counts().failed, 1);
            assert_equation(&queue, started);
        },
        SCHEDULES,
    );
}

#[test]
fn a_writer_that_panics_while_the_queue_is_closed_saves_what_is_left() {
    shuttle::check_random(
        || {
            let queue = queue(10);
            (0..3).for_each(|_| queue.push(recording()).unwrap());
            let writer = crashes_once(&queue);
            let (ended, lost) = queue.close_blocking(FOREVER);
            assert_eq!((ended, lost.map_err(|lost| (lost.failed, lost.pending))), (true, Err((1, 0))));
            writer.join().unwrap();
            assert_eq!((queue.counts().saved, queue.counts().failed), (2, 1));
        },
        SCHEDULES,
    );
}
