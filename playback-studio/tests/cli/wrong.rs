//! What is said when something is wrong: with the store, with an id, with what was asked for.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use playback_cassette::format;

use crate::run::{Place, Ran, playback, ran, size};
use crate::shop;

/// Every command that only looks, as it is asked for one recording or many.
const READING: [&[&str]; 6] =
    [&["ls"], &["ls", "*"], &["stats"], &["verify"], &["show", "@last"], &["diff", "@last", "@last"]];
const CHANGING: [&[&str]; 4] = [
    &["rm", "--all", "--yes"],
    &["prune", "--keep", "0", "--yes"],
    &["push", "elsewhere", "--all"],
    &["scrub", "--rules", "rules.toml", "--all", "--yes"],
];

#[test]
fn a_store_that_is_not_there_is_not_made() {
    let place = Place::empty();
    let missing = place.path().join("missing");
    for arguments in READING.iter().chain(&CHANGING) {
        let mut command = playback();
        let ran =
            ran(command.current_dir(place.path()).args(*arguments).arg("-s").arg(&missing).output().unwrap());
        let said = ran.failed();
        assert!(
            said.contains("there is no directory") && said.contains("`--store URL|DIR`"),
            "{arguments:?}: {said}"
        );
        assert!(!missing.exists());
    }
    // Nor is the one that is meant when none is named.
    let ran = ran(playback().current_dir(place.path()).arg("ls").output().unwrap());
    assert_eq!(
        ran.failed(),
        "error: there is no directory tests/recordings; name the store by `--store URL|DIR` or in the variable \
         PLAYBACK_STORE\n"
    );
}

#[test]
fn an_empty_store_has_no_recordings() {
    let place = Place::empty();
    for arguments in [&["ls"][..], &["ls", "*"], &["stats"], &["verify"], &["prune", "--keep", "0", "--yes"]]
    {
        let ran = place.run_here(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""), "{arguments:?}");
        assert!(ran.err.contains("in the directory HERE"), "{ran:?}");
    }
    assert_eq!(
        place.run_here(&["show", "@last"]).failed(),
        "error: there are no recordings in the directory HERE; record some, or name another store\n"
    );
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn a_directory_of_something_else_is_refused() {
    let place = Place::empty();
    fs::write(place.path().join("README.md"), "hello").unwrap();
    for arguments in READING.iter().chain(&CHANGING) {
        let said = place.run_here(arguments).failed();
        assert!(said.contains("the directory HERE holds no recordings: neither"), "{arguments:?}: {said}");
    }
    let file = place.path().join("README.md");
    let said = ran(playback().arg("ls").arg("-s").arg(file).output().unwrap()).failed();
    assert!(said.contains("README.md is a file, and a store is a directory or a URL"), "{said}");
}

#[test]
fn a_store_of_prefixes_lists_them() {
    let place = Place::of_objects();
    let root = place.path().join("tape_recorder_recordings");
    fs::create_dir_all(root.join("team-a/eu")).unwrap();
    for tree in ["full", "metadata"] {
        fs::rename(root.join(tree), root.join("team-a/eu").join(tree)).unwrap();
    }
    let said = place.run_here(&["ls"]).failed();
    assert!(
        said.contains("under prefixes only; name one:\n  --store HERE/tape_recorder_recordings/team-a/eu\n"),
        "{said}"
    );
    let below = root.join("team-a/eu");
    let listed = ran(playback().arg("ls").arg("--store").arg(below).output().unwrap()).done();
    assert!(listed.contains(&format!("Checkout            3  {}", size(0..3))), "{listed}");
}

#[test]
fn urls_are_refused_with_what_to_write_instead() {
    for (url, message) in [
        ("ftp://somewhere", "`ftp` is no scheme of a store"),
        ("file://relative", "write `file:///absolute/path`"),
    ] {
        let said = ran(playback().args(["ls", "--store", url]).output().unwrap()).failed();
        assert!(said.contains(message), "{said}");
    }
    if cfg!(not(feature = "aws")) {
        let said = ran(playback().args(["ls", "--store", "s3://secret-bucket/x"]).output().unwrap()).failed();
        assert!(said.contains("built without the client for `s3://`; build it with the feature"), "{said}");
    }
    let place = Place::of_objects();
    let url = format!("file://{}", place.path().display());
    let listed = ran(playback().args(["ls", "--store", &url]).output().unwrap()).done();
    assert!(listed.contains(&format!("Checkout            3  {}", size(0..3))), "{listed}");
}

