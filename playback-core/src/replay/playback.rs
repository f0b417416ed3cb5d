//! What a replay did, beside what was recorded.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use super::escape::Escape;
use crate::{Call, Kind, Recording, Tape};

/// What a replay did, beside what was recorded.
#[derive(Clone)]
pub struct Playback {
    pub(super) recording: Recording,
    pub(super) replayed: Tape,
    pub(super) matches: Vec<Match>,
    pub(super) escapes: Vec<Escape>,
}

/// How one call of a replay was answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Match {
    pub(super) replayed: u32,
    pub(super) recorded: Option<u32>,
    pub(super) by: MatchedBy,
}

/// Where the answer to a call of a replay came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MatchedBy {
    /// From the recording.
    Recorded(RecordedBy),
    /// From the body, which was run because nothing was recorded: `missing = call`.
    Called,
    /// From a policy, because nothing was recorded: `missing = value(…)` or `unrecorded = value(…)`.
    Given,
}

/// What was out of the ordinary about a recorded answer. All false: it is the very call, in its turn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedBy {
    /// The recorded calls of this key had run out, and the last answered again.
    pub reused: bool,
    /// It was recorded under a fallback alias.
    pub fallback: bool,
    /// It was recorded in another lane: the work was moved to a task of its own, or out of one.
    pub other_lane: bool,
    /// Its arguments mean the same, and are written in another way, as after fields were reordered.
    pub equivalent: bool,
}

impl Playback {
    /// The recording that was replayed.
    #[must_use]
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// What happened when it was recorded; [`Tape::outputs`] is what went out.
    #[must_use]
    pub fn recorded(&self) -> &Tape {
        self.recording.tape()
    }

    /// What happened now: the calls of the replay, with the answers they got; [`Tape::outputs`] is what went
    /// out.
    #[must_use]
    pub fn replayed(&self) -> &Tape {
        &self.replayed
    }

    /// How long the operation took when it was recorded.
    #[must_use]
    pub fn recorded_duration(&self) -> Duration {
        self.recording.metadata().duration
    }

    /// How long the operation took now.
    #[must_use]
    pub fn replayed_duration(&self) -> Duration {
        self.replayed.operation().map_or(Duration::ZERO, |operation| operation.duration())
    }

    /// How each call of the replay was answered: the call, the recorded call that answered it if one did,
    /// and where the answer came from.
    pub fn matches(&self) -> impl Iterator<Item = (Call<'_>, Option<Call<'_>>, MatchedBy)> {
        self.matches.iter().filter_map(|matched| {
            let recorded = matched.recorded.and_then(|position| self.recorded().at(position));
            Some((self.replayed.at(matched.replayed)?, recorded, matched.by))
        })
    }

    /// Recorded inputs that the replay never read.
    pub fn unread_inputs(&self) -> impl Iterator<Item = Call<'_>> {
        self.unused(Kind::Input)
    }

    /// Recorded outputs that the replay did not make.
    pub fn missing_outputs(&self) -> impl Iterator<Item = Call<'_>> {
        self.unused(Kind::Output)
    }

    /// Outputs of the replay that were not recorded: those that no recorded output answered, or only one that
    /// answered its own as well.
    pub fn added_outputs(&self) -> impl Iterator<Item = Call<'_>> {
        let of_its_own = |matched: &Match| !matches!(matched.by, MatchedBy::Recorded(by) if by.other_lane);
        let claimed: HashSet<u32> = self
            .matches
            .iter()
            .filter(|matched| of_its_own(matched))
            .filter_map(|matched| matched.recorded)
            .collect();
        let added = self.matches.iter().filter(move |matched| match matched.recorded {
            None => true,
            Some(recorded) => !of_its_own(matched) && claimed.contains(&recorded),
        });
        added
            .filter_map(|matched| self.replayed.at(matched.replayed))
            .filter(|call| call.kind() == Kind::Output)
    }

    /// Interceptions that were reached from tasks not bound to the replay. With several replays live at the
    /// same time, each of them lists it, since there is no telling whose it was. Each alias is listed once, and 100 at most.
    #[must_use]
    pub fn escapes(&self) -> &[Escape] {
        &self.escapes
    }

    fn unused(&self, kind: Kind) -> impl Iterator<Item = Call<'_>> {
        let mut used = vec![false; self.recorded().parts().entries.len()];
        for position in self.matches.iter().filter_map(|matched| matched.recorded) {
            if let Some(used) = used.get_mut(position as usize) {
                *used = true;
            }
        }
        self.recorded()
            .calls_of(kind)
            .filter(move |call| !used.get(call.position() as usize).copied().unwrap_or(false))
    }
}

impl fmt::Debug for Playback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Playback")
            .field("recording", self.recording.id())
            .field("recorded", self.recorded())
            .field("replayed", &self.replayed)
            .field("matches", &self.matches)
            .field("escapes", &self.escapes)
            .finish()
    }
}
