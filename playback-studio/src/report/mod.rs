//! What comes of playing it all, as plain data: every rendering, a merge and a gate are functions of it.

mod counts;
mod difference;
mod file;
mod gate;
mod groups;
mod json;
mod judgement;
mod recording;
pub(crate) mod shards;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use playback_equalizer::{Rules, Slowdown, Speed, Status};
use serde::{Deserialize, Serialize};

pub use counts::Counts;
pub use difference::DifferenceReport;
pub use file::WriteError;
pub use gate::{Gate, UnknownFinding};
pub use groups::Group;
pub use json::{Json, ReadError};
pub use judgement::{Judgement, Outcome};
pub use recording::{RecordingReport, RunReport};
pub use shards::Shards;

use crate::Event;

/// What comes of playing it all, category by category.
///
/// It is plain data with bounded texts, of which thousands of recordings fit in memory. It is displayed as
/// [`terminal`](Self::terminal) says; there are [`json`](Self::json), [`junit`](Self::junit),
/// [`markdown`](Self::markdown) and [`html`](Self::html) as well, and each can be written to a file. A report
/// that is [read](Self::from_json) back from JSON equals the one that was written, and reports of shards
/// [merge](Self::merge) to the report of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "json::Read")]
#[non_exhaustive]
pub struct Report {
    /// The categories, in alphabetical order.
    pub categories: Vec<CategoryReport>,
    /// What went wrong beside the categories, in alphabetical order, each once.
    pub failures: Vec<String>,
    /// If there was no recording of any category, where none was found.
    pub nothing_found: Option<String>,
    /// Whether the run was ended before all was played.
    pub interrupted: bool,
    /// The rules that were in force, and whether there was any place that each is for.
    pub rules: BTreeMap<String, bool>,
    /// Which part of the recordings was played, as far as it is known. It is said before the events are
    /// [taken in](Self::add).
    #[serde(flatten)]
    pub shards: Shards,
}

/// What comes of playing one category.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CategoryReport {
    /// The category.
    pub category: String,
    /// Which of its recordings were looked for, in words: one text, unless merged reports differ in it.
    pub looked_for: Vec<String>,
    /// If nothing was found to play, what was looked for, where, and what there is instead.
    pub nothing_found: Option<String>,
    /// What went wrong with the category itself: its tuning, or the lookup of its recordings. In alphabetical
    /// order, each once.
    pub failures: Vec<String>,
    /// What of it is there and was not played, in words, as far as that was looked for. In alphabetical order, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// What comes of each recording, in the order of their ids.
    pub recordings: Vec<RecordingReport>,
}

impl Report {
    /// Takes in what happened. Categories and recordings are kept in their order, whatever the order in which
    /// they are finished.
    pub fn add(&mut self, event: Event) {
        match event {
            Event::Started { category, looked_for, .. } => {
                self.shards.play(&category);
                insert(&mut self.category_mut(&category).looked_for, looked_for);
            }
            // It is known of what was compared in the end.
            Event::Found { .. } => {}
            // What its rules are good for is known in the end as well.
            Event::Tuned { .. } => {}
            Event::NothingFound { category: Some(category), message } => {
                self.category_mut(&category).found_nothing(message);
            }
            Event::NothingFound { category: None, message } => keep(&mut self.nothing_found, message),
            Event::Compared(comparison) => {
                self.add_recordings(vec![RecordingReport::from(*comparison)]);
            }
            Event::Failed { category: Some(category), message } => {
                insert(&mut self.category_mut(&category).failures, message);
            }
            Event::Failed { category: None, message } => self.fail(message),
            Event::Interrupted => self.interrupted = true,
        }
    }

    /// Takes in what came of recordings, many at once: to take them in one by one, each in its place among thousands,
    /// moves those behind it every time.
    pub(crate) fn add_recordings(&mut self, recordings: Vec<RecordingReport>) {
        let mut of_category: BTreeMap<String, Vec<RecordingReport>> = BTreeMap::new();
        for recording in recordings {
            match of_category.get_mut(recording.id.category()) {
                Some(others) => others.push(recording),
                None => drop(of_category.insert(recording.id.category().to_owned(), vec![recording])),
            }
        }
        for (category, recordings) in of_category {
            self.category_mut(&category).add(recordings);
        }
    }

