//! What redaction leaves of names that the code makes of values, and of the keys of maps.
#![cfg(feature = "redaction")]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use playback_core::redaction::{
    Key, Known, Part, Place, Redactor, RedactorExt, Rule, Rules, Texts, Unredactable,
};
use playback_core::{
    Kind, MatchedBy, Tape, Value, input_with, operation, output, play_data, record_data, replay_blocking,
};
use playback_testkit::record_blocking;
use serde::Serialize;

#[derive(Serialize)]
struct Customer {
    name: &'static str,
    city: &'static str,
}

#[derive(Serialize)]
enum By {
    Name(&'static str),
    Seat(char),
}

/// The alias that is recorded of a call of one argument, called `who`.
fn alias_of(rule: Rule, who: &impl Serialize, alias: &'static str) -> String {
    let run = || {
        operation("Op")
            .run(|| input_with(|| alias.to_owned()).argument_names(&["who"]).args(&(who,)).run(|| 1))
    };
    let recording = Rules::new().with(rule).scope_blocking(|| record_blocking(run)).recording();
    recording.tape().calls_of(Kind::Input).next().unwrap().alias().to_owned()
}

#[test]
fn what_is_redacted_of_a_value_is_redacted_in_the_names_made_of_it_whatever_its_shape() {
    let ann = Customer { name: "ann", city: "Oslo" };
    let map = BTreeMap::from([("ann", "Oslo"), ("bob", "Rome")]);
    let masked = |alias: &'static str, who: &dyn erased_serde::Serialize, expected: &str| {
        assert_eq!(alias_of(Rule::field("who"), &who, alias), expected);
    };
    masked("db/ann", &"ann", "db/[redacted]");
    masked("db/17", &17, "db/0");
    masked("seat/c", &'c', "seat/*");
    masked("seat/c/ann", &("ann", 'c'), "seat/*/[redacted]");
    masked("db/ann", &Some("ann"), "db/[redacted]");
    masked("db/ann", &By::Name("ann"), "db/[redacted]");
    masked("seat/c", &By::Seat('c'), "seat/*");
    masked("db/ann/Oslo", &ann, "db/[redacted]/[redacted]");
    masked("db/Rome/bob", &map, "db/[redacted]/[redacted]");
    masked("db/17", &Some(17), "db/0");
    // A part of a longer word is no name of it, and nothing has no name.
    masked("db/annex/joann/ann", &"ann", "db/annex/joann/[redacted]");
    masked("db/x", &"", "db/x");

    let removed = |alias: &'static str, field: &str, who: &dyn erased_serde::Serialize, expected: &str| {
        assert_eq!(alias_of(Rule::field(field).remove(), &who, alias), expected);
    };
    // Nothing is left that would say what to write instead.
    removed("db/ann", "who", &Some("ann"), "db/[redacted]");
    removed("db/ann/17", "who", &Some(("ann", 17)), "db/[redacted]/[redacted]");
    removed("db/ann/bob", "who", &["ann", "bob"], "db/[redacted]/[redacted]");
    removed("db/ann", "who", &Some(By::Name("ann")), "db/[redacted]");
    removed("db/ann/Oslo", "who", &Some(&ann), "db/[redacted]/[redacted]");
    removed("db/ann/Oslo", "who", &Some(&map), "db/[redacted]/[redacted]");
    // Beside it, things keep their names.
    removed("db/ann/Oslo", "name", &ann, "db/[redacted]/Oslo");
    removed("db/ann/Oslo", "city", &ann, "db/ann/[redacted]");
    removed("db/ann/Rome", "ann", &map, "db/[redacted]/Rome");
    removed("db/Oslo/bob", "ann", &map, "db/[redacted]/bob");
}

#[test]
fn data_is_found_by_the_key_that_the_code_has_though_its_value_reads_the_same() {
    let rules = Rules::new().with(Rule::field("ann"));
    let run = || {
        operation("Op").run(|| {
            let kept: Option<String> = play_data("ann");
            record_data("ann".to_owned(), "ann");
            kept
        })
    };
    let recording = rules.scope_blocking(|| record_blocking(run)).recording();
    let playback = rules.scope_blocking(|| replay_blocking(&recording, |_| Ok(run()))).unwrap();
    let kept: Option<String> = playback.replayed().outputs().last().unwrap().to().unwrap();
    assert_eq!(kept.as_deref(), Some("[redacted]"));
}

