//! Lanes: where in an operation's tree of bound tasks a call is made.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::Session;

/// One line of calls of an operation: the operation's own, or that of a bound child.
///
/// Children are numbered in the order in which their parent bound them, so that concurrent calls keep the
/// same names run after run, whichever finishes first. A lane knows its recording or replay, so that a call takes
/// hold of both at once.
pub(crate) struct Lane {
    session: Session,
    path: Vec<u32>,
    /// Index on the tape of the recording or replay.
    index: u32,
    children: AtomicU32,
}

impl Lane {
    /// The operation's own lane.
    pub(crate) fn root(session: Session) -> Self {
        Self { session, path: Vec::new(), index: 0, children: AtomicU32::new(0) }
    }

    /// The lane of work that is bound here.
    pub(super) fn next_child(&self) -> Self {
        let number = self.children.fetch_add(1, Relaxed);
        let path: Vec<u32> = self.path.iter().copied().chain([number]).collect();
        let index = self.session.add_lane(&path);
        Self { session: self.session.clone(), path, index, children: AtomicU32::new(0) }
    }

    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    pub(crate) fn index(&self) -> u32 {
        self.index
    }

    pub(crate) fn path(&self) -> &[u32] {
        &self.path
    }
}
