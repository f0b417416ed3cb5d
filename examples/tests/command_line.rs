//! The shop's own command line, run as people run it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail loudly"
)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use playback_examples::recording::{Place, record_a_day};
use tempfile::TempDir;

/// A day of the shop, and its command line on a version of the code.
struct Day {
    directory: TempDir,
}

struct Ran {
    out: String,
    err: String,
    code: Option<i32>,
}

impl Day {
    async fn record() -> Self {
        let directory = tempfile::tempdir().unwrap();
        record_a_day(&Place::empty(directory.path().join("recordings")).unwrap()).await.unwrap();
        Self { directory }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn command(&self, pricing: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shop-replay"));
        command.current_dir(self.directory.path()).env("SHOP_PRICING", pricing).env("NO_COLOR", "1");
        command.args(["--store", "recordings"]).args(arguments);
        command
    }

    fn run(&self, pricing: &str, arguments: &[&str]) -> Ran {
        let output = self.command(pricing, arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { out: text(output.stdout), err: text(output.stderr), code: output.status.code() }
    }
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap()
}

#[tokio::test]
async fn the_code_that_recorded_passes_and_the_changed_code_does_not() {
    let day = Day::record().await;
    let same = day.run("v1", &["compare"]);
    assert_eq!(same.code, Some(0), "{}{}", same.out, same.err);
    assert!(same.err.ends_with("passes\n"), "{}", same.err);
    assert!(same.out.contains("Checkout") && same.out.contains("Quote"), "{}", same.out);
    let apart = day.run("v1", &["compare", "--workers", "--jobs", "2"]);
    assert_eq!((apart.code, &apart.out), (Some(0), &same.out), "{}", apart.err);
    let changed = day.run("v2", &["compare"]);
    assert_eq!(changed.code, Some(1), "{}{}", changed.out, changed.err);
    assert!(changed.out.contains("shop.store") || changed.out.contains("result"), "{}", changed.out);
    let quiet = day.run("v2", &["compare", "--quiet", "--fail-on", "equalizer-failure"]);
    assert_eq!((quiet.code, quiet.out.as_str()), (Some(0), ""), "{}", quiet.err);
}

#[tokio::test]
async fn every_form_of_the_report_is_written() {
    let day = Day::record().await;
    let forms = ["html", "json", "junit", "markdown"];
    let arguments: Vec<String> =
        forms.iter().flat_map(|form| [format!("--{form}"), format!("out/report.{form}")]).collect();
    let arguments: Vec<&str> =
        ["compare", "-q"].into_iter().chain(arguments.iter().map(String::as_str)).collect();
    assert_eq!(day.run("v2", &arguments).code, Some(1));
    for (form, begins) in [("html", "<!doctype html>"), ("json", "{"), ("junit", "<?xml"), ("markdown", "#")]
    {
        let text = read(&day.file(&format!("out/report.{form}")));
        assert!(text.to_lowercase().starts_with(begins), "{form}: {}", &text[..80]);
    }
    let nowhere = day.run("v2", &["compare", "-q", "--html", "recordings/tape_recorder_recordings"]);
    assert_eq!(nowhere.code, Some(2));
    assert!(
        nowhere.err.contains("writing the report recordings/tape_recorder_recordings failed"),
        "{}",
        nowhere.err
    );
}

#[tokio::test]
async fn shards_together_report_what_one_run_does() {
    let day = Day::record().await;
    assert_eq!(day.run("v2", &["compare", "-q", "--json", "whole.json"]).code, Some(1));
    let mut files = Vec::new();
    for number in 1..=3 {
        let file = format!("{number}.json");
        let shard = format!("{number}/3");
        let ran = day.run(
            "v2",
            &["compare", "-q", "--shard", &shard, "--json", &file, "--fail-on", "equalizer-failure"],
        );
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        files.push(file);
    }
    let merge: Vec<&str> = ["report", "merge"].into_iter().chain(files.iter().map(String::as_str)).collect();
    let merged = day.run("v2", &merge);
    assert_eq!(merged.code, Some(1));
    let whole = day.run("v2", &["report", "merge", "whole.json"]);
    // But for durations, which differ from run to run.
    let table =
        |text: &str| text.lines().take_while(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(table(&merged.out), table(&whole.out));
    let broken = day.file("4.json");
    fs::write(&broken, "{\"format\":").unwrap();
    let refused = day.run("v2", &["report", "merge", "1.json", "4.json"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("4.json"), "{}", refused.err);
}

#[tokio::test]
async fn one_recording_is_replayed_in_the_foreground() {
    let day = Day::record().await;
    let same = day.run("v1", &["replay", "Checkout/@last"]);
    assert_eq!(same.code, Some(0), "{}{}", same.out, same.err);
    assert!(same.out.ends_with("\nequal\n"), "{}", same.out);
    let codes: Vec<_> = (0..8)
        .map(|back| {
            let ran = day.run("v2", &["replay", &format!("Checkout/@last~{back}"), "--calls"]);
            assert!(ran.out.contains("operation Checkout") && ran.out.contains("own code"), "{}", ran.out);
            ran.code
        })
        .collect();
    assert!(codes.contains(&Some(1)), "{codes:?}");
    let missing = day.run("v1", &["replay", "@last~99"]);
    assert_eq!(missing.code, Some(2));
}

#[tokio::test]
async fn a_bench_replays_as_often_as_it_is_told() {
    let day = Day::record().await;
    let ran = day.run("v1", &["bench", "Checkout/@last", "--runs", "5", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(json["runs"], 5);
    let times = ["min", "median", "max"].map(|what| json["duration"][what].as_u64().unwrap());
    assert!(times[0] > 0 && times.is_sorted(), "{json}");
    let ran = day.run("v1", &["bench", "Checkout/@last", "--runs", "3"]);
    assert!(ran.out.contains("recorded") && ran.out.contains("own code"), "{}", ran.out);
    assert_eq!(day.run("v1", &["bench", "Checkout/@last", "--runs", "0"]).code, Some(2));
}

#[tokio::test]
async fn nothing_to_compare_is_told_from_all_being_equal() {
    let day = Day::record().await;
    for arguments in
        [&["compare", "--until", "2020-01-01", "--since", "2019-01-01"][..], &["compare", "-c", "Chekout"]]
    {
        let ran = day.run("v1", arguments);
        assert_eq!(ran.code, Some(3), "{}{}", ran.out, ran.err);
    }
    let refused = day.run("v1", &["compare", "--fail-on", "all"]);
    assert_eq!(refused.code, Some(2));
}

#[tokio::test]
async fn conditions_and_rules_choose_what_is_compared() {
    let day = Day::record().await;
    let quotes = day.run("v1", &["compare", "--category", "Quo*", "--limit", "2"]);
    assert!(!quotes.out.contains("Checkout") && quotes.out.contains("Quote"), "{}", quotes.out);
    assert_eq!(quotes.code, Some(0));
    fs::write(day.file("rules.toml"), "[[rule]]\nnonsense = 1\n").unwrap();
    let refused = day.run("v1", &["compare", "--rules", "rules.toml"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("rules.toml"), "{}", refused.err);
    let one = day.run("v1", &["compare", "Checkout/@last"]);
    assert_eq!(one.code, Some(0), "{}", one.err);
    assert_eq!(day.run("v1", &["compare", "@last", "--since", "7d"]).code, Some(2));
}

#[tokio::test]
async fn a_report_that_nobody_reads_on_fails_all_the_same() {
    let day = Day::record().await;
    let mut child =
        day.command("v2", &["compare"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut out = BufReader::with_capacity(1, child.stdout.take().unwrap());
    out.read_line(&mut String::new()).unwrap();
    drop(out);
    assert_eq!(child.wait().unwrap().code(), Some(1));
}
