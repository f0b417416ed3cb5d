//! One test per recording. This target is two: with a directory in its environment it is such a target, and without it
//! runs itself as one, and looks at what that does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use common::{checkout_with, incomplete};
use futures::executor::block_on;
use libtest_mimic::{Arguments, Trial};
use playback_cassette::{Cassette, Order, Query, text};
use playback_cassette_s3::ObjectStoreCassette;
use playback_core::{FutureExt, Recording, RecordingId, input, operation};
use playback_equalizer::{Error, Rules, Tuning};
use playback_testkit::harness::Harness;
use playback_testkit::{Fixtures, record};

const DIRECTORY: &str = "HARNESS_TEST_DIRECTORY";
const URL: &str = "HARNESS_TEST_URL";
const LIMIT: &str = "HARNESS_TEST_LIMIT";
const ALL: &str = "HARNESS_TEST_ALL";
const FEE: &str = "HARNESS_TEST_FEE";
const RULE: &str = "HARNESS_TEST_RULE";
const TIME: &str = "HARNESS_TEST_TIME";

fn main() -> ExitCode {
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        let mut harness = Harness::directory(directory, tuner).unused_rules_fail();
        if let Ok(time) = std::env::var(TIME) {
            harness = harness.time_limit(Duration::from_millis(time.parse().unwrap()));
        }
        return if std::env::var_os(ALL).is_some() { harness.unused_recordings_fail() } else { harness }
            .main();
    }
    if let Ok(url) = std::env::var(URL) {
        let limit = std::env::var(LIMIT).unwrap().parse().unwrap();
        // What `harness!` makes of a URL and a query.
        let query = Query::new().category("Checkout").order(Order::OldestFirst).limit(limit);
        return Harness::place("", &url, tuner).query(query).unused_recordings_fail().main();
    }
    let tests: [(&str, fn()); 14] = [
        ("each_recording_is_a_test_named_by_its_id", each_recording_is_a_test_named_by_its_id),
        ("a_filter_picks_a_category_and_an_exact_name_a_recording", a_filter_picks),
        ("a_replay_that_is_not_equal_fails_with_its_differences", not_equal_fails),
        ("a_change_is_made_pending_and_taken_back_when_the_replay_is_equal_again", pending),
        ("changes_are_accepted_for_a_run", accepted),
        ("what_cannot_be_read_and_what_the_tuner_refuses_fail_and_the_others_pass", refused),
        ("no_recordings_fail", nothing),
        ("a_thousand_recordings_are_listed_by_their_heads", a_thousand),
        ("operations_run_on_tokio_and_what_escapes_is_refused", escapes),
        ("a_replay_that_does_not_end_is_given_up_whether_it_waits_or_blocks", endless),
        ("a_rule_that_matched_nothing_fails_the_run", unused_rule),
        ("recordings_that_no_test_replays_fail_a_test_that_names_them", unused_recordings),
        ("incomplete_recordings_are_ignored_tests", incomplete_ignored),
        ("what_a_query_finds_in_an_object_store_are_tests", object_store),
    ];
    let tests = tests.map(|(name, test)| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), tests.into()).exit_code()
}

fn tuner(category: &str) -> Result<Tuning, Error> {
    let fee = std::env::var(FEE).map_or(0, |fee| fee.parse().unwrap());
    let rules = std::env::var(RULE).map_or(Rules::new(), |path| Rules::new().ignore(&path).unwrap());
    match category {
        "Checkout" => {
            Ok(Tuning::of(move |(customer, amount)| checkout_with(customer, amount, fee)).rules(&rules))
        }
        "Spawn" => Ok(Tuning::of(|(is_bound,)| spawn(is_bound))),
        "Wait" => Ok(Tuning::of(|()| operation("Wait").args(&()).run_async(std::future::pending::<()>()))),
        "Block" => Ok(Tuning::blocking(|_| Ok(operation("Block").args(&()).run(block)))),
        other => Err(format!("no operation `{other}`").into()),
    }
}

/// Waits on a tokio timer, and reads an input in a task of its own, bound or not.
async fn spawn(is_bound: bool) -> u64 {
    let body = async move {
        tokio::time::sleep(Duration::from_millis(1)).await;
        let read = async { input("read").args(&()).run_async(async { 7 }).await };
        let task = if is_bound { tokio::spawn(read.in_current_context()) } else { tokio::spawn(read) };
        task.await.unwrap_or(0)
    };
    operation("Spawn").args(&(is_bound,)).run_async(body).await
}

/// Never returns.
fn block() -> u64 {
    loop {
        std::thread::park();
    }
}

fn fixtures(directory: &Path, amounts: &[u64]) -> Vec<Recording> {
    let record_all = async {
        for amount in amounts {
            let _ = checkout_with(7, *amount, 0).await;
        }
    };
    let recordings = block_on(record(record_all)).recordings;
    let fixtures = Fixtures::writable(directory).unwrap();
    for recording in &recordings {
        block_on(fixtures.save(recording)).unwrap();
    }
    recordings
}

