//! Places that differ, taken together over elements and recordings.

use std::collections::BTreeSet;

use playback_core::RESULT_ALIAS;
use playback_core::value::{Path, Segment};

use super::narrow::{Narrow, TIMES};
use crate::{Change, Difference, Rule};

/// A place that may differ in many recordings.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) category: String,
    output: Option<String>,
    /// A pattern of paths.
    pattern: String,
}

impl Place {
    /// Where a difference is, or what is `outer` steps further out.
    fn of(category: &str, difference: &Difference, outer: usize) -> Self {
        let output = difference.output.as_ref().map(|key| key.alias.as_str());
        let output = output.map(|alias| if alias == RESULT_ALIAS { "result" } else { alias });
        let pattern = match difference.change {
            // It is there or it is not: nothing less than all of it has to be forgiven.
            Change::OutputAdded { .. } | Change::OutputMissing { .. } => "**".to_owned(),
            _ => pattern(difference, outer),
        };
        Self { category: category.to_owned(), output: output.map(str::to_owned), pattern }
    }

    /// The rule that forgives what was seen here.
    pub(super) fn rule(&self, narrow: &Narrow) -> Option<Rule> {
        let rule = narrow.rule(&self.pattern).ok()?.category(&self.category);
        Some(match &self.output {
            Some(output) => rule.output(output),
            None => rule,
        })
    }

    /// Whether a difference is here or further in.
    fn holds(&self, difference: &Difference) -> bool {
        let steps = difference.path.segments().len();
        (0..=steps).any(|outer| Self::of(&self.category, difference, outer) == *self)
    }
}

/// The path of a difference without its last steps, as a pattern: with `[*]` for the numbers of elements, and for a
/// key that is there on one side only, as it was made up. The number of an argument stays.
fn pattern(difference: &Difference, outer: usize) -> String {
    let is_one_sided = matches!(difference.change, Change::Added { .. } | Change::Removed { .. });
    let segments = difference.path.segments();
    let last = segments.len().saturating_sub(1);
    let is_argument =
        |at: usize| at == 0 && difference.output.as_ref().is_some_and(|output| output.alias != RESULT_ALIAS);
    let (mut path, mut printed, mut text) = (Path::root(), 0, String::new());
    for (at, segment) in segments.iter().enumerate().take(segments.len().saturating_sub(outer)) {
        path.push(segment.clone());
        let whole = path.to_string();
        let piece = whole.get(printed..).unwrap_or_default();
        let is_any = match segment {
            Segment::Index(_) => !is_argument(at),
            // One that cannot be read again is any.
            Segment::Key(_) => (is_one_sided && at == last) || Rule::ignore(piece).is_err(),
            Segment::Field(_) | Segment::Variant(_) => false,
        };
        text.push_str(if is_any { "[*]" } else { piece });
        printed = whole.len();
    }
    text
}

/// What was seen in each place, and what would have to be forgiven there. `trial` tells what still differs with one
/// rule more.
pub(super) fn sort_out(
    category: &str,
    mut found: Vec<Difference>,
    trial: impl Fn(Rule) -> Vec<Difference>,
) -> Vec<(Place, Narrow, Difference)> {
    let mut sorted = Vec::new();
    let mut tried = BTreeSet::new();
    let candidates: Vec<(Place, Narrow)> = found.iter().flat_map(|one| wider(category, one)).collect();
    for (place, narrow) in candidates {
        if !tried.insert((place.clone(), format!("{narrow:?}"))) || !found.iter().any(|one| place.holds(one))
        {
            continue;
        }
        let Some(rule) = place.rule(&narrow) else { continue };
        if trial(rule).iter().any(|left| place.holds(left)) {
            continue;
        }
        let (here, elsewhere) = found.into_iter().partition(|one| place.holds(one));
        found = elsewhere;
        let here: Vec<Difference> = here;
        sorted.extend(here.into_iter().next().map(|example| (place, narrow, example)));
    }
    sorted.extend(found.into_iter().map(|one| {
        let narrow = Narrow::of(&one.change);
        (Place::of(category, &one, 0), narrow, one)
    }));
    sorted
}

/// What is further out than a difference and may be what it is really about: a list whose order differs, the
/// innermost first, or a time that is a struct.
fn wider(category: &str, difference: &Difference) -> Vec<(Place, Narrow)> {
    let segments = difference.path.segments();
    let mut wider = Vec::new();
    if let Some(Segment::Field(name)) = segments.last()
        && matches!(name.as_str(), "secs" | "nanos" | "secs_since_epoch" | "nanos_since_epoch")
    {
        let place = Place::of(category, difference, 1);
        // Half of what a rule then allows, as it leaves some room.
        wider.extend(TIMES.map(|time| (place.clone(), Narrow::Time(time / 2))));
    }
    for (at, segment) in segments.iter().enumerate().rev() {
        if matches!(segment, Segment::Index(_)) {
            wider.push((Place::of(category, difference, segments.len() - at), Narrow::Order));
        }
    }
    wider
}
