//! What differs from one replay to the next on the same code is found out, and proposed as rules.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use futures::executor::block_on;
use futures::stream::iter;
use playback_core::{Recording, operation, output};
use playback_equalizer::noise::{self, Noise};
use playback_equalizer::{Rules, Status, Tuning};
use serde::Serialize;

#[derive(Serialize)]
struct Receipt {
    total: u64,
    id: String,
    url: String,
    email: &'static str,
    printed_at: String,
    took: Duration,
    started: SystemTime,
    weight: f64,
    random: u64,
    tags: Vec<&'static str>,
    lines: Vec<Line>,
    note: Option<&'static str>,
}

#[derive(Serialize)]
struct Line {
    sku: u64,
    stamp: String,
}

/// Everything that is made of `tick` is noise.
fn receipt(amount: u64, tick: u64) -> Receipt {
    let odd = tick % 2 == 1;
    Receipt {
        total: amount,
        id: format!("{tick:08x}-0000-4000-8000-{tick:012x}"),
        url: format!("/receipts?try={tick}"),
        email: if odd { "A@example.org" } else { "a@example.org" },
        printed_at: format!("2026-01-31T10:00:0{}Z", tick % 4),
        took: Duration::from_micros(900 + tick % 40),
        started: SystemTime::UNIX_EPOCH + Duration::from_millis(1_790_000_000_999 + tick % 10),
        weight: 10.0 + if odd { 0.015 } else { 0.0 },
        random: tick.wrapping_mul(0x9e37_79b9_7f4a_7c15),
        tags: if odd { vec!["a", "b", "c"] } else { vec!["c", "a", "b"] },
        lines: (0..3)
            .map(|sku| Line { sku, stamp: if odd { "x".into() } else { format!("y{sku}") } })
            .collect(),
        note: odd.then_some("odd"),
    }
}

fn checkout(amount: u64, tick: u64) -> Result<Receipt, String> {
    operation("Checkout").args(&(amount,)).run(|| {
        output("store").argument_names(&["amount", "tick"]).args(&(amount, tick % 2 == 1)).run(|| ());
        let log = || output("log").args(&("done",)).answer_when_unrecorded(|| ()).run(|| ());
        (0..=tick % 2).for_each(|_| log());
        Ok(receipt(amount, tick))
    })
}

fn recording(amount: u64) -> Recording {
    playback_testkit::record_blocking(|| checkout(amount, 0)).recording()
}

fn tuning() -> Tuning {
    let clock = Arc::new(AtomicU64::new(0));
    Tuning::blocking(move |recording| {
        let (amount,) = recording.arguments()?;
        Ok(checkout(amount, clock.fetch_add(1, Ordering::Relaxed)))
    })
}

fn learned() -> Noise {
    block_on(noise::learn(&tuning(), iter((1..5).map(|amount| recording(amount * 100))), 3))
}

#[test]
fn each_place_that_differs_gets_the_narrowest_rule_that_keeps_quiet_about_it() {
    let noise = learned();
    let rules: Vec<String> = noise
        .places
        .iter()
        .map(|noisy| noisy.rule.to_string().replace("category = \"Checkout\"\n", "").replace('\n', " "))
        .collect();
    let result = |kind: &str, path: &str, more: &str| {
        format!("[[{kind}]] path = \"Ok.{path}\" {more}output = \"result\" ")
    };
    let number = r#"pattern = '\d+' with = "<number>" "#;
    let uuid =
        "pattern = \"(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\" with = \"<uuid>\" ";
    assert_eq!(
        rules,
        [
            "[[ignore]] path = \"**\" output = \"log\" ".to_owned(),
            result("ignore_case", "email", ""),
            result("replace", "id", uuid),
            result("ignore", "lines[*].stamp", ""),
            result("ignore", "note", ""),
            result("time", "printed_at", "within = \"10s\" "),
            result("ignore", "random", ""),
            result("time", "started", "within = \"10ms\" "),
            result("unordered", "tags", ""),
            result("time", "took", "within = \"1ms\" "),
            result("replace", "url", number),
            result("tolerance", "weight", "absolute = 0.05 "),
            "[[ignore]] path = \"tick\" output = \"store\" ".to_owned(),
        ]
    );
    assert!(noise.places.iter().all(|noisy| (noisy.recordings, noisy.of) == (4, 4)), "{noise}");
}

