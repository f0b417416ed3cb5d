//! Going through two values side by side.

use std::mem::discriminant;

use playback_core::Value;
use playback_core::value::{Name, Path, Segment};

use super::Found;
use super::align::align;
use super::elements::{List, Step};
use super::keyed::by_key;
use super::unordered::{out_of_order, unordered};
use crate::difference::{Change, Difference};
use crate::rules::{Lens, Number};

/// How lists are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Aligned, without what rules say does not matter; those without an order in no order.
    ByRules,
    /// Aligned as if there were no rules.
    Plainly,
    /// Element by element, up to the first difference: to know quickly whether there is one.
    AsTheyStand,
}

/// Where two values differ, with the rules as they stand at them. If names of arguments are given, the values are the
/// arguments of a call, which are compared one by one.
pub(crate) fn compare<N: AsRef<str>>(
    recorded: &Value,
    replayed: &Value,
    names: Option<&[N]>,
    lens: &Lens<'_>,
    most: usize,
    reading: Reading,
) -> Found {
    let mut walk = Walk { path: Vec::new(), found: Found::default(), most, reading };
    match (recorded, replayed, names) {
        (Value::Seq(one), Value::Seq(other), Some(names))
            if are_of(names, one.len()) || are_of(names, other.len()) =>
        {
            walk.arguments(one, other, names, lens);
        }
        _ => walk.values(recorded, replayed, lens),
    }
    walk.found
}

/// Whether a list is one of arguments with these names, and not one that a handler made of them.
fn are_of<N>(names: &[N], arguments: usize) -> bool {
    names.is_empty() || arguments == names.len()
}

/// The step to an argument: by its name, as far as that is known.
pub(crate) fn argument(names: &[impl AsRef<str>], at: usize) -> Segment {
    match names.get(at) {
        Some(name) => Segment::Field(name.as_ref().into()),
        None => Segment::Index(at),
    }
}

struct Walk {
    path: Vec<Segment>,
    found: Found,
    most: usize,
    reading: Reading,
}

impl Walk {
    fn arguments(&mut self, one: &[Value], other: &[Value], names: &[impl AsRef<str>], lens: &Lens<'_>) {
        if let Some(rule) = lens.ignores() {
            if one != other {
                self.found.forgave(rule);
            }
            return;
        }
        for at in 0..one.len().max(other.len()) {
            if self.is_done() {
                return;
            }
            self.at(argument(names, at), lens, |walk, lens| walk.sides(one.get(at), other.get(at), lens));
        }
    }

    fn values(&mut self, recorded: &Value, replayed: &Value, lens: &Lens<'_>) {
        if recorded == replayed || self.is_done() {
            return;
        }
        let forgiving = lens.forgives(recorded, replayed);
        if !forgiving.is_empty() {
            forgiving.into_iter().for_each(|rule| self.found.forgave(rule));
            return;
        }
        match (recorded, replayed) {
            (Value::Some(recorded), Value::Some(replayed)) => self.values(recorded, replayed, lens),
            (Value::Seq(recorded), Value::Seq(replayed)) => self.lists(recorded, replayed, lens),
            (Value::Struct(recorded), Value::Struct(replayed)) => {
                self.keyed(recorded, replayed, lens, |name: &Name| Segment::Field(name.clone()));
            }
            (Value::Map(recorded), Value::Map(replayed)) => {
                self.keyed(recorded, replayed, lens, |key: &Value| Segment::Key(key.clone()));
            }
            (Value::Variant(name, Some(recorded)), Value::Variant(other, Some(replayed)))
                if name == other =>
            {
                let payload = Segment::Variant(name.clone());
                self.at(payload, lens, |walk, lens| walk.values(recorded, replayed, lens));
            }
            _ => self.found(|| {
                let (recorded, replayed) = (recorded.clone(), replayed.clone());
                if same_kind(&recorded, &replayed) {
                    Change::Changed { recorded, replayed }
                } else {
                    Change::TypeChanged { recorded, replayed }
                }
            }),
        }
    }

    fn lists(&mut self, recorded: &[Value], replayed: &[Value], lens: &Lens<'_>) {
        for step in self.steps(recorded, replayed, lens) {
            if self.is_done() {
                return;
            }
            match step {
                Step::Both(at, other) => {
                    let (recorded, replayed) = (recorded.get(at), replayed.get(other));
                    self.at(Segment::Index(at), lens, |walk, lens| walk.sides(recorded, replayed, lens));
                }
                Step::Moved(from, to) => {
                    let (Some(value), Some(there)) = (recorded.get(from), replayed.get(to)) else { continue };
                    self.at(Segment::Index(from), lens, |walk, lens| {
                        walk.reported(lens.ignores(), || Change::Moved { from, to, value: value.clone() });
                        walk.values(value, there, lens);
                    });
                }
                Step::Removed(at) => {
                    let recorded = recorded.get(at);
                    self.at(Segment::Index(at), lens, |walk, lens| walk.sides(recorded, None, lens));
                }
                Step::Added(at) => {
                    let replayed = replayed.get(at);
                    self.at(Segment::Index(at), lens, |walk, lens| walk.sides(None, replayed, lens));
                }
            }
        }
    }

