//! How many recordings and replays are live in the process: what an interception looks at first.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

/// Recordings and replays that are live, and one more once escapes are refused.
///
/// `Relaxed` is enough: a thread that has a context has it from a hand-over (a spawn, a poll, a lock) that
/// happened after the count went up, and a thread that has none loses nothing by seeing the count late.
static LIVE: AtomicUsize = AtomicUsize::new(0);
static REPLAYS: AtomicUsize = AtomicUsize::new(0);
static REFUSE_ESCAPES: AtomicBool = AtomicBool::new(false);

/// Whether an interception has anything to look at.
#[inline(always)]
pub(crate) fn any() -> bool {
    LIVE.load(Relaxed) != 0
}

/// Whether replays are live and no recording is, so that a call without a context belongs to a replay. Where escapes are
/// refused nobody needs to ask.
pub(crate) fn only_replays() -> bool {
    let replays = REPLAYS.load(Relaxed);
    replays != 0 && LIVE.load(Relaxed) == replays
}

/// Gives the process over to replaying: from now on an interception outside any replay is refused instead
/// of run. It stays so for the rest of the process.
///
/// A process that serves requests or runs other tests must not call it; studios in a process of their own,
/// workers and test harnesses do. See [`Playback::escapes`](crate::Playback::escapes).
pub fn refuse_escapes() {
    if !REFUSE_ESCAPES.swap(true, Relaxed) {
        LIVE.fetch_add(1, Relaxed);
    }
}

pub(crate) fn refuses_escapes() -> bool {
    REFUSE_ESCAPES.load(Relaxed)
}

/// Keeps a recording or a replay counted as live.
pub(crate) struct Live {
    replay: bool,
}

impl Live {
    pub(crate) fn recording() -> Self {
        LIVE.fetch_add(1, Relaxed);
        Self { replay: false }
    }

    pub(crate) fn replay() -> Self {
        LIVE.fetch_add(1, Relaxed);
        REPLAYS.fetch_add(1, Relaxed);
        Self { replay: true }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, Relaxed);
        if self.replay {
            REPLAYS.fetch_sub(1, Relaxed);
        }
    }
}
