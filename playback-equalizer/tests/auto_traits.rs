//! What can be sent to and shared with other threads, and used again after a panic.

use std::panic::{RefUnwindSafe, UnwindSafe};

use playback_equalizer::{
    Answer, Change, Comparison, Crew, Diff, Difference, Equalizer, Error, Extracted, Job, Moment, Paint,
    Part, Risk, Rule, RuleError, Rules, RulesError, Slowdown, Speed, Status, Step, StepKind, Stop,
    Structural, Styled, Timeline, Tolerance, Tuning, TuningFailed, UnknownRisk, Usage, Verdict, Workers,
};

/// Can be shared between threads.
fn shared<T: Send + Sync>() {}

/// Can be looked at after what used it has panicked.
fn outlives_a_panic<T: UnwindSafe + RefUnwindSafe>() {}

#[test]
fn what_compares_is_shared() {
    shared::<(Equalizer, Tuning, Structural, Crew, Workers, Stop)>();
    shared::<(Comparison, TuningFailed, Error)>();
    fn sent<T: Send>() {}
    sent::<Job>();
}

#[test]
fn what_is_said_of_a_comparison_is_shared_and_outlives_a_panic() {
    shared::<(Answer, Change, Difference, Diff, Extracted, Moment, Part, Paint, Risk, Status, Step, StepKind)>(
    );
    shared::<(Slowdown, Speed, Styled<'_>, Timeline, Tolerance, UnknownRisk, Usage, Verdict)>();
    shared::<(Rule, Rules, RuleError, RulesError)>();
    outlives_a_panic::<(
        Answer,
        Change,
        Difference,
        Diff,
        Extracted,
        Moment,
        Part,
        Paint,
        Risk,
        Status,
        Step,
        StepKind,
    )>();
    outlives_a_panic::<(Slowdown, Speed, Styled<'_>, Timeline, Tolerance, UnknownRisk, Usage, Verdict)>();
    outlives_a_panic::<(Rule, Rules, RuleError, Comparison)>();
}