/// Runs this target on a directory: whether it passed, and what it said.
#[track_caller]
fn run(directory: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> (bool, String) {
    run_on((DIRECTORY, directory.to_str().unwrap()), arguments, environment)
}

#[track_caller]
fn run_on(place: (&str, &str), arguments: &[&str], environment: &[(&str, &str)]) -> (bool, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env_remove("PLAYBACK_ACCEPT").env(place.0, place.1).args(arguments);
    let output = command.envs(environment.iter().copied()).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

fn each_recording_is_a_test_named_by_its_id() {
    let directory = tempfile::tempdir().unwrap();
    let recordings = fixtures(directory.path(), &[100, 200]);
    let (_, list) = run(directory.path(), &["--list", "--format", "terse"], &[]);
    let names: Vec<String> = recordings.iter().map(|recording| format!("{}: test", recording.id())).collect();
    assert_eq!(list.lines().collect::<Vec<_>>(), names);
    let (_, ignored) = run(directory.path(), &["--list", "--format", "terse", "--ignored"], &[]);
    assert_eq!(ignored, "");
    let (passed, said) = run(directory.path(), &[], &[]);
    assert!(passed && said.contains("2 passed"), "{said}");
}

fn a_filter_picks() {
    let directory = tempfile::tempdir().unwrap();
    let recordings = fixtures(directory.path(), &[100, 200]);
    let (passed, said) = run(directory.path(), &["Checkout/"], &[]);
    assert!(passed && said.contains("2 passed"), "{said}");
    let (passed, said) = run(directory.path(), &["Refund/"], &[]);
    assert!(passed && said.contains("0 passed") && said.contains("2 filtered out"), "{said}");
    let name = recordings[1].id().to_string();
    let (passed, said) = run(directory.path(), &["--exact", &name, "--nocapture"], &[]);
    assert!(passed && said.contains("1 passed") && said.contains("0 filtered out"), "{said}");
    let gone = "Checkout/20260101/01KDVDNA000000000000000009";
    let (passed, said) = run(directory.path(), &["--exact", gone], &[]);
    assert!(!passed && said.contains("there is no recording"), "{said}");
}

fn not_equal_fails() {
    let directory = tempfile::tempdir().unwrap();
    let recordings = fixtures(directory.path(), &[100]);
    let file = Fixtures::open(directory.path()).unwrap().path_of(recordings[0].id()).unwrap();
    let (passed, said) = run(directory.path(), &[], &[(FEE, "3")]);
    assert!(!passed, "{said}");
    assert!(
        said.contains(&recordings[0].id().to_string()) && said.contains(file.to_str().unwrap()),
        "{said}"
    );
    assert!(said.contains("~ total: 95 -> 98"), "{said}");
    assert!(said.contains("if the change is wanted: PLAYBACK_ACCEPT=pending"), "{said}");
}

fn pending() {
    let directory = tempfile::tempdir().unwrap();
    let recordings = fixtures(directory.path(), &[100]);
    let mut file =
        Fixtures::open(directory.path()).unwrap().path_of(recordings[0].id()).unwrap().into_os_string();
    file.push(".pending");
    let (passed, said) = run(directory.path(), &[], &[(FEE, "3"), ("PLAYBACK_ACCEPT", "pending")]);
    assert!(!passed && said.contains("-  total: 95\n+  total: 98"), "{said}");
    assert!(std::fs::read_to_string(&file).unwrap().contains("  total: 98\n"));
    let (passed, said) = run(directory.path(), &[], &[("PLAYBACK_ACCEPT", "pending")]);
    assert!(passed, "{said}");
    assert!(!Path::new(&file).exists());
}

fn accepted() {
    let directory = tempfile::tempdir().unwrap();
    fixtures(directory.path(), &[100, 200]);
    let (passed, said) = run(directory.path(), &[], &[(FEE, "3"), ("PLAYBACK_ACCEPT", "always")]);
    assert!(passed, "{said}");
    let (passed, said) = run(directory.path(), &[], &[(FEE, "3")]);
    assert!(passed, "{said}");
    assert!(!run(directory.path(), &[], &[]).0);
    let (passed, said) = run(directory.path(), &[], &[("PLAYBACK_ACCEPT", "alway")]);
    assert!(!passed && said.contains("PLAYBACK_ACCEPT is \"alway\"; say no, pending or always"), "{said}");
}

fn refused() {
    let directory = tempfile::tempdir().unwrap();
    fixtures(directory.path(), &[100]);
    std::fs::write(directory.path().join("wrong.tape.txt"), "playback recording 1\nit").unwrap();
    let fixtures = Fixtures::writable(directory.path()).unwrap();
    let refund = record_blocking_refund();
    fixtures.keep(&refund, "refund").unwrap();
    let (passed, said) = run(directory.path(), &[], &[]);
    assert!(!passed && said.contains("1 passed; 2 failed"), "{said}");
    assert!(said.contains("wrong.tape.txt, line 2, column 1: expected one of"), "{said}");
    assert!(said.contains("the tuner refused the category `Refund`: no operation `Refund`"), "{said}");
}

fn record_blocking_refund() -> Recording {
    playback_testkit::record_blocking(|| operation("Refund").run(|| ())).recording()
}

fn nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (passed, said) = run(directory.path(), &[], &[]);
    assert!(!passed && said.contains("there are no complete recordings in the directory"), "{said}");
    let (passed, said) = run(&directory.path().join("nowhere"), &[], &[]);
    assert!(!passed && said.contains("cannot list the directory"), "{said}");
}

fn a_thousand() {
    let directory = tempfile::tempdir().unwrap();
    let [recording] = <[Recording; 1]>::try_from(fixtures(directory.path(), &[100])).unwrap();
    let written = text::encode(&recording).unwrap();
    let (head, _) = written.split_once("\noperation ").unwrap();
    for number in 2..=1000 {
        let id = format!("Checkout/20260101/01KDVDNA00{number:016}");
        let head = head.replace(&recording.id().to_string(), &id);
        // Whoever reads on finds what is no recording.
        std::fs::write(directory.path().join(format!("{number}.tape.txt")), format!("{head}\noutput x\n?"))
            .unwrap();
    }
    let (_, list) = run(directory.path(), &["--list", "--format", "terse"], &[]);
    assert_eq!(list.lines().count(), 1000);
    assert!(
        list.lines().all(|line| line.strip_suffix(": test").unwrap().parse::<RecordingId>().is_ok()),
        "{list}"
    );
    let (passed, said) = run(directory.path(), &[&recording.id().to_string()], &[]);
    assert!(passed && said.contains("1 passed"), "{said}");
}

fn escapes() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let fixtures_of = |is_bound: bool| {
        let directory = tempfile::tempdir().unwrap();
        let recording = runtime.block_on(record(spawn(is_bound))).recording();
        Fixtures::writable(directory.path()).unwrap().keep(&recording, "one").unwrap();
        directory
    };
    let (passed, said) = run(fixtures_of(true).path(), &[], &[]);
    assert!(passed, "{said}");
    let escaping = fixtures_of(false);
    let recorded = std::fs::read(escaping.path().join("one.tape.txt")).unwrap();
    // A failure is no change that can be accepted.
    for accept in ["no", "pending", "always"] {
        let (passed, said) = run(escaping.path(), &[], &[("PLAYBACK_ACCEPT", accept)]);
        assert!(!passed && said.contains("`read`") && said.contains("in_current_context"), "{said}");
        assert!(!said.contains("if the change is wanted"), "{said}");
        assert_eq!(std::fs::read_dir(escaping.path()).unwrap().count(), 1, "{accept}");
        assert_eq!(std::fs::read(escaping.path().join("one.tape.txt")).unwrap(), recorded, "{accept}");
    }
}

