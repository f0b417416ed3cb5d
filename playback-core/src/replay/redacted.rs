//! What a replay does about values that were redacted when they were recorded.
//!
//! The code under replay runs on redacted values, and may add others of its own that would have been redacted, such as a
//! password of its configuration. So whatever it asks for and sends is matched as it is and as it would have been
//! recorded, and put down in whichever of the two forms is nearer to what was recorded.

use super::closest::differences;
use super::error::ReplayError;
use super::session::Session;
use crate::redaction::{Encoded, Made, Part, Place, Redacted};
use crate::value;

impl Session {
    /// What would be recorded of encoded values, and of a name that was `made` while the code ran.
    pub(crate) fn redact(&self, place: &Place<'_>, encoded: Encoded<'_>, made: Option<Made<'_>>) -> Redacted {
        self.redaction().values(place, encoded, made, self.known()).unwrap_or_else(|error| {
            self.fail_unless_panicking(ReplayError::value(place.alias, error.to_string()));
            Redacted { bytes: None, alias: None, fallbacks: Vec::new() }
        })
    }

    /// What a key may have been recorded as instead.
    pub(crate) fn redacted_name(&self, key: &str) -> Option<String> {
        self.redaction().name(key, Some(key), self.known()).ok().flatten()
    }

    /// Whether the operation's arguments or result as they are come nearer to the recorded ones than redacted.
    pub(crate) fn is_recorded_unredacted(&self, part: Part, value: &[u8], redacted: &[u8]) -> bool {
        let recorded = self.recording().tape().operation().and_then(|operation| match part {
            Part::Arguments => operation.argument_bytes().ok(),
            _ => operation.result_bytes().ok().flatten(),
        });
        is_unredacted(&recorded.unwrap_or_default(), value, redacted)
    }
}

/// Whether a value as it is comes nearer to what was recorded than the same value redacted.
pub(crate) fn is_unredacted(recorded: &[u8], value: &[u8], redacted: &[u8]) -> bool {
    if recorded == value || recorded == redacted {
        return recorded == value;
    }
    let Ok(recorded) = value::decode_value(recorded) else { return false };
    let distance = |bytes| {
        value::decode_value(bytes)
            .map_or(usize::MAX, |value| differences(&recorded, &value, usize::MAX).len())
    };
    distance(value) < distance(redacted)
}
