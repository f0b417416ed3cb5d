//! What comes of playing it all.

use std::fmt;

use playback_equalizer::{Comparison, Status};

use crate::Event;

/// What comes of playing it all, category by category.
///
/// It is shown as a table, with what is not equal below it.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Report {
    /// The categories, in the order in which they were played.
    pub categories: Vec<CategoryReport>,
    /// What went wrong beside the categories.
    pub failures: Vec<String>,
    /// Whether it was stopped before all was played.
    pub interrupted: bool,
}

/// What comes of playing one category.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CategoryReport {
    /// The category.
    pub category: String,
    /// Which of its recordings were looked for, in words.
    pub looked_for: String,
    /// If nothing was found to play, what was looked for, where, and what there is instead.
    pub nothing_found: Option<String>,
    /// A comparison for each recording, in the order of their ids.
    pub comparisons: Vec<Comparison>,
    /// What went wrong with the category itself: its tuning, or the lookup of its recordings.
    pub failures: Vec<String>,
}

impl Report {
    /// Takes in what happened. Comparisons are kept in the order of their ids, whatever the order in which
    /// they are finished.
    pub fn add(&mut self, event: Event) {
        match event {
            Event::Started { category, looked_for, .. } => {
                self.in_category(&category, |category| category.looked_for = looked_for);
            }
            Event::Found { .. } => {}
            Event::NothingFound { category: Some(category), message } => {
                self.in_category(&category, |category| category.nothing_found = Some(message));
            }
            Event::NothingFound { category: None, message } => self.failures.push(message),
            Event::Compared(comparison) => {
                let id = comparison.id.clone();
                self.in_category(id.category(), |category| {
                    let at = category.comparisons.partition_point(|other| other.id <= comparison.id);
                    category.comparisons.insert(at, *comparison);
                });
            }
            Event::Failed { category: Some(category), message } => {
                self.in_category(&category, |category| category.failures.push(message));
            }
            Event::Failed { category: None, message } => self.failures.push(message),
            Event::Interrupted => self.interrupted = true,
        }
    }

    /// How many recordings there are of each status, over all categories.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        self.comparisons().for_each(|comparison| counts.add(comparison.status()));
        counts
    }

    /// All comparisons, category by category.
    pub fn comparisons(&self) -> impl Iterator<Item = &Comparison> {
        self.categories.iter().flat_map(|category| &category.comparisons)
    }

    /// Whether something was compared, all of it is equal, nothing went wrong, and it was not interrupted.
    #[must_use]
    pub fn is_all_equal(&self) -> bool {
        let counts = self.counts();
        let failed =
            !self.failures.is_empty() || self.categories.iter().any(|category| !category.failures.is_empty());
        counts.total() > 0 && counts.of(Status::Equal) == counts.total() && !failed && !self.interrupted
    }

    fn in_category(&mut self, name: &str, add: impl FnOnce(&mut CategoryReport)) {
        match self.categories.iter_mut().find(|category| category.category == name) {
            Some(category) => add(category),
            None => {
                let mut category = CategoryReport::new(name);
                add(&mut category);
                self.categories.push(category);
            }
        }
    }
}

impl CategoryReport {
    fn new(category: &str) -> Self {
        Self {
            category: category.to_owned(),
            looked_for: String::new(),
            nothing_found: None,
            comparisons: Vec::new(),
            failures: Vec::new(),
        }
    }

    /// How many of its recordings there are of each status.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        self.comparisons.iter().for_each(|comparison| counts.add(comparison.status()));
        counts
    }
}

/// How many recordings there are of each status.
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

    /// Counts one more of a status.
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
