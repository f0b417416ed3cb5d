//! Whether a run passes, and how a program says so.

use std::fmt;
use std::process::ExitCode;

use playback_equalizer::{Risk, Status};

use super::gate::Item;
use super::{Gate, Report};

/// How a run ended, as the exit code of a program says it.
///
/// | code | outcome |
/// |---|---|
/// | 0 | [`Passed`](Self::Passed): all is equal, or what is not is accepted |
/// | 1 | [`Differences`](Self::Differences) that the gate does not accept |
/// | 2 | [`Failures`](Self::Failures) of what is around the operations, so that the comparison says little |
/// | 3 | [`NothingCompared`](Self::NothingCompared) |
/// | 130 | [`Interrupted`](Self::Interrupted) |
///
/// Where several hold, the one further down counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// All is equal, or what is not is accepted.
    Passed,
    /// There are differences, or other findings, that the gate does not accept.
    Differences,
    /// Recordings could not be compared, more than the gate accepts, or a category could not be played.
    Failures,
    /// There was nothing to compare.
    NothingCompared,
    /// The run was ended before all was played.
    Interrupted,
}

impl Outcome {
    /// The exit code, from 0 to 255.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Differences => 1,
            Self::Failures => 2,
            Self::NothingCompared => 3,
            // What shells say of a program that was ended by Ctrl-C.
            Self::Interrupted => 130,
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        outcome.code().into()
    }
}

/// Whether a run passes a [`Gate`], and why not.
///
/// ```
/// use playback_studio::{Gate, Outcome, Report};
///
/// let judgement = Report::default().judge(&Gate::default());
/// assert_eq!(judgement.outcome, Outcome::NothingCompared);
/// assert_eq!(judgement.to_string(), "fails: nothing was compared");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Judgement {
    /// How the run ended.
    pub outcome: Outcome,
    /// All that does not pass, in words.
    pub reasons: Vec<String>,
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reasons.as_slice() {
            [] => f.write_str("passes"),
            reasons => write!(f, "fails: {}", reasons.join("; ")),
        }
    }
}

impl Report {
    /// Whether the run passes a gate.
    #[must_use]
    pub fn judge(&self, gate: &Gate) -> Judgement {
        let mut judgement = Judgement { outcome: Outcome::Passed, reasons: Vec::new() };
        self.judge_recordings(gate, &mut judgement);
        let counts = self.counts();
        let failures = counts.of(Status::EqualizerFailure);
        if !gate.passes_failures(failures, counts.total()) {
            judgement.add(Outcome::Failures, format!("{failures} of {} not compared", counts.total()));
        }
        for failure in self.failures() {
            judgement.add(Outcome::Failures, failure.to_owned());
        }
        let Judgement { outcome, reasons } = self.judge_whole(gate);
        judgement.outcome = judgement.outcome.max(outcome);
        judgement.reasons.extend(reasons);
        judgement
    }

    /// Whether a gate lets pass what is of no single recording, and no failure.
    pub(crate) fn judge_whole(&self, gate: &Gate) -> Judgement {
        let mut judgement = Judgement { outcome: Outcome::Passed, reasons: Vec::new() };
        let unused = self.unused_rules().count();
        if unused > 0 && gate.fails_on(Item::UnusedRule) {
            judgement.add(Outcome::Differences, format!("{unused} unused {}", plural("rule", unused)));
        }
        for category in &self.categories {
            // Ordering durations costs something, so only where it is asked for.
            let slowdown = gate.slowdown().and_then(|(most, floor)| category.slowdown(most, floor));
            if let Some(slowdown) = slowdown {
                let name = &category.category;
                judgement.add(Outcome::Differences, format!("the own code of {name} is {slowdown}"));
            }
        }
        if self.counts().total() == 0 && gate.fails_on(Item::Nothing) {
            judgement.add(Outcome::NothingCompared, "nothing was compared".to_owned());
        }
        if self.interrupted {
            judgement.add(Outcome::Interrupted, "it was interrupted".to_owned());
        }
        judgement
    }

    fn judge_recordings(&self, gate: &Gate, judgement: &mut Judgement) {
        let rejected = |status: Status| {
            self.recordings().filter(move |recording| recording.status == status && !gate.passes(recording))
        };
        for status in [Status::Failed, Status::Fixed] {
            let count = rejected(status).count();
            if count > 0 {
                judgement.add(Outcome::Differences, format!("{count} {status}"));
            }
        }
        let different = rejected(Status::Different).count();
        if different > 0 {
            let has = |risk: Risk| {
                rejected(Status::Different)
                    .any(|recording| recording.differences.iter().any(|difference| difference.risk == risk))
            };
            let risks: Vec<&str> = Risk::ALL
                .into_iter()
                .rev()
                .filter(|&risk| !gate.passes_risk(risk) && has(risk))
                .map(Risk::as_str)
                .collect();
            let risks = if risks.is_empty() { String::new() } else { format!(" ({})", risks.join(", ")) };
            judgement.add(Outcome::Differences, format!("{different} different{risks}"));
        }
    }
}

impl Judgement {
    fn add(&mut self, outcome: Outcome, reason: String) {
        self.outcome = self.outcome.max(outcome);
        self.reasons.push(reason);
    }
}

fn plural(word: &str, count: usize) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}