    /// The report of two runs, such as of two shards, as if they had been one. The order of merging is of no
    /// consequence. A recording that both have is kept once, with the worse of its statuses. Whether all shards are
    /// there, [`Shards`] tells.
    ///
    /// ```
    /// use playback_studio::Report;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir()?;
    /// # std::fs::write(directory.path().join("1.json"), Report::default().json().to_string())?;
    /// let mut whole = Report::default();
    /// for shard in std::fs::read_dir(directory.path())? {
    ///     whole.merge(Report::read_json(shard?.path())?);
    /// }
    /// # assert_eq!(whole, Report::default());
    /// # Ok(()) }
    /// ```
    pub fn merge(&mut self, other: Self) {
        let Self { categories, failures, nothing_found, interrupted, rules, shards } = other;
        // All at once: to put thousands in their place one by one moves those behind it every time.
        self.categories.extend(categories);
        self.categories.sort_by(|one, other| one.category.cmp(&other.category));
        self.categories.dedup_by(|next, known| {
            let is_known = next.category == known.category;
            if is_known {
                known.take(std::mem::take(next));
            }
            is_known
        });
        self.categories.iter_mut().for_each(CategoryReport::put_in_order);
        nothing_found.into_iter().for_each(|message| keep(&mut self.nothing_found, message));
        if !self.categories.is_empty() {
            self.nothing_found = None;
        }
        self.failures.extend(failures);
        each_once(&mut self.failures);
        self.interrupted |= interrupted;
        rules.into_iter().for_each(|(rule, found)| *self.rules.entry(rule).or_default() |= found);
        self.shards.merge(shards);
    }

    /// How many recordings there are of each status, over all categories.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.recordings().map(|recording| recording.status).collect()
    }

    /// All recordings, category by category.
    pub fn recordings(&self) -> impl Iterator<Item = &RecordingReport> {
        self.categories.iter().flat_map(|category| &category.recordings)
    }

    /// Takes in what rules were good for, once all is compared; see [`Event::Tuned`].
    pub fn add_rules(&mut self, rules: &Rules) {
        for usage in rules.usage() {
            *self.rules.entry(usage.rule.in_short()).or_default() |= usage.found;
        }
    }

    /// The rules for which there was no place in the whole run.
    pub fn unused_rules(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().filter(|(_, found)| !**found).map(|(rule, _)| rule.as_str())
    }

    /// All that went wrong beside single recordings: first what belongs to no category.
    pub fn failures(&self) -> impl Iterator<Item = &str> {
        let of_categories = self.categories.iter().flat_map(|category| &category.failures);
        self.failures.iter().chain(of_categories).map(String::as_str)
    }

    /// Notes that something went wrong beside the categories.
    pub(crate) fn fail(&mut self, failure: String) {
        insert(&mut self.failures, failure);
    }

    /// Whether something was compared, all of it is equal, and nothing went wrong.
    #[must_use]
    pub fn is_all_equal(&self) -> bool {
        let counts = self.counts();
        counts.total() > 0
            && counts.of(Status::Equal) == counts.total()
            && self.failures().next().is_none()
            && !self.interrupted
    }

    fn category_mut(&mut self, name: &str) -> &mut CategoryReport {
        let at = match self.categories.binary_search_by(|category| category.category.as_str().cmp(name)) {
            Ok(at) => at,
            Err(at) => {
                self.categories.insert(at, CategoryReport::new(name));
                at
            }
        };
        #[expect(clippy::indexing_slicing, reason = "it was found there, or put there")]
        &mut self.categories[at]
    }
}

impl CategoryReport {
    fn new(category: &str) -> Self {
        Self { category: category.to_owned(), ..Self::default() }
    }

