//! The threads of a crew: each does one job after another, by itself or by a worker process.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use super::desk::Desk;
use super::job::Job;
use super::watch::Watch;
use crate::workers::{Gone, Worker, Workers};
use crate::{Comparison, Runtime};

/// Hires one more thread.
pub(super) fn hire(desk: &Arc<Desk>, workers: Option<Arc<Workers>>, runtime: Arc<dyn Runtime>) {
    let number = desk.hire();
    let of_thread = Arc::clone(desk);
    let hired = thread::Builder::new().name(format!("playback-{number}")).spawn(move || {
        let work = || match &workers {
            Some(workers) => work_by_processes(number, &of_thread, workers),
            None => work(number, &of_thread, &*runtime),
        };
        // Whoever waits for what the thread had in work would wait for good.
        while let Err(panic) = catch_unwind(AssertUnwindSafe(work)) {
            // Dropping what was panicked with may be what panicked.
            std::mem::forget(panic);
            if !of_thread.lost(number) {
                break;
            }
        }
    });
    if let Err(error) = hired {
        desk.not_hired(&format!("it was not replayed, since no thread could be had for it: {error}"));
    }
}

fn work(thread: usize, desk: &Desk, runtime: &dyn Runtime) {
    let watch = Arc::new(Watch::new());
    let mut done = None;
    while let Some((number, job)) = desk.next(thread, done.take(), &watch) {
        done = Some((number, job.run(number, &watch, runtime, desk.limits().time)));
    }
}

fn work_by_processes(thread: usize, desk: &Desk, workers: &Workers) {
    let watch = Arc::new(Watch::new());
    let mut hand = Hand { desk, workers, worker: None };
    let mut done = None;
    while let Some((number, job)) = desk.next(thread, done.take(), &watch) {
        let comparison = match hand.compare(&job, &|| !watch.is_given_up(number)) {
            Ok(comparison) => comparison,
            Err(Gone::Because(why) | Gone::Died(why)) => Comparison::failure(job.id().clone(), why),
            Err(Gone::NotWanted) => Comparison::failure(job.id().clone(), "it was given up"),
        };
        done = Some((number, comparison));
    }
    if let Some(worker) = hand.worker {
        worker.dismiss();
    }
}

/// What a thread works by: one worker process after another.
struct Hand<'a> {
    desk: &'a Desk,
    workers: &'a Workers,
    /// One that has compared others before.
    worker: Option<Worker>,
}

impl Hand<'_> {
    fn compare(&mut self, job: &Job, wanted: &dyn Fn() -> bool) -> Result<Comparison, Gone> {
        if let Some(used) = self.worker.take() {
            match self.compare_by(used, job, wanted) {
                // What one that it replayed before left behind may have ended it, even while it had nothing to do. Only
                // a worker that replays nothing else can tell.
                Err(Gone::Died(_)) => {}
                compared => return compared,
            }
        }
        let fresh = self.start(wanted)?;
        self.compare_by(fresh, job, wanted)
    }

    fn start(&self, wanted: &dyn Fn() -> bool) -> Result<Worker, Gone> {
        let started = Worker::start(self.workers, wanted);
        match &started {
            Ok(_) => self.desk.came(),
            Err(Gone::Because(why) | Gone::Died(why)) => self.desk.stayed_away(why),
            Err(Gone::NotWanted) => {}
        }
        started
    }

    fn compare_by(
        &mut self,
        mut worker: Worker,
        job: &Job,
        wanted: &dyn Fn() -> bool,
    ) -> Result<Comparison, Gone> {
        let (comparison, is_of_use) =
            worker.compare(job.id(), job.rules(), self.desk.limits().time, wanted)?;
        if is_of_use && worker.compared() < self.workers.lifetime() {
            self.worker = Some(worker);
        } else if is_of_use {
            worker.dismiss();
        }
        Ok(comparison)
    }
}
