//! Values that are secret by their type.

use std::fmt;
use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::mask::mask;
use crate::Value;
use crate::value::marks::{self, SECRET};

/// A value that is recorded by no recorder: what is recorded is a mask of the same kind, or what the
/// [`Redactor`](super::Redactor) in force makes of it.
///
/// Everywhere else it is the value itself: other formats of serde write and read it as they do without the wrapper.
/// It is printed by none. What makes a tree of it before it is recorded, such as `serde_json::to_value`, loses the
/// mark. So do `serde(flatten)` and the payload of a variant under `serde(tag)`, and what does it while it is serialized:
/// a recording in which that happens is discarded, as one of what cannot be encoded.
///
/// ```
/// use playback_core::redaction::Secret;
///
/// let password = Secret(String::from("hunter2"));
/// assert_eq!(password.len(), 7);
/// assert_eq!(format!("{password:?}"), "Secret(…)");
/// assert_eq!(serde_json::to_string(&password).unwrap(), "\"hunter2\"");
///
/// let recording = playback_testkit::record_blocking(|| {
///     playback_core::operation("LogIn").args(&("ann", &password)).run(|| true)
/// })
/// .recording();
/// assert_eq!(recording.arguments::<(String, Secret<String>)>().unwrap().1.0, "[redacted]");
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Secret<T>(pub T);

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<T> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> Deref for Secret<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Secret<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Serialize> Serialize for Secret<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        marks::begin_secret();
        serializer.serialize_newtype_struct(SECRET, &self.0)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

/// What is marked as secret, if this is a mark.
pub(super) fn marked(value: &mut Value) -> Option<Value> {
    match value {
        Value::Variant(name, Some(inner)) if name == SECRET => {
            Some(std::mem::replace(&mut **inner, Value::Unit))
        }
        _ => None,
    }
}

/// Takes the marks off what is secret, and masks it.
pub(super) fn mask_marked(value: &mut Value) {
    unmark(value, &mut |inner| mask(inner, None));
}

/// Takes the marks off what is secret, and leaves it as it is.
pub(super) fn strip_marks(value: &mut Value) {
    unmark(value, &mut |_| {});
}

fn unmark(value: &mut Value, change: &mut dyn FnMut(&mut Value)) {
    if let Some(mut inner) = marked(value) {
        unmark(&mut inner, change);
        change(&mut inner);
        *value = inner;
        return;
    }
    match value {
        Value::Some(inner) | Value::Variant(_, Some(inner)) => unmark(inner, change),
        Value::Seq(elements) => elements.iter_mut().for_each(|element| unmark(element, change)),
        Value::Struct(fields) => fields.iter_mut().for_each(|(_, value)| unmark(value, change)),
        Value::Map(entries) => {
            for (key, value) in entries.iter_mut() {
                unmark(key, change);
                unmark(value, change);
            }
            super::sort(entries);
        }
        _ => {}
    }
}
