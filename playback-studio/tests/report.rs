//! A report as data: to JSON and back, merged, and judged.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may fail loudly")]

mod common;

use std::time::Duration;

use common::{difference, document, mixed, recording, report};
use playback_studio::{Gate, Outcome, ReadError, Report, Risk};
use proptest::prelude::*;
use serde_json::{Value, json};

#[test]
fn a_report_that_is_read_back_equals_the_one_that_was_written() {
    let directory = tempfile::tempdir().unwrap();
    for report in [mixed(), common::hostile(), Report::default()] {
        assert_eq!(Report::from_json(&report.json().to_string()).unwrap(), report);
        assert_eq!(Report::from_json(&format!("{:#}", report.json())).unwrap(), report);
        let path = directory.path().join("made/on/the/way/report.json");
        report.write_json(&path).unwrap();
        assert_eq!(Report::read_json(&path).unwrap(), report);
    }
}

#[test]
fn what_cannot_be_read_says_what_is_wrong_and_where() {
    let broken = document(&[("A", vec![recording("A", 1, "equal", &[])])]);
    let with = |change: fn(&mut Value)| {
        let mut document = broken.clone();
        change(&mut document);
        document.to_string()
    };
    let deep =
        format!("{{\"format\": \"playback-report\", \"version\": 1, \"rules\": {}", "[".repeat(100_000));
    let cases = [
        ("", "it is broken at line 1, column 0: EOF while parsing a value; write the report again"),
        ("{\n  \"format\": ?", "it is broken at line 2, column 13: expected value; write the report again"),
        ("[]", "it is no report of playback"),
        ("{\"format\": \"junit\", \"version\": 1}", "it is no report of playback"),
        (&with(|document| document["version"] = json!(2)), "it is of version 2, and version 1 is the newest"),
        (&with(|document| document["version"] = json!(0)), "it is of version 0"),
        (&with(|document| document["version"] = json!(1e300)), "it is no report of playback"),
        (
            &with(|document| document["categories"] = json!(7)),
            "invalid type: integer `7`, expected a sequence",
        ),
        (
            &with(|document| document["categories"][0]["recordings"][0]["status"] = json!("splendid")),
            "\"splendid\" is no status",
        ),
        (
            &with(|document| document["categories"][0]["recordings"][0]["id"] = json!("../../etc")),
            "names no recording",
        ),
        (
            &with(|document| {
                document["categories"][0]["recordings"][0]["recorded"]["duration_us"] = json!(-1)
            }),
            "invalid value: integer `-1`, expected u64",
        ),
        (&with(|document| document["categories"][0]["category"] = json!("B")), "under the category \"B\""),
        (&deep, "it is broken at line 1, column"),
    ];
    for (text, expected) in cases {
        let error = Report::from_json(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}\nexpected: {expected}");
    }
    let missing = Report::read_json("no/such/report.json").unwrap_err();
    assert!(matches!(missing, ReadError::File { .. }));
    assert!(missing.to_string().starts_with("the report no/such/report.json: reading failed: "));
}

#[test]
fn the_sign_of_a_difference_is_one_that_there_is() {
    let of = |sign: char| {
        let mut differ = difference("value_changed", "total", "1", "0");
        differ["sign"] = json!(sign);
        let one = recording("A", 1, "different", &[differ]);
        Report::from_json(&document(&[("A", vec![one])]).to_string())
    };
    for sign in ['~', '!', '+', '-', '>'] {
        assert_eq!(of(sign).unwrap().categories[0].recordings[0].differences[0].sign, sign);
    }
    for sign in ['\u{202e}', '\u{9b}', '\u{1b}', '\r', '\n', '=', '<'] {
        let error = of(sign).unwrap_err().to_string();
        assert!(error.contains("is no sign of a difference"), "{error}");
        assert!(!error.contains(|c: char| c.is_control() || c == '\u{202e}'), "{error:?}");
    }
}

