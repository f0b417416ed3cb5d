//! `scrub`: what rules change of recordings that were made before them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use playback_cassette::{Recording, format, text};
use playback_core::{Tape, add_metadata, input, operation, output, record_data};

use crate::run::{Place, Ran};
use crate::shop;
use crate::wrong::{run_as_nobody, set_mode};

pub(crate) const SECRETS: [&str; 3] = ["hunter2", "ann@example.com", "4111"];

pub(crate) const RULES: &str = "
[[rule]]
field = 'password'
action = 'remove'

[[rule]]
text = 'emails'

[[rule]]
matching = 'card (4111)'
with = '-'
";

/// A log-in with secrets wherever a value can be, an order that has nothing to hide, and another log-in.
pub(crate) fn recordings() -> Vec<Recording> {
    let log_in = |customer: u64| {
        move || {
            operation("LogIn").argument_names(&["customer", "password"]).args(&(customer, "hunter2")).run(
                || {
                    let keys = BTreeMap::from([("ann@example.com", ("card 4111", customer))]);
                    let _: Vec<String> =
                        input("mails").args(&(&keys,)).run(|| vec!["ann@example.com".to_owned()]);
                    output("audit").args(&(BTreeMap::from([("password", "hunter2")]),)).run(|| ());
                    record_data("ann@example.com", &1);
                    add_metadata("customer", &customer);
                    add_metadata("password", "hunter2");
                    add_metadata("email", "ann@example.com");
                    Err::<(), _>("no card 4111")
                },
            )
        }
    };
    let order = || operation("Order").args(&(7,)).run(|| add_metadata("customer", &7));
    vec![shop::one(0, log_in(7)), shop::one(1, order), shop::one(2, log_in(8))]
}

/// A store of them, and a file of rules that is not in it.
struct Stored {
    place: Place,
    rules: Place,
}

impl Stored {
    fn of(place: Place) -> Self {
        let stored = Self { place, rules: Place::empty() };
        stored.write_rules(RULES);
        stored
    }

    fn objects() -> Self {
        Self::of(Place::of(&recordings()))
    }

    /// As files of both forms.
    fn files() -> Self {
        let place = Place::empty();
        for (number, recording) in recordings().iter().enumerate() {
            let (name, bytes) = match number {
                0 => ("0.tape.txt".to_owned(), text::encode(recording).unwrap().into_bytes()),
                _ => (format!("{number}.tape"), format::encode(recording).unwrap()),
            };
            fs::write(place.path().join(name), bytes).unwrap();
        }
        Self::of(place)
    }

    fn rules_file(&self) -> PathBuf {
        self.rules.path().join("rules.toml")
    }

    fn write_rules(&self, rules: &str) {
        fs::write(self.rules_file(), rules).unwrap();
    }

    fn arguments<'a>(&self, file: &'a str, arguments: &[&'a str]) -> Vec<&'a str> {
        [&["scrub", "--rules", file], arguments].concat()
    }

    fn scrub(&self, arguments: &[&str]) -> Ran {
        let file = self.rules_file();
        let ran = self.place.run(&self.arguments(file.to_str().unwrap(), arguments));
        for secret in SECRETS {
            assert!(!ran.out.contains(secret) && !ran.err.contains(secret), "{secret} is told: {ran:?}");
        }
        ran
    }

    /// All that is in the store, file by file, and what is in recordings in the clear.
    fn bytes(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut bytes = BTreeMap::new();
        read(self.place.path(), &mut bytes);
        bytes
    }

    /// The secrets that are anywhere in it, as it is stored and as it is read.
    fn leaks(&self) -> Vec<&'static str> {
        let mut all = Vec::new();
        for (file, stored) in self.bytes() {
            if let Ok(recording) = format::decode("it", &stored) {
                all.extend(format!("{recording:?}").into_bytes());
                all.extend_from_slice(&recording.tape().parts().bytes);
            } else if file.to_string_lossy().contains("full/") {
                panic!("{} is broken", file.display());
            }
            all.extend(stored);
        }
        let is_there = |secret: &&str| all.windows(secret.len()).any(|window| window == secret.as_bytes());
        SECRETS.into_iter().filter(is_there).collect()
    }
}

