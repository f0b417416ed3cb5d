//! Redacting what is recorded already.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::alias::Made;
use super::in_force::{Encoded, InForce};
use super::redactor::{Known, Part, Place, Redactor, Unredactable};
use crate::value::DecodeError;
use crate::{Call, End, Entry, Kind, Recording, Site, Tape, TapeParts};

/// A recording as `redactor` would have had it made, under the same id; none if that is as it is.
///
/// Aliases are all taken for names that were made while the code ran, which replays allow for.
///
/// # Errors
/// [`ScrubError`].
pub fn scrub(recording: &Recording, redactor: Arc<dyn Redactor>) -> Result<Option<Recording>, ScrubError> {
    let mut scrubbed = Scrubbed::new(recording, InForce::of(redactor));
    let tape = recording.tape();
    for entry in 0..u32::try_from(tape.parts().entries.len()).unwrap_or(u32::MAX) {
        if let Some(call) = tape.at(entry) {
            scrubbed.call(&call)?;
        }
    }
    scrubbed.fields()?;
    if !scrubbed.changed {
        return Ok(None);
    }
    let tape = Tape::new(scrubbed.parts)
        .map_err(|error| ScrubError::Unredactable(Unredactable::new(error.to_string())))?;
    Ok(Some(Recording::new(recording.id().clone(), scrubbed.metadata, tape)))
}

/// Why a recording cannot be redacted.
#[derive(Debug)]
#[non_exhaustive]
pub enum ScrubError {
    /// Its values cannot be read.
    Unreadable(DecodeError),
    /// The redactor failed.
    Unredactable(Unredactable),
}

impl fmt::Display for ScrubError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => write!(f, "its values cannot be read: {error}"),
            Self::Unredactable(error) => write!(f, "a value cannot be redacted: {error}"),
        }
    }
}

impl std::error::Error for ScrubError {}

impl From<DecodeError> for ScrubError {
    fn from(error: DecodeError) -> Self {
        Self::Unreadable(error)
    }
}

impl From<Unredactable> for ScrubError {
    fn from(error: Unredactable) -> Self {
        Self::Unredactable(error)
    }
}

/// A recording that is made again.
struct Scrubbed<'r> {
    redaction: InForce,
    recording: &'r Recording,
    metadata: crate::Metadata,
    parts: TapeParts,
    /// Sites by what they were and their new alias.
    sites: HashMap<(u32, String), u32>,
    changed: bool,
}

impl<'r> Scrubbed<'r> {
    fn new(recording: &'r Recording, redaction: InForce) -> Self {
        let lanes = recording.tape().parts().lanes.clone();
        Self {
            redaction,
            recording,
            metadata: recording.metadata().clone(),
            parts: TapeParts { lanes, ..TapeParts::default() },
            sites: HashMap::new(),
            changed: false,
        }
    }

    fn call(&mut self, call: &Call<'_>) -> Result<(), ScrubError> {
        let names: Vec<&str> = call.argument_names().iter().map(AsRef::as_ref).collect();
        let is_data = call.kind() == Kind::Data;
        // What it was made of is not recorded.
        let made = (call.kind() != Kind::Operation).then_some(Made::only(call.alias()));
        let arguments = Place::new(Part::Arguments, call.alias()).argument_names(&names);
        let (arguments, alias) =
            self.value(&arguments, &call.argument_bytes()?, made.filter(|_| !is_data))?;
        let part = if is_data { Part::Data } else { Part::Result };
        let (end, key) = match (call.end(), call.result_bytes()?) {
            (End::Returned(_), Some(result)) => {
                let place = Place::new(part, call.alias());
                let (range, key) = self.value(&place, &result, made.filter(|_| is_data))?;
                (End::Returned(range), key)
            }
            (end, _) => (end.clone(), None),
        };
        let site = self.site(call, alias.or(key));
        let entry = self.recording.tape().parts().entries.get(call.position() as usize);
        if let Some(entry) = entry {
            self.parts.entries.push(Entry { site, arguments, end, ..entry.clone() });
        }
        Ok(())
    }

    /// Puts down a value, and gives the alias that goes with it, if it is another one.
    fn value(
        &mut self,
        place: &Place<'_>,
        bytes: &[u8],
        made: Option<Made<'_>>,
    ) -> Result<(Range<u64>, Option<String>), ScrubError> {
        let encoded = Encoded { bytes, marked: false };
        let redacted = self.redaction.values(place, encoded, made, &Known::default())?;
        self.changed |= redacted.bytes.is_some() || redacted.alias.is_some();
        let start = self.parts.bytes.len() as u64;
        self.parts.bytes.extend_from_slice(redacted.bytes.as_deref().unwrap_or(bytes));
        Ok((start..self.parts.bytes.len() as u64, redacted.alias))
    }

    fn site(&mut self, call: &Call<'_>, alias: Option<String>) -> u32 {
        let parts = self.recording.tape().parts();
        let before = parts.entries.get(call.position() as usize).map_or(0, |entry| entry.site);
        let alias = alias.unwrap_or_else(|| call.alias().to_owned());
        let next = u32::try_from(self.parts.sites.len()).unwrap_or(u32::MAX);
        *self.sites.entry((before, alias.clone())).or_insert_with(|| {
            let argument_names = call.argument_names().iter().cloned().collect();
            self.parts.sites.push(Site { kind: call.kind(), alias: alias.into(), argument_names });
            next
        })
    }

    fn fields(&mut self) -> Result<(), ScrubError> {
        let category = self.recording.id().category();
        for (key, value) in std::mem::take(&mut self.metadata.fields) {
            if let Some((key, value)) = self.redaction.field(category, &key, value, &Known::default())? {
                self.metadata.fields.insert(key, value);
            }
        }
        self.changed |= self.metadata.fields != self.recording.metadata().fields;
        Ok(())
    }
}
