//! How many recordings there are of each status.

use std::fmt;

use playback_equalizer::Status;

/// How many recordings there are of each status.
///
/// ```
/// use playback_studio::{Counts, Status};
///
/// let counts: Counts = [Status::Equal, Status::Fixed, Status::Equal].into_iter().collect();
/// assert_eq!(counts.of(Status::Equal), 2);
/// assert_eq!(counts.to_string(), "3 recordings: 2 equal, 1 fixed");
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    equal: usize,
    fixed: usize,
    different: usize,
    failed: usize,
    equalizer_failure: usize,
}

impl Counts {
    /// How many there are of a status.
    #[must_use]
    pub fn of(&self, status: Status) -> usize {
        match status {
            Status::Equal => self.equal,
            Status::Fixed => self.fixed,
            Status::Different => self.different,
            Status::Failed => self.failed,
            Status::EqualizerFailure => self.equalizer_failure,
        }
    }

    /// How many there are in all.
    #[must_use]
    pub fn total(&self) -> usize {
        Status::ALL.into_iter().map(|status| self.of(status)).sum()
    }

    /// Counts one more.
    pub fn add(&mut self, status: Status) {
        *match status {
            Status::Equal => &mut self.equal,
            Status::Fixed => &mut self.fixed,
            Status::Different => &mut self.different,
            Status::Failed => &mut self.failed,
            Status::EqualizerFailure => &mut self.equalizer_failure,
        } += 1;
    }
}

impl FromIterator<Status> for Counts {
    fn from_iter<I: IntoIterator<Item = Status>>(statuses: I) -> Self {
        let mut counts = Self::default();
        statuses.into_iter().for_each(|status| counts.add(status));
        counts
    }
}

/// `12 recordings: 6 equal, 1 fixed, 5 different`.
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.total();
        write!(f, "{total} recording{}", if total == 1 { "" } else { "s" })?;
        let there_are = Status::ALL.into_iter().filter(|&status| self.of(status) > 0);
        for (at, status) in there_are.enumerate() {
            write!(f, "{} {} {status}", if at == 0 { ":" } else { "," }, self.of(status))?;
        }
        Ok(())
    }
}
