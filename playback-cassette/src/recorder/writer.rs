//! The thread that saves.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use futures::future::select;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use playback_core::{DiscardReason, Recording};

use super::backlog::{Fate, Job};
use super::candidate::Calculator;
use super::onlookers;
use super::priority;
use super::queue::{Next, Queue};
use super::stats::count_event;
use crate::{Cassette, Error, ErrorKind, Found, format};

/// Starts the thread; none, with the queue closed, if the machine has none left.
pub(super) fn spawn(
    cassette: Box<dyn Cassette>,
    queue: Arc<Queue>,
    saves: usize,
    calculator: Option<Calculator>,
    niceness: u8,
) -> Option<JoinHandle<()>> {
    let ended = Ended(queue);
    let thread = thread::Builder::new().name("playback-writer".to_owned());
    // Dropped with the closure if there is no thread, `ended` ends the queue all the same.
    let run = move || {
        priority::give_way(niceness);
        run(&Writer { cassette: &*cassette, queue: &ended.0, calculator }, saves);
    };
    // A cassette may be instrumented itself: what saving does is not to be recorded, and saved, in its turn.
    match thread.spawn(|| playback_core::without_recording(run)) {
        Ok(thread) => Some(thread),
        Err(error) => {
            tracing::error!(%error, "nothing is recorded: the recorder could not start its thread");
            None
        }
    }
}

/// Ends the queue when the writer ends, in whichever way.
struct Ended(Arc<Queue>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.ended();
    }
}

struct Writer<'a> {
    cassette: &'a dyn Cassette,
    queue: &'a Queue,
    calculator: Option<Calculator>,
}

/// How often in a row the thread goes on after a panic.
const CRASHES: u32 = 10;

/// How many threads a save may have to block on: those of files are blocked on one after another.
const BLOCKING: usize = 2;

fn run(writer: &Writer<'_>, saves: usize) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    // On a busy machine, where threads are slow to wake, tokio starts new ones by the hundred otherwise.
    runtime
        .thread_name("playback-blocking")
        .max_blocking_threads(saves.saturating_mul(BLOCKING).clamp(BLOCKING, 512));
    let runtime = match runtime.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "nothing is recorded: the recorder could not start its runtime");
            return;
        }
    };
    runtime.block_on(async {
        write_on(writer, saves).await;
        writer.queue.stopped();
        // A subscriber that panics ends this as well.
        let _ = caught(close(writer.cassette)).await;
    });
    // Without waiting for what was given up and may hang.
    runtime.shutdown_background();
}

/// Saves until the queue is closed. What panics here is nothing that was asked to save, but what looks on: a subscriber. It
/// costs what was on its way, and the rest is saved all the same.
async fn write_on(writer: &Writer<'_>, saves: usize) {
    let (mut crashes, mut saved) = (0, 0);
    while let Err(panic) = caught(write(writer, saves)).await {
        writer.queue.crashed();
        let before = std::mem::replace(&mut saved, writer.queue.counts().saved);
        crashes = if saved > before { 1 } else { crashes + 1 };
        let goes_on = crashes < CRASHES;
        onlookers::tell(|| {
            let then = if goes_on { "goes on" } else { "ends, and nothing is recorded" };
            tracing::error!("the recorder's thread panicked, and {then}: {panic}");
        });
        if !goes_on {
            break;
        }
    }
}

async fn write(writer: &Writer<'_>, saves: usize) {
    let queue = writer.queue;
    let mut saving = FuturesUnordered::new();
    loop {
        match queue.next(saving.len() < saves) {
            Next::Save(job) => saving.push(save(writer, job)),
            Next::Wait => something(queue, &mut saving).await,
            // By the machine's clock; whether it is over is asked of the recorder's.
            Next::Hold(left) => {
                let _ = tokio::time::timeout(left, something(queue, &mut saving)).await;
            }
            // What was given up is cut off here.
            Next::End => return,
        }
    }
}

async fn close(cassette: &dyn Cassette) {
    match caught(async { cassette.close().await }).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!("the recorder's cassette did not close: {}", error.chain()),
        Err(panic) => tracing::error!("the recorder's cassette panicked while it was closed: {panic}"),
    }
}

/// Comes when something may have happened: in the queue, or to what is being saved.
async fn something(queue: &Queue, saving: &mut FuturesUnordered<impl Future<Output = ()>>) {
    if saving.is_empty() {
        queue.work().await;
    } else {
        select(pin!(queue.work()), saving.next()).await;
    }
}

/// Saves one recording, if the calculator keeps it.
async fn save(writer: &Writer<'_>, job: Job) {
    let fate = attempt(writer, &job).await;
    writer.queue.finished(&job, &fate, |count| tell(&job, &fate, count));
}

async fn attempt(writer: &Writer<'_>, job: &Job) -> Fate {
    if let Err(error) = format::settled(&job.recording).await {
        return Fate::Unspillable(error);
    }
    let keeps = || writer.calculator.as_ref().is_none_or(|calculator| calculator.keeps(&job.recording));
    match caught(async { keeps() }).await {
        Ok(true) => {}
        Ok(false) => return Fate::SampledOut,
        Err(panic) => return Fate::Unjudged(panic),
    }
    // Asked inside, because the call itself can panic as well as what it returns.
    match caught(async { writer.cassette.save(&job.recording).await }).await {
        Ok(Ok(())) => Fate::Saved,
        Ok(Err(error)) if is_at_fault(&job.recording, &error) => Fate::Unsavable(error.chain()),
        Ok(Err(error)) => Fate::Failed(error.chain()),
        Err(panic) => Fate::Panicked(format!("the cassette panicked: {panic}; mend the cassette")),
    }
}

/// Whether no save of the recording could have come to another end. What is invalid may be its own metadata as well as the
/// address of the store, which is asked of the metadata.
fn is_at_fault(recording: &Recording, error: &Error) -> bool {
    let unwritable = || {
        let found = Found::new(recording.id().clone(), recording.metadata().clone());
        format::metadata_to_json(&found).is_err()
    };
    match error.kind() {
        ErrorKind::TooLarge => true,
        ErrorKind::Invalid => unwritable(),
        _ => false,
    }
}

/// Tells of what was not saved; `count` have come to the same.
fn tell(job: &Job, fate: &Fate, count: u64) {
    let recording = job.recording.id();
    match fate {
        Fate::Saved => {}
        Fate::SampledOut => {
            tracing::debug!(%recording, "a recording was discarded: the sampling calculator leaves it out");
        }
        Fate::Unspillable(error) => {
            let reason = DiscardReason::Unspillable { error: error.clone() };
            count_event!(count, %recording, count, "a recording was discarded: {reason}");
        }
        Fate::Failed(error) | Fate::Unsavable(error) => {
            count_event!(count, %recording, "a recording could not be saved: {error}");
        }
        Fate::Panicked(error) => tracing::error!(%recording, "a recording could not be saved: {error}"),
        Fate::Unjudged(panic) => count_event!(
            count,
            %recording,
            "a recording was not saved: the sampling calculator panicked: {panic}; mend the calculator"
        ),
    }
}

/// What the future comes to, or what it says when it panics.
async fn caught<T>(future: impl Future<Output = T>) -> Result<T, String> {
    AssertUnwindSafe(future).catch_unwind().await.map_err(|panic| message_of(&*panic))
}

fn message_of(panic: &(dyn Any + Send)) -> String {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").to_owned()
}