#[test]
fn masks_read_as_what_they_stand_for_does() {
    let cases = [
        ("ann@example.com", "redacted@redacted.invalid"),
        ("ann @example.com", "[redacted]"),
        ("ann@example", "[redacted]"),
        ("ann@example.com and more", "[redacted]"),
        ("ann@bob@example.com", "[redacted]"),
        ("@example.com", "[redacted]"),
        ("ann@exa\u{1b}mple.com", "[redacted]"),
        ("192.0.2.7", "0.0.0.0"),
        ("2001:db8::1", "::"),
        ("67e55044-10b1-426f-9247-bb680e5fe0c8", "00000000-0000-0000-0000-000000000000"),
        ("67e55044-10b1-426f-9247-bb680e5fe0cx", "[redacted]"),
        ("67e5504410b1-426f-9247-bb680e5fe0c8-", "[redacted]"),
        ("", "[redacted]"),
    ];
    for (text, expected) in cases {
        let mut value = Value::from(text);
        let place = Place::new(Part::Result, "find");
        Rules::new().with(Rule::alias("find")).redact(&place, &mut value, &Known::default()).unwrap();
        assert_eq!(value, Value::from(expected), "{text:?}");
    }
}

#[test]
fn a_field_is_found_by_its_name_in_either_case_and_in_letters_that_are_the_same_in_lower_case() {
    // U+212A is the sign of kelvins, which is a `k` in lower case.
    let cases: [(&[&str], &[&str], &[&str]); 2] = [
        (
            &["token", "works", "book"],
            &["token", "TOKEN", "to\u{212a}en", "worKs", "wor\u{212a}s", "boo\u{212a}"],
            &["tokens", "atoken", "to\u{212b}en", "work", "boo", "n"],
        ),
        (&["pässe", "*nä"], &["pässe", "PÄSSE", "nä", "anNÄ"], &["passe", "na", "ä"]),
    ];
    let check = |rules: &Rules, name: &str, expected: &str| {
        let mut value = Value::of(&BTreeMap::from([(name, "x")])).unwrap();
        let mut bytes = Vec::new();
        value.encode_into(&mut bytes).unwrap();
        let place = Place::new(Part::Result, "find");
        assert!(rules.concerns(&place, &bytes) || expected == "x", "{name}");
        rules.redact(&place, &mut value, &Known::default()).unwrap();
        assert_eq!(value, Value::of(&BTreeMap::from([(name, expected)])).unwrap());
    };
    for (fields, names, others) in cases {
        let rules = fields.iter().copied().map(Rule::field).fold(Rules::new(), Rules::with);
        names.iter().for_each(|name| check(&rules, name, "[redacted]"));
        others.iter().for_each(|name| check(&rules, name, "x"));
    }
}

#[test]
fn names_are_told_as_they_were_recorded_whether_redacted_or_not() {
    let rules = Rules::new().key(Key::new([7; 32]).unwrap()).with(Rule::text(Texts::Emails).pseudonym());
    let run = || {
        operation("Op").run(|| {
            let kept: Option<u8> = play_data("of ann@example.com");
            record_data("of ann@example.com".to_owned(), &5);
            let _: u8 = input_with(|| "db/ann@example.com".to_owned()).args(&(1,)).run(|| 1);
            output("send").args(&("ann@example.com", kept.is_some())).run(|| ());
            kept
        })
    };
    for redacted in [true, false] {
        let record = || record_blocking(run).recording();
        let recording = if redacted { rules.scope_blocking(record) } else { record() };
        assert_eq!(format!("{recording:?}").contains("ann@"), !redacted);
        let playback = rules.scope_blocking(|| replay_blocking(&recording, |_| Ok(run()))).unwrap();
        let told = |tape: &Tape| -> Vec<String> {
            let calls = tape.calls().filter(|call| matches!(call.kind(), Kind::Input | Kind::Output));
            calls.map(|call| format!("{call:?}").replace("true", "false")).collect()
        };
        // Of what differs from the recorded, the form that is nearer to it.
        assert_eq!(told(playback.replayed()), told(recording.tape()));
        let kept: Option<u8> = playback.replayed().outputs().last().unwrap().to().unwrap();
        assert_eq!(kept, Some(5));
    }
}