#[test]
fn a_document_in_any_order_is_read_as_one_in_order() {
    let texts: Vec<String> = (0..50).map(|number| format!("{}", number * 7 % 50)).collect();
    let mut scattered = document(&[]);
    let categories = |from: u64| (from..from + 40).map(|number| number * 11 % 40);
    scattered["categories"] = categories(0)
        .chain(categories(3))
        .map(|number| {
            let name = format!("C{number:02}");
            let one = recording(&name, number, "equal", &[]);
            let mut category = document(&[(&name, vec![one])])["categories"][0].take();
            category["failures"] = json!(texts);
            category["looked_for"] = json!(texts);
            category
        })
        .collect();
    scattered["failures"] = json!(texts);
    let read = Report::from_json(&scattered.to_string()).unwrap();
    assert_eq!(read.categories.len(), 40);
    let is_in_order = |texts: &[String]| texts.len() == 50 && texts.is_sorted();
    assert!(is_in_order(&read.failures));
    assert!(read.categories.is_sorted_by(|one, next| one.category < next.category));
    for category in &read.categories {
        assert!(is_in_order(&category.failures) && is_in_order(&category.looked_for));
        assert_eq!(category.recordings.len(), 1);
    }
}

#[test]
fn huge_numbers_in_a_report_are_shown_and_counted_without_a_panic() {
    let mut one = recording("A", 1, "different", &[]);
    one["omitted"] = json!(u64::MAX);
    for side in ["recorded", "replayed"] {
        one[side] = json!({"duration_us": u64::MAX, "own_us": u64::MAX, "failed": false});
    }
    one["timeline"]["omitted"] = json!(u64::MAX);
    one["timeline"]["steps"][0]["number"] = json!(u64::MAX);
    one["timeline"]["steps"][0]["recorded"]["started_us"] = json!(u64::MAX);
    let mut other = one.clone();
    other["id"] = recording("A", 2, "equal", &[])["id"].clone();
    let mut document = document(&[("A", vec![one, other])]);
    document["rules"] = json!({"rule": false});
    let mut report = Report::from_json(&document.to_string()).unwrap();
    report.merge(report.clone());
    let gate = Gate::default().fail_on_slowdown(1.0);
    for text in [
        report.to_string(),
        report.junit(&gate).to_string(),
        report.markdown(&gate).to_string(),
        report.html().to_string(),
    ] {
        assert!(!text.is_empty());
    }
}

#[test]
fn a_reader_leaves_out_what_it_does_not_know() {
    let mut document = document(&[]);
    document["added_later"] = json!({"anything": [1, 2]});
    assert_eq!(Report::from_json(&document.to_string()).unwrap(), Report::default());
}

#[test]
fn a_recording_of_two_reports_is_kept_once_with_the_worse_status() {
    let good = report(&[("A", vec![recording("A", 1, "equal", &[])])]);
    let bad = report(&[("A", vec![recording("A", 1, "failed", &[])])]);
    for (mut one, other) in [(good.clone(), bad.clone()), (bad.clone(), good)] {
        one.merge(other);
        assert_eq!(one, bad);
    }
}

#[test]
fn of_two_reports_on_a_recording_that_are_as_bad_the_same_is_kept_whichever_comes_first() {
    let of = |value: &str| {
        let differ = difference("value_changed", "total", value, "0");
        let mut one = recording("A", 1, "different", &[differ]);
        one["message"] = json!("1 difference");
        report(&[("A", vec![one])])
    };
    let (mut one, mut other) = (of("1"), of("2"));
    one.merge(of("2"));
    other.merge(of("1"));
    assert_eq!(one, other);
}

