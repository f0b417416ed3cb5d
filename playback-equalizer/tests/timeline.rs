//! What a run and its replay did, in short.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may fail loudly")]

use futures::executor::block_on;
use playback_core::{Recording, input, operation, output, record_data};
use playback_equalizer::{Equalizer, Status, Step, StepKind, Timeline, Tuning, shown};
use playback_testkit::record_blocking;

/// One step of what an operation does: an input or an output, with its argument.
type Does = (&'static str, &'static str, u64);

fn run(does: &[Does]) -> Result<(), String> {
    operation("Run").run(|| {
        for (kind, alias, argument) in does {
            match *kind {
                "input" => drop(
                    input(*alias).argument_names(&["n"]).args(&(argument,)).call_when_missing().run(|| 7),
                ),
                "output" => output(*alias).args(&(argument,)).answer_when_unrecorded(|| ()).run(|| ()),
                "data" => record_data(*alias, argument),
                _ => return Err((*alias).to_owned()),
            }
        }
        Ok(())
    })
}

fn recording(does: &'static [Does]) -> Recording {
    record_blocking(|| drop(run(does))).recording()
}

/// The timeline of a run that is replayed as another.
fn timeline(recorded: &'static [Does], replayed: &'static [Does]) -> (Status, Timeline) {
    let tuning = Tuning::blocking(move |_| Ok(run(replayed)));
    let comparison = block_on(Equalizer::new(tuning).compare(recording(recorded)));
    (comparison.status(), comparison.timeline)
}

fn told(timeline: &Timeline) -> Vec<String> {
    let sides = |step: &Step| match (&step.recorded, &step.replayed) {
        (Some(_), Some(_)) => "both",
        (Some(_), None) => "recorded",
        (None, Some(_)) => "replayed",
        (None, None) => "neither",
    };
    let line = |step: &Step| format!("{} #{} {} {:?}", step.alias, step.number + 1, sides(step), step.answer);
    timeline.steps.iter().map(line).collect()
}

#[test]
fn calls_of_both_runs_stand_side_by_side_and_the_others_where_they_were_made() {
    let recorded = &[("input", "a", 1), ("output", "b", 1), ("input", "c", 1), ("data", "d", 1)];
    let replayed =
        &[("output", "b", 2), ("input", "a", 1), ("output", "new", 1), ("input", "a", 1), ("data", "d", 1)];
    let (status, timeline) = timeline(recorded, replayed);
    assert_eq!(status, Status::Different);
    assert_eq!(
        told(&timeline),
        [
            "Run #1 both Expected",
            "a #1 both Expected",
            "new #1 replayed Given",
            "a #2 replayed Reused",
            "b #1 both Expected",
            "c #1 recorded Unused",
            "d #1 both Expected",
        ]
    );
    let kinds: Vec<StepKind> = timeline.steps.iter().map(|step| step.kind).collect();
    use StepKind::{Data, Input, Operation, Output};
    assert_eq!(kinds, [Operation, Input, Output, Input, Output, Input, Data]);
}

#[test]
fn arguments_and_results_are_shown_and_those_of_the_replay_only_where_they_differ() {
    let (_, timeline) = timeline(
        &[("input", "a", 1), ("output", "b", 1)],
        &[("input", "a", 1), ("output", "b", 2), ("fail", "no", 0)],
    );
    let texts = |at: usize| {
        let step: &Step = &timeline.steps[at];
        let of = |moment: &playback_equalizer::Moment| {
            (moment.arguments.clone(), moment.result.clone(), moment.failed)
        };
        (of(step.recorded.as_ref().unwrap()), of(step.replayed.as_ref().unwrap()))
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(texts(0), ((some("()"), some("Ok(())"), false), (None, some("Err(\"no\")"), true)));
    assert_eq!(texts(1), ((some("(n: 1)"), some("7"), false), (None, None, false)));
    assert_eq!(texts(2), ((some("(1)"), some("()"), false), (some("(2)"), None, false)));
}

#[test]
fn what_is_equal_is_kept_in_brief_and_what_failed_shows_what_was_recorded() {
    let (status, brief) = timeline(&[("input", "a", 1)], &[("input", "a", 1)]);
    assert_eq!(status, Status::Equal);
    assert_eq!(told(&brief), ["Run #1 both Expected", "a #1 both Expected"]);
    assert!(brief.steps.iter().all(|step| step.recorded.as_ref().unwrap().arguments.is_none()));

    let tuning = Tuning::blocking(|_| -> Result<(), playback_core::ReplayError> { panic!("on purpose") });
    let comparison = block_on(Equalizer::new(tuning).compare(recording(&[("input", "a", 1)])));
    assert_eq!(comparison.status(), Status::EqualizerFailure);
    assert_eq!(told(&comparison.timeline), ["Run #1 recorded NotReplayed", "a #1 recorded NotReplayed"]);
}

#[test]
fn a_long_run_is_cut_and_its_unusual_calls_are_kept() {
    const LONG: &[Does] = &[("input", "a", 1); 500];
    static AND_ONE: [Does; 501] = {
        let mut does = [("input", "a", 1); 501];
        does[500] = ("output", "late", 1);
        does
    };
    let (_, timeline) = timeline(LONG, &AND_ONE);
    assert_eq!(timeline.steps.last().unwrap().alias.as_ref(), "late");
    assert_eq!(timeline.steps.len() + timeline.omitted, 1 + 501);
    assert_eq!(timeline.steps.len(), 101);
}

#[test]
fn a_huge_value_is_shown_by_its_size_and_a_long_one_is_cut() {
    let of = |length: usize| {
        let recording = record_blocking(|| operation("Big").run(|| "x".repeat(length))).recording();
        Timeline::recorded(&recording).steps[0].recorded.clone().unwrap().result.unwrap()
    };
    assert_eq!(of(1_000).chars().count(), 241);
    assert!(of(1_000).ends_with('…'));
    assert!(of(1_000_000).ends_with(" bytes)"));
}

#[test]
fn a_timeline_crosses_processes() {
    let (_, timeline) = timeline(&[("input", "a", 1), ("output", "b", 1)], &[("output", "b", 3)]);
    let json = serde_json::to_string(&timeline).unwrap();
    assert_eq!(serde_json::from_str::<Timeline>(&json).unwrap(), timeline);
    let bytes = postcard::to_stdvec(&timeline).unwrap();
    assert_eq!(postcard::from_bytes::<Timeline>(&bytes).unwrap(), timeline);
}

#[test]
fn what_is_cut_off_is_not_even_written() {
    struct Endless(std::cell::Cell<usize>);
    impl std::fmt::Display for Endless {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            loop {
                self.0.set(self.0.get() + 1);
                f.write_str("ab")?;
            }
        }
    }
    let endless = Endless(std::cell::Cell::new(0));
    assert_eq!(shown(&endless as &dyn std::fmt::Display, 3), "aba…");
    assert_eq!(endless.0.get(), 2);
}