#[test]
fn masked_keys_stay_apart_and_look_as_they_did_unless_said_otherwise() {
    let emails = BTreeMap::from([("ann@example.com", 1), ("bob@example.com", 2)]);
    let ids = BTreeMap::from([
        ("67e55044-10b1-426f-9247-bb680e5fe0c8", 1),
        ("67e55044-10b1-426f-9247-bb680e5fe0c9", 2),
    ]);
    let numbers = BTreeMap::from([(17, 1), (18, 2)]);
    let cases: [(&dyn erased_serde::Serialize, Rule, &str); 6] = [
        (
            &emails,
            Rule::keys("").unwrap(),
            r#"{"redacted2@redacted.invalid": 2, "redacted@redacted.invalid": 1}"#,
        ),
        (
            &ids,
            Rule::keys("").unwrap(),
            r#"{"00000000-0000-0000-0000-000000000000": 1, "00000000-0000-0000-0000-000000000001": 2}"#,
        ),
        (&numbers, Rule::keys("").unwrap(), "{0: 1, 1: 2}"),
        (&emails, Rule::keys("").unwrap().mask_with("-"), r#"{"-": 1, "- 2": 2}"#),
        (&ids, Rule::keys("").unwrap().mask_with("(an id)"), r#"{"(an id)": 1, "(an id) 2": 2}"#),
        (&ids, Rule::keys("").unwrap().mask_with("[id]"), r#"{"[id 2]": 2, "[id]": 1}"#),
    ];
    for (map, rule, expected) in cases {
        let shown = format!("{rule:?}");
        let mut value = Value::of(map).unwrap();
        let place = Place::new(Part::Result, "crm.find");
        Rules::new().with(rule).redact(&place, &mut value, &Known::default()).unwrap();
        assert_eq!(value.to_string(), expected, "{shown}");
    }
}

#[cfg(feature = "macros")]
mod captured {
    use playback_core::intercept_input;

    use super::*;

    struct Session {
        email: &'static str,
    }

    struct Request {
        customer: (u32, &'static str),
    }

    impl Session {
        #[intercept_input("crm.name/{email}", skip(email))]
        fn name(&self, email: &str, _page: u8) -> String {
            format!("{email} is ann")
        }

        #[intercept_input("crm.orders/{self.email}")]
        fn orders(&self) -> u8 {
            3
        }

        #[intercept_input("crm.seat/{id:04}/{id}")]
        fn seat(&self, id: u32) -> u8 {
            4
        }

        #[intercept_input("crm.later/{id}", fallback("crm.seat/{id:04}/{id}", "crm.none/{self.email}"))]
        fn later(&self, id: u32) -> u8 {
            6
        }

        #[intercept_input("crm.fixed", skip(page), fallback("crm.paged/{page}"))]
        fn fixed(&self, page: &str) -> u8 {
            7
        }

        #[intercept_input("crm.paged/{page}", skip(page))]
        fn paged(&self, page: &str) -> u8 {
            8
        }

        #[intercept_input("crm.table/{table}", skip(table))]
        fn table(&self, id: u32, table: &str) -> u8 {
            9
        }

        #[intercept_input("crm.place/{request.customer.1}/{request.customer.0}", skip(request))]
        fn place(&self, request: &Request) -> u8 {
            5
        }

        fn all(&self) -> (String, u8, u8, u8) {
            let request = Request { customer: (17, "bob") };
            operation("Op")
                .run(|| (self.name(self.email, 1), self.orders(), self.seat(17), self.place(&request)))
        }
    }

    #[test]
    fn a_fallback_is_found_under_what_it_was_recorded_as() {
        let session = Session { email: "ann@example.com" };
        let rules = Rules::new().with(Rule::field("id")).with(Rule::field("page"));
        rules.scope_blocking(|| {
            let then = || operation("Op").run(|| (session.seat(17), session.paged("secret")));
            let recording = record_blocking(then).recording();
            let aliases: Vec<&str> =
                recording.tape().calls_of(Kind::Input).map(|call| call.alias()).collect();
            assert_eq!(aliases, ["crm.seat/[redacted]/0", "crm.paged/[redacted]"]);
            let playback = replay_blocking(&recording, |_| {
                Ok(operation("Op").run(|| (session.later(17), session.fixed("secret"))))
            });
            let playback = playback.unwrap();
            for (call, _, by) in playback.matches() {
                assert!(matches!(by, MatchedBy::Recorded(by) if by.fallback), "{call:?}: {by:?}");
            }
            let answers: (u8, u8) =
                playback.replayed().operation().unwrap().result().unwrap().unwrap().to().unwrap();
            assert_eq!(answers, (4, 8));
        });
    }

    #[test]
    fn a_capture_has_the_place_of_its_own_argument_and_no_other() {
        let session = Session { email: "ann@example.com" };
        let alias = |rule: &str| {
            let rules = Rules::new().with(Rule::path(rule).unwrap());
            let run = || operation("Op").run(|| session.table(1, "users"));
            let recording = rules.scope_blocking(|| record_blocking(run)).recording();
            recording.tape().calls_of(Kind::Input).next().unwrap().alias().to_owned()
        };
        assert_eq!(alias("[0]"), "crm.table/users", "which is not the first argument");
        assert_eq!(alias("table"), "crm.table/[redacted]");
        let seat = |rule: &str| {
            let rules = Rules::new().with(Rule::path(rule).unwrap());
            let run = || operation("Op").run(|| session.seat(17));
            let recording = rules.scope_blocking(|| record_blocking(run)).recording();
            recording.tape().calls_of(Kind::Input).next().unwrap().alias().to_owned()
        };
        assert_eq!(seat("[0]"), "crm.seat/[redacted]/0");
        assert_eq!(seat("[1]"), "crm.seat/0017/17");
    }

    #[test]
    fn a_redactor_is_told_what_is_captured_apart_from_arguments() {
        #[derive(Debug, Clone)]
        struct Strict;
        impl Redactor for Strict {
            fn redact(&self, place: &Place<'_>, value: &mut Value, _: &Known) -> Result<(), Unredactable> {
                match place.part {
                    Part::Arguments if place.alias.starts_with("crm.table") => {
                        assert_eq!(
                            (place.argument_names, &*value),
                            (&["id"][..], &Value::of(&(1,)).unwrap())
                        );
                    }
                    Part::Captured => *value = Value::fields_of([("table", "any".into())]),
                    _ => {}
                }
                Ok(())
            }
        }
        let session = Session { email: "ann@example.com" };
        let run = || operation("Op").run(|| session.table(1, "users"));
        let recording = Strict.scope_blocking(|| record_blocking(run)).recording();
        assert_eq!(recording.tape().calls_of(Kind::Input).next().unwrap().alias(), "crm.table/any");
    }

    #[test]
    fn what_an_alias_captures_is_redacted_by_its_name_whether_it_is_recorded_or_not() {
        let session = Session { email: "ann@example.com" };
        let aliases = |rules: Rules| {
            let recording = rules.scope_blocking(|| record_blocking(|| session.all())).recording();
            let playback = rules.scope_blocking(|| {
                replay_blocking(&recording, |_| {
                    session.all();
                    Ok(())
                })
            });
            assert_eq!(playback.unwrap().unread_inputs().count(), 0, "it is found again");
            let aliases = recording.tape().calls_of(Kind::Input).map(|call| call.alias().to_owned());
            aliases.collect::<Vec<_>>()
        };
        assert_eq!(
            aliases(Rules::new().with(Rule::field("email")).with(Rule::field("id"))),
            [
                "crm.name/redacted@redacted.invalid",
                "crm.orders/redacted@redacted.invalid",
                "crm.seat/[redacted]/0",
                "crm.place/bob/17"
            ]
        );
        assert_eq!(
            aliases(
                Rules::new().with(Rule::path("request.customer.1").unwrap()).with(Rule::alias("crm.seat*"))
            ),
            [
                "crm.name/ann@example.com",
                "crm.orders/ann@example.com",
                "crm.seat/[redacted]/0",
                "crm.place/[redacted]/17"
            ]
        );
        let key = Key::new([7; 32]).unwrap();
        let pseudonyms = aliases(
            Rules::new()
                .key(key)
                .with(Rule::field("email").pseudonym())
                .with(Rule::field("request").pseudonym())
                .with(Rule::field("id").pseudonym()),
        );
        let [name, orders, _, place] = &pseudonyms[..] else { panic!("{pseudonyms:?}") };
        assert_eq!(
            name.strip_prefix("crm.name/"),
            orders.strip_prefix("crm.orders/"),
            "they are the same customer"
        );
        assert!(name.starts_with("crm.name/psn_") && place.starts_with("crm.place/psn_"), "{pseudonyms:?}");
        assert!(!place.ends_with("/17"), "{place}");
    }
}
