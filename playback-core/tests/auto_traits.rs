//! What can be sent to and shared with other threads, and used again after a panic.

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use playback_core::redaction::{self, Redactor, ScrubError, Secret, Unredactable};
use playback_core::value::{
    self, DecodeError, EncodeError, Integer, Name, PathParseError, Segment, ValueParseError, Walk,
};
use playback_core::{
    ArgumentDifference, Call, Context, Diagnosis, DiscardReason, End, Entry, Escape, Finished, FinishedCall,
    FutureExt, GlobalRecorderSet, InvalidId, InvalidTape, Kind, MatchedBy, Metadata, Mode, OperationEnd,
    OperationStart, OutputKey, Playback, RecordedBy, Recorder, RecorderExt, Recording, RecordingId,
    RecordingStart, ReplayError, ReplayErrorKind, SamplingKey, SentOutput, Service, Site, Spilling, Tape,
    TapeParts, Value, input, operation, output, replay,
};

/// Can be shared between threads, and looked at after what used it has panicked.
fn shared<T: Send + Sync + UnwindSafe + RefUnwindSafe>() {}

/// Can be shared between threads. What it does is code of the user's, of which nothing is known after a panic.
fn shared_code<T: Send + Sync>() {}

fn sent<T: Send>(_: T) {}

#[test]
fn data_is_shared_and_outlives_a_panic() {
    shared::<(Recording, RecordingId, Metadata, Service, Tape, TapeParts, Site, Entry, End)>();
    shared::<(Call<'_>, OutputKey, SentOutput, Kind, Mode)>();
    shared::<(Value, Integer, Name, value::Path, Segment, Walk<'_>)>();
    shared::<(Playback, Diagnosis, ArgumentDifference, Escape, MatchedBy, RecordedBy)>();
    shared::<(OperationStart<'_>, OperationEnd, SamplingKey, DiscardReason, Finished)>();
    shared::<(redaction::Known, redaction::Part, Secret<String>)>();
}

#[test]
fn errors_are_shared_and_outlive_a_panic() {
    shared::<(DecodeError, EncodeError, PathParseError, ValueParseError)>();
    shared::<(ReplayError, ReplayErrorKind, InvalidId, InvalidTape)>();
    shared::<(GlobalRecorderSet, redaction::GlobalRedactorSet, ScrubError, Unredactable)>();
}

#[cfg(feature = "redaction")]
#[test]
fn rules_of_redaction_are_shared_and_outlive_a_panic() {
    use redaction::{Action, Key, KeyError, Rule, RuleError, Rules, RulesError, Texts};
    shared::<(Action, Key, KeyError, Rule, RuleError, Rules, Texts)>();
    // With the standard library's error of reading, which is not known to outlive one.
    shared_code::<RulesError>();
}

#[cfg(feature = "patterns")]
#[test]
fn patterns_are_shared_and_outlive_a_panic() {
    shared::<(value::Pattern, value::PatternParseError, value::Way)>();
}

#[test]
fn contexts_and_what_users_bring_are_shared() {
    shared_code::<(Context, RecordingStart, Spilling, FinishedCall<'_>)>();
    shared_code::<(Arc<dyn Recorder>, Arc<dyn Redactor>)>();
}

#[test]
fn futures_of_operations_and_calls_are_sent_between_threads() {
    sent(operation("Checkout").args(&(7,)).run_async(async {
        let seven: u32 = input("seven").args(&(7,)).run_async(async { 7 }).await;
        output("eight").args(&(8,)).run_async(async {}).await;
        seven
    }));
    sent(async {}.in_current_context());
    fn started(recorder: Arc<dyn Recorder>, recording: &Recording) {
        sent(recorder.scope(async {}));
        sent(replay(recording, |_| Ok(async {})));
    }
    let _ = started;
}
