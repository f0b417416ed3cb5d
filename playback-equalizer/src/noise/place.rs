//! Places that differ, taken together over elements and recordings.

use std::collections::BTreeSet;

use playback_core::RESULT_ALIAS;
use playback_core::value::{Path, Segment};

use super::narrow::{Narrow, TIMES};
use crate::{Change, Difference, Rule};

/// How many rules are tried on one comparison; what is left is taken as it is.
const MOST_TRIALS: usize = 100;

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
        let output = output.map(|alias| match alias {
            RESULT_ALIAS => "result".to_owned(),
            // The name of the result; this is the next that it may be written as.
            "result" => "?esult".to_owned(),
            alias => literally(alias),
        });
        let pattern = match difference.change {
            // It is there or it is not: nothing less than all of it has to be forgiven.
            Change::OutputAdded { .. } | Change::OutputMissing { .. } => "**".to_owned(),
            _ => pattern(difference, outer),
        };
        Self { category: category.to_owned(), output, pattern }
    }

    /// The rule that forgives what was seen here.
    pub(super) fn rule(&self, narrow: &Narrow) -> Option<Rule> {
        let rule = narrow.rule(&self.pattern).ok()?.category(&literally(&self.category));
        Some(match &self.output {
            Some(output) => rule.output(output),
            None => rule,
        })
    }

    /// Whether a difference is here or further in.
    fn holds(&self, difference: &Difference) -> bool {
        Self::around(&self.category, difference).any(|place| place == *self)
    }

    /// The place of a difference and all that are further out.
    fn around(category: &str, difference: &Difference) -> impl Iterator<Item = Self> {
        let steps = difference.path.segments().len();
        (0..=steps).map(move |outer| Self::of(category, difference, outer))
    }
}

/// A name as a pattern of names, which know no escapes: what would be any characters is one.
fn literally(name: &str) -> String {
    name.replace('*', "?")
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
    found: Vec<Difference>,
    trial: impl Fn(Rule) -> Vec<Difference>,
) -> Vec<(Place, Narrow, Difference)> {
    let mut sorted = Vec::new();
    let mut tried = BTreeSet::new();
    let mut trials = 0;
    let candidates: Vec<(Place, Narrow)> = found.iter().flat_map(|one| wider(category, one)).collect();
    let with_places = |one: Difference| {
        let around = Place::around(category, &one).collect();
        (one, around)
    };
    let mut found: Vec<(Difference, Vec<Place>)> = found.into_iter().map(with_places).collect();
    for (place, narrow) in candidates {
        if !tried.insert((place.clone(), format!("{narrow:?}")))
            || !found.iter().any(|(_, around)| around.contains(&place))
        {
            continue;
        }
        let Some(rule) = place.rule(&narrow) else { continue };
        if trials == MOST_TRIALS {
            break;
        }
        trials += 1;
        if trial(rule).iter().any(|left| place.holds(left)) {
            continue;
        }
        let (here, elsewhere): (Vec<_>, _) =
            found.into_iter().partition(|(_, around)| around.contains(&place));
        found = elsewhere;
        sorted.extend(here.into_iter().next().map(|(example, _)| (place, narrow, example)));
    }
    sorted.extend(found.into_iter().map(|(one, _)| {
        let narrow = Narrow::of(&one);
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

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use playback_core::Value;

    use super::*;

    #[test]
    fn a_comparison_with_many_places_costs_a_bounded_number_of_trials() {
        let differs = |name: String| {
            let path = Path::from(vec![Segment::Field(name.as_str().into()), Segment::Index(0)]);
            Difference::new(path, Change::Added { replayed: Value::Unit })
        };
        let found: Vec<Difference> = (0..300).map(|at| differs(format!("list_{at}"))).collect();
        let trials = Cell::new(0);
        let sorted = sort_out("Run", found.clone(), |_| {
            trials.set(trials.get() + 1);
            found.clone()
        });
        assert_eq!((trials.get(), sorted.len()), (MOST_TRIALS, 300));
    }
}
