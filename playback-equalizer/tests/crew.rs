//! Replaying many recordings at the same time, on threads.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may fail loudly")]

mod common;

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::thread::{self, ThreadId};
use std::time::Duration;

use futures::channel::oneshot;
use futures::executor::block_on;
use futures::stream::{self, BoxStream, StreamExt};
use playback_core::{Recording, operation};
use playback_equalizer::{Comparison, Crew, Equalizer, Error, Job, Status, Stop, Tuning};

/// An operation that runs `body`, and returns its argument.
fn echo(argument: u64, body: impl FnOnce()) -> u64 {
    operation("Echo").args(&(argument,)).run(|| {
        body();
        argument
    })
}

fn recordings(number: u64) -> Vec<Recording> {
    let all = playback_testkit::record_blocking(|| {
        (0..number).for_each(|argument| {
            echo(argument, || ());
        })
    });
    all.recordings
}

/// A blocking operation that runs `body` on its argument.
fn blocking(body: impl Fn(u64) + Send + Sync + 'static) -> Tuning {
    Tuning::blocking(move |recording| {
        let (argument,) = recording.arguments()?;
        Ok(echo(argument, || body(argument)))
    })
}

/// An async operation whose future is made of its argument.
fn asynchronous<Fut: Future<Output = ()> + Send>(
    body: impl Fn(u64) -> Fut + Send + Sync + Clone + 'static,
) -> Tuning {
    let body = Arc::new(body);
    Tuning::of(move |(argument,): (u64,)| {
        let body = Arc::clone(&body);
        operation("Echo").args(&(argument,)).run_async(async move {
            body(argument).await;
            argument
        })
    })
}

fn jobs(tuning: Tuning, recordings: &[Recording]) -> BoxStream<'static, Job> {
    let equalizer = Arc::new(Equalizer::new(tuning));
    let recordings = recordings.to_vec();
    let job = move |recording: Recording| {
        Job::new(recording.id().clone(), Arc::clone(&equalizer), async { Ok::<_, Error>(recording) })
    };
    stream::iter(recordings).map(job).boxed()
}

fn threads(number: usize) -> Crew {
    Crew::new().concurrency(NonZeroUsize::new(number).unwrap())
}

fn run(crew: &Crew, tuning: Tuning, recordings: &[Recording]) -> Vec<Comparison> {
    block_on(crew.run(jobs(tuning, recordings)).collect())
}

fn statuses(comparisons: &[Comparison]) -> Vec<Status> {
    comparisons.iter().map(Comparison::status).collect()
}

#[test]
fn e1_blocking_and_async_operations_are_replayed_on_several_threads_and_keep_their_order() {
    let recordings = recordings(1_000);
    let seen: Arc<Mutex<HashSet<ThreadId>>> = Arc::default();
    // The first two wait for each other, so they are under way at the same time.
    let meet = |seen: &Arc<Mutex<HashSet<ThreadId>>>| {
        let (seen, both) = (Arc::clone(seen), Arc::new(Barrier::new(2)));
        move |argument| {
            seen.lock().unwrap().insert(thread::current().id());
            if argument < 2 {
                both.wait();
            }
        }
    };
    let of_async = Arc::new(meet(&seen));
    let tunings = [
        blocking(meet(&seen)),
        asynchronous(move |argument| {
            let of_async = Arc::clone(&of_async);
            async move { of_async(argument) }
        }),
    ];
    for tuning in tunings {
        seen.lock().unwrap().clear();
        let comparisons = run(&threads(2), tuning, &recordings);
        assert!(comparisons.iter().all(|comparison| comparison.status() == Status::Equal));
        let order: Vec<_> = comparisons.iter().map(|comparison| &comparison.id).collect();
        assert_eq!(order, recordings.iter().map(Recording::id).collect::<Vec<_>>());
        assert_eq!(seen.lock().unwrap().len(), 2);
        assert!(!seen.lock().unwrap().contains(&thread::current().id()), "the thread that polls stays free");
    }
}

