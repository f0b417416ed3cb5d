//! Which recorded call is closest to one that has no answer, and where the two differ.

use std::fmt;

use crate::Value;
use crate::recording::Short;
use crate::value::{Name, Path, Segment};

/// One place at which the arguments of a call differ from recorded ones.
#[derive(Debug, Clone, PartialEq)]
pub struct ArgumentDifference {
    /// Where.
    pub path: Path,
    /// What was recorded there; none if nothing was.
    pub recorded: Option<Value>,
    /// What the replay has there; none if nothing.
    pub replayed: Option<Value>,
}

impl fmt::Display for ArgumentDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.to_string();
        if !path.is_empty() {
            write!(f, "{path}: ")?;
        }
        match (&self.recorded, &self.replayed) {
            (Some(recorded), Some(replayed)) => {
                write!(f, "recorded {}, replayed {}", Short(recorded), Short(replayed))
            }
            (Some(recorded), None) => write!(f, "recorded {}, not there in the replay", Short(recorded)),
            (None, Some(replayed)) => write!(f, "not recorded, replayed {}", Short(replayed)),
            (None, None) => Ok(()),
        }
    }
}

/// A value with its fields in order: what it means, however it is written.
pub(crate) fn meaning(value: Value) -> Value {
    match value {
        Value::Some(value) => Value::Some(Box::new(meaning(*value))),
        Value::Seq(elements) => Value::Seq(elements.into_iter().map(meaning).collect()),
        Value::Variant(name, Some(value)) => Value::Variant(name, Some(Box::new(meaning(*value)))),
        Value::Struct(fields) => Value::Struct(in_order(fields)),
        Value::Map(entries) => Value::Map(in_order(entries)),
        other => other,
    }
}

fn in_order<K: Ord>(parts: Vec<(K, Value)>) -> Vec<(K, Value)> {
    let mut parts: Vec<_> = parts.into_iter().map(|(key, value)| (key, meaning(value))).collect();
    parts.sort_by(|(one, _), (other, _)| one.cmp(other));
    parts
}

/// Where two values differ, `most` places at the most.
pub(crate) fn differences(recorded: &Value, replayed: &Value, most: usize) -> Vec<ArgumentDifference> {
    let mut differences = Vec::new();
    collect(&mut Vec::new(), recorded, replayed, &mut differences, most);
    differences
}

fn collect(
    path: &mut Vec<Segment>,
    recorded: &Value,
    replayed: &Value,
    into: &mut Vec<ArgumentDifference>,
    most: usize,
) {
    if into.len() >= most || recorded == replayed {
        return;
    }
    match (recorded, replayed) {
        (Value::Some(recorded), Value::Some(replayed)) => collect(path, recorded, replayed, into, most),
        (Value::Struct(recorded), Value::Struct(replayed)) => {
            let field = |name: &Name| Segment::Field(name.clone());
            parts(path, recorded, replayed, field, into, most);
        }
        (Value::Map(recorded), Value::Map(replayed)) => {
            parts(path, recorded, replayed, |key| Segment::Key(key.clone()), into, most);
        }
        (Value::Seq(recorded), Value::Seq(replayed)) => {
            for at in 0..recorded.len().max(replayed.len()) {
                part(path, Segment::Index(at), recorded.get(at), replayed.get(at), into, most);
            }
        }
        (Value::Variant(name, Some(recorded)), Value::Variant(other, Some(replayed))) if name == other => {
            path.push(Segment::Variant(name.clone()));
            collect(path, recorded, replayed, into, most);
            path.pop();
        }
        _ => into.push(difference(path, Some(recorded), Some(replayed))),
    }
}

/// Compares what has keys: by key, whatever the order.
fn parts<K: PartialEq>(
    path: &mut Vec<Segment>,
    recorded: &[(K, Value)],
    replayed: &[(K, Value)],
    segment: impl Fn(&K) -> Segment,
    into: &mut Vec<ArgumentDifference>,
    most: usize,
) {
    let find = |parts: &'_ [(K, Value)], at: usize, key: &K| -> Option<usize> {
        // Nearly always they stand in the same place.
        let here = parts.get(at).is_some_and(|(other, _)| other == key);
        if here { Some(at) } else { parts.iter().position(|(other, _)| other == key) }
    };
    for (at, (key, value)) in recorded.iter().enumerate() {
        let other = find(replayed, at, key).and_then(|at| replayed.get(at)).map(|(_, value)| value);
        part(path, segment(key), Some(value), other, into, most);
    }
    for (at, (key, value)) in replayed.iter().enumerate() {
        if find(recorded, at, key).is_none() {
            part(path, segment(key), None, Some(value), into, most);
        }
    }
}

fn part(
    path: &mut Vec<Segment>,
    segment: Segment,
    recorded: Option<&Value>,
    replayed: Option<&Value>,
    into: &mut Vec<ArgumentDifference>,
    most: usize,
) {
    if into.len() >= most {
        return;
    }
    path.push(segment);
    match (recorded, replayed) {
        (Some(recorded), Some(replayed)) => collect(path, recorded, replayed, into, most),
        _ => into.push(difference(path, recorded, replayed)),
    }
    path.pop();
}

fn difference(path: &[Segment], recorded: Option<&Value>, replayed: Option<&Value>) -> ArgumentDifference {
    let mut whole = Path::root();
    path.iter().for_each(|segment| whole.push(segment.clone()));
    ArgumentDifference { path: whole, recorded: recorded.cloned(), replayed: replayed.cloned() }
}
