//! `pull`, `push`, `rm` and `prune`: what they change, and that they change nothing unasked.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use playback_core::Recording;
use playback_core::redaction::{Key, RedactorExt, Rule, Rules};

use crate::run::{Place, playback, ran, size};
use crate::shop;

fn ids(place: &Place) -> Vec<String> {
    let ids = place.run(&["ls", "--ids", "--order", "oldest"]).done();
    ids.lines().map(|id| id[id.len() - 2..].to_owned()).collect()
}

#[test]
fn a_failure_becomes_a_fixture_by_pulling_it() {
    let production = Place::of_objects();
    let here = Place::empty();
    let store = here.path().join("tests/recordings");
    let from = production.path().to_str().unwrap();
    let pull = |more: &[&str]| {
        let mut command = playback();
        command.arg("pull").arg(from).args(more).arg("--store").arg(&store);
        ran(command.output().unwrap())
    };
    let planned = pull(&["--filter", "failed=true", "--dry-run"]);
    assert!(
        planned.out.contains("000003  failed\n")
            && planned.err.contains(&format!("1 recording of {} would be", size([2]))),
        "{planned:?}"
    );
    assert!(!store.exists());

    let pulled = pull(&["--filter", "failed=true"]);
    assert_eq!(pulled.out, "Checkout/20260103/01KDVDNA000000000000000003\n");
    assert_eq!(pulled.code, Some(0));
    let text =
        fs::read_to_string(store.join("Checkout/20260103-01KDVDNA000000000000000003.tape.txt")).unwrap();
    assert!(text.contains("input shop.discount"), "{text}");
    let tape = pull(&["02", "--as", "tape"]);
    assert_eq!(tape.code, Some(0), "{tape:?}");
    let file = store.join("Checkout/20260102-01KDVDNA000000000000000002.tape");
    assert_eq!(fs::read(&file).unwrap(), fs::read(production.object("full", 1)).unwrap());

    // What is there already stays as it is, unless it is to be replaced.
    let again = pull(&["03", "01"]);
    assert!(again.out.contains("000003  is there already\n"), "{again:?}");
    assert!(
        again.err.contains("1 recording copied to") && again.err.contains("1 were there already"),
        "{again:?}"
    );
    assert!(pull(&["03", "--replace"]).err.contains("1 recording copied"));
}

#[test]
fn a_store_is_not_copied_into_itself() {
    for place in [Place::of_objects(), Place::of_files()] {
        let here = place.path().to_str().unwrap();
        // However it is written.
        for address in [here.to_owned(), format!("{here}/."), format!("file://{here}"), format!("{here}/")] {
            for (command, side) in [("pull", "where they go"), ("push", "where they are")] {
                let said = place.run(&[command, &address, "01"]).failed();
                assert!(said.contains(&format!("into itself; say {side} by `-s DIRECTORY`")), "{said}");
            }
        }
        let other = place.path().join("other");
        let pulled = place.run(&["-s", other.to_str().unwrap(), "pull", here, "01"]);
        assert_eq!(pulled.code, Some(0), "{pulled:?}");
        assert!(!pulled.err.contains("incomplete"), "{pulled:?}");
    }
    let objects = Place::of_objects();
    let root = objects.path().join("tape_recorder_recordings");
    assert!(objects.run(&["pull", root.to_str().unwrap(), "01"]).failed().contains("into itself"));
    let cloud = Place::of(&[]).run(&["-s", "s3://a/b", "pull", "s3://a/b/", "--all"]).failed();
    assert!(cloud.contains("into itself"), "{cloud}");
}

#[test]
fn what_is_copied_and_incomplete_is_said_to_be_no_test() {
    let panicking = |number| {
        shop::one(number, || {
            let _ = std::panic::catch_unwind(|| {
                playback_core::operation("Panics").run(|| -> () { panic!("no") })
            });
        })
    };
    let complete = shop::one(2, || playback_core::operation("Runs").run(|| ()));
    let production = Place::of(&[panicking(0), panicking(1), complete]);
    let here = Place::empty();
    let pulled = here.run(&["pull", production.path().to_str().unwrap(), "--all"]);
    assert!(pulled.code == Some(0) && pulled.err.starts_with("3 recordings copied"), "{pulled:?}");
    let said = "of them incomplete: 2, whose operation panicked or was cancelled; `compare` and tests leave these out\n";
    assert!(pulled.err.ends_with(said), "{pulled:?}");
}