#[test]
fn e1_no_more_recordings_are_in_memory_than_are_replayed_at_the_same_time() {
    let recordings = recordings(300);
    let (in_memory, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let equalizer = {
        let in_memory = Arc::clone(&in_memory);
        Arc::new(Equalizer::new(blocking(move |_| {
            in_memory.fetch_sub(1, SeqCst);
        })))
    };
    let job = |recording: &Recording| {
        let (recording, in_memory, most) = (recording.clone(), Arc::clone(&in_memory), Arc::clone(&most));
        Job::new(recording.id().clone(), Arc::clone(&equalizer), async move {
            most.fetch_max(in_memory.fetch_add(1, SeqCst) + 1, SeqCst);
            Ok::<_, Error>(recording)
        })
    };
    let comparisons = threads(3).run(stream::iter(&recordings).map(job));
    assert_eq!(block_on(comparisons.count()), 300);
    assert!((1..=3).contains(&most.load(SeqCst)), "{most:?}");
}

#[test]
fn e5_a_replay_that_blocks_its_thread_for_good_is_given_up_and_another_thread_takes_over() {
    let recordings = recordings(6);
    let (_hold, held) = mpsc::channel::<()>();
    let held = Mutex::new(held);
    let crew = threads(1).time_limit(Duration::from_millis(20));
    let comparisons = run(
        &crew,
        blocking(move |argument| {
            if argument == 2 {
                let _ = held.lock().unwrap().recv();
            }
        }),
        &recordings,
    );
    let mut expected = [Status::Equal; 6];
    expected[2] = Status::EqualizerFailure;
    assert_eq!(statuses(&comparisons), expected);
    let message = comparisons[2].verdict.message.as_deref().unwrap();
    assert_eq!(
        message,
        "the replay did not end within 20ms, and blocks its thread, which is left to it; worker processes can be ended"
    );
}

#[test]
fn e5_no_more_threads_are_left_to_blocked_replays_than_a_process_can_bear() {
    let recordings = recordings(60);
    let (_hold, held) = mpsc::channel::<()>();
    let held = Mutex::new(held);
    let crew = threads(16).time_limit(Duration::from_millis(20));
    let comparisons =
        run(&crew, blocking(move |_| held.lock().unwrap().recv().unwrap_or_default()), &recordings);
    assert_eq!(comparisons.len(), 60);
    let begins = |begin: &str| {
        let message =
            |comparison: &&Comparison| comparison.verdict.message.as_deref().unwrap().starts_with(begin);
        comparisons.iter().filter(message).count()
    };
    let (blocked, not_replayed) =
        (begins("the replay did not end within"), begins("it was not replayed, since"));
    assert_eq!(blocked + not_replayed, 60);
    // The last threads were hired when fewer than 32 were blocked.
    assert!((32..48).contains(&blocked), "{blocked}");
}

#[test]
fn e5_loading_that_does_not_end_is_given_up_too() {
    let recording = recordings(1).remove(0);
    let equalizer = Arc::new(Equalizer::new(blocking(|_| ())));
    let job = Job::new(recording.id().clone(), equalizer, std::future::pending::<Result<Recording, Error>>());
    let crew = threads(1).time_limit(Duration::from_millis(20));
    let comparisons: Vec<_> = block_on(crew.run(stream::iter([job])).collect());
    assert_eq!(
        comparisons[0].verdict.to_string(),
        "equalizer failure: loading it failed: it did not end within 20ms"
    );
}

#[test]
fn a_stop_lets_what_is_in_work_end_and_begins_nothing_more() {
    let recordings = recordings(50);
    for as_finished in [false, true] {
        let stop = Stop::new();
        let stopping = stop.clone();
        let crew = threads(2).stop(stop);
        let crew = if as_finished { crew.as_finished() } else { crew };
        let tuning = blocking(move |argument| {
            if argument == 9 {
                stopping.stop();
            }
        });
        let comparisons = run(&crew, tuning, &recordings);
        assert!((10..50).contains(&comparisons.len()), "{}", comparisons.len());
        assert!(comparisons.iter().any(|comparison| comparison.id == *recordings[9].id()));
        assert!(comparisons.iter().all(|comparison| comparison.status() == Status::Equal));
    }
}

#[test]
fn after_a_stop_what_does_not_end_is_given_up_and_tells_nothing() {
    let recordings = recordings(3);
    let stop = Stop::new();
    let stopping = stop.clone();
    let tuning = asynchronous(move |argument| {
        let stopping = stopping.clone();
        async move {
            if argument == 1 {
                stopping.stop();
                std::future::pending().await
            }
        }
    });
    let crew = threads(1).stop(stop).grace(Duration::from_millis(10));
    let comparisons = run(&crew, tuning, &recordings);
    assert_eq!(statuses(&comparisons), [Status::Equal]);
}

#[test]
fn what_is_in_work_when_the_stream_is_dropped_is_given_up() {
    let recordings = recordings(1);
    let (dropped, told) = oneshot::channel::<()>();
    let (began, begun) = mpsc::channel();
    let held = Arc::new(Mutex::new(Some(dropped)));
    let tuning = asynchronous(move |_| {
        let (held, began) = (Arc::clone(&held), began.clone());
        async move {
            let _dropped_with_the_future = held.lock().unwrap().take();
            began.send(()).unwrap();
            std::future::pending().await
        }
    });
    let mut comparisons = threads(1).run(jobs(tuning, &recordings));
    block_on(async { assert!(futures::poll!(comparisons.next()).is_pending()) });
    begun.recv().unwrap();
    drop(comparisons);
    assert!(block_on(told).is_err(), "the future was dropped");
}

#[cfg(feature = "tokio")]
#[test]
fn inside_tokio_replays_spawn_sleep_and_block_as_they_do_in_production() {
    let recordings = recordings(8);
    let runtimes = [
        tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap(),
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
    ];
    for runtime in runtimes {
        let sleeping = asynchronous(|_| async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            tokio::spawn(async {}).await.unwrap();
        });
        let blocking = blocking(|_| tokio::runtime::Handle::current().block_on(async {}));
        for tuning in [sleeping, blocking] {
            let all = threads(2).run(jobs(tuning, &recordings)).collect::<Vec<_>>();
            assert_eq!(statuses(&runtime.block_on(all)), [Status::Equal; 8]);
        }
    }
}

