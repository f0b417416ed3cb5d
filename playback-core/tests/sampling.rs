//! What a recorder is asked of the end of an operation, and what runs say that belong together.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use playback_core::{
    DiscardReason, Finished, OperationEnd, OperationStart, Recorder, RecorderExt, RecordingStart,
    SamplingKey, discard_recording, force_sample_recording, operation,
};
use playback_testkit::MemoryRecorder;

/// Keeps what failed, and notes what it was asked.
#[derive(Clone)]
struct Judge {
    memory: MemoryRecorder,
    asked: Arc<Mutex<Vec<OperationEnd>>>,
    keys: Arc<Mutex<Vec<Option<SamplingKey>>>>,
    panics: bool,
}

impl Judge {
    fn new(memory: MemoryRecorder) -> Self {
        Self { memory, asked: Arc::default(), keys: Arc::default(), panics: false }
    }

    fn asked(&self) -> Vec<(bool, bool)> {
        self.asked.lock().unwrap().iter().map(|end| (end.failed, end.forced)).collect()
    }
}

impl Recorder for Judge {
    fn start(&self, operation: &OperationStart<'_>) -> Option<RecordingStart> {
        self.keys.lock().unwrap().push(operation.sampling_key);
        self.memory.start(operation)
    }

    fn keeps(&self, _: &RecordingStart, end: &OperationEnd) -> bool {
        assert!(!self.panics, "no idea");
        self.asked.lock().unwrap().push(*end);
        end.failed
    }

    fn finish(&self, finished: Finished) {
        self.memory.finish(finished);
    }
}

fn outcomes(recorder: &impl RecorderExt) {
    recorder.scope_blocking(|| {
        operation("Right").run(|| Ok::<_, String>(1)).unwrap();
        operation("Wrong").run(|| Err::<u8, _>("no")).unwrap_err();
        operation("Discarded").run(discard_recording);
        operation("Forced").run(force_sample_recording);
        operation("Ignoring").ignore_forced_sampling().run(force_sample_recording);
        let panicking = || operation("Panicked").run(|| std::panic::resume_unwind(Box::new("no")));
        catch_unwind(AssertUnwindSafe::<fn()>(panicking)).unwrap_err();
        // Dropped in the middle.
        let mut waiting = Box::pin(operation("Cancelled").run_async(std::future::pending::<u8>()));
        futures::executor::block_on(async { assert!(futures::poll!(&mut waiting).is_pending()) });
    });
}

#[test]
fn a_recorder_is_asked_at_the_end_how_it_ended_and_keeps_what_it_says() {
    // S1, S3
    let judge = Judge::new(MemoryRecorder::new());
    outcomes(&judge);
    let (right, wrong, forced) = ((false, false), (true, false), (false, true));
    // A discarded one is not asked for; force has no say where it is ignored; who was dropped has not failed.
    assert_eq!(judge.asked(), [right, wrong, forced, right, wrong, right]);
    let kept: Vec<_> = judge.memory.recordings().iter().map(|it| it.id().category().to_owned()).collect();
    assert_eq!(kept, ["Wrong", "Panicked"]);
    let reasons: Vec<_> = judge.memory.discarded().into_iter().map(|(_, reason)| reason).collect();
    let out = DiscardReason::SampledOut;
    assert_eq!(reasons, [out.clone(), DiscardReason::Requested, out.clone(), out.clone(), out]);
}

#[test]
fn by_default_what_is_left_out_is_kept_only_if_it_is_forced() {
    // S2, S3
    let kept = |recorder: MemoryRecorder| {
        outcomes(&recorder);
        recorder.recordings().len()
    };
    assert_eq!(kept(MemoryRecorder::new().only_if_forced()), 1);
    assert_eq!(kept(MemoryRecorder::new()), 6);
    // Behind an `Arc`, as every recorder is.
    let judge: Arc<dyn Recorder> = Arc::new(Judge::new(MemoryRecorder::new()));
    let start = judge.start(&OperationStart::new("Checkout")).unwrap();
    assert!(!judge.keeps(&start, &OperationEnd::default()));
}

#[test]
fn a_recorder_that_panics_when_it_is_asked_keeps_nothing_and_does_not_reach_the_service() {
    let judge = Judge { panics: true, ..Judge::new(MemoryRecorder::new()) };
    assert_eq!(judge.scope_blocking(|| operation("Checkout").run(|| 5)), 5);
    assert!(judge.memory.recordings().is_empty());
}

#[test]
fn the_duration_is_that_of_the_operation() {
    let judge = Judge::new(MemoryRecorder::new());
    let began = std::time::Instant::now();
    judge.scope_blocking(|| operation("Checkout").run(std::thread::yield_now));
    let duration = judge.asked.lock().unwrap()[0].duration;
    assert!(duration > std::time::Duration::ZERO && duration <= began.elapsed());
}

/// Cannot be printed.
struct Torn;

impl std::fmt::Display for Torn {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("torn")
    }
}

#[test]
fn a_key_reaches_the_recorder_and_one_that_panics_harms_nobody() {
    let judge = Judge::new(MemoryRecorder::new());
    judge.scope_blocking(|| {
        operation("Checkout").sampling_key(17).run(|| ());
        operation("Checkout").run(|| ());
        assert_eq!(operation("Checkout").sampling_key(Torn).run(|| 5), 5);
    });
    assert_eq!(*judge.keys.lock().unwrap(), [Some(SamplingKey::of("17")), None, None]);
}

#[test]
fn the_shares_of_keys_are_spread_evenly_even_if_the_keys_are_alike() {
    for prefix in ["", "customer-", "0000000000000000000"] {
        let mut tenths = [0; 10];
        for number in 0..10_000 {
            let share = SamplingKey::of(format_args!("{prefix}{number}")).share();
            tenths[(share * 10.0) as usize] += 1;
        }
        assert!(tenths.iter().all(|&tenth| (900..1100).contains(&tenth)), "{prefix}: {tenths:?}");
    }
}