fn read(directory: &Path, into: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, into);
        } else {
            into.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
}

fn id(number: usize) -> String {
    recordings()[number].id().to_string()
}

#[test]
fn what_rules_change_is_said_first_and_done_on_yes_and_the_secrets_are_told_nowhere() {
    for stored in [Stored::objects(), Stored::files()] {
        let before = stored.bytes();
        assert_eq!(stored.leaks(), SECRETS);
        let said = stored.scrub(&["--all"]);
        let changes = "field password (line 2): 3, text emails (line 6): 4, matching (line 9): 2";
        assert_eq!(said.out, format!("{}  {changes}\n{}  {changes}\n", id(2), id(0)), "{said:?}");
        assert!(
            said.err.starts_with("2 recordings of ")
                && said.err.contains(" would be changed in the directory ")
                && said.err.ends_with(", 1 stay as they are; --yes changes what is listed\n"),
            "{said:?}"
        );
        assert_eq!(stored.bytes(), before, "nothing is changed unasked");

        let done = stored.scrub(&["--all", "--yes"]);
        assert_eq!((done.code, &done.out), (Some(0), &said.out), "{done:?}");
        assert!(done.err.starts_with("2 recordings changed in the directory "), "{done:?}");
        assert_eq!(stored.leaks(), [""; 0]);
        // The same recordings, the same files, and nothing beside them.
        assert_eq!(stored.bytes().keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
        assert_eq!(stored.place.run(&["verify"]).code, Some(0));
        let listed = stored.place.run(&["ls", "--ids", "--filter", "customer=8"]).done();
        assert_eq!(listed.trim(), id(2));
        let shown = stored.place.run(&["show", &id(0)]).done();
        assert!(shown.contains("redacted@redacted.invalid") && shown.contains("card -"), "{shown}");
        // And there is nothing more to do.
        let again = stored.scrub(&["--all", "--yes"]);
        assert!(again.out.is_empty() && again.err.starts_with("0 recordings changed in "), "{again:?}");
    }
}

#[test]
fn only_what_is_chosen_is_scrubbed() {
    let stored = Stored::objects();
    assert!(stored.scrub(&["--yes"]).failed().contains("which recordings? name them by their ids"));
    let untouched = fs::read(stored.place.object("full", 2)).ok();
    let done = stored.scrub(&["--filter", "customer=7", "--yes"]);
    assert!(done.out.starts_with(&id(0)) && done.err.contains("1 recording changed"), "{done:?}");
    assert_eq!(fs::read(stored.place.object("full", 2)).ok(), untouched);
    assert_eq!(stored.leaks(), SECRETS, "of the other one");
    assert!(stored.scrub(&[&id(2), "--yes"]).err.starts_with("1 recording changed"));
    assert_eq!(stored.leaks(), [""; 0]);
    let nobody = stored.scrub(&["--filter", "customer=9"]);
    assert!(nobody.code == Some(0) && nobody.err.starts_with("no recordings of that kind in "), "{nobody:?}");
}

#[test]
fn a_scrub_that_was_killed_before_the_metadata_is_made_good_by_the_next() {
    let stored = Stored::objects();
    let metadata =
        || stored.bytes().into_iter().filter(|(file, _)| file.to_string_lossy().contains("/metadata/"));
    let old: Vec<_> = metadata().collect();
    assert_eq!(stored.scrub(&["--all", "--yes"]).code, Some(0));
    // As if the new tapes had been written, and the metadata had not.
    for (file, bytes) in &old {
        fs::write(file, bytes).unwrap();
    }
    assert_eq!(stored.leaks(), ["hunter2", "ann@example.com"]);
    let said = stored.scrub(&["--all"]);
    assert_eq!(said.out.matches("  metadata that is not the tape's: 1\n").count(), 2, "{said:?}");
    assert_eq!(stored.scrub(&["--all", "--yes"]).code, Some(0));
    assert_eq!(stored.leaks(), [""; 0]);
}

#[test]
fn pseudonyms_are_the_same_in_all_recordings_and_need_a_key() {
    let stored = Stored::objects();
    stored.write_rules("key_env = 'SCRUB_KEY'\n[[rule]]\ntext = 'emails'\naction = 'pseudonym'\n");
    let said = stored.scrub(&["--all"]).failed();
    assert!(said.contains("make pseudonyms, and there is no key: name a variable"), "{said}");
    let file = stored.rules_file();
    let arguments = stored.arguments(file.to_str().unwrap(), &["--all", "--yes"]);
    let with_key = |key: &str| {
        let mut command = stored.place.command(&arguments);
        crate::run::ran(command.env("SCRUB_KEY", key).output().unwrap())
    };
    assert!(with_key("short").failed().contains("a key of 5 bytes can be guessed"));
    assert_eq!(with_key("0123456789abcdef").code, Some(0));
    let email = |number| {
        let shown = stored.place.run(&["show", "--json", &id(number)]).done();
        let from = shown.find("psn_").unwrap_or_else(|| panic!("{shown}"));
        shown[from..].split('"').next().unwrap().to_owned()
    };
    assert!(email(0).ends_with("@pseudonym.invalid"));
    assert_eq!(email(0), email(2));
    // They are known again, and stay.
    assert!(with_key("0123456789abcdef").err.starts_with("0 recordings changed"));
}

#[test]
fn wrong_rules_are_refused_before_anything_is_read() {
    let stored = Stored::objects();
    for (rules, said) in [
        ("[[rule]]\nfeild = 'x'", ":2: unknown field `feild`"),
        ("[[rule]]\ntext = 'card'", ":1: no well-known texts are called `card`"),
        ("", "there are no rules in "),
    ] {
        stored.write_rules(rules);
        let failed = stored.scrub(&["--all"]).failed();
        assert!(failed.contains(said), "{failed}");
    }
    fs::remove_file(stored.rules_file()).unwrap();
    assert!(stored.scrub(&["--all"]).failed().contains("cannot be read"));
    assert!(stored.place.run(&["scrub", "--all"]).failed().contains("--rules <FILE>"));
}

#[test]
fn a_store_that_may_not_be_written_to_is_left_as_it_is_and_what_is_damaged_costs_no_other() {
    for stored in [Stored::objects(), Stored::files()] {
        let directories: Vec<PathBuf> = {
            let files = stored.bytes();
            let parents = files.keys().flat_map(|file| file.ancestors().skip(1).map(Path::to_owned));
            parents.filter(|parent| parent.starts_with(stored.place.path())).collect()
        };
        let file = stored.rules_file();
        set_mode(stored.rules.path(), 0o755);
        directories.iter().for_each(|directory| set_mode(directory, 0o555));
        let before = stored.bytes();
        let ran =
            run_as_nobody(&stored.place, &stored.arguments(file.to_str().unwrap(), &["--all", "--yes"]));
        directories.iter().for_each(|directory| set_mode(directory, 0o755));
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{ran:?}");
        assert!(
            ran.err.contains("0 recordings changed") && ran.err.contains("1 stay as they are, and 2 failed")
        );
        assert_eq!(stored.bytes(), before);
    }
    let stored = Stored::objects();
    let tape =
        stored.bytes().into_keys().find(|file| file.to_string_lossy().contains("/full/LogIn/")).unwrap();
    let mut bytes = fs::read(&tape).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&tape, bytes).unwrap();
    let ran = stored.scrub(&["--all", "--yes"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("the checksum of its index is wrong"), "{ran:?}");
    assert!(ran.err.contains("1 recording changed") && ran.err.contains("and 1 failed"), "{ran:?}");
}

#[test]
fn names_of_rules_and_ids_act_on_no_terminal() {
    let id = "Log\u{202e}In/20260101/01KDVDNA000000000000000001".parse().unwrap();
    let one = &recordings()[0];
    let tape = Tape::new(one.tape().parts().clone()).unwrap();
    let stored = Stored::of(Place::of(&[Recording::new(id, one.metadata().clone(), tape)]));
    stored.write_rules("[[rule]]\nfield = \"passw\\u001b*\"\n[[rule]]\nfield = \"pass*\"\nof = \"*\\u001b[31m\"\n[[rule]]\ntext = 'emails'\n");
    let said = stored.scrub(&["--all"]);
    assert!(said.out.starts_with("Log\\u{202e}In/") && said.out.contains("text emails"), "{said:?}");
    assert!(!said.out.contains('\u{1b}'), "{said:?}");
}
