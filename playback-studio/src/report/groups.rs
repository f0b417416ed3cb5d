//! Differences of many recordings that are alike, brought together.

use std::cmp::Reverse;
use std::collections::HashMap;

use playback_equalizer::Risk;

use super::{CategoryReport, DifferenceReport, RecordingReport};

/// Differences of one category that are alike: in outputs of one alias, at the same path but for the numbers of
/// list elements, and of the same risk.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Group<'r> {
    /// The output's alias; none for values that did not come of an output.
    pub output: Option<&'r str>,
    /// The path, with `[*]` for the numbers of list elements.
    pub pattern: &'r str,
    /// What they may mean.
    pub risk: Risk,
    /// Each difference with the recording that it was found in, in the order of the report.
    pub found: Vec<(&'r RecordingReport, &'r DifferenceReport)>,
}

impl<'r> Group<'r> {
    /// How many recordings are shown of a group where not all are.
    pub const EXAMPLES: usize = 3;

    /// The recordings that it was found in, each once.
    pub fn recordings(&self) -> impl Iterator<Item = &'r RecordingReport> {
        // Those of one recording stand together.
        let before = std::iter::once(None).chain(self.found.iter().map(|(recording, _)| Some(&recording.id)));
        let each = self.found.iter().zip(before);
        each.filter(|((recording, _), before)| Some(&recording.id) != *before)
            .map(|((recording, _), _)| *recording)
    }

    /// The first of the differences.
    #[must_use]
    pub fn example(&self) -> Option<&'r DifferenceReport> {
        self.found.first().map(|(_, difference)| *difference)
    }
}

impl CategoryReport {
    /// The differences in groups of those that are alike: the outputs with the worst first, and within an output
    /// the worst, then those of most recordings, then those that were found first.
    #[must_use]
    pub fn groups(&self) -> Vec<Group<'_>> {
        let mut groups: Vec<Group<'_>> = Vec::new();
        let mut known = HashMap::new();
        for recording in &self.recordings {
            for difference in &recording.differences {
                let DifferenceReport { output, pattern, risk, sign, .. } = difference;
                let (output, pattern, risk) = (output.as_deref(), pattern.as_str(), *risk);
                let at = *known.entry((output, pattern, risk, *sign)).or_insert(groups.len());
                match groups.get_mut(at) {
                    Some(group) => group.found.push((recording, difference)),
                    None => {
                        groups.push(Group { output, pattern, risk, found: vec![(recording, difference)] })
                    }
                }
            }
        }
        let mut outputs: HashMap<Option<&str>, (Reverse<Risk>, usize)> = HashMap::new();
        for (number, group) in groups.iter().enumerate() {
            let rank = outputs.entry(group.output).or_insert((Reverse(group.risk), number));
            rank.0 = rank.0.min(Reverse(group.risk));
        }
        groups.sort_by_cached_key(|group| {
            (outputs.get(&group.output).copied(), Reverse(group.risk), Reverse(group.recordings().count()))
        });
        groups
    }
}
