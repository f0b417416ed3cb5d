//! What waits to be saved or is on its way, and what became of the rest.

use std::collections::{BTreeMap, VecDeque};

use futures::channel::oneshot;
use playback_core::Recording;

use super::stats::Dropped;

/// Recordings that were not saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not everything was saved: {failed} failed and {pending} were not done in time; the log says why saves fail, \
     and more time or more concurrent saves help against the latter"
)]
#[non_exhaustive]
pub struct NotWritten {
    /// How many were lost since this was asked last: their saves failed, or their values did not get to a
    /// temporary file.
    pub failed: u64,
    /// How many were still waiting or on their way when this call ended.
    pub pending: u64,
}

/// How much may wait or be on its way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) recordings: usize,
    pub(super) bytes: usize,
}

#[derive(Default)]
pub(super) struct Backlog {
    pub(super) waiting: VecDeque<Job>,
    /// All jobs that wait or are on their way, by their numbers, and their bytes.
    unfinished: BTreeMap<u64, usize>,
    unfinished_bytes: usize,
    next_number: u64,
    flushes: Vec<Flush>,
    /// How many threads are blocked until something is saved.
    pub(super) blocked: usize,
    pub(super) saved: u64,
    pub(super) sampled_out: u64,
    pub(super) unspillable: u64,
    pub(super) failed: u64,
    /// How many of the failed and the unspillable ones someone was told of.
    lost_told: u64,
    pub(super) dropped: Dropped,
}

/// A recording to be saved.
pub(super) struct Job {
    pub(super) number: u64,
    pub(super) recording: Recording,
}

/// What became of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    Saved,
    /// The calculator left it out.
    SampledOut,
    /// Its values did not get to where they are saved from.
    Unspillable(String),
    /// The cassette could not save it, for this reason.
    Failed(String),
    /// The same, and none could: the recording is at fault.
    Unsavable(String),
    /// The same, by a panic.
    Panicked(String),
    /// The calculator panicked.
    Unjudged(String),
}

/// A job that was finished.
pub(super) struct Finish {
    /// How many it had; none if it was given up before.
    pub(super) bytes: Option<usize>,
    /// How many have come to the same fate so far.
    pub(super) count: u64,
}

/// Someone who waits until all jobs below a number are finished.
struct Flush {
    below: u64,
    done: oneshot::Sender<()>,
}

/// How things stood when someone began to wait.
pub(super) struct Mark {
    pub(super) below: u64,
    unwritten: u64,
}

impl Backlog {
    /// How full the queue would be with so many more bytes, from 0 to 1 and beyond.
    pub(super) fn fill(&self, limits: &Limits) -> f64 {
        let share = |taken: usize, limit: usize| taken as f64 / limit.max(1) as f64;
        share(self.unfinished.len(), limits.recordings).max(share(self.unfinished_bytes, limits.bytes))
    }

    pub(super) fn has_room(&self, bytes: usize, limits: &Limits) -> bool {
        self.unfinished.len() < limits.recordings
            && self.unfinished_bytes.saturating_add(bytes) <= limits.bytes
    }

    pub(super) fn push(&mut self, recording: Recording, bytes: usize) {
        let number = self.next_number;
        self.next_number += 1;
        self.unfinished.insert(number, bytes);
        self.unfinished_bytes += bytes;
        self.waiting.push_back(Job { number, recording });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.unfinished.is_empty()
    }

    pub(super) fn unfinished(&self) -> u64 {
        self.unfinished.len() as u64
    }

    pub(super) fn bytes(&self) -> usize {
        self.unfinished_bytes
    }

    /// Whether somebody waits for what is there to be saved.
    pub(super) fn is_awaited(&self) -> bool {
        self.blocked > 0 || self.flushes.iter().any(|flush| !flush.done.is_canceled())
    }

    pub(super) fn mark(&self) -> Mark {
        Mark { below: self.next_number, unwritten: self.dropped.unwritten }
    }

    pub(super) fn is_finished(&self, below: u64) -> bool {
        self.unfinished.first_key_value().is_none_or(|(&first, _)| first >= below)
    }

    /// Comes when all jobs below a number are finished; at once if they are.
    pub(super) fn finished(&mut self, below: u64) -> oneshot::Receiver<()> {
        let (done, finished) = oneshot::channel();
        if !self.is_finished(below) {
            self.flushes.push(Flush { below, done });
        }
        finished
    }

    /// Those who have waited for what is now so.
    pub(super) fn done(&mut self) -> impl Iterator<Item = oneshot::Sender<()>> + use<> {
        let waiting = std::mem::take(&mut self.flushes);
        let (done, waiting): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|flush| self.is_finished(flush.below));
        self.flushes = waiting;
        done.into_iter().map(|flush| flush.done)
    }

    /// Counts a job as finished.
    pub(super) fn finish(&mut self, number: u64, fate: &Fate) -> Finish {
        let bytes = self.unfinished.remove(&number);
        self.unfinished_bytes = self.unfinished_bytes.saturating_sub(bytes.unwrap_or(0));
        let count = match fate {
            Fate::Saved => &mut self.saved,
            Fate::SampledOut => &mut self.sampled_out,
            Fate::Unspillable(_) => &mut self.unspillable,
            Fate::Failed(_) | Fate::Unsavable(_) | Fate::Panicked(_) | Fate::Unjudged(_) => &mut self.failed,
        };
        // One that was given up is counted already.
        *count += u64::from(bytes.is_some());
        Finish { bytes, count: *count }
    }

    /// The numbers of the jobs that are on their way.
    pub(super) fn on_their_way(&self) -> Vec<u64> {
        let first_waiting = self.waiting.front().map_or(self.next_number, |job| job.number);
        self.unfinished.range(..first_waiting).map(|(&number, _)| number).collect()
    }

    pub(super) fn outcome(&mut self, mark: &Mark) -> Result<(), NotWritten> {
        // Not only those since the mark: a save may fail just before someone asks.
        let lost = self.failed + self.unspillable;
        let failed = lost - self.lost_told;
        self.lost_told = lost;
        let unfinished = self.unfinished.range(..mark.below).count() as u64;
        let pending = unfinished + self.dropped.unwritten - mark.unwritten;
        if failed == 0 && pending == 0 { Ok(()) } else { Err(NotWritten { failed, pending }) }
    }

    /// Counts all that is not saved as dropped, and hands it over to be dropped without the lock: it may be much,
    /// and the service waits for the lock.
    #[must_use]
    pub(super) fn give_up(&mut self) -> VecDeque<Job> {
        self.dropped.unwritten += self.unfinished();
        self.empty()
    }

    /// The same, counted as failed.
    #[must_use]
    pub(super) fn lose(&mut self) -> VecDeque<Job> {
        self.failed += self.unfinished();
        self.empty()
    }

    fn empty(&mut self) -> VecDeque<Job> {
        self.unfinished.clear();
        self.unfinished_bytes = 0;
        std::mem::take(&mut self.waiting)
    }
}