#[test]
fn what_was_learned_is_a_file_of_rules_with_its_evidence_that_keeps_quiet() {
    let noise = learned();
    let text = noise.to_string();
    assert!(text.contains("# differed in 4 of 4, such as Checkout/"), "{text}");
    // Replays run on all cores, and which of them comes first is chance.
    let differs = |from: &str, to: &str| text.contains(&format!("#   ~ Ok.email: {from:?} -> {to:?}\n"));
    assert!(differs("a@example.org", "A@example.org") || differs("A@example.org", "a@example.org"), "{text}");
    let rules = Rules::from_toml(&text).unwrap();
    assert_eq!(rules.to_string(), noise.rules().to_string());
    let quiet = block_on(noise::learn(&tuning().rules(&rules), iter([recording(700)]), 4));
    assert!(quiet.places.is_empty(), "{quiet}");
    // Learning is no use of them.
    assert_eq!(rules.unused().len(), rules.len());
}

#[test]
fn nothing_is_applied_silently() {
    let tuning = tuning();
    block_on(noise::learn(&tuning, iter([recording(100)]), 2));
    let playback = block_on(tuning.play(recording(100))).unwrap();
    let odd = block_on(tuning.play(recording(100))).unwrap();
    assert!(tuning.all_rules().is_empty());
    assert_eq!(
        [playback, odd].map(|playback| tuning.judge(&playback).status).iter().max(),
        Some(&Status::Different)
    );
}

#[test]
fn code_that_does_the_same_every_time_makes_no_noise() {
    let same = Tuning::blocking(|recording: &Recording| Ok(checkout(recording.arguments::<(u64,)>()?.0, 7)));
    let noise = block_on(noise::learn(&same, iter([recording(100), recording(200)]), 2));
    assert_eq!((noise.recordings, noise.places.len(), noise.failures.len()), (2, 0, 0));
}

#[test]
fn a_recording_that_cannot_be_replayed_is_told_and_the_others_go_on() {
    let failing = Tuning::blocking(|recording: &Recording| {
        let (amount,) = recording.arguments::<(u64,)>()?;
        assert!(amount != 100, "no\n[[ignore]]");
        Ok(checkout(amount, 7))
    });
    let noise = block_on(noise::learn(&failing, iter([recording(100), recording(200)]), 2));
    assert_eq!((noise.recordings, noise.failures.len()), (2, 1));
    // What was said stays inside the comment.
    assert!(Rules::from_toml(&noise.to_string()).unwrap().is_empty(), "{noise}");
}

#[test]
fn a_default_that_is_there_or_not_is_absent_as_a_field_and_ignored_in_a_list() {
    #[derive(Serialize)]
    struct Paid {
        amounts: Vec<u64>,
        fees: BTreeMap<&'static str, u64>,
    }
    let paid = |odd: bool| {
        let amounts = if odd { vec![3, 0, 5] } else { vec![3, 5] };
        operation("Pay")
            .args(&())
            .run(|| Paid { amounts, fees: odd.then_some(("late", 0)).into_iter().collect() })
    };
    let recording = playback_testkit::record_blocking(|| paid(false)).recording();
    let clock = AtomicU64::new(0);
    let tuning = Tuning::blocking(move |_| Ok(paid(clock.fetch_add(1, Ordering::Relaxed) % 2 == 1)));
    let noise = block_on(noise::learn(&tuning, iter([recording.clone()]), 2));
    let rules: Vec<String> = noise.places.iter().map(|noisy| noisy.rule.in_short()).collect();
    let of = "category \"Pay\", output \"result\"";
    assert_eq!(
        rules,
        [format!("ignore \"amounts[*]\", {of}"), format!("default_is_absent \"fees[*]\", {of}")]
    );
    let quiet = block_on(noise::learn(&tuning.rules(&noise.rules()), iter([recording]), 2));
    assert!(quiet.places.is_empty(), "{quiet}");
}

#[test]
fn ids_of_many_digits_in_text_are_told_apart() {
    let place = |id: u64| operation("Place").args(&()).run(|| id.to_string());
    let recording = playback_testkit::record_blocking(|| place(1)).recording();
    let clock = AtomicU64::new(1_234_567_890_123_456_789);
    let tuning = Tuning::blocking(move |_| Ok(place(clock.fetch_add(1, Ordering::Relaxed))));
    let noise = block_on(noise::learn(&tuning, iter([recording]), 2));
    let rules: Vec<String> = noise.places.iter().map(|noisy| noisy.rule.in_short()).collect();
    assert_eq!(rules, ["tolerance \"\", absolute 2.0, category \"Place\", output \"result\""]);
}