/// Runs a command as someone who is not root, who may do anything.
pub(crate) fn run_as_nobody(place: &Place, arguments: &[&str]) -> Ran {
    let mut command = place.command(arguments);
    if fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0) {
        std::os::unix::process::CommandExt::uid(&mut command, 65_534);
    }
    ran(command.output().unwrap())
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_store_that_may_not_be_read_is_told_from_an_empty_one() {
    for place in [Place::of_objects(), Place::of_files()] {
        set_mode(place.path(), 0o000);
        for arguments in READING {
            let ran = run_as_nobody(&place, arguments);
            assert_eq!(ran.code, Some(2), "{arguments:?}: {ran:?}");
            assert!(ran.err.to_lowercase().contains("permission"), "{arguments:?}: {ran:?}");
        }
        set_mode(place.path(), 0o755);
    }
}

#[test]
fn one_file_that_may_not_be_read_does_not_hide_the_others() {
    let place = Place::of_files();
    set_mode(place.path(), 0o755);
    set_mode(&place.path().join("1.tape"), 0o000);
    let ran = run_as_nobody(&place, &["ls", "*"]);
    assert_eq!((ran.code, ran.out.lines().count()), (Some(2), 4), "{ran:?}");
    assert!(ran.err.contains("warning: cannot read the file") && ran.err.contains("1.tape"), "{ran:?}");
}