#[test]
fn what_is_pushed_to_a_store_stays_what_it_was() {
    let files = Place::of_files();
    let shared = Place::of(&[]);
    fs::create_dir(shared.path().join("tape_recorder_recordings")).unwrap_or(());
    let to = shared.path().to_str().unwrap();
    assert_eq!(files.run(&["push", to, "--all"]).code, Some(0));
    for number in 0..shop::recordings().len() {
        assert!(shared.object("metadata", number).is_file());
    }
    assert_eq!(ids(&shared), ["01", "02", "03", "04"]);
    let fourth = files.path().join("3.tape");
    assert_eq!(shared.run(&["diff", "04", fourth.to_str().unwrap()]).code, Some(0));
    assert_eq!(shared.run(&["verify"]).code, Some(0));
}

#[test]
fn all_of_a_store_is_meant_only_when_it_is_said() {
    let place = Place::of_objects();
    let nowhere = place.path().join("other");
    for arguments in [&["rm", "--yes"][..], &["push", nowhere.to_str().unwrap()]] {
        let said = place.run(arguments).failed();
        assert!(said.contains("which recordings? name them by their ids"), "{said}");
    }
    for arguments in
        [&["rm", "01", "--all"][..], &["rm", "01", "--since", "7d"], &["rm", "--all", "-c", "Checkout"]]
    {
        let said = place.run(arguments).failed();
        assert!(said.contains("exclude each other"), "{said}");
    }
    assert!(place.run(&["prune", "--yes"]).failed().contains("what is to go?"));
    assert_eq!(ids(&place), ["01", "02", "03", "04"]);
    assert_eq!(place.run(&["rm", "--all", "--yes"]).code, Some(0));
    assert_eq!(ids(&place), [""; 0]);
}

#[test]
fn deleting_is_said_first_and_done_on_yes() {
    for place in [Place::of_objects(), Place::of_files()] {
        let said = place.run(&["rm", "02", "@last"]);
        assert!(said.out.contains("000002\n") && said.out.contains("000004\n"), "{said:?}");
        let sized = format!("2 recordings of {} would be deleted from", size([1, 3]));
        assert!(said.err.starts_with(&sized), "{said:?}");
        assert_eq!(ids(&place).len(), 4);
        let done = place.run(&["rm", "02", "@last", "--yes"]);
        assert!(done.err.starts_with("2 recordings deleted from"), "{done:?}");
        assert_eq!(ids(&place), ["01", "03"]);
        assert_eq!(place.run(&["verify"]).code, Some(0));
    }
}

#[test]
fn a_persons_recordings_are_deleted_by_whom_they_are_about_and_no_other() {
    let about = |customer: u32| {
        move || playback_core::operation("Buy").run(|| playback_core::add_metadata("customer", &customer))
    };
    let place = Place::of(&[shop::one(0, about(17)), shop::one(1, about(170)), shop::one(2, about(17))]);
    assert_eq!(place.run(&["rm", "--filter", "customer=17"]).out.matches("Buy/").count(), 2);
    assert_eq!(place.run(&["rm", "--filter", "customer=17", "--yes"]).code, Some(0));
    assert_eq!(ids(&place), ["02"]);

    // Where a rule makes it a pseudonym, by that.
    let rules =
        Rules::new().key(Key::new("0123456789abcdef").unwrap()).with(Rule::field("customer").pseudonym());
    let one = |number, customer| rules.scope_blocking(|| shop::one(number, about(customer)));
    let place = Place::of(&[one(0, 4_000_017), one(1, 4_000_018)]);
    let nobody = place.run(&["rm", "--filter", "customer=4000017", "--yes"]);
    assert!(nobody.err.starts_with("nothing to delete"), "{nobody:?}");
    let filter = format!("customer={}", rules.pseudonym_of(&4_000_017).unwrap());
    assert!(place.run(&["rm", "--filter", &filter, "--yes"]).err.starts_with("1 recording deleted"));
    assert_eq!(ids(&place), ["02"]);
}

