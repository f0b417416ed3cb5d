//! `compare` and `noise`, and where the command line is run.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use futures::executor::block_on;
use playback_studio::Rules;

use crate::command::{Place, answered, checkout, has_script, ticket, unread, wait};

pub(crate) const TESTS: &[(&str, fn())] = &[
    ("an_interrupted_compare_reports_what_was_done_and_exits_as_interrupted", interrupted),
    ("e8_progress_is_a_bar_on_a_terminal_lines_elsewhere_and_nothing_if_asked", progress),
    ("the_shard_is_the_one_that_the_ci_names", shard_of_the_ci),
    ("a_shard_that_is_not_merged_is_named_and_fails_the_run_unless_that_is_wanted", merged_in_part),
    ("a_shard_of_one_run_is_missed_where_another_run_has_all", merged_of_runs),
    ("what_the_gate_fails_on_may_begin_with_a_hyphen", hyphens),
    ("within_a_runtime_the_blocking_command_line_says_what_to_call", within_a_runtime),
    ("noise_prints_rules_that_compare_takes", noise),
    ("a_pattern_that_no_category_matches_is_said_to_match_none", unmatched),
    ("a_category_that_is_meant_twice_is_played_once", meant_twice),
    ("what_is_beyond_a_limit_that_nobody_gave_is_said", beyond_the_limit),
    ("incomplete_recordings_are_said_to_be_left_out_and_how_to_see_them", incomplete),
    ("hints_and_examples_name_the_command_that_was_run", named),
    ("ids_and_an_order_exclude_each_other", ids_in_order),
    ("what_nobody_reads_has_its_exit_code_all_the_same", unread_replays),
];