#[test]
fn another_runtime_can_be_given() {
    struct Smol;
    impl playback_equalizer::Runtime for Smol {
        fn block_on(&self, replay: std::pin::Pin<&mut (dyn Future<Output = ()> + Send + '_)>) {
            smol::block_on(replay);
        }
    }
    let tuning = asynchronous(|_| async {
        smol::Timer::after(Duration::from_millis(1)).await;
        smol::spawn(async {}).await;
    });
    assert_eq!(statuses(&run(&threads(2).runtime(Smol), tuning, &recordings(4))), [Status::Equal; 4]);
}

#[test]
fn e1_no_comparison_is_lost_when_replays_end_while_the_crew_is_looked_after() {
    // Whoever polls races with the threads each time, so there are many times. Runs are short: where one looks whether
    // it has come to its end is where it may forget what was finished just then.
    let recordings = recordings(20);
    for crew in [threads(1), threads(8), threads(1).as_finished(), threads(8).as_finished()] {
        for time in 0..250 {
            let comparisons = run(&crew, blocking(|_| ()), &recordings[..time % 20 + 1]);
            assert_eq!(comparisons.len(), time % 20 + 1, "{crew:?}, time {time}");
        }
    }
}

#[test]
fn e5_a_panic_that_panics_again_each_time_it_is_dropped_costs_one_comparison_and_no_thread() {
    struct Bomb(u32);
    impl Drop for Bomb {
        fn drop(&mut self) {
            if self.0 > 0 {
                std::panic::resume_unwind(Box::new(Bomb(self.0 - 1)));
            }
        }
    }
    let body = |argument| {
        if argument == 1 {
            std::panic::resume_unwind(Box::new(Bomb(8)));
        }
    };
    let comparisons = run(&threads(1), blocking(body), &recordings(4));
    let failure = Status::EqualizerFailure;
    assert_eq!(statuses(&comparisons), [Status::Equal, failure, Status::Equal, Status::Equal]);
}

#[test]
fn a_time_limit_may_be_as_long_as_a_duration_is() {
    let crew = threads(2).time_limit(Duration::MAX).grace(Duration::MAX).stop(Stop::new());
    assert_eq!(statuses(&run(&crew, asynchronous(|_| async {}), &recordings(2))), [Status::Equal; 2]);
}