#[test]
fn old_recordings_go_by_age_number_and_size() {
    for (limits, left) in [
        (&["--older-than", "2026-01-03"][..], &["03", "04"][..]),
        (&["--older-than", "1d"], &[]),
        (&["--keep", "1"], &["03", "04"]),
        (&["--keep", "2"], &["02", "03", "04"]),
        (&["--keep", "0", "-c", "orders/eu"], &["01", "02", "03"]),
        (&["--max-size", "400B"], &["03", "04"]),
        (&["--max-size", "1KiB"], &["01", "02", "03", "04"]),
        (&["--keep", "2", "--older-than", "2026-01-03"], &["03", "04"]),
        (&["--keep", "0", "--filter", "failed=true"], &["01", "02", "04"]),
    ] {
        let place = Place::of_objects();
        assert_eq!(place.run(&[&["prune"], limits].concat()).code, Some(0));
        assert_eq!(ids(&place).len(), 4, "{limits:?} without --yes");
        assert_eq!(place.run(&[&["prune", "--yes"], limits].concat()).code, Some(0));
        assert_eq!(ids(&place), left, "{limits:?}");
    }
}

#[test]
fn what_broken_saves_left_is_pruned_when_it_is_a_day_old() {
    let place = Place::of_objects();
    fs::remove_file(place.object("metadata", 0)).unwrap();
    fs::remove_file(place.object("full", 1)).unwrap();
    age(&place.object("full", 0));
    age(&place.object("metadata", 1));
    // One that was written today may be a save that is running, of a recording of any day.
    fs::remove_file(place.object("metadata", 2)).unwrap();

    let found = place.run(&["verify"]);
    assert_eq!((found.code, found.out.matches("orphaned  ").count()), (Some(1), 3), "{found:?}");
    let planned = place.run(&["prune", "--orphans"]);
    assert_eq!(
        planned.out,
        "Checkout/20260101/01KDVDNA000000000000000001\nCheckout/20260102/01KDVDNA000000000000000002\n"
    );
    assert_eq!(place.run(&["prune", "--orphans", "--yes"]).code, Some(0));
    assert_eq!(place.run(&["verify"]).out.matches("orphaned  ").count(), 1);
    assert!(place.object("full", 2).is_file());
    assert_eq!(ids(&place), ["04"]);
}

/// As if a file had been written two days ago.
fn age(file: &Path) {
    let then = SystemTime::now() - Duration::from_secs(2 * 86_400);
    File::options().write(true).open(file).unwrap().set_modified(then).unwrap();
}

#[test]
fn a_recording_that_is_not_there_is_not_taken_for_another_when_it_is_deleted() {
    let archived = |number: usize, category: &str| {
        let one = &shop::recordings()[number];
        let id = format!("{category}/{}/{}", one.id().day(), one.id().unique()).parse().unwrap();
        Recording::new(id, one.metadata().clone(), one.tape().clone())
    };
    let place = Place::of(&[archived(0, "archive/Checkout"), archived(1, "PreCheckout")]);
    let id = |number: usize| shop::recordings()[number].id().to_string();
    for number in [0, 1] {
        let said = place.run(&["rm", "--yes", &id(number)]).failed();
        assert!(said.contains(&id(number)), "{said}");
    }
    // To be read, it may be the end of another.
    assert_eq!(place.run(&["show", &id(0)]).code, Some(0));
    assert_eq!(place.run(&["rm", "--yes", "01"]).code, Some(0));
    assert_eq!(ids(&place), ["02"]);
}

#[cfg(unix)]
#[test]
fn converting_touches_no_file_but_the_one_that_is_written() {
    use std::os::unix::fs::symlink;

    let place = Place::of_files();
    let file = |name: &str| place.path().join(name);
    let tape = file("1.tape").to_str().unwrap().to_owned();
    fs::write(file("1.tape.txt.new"), "mine").unwrap();
    symlink(file("nowhere"), file("1.tape.txt")).unwrap();
    assert!(place.run(&["convert", &tape]).failed().contains("is there already"));
    assert!(!file("nowhere").exists() && file("1.tape.txt").is_symlink());

    assert_eq!(place.run(&["convert", "--replace", &tape]).code, Some(0));
    assert!(fs::read_to_string(file("1.tape.txt")).unwrap().contains("\ninput shop.price\n"));
    assert_eq!(fs::read_to_string(file("1.tape.txt.new")).unwrap(), "mine");
    // As any file that a command makes.
    File::create(file("other")).unwrap();
    let permissions = |name| fs::metadata(file(name)).unwrap().permissions();
    assert_eq!(permissions("1.tape.txt"), permissions("other"));
}

