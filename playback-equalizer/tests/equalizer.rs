//! Replaying and comparing many recordings.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail loudly"
)]

mod common;

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{Sent, send};
use futures::channel::oneshot;
use futures::executor::block_on;
use futures::stream::{self, StreamExt};
use futures::{FutureExt, poll};
use playback_core::{RecorderExt, Recording, RecordingId, ReplayError, input, operation, output};
use playback_equalizer::{Comparison, Equalizer, Error, Status, Tuner, Tuning};
use playback_testkit::{MemoryRecorder, record};

/// Recordings of an operation `Double`, which sends twice its argument and returns it.
fn recordings(arguments: &[u64]) -> Vec<Recording> {
    playback_testkit::record_blocking(|| arguments.iter().for_each(|argument| drop(double(*argument, 0))))
        .recordings
}

/// Twice the argument and `off`, which a change of the code may bring in. 13 is refused.
fn double(argument: u64, off: u64) -> common::Result {
    operation("Double").args(&(argument,)).run(|| {
        if argument == 13 {
            return Err("13 is unlucky".to_owned());
        }
        send(Sent("sent", argument * 2 + off));
        Ok(argument * 2 + off)
    })
}

/// Replays with an `off` for each argument.
fn tuning(off: impl Fn(u64) -> u64 + Send + Sync + 'static) -> Tuning {
    Tuning::blocking(move |recording| {
        let (argument,) = recording.arguments()?;
        Ok(double(argument, off(argument)))
    })
}

fn loader(recordings: &[Recording]) -> impl Fn(RecordingId) -> std::future::Ready<Result<Recording, Error>> {
    let recordings = recordings.to_vec();
    move |id| {
        let found = recordings.iter().find(|recording| *recording.id() == id).cloned();
        std::future::ready(found.ok_or_else(|| format!("there is no {id}").into()))
    }
}

fn ids(recordings: &[Recording]) -> Vec<RecordingId> {
    recordings.iter().map(|recording| recording.id().clone()).collect()
}

fn run(equalizer: &Equalizer, recordings: &[Recording]) -> Vec<Comparison> {
    block_on(equalizer.run(stream::iter(ids(recordings)), loader(recordings)).collect())
}

fn concurrency(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap()
}

#[test]
fn e1_each_recording_is_played_and_compared() {
    let recordings = recordings(&[1, 2, 3]);
    let comparisons = run(&Equalizer::new(tuning(|argument| argument % 2)), &recordings);
    let told: Vec<_> =
        comparisons.iter().map(|comparison| (comparison.id.clone(), comparison.status())).collect();
    let [one, two, three] = ids(&recordings).try_into().unwrap();
    assert_eq!(told, [(one, Status::Different), (two, Status::Equal), (three, Status::Different)]);
    assert_eq!(
        comparisons[2].to_string(),
        format!(
            "{} is different: 2 differences\n  sent #1\n    ~ value: 6 -> 7\n  result\n    ~ Ok: 6 -> 7",
            comparisons[2].id
        )
    );
}

#[test]
fn e1_nothing_is_done_before_it_is_asked_for_nor_more_than_the_concurrency() {
    let recordings = recordings(&(14..40).collect::<Vec<_>>());
    let loaded = Arc::new(AtomicUsize::new(0));
    let counting = {
        let (load, loaded) = (loader(&recordings), Arc::clone(&loaded));
        move |id| {
            let (load, loaded) = (load(id), Arc::clone(&loaded));
            async move {
                loaded.fetch_add(1, Ordering::Relaxed);
                load.await
            }
        }
    };
    let equalizer = Equalizer::new(tuning(|_| 0)).concurrency(concurrency(2));
    let mut comparisons = equalizer.run(stream::iter(ids(&recordings)), counting);
    assert_eq!(loaded.load(Ordering::Relaxed), 0);
    for taken in 1..26 {
        block_on(comparisons.next()).unwrap();
        let loaded = loaded.load(Ordering::Relaxed);
        assert!(
            (taken..=taken + 8).contains(&loaded),
            "{taken} were taken, and eight are in work or done: {loaded}"
        );
    }
    assert_eq!(block_on(comparisons.count()), 1);
}

