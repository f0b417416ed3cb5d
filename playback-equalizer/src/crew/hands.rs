//! The threads of a crew: each does one job after another, by itself or by a worker process.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use super::desk::Desk;
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
    let mut worker = None;
    let mut done = None;
    while let Some((number, job)) = desk.next(thread, done.take(), &watch) {
        let id = job.id().clone();
        let wanted = || !watch.is_given_up(number);
        let started = match worker.take() {
            Some(worker) => Ok(worker),
            None => Worker::start(workers, wanted).inspect(|_| desk.came()).inspect_err(|gone| {
                if let Gone::Because(why) = gone {
                    desk.stayed_away(why);
                }
            }),
        };
        let compared = started.and_then(|mut started| {
            let (comparison, is_of_use) = started.compare(&id, job.rules(), desk.limits().time, wanted)?;
            if is_of_use && started.compared() < workers.lifetime() {
                worker = Some(started);
            } else if is_of_use {
                started.dismiss();
            }
            Ok(comparison)
        });
        let comparison = match compared {
            Ok(comparison) => comparison,
            Err(Gone::Because(why)) => Comparison::failure(id, why),
            Err(Gone::NotWanted) => Comparison::failure(id, "it was given up"),
        };
        done = Some((number, comparison));
    }
    if let Some(worker) = worker {
        worker.dismiss();
    }
}
