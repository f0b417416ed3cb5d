//! What comes of replaying and comparing one recording.

use std::fmt;
use std::time::Duration;

use playback_core::{Escape, Playback, Recording, RecordingId, Tape};

use crate::criteria::failed;
use crate::speed::own_time;
use crate::{Status, Timeline, Verdict};

/// What comes of replaying and comparing one recording.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Comparison {
    /// The recording.
    pub id: RecordingId,
    /// How the replay compares with it.
    pub verdict: Verdict,
    /// The recorded run; none if it could not be loaded.
    pub recorded: Option<Run>,
    /// The replay; none if it failed.
    pub replayed: Option<Run>,
    /// Calls that ran, or would have run, for real, outside the replay; see [`Playback::escapes`].
    pub escapes: Vec<Escape>,
    /// What both runs did, in short; empty if the recording could not be loaded.
    pub timeline: Timeline,
    /// The replay itself, if [`Equalizer::keep_playbacks`](crate::Equalizer::keep_playbacks) asks for it.
    pub playback: Option<Playback>,
}

/// One run of an operation, in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Run {
    /// How long the operation took.
    pub duration: Duration,
    /// How long its own code took: without the time in which inputs and outputs were under way. What a recorded run
    /// waited for is answered at once on replay, so this is what compares. Of work in several lanes, what ran while
    /// another lane waited does not count.
    pub own: Duration,
    /// Whether it failed: it returned an `Err`, or panicked.
    pub failed: bool,
}

impl Run {
    /// The run that was recorded.
    #[must_use]
    pub fn recorded(recording: &Recording) -> Self {
        Self::of(recording.metadata().duration, recording.tape())
    }

    /// The run that is a replay.
    #[must_use]
    pub fn replayed(playback: &Playback) -> Self {
        Self::of(playback.replayed_duration(), playback.replayed())
    }

    fn of(duration: Duration, tape: &Tape) -> Self {
        Self { duration, own: own_time(tape).unwrap_or(duration), failed: failed(tape) }
    }
}

impl Comparison {
    /// There is no comparison with the recording called `id`, because something went wrong before it was loaded.
    pub(crate) fn failure(id: RecordingId, message: impl fmt::Display) -> Self {
        let verdict = Verdict::failure(message);
        let timeline = Timeline::default();
        Self { id, verdict, recorded: None, replayed: None, escapes: Vec::new(), timeline, playback: None }
    }

    /// How the replay compares with the recording, in one word.
    #[must_use]
    pub fn status(&self) -> Status {
        self.verdict.status
    }
}

/// The id, the verdict, and the differences below.
impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}", self.id, self.verdict)?;
        for escape in &self.escapes {
            write!(f, "\n  {escape}")?;
        }
        Ok(())
    }
}