#[test]
fn a_store_that_may_not_be_written_to_is_left_as_it_is() {
    let place = Place::of_files();
    set_mode(place.path(), 0o555);
    let ran = run_as_nobody(&place, &["rm", "--all", "--yes"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(
        ran.err.contains("cannot delete the file") && ran.err.contains("make its directory writable"),
        "{ran:?}"
    );
    let other = Place::of_objects();
    set_mode(other.path(), 0o755);
    let more = shop::one(7, || playback_core::operation("More").run(|| 1));
    let more = Place::of(&[more]);
    set_mode(more.path(), 0o755);
    let ran = run_as_nobody(&place, &["pull", more.path().to_str().unwrap(), "--all"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("cannot write the file") && ran.err.contains("1 not"), "{ran:?}");
    set_mode(place.path(), 0o755);
    assert_eq!(place.run(&["ls", "--ids"]).done().lines().count(), 4);
}

#[test]
fn an_end_of_several_ids_lists_them() {
    let place = Place::of_objects();
    let recordings = shop::recordings();
    let again = playback_core::Recording::new(
        "orders/eu/20260101/01KDVDNA000000000000000001".parse().unwrap(),
        recordings[3].metadata().clone(),
        recordings[3].tape().clone(),
    );
    let both = Place::of(&[recordings[0].clone(), again]);
    assert_eq!(
        both.run(&["show", "01"]).failed(),
        "error: `01` is the end of 2 ids; write more of one:\n  Checkout/20260101/01KDVDNA000000000000000001\n  \
         orders/eu/20260101/01KDVDNA000000000000000001\n"
    );
    assert!(both.run(&["show", "ckout/20260101/01kdvdna000000000000000001"]).code == Some(0));
    assert_eq!(
        place.run_here(&["show", "77"]).failed(),
        "error: no id of a recording in the directory HERE ends in `77`; `playback ls '*'` lists those that there are\n"
    );
    let said = place.run(&["show", "Checkout/20260101/01KDVDNA000000000000000077"]).failed();
    assert!(said.contains("there is no recording Checkout/20260101/01KDVDNA000000000000000077 in"), "{said}");
    let said = place.run(&["show", "@last~4"]).failed();
    assert!(said.contains("there are 4 recordings in") && said.contains("the oldest is `@last~3`"), "{said}");
    assert!(place.run(&["show", "@first"]).failed().contains("write `@last`"));
}

#[test]
fn wrong_arguments_are_refused_with_what_is_right() {
    let place = Place::of_objects();
    for (arguments, message) in [
        (&["ls", "--since", "tomorow"][..], "`tomorow` is no time; write `7d`"),
        (&["ls", "--filter", "status>>5"], "`status>>5` is no filter: at character 8"),
        (&["ls", "--limit", "few"], "invalid digit"),
        (&["prune", "--max-size", "big"], "invalid value 'big'"),
        (&["ls", "-o", "endpoint"], "is not of the form NAME=VALUE"),
        (&["shwo", "01"], "'show'"),
        (&["show"], "<ID>"),
    ] {
        let said = place.run(arguments).failed();
        assert!(said.contains(message), "{arguments:?}: {said}");
    }
}

#[test]
fn what_is_damaged_is_named_and_the_rest_is_shown() {
    let place = Place::of_objects();
    let damage = |path: &Path| {
        let mut bytes = fs::read(path).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        fs::write(path, bytes).unwrap();
    };
    damage(&place.object("full", 0));
    fs::write(place.object("metadata", 1), "{}").unwrap();
    fs::write(place.path().join("tape_recorder_recordings/full/notes.txt"), "mine").unwrap();
    let listed = place.run(&["ls", "*"]);
    assert_eq!((listed.code, listed.out.lines().count()), (Some(2), 4), "{listed:?}");
    assert!(listed.err.contains("000002 is corrupt"), "{listed:?}");
    let shown = place.run(&["show", "01"]).failed();
    assert!(shown.contains("000001 is corrupt: the checksum"), "{shown}");
    let stats = place.run(&["stats"]);
    assert_eq!(stats.code, Some(2));
    assert!(stats.out.contains("2 recordings: "), "{stats:?}");

    let found = place.run(&["verify"]);
    assert_eq!(found.code, Some(1));
    for problem in [
        "corrupt     recording Checkout/20260101",
        "corrupt     the metadata of recording Checkout/20260102",
        "foreign     the object tape_recorder_recordings/full/notes.txt",
    ] {
        assert!(found.out.contains(problem), "{problem}: {found:?}");
    }
    assert!(found.err.contains(": 2 sound, 3 problems\n"), "{found:?}");
    let json = place.run(&["verify", "--json"]).out;
    assert!(json.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{json}");
}

#[test]
fn metadata_that_is_not_the_tapes_is_found() {
    let place = Place::of_objects();
    let metadata = place.object("metadata", 0);
    let json = fs::read_to_string(&metadata).unwrap().replace("\"failed\":false", "\"failed\":true");
    fs::write(&metadata, json).unwrap();
    let found = place.run(&["verify", "Checkout"]);
    assert_eq!(found.code, Some(1));
    assert!(found.out.contains("says something else than its tape does"), "{found:?}");
}

#[test]
fn files_that_hold_no_recording_or_the_same_are_named() {
    let place = Place::of_files();
    fs::write(place.path().join("8.tape"), "not a tape").unwrap();
    let found = place.run_here(&["verify"]);
    assert_eq!(found.code, Some(1));
    assert!(found.out.contains("unreadable  the file HERE/8.tape is not a tape"), "{found:?}");
    let listed = place.run(&["ls", "*"]);
    assert_eq!(
        (listed.code, listed.out.lines().count(), listed.err.lines().count()),
        (Some(2), 5, 1),
        "{listed:?}"
    );
    fs::create_dir(place.path().join("copies")).unwrap();
    fs::copy(place.path().join("0.tape"), place.path().join("copies/0.tape")).unwrap();
    // Whatever else is done with it would have to choose one of the two.
    let said = place.run_here(&["ls"]).failed();
    assert!(
        said.contains("holds recording Checkout/20260101") && said.contains("delete one of them"),
        "{said}"
    );
}

#[test]
fn a_tape_of_a_newer_version_is_told_from_a_corrupt_one() {
    let place = Place::of_objects();
    let mut bytes = format::encode(&shop::recordings()[0]).unwrap();
    // Behind the four magic bytes.
    bytes[4] = 9;
    fs::write(place.object("full", 0), bytes).unwrap();
    let found = place.run(&["verify"]);
    assert!(found.out.starts_with("newer       recording Checkout/20260101"), "{found:?}");
}

#[test]
fn help_and_version_are_no_errors() {
    let place = Place::empty();
    let help = place.run(&["--help"]).done();
    for word in ["Exit codes:", "Ids:", "Stores:", "PLAYBACK_STORE", "verify"] {
        assert!(help.contains(word), "{word}: {help}");
    }
    assert!(place.run(&["--version"]).done().starts_with("playback 0."));
}

#[test]
fn what_needs_code_says_how_to_bring_it() {
    let place = Place::of_objects();
    for arguments in [&["compare"][..], &["replay", "@last"], &["bench", "@last"], &["noise"]] {
        let said = place.run(arguments).failed();
        assert!(
            said.contains("knows no code to replay; make a command line of your service's own"),
            "{said}"
        );
    }
    let help = place.run(&["--help"]).done();
    assert!(!help.contains("  compare") && !help.contains("  bench") && help.contains("  report"), "{help}");
}

#[test]
fn a_recording_in_two_files_is_a_finding_and_the_others_are_verified() {
    let place = Place::of_files();
    std::fs::copy(place.path().join("0.tape"), place.path().join("copy.tape")).unwrap();
    std::fs::write(place.path().join("1.tape"), b"nonsense").unwrap();
    let ran = place.run_here(&["verify"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let line =
        |kind: &str| ran.out.lines().find(|line| line.starts_with(kind)).unwrap_or_else(|| panic!("{ran:?}"));
    assert!(line("double").contains("HERE/copy.tape holds recording Checkout/"), "{ran:?}");
    assert!(line("double").ends_with("and so does HERE/0.tape; delete one of them"), "{ran:?}");
    assert!(line("unreadable").contains("HERE/1.tape"), "{ran:?}");
    assert!(ran.err.contains("3 sound, 2 problems"), "{ran:?}");
    // Whatever else is done with it would have to choose one of the two.
    assert!(place.run(&["ls"]).failed().contains("delete one of them"));
}
