//! Where two values differ.

mod align;
mod fingerprint;

use std::cell::OnceCell;
use std::mem::discriminant;

use playback_core::Value;
use playback_core::value::{Name, Path, Segment};

use crate::difference::{Change, Difference};
use align::{Step, align};

/// Where two values differ, and how many more places there are than were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diff {
    /// The differences, in the order of the values.
    pub differences: Vec<Difference>,
    /// How many more there are.
    pub omitted: usize,
}

/// Where two values differ, `most` places at the most.
///
/// Fields and map entries are compared by their names and keys, whatever their order. Lists are aligned, so
/// that one inserted element is one difference.
///
/// ```
/// # use playback_core::Value;
/// use playback_equalizer::diff;
///
/// let recorded = Value::of(&["bread", "milk", "tea"])?;
/// let replayed = Value::of(&["bread", "jam", "milk", "tea"])?;
/// let diff = diff(&recorded, &replayed, 100);
/// assert_eq!(diff.differences.len(), 1);
/// assert_eq!(diff.differences[0].to_string(), r#"+ [1]: "jam""#);
/// # Ok::<(), playback_core::value::EncodeError>(())
/// ```
#[must_use]
pub fn diff(recorded: &Value, replayed: &Value, most: usize) -> Diff {
    let mut walk = Walk { path: Vec::new(), found: Diff::default(), most };
    walk.values(recorded, replayed);
    walk.found
}

/// Where the arguments of two calls differ: as [`diff`], but that they are compared one by one, and stand
/// under their names, as far as these are known.
///
/// ```
/// # use playback_core::Value;
/// use playback_equalizer::diff_arguments;
///
/// let (recorded, replayed) = (Value::of(&(7, "tea"))?, Value::of(&(7, "jam"))?);
/// let diff = diff_arguments(&recorded, &replayed, &["customer", "article"], 100);
/// assert_eq!(diff.differences[0].to_string(), r#"~ article: "tea" -> "jam""#);
/// # Ok::<(), playback_core::value::EncodeError>(())
/// ```
#[must_use]
pub fn diff_arguments(recorded: &Value, replayed: &Value, names: &[impl AsRef<str>], most: usize) -> Diff {
    let (Value::Seq(one), Value::Seq(other)) = (recorded, replayed) else {
        return diff(recorded, replayed, most);
    };
    if !names.is_empty() && one.len() != names.len() && other.len() != names.len() {
        // A list that a handler made of the arguments.
        return diff(recorded, replayed, most);
    }
    let mut walk = Walk { path: Vec::new(), found: Diff::default(), most };
    for at in 0..one.len().max(other.len()) {
        let segment = match names.get(at) {
            Some(name) => Segment::Field(name.as_ref().into()),
            None => Segment::Index(at),
        };
        walk.at(segment, |walk| walk.sides(one.get(at), other.get(at)));
    }
    walk.found
}

struct Walk {
    path: Vec<Segment>,
    found: Diff,
    most: usize,
}

impl Walk {
    fn values(&mut self, recorded: &Value, replayed: &Value) {
        if recorded == replayed {
            return;
        }
        match (recorded, replayed) {
            (Value::Some(recorded), Value::Some(replayed)) => self.values(recorded, replayed),
            (Value::Seq(recorded), Value::Seq(replayed)) => self.lists(recorded, replayed),
            (Value::Struct(recorded), Value::Struct(replayed)) => {
                self.keyed(recorded, replayed, |name: &Name| Segment::Field(name.clone()));
            }
            (Value::Map(recorded), Value::Map(replayed)) => {
                self.keyed(recorded, replayed, |key: &Value| Segment::Key(key.clone()));
            }
            (Value::Variant(name, Some(recorded)), Value::Variant(other, Some(replayed)))
                if name == other =>
            {
                self.at(Segment::Variant(name.clone()), |walk| walk.values(recorded, replayed));
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

    fn lists(&mut self, recorded: &[Value], replayed: &[Value]) {
        for step in align(recorded, replayed) {
            match step {
                Step::Both(at, other) => {
                    self.at(Segment::Index(at), |walk| walk.sides(recorded.get(at), replayed.get(other)));
                }
                Step::Removed(at) => self.at(Segment::Index(at), |walk| walk.sides(recorded.get(at), None)),
                Step::Added(at) => self.at(Segment::Index(at), |walk| walk.sides(None, replayed.get(at))),
            }
        }
    }

    /// What has keys: by key, whatever the order.
    fn keyed<K: Ord>(
        &mut self,
        recorded: &[(K, Value)],
        replayed: &[(K, Value)],
        segment: impl Fn(&K) -> Segment,
    ) {
        let (one, other) = (ByKey::new(recorded), ByKey::new(replayed));
        for (at, (key, value)) in recorded.iter().enumerate() {
            self.at(segment(key), |walk| walk.sides(Some(value), other.get(at, key)));
        }
        for (at, (key, value)) in replayed.iter().enumerate() {
            if one.get(at, key).is_none() {
                self.at(segment(key), |walk| walk.sides(None, Some(value)));
            }
        }
    }

    fn sides(&mut self, recorded: Option<&Value>, replayed: Option<&Value>) {
        match (recorded, replayed) {
            (Some(recorded), Some(replayed)) => self.values(recorded, replayed),
            (Some(recorded), None) => self.found(|| Change::Removed { recorded: recorded.clone() }),
            (None, Some(replayed)) => self.found(|| Change::Added { replayed: replayed.clone() }),
            (None, None) => {}
        }
    }

    fn at(&mut self, segment: Segment, inside: impl FnOnce(&mut Self)) {
        self.path.push(segment);
        inside(self);
        self.path.pop();
    }

    fn found(&mut self, change: impl FnOnce() -> Change) {
        if self.found.differences.len() < self.most {
            self.found.differences.push(Difference::new(Path::from(self.path.clone()), change()));
        } else {
            self.found.omitted += 1;
        }
    }
}

/// Entries that are found by their key, at once where they stand in the same place on both sides.
struct ByKey<'a, K> {
    entries: &'a [(K, Value)],
    /// The entries in the order of their keys; made when it is needed, which is seldom.
    sorted: OnceCell<Vec<&'a (K, Value)>>,
}

impl<'a, K: Ord> ByKey<'a, K> {
    fn new(entries: &'a [(K, Value)]) -> Self {
        Self { entries, sorted: OnceCell::new() }
    }

    fn get(&self, likely: usize, key: &K) -> Option<&'a Value> {
        let here = self.entries.get(likely).filter(|(other, _)| other == key);
        let entry = here.or_else(|| {
            let sorted = self.sorted.get_or_init(|| {
                let mut sorted: Vec<_> = self.entries.iter().collect();
                sorted.sort_by_key(|(key, _)| key);
                sorted
            });
            let found = sorted.binary_search_by_key(&key, |(other, _)| other).ok()?;
            sorted.get(found).copied()
        });
        entry.map(|(_, value)| value)
    }
}

/// Whether a change from one to the other is one of value, not of type.
fn same_kind(one: &Value, other: &Value) -> bool {
    let is_option = |value: &Value| matches!(value, Value::Some(_) | Value::None);
    discriminant(one) == discriminant(other) || (is_option(one) && is_option(other))
}
