//! Commands whose output nobody reads, as behind `| head`: what they do and find is the same.

use std::fs;
use std::path::Path;
use std::process::Command;

use playback_cassette::{Recording, RecordingId, format};
use playback_core::operation;

use crate::run::{Place, Ran, playback, ran};
use crate::shop;

/// As many as take more than a buffer of output to list, each with a secret.
const NUMBER: usize = 90;

fn recordings() -> Vec<Recording> {
    let category = "LongName".repeat(18);
    let name = category.clone();
    let recording = shop::one(0, || operation(name).args(&("hunter2",)).run(|| ()));
    let one = |number| {
        let id = RecordingId::new(&category, "20260101", &format!("01KDVDNA0000000000000000{number:02}"));
        Recording::new(id.unwrap(), recording.metadata().clone(), recording.tape().clone())
    };
    (0..NUMBER).map(one).collect()
}

fn files() -> Place {
    let place = Place::empty();
    for (number, recording) in recordings().iter().enumerate() {
        fs::write(place.path().join(format!("{number}.tape")), format::encode(recording).unwrap()).unwrap();
    }
    place
}

/// Runs a command on a pipe that is closed before it begins.
fn unread(mut command: Command) -> Ran {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    ran(command.stdout(writer).output().unwrap())
}

fn number_in(directory: &Path) -> usize {
    fs::read_dir(directory).unwrap().count()
}

#[test]
fn what_is_to_be_deleted_is_deleted() {
    for arguments in [&["rm", "--all", "--yes"][..], &["prune", "--keep", "0", "--yes"]] {
        let place = files();
        let ran = unread(place.command(arguments));
        assert_eq!((ran.code, number_in(place.path())), (Some(0), 0), "{ran:?}");
        assert!(ran.err.starts_with(&format!("{NUMBER} recordings deleted from")), "{ran:?}");
    }
}

#[test]
fn what_is_to_be_copied_is_copied() {
    let (from, to) = (files(), Place::empty());
    let to = to.path().join("new");
    let mut pull = playback();
    pull.arg("pull").arg(from.path()).args(["--all", "--as", "tape", "--store"]).arg(&to);
    let pulled = unread(pull);
    assert_eq!((pulled.code, from.run(&["ls", "--ids"]).done().lines().count()), (Some(0), NUMBER));
    assert!(pulled.err.starts_with(&format!("{NUMBER} recordings copied to")), "{pulled:?}");
}

#[test]
fn what_is_to_be_scrubbed_is_scrubbed() {
    let (place, rules) = (files(), Place::empty());
    let rules = rules.path().join("rules.toml");
    fs::create_dir_all(rules.parent().unwrap()).unwrap();
    fs::write(&rules, "[[rule]]\nmatching = 'hunter2'\nwith = '-'\n").unwrap();
    let scrub = ["scrub", "--rules", rules.to_str().unwrap(), "--all"];
    let ran = unread(place.command(&[&scrub[..], &["--yes"]].concat()));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let again = place.run(&scrub);
    assert!(again.err.contains(&format!("{NUMBER} stay as they are")), "{again:?}");
}

#[test]
fn what_is_found_makes_the_exit_code() {
    let place = files();
    for number in 0..NUMBER {
        let file = place.path().join(format!("{number}.tape"));
        let whole = fs::read(&file).unwrap();
        fs::write(&file, &whole[..whole.len() - 1]).unwrap();
    }
    let verified = unread(place.command(&["verify"]));
    assert_eq!(verified.code, Some(1), "{verified:?}");
    let shop = Place::of_objects();
    assert_eq!(unread(shop.command(&["diff", "01", "02"])).code, Some(1));

    fs::write(shop.object("metadata", 0), "{").unwrap();
    for arguments in [&["ls", "*"][..], &["ls", "--ids"], &["stats"]] {
        let listed = unread(shop.command(arguments));
        assert!(listed.code == Some(2) && listed.err.contains("warning: "), "{listed:?}");
    }
    assert_eq!(unread(files().command(&["ls", "--ids"])).code, Some(0));
}