fn endless() {
    let endless = ["Wait", "Block"].map(|category| {
        let directory = tempfile::tempdir().unwrap();
        let recorded = || operation(category).args(&()).run(|| ());
        let recording = playback_testkit::record_blocking(recorded).recording();
        Fixtures::writable(directory.path()).unwrap().keep(&recording, "endless").unwrap();
        // On threads of their own, and on the main one.
        ["--test-threads=2", "--test-threads=1"]
            .map(|threads| run(directory.path(), &[threads], &[(TIME, "200")]))
    });
    for (passed, said) in endless.iter().flatten() {
        assert!(!passed && said.contains("the replay did not end within 200ms"), "{said}");
        assert!(said.contains("test result: FAILED. 0 passed; 1 failed"), "{said}");
    }
}

fn unused_rule() {
    let directory = tempfile::tempdir().unwrap();
    fixtures(directory.path(), &[100]);
    let (passed, said) = run(directory.path(), &[], &[(RULE, "**.nowhere")]);
    assert!(!passed && said.contains("rules that matched nothing") && said.contains("nowhere"), "{said}");
    // Where not all run, another recording may be what the rule is for.
    for some in ["Checkout/", "--skip=Checkout/", "--ignored", "--bench", "--list"] {
        let (passed, said) = run(directory.path(), &[some], &[(RULE, "**.nowhere")]);
        assert!(passed, "{some}: {said}");
    }
    let (passed, said) = run(directory.path(), &["--skip=Refund/"], &[(RULE, "**.nowhere")]);
    assert!(!passed && said.contains("rules that matched nothing"), "{said}");
}

