//! What is the same to a call, whether it is recorded or replayed.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use crate::record::Session as Recording;
use crate::replay::Session as Replaying;
use crate::scratch::Unwritten;
use crate::{RecordingId, ReplayError};

/// The recording or the replay that code is part of.
#[derive(Clone)]
pub(crate) enum Session {
    Recording(Arc<Recording>),
    Replaying(Arc<Replaying>),
}

impl Session {
    /// The id of the recording being made or replayed.
    pub(crate) fn recording_id(&self) -> &RecordingId {
        match self {
            Self::Recording(recording) => recording.id(),
            Self::Replaying(replay) => replay.recording().id(),
        }
    }

    /// Whether calls are still taken down.
    pub(crate) fn is_open(&self) -> bool {
        match self {
            Self::Recording(recording) => recording.is_open(),
            Self::Replaying(_) => true,
        }
    }

    /// Whether a redactor is in force.
    pub(crate) fn redacts(&self) -> bool {
        match self {
            Self::Recording(recording) => recording.redacts(),
            Self::Replaying(replay) => replay.redacts(),
        }
    }

    /// Whether the recording under replay has data of this key.
    pub(crate) fn has_recorded_data(&self, key: &str) -> bool {
        match self {
            Self::Recording(_) => false,
            Self::Replaying(replay) => replay.recording().tape().data(key).is_some(),
        }
    }

    /// The number of a call that begins now, and when that is.
    pub(crate) fn next_call(&self) -> (u32, Duration) {
        match self {
            Self::Recording(recording) => (recording.next_order(), recording.elapsed()),
            Self::Replaying(replay) => (replay.next_order(), replay.elapsed()),
        }
    }

    pub(super) fn add_lane(&self, path: &[u32]) -> u32 {
        match self {
            Self::Recording(recording) => recording.add_lane(path),
            Self::Replaying(replay) => replay.add_lane(path),
        }
    }

    /// How many bytes one value may have, where that is bounded.
    pub(crate) fn max_value_bytes(&self) -> Option<usize> {
        match self {
            Self::Recording(recording) => Some(recording.max_value_bytes()),
            Self::Replaying(_) => None,
        }
    }

    /// A value of a call cannot be recorded: the recording is given up, or the replay fails.
    pub(crate) fn refuse(&self, alias: Cow<'static, str>, error: Unwritten) {
        match self {
            Self::Recording(recording) => recording.discard_unwritten(alias, error),
            Self::Replaying(replay) => {
                replay.fail_unless_panicking(ReplayError::value(&alias, error.to_string()));
            }
        }
    }
}
