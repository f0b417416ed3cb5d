//! What every recorder owes the code that it records, and those who look at the recordings.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures::future::LocalBoxFuture;
use playback_core::{
    Context, Kind, Recorder, RecorderExt, Recording, discard_recording, input, operation, output,
};

use super::Rule;
use super::broken::{Broken, Outcome, ensure, same};

/// A recorder under trial: what is recorded with, and what it has made by now.
pub(super) struct Trial<'t> {
    pub(super) recorder: Arc<dyn Recorder>,
    pub(super) recorded: &'t dyn Fn() -> LocalBoxFuture<'t, Vec<Recording>>,
}

/// Tries a rule on one recorder.
type OnRecorder = for<'t> fn(&'t Trial<'t>) -> LocalBoxFuture<'t, Outcome>;

pub(super) const RULES: [Rule<OnRecorder>; 7] = [
    Rule { says: "a run is recorded whole, under its category", holds: |trial| Box::pin(whole(trial)) },
    Rule { says: "an error is recorded as one, and returned", holds: |trial| Box::pin(error(trial)) },
    Rule { says: "a panic passes through and leaves what there was", holds: |trial| Box::pin(panic(trial)) },
    Rule { says: "what is discarded is not recorded", holds: |trial| Box::pin(discarded(trial)) },
    Rule { says: "every run has an id of its own", holds: |trial| Box::pin(ids(trial)) },
    Rule { says: "runs at the same time do not mix", holds: |trial| Box::pin(together(trial)) },
    Rule { says: "a category that no id can hold harms nobody", holds: |trial| Box::pin(unnameable(trial)) },
];

/// An operation that reads what it is given and sends it on.
fn run(number: u64) -> u64 {
    let body = move || {
        let read: u64 = input("conformance.read").args(&(number,)).run(|| number + 1);
        output("conformance.send").args(&(read,)).run(|| read)
    };
    operation("Conformance").args(&(number,)).run(body)
}

fn one(recordings: Vec<Recording>) -> Result<Recording, Broken> {
    let count = recordings.len();
    <[Recording; 1]>::try_from(recordings)
        .map(|[recording]| recording)
        .map_err(|_| Broken(format!("one run made {count} recordings")))
}

async fn whole(trial: &Trial<'_>) -> Outcome {
    let result = trial.recorder.scope_blocking(|| run(7));
    same("the result", &result, &8)?;
    let recording = one((trial.recorded)().await)?;
    same("the category", &recording.id().category(), &"Conformance")?;
    same("the metadata's category", &recording.metadata().category.as_str(), &"Conformance")?;
    ensure(!recording.metadata().failed && !recording.metadata().incomplete, || {
        "a run that went well is marked as failed or incomplete".to_owned()
    })?;
    let kinds: Vec<Kind> = recording.tape().calls().map(|call| call.kind()).collect();
    same("what was recorded", &kinds, &vec![Kind::Operation, Kind::Input, Kind::Output])?;
    let arguments = recording.arguments::<(u64,)>().map_err(|error| Broken(error.to_string()))?;
    same("the arguments", &arguments, &(7,))
}

async fn error(trial: &Trial<'_>) -> Outcome {
    let failing = || operation("Conformance").run(|| Err::<(), _>("no such customer".to_owned()));
    let result = trial.recorder.scope_blocking(failing);
    same("the result", &result, &Err("no such customer".to_owned()))?;
    let recording = one((trial.recorded)().await)?;
    same("`failed`", &recording.metadata().failed, &true)?;
    same("`incomplete`", &recording.metadata().incomplete, &false)
}

async fn panic(trial: &Trial<'_>) -> Outcome {
    let panicking = || {
        operation("Conformance").run(|| {
            output("conformance.send").args(&(1,)).run(|| ());
            // Without the message that a panic prints.
            std::panic::resume_unwind(Box::new("conformance"))
        })
    };
    let passed = catch_unwind(AssertUnwindSafe(|| trial.recorder.scope_blocking::<()>(panicking)));
    ensure(passed.is_err(), || "the panic was swallowed".to_owned())?;
    let recording = one((trial.recorded)().await)?;
    same("`incomplete`", &recording.metadata().incomplete, &true)?;
    same("how many outputs there are", &recording.tape().calls_of(Kind::Output).count(), &1)
}

async fn discarded(trial: &Trial<'_>) -> Outcome {
    let result = trial.recorder.scope_blocking(|| {
        operation("Conformance").run(|| {
            discard_recording();
            3
        })
    });
    same("the result", &result, &3)?;
    same("how many recordings there are", &(trial.recorded)().await.len(), &0)
}

async fn ids(trial: &Trial<'_>) -> Outcome {
    const RUNS: u64 = 100;
    for number in 0..RUNS {
        trial.recorder.scope_blocking(|| run(number));
    }
    let recordings = (trial.recorded)().await;
    let ids: HashSet<_> = recordings.iter().map(Recording::id).collect();
    same("how many ids there are", &(ids.len() as u64), &RUNS)
}

async fn together(trial: &Trial<'_>) -> Outcome {
    const RUNS: u64 = 8;
    std::thread::scope(|threads| {
        for number in 0..RUNS {
            let recorder = Arc::clone(&trial.recorder);
            threads.spawn(move || recorder.scope_blocking(|| Context::bind(move || run(number))()));
        }
    });
    let recordings = (trial.recorded)().await;
    same("how many recordings there are", &(recordings.len() as u64), &RUNS)?;
    for recording in recordings {
        let (number,) = recording.arguments::<(u64,)>().map_err(|error| Broken(error.to_string()))?;
        for call in recording.tape().calls_of(Kind::Input) {
            let read = call.arguments().map_err(|error| Broken(error.to_string()))?;
            same("what a run read", &read.to_string(), &format!("[{number}]"))?;
        }
        same("how many calls a run has", &recording.tape().calls().count(), &3)?;
    }
    Ok(())
}

async fn unnameable(trial: &Trial<'_>) -> Outcome {
    for category in ["", "\n", &"x".repeat(1000)] {
        let category = category.to_owned();
        let result = trial.recorder.scope_blocking(|| operation(category).run(|| 5));
        same("the result", &result, &5)?;
    }
    same("how many recordings there are", &(trial.recorded)().await.len(), &0)
}