fn unused_recordings() {
    let directory = tempfile::tempdir().unwrap();
    fixtures(directory.path(), &[100]);
    let (passed, said) = run(directory.path(), &[], &[(ALL, "1")]);
    assert!(passed && said.contains("2 passed"), "{said}");
    let recording = incomplete();
    let file = Fixtures::writable(directory.path()).unwrap().keep(&recording, "cut short").unwrap();
    let named = format!("\n  {}: it is incomplete ({})\n", recording.id(), file.display());
    // By its name as well, as nextest runs it.
    for arguments in [&[][..], &["--exact", "every recording is replayed"]] {
        let (passed, said) = run(directory.path(), arguments, &[(ALL, "1")]);
        assert!(
            !passed && said.contains("recordings that no test replays:") && said.contains(&named),
            "{said}"
        );
    }
    // Not where nobody asked for it, and not among those of a category.
    assert!(run(directory.path(), &[], &[]).0);
    assert!(run(directory.path(), &["Checkout/"], &[(ALL, "1")]).0);
}

fn incomplete_ignored() {
    let directory = tempfile::tempdir().unwrap();
    let recording = incomplete();
    let name = recording.id().to_string();
    Fixtures::writable(directory.path()).unwrap().keep(&recording, "cut short").unwrap();
    // By itself it is none to test.
    let (passed, said) = run(directory.path(), &[], &[]);
    assert!(!passed && said.contains("no complete recordings") && said.contains("1 ignored"), "{said}");
    fixtures(directory.path(), &[100]);
    let (passed, said) = run(directory.path(), &[], &[]);
    assert!(passed && said.contains("1 passed; 0 failed; 1 ignored"), "{said}");
    assert!(said.lines().any(|line| line.contains(&name) && line.contains("ignored")), "{said}");
    let (_, list) = run(directory.path(), &["--list", "--format", "terse", "--ignored"], &[]);
    assert_eq!(list, format!("{name}: test\n"));
    // Where it is asked for, it is replayed, which the tuner here refuses; by its name as well.
    for arguments in [&["--ignored"][..], &["--ignored", "--exact", &name], &["--include-ignored"]] {
        let (passed, said) = run(directory.path(), arguments, &[]);
        assert!(!passed && said.contains("no operation `Waiting`"), "{said}");
    }
    // It hides no rule that matches nothing, since no run has it.
    let (passed, said) = run(directory.path(), &[], &[(RULE, "**.nowhere")]);
    assert!(!passed && said.contains("rules that matched nothing"), "{said}");
}

fn object_store() {
    let directory = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let url = format!("file://{}", directory.path().display());
    let store = ObjectStoreCassette::from_url(&url).unwrap().read_only(false);
    let checkouts = async {
        for amount in [100, 200, 300] {
            checkout_with(7, amount, 0).await.unwrap();
        }
        operation("Refund").run(|| ());
    };
    let recordings = runtime.block_on(record(checkouts)).recordings;
    for recording in &recordings {
        runtime.block_on(store.save(recording)).unwrap();
    }
    let listed = |limit: &str| {
        let (_, list) = run_on((URL, &url), &["--list", "--format", "terse"], &[(LIMIT, limit)]);
        list.lines().map(|line| line.trim_end_matches(": test").to_owned()).collect::<Vec<_>>()
    };
    let names = |count: usize| {
        let ids = recordings.iter().take(count).map(|recording| recording.id().to_string());
        ids.chain(["every recording is replayed".to_owned()]).collect::<Vec<_>>()
    };
    assert_eq!(listed("2"), names(2));
    assert_eq!(listed("9"), names(3));
    let (passed, said) = run_on((URL, &url), &["Checkout/"], &[(LIMIT, "2")]);
    assert!(passed && said.contains("2 passed") && said.contains("1 filtered out"), "{said}");
    let (passed, said) = run_on((URL, &url), &[], &[(LIMIT, "2")]);
    let left_out = |at: usize| format!("\n  {}: the query leaves it out\n", recordings[at].id());
    assert!(!passed && said.contains(&left_out(2)) && said.contains(&left_out(3)), "{said}");
    let (passed, said) = run_on((URL, &url), &["Checkout/"], &[(LIMIT, "2"), (FEE, "3")]);
    assert!(!passed && said.contains("2 failed") && said.contains("~ total: 95 -> 98"), "{said}");
    // By its exact name, as nextest runs it: found where the query would not look.
    let (passed, said) = run_on((URL, &url), &["--exact", &recordings[2].id().to_string()], &[(LIMIT, "1")]);
    assert!(passed && said.contains("1 passed"), "{said}");
    let accept = [(LIMIT, "1"), ("PLAYBACK_ACCEPT", "always")];
    let (passed, said) = run_on((URL, &url), &[], &accept);
    assert!(!passed && said.contains("only recordings in a directory are accepted"), "{said}");
}