    /// How many of its recordings there are of each status.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.recordings.iter().map(|recording| recording.status).collect()
    }

    /// The recordings of one status.
    pub fn of(&self, status: Status) -> impl Iterator<Item = &RecordingReport> {
        self.recordings.iter().filter(move |recording| recording.status == status)
    }

    /// Recordings that are told one by one, with their messages, and by no group of differences; the worst first.
    pub(crate) fn told_by_message(&self) -> impl Iterator<Item = (Status, Vec<&RecordingReport>)> {
        [Status::EqualizerFailure, Status::Failed, Status::Fixed, Status::Different]
            .into_iter()
            .map(|status| {
                // A comparator of one's own may find a difference without saying where.
                let is_told =
                    |one: &&RecordingReport| status != Status::Different || one.differences.is_empty();
                (status, self.of(status).filter(is_told).collect::<Vec<_>>())
            })
            .filter(|(_, recordings)| !recordings.is_empty())
    }

    /// How many differences there are that are not listed.
    pub(crate) fn omitted(&self) -> usize {
        self.recordings.iter().fold(0, |sum, recording| sum.saturating_add(recording.omitted))
    }

    /// All escapes, each once: of several replays that are live at the same time, each has it.
    pub(crate) fn escapes(&self) -> BTreeSet<&String> {
        self.recordings.iter().flat_map(|recording| &recording.escapes).collect()
    }

    /// How fast the replays were beside the recorded runs, by the time that their own code took; none if there
    /// are no pairs of runs that took any.
    #[must_use]
    pub fn speed(&self) -> Option<Speed> {
        let own = |recording: &RecordingReport| Some((recording.recorded?.own, recording.replayed?.own));
        Speed::of(self.recordings.iter().filter_map(own))
    }

    /// The finding that the replays' own code took more than `threshold` times as long as the recorded runs', beyond
    /// chance, and by `floor` at least: see [`Speed::slowdown`] and [`Slowdown::FLOOR`].
    #[must_use]
    pub fn slowdown(&self, threshold: f64, floor: Duration) -> Option<Slowdown> {
        self.speed()?.slowdown(threshold).filter(|slowdown| slowdown.speed().longer >= floor)
    }

    fn found_nothing(&mut self, message: String) {
        if self.recordings.is_empty() {
            keep(&mut self.nothing_found, message);
        }
    }

    fn add(&mut self, recordings: Vec<RecordingReport>) {
        self.recordings.extend(recordings);
        self.put_in_order();
    }

    /// Takes in all of another report on the category, which is to be put in order then.
    fn take(&mut self, other: Self) {
        let Self { category: _, looked_for, nothing_found, failures, left_out, recordings } = other;
        self.looked_for.extend(looked_for);
        nothing_found.into_iter().for_each(|message| keep(&mut self.nothing_found, message));
        self.failures.extend(failures);
        self.left_out.extend(left_out);
        self.recordings.extend(recordings);
    }

    fn put_in_order(&mut self) {
        each_once(&mut self.looked_for);
        each_once(&mut self.failures);
        each_once(&mut self.left_out);
        if !self.recordings.is_empty() {
            // Another shard found something.
            self.nothing_found = None;
        }
        // What is in order already takes no time.
        self.recordings.sort_by(|one, other| one.id.cmp(&other.id));
        self.recordings.dedup_by(|next, known| {
            let is_known = next.id == known.id;
            if is_known {
                known.take_worse(next.clone());
            }
            is_known
        });
    }
}

/// Keeps of two texts the same one, whichever comes first.
fn keep(kept: &mut Option<String>, text: String) {
    if kept.as_ref().is_none_or(|known| text < *known) {
        *kept = Some(text);
    }
}

/// Puts texts in alphabetical order, each once.
fn each_once(texts: &mut Vec<String>) {
    texts.sort();
    texts.dedup();
}

/// Adds a text to those that are in alphabetical order, each once.
fn insert(texts: &mut Vec<String>, text: String) {
    if let Err(at) = texts.binary_search(&text) {
        texts.insert(at, text);
    }
}
