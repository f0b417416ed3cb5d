//! What is known of a recording without opening it.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use crate::Value;

/// What is known of a recording without opening it: what lookups filter by.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Metadata {
    /// The category of the operation.
    pub category: String,
    /// When the operation began, by the recording machine's clock.
    pub recorded_at: SystemTime,
    /// How long the operation took.
    pub duration: Duration,
    /// Whether the operation returned an `Err`.
    pub failed: bool,
    /// Whether the operation ended without a result: by a panic, or because its future was dropped.
    pub incomplete: bool,
    /// The service that recorded, if the recorder was told its name.
    pub service: Option<Service>,
    /// Fields that the operation's metadata extractor and [`add_metadata`](crate::add_metadata) added.
    pub fields: BTreeMap<String, Value>,
}

impl Metadata {
    /// Metadata of an operation that began at `recorded_at`: of no duration yet, not failed, not
    /// incomplete, without service and fields.
    #[must_use]
    pub fn new(category: impl Into<String>, recorded_at: SystemTime) -> Self {
        Self {
            category: category.into(),
            recorded_at,
            duration: Duration::ZERO,
            failed: false,
            incomplete: false,
            service: None,
            fields: BTreeMap::new(),
        }
    }

    /// Bytes that it takes in memory, up to what all take alike.
    pub(super) fn size(&self) -> usize {
        let service = self.service.as_ref().map_or(0, |service| service.name.len() + service.version.len());
        let fields = self.fields.iter().map(|(key, value)| field_size(key, value));
        self.category.len() + service + fields.sum::<usize>()
    }
}

/// Bytes that a field takes in memory.
pub(crate) fn field_size(key: &str, value: &Value) -> usize {
    size_of::<String>() + key.len() + value.size()
}

/// The service that made a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its name, such as `checkout`.
    pub name: String,
    /// Its version, such as `1.4.2` or a commit.
    pub version: String,
}
