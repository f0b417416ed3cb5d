//! Differences of many recordings that are alike, brought together.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::mem::{Discriminant, discriminant};

use playback_core::value::{Path, Segment};
use playback_core::{RecordingId, Value};
use playback_equalizer::{Change, Comparison, Difference};

use crate::CategoryReport;

/// Differences of one category that are alike: in the same output, at the same path but for the numbers of
/// list elements, and of the same kind.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Group<'r> {
    /// The output's alias; none for values that did not come of an output.
    pub output: Option<&'r str>,
    /// The path, with `[*]` for the numbers of list elements.
    pub path: String,
    /// Each difference with the recording that it was found in, in the order of the report.
    pub found: Vec<(&'r RecordingId, &'r Difference)>,
}

impl Group<'_> {
    /// In how many recordings it was found.
    #[must_use]
    pub fn recordings(&self) -> usize {
        let mut ids: Vec<_> = self.found.iter().map(|(id, _)| id).collect();
        // Those of one recording stand together.
        ids.dedup();
        ids.len()
    }
}

impl CategoryReport {
    /// The differences in groups of those that are alike: by output in the order in which they were found
    /// first, and within an output those of most recordings first.
    #[must_use]
    pub fn groups(&self) -> Vec<Group<'_>> {
        let mut groups: Vec<Group<'_>> = Vec::new();
        let mut known = HashMap::new();
        let mut outputs: HashMap<Option<&str>, usize> = HashMap::new();
        for Comparison { id, verdict, .. } in &self.comparisons {
            for difference in &verdict.differences {
                let output = difference.output.as_ref().map(|key| key.alias.as_str());
                let number = outputs.len();
                outputs.entry(output).or_insert(number);
                let path = pattern(difference);
                let key = (output, path.clone(), kind(&difference.change));
                let at = *known.entry(key).or_insert(groups.len());
                match groups.get_mut(at) {
                    Some(group) => group.found.push((id, difference)),
                    None => groups.push(Group { output, path, found: vec![(id, difference)] }),
                }
            }
        }
        groups.sort_by_cached_key(|group| (outputs.get(&group.output).copied(), Reverse(group.recordings())));
        groups
    }
}

/// What tells changes apart, beside their place: an `Err` that became an `Ok` is not the reverse.
fn kind(change: &Change) -> (Discriminant<Change>, [Option<bool>; 2]) {
    let is_error = [change.recorded(), change.replayed()].map(|side| side.map(Value::is_error));
    (discriminant(change), is_error)
}

/// The path of a difference, with `[*]` for the numbers of list elements. The number of an argument stays.
fn pattern(difference: &Difference) -> String {
    let arguments = usize::from(difference.output.is_some());
    let (mut path, mut printed, mut text) = (Path::root(), 0, String::new());
    for (at, segment) in difference.path.segments().iter().enumerate() {
        path.push(segment.clone());
        let whole = path.to_string();
        let is_element = matches!(segment, Segment::Index(_)) && at >= arguments;
        text.push_str(if is_element { "[*]" } else { whole.get(printed..).unwrap_or_default() });
        printed = whole.len();
    }
    text
}
