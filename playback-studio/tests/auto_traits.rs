//! What can be sent to and shared with other threads, and used again after a panic.

use std::panic::{RefUnwindSafe, UnwindSafe};

use playback_studio::{
    Accept, CategoryReport, Counts, Decision, DifferenceReport, Event, Gate, Group, Html, InvalidShard,
    Judgement, Junit, Markdown, Outcome, Pending, Progress, ReadError, RecordingReport, Report, Review,
    Reviewed, RunReport, Shard, Shards, Studio, Terminal, UnknownFinding, WriteError,
};

/// Can be shared between threads.
fn shared<T: Send + Sync>() {}

/// Can be looked at after what used it has panicked.
fn outlives_a_panic<T: UnwindSafe + RefUnwindSafe>() {}

#[test]
fn a_studio_and_its_bar_go_to_another_thread() {
    fn sent<T: Send>() {}
    sent::<(Studio, Progress)>();
    shared::<(Event, Review, ReadError, WriteError)>();
}

#[test]
fn a_report_is_shared_and_outlives_a_panic() {
    shared::<(Report, CategoryReport, RecordingReport, RunReport, DifferenceReport, Group, Counts, Outcome)>(
    );
    shared::<(
        Gate,
        Judgement,
        Shard,
        Shards,
        InvalidShard,
        UnknownFinding,
        Accept,
        Decision,
        Pending,
        Reviewed,
    )>();
    shared::<(Html, Junit, Markdown, Terminal)>();
    outlives_a_panic::<(
        Report,
        CategoryReport,
        RecordingReport,
        RunReport,
        DifferenceReport,
        Group,
        Counts,
        Outcome,
    )>();
    outlives_a_panic::<(Gate, Judgement, Shard, Shards, InvalidShard, UnknownFinding, Accept, Decision)>();
    outlives_a_panic::<(Html, Junit, Markdown, Terminal)>();
}
