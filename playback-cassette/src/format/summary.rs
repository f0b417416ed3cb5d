//! The id and the metadata as the tape file carries them, so that a tape is a recording by itself.

use std::collections::BTreeMap;

use playback_core::{Metadata, RecordingId, Service};
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use super::json;
use super::unit::Unit;
use crate::timestamp::{from_nanoseconds, to_day, to_nanoseconds};
use crate::{Error, ErrorKind};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Summary {
    category: String,
    /// The day's eight digits as a number; none for the day of recording.
    day: Option<u32>,
    unique: [u8; 16],
    /// The metadata's category where it is not the id's.
    other_category: Option<String>,
    pub(super) unit: Unit,
    /// In that unit, after the millisecond that stands in `unique`.
    recorded_after: i128,
    /// In that unit.
    pub(super) duration: u64,
    failed: bool,
    incomplete: bool,
    /// Name and version.
    service: Option<(String, String)>,
    /// A JSON object; empty for none.
    pub(super) fields: String,
}

impl Summary {
    pub(super) fn of(id: &RecordingId, metadata: &Metadata, unit: Unit) -> Result<Self, Error> {
        // Checked here too, so that a tape that can be written has metadata that can be written.
        json::check_time(id, metadata)?;
        let unnameable =
            || Error::new(ErrorKind::Invalid, format!("{id} is no id that a tape file can hold"));
        let unique = Ulid::from_string(id.unique()).map_err(|_| unnameable())?;
        let recorded_at = to_nanoseconds(metadata.recorded_at).ok_or_else(unnameable)?;
        Ok(Self {
            category: id.category().to_owned(),
            day: if to_day(metadata.recorded_at).is_some_and(|day| day == id.day()) {
                None
            } else {
                Some(id.day().parse().map_err(|_| unnameable())?)
            },
            unique: unique.0.to_be_bytes(),
            other_category: (metadata.category != id.category()).then(|| metadata.category.clone()),
            unit,
            recorded_after: (recorded_at - nanoseconds_in(unique)) / unit.nanoseconds(),
            duration: unit.count(metadata.duration),
            failed: metadata.failed,
            incomplete: metadata.incomplete,
            service: metadata.service.as_ref().map(|service| (service.name.clone(), service.version.clone())),
            fields: json::fields_to_json(id, metadata)?,
        })
    }

    pub(super) fn restore(&self, name: &str) -> Result<(RecordingId, Metadata), Error> {
        let corrupt = || Error::corrupt(name, "its time of recording is none");
        let unique = Ulid(u128::from_be_bytes(self.unique));
        let after = self.recorded_after.checked_mul(self.unit.nanoseconds());
        let recorded_at =
            after.and_then(|after| after.checked_add(nanoseconds_in(unique))).ok_or_else(corrupt)?;
        let recorded_at = from_nanoseconds(recorded_at).ok_or_else(corrupt)?;
        // Asked in any case: a time of no day could not be written again.
        let recorded_on = to_day(recorded_at).ok_or_else(corrupt)?;
        let day = self.day.map_or(recorded_on, |day| format!("{day:08}"));
        let id = RecordingId::new(&self.category, &day, &unique.to_string())
            .map_err(|error| Error::corrupt(name, &error).with_source(error))?;
        let category = self.other_category.as_ref().unwrap_or(&self.category);
        let mut metadata = Metadata::new(category.clone(), recorded_at);
        metadata.duration = self.unit.duration(self.duration);
        metadata.failed = self.failed;
        metadata.incomplete = self.incomplete;
        metadata.service = self.service.clone().map(|(name, version)| Service { name, version });
        metadata.fields = match self.fields.as_str() {
            "" => BTreeMap::new(),
            fields => serde_json::from_str(fields).map_err(|error| {
                Error::corrupt(name, "its metadata fields are not JSON").with_source(error)
            })?,
        };
        Ok((id, metadata))
    }
}

/// The time in a ULID, in nanoseconds since 1970.
fn nanoseconds_in(unique: Ulid) -> i128 {
    i128::from(unique.timestamp_ms()) * 1_000_000
}
