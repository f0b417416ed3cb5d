//! The threads that write the files of a cassette on this machine.
//!
//! Within a runtime, `object_store` has each put of a file done by one of the runtime's blocking threads, as many at a time as
//! are asked for. With two small files for a recording, their waking each other, and waiting for the directory, costs a third
//! of what the files cost. Outside of a runtime it puts on the spot, so both puts of a save are done there, on a few threads.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, OnceLock};
use std::thread;

use futures::channel::oneshot;
use futures::executor::block_on;
use playback_cassette::{Error, ErrorKind};

type Job = Box<dyn FnOnce() + Send>;

/// How many threads: a directory takes one file at a time, and what waits for the disk should not hold up all else.
const THREADS: usize = 4;

/// The threads, which start when they are needed first and end with the last clone of this.
#[derive(Clone, Default)]
pub(crate) struct Disk(Arc<Threads>);

#[derive(Default)]
struct Threads {
    /// None where the machine had no thread left.
    jobs: [OnceLock<Option<Sender<Job>>>; THREADS],
    saves: AtomicUsize,
}

impl Disk {
    /// Does the puts of a save there; here, if the machine has no thread left.
    pub(crate) async fn save<F>(&self, puts: F) -> Result<(), Error>
    where
        F: Future<Output = Result<(), Error>> + Send + 'static,
    {
        // In turns, since a queue that they shared would have them wake each other.
        let turn = self.0.saves.fetch_add(1, Ordering::Relaxed) % THREADS;
        let jobs = self.0.jobs.get(turn).and_then(|jobs| jobs.get_or_init(start).as_ref());
        let Some(jobs) = jobs else { return puts.await };
        let (done, outcome) = oneshot::channel();
        let job = move || {
            // Whoever no longer waits need not know.
            let _ = done.send(block_on(puts));
        };
        // If it is not taken, nobody is left to say what came of it.
        let _ = jobs.send(Box::new(job));
        outcome.await.unwrap_or_else(|_| {
            let message = "a thread that writes files panicked; the log says why, and saving again is safe";
            Err(Error::new(ErrorKind::Other, message))
        })
    }
}

fn start() -> Option<Sender<Job>> {
    let (jobs, waiting) = mpsc::channel::<Job>();
    let run = move || {
        for job in waiting {
            // A store that panics fails one save; the panic hook has told of it.
            let _ = catch_unwind(AssertUnwindSafe(job));
        }
    };
    thread::Builder::new().name("playback-disk".to_owned()).spawn(run).is_ok().then_some(jobs)
}
