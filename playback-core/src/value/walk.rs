//! Finding values inside a value.

use super::{Path, Segment, Value};

impl Value {
    /// The value at a path.
    ///
    /// A present option on the way is passed through; at the end of the path it is returned as it is. A name leads
    /// into a field, into the payload of the variant of that name, or to the entry of a map with that string as key;
    /// a number to an element or to the entry with that key.
    #[must_use]
    pub fn get(&self, path: &Path) -> Option<&Value> {
        path.segments().iter().try_fold(self, |value, segment| value.without_some().step(segment))
    }

    /// The value at a path written as text; none also if the text is no path.
    ///
    /// ```
    /// # use playback_core::value::Value;
    /// let value = Value::of(&[Some(("a", 1)), None])?;
    /// assert_eq!(value.at("[0][1]").and_then(Value::as_u64), Some(1));
    /// assert_eq!(value.at("[1][1]"), None);
    /// # Ok::<(), playback_core::value::EncodeError>(())
    /// ```
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&Value> {
        self.get(&path.parse().ok()?)
    }

    /// This value and all values inside it with their paths, the outer before the inner.
    ///
    /// Every path comes once: of a present option the option itself is yielded, then what is inside its content.
    ///
    /// ```
    /// # use playback_core::value::Value;
    /// let value = Value::of(&("a", [1, 2]))?;
    /// let leaves: Vec<_> = value.walk().map(|(path, value)| format!("{path} = {value}")).collect();
    /// assert_eq!(leaves, [r#" = ["a", [1, 2]]"#, r#"[0] = "a""#, "[1] = [1, 2]", "[1][0] = 1", "[1][1] = 2"]);
    /// # Ok::<(), playback_core::value::EncodeError>(())
    /// ```
    #[must_use]
    pub fn walk(&self) -> Walk<'_> {
        Walk { pending: vec![(Path::root(), self)] }
    }

    fn step(&self, segment: &Segment) -> Option<&Value> {
        match (self, segment) {
            (Value::Struct(fields), Segment::Field(name)) => find(fields, |field| field == name),
            (Value::Map(entries), Segment::Field(name)) => find(entries, |key| key.as_str() == Some(name)),
            (Value::Map(entries), Segment::Key(wanted)) => find(entries, |key| key == wanted),
            (Value::Map(entries), Segment::Index(index)) => {
                let wanted = Value::from(*index);
                find(entries, |key| *key == wanted)
            }
            (Value::Seq(elements), Segment::Index(index)) => elements.get(*index),
            (Value::Variant(variant, payload), Segment::Variant(name) | Segment::Field(name))
                if variant == name =>
            {
                payload.as_deref()
            }
            _ => None,
        }
    }

    /// The values directly inside this one, from the last to the first, with the step to each.
    fn children_backwards(&self) -> Vec<(Segment, &Value)> {
        match self.without_some() {
            Value::Seq(elements) => elements
                .iter()
                .enumerate()
                .rev()
                .map(|(index, value)| (Segment::Index(index), value))
                .collect(),
            Value::Map(entries) => {
                entries.iter().rev().map(|(key, value)| (Segment::Key(key.clone()), value)).collect()
            }
            Value::Struct(fields) => {
                fields.iter().rev().map(|(name, value)| (Segment::Field(name.clone()), value)).collect()
            }
            Value::Variant(name, Some(payload)) => vec![(Segment::Variant(name.clone()), payload)],
            _ => Vec::new(),
        }
    }
}

fn find<K>(entries: &[(K, Value)], wanted: impl Fn(&K) -> bool) -> Option<&Value> {
    entries.iter().find(|(key, _)| wanted(key)).map(|(_, value)| value)
}

/// The iterator of [`Value::walk`].
#[derive(Clone, Debug)]
pub struct Walk<'a> {
    /// What is still to come, the next one last.
    pending: Vec<(Path, &'a Value)>,
}

impl<'a> Iterator for Walk<'a> {
    type Item = (Path, &'a Value);

    fn next(&mut self) -> Option<Self::Item> {
        let (path, value) = self.pending.pop()?;
        for (segment, child) in value.children_backwards() {
            let mut inner = path.clone();
            inner.push(segment);
            self.pending.push((inner, child));
        }
        Some((path, value))
    }
}
