//! Runs that a limit refused at their start and that are recorded all the same, since their end may be worth keeping.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use playback_core::RecordingId;

/// Their ids, until they end: where their limit refuses them once more, it is the same run, and counts once.
#[derive(Default)]
pub(in crate::recorder) struct Refused(Mutex<HashSet<RecordingId>>);

impl Refused {
    pub(super) fn insert(&self, id: &RecordingId) {
        self.lock().insert(id.clone());
    }

    /// Whether it was one of them.
    pub(super) fn remove(&self, id: &RecordingId) -> bool {
        self.lock().remove(id)
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<RecordingId>> {
        // Nothing that holds it panics.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
