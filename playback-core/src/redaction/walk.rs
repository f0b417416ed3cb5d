//! Rules on their way through a value.

use std::ops::Range;

use super::mask::{MASK, empty, mask, mask_keys, masked};
use super::pseudonym::{Key, as_bytes};
use super::redactor::{Known, Part, Place, Unredactable};
use super::rule::{Action, Rule, Spot, What};
use super::secret::{marked, strip_marks};
use super::texts::matched;
use crate::Value;
use crate::value::{BYTES_AT_LEAST, Way};

type Done = Result<(), Unredactable>;

/// Rules on their way through a value.
pub(super) struct Walk<'r, V> {
    /// Those that hold for the call.
    pub(super) rules: Vec<&'r Rule>,
    pub(super) secrets: &'r Action,
    pub(super) visitor: V,
}

/// What is done where a rule leads.
pub(super) trait Visit {
    /// About a whole value.
    fn whole(&mut self, value: &mut Value, action: &Action) -> Done;

    /// About the keys of a map.
    fn keys(&mut self, entries: &mut Vec<(Value, Value)>, action: &Action) -> Done;

    /// About a part of a text: what to put in its place; none to leave it.
    fn part(&mut self, part: &str, action: &Action) -> Result<Option<String>, Unredactable>;
}

/// The rules as they stand at one place of a value.
#[derive(Clone, Default)]
struct Here {
    /// Positions in patterns that the way from the root to here may stand for: rule and position.
    open: Vec<(usize, usize)>,
    /// Rules about texts that hold here and further in.
    texts: Vec<usize>,
    /// The first rule about the whole of what is here.
    whole: Option<usize>,
    /// The first rule about the keys of the map that is here.
    keys: Option<usize>,
}

impl Here {
    fn arrive(&mut self, number: usize, rule: &Rule) {
        let first = |slot: &mut Option<usize>| *slot = Some(slot.map_or(number, |other| other.min(number)));
        match rule.what {
            What::Whole => first(&mut self.whole),
            What::Keys => first(&mut self.keys),
            What::Texts(_) | What::Matches(_) if self.texts.contains(&number) => {}
            What::Texts(_) | What::Matches(_) => self.texts.push(number),
        }
    }
}

impl<'r, V: Visit> Walk<'r, V> {
    /// Goes through the value of a place.
    pub(super) fn from(&mut self, place: &Place<'_>, value: &mut Value) -> Done {
        let root = self.root();
        match (place.part, value) {
            (Part::Name, value) => self.leaf(&root, value),
            (Part::Arguments, Value::Seq(arguments)) => {
                for (at, argument) in arguments.iter_mut().enumerate() {
                    let mut here = self.step(&root, Way::Index(at));
                    // Arguments stay as many as they are, whatever becomes of them.
                    here.whole = root.whole.into_iter().chain(here.whole).min();
                    if let Some(name) = place.argument_names.get(at) {
                        here = joined(here, self.step(&root, Way::Name(name)));
                    }
                    self.value(&here, argument)?;
                }
                Ok(())
            }
            (Part::Captured, Value::Struct(arguments)) => {
                for (name, argument) in arguments {
                    let mut here = self.step(&root, Way::Name(name));
                    if let Some(at) = place.argument_names.iter().position(|other| *other == &**name) {
                        here = joined(self.step(&root, Way::Index(at)), here);
                    }
                    here.whole = root.whole.into_iter().chain(here.whole).min();
                    self.value(&here, argument)?;
                }
                Ok(())
            }
            (Part::Data, value) => {
                let here = joined(root.clone(), self.step(&root, Way::Name(place.alias)));
                self.value(&here, value)
            }
            (_, value) => self.value(&root, value),
        }
    }

    fn root(&self) -> Here {
        let mut here = Here::default();
        for (number, rule) in self.rules.iter().enumerate() {
            match &rule.spot {
                Spot::Anywhere => here.arrive(number, rule),
                Spot::Path(pattern) => {
                    here.open.extend(pattern.reached_from(0).map(|position| (number, position)));
                }
                Spot::Field(_) => {}
            }
        }
        self.arrive(here)
    }

    /// The rules one step further in.
    fn step(&self, from: &Here, way: Way<'_>) -> Here {
        let mut here = Here { texts: from.texts.clone(), ..Here::default() };
        for &(number, position) in &from.open {
            if let Some(Rule { spot: Spot::Path(pattern), .. }) = self.rules.get(number)
                && let Some(after) = pattern.after(position, way)
            {
                here.open.extend(pattern.reached_from(after).map(|position| (number, position)));
            }
        }
        here.open.sort_unstable();
        here.open.dedup();
        let name = match way {
            Way::Name(name) => Some(name),
            Way::Key(key) => key.as_str(),
            _ => None,
        };
        if let Some(name) = name {
            for (number, rule) in self.rules.iter().enumerate() {
                if matches!(&rule.spot, Spot::Field(field) if field.matches(name)) {
                    here.arrive(number, rule);
                }
            }
        }
        self.arrive(here)
    }

