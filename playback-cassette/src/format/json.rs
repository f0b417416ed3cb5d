//! The metadata that stands beside a tape: plain JSON, for lookups, `jq` and query engines.

use std::collections::BTreeMap;
use std::time::Duration;

use playback_core::{Metadata, RecordingId, Service, Value};
use serde::{Deserialize, Serialize};

use super::header::{grouped, newer};
use super::unit::nanoseconds_of;
use crate::timestamp::{from_text, to_text};
use crate::{Error, ErrorKind, Found};

/// The version of the metadata format that this version writes, and the newest that it reads.
pub const METADATA_FORMAT_VERSION: u32 = 1;

/// How long metadata may be as JSON, in bytes: 4 MiB. It is for lookups, which read that of many recordings at a time; what
/// is larger is better recorded as a value.
pub const MAX_METADATA_BYTES: u64 = 4 << 20;

/// The members of the object, in the order in which they are written.
#[derive(Serialize, Deserialize)]
struct Document {
    format: u32,
    id: String,
    /// None for that of the id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    category: Option<String>,
    recorded_at: String,
    duration_ns: u64,
    failed: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    incomplete: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    service: Option<ServiceDocument>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    fields: BTreeMap<String, Value>,
}

fn is_false(truth: &bool) -> bool {
    !truth
}

#[derive(Serialize, Deserialize)]
struct ServiceDocument {
    name: String,
    version: String,
}

/// What is read of a document before its version is known.
#[derive(Deserialize)]
struct Version {
    format: u32,
}

/// What is known of a recording as one JSON object on one line, as `FORMAT.md` specifies it.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use playback_cassette::{Found, format};
/// use playback_core::{Metadata, RecordingId};
///
/// let id: RecordingId = "Checkout/20260131/01KG8V3Q2E9T0000000000000A".parse()?;
/// let recorded_at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_769_817_600_500);
/// let found = Found::new(id, Metadata::new("Checkout", recorded_at)).with_size(412);
/// let json = format::metadata_to_json(&found)?;
/// assert_eq!(
///     String::from_utf8_lossy(&json),
///     concat!(
///         r#"{"format":1,"id":"Checkout/20260131/01KG8V3Q2E9T0000000000000A","#,
///         r#""recorded_at":"2026-01-31T00:00:00.5Z","duration_ns":0,"failed":false,"size":412}"#,
///     )
/// );
/// assert_eq!(format::metadata_from_json("the metadata in hand", &json)?, found);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Invalid`] if the recording's time is outside of the years 0 to 9999, or if a metadata field
/// cannot be written as JSON; [`ErrorKind::TooLarge`] if it takes more than [`MAX_METADATA_BYTES`].
pub fn metadata_to_json(found: &Found) -> Result<Vec<u8>, Error> {
    let Found { id, metadata, size } = found;
    let document = Document {
        format: METADATA_FORMAT_VERSION,
        id: id.to_string(),
        category: (metadata.category != id.category()).then(|| metadata.category.clone()),
        recorded_at: check_time(id, metadata)?,
        duration_ns: nanoseconds_of(metadata.duration),
        failed: metadata.failed,
        incomplete: metadata.incomplete,
        service: metadata
            .service
            .as_ref()
            .map(|service| ServiceDocument { name: service.name.clone(), version: service.version.clone() }),
        size: *size,
        fields: metadata.fields.clone(),
    };
    let json = serde_json::to_vec(&document).map_err(|error| unwritable(id, error))?;
    check_length(id, metadata, json.len())?;
    Ok(json)
}

/// What [`metadata_to_json`] wrote. `name` is what errors call it, such as "the metadata of recording …".
///
/// # Errors
/// [`ErrorKind::Corrupt`] if it is not such JSON, [`ErrorKind::NewerFormat`] if a newer version wrote it,
/// [`ErrorKind::TooLarge`] if it is longer than [`MAX_METADATA_BYTES`].
pub fn metadata_from_json(name: &str, json: &[u8]) -> Result<Found, Error> {
    let malformed =
        |error: serde_json::Error| Error::corrupt(name, "it is not metadata as JSON").with_source(error);
    if json.len() as u64 > MAX_METADATA_BYTES {
        let (length, most) = (grouped(json.len() as u64), grouped(MAX_METADATA_BYTES));
        let message = format!(
            "{name} takes {length} bytes, and lookups read {most} at the most; load the recording by its id, or delete it"
        );
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    let Version { format } = serde_json::from_slice(json).map_err(malformed)?;
    if format > METADATA_FORMAT_VERSION {
        return Err(newer(name, "metadata format", format.into(), METADATA_FORMAT_VERSION.into()));
    }
    let document: Document = serde_json::from_slice(json).map_err(malformed)?;
    let id: RecordingId =
        document.id.parse().map_err(|error| Error::corrupt(name, "its `id` is none").with_source(error))?;
    let recorded_at = from_text(&document.recorded_at)
        .ok_or_else(|| Error::corrupt(name, "its `recorded_at` is not a time as RFC 3339 has it"))?;
    let category = document.category.unwrap_or_else(|| id.category().to_owned());
    let mut metadata = Metadata::new(category, recorded_at);
    metadata.duration = Duration::from_nanos(document.duration_ns);
    metadata.failed = document.failed;
    metadata.incomplete = document.incomplete;
    metadata.service =
        document.service.map(|service| Service { name: service.name, version: service.version });
    metadata.fields = document.fields;
    let found = Found::new(id, metadata);
    Ok(match document.size {
        Some(size) => found.with_size(size),
        None => found,
    })
}

/// The time of recording as RFC 3339 has it, in UTC.
pub(super) fn check_time(id: &RecordingId, metadata: &Metadata) -> Result<String, Error> {
    to_text(metadata.recorded_at).ok_or_else(|| {
        let message = format!("recording {id} was made outside of the years 0 to 9999; set the clock right");
        Error::new(ErrorKind::Invalid, message)
    })
}

/// The fields as a JSON object, empty for none.
pub(super) fn fields_to_json(id: &RecordingId, metadata: &Metadata) -> Result<String, Error> {
    if metadata.fields.is_empty() {
        return Ok(String::new());
    }
    let json = serde_json::to_string(&metadata.fields).map_err(|error| unwritable(id, error))?;
    check_length(id, metadata, json.len())?;
    Ok(json)
}

/// Refuses metadata that takes so many bytes as JSON if nobody could read it again.
fn check_length(id: &RecordingId, metadata: &Metadata, length: usize) -> Result<(), Error> {
    if length as u64 <= MAX_METADATA_BYTES {
        return Ok(());
    }
    // What could be written together can be written alone.
    let length = |value: &Value| serde_json::to_string(value).map_or(0, |json| json.len() as u64);
    let fields = metadata.fields.iter().map(|(name, value)| (length(value), name));
    let largest = fields.max().map_or(String::new(), |(length, name)| {
        format!(", of which the field `{name}` takes {}", grouped(length))
    });
    let message = format!(
        "the metadata of recording {id} takes more than {} bytes as JSON{largest}; record that as a value \
         (`record_data`), which may be larger",
        grouped(MAX_METADATA_BYTES)
    );
    Err(Error::new(ErrorKind::TooLarge, message))
}

fn unwritable(id: &RecordingId, error: serde_json::Error) -> Error {
    let message =
        format!("a metadata field of recording {id} cannot be written as JSON; record it in another form");
    Error::new(ErrorKind::Invalid, message).with_source(error)
}
