//! Pipes, colours, and recordings that would play tricks on a terminal.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use playback_core::{Recording, Value, input, operation, output};

use crate::run::{Place, ran};
use crate::shop;

/// Clears the screen, turns the direction of writing, and begins a control sequence in one character.
const TRICKS: &str = "\u{1b}[2J\u{202e}\u{9b}31m\r\u{7}";

fn tricky() -> Recording {
    let recording = shop::one(0, || {
        operation("Tricks\u{202e}")
            .args(&(TRICKS,))
            .run(|| {
                let alias = format!("alias{TRICKS}");
                let answer: String = input(alias).args(&(7,)).run(|| TRICKS.to_owned());
                Err::<(), String>(answer)
            })
            .unwrap_or(());
    });
    let mut metadata = recording.metadata().clone();
    metadata.fields.insert(format!("field{TRICKS}"), Value::from(TRICKS));
    metadata.service = Some(playback_core::Service { name: TRICKS.to_owned(), version: TRICKS.to_owned() });
    Recording::new(recording.id().clone(), metadata, recording.tape().clone())
}

#[test]
fn nothing_that_was_recorded_acts_on_the_terminal() {
    let plain = |text: &str| !text.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}');
    let place = Place::of(&[tricky(), shop::recordings()[0].clone()]);
    for arguments in [
        &["ls"][..],
        &["ls", "--json"],
        &["ls", "*"],
        &["ls", "*", "--json"],
        &["ls", "--ids"],
        &["show", "Tricks\u{202e}/@last"],
        &["show", "Tricks\u{202e}/@last", "--json"],
        &["show", "Tricks\u{202e}/@last", "--timeline"],
        &["diff", "Tricks\u{202e}/@last", "Checkout/@last"],
        &["diff", "Checkout/@last", "Tricks\u{202e}/@last"],
        &["stats"],
        &["stats", "--json"],
        &["rm", "--all"],
        &["show", "01"],
        &["show", TRICKS],
    ] {
        let ran = place.run(arguments);
        assert!(!ran.out.is_empty() || !ran.err.is_empty());
        assert!(plain(&ran.out) && plain(&ran.err), "{arguments:?}: {ran:?}");
        // Asked for colours, it writes those of its own and no others.
        let ran = place.run(&[arguments, &["--color", "always"]].concat());
        let without = anstream::adapter::strip_str(&ran.out).to_string();
        assert!(plain(&without) && !ran.out.contains("\u{1b}[2J"), "{arguments:?}: {ran:?}");
    }
    std::fs::write(place.object("metadata", 0), format!("{{\"format\":1,\"{TRICKS}\":")).unwrap();
    let ran = place.run(&["verify"]);
    assert!(ran.code == Some(1) && plain(&ran.out) && plain(&ran.err), "{ran:?}");
}

#[test]
fn nothing_that_was_recorded_is_a_command_to_the_ci_service_that_reads_the_output() {
    let command =
        "one\n::stop-commands::x\n  ::add-mask::y\n##[error]z\nand ##vso[task.setvariable variable=v]w\n";
    let recording = shop::one(0, || {
        operation("Tricks").args(&(command,)).run(|| {
            output("##[group]sent").args(&(command, vec![command])).run(|| command.to_owned());
            playback_core::add_metadata("note", command);
        })
    });
    let place = Place::of(&[recording, shop::recordings()[0].clone()]);
    let acts = |text: &str| {
        text.contains("##[")
            || text.contains("##vso[")
            || text.lines().any(|line| line.trim().starts_with("::"))
    };
    assert!(acts(command));
    for arguments in [
        &["show", "Tricks/@last"][..],
        &["show", "Tricks/@last", "--json"],
        &["show", "Tricks/@last", "--timeline"],
        &["diff", "Tricks/@last", "Checkout/@last"],
        &["ls", "*", "--json"],
        &["stats"],
    ] {
        let ran = place.run(arguments);
        assert!(!ran.out.is_empty() && !acts(&ran.out) && !acts(&ran.err), "{arguments:?}: {ran:?}");
    }
}

#[test]
fn colours_go_to_terminals_only_unless_asked_for() {
    let place = Place::of_objects();
    let is_coloured = |arguments: &[&str], variable: Option<&str>| {
        let mut command = place.command(arguments);
        if let Some(variable) = variable {
            command.env(variable, "1");
        }
        command.output().unwrap().stdout.contains(&0x1b)
    };
    assert!(!is_coloured(&["show", "01"], None));
    assert!(is_coloured(&["show", "01", "--color", "always"], None));
    assert!(is_coloured(&["show", "01"], Some("CLICOLOR_FORCE")));
    assert!(!is_coloured(&["show", "01"], Some("NO_COLOR")));
    assert!(!is_coloured(&["show", "01", "--color=never"], Some("CLICOLOR_FORCE")));
}

#[test]
fn a_pipe_that_nobody_reads_on_is_no_error() {
    // More than a pipe holds, so that the command writes when nobody reads.
    let place = Place::of(&[shop::one(0, || operation("Big").run(|| vec!["a line of its own"; 20_000]))]);
    for arguments in [&["show", "@last", "--full"][..], &["show", "@last", "--json"]] {
        let mut child =
            place.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.is_empty());
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn a_tape_file_goes_to_no_terminal() {
    let Ok(script) = std::process::Command::new("script").arg("--version").output() else {
        println!("skipped: there is no `script` here to make a terminal");
        return;
    };
    if !cfg!(target_os = "linux") || !script.status.success() {
        println!("skipped: this `script` makes no terminal");
        return;
    }
    let place = Place::of_objects();
    let on_a_terminal = |form: &str| {
        let line = format!("'{}' convert @last --out - --to {form}", env!("CARGO_BIN_EXE_playback"));
        let mut command = std::process::Command::new("script");
        command.env("PLAYBACK_STORE", place.path()).args(["-qec", &line, "/dev/null"]);
        ran(command.stdin(Stdio::null()).output().unwrap())
    };
    let refused = on_a_terminal("tape");
    assert!(refused.code == Some(2) && refused.out.contains("no text for a terminal"), "{refused:?}");
    assert!(!refused.out.contains('\0'), "{refused:?}");
    assert_eq!(on_a_terminal("text").code, Some(0));
}

#[test]
fn what_cannot_be_written_is_an_error() {
    let place = Place::of_objects();
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else {
        println!("skipped: this system has no /dev/full");
        return;
    };
    for arguments in [&["ls", "*"][..], &["convert", "@last", "--out", "-", "--to", "tape"]] {
        let output = place.command(arguments).stdout(full.try_clone().unwrap()).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("cannot write to the standard output"), "{said}");
    }
}

#[test]
fn shells_and_packagers_get_what_they_ask_for() {
    let place = Place::empty();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = place.run(&["completions", shell]).done();
        assert!(script.contains("verify") && script.contains("playback"), "{shell}");
    }
    let page = place.run(&["man"]).done();
    assert!(page.contains(".TH playback 1") && page.contains("Exit codes"), "{page}");
    let pages = place.path().join("man");
    place.run(&["man", "--to", pages.to_str().unwrap()]).done();
    for page in ["playback.1", "playback-show.1", "playback-prune.1"] {
        assert!(std::fs::read_to_string(pages.join(page)).unwrap().contains(".TH"), "{page}");
    }
}