    fn arrive(&self, mut here: Here) -> Here {
        for (number, position) in here.open.clone() {
            if let Some(rule) = self.rules.get(number)
                && matches!(&rule.spot, Spot::Path(pattern) if pattern.ends_at(position))
            {
                here.arrive(number, rule);
            }
        }
        here
    }

    fn rule(&self, number: Option<usize>) -> Option<&'r Rule> {
        self.rules.get(number?).copied()
    }

    /// The rule by which what is there is left out, if any.
    fn remover(&self, here: &Here) -> Option<&'r Rule> {
        self.rule(here.whole).filter(|rule| rule.action == Action::Remove)
    }

    /// Does to a value what a rule about the whole of it says.
    fn whole(&mut self, value: &mut Value, rule: &Rule) -> Done {
        let before = rule.is_counting().then(|| value.clone());
        self.visitor.whole(value, &rule.action)?;
        if before.is_some_and(|before| before != *value) {
            rule.count();
        }
        Ok(())
    }

    fn value(&mut self, here: &Here, value: &mut Value) -> Done {
        let secret = marked(value);
        let is_secret = secret.is_some();
        if let Some(inner) = secret {
            *value = inner;
        }
        if let Some(rule) = self.rule(here.whole) {
            strip_marks(value);
            return self.whole(value, rule);
        }
        if is_secret {
            strip_marks(value);
            let action = self.secrets.clone();
            return self.visitor.whole(value, &action);
        }
        match value {
            Value::Some(inner) => self.value(here, inner),
            Value::Variant(name, Some(payload)) => {
                let inner = self.step(here, Way::Name(name));
                self.value(&inner, payload)
            }
            Value::Struct(fields) => {
                let mut kept = Vec::with_capacity(fields.len());
                for (name, mut value) in std::mem::take(fields) {
                    let inner = self.step(here, Way::Name(&name));
                    if let Some(rule) = self.remover(&inner) {
                        rule.count();
                        continue;
                    }
                    self.value(&inner, &mut value)?;
                    kept.push((name, value));
                }
                *fields = kept;
                Ok(())
            }
            Value::Map(entries) => self.map(here, entries),
            Value::Seq(elements) => {
                if !here.texts.is_empty()
                    && let Some(mut bytes) = as_bytes(elements, BYTES_AT_LEAST)
                {
                    if self.bytes(here, &mut bytes)? {
                        *elements = bytes.into_iter().map(Value::from).collect();
                    }
                    return Ok(());
                }
                // Where no path leads in, all elements are alike.
                let alike = here.open.is_empty().then(|| self.step(here, Way::Index(0)));
                for (at, element) in elements.iter_mut().enumerate() {
                    match &alike {
                        Some(inner) => self.value(inner, element)?,
                        None => self.value(&self.step(here, Way::Index(at)), element)?,
                    }
                }
                Ok(())
            }
            leaf => self.leaf(here, leaf),
        }
    }

    fn map(&mut self, here: &Here, entries: &mut Vec<(Value, Value)>) -> Done {
        let mut kept = Vec::with_capacity(entries.len());
        let of_keys = Here { texts: here.texts.clone(), ..Here::default() };
        for (mut key, mut value) in std::mem::take(entries) {
            let inner = self.step(here, Way::Key(&key));
            if let Some(rule) = self.remover(&inner) {
                rule.count();
                continue;
            }
            self.value(&inner, &mut value)?;
            self.value(&of_keys, &mut key)?;
            kept.push((key, value));
        }
        *entries = kept;
        super::sort(entries);
        let Some(rule) = self.rule(here.keys) else { return Ok(()) };
        let before = rule.is_counting().then(|| entries.clone());
        self.visitor.keys(entries, &rule.action)?;
        if before.is_some_and(|before| before != *entries) {
            rule.count();
        }
        Ok(())
    }

    fn leaf(&mut self, here: &Here, value: &mut Value) -> Done {
        match value {
            Value::String(text) if !here.texts.is_empty() => {
                let mut bytes = std::mem::take(text).into_bytes();
                self.bytes(here, &mut bytes)?;
                // An expression may match parts of characters.
                *text = String::from_utf8(bytes).unwrap_or_else(|_| MASK.to_owned());
                Ok(())
            }
            Value::Bytes(bytes) if !here.texts.is_empty() => self.bytes(here, bytes).map(|_| ()),
            _ => Ok(()),
        }
    }

    /// Changes parts of a text, and says whether it did.
    fn bytes(&mut self, here: &Here, text: &mut Vec<u8>) -> Result<bool, Unredactable> {
        let mut changed = false;
        for &number in &here.texts {
            let Some(rule) = self.rules.get(number).copied() else { continue };
            let found = found(rule, text)?;
            if found.is_empty() {
                continue;
            }
            let (mut replaced, mut end) = (Vec::with_capacity(text.len()), 0);
            for range in found.into_iter().filter(|range| !range.is_empty()) {
                let part = text.get(range.clone()).unwrap_or_default();
                let Some(instead) = self.visitor.part(&String::from_utf8_lossy(part), &rule.action)? else {
                    continue;
                };
                if part != instead.as_bytes() {
                    changed = true;
                    rule.count();
                }
                replaced.extend_from_slice(text.get(end..range.start).unwrap_or_default());
                replaced.extend_from_slice(instead.as_bytes());
                end = range.end;
            }
            replaced.extend_from_slice(text.get(end..).unwrap_or_default());
            *text = replaced;
        }
        Ok(changed)
    }
}

