//! Small operations to record and to replay.
#![allow(dead_code, reason = "each test file uses a part of it")]

use playback_core::{Playback, Recording, ReplayError, operation, output, replay_blocking};

/// An output: its alias, and what it sends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sent(pub(crate) &'static str, pub(crate) u64);

pub(crate) type Result = std::result::Result<u64, String>;

/// Sends it. On replay an output that was not recorded is answered by nothing.
pub(crate) fn send(Sent(alias, value): Sent) {
    output(alias).argument_names(&["value"]).args(&(value,)).answer_when_unrecorded(|| ()).run(|| ());
}

/// A recording of an operation `Send` that runs `body`.
pub(crate) fn recording<R: serde::Serialize>(body: impl FnOnce() -> R) -> Recording {
    playback_testkit::record_blocking(|| operation("Send").args(&()).run(body)).recording()
}

/// A replay of such a recording in which the operation runs another body.
pub(crate) fn replayed<R: serde::Serialize>(recording: &Recording, body: impl FnOnce() -> R) -> Playback {
    let replayed: std::result::Result<_, ReplayError> =
        replay_blocking(recording, |_| Ok(operation("Send").args(&()).run(body)));
    replayed.unwrap()
}

/// A replay of an operation that sends and returns something else than it did when it was recorded.
pub(crate) fn playback(recorded: &[Sent], replayed: &[Sent], result: Result, result_now: Result) -> Playback {
    let recording = recording(|| {
        recorded.iter().copied().for_each(send);
        result
    });
    self::replayed(&recording, || {
        replayed.iter().copied().for_each(send);
        result_now
    })
}