fn interrupted() {
    if !cfg!(unix) {
        return;
    }
    let place = Place::of(|| (0..5).for_each(|number| _ = wait(number, || ())));
    let mut child = place
        .service(
            "1",
            &[
                "compare",
                "--order",
                "oldest",
                "--jobs",
                "1",
                "--json",
                place.path().join("report.json").to_str().unwrap(),
            ],
        )
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut wait_for = |start: &str| {
        let mut line = String::new();
        while !line.starts_with(start) {
            line.clear();
            assert_ne!(said.read_line(&mut line).unwrap(), 0, "{start}");
        }
    };
    wait_for("waiting");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    wait_for("interrupted: ");
    // The one in work is let go, and ends well; no other is begun.
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"1").unwrap();
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{out}{rest}");
    assert!(
        out.contains("Wait               2      2") && rest.contains("it was interrupted"),
        "{out}{rest}"
    );
    let report = fs::read_to_string(place.path().join("report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["interrupted"], true, "{report}");
}

fn progress() {
    let place = Place::of_checkouts();
    let piped = place.run("1", &["compare"]);
    assert_eq!(piped.err, "3 recordings: 3 equal\npasses\n", "{piped:?}");
    assert_eq!(place.run("1", &["compare", "--quiet"]).err, "passes\n");
    if !has_script() {
        println!("skipped: there is no `script` here to make a terminal");
        return;
    }
    let on_a_terminal = |arguments: &[&str]| {
        let mut command = Command::new("script");
        let service = place.service("1", arguments);
        command
            .envs(service.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .env("TERM", "xterm");
        let line = format!("'{}' {}", service.get_program().to_str().unwrap(), arguments.join(" "));
        command.args(["-qec", &line, "/dev/null"]);
        answered(command, "").out
    };
    let shown = on_a_terminal(&["compare"]);
    assert!(shown.contains('█') && shown.contains("recordings: "), "{shown}");
    let quiet = on_a_terminal(&["compare", "--quiet"]);
    assert_eq!(quiet.trim_end(), "passes");
}

fn shard_of_the_ci() {
    let place = Place::of_checkouts();
    let played = |variables: &[(&str, &str)]| {
        let mut command = place.service("1", &["compare", "--shard", "auto"]);
        let output = command.envs(variables.iter().copied()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        (output.status.code(), text)
    };
    let (code, whole) = played(&[]);
    assert!(code == Some(0) && whole.contains("3 recordings"), "{whole}");
    // Twenty shards of three recordings: some have none, and together they have all, each once.
    let number =
        |index: u32| match played(&[("JOB_COMPLETION_INDEX", &index.to_string()), ("PLAYBACK_SHARDS", "20")])
        {
            (Some(3), _) => 0,
            (Some(0), said) if said.contains("1 recording:") => 1,
            (Some(0), said) if said.contains("2 recordings:") => 2,
            other => panic!("{other:?}"),
        };
    assert_eq!((0..20).map(number).sum::<u32>(), 3);
    let (code, said) = played(&[("JOB_COMPLETION_INDEX", "0")]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("PLAYBACK_SHARDS"), "{said}");
}

fn merged_in_part() {
    let place = Place::of_checkouts();
    let report = |number: u32| place.path().join(format!("{number}.json")).to_str().unwrap().to_owned();
    for number in 1..=3 {
        let shard = format!("{number}/3");
        // A shard passes by itself, and one of three recordings may have none.
        let ran = place.run("1", &["compare", "-q", "--shard", &shard, "--json", &report(number)]);
        assert!(matches!(ran.code, Some(0 | 3)), "{ran:?}");
    }
    let merge = |numbers: &[u32], more: &[&str]| {
        let files: Vec<String> = numbers.iter().map(|number| report(*number)).collect();
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        place.playback(&[&["report", "merge"], &files[..], more].concat(), "")
    };
    let all = merge(&[3, 1, 2], &[]);
    assert_eq!((all.code, all.err.as_str()), (Some(0), "passes\n"), "{all:?}");
    let html = place.path().join("merged.html");
    let in_part = merge(&[3, 2], &["--html", html.to_str().unwrap()]);
    assert_eq!(in_part.code, Some(2), "{in_part:?}");
    assert!(in_part.err.starts_with("fails: there is no report of the shards 1/3; "), "{in_part:?}");
    assert!(in_part.out.starts_with("there is no report of the shards 1/3; "), "{in_part:?}");
    assert!(fs::read_to_string(&html).unwrap().contains("no report of the shards 1/3"));
    let wanted = merge(&[3, 2], &["--partial", "--fail-on", "any,-nothing"]);
    assert_eq!(wanted.code, Some(0), "{wanted:?}");
    assert!(wanted.err.starts_with("warning: there is no report of the shards 1/3; "), "{wanted:?}");
    let doubled = merge(&[3, 1, 2, 1], &[]);
    assert_eq!((doubled.code, &doubled.out), (Some(0), &all.out), "{doubled:?}");
    assert!(doubled.err.starts_with("warning: there is more than one report of 1/3; "), "{doubled:?}");
}

fn merged_of_runs() {
    let place = Place::of(|| {
        futures::executor::block_on(checkout(100, 1));
        ticket("ann");
    });
    let mut merge = vec!["report".to_owned(), "merge".to_owned()];
    for (category, shard) in [("Checkout", "1/2"), ("Checkout", "2/2"), ("Ticket", "1/2")] {
        let file = place.path().join(format!("{category} {}.json", &shard[..1]));
        merge.push(file.to_str().unwrap().to_owned());
        place.run(
            "1",
            &["compare", "-q", "-c", category, "--shard", shard, "--json", &merge[merge.len() - 1]],
        );
    }
    let merge: Vec<&str> = merge.iter().map(String::as_str).collect();
    let ran = place.playback(&merge, "");
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("there is no report of the shards 2/2 of Ticket; "), "{ran:?}");
    assert!(!ran.err.contains("more than one report"), "{ran:?}");
}

fn hyphens() {
    let place = Place::of_checkouts();
    for gate in [&["--fail-on", "-value-changed,-output-added"][..], &["--fail-on=-value-changed"]] {
        let ran = place.run("2", &[&["compare", "-q"], gate].concat());
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), "passes\n"), "{ran:?}");
    }
    let ran = place.run("2", &["compare", "-q", "--fail-on", "-type-changed"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    // A forgotten list is no list.
    let ran = place.run("2", &["compare", "--fail-on", "--quiet"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("\"--quiet\" is nothing that a run can fail on"), "{ran:?}");
}

fn within_a_runtime() {
    let ran = Place::of_checkouts().run("async", &["ls"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("call `Cli::run_async` there"), "{ran:?}");
}

fn noise() {
    let place = Place::of(|| ["ann", "bob"].into_iter().for_each(|name| _ = ticket(name)));
    let ran = place.run("1", &["noise", "--times", "2"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("# differed in 2 of 2"), "{ran:?}");
    assert_eq!(Rules::from_toml(&ran.out).unwrap().iter().count(), 1, "{}", ran.out);
    // A category that is not there, and a single one of a recording.
    assert_eq!(place.run("1", &["noise", "-c", "Checkout"]).code, Some(3));
    assert!(place.run("1", &["noise", "@last"]).out.contains("# differed in 1 of 1"));

    assert_eq!(place.run("1", &["compare", "-q"]).code, Some(1));
    let rules = place.path().join("rules.toml");
    fs::write(&rules, ran.out).unwrap();
    let compared = place.run("1", &["compare", "--rules", rules.to_str().unwrap()]);
    assert_eq!(compared.code, Some(0), "{compared:?}");
}

fn unread_replays() {
    let place = Place::of_checkouts();
    for arguments in [&["replay", "@last"][..], &["compare", "--quiet"], &["compare"]] {
        let codes = ["1", "2"].map(|version| unread(place.service(version, arguments), "").code);
        assert_eq!(codes, [Some(0), Some(1)], "{arguments:?}");
    }
}

fn unmatched() {
    let place = Place::of_checkouts();
    let ran = place.run("1", &["compare", "--category", "Chek*"]);
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.out.contains("`Checkout`, none was asked for"), "{ran:?}");
    let empty = Place::of(|| ());
    let ran = empty.run("1", &["compare", "--category", "Chek*"]);
    assert!(ran.code == Some(3) && ran.out.contains("no recordings of any category"), "{ran:?}");
}

fn meant_twice() {
    let place = Place::of_checkouts();
    let ran = place.run("1", &["compare", "-c", "Checkout", "-c", "Check*", "-c", "*out"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), "3 recordings: 3 equal\npasses\n"), "{ran:?}");
    let place = Place::of(|| _ = ticket("ann"));
    let noise = place.run("1", &["noise", "--times", "2", "-c", "Ticket", "-c", "*"]);
    assert!(noise.out.contains("# differed in 1 of 1"), "{noise:?}");
}

fn ids_in_order() {
    let place = Place::of_checkouts();
    for more in [&["--order", "oldest"][..], &["--order", "random", "--seed", "7"]] {
        let ran = place.run("1", &[&["compare", "@last"], more].concat());
        assert!(ran.code == Some(2) && ran.err.contains("exclude each other"), "{ran:?}");
    }
}

fn beyond_the_limit() {
    let place = Place::of_objects(|| (100..123).for_each(|amount| _ = block_on(checkout(amount, 1))));
    // Recorded at the new year, as tests do.
    let compare = ["compare", "--since", "2025-12-31"];
    let compared = |more: &[&str]| {
        let ran = place.run("1", &[&compare, more].concat());
        assert_eq!(ran.code, Some(0), "{ran:?}");
        ran.out
    };
    for (more, said) in [
        (&[][..], "20 of 23, some of every day"),
        (&["--filter", "failed=false"], "20 of 23, some of every day"),
        (&["--order", "newest"], "the newest 20 of 23"),
        (&["--order", "oldest"], "the oldest 20 of 23"),
        (&["--order", "random"], "20 of 23, drawn at random"),
    ] {
        let out = compared(more);
        assert!(out.contains(&format!("\nleft out\n  Checkout: {said}; --limit replays more\n")), "{out}");
    }
    for limit in ["23", "7"] {
        assert!(!compared(&["--limit", limit]).contains("left out"), "{limit}");
    }
    // Shards say the same, and together they say it once.
    let file = |number: u32| place.path().join(format!("{number}.json")).to_str().unwrap().to_owned();
    for number in [1, 2] {
        let shard = format!("{number}/2");
        place.run("1", &[&compare[..], &["--quiet", "--shard", &shard, "--json", &file(number)]].concat());
    }
    let markdown = place.path().join("report.md");
    let merged =
        place.run("1", &["report", "merge", &file(1), &file(2), "--markdown", markdown.to_str().unwrap()]);
    assert_eq!(merged.out.matches("20 of 23").count(), 1, "{merged:?}");
    assert_eq!(fs::read_to_string(markdown).unwrap().matches("20 of 23").count(), 1);
    let noise = place.run("1", &["noise", "--since", "2025-12-31", "--times", "2"]);
    assert_eq!(noise.err, "left out of Checkout: 20 of 23, some of every day; --limit replays more\n");
    // Of a directory of files all are replayed.
    let place = Place::of(|| (100..123).for_each(|amount| _ = block_on(checkout(amount, 1))));
    let ran = place.run("1", &["compare"]);
    assert!(ran.err.starts_with("23 recordings: 23 equal") && !ran.out.contains("left out"), "{ran:?}");
}

fn incomplete() {
    let record = || {
        wait(0, || ());
        for _ in 0..3 {
            let _ = std::panic::catch_unwind(|| wait(0, || panic!("no")));
        }
    };
    for place in [Place::of(record), Place::of_objects(record)] {
        let ran = place.run("1", &["compare", "--since", "2025-12-31"]);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), "1 recording: 1 equal\npasses\n"), "{ran:?}");
        let said = "left out\n  Wait: 3 incomplete, whose operation panicked or was cancelled; `service ls --filter \
                    incomplete=true` lists them\n";
        assert!(ran.out.contains(said), "{ran:?}");
        let listed = place.run("1", &["ls", "Wait", "--filter", "incomplete=true", "--ids"]);
        assert_eq!(listed.out.lines().count(), 3, "{listed:?}");
        // Not where they are asked for, or not meant.
        for more in [&["--filter", "incomplete=false", "--since", "2025-12-31"][..], &["@last~3"]] {
            let ran = place.run("1", &[&["compare"], more].concat());
            assert!(ran.code == Some(0) && !ran.out.contains("left out"), "{ran:?}");
        }
    }
}

fn named() {
    let place = Place::of_checkouts();
    let ran = place.run("1", &["show", "~~"]);
    assert!(ran.err.contains("`service ls '*'` lists those that there are"), "{ran:?}");
    let help = place.run("1", &["pull", "--help"]).out;
    assert!(help.contains("`service pull s3://recordings/checkout"), "{help}");
    assert!(place.playback(&["pull", "--help"], "").out.contains("`playback pull s3://recordings/checkout"));
    assert!(place.playback(&["show", "~~"], "").err.contains("`playback ls '*'`"));
}
