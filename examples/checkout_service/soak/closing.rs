//! The books at the end.

use std::fmt;

use playback_cassette::{Cassette, Query};
use playback_examples::checkout_service::pricing::Tariff;
use playback_examples::checkout_service::tuner::ServiceTuner;
use playback_studio::{Status, Studio};

use crate::branch::Books;
use crate::customers::Tally;
use crate::memory::{Course, Courses, Memory};

/// How many saves a recorder has on their way at the most, by default.
const SAVES: u64 = 16;

/// What may be added to the heap in a minute, as a share of what was there.
const GROWTH: f64 = 0.005;

/// What may be added to what is resident, which takes long to settle: the allocator gives little back, and lays it out anew.
const SETTLING: f64 = 0.01;

/// What is told at the end.
pub(crate) struct Closing<'t> {
    tally: &'t Tally,
    /// Whether all faults have been there.
    complete: bool,
    lines: Vec<String>,
    /// What is not as it should be.
    pub(crate) broken: Vec<String>,
}

impl<'t> Closing<'t> {
    /// Of what customers saw, and whether all faults have been there.
    pub(crate) fn new(tally: &'t Tally, complete: bool) -> Self {
        let mut closing = Self { tally, complete, lines: Vec::new(), broken: tally.examples.clone() };
        closing.line(format!("{} requests, {} wrong", tally.requests, tally.wrong));
        for ((branch, troubled), latencies) in &tally.latencies {
            let when = if *troubled { "with faults" } else { "without" };
            closing.line(format!("  {branch:<12} {when:<11} {latencies}"));
        }
        closing
    }

    /// Whether all that was recorded of a branch is accounted for.
    pub(crate) fn books(&mut self, name: &str, books: &Books) {
        let Books { stats, stored, torn } = books;
        let operations = self.tally.operations.get(name).copied().unwrap_or(0);
        let (discarded, dropped) = (stats.discarded.total(), stats.dropped);
        self.line(format!(
            "{name}: {operations} operations, {} started = {} saved + {} sampled out + {discarded} discarded + {} dropped \
             ({} queue full, {} backed off, {} paused, {} closed, {} unwritten) + {} failed",
            stats.started,
            stats.saved,
            stats.sampled_out,
            dropped.total(),
            dropped.queue_full,
            dropped.backed_off,
            dropped.paused,
            dropped.closed,
            dropped.unwritten,
            stats.failed,
        ));
        let more = stored.saturating_sub(stats.saved);
        self.line(format!(
            "  on the store: {stored}, which are {more} more than saved; the clock panicked {torn} times"
        ));
        let ended = stats.saved + stats.sampled_out + discarded + dropped.total() + stats.failed;
        self.check(stats.started == operations, || format!("{name}: {stats:?} of {operations} operations"));
        self.check(stats.started == ended && stats.in_flight.total() == 0, || {
            format!("{name}: does not add up: {stats:?}")
        });
        self.check(dropped.closed + dropped.unwritten == 0, || format!("{name}: lost at the end: {stats:?}"));
        self.check(*stored >= stats.saved && more <= (torn * SAVES).min(stats.failed), || {
            format!("{name}: {stored} are on the store of {} saved", stats.saved)
        });
        let all = stats.failed > 0 && dropped.paused > 0 && dropped.backed_off > 0 && *torn > 0;
        self.check(all || !self.complete, || format!("{name}: a fault did no harm: {stats:?}"));
    }

    /// Whether what was kept of the recordings can be read, and replays equally.
    pub(crate) async fn replay(&mut self, kept: impl Cassette + 'static) {
        let query = Query::new().include_incomplete(true);
        let report = Studio::new(kept, ServiceTuner::new(Tariff::CURRENT)).lookup(query).play().await;
        let counts = report.counts();
        self.line(format!("{} recordings replayed, {} equal", counts.total(), counts.of(Status::Equal)));
        self.check(report.is_all_equal() && counts.total() > 0, || report.to_string());
    }

    /// Whether memory, threads and file handles stay what they were.
    pub(crate) fn memory(&mut self, memory: &Memory) {
        let Some(Courses { heap, resident, threads, handles }) = memory.courses() else {
            return self.line("too short to tell whether memory grows".to_owned());
        };
        self.line("after one round of faults:".to_owned());
        for (what, course, share) in [("MiB of heap", heap, GROWTH), ("MiB resident", resident, SETTLING)] {
            self.course(what, &course, course.per_minute <= share * course.first.least);
        }
        // There are more of them when the machine is busy, and fewer again when it is not.
        for (what, course) in [("threads", threads), ("file handles", handles)] {
            self.course(what, &course, course.last.least <= course.first.most);
        }
    }

    fn course(&mut self, what: &str, course: &Course, is_flat: bool) {
        let Course { first, last, most, per_minute } = course;
        let (first, last) = (first.least, last.least);
        self.line(format!(
            "  {what:<12} at least {first:>7.2} in the first minute, {last:>7.2} in the last, at the most {most:>7.2}; {per_minute:+.4} a minute"
        ));
        self.check(is_flat, || format!("{what}: {per_minute:+.4} a minute, from {first:.2} to {last:.2}"));
    }

    fn line(&mut self, line: String) {
        self.lines.push(line);
    }

    fn check(&mut self, is_so: bool, broken: impl FnOnce() -> String) {
        if !is_so {
            self.broken.push(broken());
        }
    }
}

impl fmt::Display for Closing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}
