//! What is recorded instead of what must not be, and replaying on it.
#![cfg(feature = "redaction")]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use playback_core::redaction::{
    Action, Key, Known, Part, Place, Redactor, RedactorExt, Rule, Rules, Secret, Texts, Unredactable, scrub,
};
use playback_core::{
    DiscardReason, Kind, Recording, Value, input, input_with, operation, output, record_data, replay_blocking,
};
use playback_testkit::record_blocking;
use serde::{Deserialize, Serialize};

fn key() -> Key {
    Key::new([7; 32]).unwrap()
}

fn redacted(rules: &Rules, part: Part, value: &impl Serialize) -> Value {
    let mut value = Value::of(value).unwrap();
    let place = Place::new(part, "crm.find").argument_names(&["id", "password"]);
    rules.redact(&place, &mut value, &Known::default()).unwrap();
    value
}

#[derive(Serialize, Deserialize, Debug, PartialEq, Clone)]
struct Customer {
    id: u32,
    email: String,
    #[serde(default)]
    password: Option<String>,
    cards: HashMap<String, u64>,
    state: State,
}

#[derive(Serialize, Deserialize, Debug, PartialEq, Clone)]
enum State {
    Guest,
    Known { since: i64, token: String },
}

fn customer() -> Customer {
    Customer {
        id: 17,
        email: "ann@example.com".into(),
        password: Some("hunter2".into()),
        cards: HashMap::from([("4111111111111111".into(), 3), ("other".into(), 4)]),
        state: State::Known { since: -5, token: "t0p".into() },
    }
}