    fn steps(&mut self, recorded: &[Value], replayed: &[Value], lens: &Lens<'_>) -> Vec<Step> {
        let none = Lens::default();
        let lens = match self.reading {
            Reading::ByRules => lens,
            Reading::Plainly => &none,
            Reading::AsTheyStand => {
                let both = recorded.len().min(replayed.len());
                let mut steps: Vec<Step> = (0..both).map(|at| Step::Both(at, at)).collect();
                steps.extend((both..recorded.len()).map(Step::Removed));
                steps.extend((both..replayed.len()).map(Step::Added));
                return steps;
            }
        };
        // What rules allow to be apart has fingerprints of its own.
        let alike = |at: usize, other: usize| match (recorded.get(at), replayed.get(other)) {
            (Some(one), Some(other)) if !lens.is_clear() => {
                let lens = lens.step(&Segment::Index(at));
                compare::<&str>(one, other, None, &lens, 0, Reading::AsTheyStand).diff.count() == 0
            }
            _ => false,
        };
        let (one, other) = (List { values: recorded, lens }, List { values: replayed, lens });
        let Some((rule, by)) = lens.unordered() else { return align(&one, &other, &alike, true) };
        let steps = unordered(&one, &other, by, &alike);
        if out_of_order(&steps) {
            self.found.forgave(rule);
        }
        steps
    }

    /// What has keys: by key, whatever the order. Most entries stand in the same places on both sides.
    fn keyed<K: Ord>(
        &mut self,
        recorded: &[(K, Value)],
        replayed: &[(K, Value)],
        lens: &Lens<'_>,
        segment: impl Fn(&K) -> Segment,
    ) {
        let mut in_place = 0;
        for ((key, one), (other_key, other)) in recorded.iter().zip(replayed) {
            if self.is_done() {
                return;
            }
            if key != other_key {
                break;
            }
            self.at(segment(key), lens, |walk, lens| walk.values(one, other, lens));
            in_place += 1;
        }
        // As the same keys were there on both sides so far, what follows counts from here.
        for step in by_key(recorded, replayed, in_place) {
            if self.is_done() {
                return;
            }
            let (recorded, replayed) = match step {
                Step::Both(at, other) | Step::Moved(at, other) => (recorded.get(at), replayed.get(other)),
                Step::Removed(at) => (recorded.get(at), None),
                Step::Added(other) => (None, replayed.get(other)),
            };
            let Some((key, _)) = recorded.or(replayed) else { continue };
            let (recorded, replayed) = (recorded.map(|(_, value)| value), replayed.map(|(_, value)| value));
            self.at(segment(key), lens, |walk, lens| walk.sides(recorded, replayed, lens));
        }
    }

    fn sides(&mut self, recorded: Option<&Value>, replayed: Option<&Value>, lens: &Lens<'_>) {
        match (recorded, replayed) {
            (Some(recorded), Some(replayed)) => self.values(recorded, replayed, lens),
            (Some(recorded), None) => {
                self.one_sided(recorded, lens, || Change::Removed { recorded: recorded.clone() });
            }
            (None, Some(replayed)) => {
                self.one_sided(replayed, lens, || Change::Added { replayed: replayed.clone() });
            }
            (None, None) => {}
        }
    }

    /// Notes what is there on one side only, unless there is a rule that forgives it.
    fn one_sided(&mut self, value: &Value, lens: &Lens<'_>, change: impl FnOnce() -> Change) {
        let forgiven = match self.path.last() {
            // An element is no field, whose default says as much as its absence: without it a list is another.
            Some(Segment::Index(_)) => lens.ignores(),
            _ => lens.forgives_absence(value),
        };
        self.reported(forgiven, change);
    }

    fn at(&mut self, segment: Segment, lens: &Lens<'_>, inside: impl FnOnce(&mut Self, &Lens<'_>)) {
        let lens = lens.step(&segment);
        self.path.push(segment);
        inside(self, &lens);
        self.path.pop();
    }

    /// Notes a difference, unless there is a rule that forgives it.
    fn reported(&mut self, forgiven: Option<Number>, change: impl FnOnce() -> Change) {
        match forgiven {
            Some(rule) => self.found.forgave(rule),
            None => self.found(change),
        }
    }

    fn found(&mut self, change: impl FnOnce() -> Change) {
        let diff = &mut self.found.diff;
        if diff.differences.len() < self.most {
            diff.differences.push(Difference::new(Path::from(self.path.clone()), change()));
        } else {
            diff.omitted += 1;
        }
    }

    /// Whether nothing more is to be found out.
    fn is_done(&self) -> bool {
        self.reading == Reading::AsTheyStand && self.found.diff.count() > 0
    }
}

/// Whether a change from one to the other is one of value, not of type.
fn same_kind(one: &Value, other: &Value) -> bool {
    let is_option = |value: &Value| matches!(value, Value::Some(_) | Value::None);
    discriminant(one) == discriminant(other) || (is_option(one) && is_option(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_they_stand_no_more_is_looked_for_after_the_first_difference() {
        let list = |text: &str| text.parse::<Value>().unwrap_or(Value::Unit);
        for (one, other) in [
            ("{a: 1, b: 2, c: 3}", "{d: 4}"),
            ("{\"a\": 1, \"b\": 2}", "{:}"),
            ("{:}", "{\"a\": 1, \"b\": 2}"),
            ("[1, 2, 3]", "[]"),
            ("[[], [1]]", "[[1, 2], [2]]"),
        ] {
            let (one, other) = (list(one), list(other));
            let found = compare::<&str>(&one, &other, None, &Lens::default(), 0, Reading::AsTheyStand);
            assert_eq!(found.diff.count(), 1, "{one} and {other}");
            let found = compare(&one, &other, Some(&[""; 0]), &Lens::default(), 0, Reading::AsTheyStand);
            assert_eq!(found.diff.count(), 1, "{one} and {other} as arguments");
        }
    }
}
