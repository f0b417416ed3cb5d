//! Why a command stops, and what the process then says to the one who called it.

use std::fmt;
use std::io;
use std::process::ExitCode;

use crate::Outcome;

/// How a command ended, as the process's exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// What was asked for is done, and there is nothing to object to.
    Done = 0,
    /// It is done, and there are findings: two recordings differ, a store is damaged, a replay is not equal.
    Findings = 1,
    /// It could not be done, or not wholly.
    Failed = 2,
    /// There was nothing to compare.
    Nothing = 3,
    /// It was ended before all was done.
    Interrupted = 130,
}

impl Exit {
    /// What stands of it in `--help`.
    pub(crate) const HELP: &str = "\
Exit codes:
  0  done, and nothing to object to
  1  done, with findings: recordings differ, a store is damaged, replays are not equal
  2  not done, or not wholly: a wrong argument, a store that cannot be read, a failure
  3  there was nothing to compare
  130  interrupted; what was done is reported";
}

impl From<Outcome> for Exit {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Passed => Self::Done,
            Outcome::Differences => Self::Findings,
            Outcome::Failures => Self::Failed,
            Outcome::NothingCompared => Self::Nothing,
            Outcome::Interrupted => Self::Interrupted,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command stops before its end: the message names what is wrong, and the next step.
#[derive(Debug)]
pub(crate) struct Stop(String);

impl Stop {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<playback_cassette::Error> for Stop {
    fn from(error: playback_cassette::Error) -> Self {
        Self::new(error.chain())
    }
}

/// Of writing to the screen or to memory, which is all that commands write to directly, and neither fails.
impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::new(format!("cannot write: {error}"))
    }
}