/// An equalizer whose replays wait until they are let go, and what lets them go.
fn gated(recordings: &[Recording]) -> (Equalizer, Vec<oneshot::Sender<()>>) {
    let (open, gates): (Vec<_>, Vec<_>) = recordings.iter().map(|_| oneshot::channel::<()>()).unzip();
    let of_argument: Mutex<Vec<Option<oneshot::Receiver<()>>>> =
        Mutex::new(gates.into_iter().map(Some).collect());
    let tuning = Tuning::new(move |recording: &Recording| {
        let (argument,): (usize,) = recording.arguments()?;
        let gate = of_argument.lock().unwrap()[argument].take().unwrap();
        Ok(async move {
            gate.await.unwrap();
            double(argument as u64, 0)
        })
    });
    (Equalizer::new(tuning), open)
}

#[test]
fn e1_comparisons_come_in_the_order_of_the_ids_or_as_they_are_finished() {
    for as_finished in [false, true] {
        let recordings = recordings(&[0, 1, 2]);
        let (equalizer, gates) = gated(&recordings);
        let equalizer = if as_finished { equalizer.as_finished() } else { equalizer };
        let order: Vec<RecordingId> = block_on(async {
            let mut comparisons = equalizer.run(stream::iter(ids(&recordings)), loader(&recordings));
            // All three wait at the same time, and the last is let go first.
            assert!(poll!(comparisons.next()).is_pending());
            let mut order = Vec::new();
            for gate in gates.into_iter().rev() {
                gate.send(()).unwrap();
                if as_finished {
                    order.extend(comparisons.next().await);
                }
            }
            order.extend(comparisons.collect::<Vec<_>>().await);
            order.into_iter().map(|comparison| comparison.id).collect()
        });
        let mut expected = ids(&recordings);
        if as_finished {
            expected.reverse();
        }
        assert_eq!(order, expected, "as finished: {as_finished}");
    }
}

#[test]
fn e1_a_comparison_is_not_kept_waiting_by_replays_that_take_long() {
    let recordings = recordings(&[0, 1, 2, 3, 4, 5, 6, 7]);
    let (equalizer, gates) = gated(&recordings);
    let mut comparisons =
        equalizer.concurrency(concurrency(2)).run(stream::iter(ids(&recordings)), loader(&recordings));
    let mut gates = gates.into_iter();
    gates.next().unwrap().send(()).unwrap();
    // Both threads are busy with others from then on, and there are more.
    assert_eq!(block_on(comparisons.next()).unwrap().id, *recordings[0].id());
    gates.for_each(|gate| gate.send(()).unwrap());
    assert_eq!(block_on(comparisons.count()), 7);
}

#[test]
fn e5_a_failure_in_loading_or_playing_is_one_comparison_and_the_run_goes_on() {
    let recordings = recordings(&[1, 2, 3, 4, 5]);
    let tuning = Tuning::new(|recording: &Recording| {
        let (argument,): (u64,) = recording.arguments()?;
        match argument {
            2 => return Err(ReplayError::setup("no fixture")),
            3 => panic!("the tuner's closure panics"),
            _ => {}
        }
        Ok(async move {
            assert!(argument != 4, "the operation panics");
            double(argument, 0)
        })
    });
    let mut asked = ids(&recordings);
    asked.push("Double/20260101/01KDVDNA000000000000000099".parse().unwrap());
    let comparisons: Vec<Comparison> =
        block_on(Equalizer::new(tuning).run(stream::iter(asked), loader(&recordings)).collect());
    let told: Vec<String> = comparisons
        .iter()
        .map(|comparison| comparison.verdict.to_string().lines().next().unwrap().to_owned())
        .collect();
    assert_eq!(
        told,
        [
            "equal",
            "equalizer failure: the replay could not be set up: no fixture",
            "equalizer failure: the code under replay panicked: the tuner's closure panics",
            "equalizer failure: the code under replay panicked: the operation panics",
            "equal",
            "equalizer failure: loading it failed: there is no Double/20260101/01KDVDNA000000000000000099",
        ]
    );
}

#[test]
fn e5_a_panic_in_loading_is_one_comparison_and_the_run_goes_on() {
    let recordings = recordings(&[1, 2]);
    let load = loader(&recordings);
    let first = ids(&recordings).remove(0);
    let panicking = |id: RecordingId| {
        let loaded = load(id.clone());
        let panics = id == first;
        async move {
            assert!(!panics, "no memory");
            loaded.await
        }
    };
    let equalizer = Equalizer::new(tuning(|_| 0));
    let comparisons: Vec<_> = block_on(equalizer.run(stream::iter(ids(&recordings)), panicking).collect());
    assert_eq!(comparisons[0].verdict.message.as_deref(), Some("loading it panicked: no memory"));
    assert_eq!(comparisons[1].status(), Status::Equal);
}

