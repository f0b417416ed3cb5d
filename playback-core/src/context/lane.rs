//! Lanes: where in an operation's tree of bound tasks a call is made.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// One line of calls of an operation: the operation's own, or that of a bound child.
///
/// Children are numbered in the order in which their parent bound them, so that concurrent calls keep the
/// same names run after run, whichever finishes first.
pub(crate) struct Lane {
    path: Vec<u32>,
    /// Index on the tape of the recording or replay.
    index: u32,
    children: AtomicU32,
}

impl Lane {
    /// The operation's own lane.
    pub(crate) fn root() -> Self {
        Self::new(Vec::new(), 0)
    }

    pub(crate) fn new(path: Vec<u32>, index: u32) -> Self {
        Self { path, index, children: AtomicU32::new(0) }
    }

    pub(crate) fn index(&self) -> u32 {
        self.index
    }

    pub(crate) fn path(&self) -> &[u32] {
        &self.path
    }

    /// The path of the next child.
    pub(crate) fn next_child(&self) -> Vec<u32> {
        let number = self.children.fetch_add(1, Relaxed);
        self.path.iter().copied().chain([number]).collect()
    }
}
