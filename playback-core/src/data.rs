//! What code inside an operation can say about its recording.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::context::{self, Context, Session};
use crate::record;
use crate::recorder::DiscardReason;
use crate::recording::{Ended, EndedCall};
use crate::redaction::{Encoded, Made, Part, Place};
use crate::replay::ReplayErrorKind;
use crate::scratch::{Scratch, Unwritten, guarded, plain};
use crate::value;
use crate::{Kind, ReplayError};

/// Keeps a value with the recording, for [`play_data`] to give back on replay, and for people to look at.
/// Does nothing outside a recording and a replay. A value that cannot be encoded discards the recording.
///
/// ```
/// playback_core::record_data("cache.warm", &true); // outside a recording: nothing
/// ```
pub fn record_data<T: Serialize + ?Sized>(key: impl Into<Cow<'static, str>>, value: &T) {
    if !context::any_live() {
        return;
    }
    let Some(lane) = Context::current().lane else { return };
    let session = lane.session();
    let (mut key, mut scratch) = (key.into(), Scratch::bounded(session.max_value_bytes()));
    let written = scratch.write(&mut plain(value));
    if written.is_ok() {
        let encoded = Encoded { bytes: scratch.bytes(), marked: scratch.has_marked() };
        let made = match (session, &key) {
            (Session::Recording(_), Cow::Borrowed(_)) => None,
            (_, key) => Some(Made::only(key)),
        };
        let place = Place::new(Part::Data, &key);
        let redacted = match session {
            Session::Recording(session) => session.redact(&place, encoded, made),
            Session::Replaying(session) => Some(session.redact(&place, encoded, made)),
        };
        let Some(redacted) = redacted else { return };
        if let Some(bytes) = redacted.bytes {
            scratch.replace(0, &bytes);
        }
        key = match redacted.alias {
            // What was recorded before there were rules keeps its key, as calls keep their alias.
            Some(_) if session.has_recorded_data(&key) => key,
            alias => alias.map_or(key, Cow::Owned),
        };
    }
    let call = |order, started| EndedCall {
        kind: Kind::Data,
        alias: &key,
        argument_names: &[],
        lane: lane.index(),
        order,
        arguments: &[],
        end: Ended::Returned(scratch.bytes()),
        started,
        duration: std::time::Duration::ZERO,
    };
    match (session, written) {
        (Session::Recording(session), Ok(())) => session.push(&call(session.next_order(), session.elapsed())),
        (Session::Recording(session), Err(error)) => session.discard_unwritten(key.clone(), error),
        (Session::Replaying(session), Ok(())) => {
            session.push_data(&call(session.next_order(), session.elapsed()))
        }
        (Session::Replaying(session), Err(error)) => {
            session.fail_unless_panicking(ReplayError::value(&key, error.to_string()))
        }
    }
}

/// The value that [`record_data`] kept under `key` in the recording under replay; none if there is none, and
/// outside a replay.
///
/// A value that is not of type `T` fails the replay.
///
/// ```
/// assert_eq!(playback_core::play_data::<bool>("cache.warm"), None); // outside a replay: nothing
/// ```
#[must_use]
pub fn play_data<T: DeserializeOwned>(key: &str) -> Option<T> {
    if !context::any_live() {
        return None;
    }
    let lane = Context::current().lane?;
    let Session::Replaying(session) = lane.session() else { return None };
    let tape = session.recording().tape();
    let data = tape.data(key).or_else(|| tape.data(&session.redacted_name(key)?))?;
    let bytes = match data.result_bytes() {
        Ok(bytes) => bytes?,
        Err(error) => {
            session.fail_unless_panicking(ReplayError::unreadable(session.recording().id(), &error));
            return None;
        }
    };
    match guarded(|| value::decode(&bytes).map_err(|error| error.to_string())) {
        Ok(value) => Some(value),
        Err(error) => {
            let recorded =
                value::decode_value(&bytes).map_or_else(|error| error.to_string(), |value| value.to_string());
            let kind = ReplayErrorKind::AnswerMismatch { alias: key.to_owned(), recorded, error };
            session.fail_unless_panicking(kind.into());
            None
        }
    }
}

/// Adds a field to the metadata of the recording in progress, for look-ups to find it by. Does nothing
/// outside a recording; a value that cannot be encoded is logged and left out. Fields count as what is recorded does:
/// where one is larger than a value may be, or all are too much, the recording is given up.
///
/// ```
/// playback_core::add_metadata("customer", "c-17"); // outside a recording: nothing
/// ```
pub fn add_metadata<T: Serialize + ?Sized>(key: &str, value: &T) {
    if !context::any_live() {
        return;
    }
    if let Some(Session::Recording(session)) = Context::current().session() {
        match record::marked_value(value, session.max_value_bytes()) {
            Ok(value) => session.add_field(key, value),
            Err(error @ Unwritten::TooLarge { .. }) => {
                session.discard_unwritten(Cow::Owned(key.to_owned()), error);
            }
            Err(Unwritten::Failed(error)) => {
                let (key, error) = (session.tellable(key.to_owned()), session.tellable(error));
                tracing::warn!(recording_id = %session.id(), "the metadata field `{key}` is left out: {error}");
            }
        }
    }
}

/// Drops the recording in progress; the operation goes on. Does nothing outside a recording.
///
/// ```
/// playback_core::discard_recording(); // outside a recording: nothing
/// ```
pub fn discard_recording() {
    if let Some(Session::Recording(session)) = Context::current().session() {
        session.discard(DiscardReason::Requested);
    }
}

/// Keeps the recording in progress whatever the sampling rate says, unless the operation
/// [ignores](crate::Operation::ignore_forced_sampling) that. Does nothing outside a recording.
///
/// ```
/// playback_core::force_sample_recording(); // outside a recording: nothing
/// ```
pub fn force_sample_recording() {
    if let Some(Session::Recording(session)) = Context::current().session() {
        session.force();
    }
}
