//! The rules as they stand at one place of a value.

use std::borrow::Cow;

use playback_core::Value;
use playback_core::value::Path;

use super::rule::What;
use super::{Entry, Rules};
use playback_core::value::Way;

/// The rules as they stand at one place of a value: which of them hold there, and which may hold further in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lens<'r> {
    rules: &'r [std::sync::Arc<Entry>],
    /// Positions in patterns that the way from the root to here may stand for: rule and position.
    open: Vec<(usize, usize)>,
    /// Rules whose pattern led here or further out.
    within: Vec<usize>,
    /// The rule that says that the list here has no order.
    unordered: Option<usize>,
}

/// The number of a rule among all.
pub(crate) type Number = usize;

impl<'r> Lens<'r> {
    /// The rules at the root of what was extracted of an output.
    pub(crate) fn at_root(rules: &'r Rules, category: Option<&str>, alias: Option<&str>) -> Self {
        let rules = rules.entries();
        let mut lens = Self { rules, ..Self::default() };
        for (number, entry) in rules.iter().enumerate() {
            if entry.rule.is_for(category, alias) {
                lens.open.extend(entry.rule.pattern.reached_from(0).map(|position| (number, position)));
            }
        }
        lens.arrive();
        lens
    }

    /// The rules one step further in.
    pub(crate) fn step<'a>(&self, way: impl Into<Way<'a>>) -> Self {
        if self.open.is_empty() {
            return Self {
                rules: self.rules,
                open: Vec::new(),
                within: self.within.clone(),
                unordered: None,
            };
        }
        let way = way.into();
        let mut open = Vec::new();
        for &(number, position) in &self.open {
            let Some(entry) = self.rules.get(number) else { continue };
            let pattern = &entry.rule.pattern;
            if let Some(after) = pattern.after(position, way) {
                open.extend(pattern.reached_from(after).map(|position| (number, position)));
            }
        }
        // No more than there are positions, however many ways lead to one.
        open.sort_unstable();
        open.dedup();
        let mut inner = Self { rules: self.rules, open, within: self.within.clone(), unordered: None };
        inner.arrive();
        inner
    }

    /// The rules along a path.
    pub(crate) fn along(self, path: &Path) -> Self {
        path.segments().iter().fold(self, |lens, segment| lens.step(segment))
    }

    fn arrive(&mut self) {
        for &(number, position) in &self.open {
            let Some(entry) = self.rules.get(number) else { continue };
            if !entry.rule.pattern.ends_at(position) {
                continue;
            }
            entry.found();
            match entry.rule.what {
                What::Unordered { .. } => self.unordered = Some(number),
                _ if self.within.contains(&number) => {}
                _ => self.within.push(number),
            }
        }
    }

    /// Whether there is no rule here, nor further in.
    pub(crate) fn is_clear(&self) -> bool {
        self.open.is_empty() && self.within.is_empty()
    }

    /// The rule by which nothing here matters.
    pub(crate) fn ignores(&self) -> Option<Number> {
        self.holding().find(|(_, what)| matches!(what, What::Ignored)).map(|(number, _)| number)
    }

    /// The rule by which it does not matter whether this value is there.
    pub(crate) fn forgives_absence(&self, value: &Value) -> Option<Number> {
        self.holding().find(|(_, what)| what.forgives_absence(value)).map(|(number, _)| number)
    }

    /// The rule by which the list here has no order, and what its elements are told by.
    pub(crate) fn unordered(&self) -> Option<(Number, Option<&'r Path>)> {
        let number = self.unordered?;
        match &self.rules.get(number)?.rule.what {
            What::Unordered { by } => Some((number, by.as_ref())),
            _ => None,
        }
    }

    /// The rules that together make two different values the same; none if they do not.
    pub(crate) fn forgives(&self, one: &Value, other: &Value) -> Vec<Number> {
        if let Some((number, _)) = self.holding().find(|(_, what)| what.forgives(one, other)) {
            return vec![number];
        }
        let (Value::String(one), Value::String(other)) = (one, other) else { return Vec::new() };
        let mut at_work = Vec::new();
        let same = self.seen_noting(one, &mut at_work) == self.seen_noting(other, &mut at_work);
        at_work.sort_unstable();
        at_work.dedup();
        if same { at_work } else { Vec::new() }
    }

    /// A text as it is once what does not matter is taken from it.
    pub(crate) fn seen<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.seen_noting(text, &mut Vec::new())
    }

    fn seen_noting<'t>(&self, text: &'t str, at_work: &mut Vec<Number>) -> Cow<'t, str> {
        let mut seen = Cow::Borrowed(text);
        // What is replaced is looked for in the text as it stands, so its case goes last.
        let replaced = self.holding().filter(|(_, what)| matches!(what, What::Replaced { .. }));
        let case = self.holding().filter(|(_, what)| matches!(what, What::Case));
        for (number, what) in replaced.chain(case) {
            let changed = match what {
                What::Replaced { regex, with } => regex.replace_all(&seen, with.as_str()).into_owned(),
                _ => seen.to_lowercase(),
            };
            if changed != seen {
                at_work.push(number);
                seen = Cow::Owned(changed);
            }
        }
        seen
    }

    /// Goes to every place that a rule may hold for, which notes those that do.
    pub(super) fn look_through(&self, value: &Value) {
        if self.open.is_empty() {
            return;
        }
        match value.without_some() {
            Value::Seq(elements) => {
                elements
                    .iter()
                    .enumerate()
                    .for_each(|(at, element)| self.step(Way::Index(at)).look_through(element));
            }
            Value::Map(entries) => {
                entries.iter().for_each(|(key, value)| self.step(Way::Key(key)).look_through(value));
            }
            Value::Struct(fields) => {
                fields.iter().for_each(|(name, value)| self.step(Way::Name(name)).look_through(value));
            }
            Value::Variant(name, Some(payload)) => self.step(Way::Name(name)).look_through(payload),
            _ => {}
        }
    }

    fn holding(&self) -> impl Iterator<Item = (Number, &'r What)> {
        let rules = self.rules;
        self.within.iter().filter_map(move |&number| Some((number, &rules.get(number)?.rule.what)))
    }
}
