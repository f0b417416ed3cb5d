//! The fields of a recording's metadata, as they are added.

use std::collections::BTreeMap;

use crate::Value;
use crate::recording::field_size;

/// Fields, and how much they take in memory: they are bounded as what is on the tape.
#[derive(Default)]
pub(super) struct Fields {
    fields: BTreeMap<String, Value>,
    bytes: usize,
}

impl Fields {
    /// Adds a field, or puts it in the place of the one of its name.
    pub(super) fn insert(&mut self, key: String, value: Value) {
        self.bytes += field_size(&key, &value);
        if let Some((key, before)) = self.fields.remove_entry(&key) {
            self.bytes -= field_size(&key, &before);
        }
        self.fields.insert(key, value);
    }

    /// Bytes that they take in memory.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn into_map(self) -> BTreeMap<String, Value> {
        self.fields
    }
}
