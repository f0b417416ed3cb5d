//! Bringing together what belongs together of two runs.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use playback_core::Value;
use playback_core::value::Path;

use crate::comparator::Sides;
use crate::diff::{Elements, Reading, Step, align, argument, compare, fingerprint, leaves};
use crate::rules::Lens;
use crate::{Extracted, Part, Rules};

/// Two parts that belong together, or one that has no counterpart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair<'a> {
    pub(crate) recorded: Option<&'a Part>,
    pub(crate) replayed: Option<&'a Part>,
}

/// Brings together what belongs together, in the order of the recording and then of the replay.
pub(crate) fn pairs<'a>(sides: &Sides<'a>, reading: Reading) -> Vec<Pair<'a>> {
    if let (Extracted::One(recorded), Extracted::One(replayed)) = (sides.recorded, sides.replayed) {
        return vec![Pair { recorded: Some(recorded), replayed: Some(replayed) }];
    }
    let (recorded, replayed) = (sides.recorded.parts(), sides.replayed.parts());
    let rules = if reading == Reading::ByRules { sides.rules } else { &Rules::new() };
    let mut matching =
        Matching { recorded, replayed, rules, category: sides.category, found: HashMap::new() };
    matching.by_lane();
    matching.across_lanes();
    let counterpart = |at| matching.found.get(&at).and_then(|other| replayed.get(*other));
    let mut pairs: Vec<Pair<'_>> = recorded
        .iter()
        .enumerate()
        .map(|(at, part)| Pair { recorded: Some(part), replayed: counterpart(at) })
        .collect();
    let taken: HashSet<&usize> = matching.found.values().collect();
    let added = replayed.iter().enumerate().filter(|(at, _)| !taken.contains(at));
    pairs.extend(added.map(|(_, part)| Pair { recorded: None, replayed: Some(part) }));
    pairs
}

struct Matching<'a, 'r> {
    recorded: &'a [Part],
    replayed: &'a [Part],
    rules: &'r Rules,
    category: Option<&'r str>,
    /// Of recorded parts their replayed counterparts.
    found: HashMap<usize, usize>,
}

/// What is aligned: the parts of one alias that stand in one lane and at one path.
type Line<'a> = (Option<&'a str>, &'a [u32], &'a Path);

impl<'a> Matching<'a, '_> {
    /// Aligns the outputs of each alias and lane.
    fn by_lane(&mut self) {
        let lines = |parts: &'a [Part]| -> BTreeMap<Line<'a>, Vec<usize>> {
            let mut lines: BTreeMap<Line<'_>, Vec<usize>> = BTreeMap::new();
            for (at, part) in parts.iter().enumerate() {
                lines.entry((alias(part), lane(part), &part.path)).or_default().push(at);
            }
            lines
        };
        let mut replayed_lines = lines(self.replayed);
        for (line, old) in lines(self.recorded) {
            let Some(new) = replayed_lines.remove(&line) else { continue };
            let parts = |parts: &'a [Part], line: &[usize]| -> Vec<&'a Part> {
                line.iter().filter_map(|at| parts.get(*at)).collect()
            };
            let (one, other) = (parts(self.recorded, &old), parts(self.replayed, &new));
            let lens = one.first().map(|part| part.lens(self.rules, self.category)).unwrap_or_default();
            let alike = |at: usize, with: usize| match (one.get(at), other.get(with)) {
                (Some(one), Some(other)) if !lens.is_clear() => {
                    let names = other.argument_names.as_deref();
                    let found = compare(&one.value, &other.value, names, &lens, 0, Reading::AsTheyStand);
                    found.diff.count() == 0
                }
                _ => false,
            };
            let (recorded, replayed) =
                (Outputs { parts: &one, lens: &lens }, Outputs { parts: &other, lens: &lens });
            for step in align(&recorded, &replayed, &alike, false) {
                if let Step::Both(at, with) = step
                    && let (Some(at), Some(with)) = (old.get(at), new.get(with))
                {
                    self.found.insert(*at, *with);
                }
            }
        }
    }

    /// Brings together what is left over of an alias in different lanes: first what is the same, then in order.
    fn across_lanes(&mut self) {
        let taken: HashSet<usize> = self.found.values().copied().collect();
        let left = |parts: &'a [Part], is_taken: &dyn Fn(usize) -> bool| -> Vec<(usize, &'a Part)> {
            parts.iter().enumerate().filter(|(at, _)| !is_taken(*at)).collect()
        };
        let new = left(self.replayed, &|at| taken.contains(&at));
        let fingerprint = |part: &Part| fingerprint_of(part, &part.lens(self.rules, self.category));
        let found = &self.found;
        let mut old = left(self.recorded, &|at| found.contains_key(&at));
        let mut paired = HashMap::new();
        let mut gone = HashSet::new();
        for must_be_the_same in [true, false] {
            let key = |part: &Part| must_be_the_same.then(|| fingerprint(part));
            // By lane, as what is left over of one lane was found to have no counterpart in it.
            let mut open: HashMap<_, BTreeMap<&[u32], VecDeque<usize>>> = HashMap::new();
            for (at, part) in new.iter().filter(|(at, _)| !gone.contains(at)) {
                let lanes = open.entry((alias(part), &part.path, key(part))).or_default();
                lanes.entry(lane(part)).or_default().push_back(*at);
            }
            old.retain(|(at, part)| {
                let other = open.get_mut(&(alias(part), &part.path, key(part))).and_then(|lanes| {
                    let there = *lanes.keys().find(|there| **there != lane(part))?;
                    let waiting = lanes.get_mut(there)?;
                    let other = waiting.pop_front();
                    if waiting.is_empty() {
                        lanes.remove(there);
                    }
                    other
                });
                gone.extend(other);
                paired.extend(other.map(|other| (*at, other)));
                other.is_none()
            });
        }
        self.found.extend(paired);
    }
}