#[test]
fn files_are_kept_where_they_are_when_replaced() {
    let place = Place::of_files();
    let [first, ..] = &shop::recordings()[..] else { panic!("there are four") };
    let mut metadata = first.metadata().clone();
    metadata.fields.insert("note".to_owned(), "changed".into());
    let changed = Place::of(&[Recording::new(first.id().clone(), metadata, first.tape().clone())]);
    let from = changed.path().to_str().unwrap();
    assert_eq!(place.run(&["pull", from, "--all", "--replace"]).code, Some(0));
    let file = place.path().join("0.tape");
    let shown = place.run(&["show", file.to_str().unwrap()]).done();
    assert!(shown.contains("  note: \"changed\"\n"), "{shown}");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 4);
}

#[test]
fn a_recording_goes_to_text_and_back_and_stays_what_it_was() {
    let place = Place::of_files();
    let file = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
    let tape = fs::read(file("1.tape")).unwrap();
    let said = place.run_here(&["convert", &file("1.tape")]);
    assert_eq!((said.code, said.err.as_str()), (Some(0), "wrote HERE/1.tape.txt\n"));
    fs::remove_file(file("1.tape")).unwrap();
    assert_eq!(place.run(&["ls", "--ids"]).done().lines().count(), 4);
    assert_eq!(place.run(&["convert", &file("1.tape.txt")]).code, Some(0));
    assert_eq!(fs::read(file("1.tape")).unwrap(), tape);

    let again = place.run_here(&["convert", &file("1.tape.txt")]).failed();
    assert_eq!(
        again,
        "error: HERE/1.tape is there already; --replace replaces it, and --out names another file\n"
    );
    assert_eq!(place.run(&["convert", "--replace", &file("1.tape.txt")]).code, Some(0));
    fs::remove_file(file("1.tape.txt")).unwrap();

    let text = place.run(&["convert", "02", "--out", "-"]).done();
    assert!(text.contains("\ninput shop.price\n"), "{text}");
    assert_eq!(place.run(&["convert", "02", "--out", &file("new.tape.txt")]).code, Some(0));
    assert_eq!(fs::read_to_string(file("new.tape.txt")).unwrap(), text);
    fs::remove_file(file("new.tape.txt")).unwrap();
    assert!(place.run(&["convert", "03"]).failed().contains("where is `03` to be written?"));
}

#[test]
fn a_tape_file_goes_to_the_standard_output_byte_by_byte() {
    let place = Place::of_files();
    let tape = fs::read(place.path().join("1.tape")).unwrap();
    let text = place.path().join("1.tape.txt");
    assert_eq!(place.run(&["convert", place.path().join("1.tape").to_str().unwrap()]).code, Some(0));
    for colour in ["auto", "always", "never"] {
        let mut command =
            place.command(&["convert", text.to_str().unwrap(), "--out", "-", "--color", colour]);
        let piped = command.output().unwrap();
        assert!(piped.status.success() && piped.stdout == tape, "{colour}");
        let file = place.path().join("to");
        assert!(command.stdout(File::create(&file).unwrap()).status().unwrap().success());
        assert!(fs::read(&file).unwrap() == tape, "{colour}");
    }
}

#[test]
fn a_text_that_was_edited_wrongly_is_refused_with_line_and_column() {
    let place = Place::of_files();
    let text = place.run(&["convert", "02", "--out", "-"]).done();
    let line = text.lines().position(|line| line == "input shop.price").unwrap();
    let broken = text.replacen("\ninput shop.price", "\ninputt shop.price", 1);
    let file = place.path().join("broken.tape.txt");
    fs::write(&file, broken).unwrap();
    for arguments in [&["convert", file.to_str().unwrap()][..], &["show", file.to_str().unwrap()]] {
        let said = place.run(arguments).failed();
        let expected = format!("line {}", line + 1);
        assert!(said.contains(&expected) && said.contains("column") && said.contains("expected"), "{said}");
    }
}