#[test]
fn merging_finds_rules_and_forgets_what_was_not_found_where_another_shard_found_it() {
    let shard = |rules: Value, nothing_found: Value, recordings: Vec<Value>| {
        let mut document = document(&[("A", recordings)]);
        document["rules"] = rules;
        document["categories"][0]["nothing_found"] = nothing_found;
        Report::from_json(&document.to_string()).unwrap()
    };
    let mut one = shard(json!({"**.at": true, "id": false}), json!("no recordings"), vec![]);
    assert_eq!(one.unused_rules().collect::<Vec<_>>(), ["id"]);
    assert!(one.to_string().contains("\nA: no recordings\n"));
    one.merge(shard(json!({"**.at": false, "id": true}), json!(null), vec![recording("A", 1, "equal", &[])]));
    assert_eq!(one.rules.values().copied().collect::<Vec<_>>(), [true, true]);
    assert_eq!(one.unused_rules().count(), 0);
    assert_eq!(one.categories[0].nothing_found, None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn however_recordings_are_spread_over_shards_and_merged_the_report_is_the_same(
        recordings in proptest::collection::vec((0..3_usize, 0..40_u64, 0..5_usize, 0..8_usize), 0..40),
        order in Just((0..8_usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        const CATEGORIES: [&str; 3] = ["B", "A", "a/é"];
        const STATUSES: [&str; 5] = ["equal", "fixed", "different", "failed", "equalizer_failure"];
        let of = |shard: Option<usize>| {
            let categories = CATEGORIES.map(|category| {
                let mine = recordings.iter().filter(|one| CATEGORIES[one.0] == category && shard.is_none_or(|shard| shard == one.3));
                (category, mine.map(|one| recording(category, one.1, STATUSES[one.2], &[])).collect::<Vec<_>>())
            });
            report(&categories)
        };
        let mut merged = Report::default();
        order.iter().for_each(|shard| merged.merge(of(Some(*shard))));
        prop_assert_eq!(&merged, &of(None));
        prop_assert_eq!(merged.json().to_string(), of(None).json().to_string());
    }

    #[test]
    fn no_text_makes_reading_panic(text in ".{0,200}") {
        let _ = Report::from_json(&text);
        let _ = Report::from_json(&format!("{{\"format\": \"playback-report\", \"version\": 1, {text}"));
        let _ = text.parse::<Gate>();
    }
}

#[test]
fn a_gate_says_what_a_run_fails_on_and_the_exit_code_follows() {
    let of = |recordings: Vec<Value>| report(&[("A", recordings)]);
    let one = |status: &str, differences: &[Value]| of(vec![recording("A", 1, status, differences)]);
    let added = || difference("field_added", "points", "", "9");
    let missing = || difference("output_missing", "", "9", "");
    let failures = |bad: u64| {
        of((0..100)
            .map(|n| recording("A", n, if n < bad { "equalizer_failure" } else { "equal" }, &[]))
            .collect())
    };
    let cases: Vec<(Report, &str, u8, &str)> = vec![
        (one("equal", &[]), "any", 0, "passes"),
        (one("different", &[added()]), "any", 1, "fails: 1 different (field added)"),
        (one("different", &[added()]), "any,-field-added", 0, "passes"),
        (
            one("different", &[added(), missing()]),
            "any,-field-added",
            1,
            "fails: 1 different (output missing)",
        ),
        (one("different", &[added(), missing()]), "failed", 0, "passes"),
        (one("different", &[added()]), "different", 1, "fails: 1 different (field added)"),
        (one("different", &[]), "any", 1, "fails: 1 different"),
        (one("different", &[]), "any,-unclassed", 0, "passes"),
        // What is taken away first is taken from the default, not from nothing.
        (one("different", &[added(), missing()]), "-field-added", 1, "fails: 1 different (output missing)"),
        (one("fixed", &[missing()]), " -failed, -fixed", 0, "passes"),
        (one("fixed", &[missing()]), "any", 1, "fails: 1 fixed"),
        (one("fixed", &[missing()]), "any,-fixed", 0, "passes"),
        (one("failed", &[missing()]), "any,-fixed", 1, "fails: 1 failed"),
        (one("failed", &[missing()]), "any, -failed", 0, "passes"),
        (failures(1), "any", 2, "fails: 1 of 100 not compared"),
        (failures(5), "any,equalizer-failure>5%", 0, "passes"),
        (failures(6), "any,equalizer_failure>5%", 2, "fails: 6 of 100 not compared"),
        (failures(100), "failed", 0, "passes"),
        (of(vec![]), "any", 3, "fails: nothing was compared"),
        (of(vec![]), "any,-nothing", 0, "passes"),
        (one("equal", &[]), "none", 0, "passes"),
    ];
    for (report, gate, code, told) in cases {
        let judgement = report.judge(&gate.parse().unwrap());
        assert_eq!((judgement.outcome.code(), judgement.to_string().as_str()), (code, told), "{gate}");
    }
}

#[test]
fn failures_of_a_category_and_interruptions_are_never_accepted() {
    let accepts_all: Gate = "none".parse().unwrap();
    let mut document = document(&[("A", vec![recording("A", 1, "different", &[])])]);
    document["categories"][0]["failures"] = json!(["no tuning"]);
    let report = Report::from_json(&document.to_string()).unwrap();
    assert_eq!(report.judge(&accepts_all).outcome, Outcome::Failures);
    document["interrupted"] = json!(true);
    let report = Report::from_json(&document.to_string()).unwrap();
    let judgement = report.judge(&Gate::default());
    assert_eq!(judgement.outcome.code(), 130);
    assert_eq!(judgement.to_string(), "fails: 1 different; no tuning; it was interrupted");
}

#[test]
fn rules_and_slowdowns_fail_where_it_is_asked_for() {
    let slower = |times: u64| {
        let recordings = (0..30).map(|number| {
            let mut one = recording("A", number, "equal", &[]);
            one["recorded"]["own_us"] = json!(1_000 + number);
            one["replayed"]["own_us"] = json!((1_000 + number) * times);
            one
        });
        let mut document = document(&[("A", recordings.collect())]);
        document["rules"] = json!({"used": true, "unused": false});
        Report::from_json(&document.to_string()).unwrap()
    };
    for (times, gate, told) in [
        (3, "any", "passes"),
        (3, "any,unused-rule", "fails: 1 unused rule"),
        (1, "any,slowdown", "passes"),
        (
            3,
            "any,slowdown",
            "fails: the own code of A is 3.00 times as slow (median of 30, 3.00 to 3.00 with 95% confidence)",
        ),
        (3, "any,slowdown>4", "passes"),
    ] {
        assert_eq!(slower(times).judge(&gate.parse().unwrap()).to_string(), told, "{gate}");
    }
    let told = "  timing: its own code was 3.00 times as slow (median of 30, 3.00 to 3.00 with 95% confidence); replays \
                beside each other slow one another, `-j 1` or `bench` measures\n";
    assert!(slower(3).to_string().contains(told));
    assert!(!slower(1).to_string().contains("as slow"));
}

#[test]
fn a_slowdown_of_microseconds_is_noise_unless_it_is_asked_for() {
    let report = |recorded: u64, replayed: u64| {
        let recordings = (0..30).map(|number| {
            let mut one = recording("A", number, "equal", &[]);
            one["recorded"]["own_us"] = json!(recorded + number);
            one["replayed"]["own_us"] = json!(replayed + number);
            one
        });
        Report::from_json(&document(&[("A", recordings.collect())]).to_string()).unwrap()
    };
    for (recorded, replayed, gate, passes) in [
        (10, 900, "any,slowdown", true),
        (10, 1_010, "any,slowdown", false),
        (10, 900, "any,slowdown>1.5+500us", false),
        (10, 900, "any,slowdown>1.5+0s", false),
        (10, 19_000, "any,slowdown>1.5+20ms", true),
        (10, 21_000, "any,slowdown>1.5+20ms", false),
        (100_000, 121_000, "any,slowdown>1.5+20ms", true),
    ] {
        let judgement = report(recorded, replayed).judge(&gate.parse().unwrap());
        assert_eq!(judgement.reasons.is_empty(), passes, "{recorded} {replayed} {gate}: {judgement}");
    }
    // What the terminal reports is what a gate would.
    assert!(!report(10, 900).to_string().contains("as slow"));
    assert!(report(10, 1_010).to_string().contains("as slow"));
}

#[test]
fn some_test_of_junit_fails_if_and_only_if_the_gate_does() {
    let with = |change: &dyn Fn(&mut Value)| {
        let failing = |number| if number == 1 { "equalizer_failure" } else { "equal" };
        let recordings = (0..20).map(|number| {
            let mut one = recording("A", number, failing(number), &[]);
            if number != 1 {
                one["recorded"]["own_us"] = json!(1_000);
                one["replayed"]["own_us"] = json!(9_000);
            }
            one
        });
        let mut document = document(&[("A", recordings.collect())]);
        change(&mut document);
        Report::from_json(&document.to_string()).unwrap()
    };
    let unused = with(&|document| document["rules"] = json!({"unused <rule>": false}));
    let interrupted = with(&|document| document["interrupted"] = json!(true));
    for (report, gate, told) in [
        (with(&|_| {}), "any", "what is equalizer_failure of 1"),
        (with(&|_| {}), "any,equalizer-failure>5%", ""),
        (with(&|_| {}), "any,equalizer-failure>4%", "what is equalizer_failure of 1"),
        (with(&|_| {}), "-equalizer-failure,slowdown", "the own code of A is 9.00 times as slow"),
        (unused.clone(), "-equalizer-failure", ""),
        (unused, "-equalizer-failure,unused-rule", "1 unused rule"),
        (interrupted, "none", "it was interrupted"),
        (Report::default(), "any", "nothing was compared"),
        (Report::default(), "-nothing", ""),
    ] {
        let gate: Gate = gate.parse().unwrap();
        let xml = report.junit(&gate).to_string();
        let fails = xml.contains("<failure") || xml.contains("<error");
        assert_eq!(fails, report.judge(&gate).outcome != Outcome::Passed, "{gate}\n{xml}");
        assert_eq!(fails, !told.is_empty(), "{gate}\n{xml}");
        assert!(xml.contains(told), "{told}\n{xml}");
    }
}

#[test]
fn a_gate_is_written_as_it_is_read_and_a_mistake_names_the_word_and_what_there_is() {
    let gates = [
        Gate::default(),
        Gate::default().accept(Risk::FieldAdded).accept_fixed().accept_nothing(),
        Gate::default().accept_failures(2.5).fail_on_slowdown(1.25).fail_on_unused_rules(),
        Gate::default().accept_failed().accept_unclassed(),
        Gate::default().fail_on_slowdown(2.0).slowdown_floor(Duration::from_micros(2_500)),
        Gate::default().fail_on_slowdown(2.0).slowdown_floor(Duration::ZERO),
        "none".parse().unwrap(),
    ];
    for gate in gates {
        assert_eq!(gate.to_string().parse::<Gate>().unwrap(), gate, "{gate}");
    }
    for wrong in [
        "",
        "any,",
        "anything",
        "--any",
        "fixed>5%",
        "equalizer-failure>101%",
        "equalizer-failure>5",
        "slowdown>-1",
        "-slowdown>1",
        "slowdown>NaN",
        "slowdown>2+5",
        "slowdown>2+-5ms",
        "slowdown>2+1e300s",
    ] {
        let error = wrong.parse::<Gate>().unwrap_err().to_string();
        assert!(
            error.contains(
                "is nothing that a run can fail on; there are: any, none, different, moved, field-added"
            ),
            "{error}"
        );
    }
}

#[test]
fn a_file_that_cannot_be_written_is_named_and_one_that_is_there_is_replaced_whole() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("report.html");
    std::fs::write(&path, "old").unwrap();
    mixed().write_html(&path).unwrap();
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("<!doctype html>"));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "nothing temporary stays");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode();
        let ordinary = directory.path().join("ordinary");
        std::fs::write(&ordinary, "").unwrap();
        assert_eq!(mode(&path), mode(&ordinary), "it is as readable as any file");
    }
    let error = mixed().write_text(path.join("below/a/file")).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with(&format!("writing the report {} failed: ", path.join("below/a/file").display()))
    );
}