fn alias(part: &Part) -> Option<&str> {
    part.output.as_ref().map(|output| output.alias.as_str())
}

fn lane(part: &Part) -> &[u32] {
    part.output.as_ref().map(|output| output.lane.as_slice()).unwrap_or_default()
}

/// The outputs of one line.
struct Outputs<'a, 'r> {
    parts: &'a [&'a Part],
    lens: &'a Lens<'r>,
}

impl Elements for Outputs<'_, '_> {
    fn count(&self) -> usize {
        self.parts.len()
    }

    fn fingerprint(&self, at: usize) -> u64 {
        self.parts.get(at).map_or(0, |part| fingerprint_of(part, self.lens))
    }

    fn leaves(&self, at: usize) -> Vec<u64> {
        let Some(part) = self.parts.get(at) else { return Vec::new() };
        let (Value::Seq(arguments), Some(names)) = (&part.value, &part.argument_names) else {
            return leaves(&part.value, self.lens);
        };
        let mut all = Vec::new();
        for (at, value) in arguments.iter().enumerate() {
            let place = (at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let inside = leaves(value, &self.lens.step(&argument(names, at)));
            all.extend(inside.into_iter().map(|leaf| leaf ^ place));
        }
        all.sort_unstable();
        all
    }
}

fn fingerprint_of(part: &Part, lens: &Lens<'_>) -> u64 {
    let (Value::Seq(arguments), Some(names)) = (&part.value, &part.argument_names) else {
        return fingerprint(&part.value, lens);
    };
    if lens.ignores().is_some() {
        return 0;
    }
    arguments.iter().enumerate().fold(arguments.len() as u64, |all, (at, value)| {
        let one = fingerprint(value, &lens.step(&argument(names, at)));
        all.rotate_left(7).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ one
    })
}

impl Extracted {
    /// Looks for the places of rules that were not found anywhere yet.
    pub(crate) fn look_for(&self, rules: &Rules, category: Option<&str>) {
        if rules.is_looked_for() {
            self.parts().iter().for_each(|part| part.look_for(rules, category));
        }
    }
}

impl Part {
    /// The rules as they stand at what was extracted.
    pub(crate) fn lens<'r>(&self, rules: &'r Rules, category: Option<&str>) -> Lens<'r> {
        Lens::at_root(rules, category, alias(self)).along(&self.path)
    }

    fn look_for(&self, rules: &Rules, category: Option<&str>) {
        match (&self.value, &self.argument_names) {
            (Value::Seq(arguments), Some(names)) => {
                for (at, value) in arguments.iter().enumerate() {
                    rules.look_for(value, |missing| self.lens(missing, category).step(&argument(names, at)));
                }
            }
            _ => rules.look_for(&self.value, |missing| self.lens(missing, category)),
        }
    }
}