fn found(rule: &Rule, text: &[u8]) -> Result<Vec<Range<usize>>, Unredactable> {
    match &rule.what {
        What::Texts(texts) => {
            texts.find(text).ok_or_else(|| Unredactable::new("the expression for well-known texts is broken"))
        }
        What::Matches(regex) => Ok(regex.captures_iter(text).filter_map(|found| matched(&found)).collect()),
        What::Whole | What::Keys => Ok(Vec::new()),
    }
}

/// What holds at a place that can be reached in two ways.
fn joined(mut one: Here, other: Here) -> Here {
    let first = |one: Option<usize>, other| one.into_iter().chain(other).min();
    one.open.extend(other.open);
    one.open.sort_unstable();
    one.open.dedup();
    one.texts.extend(other.texts);
    one.texts.sort_unstable();
    one.texts.dedup();
    Here { whole: first(one.whole, other.whole), keys: first(one.keys, other.keys), ..one }
}

/// Changes what rules lead to.
pub(super) struct Replace<'r> {
    pub(super) key: Option<&'r Key>,
    pub(super) known: &'r Known,
}

impl Replace<'_> {
    /// The key. None on a replay that has none, which leaves values as they are.
    fn key(&self) -> Result<Option<&Key>, Unredactable> {
        match self.key {
            None if !self.known.is_replay() => {
                Err(Unredactable::new("pseudonyms need a key: give the rules one by `Rules::key`"))
            }
            key => Ok(key),
        }
    }
}

impl Visit for Replace<'_> {
    fn whole(&mut self, value: &mut Value, action: &Action) -> Done {
        match action {
            Action::Remove => empty(value),
            Action::Mask(text) => mask(value, text.as_deref()),
            Action::Pseudonym => {
                if let Some(key) = self.key()? {
                    key.replace(value, self.known);
                }
            }
        }
        Ok(())
    }

    fn keys(&mut self, entries: &mut Vec<(Value, Value)>, action: &Action) -> Done {
        match action {
            Action::Remove => entries.clear(),
            Action::Mask(text) => mask_keys(entries, text.as_deref()),
            Action::Pseudonym => {
                if let Some(pseudonyms) = self.key()? {
                    entries.iter_mut().for_each(|(key, _)| pseudonyms.replace(key, self.known));
                    super::sort(entries);
                }
            }
        }
        Ok(())
    }

    fn part(&mut self, part: &str, action: &Action) -> Result<Option<String>, Unredactable> {
        // What another rule has made is not changed again.
        if self.key.is_some_and(|key| key.is_own(part)) {
            return Ok(None);
        }
        Ok(match action {
            Action::Remove => Some(String::new()),
            Action::Mask(Some(text)) => Some(text.clone()),
            Action::Mask(None) => Some(masked(part)),
            Action::Pseudonym => self.key()?.map(|key| key.text(part, self.known)),
        })
    }
}

/// Puts down what rules lead to where that is a pseudonym and does not look it.
pub(super) struct Remember<'k>(pub(super) &'k mut Known);

impl Remember<'_> {
    fn all(&mut self, value: &Value) {
        match value {
            Value::Integer(_) | Value::String(_) | Value::Bytes(_) => self.0.insert(value.clone()),
            Value::Seq(elements) => {
                if as_bytes(elements, 16).is_some() {
                    self.0.insert(value.clone());
                }
                elements.iter().for_each(|element| self.all(element));
            }
            Value::Some(inner) | Value::Variant(_, Some(inner)) => self.all(inner),
            Value::Struct(fields) => fields.iter().for_each(|(_, value)| self.all(value)),
            Value::Map(entries) => entries.iter().for_each(|(key, value)| {
                self.all(key);
                self.all(value);
            }),
            _ => {}
        }
    }
}

impl Visit for Remember<'_> {
    fn whole(&mut self, value: &mut Value, action: &Action) -> Done {
        if *action == Action::Pseudonym {
            self.all(value);
        }
        Ok(())
    }

    fn keys(&mut self, entries: &mut Vec<(Value, Value)>, action: &Action) -> Done {
        if *action == Action::Pseudonym {
            entries.iter().for_each(|(key, _)| self.all(key));
        }
        Ok(())
    }

    fn part(&mut self, _: &str, _: &Action) -> Result<Option<String>, Unredactable> {
        Ok(None)
    }
}