#[test]
fn rules_lead_by_name_path_alias_and_look() {
    let cases: [(Rule, &str); 14] = [
        (
            Rule::field("PASSWORD").remove(),
            r#"{id: 17, email: "ann@example.com", cards: {"4111111111111111": 3, "other": 4}, state: Known{since: -5, token: "t0p"}}"#,
        ),
        (Rule::field("pass*"), r#"password: Some("[redacted]")"#),
        (Rule::field("token").mask_with("-"), r#"token: "-""#),
        (Rule::field("other"), r#""other": 0"#),
        (Rule::path("state.Known.since").unwrap(), "since: 0"),
        (Rule::path("**.email").unwrap(), r#"email: "redacted@redacted.invalid""#),
        (Rule::path("email").unwrap().of("shop.*"), r#"email: "ann@example.com""#),
        (Rule::path("email").unwrap().of("crm.*").mask_with("x"), r#"email: "x""#),
        (Rule::keys("cards").unwrap(), r#"cards: {"[redacted 2]": 4, "[redacted]": 3}"#),
        (Rule::field("cards"), r#"cards: {"[redacted 2]": 0, "[redacted]": 0}"#),
        (Rule::text(Texts::Cards), r#"cards: {"[redacted]": 3, "other": 4}"#),
        (Rule::text(Texts::Emails).within("state").unwrap(), r#"email: "ann@example.com""#),
        (Rule::matching("ann(@.*)").unwrap().remove(), r#"email: "ann""#),
        (Rule::alias("crm.*"), r#"{id: 0, email: "redacted@redacted.invalid", password: Some("[redacted]")"#),
    ];
    for (rule, expected) in cases {
        let shown = format!("{rule:?}");
        let value = redacted(&Rules::new().with(rule), Part::Result, &customer());
        assert!(value.to_string().contains(expected), "{shown} made {value}");
        // It reads as the same type.
        value.to::<Customer>().unwrap();
    }
}

#[test]
fn arguments_are_told_by_their_names_and_stay_as_many_as_they_are() {
    let arguments = (17, "hunter2");
    let cases = [
        (Rule::field("password").remove(), r#"[17, ""]"#),
        (Rule::path("password").unwrap(), r#"[17, "[redacted]"]"#),
        (Rule::path("[0]").unwrap(), r#"[0, "hunter2"]"#),
        (Rule::alias("crm.find").remove(), r#"[0, ""]"#),
    ];
    for (rule, expected) in cases {
        let value = redacted(&Rules::new().with(rule), Part::Arguments, &arguments);
        assert_eq!(value.to_string(), expected);
    }
}

#[test]
fn what_rules_do_not_concern_is_what_they_leave_as_it_is() {
    let rules = || {
        let path = |pattern| Rule::path(pattern).unwrap();
        vec![
            Rule::field("token"),
            Rule::field("*ss?ord"),
            Rule::field("note"),
            path("state.Known.since"),
            path("**.email"),
            path("**.fourth[2]"),
            path("[*].id"),
            path("second"),
            Rule::keys("cards").unwrap(),
            Rule::alias("crm.*"),
            Rule::alias("other"),
            Rule::text(Texts::Cards),
            Rule::text(Texts::Emails),
            Rule::text(Texts::Bearers).within("**.token").unwrap(),
            Rule::text(Texts::Keys),
            Rule::matching("^ann").unwrap(),
            Rule::matching("x{3}$").unwrap(),
        ]
    };
    let guest = Customer { state: State::Guest, cards: HashMap::new(), ..customer() };
    let token = |token: &str| State::Known { since: 1, token: token.into() };
    let values = [
        Value::Unit,
        Value::of(&customer()).unwrap(),
        Value::of(&guest).unwrap(),
        Value::of(&vec![guest.clone(), customer(), Customer { state: token("Bearer abcdefgh"), ..guest }])
            .unwrap(),
        Value::of(&("ann", "-xxx", 3)).unwrap(),
        Value::of(&b"write to ann@example.com".to_vec()).unwrap(),
        Value::of(&serde_bytes::Bytes::new(b"AKIAIOSFODNN7EXAMPLE")).unwrap(),
        Value::of(&BTreeMap::from([("note", Some(BTreeMap::from([(vec!["4111 1111 1111 1111"], 1)])))]))
            .unwrap(),
        Value::of(&BTreeMap::from([("fourth", [1, 2, 3])])).unwrap(),
        Value::of(&(1..20_u64).collect::<Vec<_>>()).unwrap(),
    ];
    let (mut concerned, mut not) = (0, 0);
    for (rule, value) in
        rules().into_iter().flat_map(|rule| values.iter().map(move |value| (rule.clone(), value)))
    {
        for part in [Part::Arguments, Part::Result, Part::Data] {
            let place = Place::new(part, "crm.find").argument_names(&["first", "second"]);
            let (rules, mut after, mut bytes) = (Rules::new().with(rule.clone()), value.clone(), Vec::new());
            value.encode_into(&mut bytes).unwrap();
            rules.redact(&place, &mut after, &Known::default()).unwrap();
            let concerns = rules.concerns(&place, &bytes);
            assert!(concerns || after == *value, "{rule:?} makes {after} of {value}");
            *(if concerns { &mut concerned } else { &mut not }) += 1;
        }
    }
    assert!(concerned > 100 && not > 200, "of most they say so: {concerned}, {not}");
}

#[test]
fn texts_are_found_in_bytes_of_every_form() {
    let rules = Rules::new().with(Rule::text(Texts::Emails).mask_with("?"));
    let text = b"\xff\0 ann@example.com \0".to_vec();
    let bytes = redacted(&rules, Part::Result, &serde_bytes::ByteBuf::from(text.clone()));
    assert_eq!(bytes.as_bytes().unwrap(), b"\xff\0 ? \0");
    assert_eq!(redacted(&rules, Part::Result, &text).to::<Vec<u8>>().unwrap(), b"\xff\0 ? \0");
    let keys = BTreeMap::from([(("ann@example.com", 1), 2)]);
    assert_eq!(redacted(&rules, Part::Result, &keys).to_string(), r#"{["?", 1]: 2}"#);
}

#[test]
fn pseudonyms_are_the_same_for_the_same_read_as_the_same_type_and_stay() {
    let rules = Rules::new().key(key()).with(Rule::path("**").unwrap().pseudonym());
    let values = (
        "Ann",
        "ann@example.com",
        "67e55044-10b1-426f-9247-bb680e5fe0c8",
        "192.0.2.7".parse::<std::net::IpAddr>().unwrap(),
        "2001:db8::1".parse::<std::net::IpAddr>().unwrap(),
        vec![7_u8, 7, 8],
        (true, 1.5, 'c'),
    );
    let once = redacted(&rules, Part::Result, &values);
    assert_eq!(once, redacted(&rules, Part::Result, &values));
    type Read =
        (String, String, uuid::Uuid, std::net::Ipv4Addr, std::net::Ipv6Addr, Vec<u8>, (bool, f64, char));
    let read: Read = once.to().unwrap();
    assert!(read.0.starts_with("psn_") && read.0.len() == 30, "{}", read.0);
    assert!(read.1.starts_with("psn_") && read.1.ends_with("@pseudonym.invalid"), "{}", read.1);
    assert_eq!(read.2.get_version_num(), 8);
    assert_ne!(read.3.to_string(), "192.0.2.7");
    assert_ne!(read.4.to_string(), "2001:db8::1");
    assert!(read.5[0] == read.5[1] && read.5[1] != read.5[2] && read.5[0] != 7, "{:?}", read.5);
    assert_eq!(read.6, (false, 0.0, '*'));

    // Those of texts are known by their seal and are made into no others.
    let texts = |value: &Value| [0, 1, 2].map(|at| value.at(&format!("[{at}]")).unwrap().to_string());
    assert_eq!(texts(&once), texts(&redacted(&rules, Part::Result, &once)));
    let others = Rules::new().key(Key::new([8; 32]).unwrap()).with(Rule::path("**").unwrap().pseudonym());
    let other = redacted(&others, Part::Result, &values);
    texts(&once).iter().zip(texts(&other)).for_each(|(one, other)| assert_ne!(*one, other));
    // What only looks like a pseudonym is none.
    let forged = "psn_aaaaaaaaaaaaaaaaaaaaaaaaaa";
    assert_ne!(redacted(&rules, Part::Result, &forged), Value::from(forged));
}

#[test]
fn a_path_tells_the_elements_of_a_list_apart() {
    let rules = Rules::new().with(Rule::path("[1]").unwrap());
    let list = redacted(&rules, Part::Result, &["ann", "bob", "cleo"]);
    assert_eq!(list.to::<Vec<String>>().unwrap(), ["ann", "[redacted]", "cleo"]);
}

#[test]
fn neither_keys_nor_secrets_are_printed() {
    let rules = Rules::new().key(Key::new("a key that nobody may read").unwrap());
    assert!(!format!("{rules:?}").contains("nobody"));
    assert_eq!(format!("{:?}", Secret("hunter2")), "Secret(…)");
    assert!(Key::new("too short").is_err());
}

#[test]
fn a_secret_that_loses_its_mark_costs_the_recording_and_not_the_secret() {
    #[derive(Serialize)]
    struct Credentials {
        key: &'static str,
    }
    #[derive(Serialize)]
    struct Flattened {
        user: &'static str,
        #[serde(flatten)]
        credentials: Secret<Credentials>,
    }
    #[derive(Serialize)]
    #[serde(tag = "by")]
    enum Tagged {
        Password(Secret<Credentials>),
    }
    /// Writes a secret as JSON.
    struct Detour;
    impl Serialize for Detour {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_str(&serde_json::to_string(&Secret("hunter2")).unwrap())
        }
    }
    let credentials = || Secret(Credentials { key: "hunter2" });
    fn recorded(value: &impl Serialize) -> playback_testkit::Recorded<()> {
        record_blocking(|| {
            operation("LogIn").run(|| {
                // Whatever else the service does with its secrets is its own affair.
                let sent = input("token").run(|| serde_json::to_string(&Secret("live")).unwrap());
                assert_eq!(sent, "\"live\"");
                output("send").args(&(value,)).run(|| ());
            })
        })
    }
    let lost = [
        recorded(&Flattened { user: "ann", credentials: credentials() }),
        recorded(&Tagged::Password(credentials())),
        recorded(&Detour),
    ];
    for lost in lost {
        let DiscardReason::Unencodable { alias, error } = &lost.discarded[0].1 else {
            panic!("{:?}", lost.discarded)
        };
        assert_eq!(alias, "send");
        assert!(error.contains("a `Secret` in it has lost its mark"), "{error}");
    }
    // Side by side, and one in another, they keep it.
    let kept = recorded(&[(Secret("hunter2"), Secret(Secret(1)))]);
    assert!(!format!("{:?}", kept.recording()).contains("hunter2"));
}

/// Finds a customer by what the recording has, and by a key of its own, and sends both on.
fn service(id: u32, note: &str) -> String {
    operation("Serve").argument_names(&["id", "note"]).args(&(id, note)).run(|| {
        let email: String =
            input("crm.email").argument_names(&["id"]).args(&(id,)).run(|| "ann@example.com".to_owned());
        let name: String =
            input_with(|| format!("crm/{email}/name")).args(&(&email,)).run(|| "Ann".to_owned());
        record_data("id", &id);
        record_data(format!("seen/{email}"), &true);
        let token = Secret("of the configuration".to_owned());
        output("mail.send").argument_names(&["api_key", "id", "to"]).args(&("s3cr3t", id, &email)).run(|| ());
        output("audit").args(&(&token,)).run(|| ());
        format!("{name} <{email}>")
    })
}

fn rules() -> Rules {
    Rules::new()
        .key(key())
        .with(Rule::field("id").pseudonym())
        .with(Rule::field("api_key"))
        .with(Rule::text(Texts::Emails).pseudonym())
}

fn replay(recording: &Recording) -> playback_core::Playback {
    replay_blocking(recording, |recording| {
        let (id, note): (u32, String) = recording.arguments()?;
        Ok(service(id, &note))
    })
    .unwrap()
}

fn sent(tape: &playback_core::Tape) -> Vec<String> {
    tape.calls()
        .filter(|call| call.kind() != Kind::Input)
        .map(|call| {
            format!(
                "{} {} {:?}",
                call.alias(),
                call.arguments().unwrap_or(Value::Unit),
                call.result().unwrap()
            )
        })
        .collect()
}

#[test]
fn a_redacted_recording_replays_to_what_was_recorded() {
    let recorded = rules().scope_blocking(|| record_blocking(|| service(17, "call ann@example.com")));
    assert_eq!(recorded.result, "Ann <ann@example.com>", "the code sees nothing of it");
    let recording = recorded.recording();
    let shown = format!("{recording:?}");
    for secret in ["ann@", "s3cr3t", "of the configuration", "(17", "id: 17"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    let aliases: Vec<&str> = recording.tape().calls_of(Kind::Input).map(|call| call.alias()).collect();
    assert!(
        aliases[1].starts_with("crm/psn_") && aliases[1].ends_with("@pseudonym.invalid/name"),
        "{aliases:?}"
    );

    // With the rules, and so with what the code brings by itself redacted alike; with and without the key.
    let keyless = Rules::new()
        .with(Rule::field("id").pseudonym())
        .with(Rule::field("api_key"))
        .with(Rule::text(Texts::Emails).pseudonym());
    for rules in [rules(), keyless] {
        let playback = rules.scope_blocking(|| replay(&recording));
        assert_eq!(sent(playback.replayed()), sent(recording.tape()));
        assert_eq!(playback.unread_inputs().count() + playback.missing_outputs().count(), 0);
    }
    // A recording of before there were rules still replays, as it is.
    let raw = record_blocking(|| service(17, "call ann@example.com")).recording();
    let playback = rules().scope_blocking(|| replay(&raw));
    assert_eq!(sent(playback.replayed()), sent(raw.tape()));
}

#[test]
fn each_function_of_an_alias_keeps_the_names_of_its_own_arguments() {
    fn write(names: &'static [&'static str], alias: impl Into<std::borrow::Cow<'static, str>>, value: &str) {
        output(alias.into()).argument_names(names).args(&(value,)).run(|| ());
    }
    let recording = record_blocking(|| {
        operation("Op").run(|| {
            write(&["name"], "crm.write", "ann");
            write(&["password"], "crm.write", "hunter2");
            write(&["password"], "crm.write".to_owned(), "hunter3");
            write(&["name"], "crm.write", "bob");
        })
    })
    .recording();
    let names: Vec<&str> =
        recording.tape().calls_of(Kind::Output).map(|call| &*call.argument_names()[0]).collect();
    assert_eq!(names, ["name", "password", "password", "name"]);
    let rules = Rules::new().with(Rule::field("password"));
    let scrubbed = scrub(&recording, Arc::new(rules)).unwrap().unwrap();
    let shown = format!("{scrubbed:?}");
    assert!(!shown.contains("hunter") && shown.contains("ann") && shown.contains("bob"), "{shown}");
}

#[test]
fn values_of_the_codes_own_meet_redacted_ones() {
    // The code looks up what is not in its arguments: it is no pseudonym, and is made into the same one.
    let fixed = |body: fn() -> u64| {
        operation("Op").run(move || {
            let level: u64 = input("level.of").argument_names(&["id"]).args(&(4_000_000_017_u64,)).run(body);
            input_with(|| "db/4000000017".to_owned())
                .argument_names(&["id"])
                .args(&(4_000_000_017_u64,))
                .run(|| level)
        })
    };
    let recording = rules().scope_blocking(|| record_blocking(|| fixed(|| 3))).recording();
    let aliases: Vec<&str> = recording.tape().calls_of(Kind::Input).map(|call| call.alias()).collect();
    assert!(!aliases.contains(&"db/4000000017"), "{aliases:?}");
    let playback = rules().scope_blocking(|| {
        replay_blocking(&recording, |_| Ok(fixed(|| panic!("it is answered from the recording"))))
    });
    assert_eq!(playback.unwrap().unread_inputs().count(), 0);
}

#[test]
fn what_is_secret_by_type_is_masked_without_any_rules_or_as_rules_say() {
    let operation = |token: &Secret<String>, keys: &BTreeMap<Secret<String>, u8>| {
        operation("Op").args(&(token, keys)).run(|| {
            playback_core::add_metadata("token", token);
            output("send").args(&(Some(token),)).run(|| token.clone())
        })
    };
    let (token, keys) = (Secret("hunter2".to_owned()), BTreeMap::from([(Secret("hunter3".to_owned()), 1)]));
    let run = || record_blocking(|| operation(&token, &keys)).recording();
    let pseudonyms = Rules::new().key(key()).secrets(Action::Pseudonym);
    for (recording, instead) in [(run(), "[redacted]"), (pseudonyms.scope_blocking(run), "psn_")] {
        let shown = format!("{recording:?}");
        assert!(!shown.contains("hunter") && !shown.contains("Secret"), "{shown}");
        assert_eq!(shown.matches(instead).count(), 6, "{shown}");
        let playback = replay_blocking(&recording, |recording| {
            let (_, keys): (Secret<String>, BTreeMap<Secret<String>, u8>) = recording.arguments()?;
            // Brought by the code, as from its configuration.
            Ok(operation(&token, &keys))
        });
        if instead == "[redacted]" {
            assert_eq!(sent(playback.unwrap().replayed()), sent(recording.tape()));
        }
    }
}

#[test]
fn metadata_is_redacted_with_the_same_pseudonyms() {
    let run = || {
        operation("Op")
            .argument_names(&["id", "email"])
            .metadata(|call| {
                let (id, email): (u32, String) = call.arguments()?;
                Ok::<_, playback_core::value::DecodeError>(BTreeMap::from([
                    ("id".to_owned(), Value::from(id)),
                    ("who".to_owned(), Value::from(email)),
                ]))
            })
            .args(&(4_000_017, "ann@example.com"))
            .run(|| {
                playback_core::add_metadata("api_key", "s3cr3t");
                playback_core::add_metadata("of ann@example.com", &1);
            })
    };
    let recording = rules().scope_blocking(|| record_blocking(run)).recording();
    let (id, email): (Value, Value) = recording.arguments().unwrap();
    let fields = &recording.metadata().fields;
    assert_eq!((&fields["id"], &fields["who"]), (&id, &email));
    assert_eq!(fields["api_key"], Value::from("[redacted]"));
    assert!(!format!("{fields:?}").contains("ann@"), "{fields:?}");
}

#[derive(Debug, Clone)]
struct Failing(&'static str);

impl Redactor for Failing {
    fn redact(&self, _: &Place<'_>, value: &mut Value, _: &Known) -> Result<(), Unredactable> {
        if !value.to_string().contains(self.0) {
            return Ok(());
        }
        if self.0 == "panic" { panic!("about {value}") } else { Err(Unredactable::new("no")) }
    }
}

#[test]
fn what_cannot_be_redacted_is_discarded_and_nothing_of_it_is_told() {
    for place in ["argument", "result", "operation's", "data", "field", "panic"] {
        let recorded = Failing(place).scope_blocking(|| {
            record_blocking(|| {
                operation("Op").args(&("operation's",)).run(|| {
                    record_data("key", "data");
                    playback_core::add_metadata("key", "field");
                    input("in").args(&("argument", "panic")).run(|| "result".to_owned())
                })
            })
        });
        assert_eq!(recorded.result, "result");
        assert!(recorded.recordings.is_empty());
        let [(_, reason @ DiscardReason::Unredactable { .. })] = &recorded.discarded[..] else {
            panic!("{place}: {:?}", recorded.discarded)
        };
        assert!(!reason.to_string().contains("about"), "{reason}");
    }
    // A pseudonym needs a key.
    let keyless = Rules::new().with(Rule::alias("Op").pseudonym());
    let recorded = keyless.scope_blocking(|| record_blocking(|| operation("Op").args(&(1,)).run(|| 2)));
    assert!(recorded.recordings.is_empty());
    assert!(recorded.discarded[0].1.to_string().contains("Rules::key"), "{:?}", recorded.discarded);
}

#[test]
fn mistakes_in_a_file_of_rules_are_told_with_their_line() {
    let cases = [
        ("usual = maybe", 1, ""),
        ("[[rule]]\nfeild = 'x'", 2, "unknown field `feild`"),
        ("usual = true\n[[rule]]\naction = 'mask'", 2, "needs one of"),
        ("[[rule]]\nfield = 'x'\n[[rule]]\nfield = 'x'\ntext = 'cards'", 3, "write two rules"),
        ("[[rule]]\ntext = 'card'", 1, "there are: cards, emails, bearers, keys"),
        ("[[rule]]\nfield = 'x'\naction = 'hash'", 1, "there are: remove, mask, pseudonym"),
        ("[[rule]]\nfield = 'x'\naction = 'remove'\nwith = '-'", 1, "goes with no other action"),
        ("[[rule]]\nfield = 'x'\nwithin = 'y'", 1, "`within` is for rules of"),
        ("[[rule]]\npath = 'a..b'", 1, "is no pattern of paths"),
        ("[[rule]]\nmatching = '('", 1, "is no regular expression"),
        ("\nsecrets = 'never'", 2, "there is no action called `never`"),
    ];
    for (text, line, expected) in cases {
        let error = Rules::from_toml(text).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("line {line}: ")) && error.contains(expected),
            "{text:?}: {error}"
        );
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "[[rule]]\n").unwrap();
    let error = Rules::load(file.path()).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{}:1: ", file.path().display())), "{error}");
}

#[test]
fn rules_of_a_file_do_what_rules_in_code_do() {
    let rules = Rules::from_toml(
        "usual = true\n[[rule]]\nfield = 'password'\naction = 'remove'\n[[rule]]\ntext = 'emails'\nwith = '@'\nof = 'crm.*'\n\
         [[rule]]\nkeys = 'cards'\n[[rule]]\npath = 'id'\n",
    )
    .unwrap();
    let value = redacted(&rules, Part::Result, &customer());
    let expected = r#"{id: 0, email: "@", cards: {"[redacted 2]": 4, "[redacted]": 3}, state: Known{since: -5, token: "[redacted]"}}"#;
    assert_eq!(value.to_string(), expected);
}

#[test]
fn what_is_recorded_already_is_scrubbed_and_replays() {
    let run = || {
        operation("Op").argument_names(&["email"]).args(&("ann@example.com",)).run(|| {
            playback_core::add_metadata("to ann@example.com", "ann@example.com");
            record_data("ann@example.com", &("ann@example.com", 1));
            let kept: Option<(String, u8)> = playback_core::play_data("ann@example.com");
            let name: String =
                input("ann@example.com").args(&(vec!["ann@example.com"],)).run(|| "Ann".to_owned());
            output("send").args(&("ann@example.com", 3.5)).run(|| kept.map_or(1, |kept| kept.1));
            name
        })
    };
    let recording = record_blocking(run).recording();
    let rules = Arc::new(Rules::new().key(key()).with(Rule::text(Texts::Emails).pseudonym()));
    let scrubbed = scrub(&recording, rules.clone()).unwrap().unwrap();
    assert!(!format!("{scrubbed:?}").contains("ann@"), "{scrubbed:?}");
    assert!(!scrubbed.tape().parts().bytes.windows(4).any(|bytes| bytes == b"ann@"));
    assert_eq!(scrubbed.id(), recording.id());
    assert_eq!(scrubbed.tape().calls().count(), recording.tape().calls().count());
    // Nothing is left to do, nor is there where no rule leads.
    assert!(scrub(&scrubbed, rules.clone()).unwrap().is_none());
    assert!(scrub(&recording, Arc::new(Rules::usual())).unwrap().is_none());
    let playback = rules.scope_blocking(|| {
        replay_blocking(&scrubbed, |recording| {
            let (email,): (String,) = recording.arguments()?;
            assert!(email.starts_with("psn_"));
            Ok(run())
        })
    });
    let playback = playback.unwrap();
    assert_eq!(sent(playback.replayed()), sent(scrubbed.tape()));
    // A redactor that fails changes nothing.
    assert!(scrub(&recording, Arc::new(Failing("ann"))).is_err());
}