#[test]
fn e5_a_recording_that_was_cancelled_is_compared_by_what_went_out_until_then() {
    let recorder = MemoryRecorder::new();
    let wait = |sent: u64| async move {
        let body = async move {
            output("sent").args(&(sent,)).run(|| ());
            input("slow").args(&()).run_async(std::future::pending::<u64>()).await
        };
        operation("Wait").args(&()).run_async(body).await
    };
    assert!(recorder.scope(wait(1)).now_or_never().is_none());
    let compare = |sent| {
        let equalizer = Equalizer::new(Tuning::new(move |_| Ok(wait(sent))));
        equalizer.compare(recorder.recordings().remove(0)).now_or_never().expect("it ends").status()
    };
    assert_eq!((compare(1), compare(2)), (Status::Equal, Status::Different));
}

#[test]
fn e5_a_replay_that_does_not_end_is_given_up_and_the_run_goes_on() {
    // The recorded code gave up on a slow call; the replayed code does not.
    async fn read(patient: bool) -> u64 {
        let body = async move {
            let slow = Box::pin(input("slow").args(&()).run_async(std::future::pending::<u64>()));
            if patient { slow.await } else { slow.now_or_never().unwrap_or(7) }
        };
        operation("Read").args(&()).run_async(body).await
    }
    let recordings = [block_on(record(read(false))).recording(), block_on(record(read(false))).recording()];
    let comparisons = |patient| {
        let equalizer =
            Equalizer::new(Tuning::new(move |_| Ok(read(patient)))).time_limit(Duration::from_millis(20));
        block_on(futures::future::join_all(
            recordings.iter().map(|recording| equalizer.compare(recording.clone())),
        ))
        .iter()
        .map(|comparison| comparison.status())
        .collect::<Vec<_>>()
    };
    assert_eq!(comparisons(false), [Status::Equal; 2]);
    assert_eq!(comparisons(true), [Status::EqualizerFailure; 2]);
}

#[test]
fn e6_a_comparison_says_which_side_failed() {
    let recordings = recordings(&[13, 1]);
    let lucky = Tuning::blocking(|recording: &Recording| {
        let (argument,): (u64,) = recording.arguments()?;
        Ok(operation("Double")
            .args(&(argument,))
            .run(|| if argument == 13 { Ok(26) } else { Err("now it fails") }))
    });
    let comparisons = run(&Equalizer::new(lucky), &recordings);
    let told: Vec<_> = comparisons
        .iter()
        .map(|comparison| {
            (comparison.status(), comparison.recorded.unwrap().failed, comparison.replayed.unwrap().failed)
        })
        .collect();
    assert_eq!(told, [(Status::Fixed, true, false), (Status::Failed, false, true)]);
}

#[test]
fn e6_playbacks_are_kept_only_if_asked() {
    let recordings = recordings(&[1]);
    assert!(run(&Equalizer::new(tuning(|_| 0)), &recordings)[0].playback.is_none());
    let kept = run(&Equalizer::new(tuning(|_| 5)).keep_playbacks(), &recordings).remove(0).playback.unwrap();
    assert_eq!(kept.recording(), &recordings[0]);
    assert_eq!(kept.replayed().outputs().last().unwrap().to::<common::Result>().unwrap(), Ok(7));
}

#[test]
fn durations_of_both_sides_are_kept() {
    let recording = recordings(&[1]).remove(0);
    let comparison = block_on(Equalizer::new(tuning(|_| 0)).keep_playbacks().compare(recording.clone()));
    assert_eq!(comparison.recorded.unwrap().duration, recording.metadata().duration);
    let playback = comparison.playback.unwrap();
    assert_eq!(comparison.replayed.unwrap().duration, playback.replayed_duration());
    assert!(playback.replayed_duration() > Duration::ZERO);
}

#[test]
fn what_plugs_in_is_dyn_compatible_and_what_runs_is_send() {
    fn send_and_sync<T: Send + Sync>() {}
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    send_and_sync::<Equalizer>();
    send_and_sync::<Box<dyn Tuner>>();
    send_and_sync::<Box<dyn playback_equalizer::Comparator>>();
    send_and_sync::<Box<dyn playback_equalizer::Extractor>>();
    send_and_sync::<Comparison>();
    let recording = recordings(&[1]).remove(0);
    drop(is_send(Equalizer::new(tuning(|_| 0)).compare(recording)));
}
