//! What rules tell of themselves, and what they know again on replay.
#![cfg(feature = "redaction")]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::error::Error as _;
use std::sync::Arc;

use playback_core::redaction::{
    Action, Key, Known, Part, Place, Redactor, RedactorExt, Rule, Rules, Secret, Texts, scrub,
};
use playback_core::{
    Kind, Playback, Recording, Tape, Value, add_metadata, input, operation, output, play_data, record_data,
    replay_blocking,
};
use playback_testkit::record_blocking;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

fn key() -> Key {
    Key::new([7; 32]).unwrap()
}

fn sent(tape: &Tape) -> Vec<String> {
    tape.calls_of(Kind::Output).map(|call| format!("{call:?}")).collect()
}

fn replayed(recording: &Recording, code: impl FnOnce()) -> Playback {
    replay_blocking(recording, |_| {
        code();
        Ok(())
    })
    .unwrap()
}

#[derive(Serialize, Deserialize)]
struct Customer {
    id: u64,
}

#[derive(Serialize, Deserialize)]
enum Found {
    Customer(u64),
}

const ANN: u64 = 4_000_000_017;
const BOB: u64 = 5_000_000_018;
const OWN: u64 = 6_000_000_019;

/// Records what is found, and replays code that sends it on as well, along with a number that it has by itself.
fn is_sent_as_it_was<T: Serialize + DeserializeOwned>(rule: Rule, found: fn() -> T, ids: fn(T) -> Vec<u64>) {
    let rules = Rules::new().key(key()).with(rule).with(Rule::field("sent").pseudonym());
    let recording = rules
        .scope_blocking(|| record_blocking(|| operation("Op").run(|| drop(input("find").run(found)))))
        .recording();
    let code = || {
        for id in ids(input("find").run(found)) {
            let call = output("send").argument_names(&["sent", "sent"]).args(&(id, OWN));
            call.answer_when_unrecorded(|| ()).run(|| ());
        }
    };
    let playback = rules.scope_blocking(|| replayed(&recording, || operation("Op").run(code)));
    let sent: Vec<Value> = playback.added_outputs().map(|call| call.arguments().unwrap()).collect();
    let pseudonyms = |id| Value::Seq([id, OWN].map(|id| rules.pseudonym_of(&id).unwrap()).to_vec());
    assert_eq!(sent, ids(found()).into_iter().map(pseudonyms).collect::<Vec<_>>());
}

#[test]
fn pseudonyms_that_a_replay_is_given_are_sent_as_they_are_wherever_they_stood() {
    let all = || Rule::alias("find").pseudonym();
    is_sent_as_it_was(all(), || ANN, |id| vec![id]);
    is_sent_as_it_was(all(), || vec![ANN, BOB], |ids| ids);
    is_sent_as_it_was(all(), || Some(ANN), |id| id.into_iter().collect());
    is_sent_as_it_was(all(), || Customer { id: ANN }, |customer| vec![customer.id]);
    is_sent_as_it_was(all(), || Found::Customer(ANN), |Found::Customer(id)| vec![id]);
    is_sent_as_it_was(
        all(),
        || BTreeMap::from([(ANN, BOB)]),
        |map| map.into_iter().flat_map(<[u64; 2]>::from).collect(),
    );
    is_sent_as_it_was(
        Rule::keys("").unwrap().pseudonym(),
        || BTreeMap::from([(ANN, 1)]),
        |map| map.into_keys().collect(),
    );
}

#[test]
fn pseudonyms_that_a_replay_is_given_as_data_are_sent_as_they_are() {
    let rules =
        Rules::new().key(key()).with(Rule::field("kept").pseudonym()).with(Rule::field("sent").pseudonym());
    let recording = rules
        .scope_blocking(|| record_blocking(|| operation("Op").run(|| record_data("kept", &ANN))))
        .recording();
    let code = || {
        let kept: u64 = play_data("kept").unwrap();
        let call = output("send").argument_names(&["sent", "sent"]).args(&(kept, OWN));
        call.answer_when_unrecorded(|| ()).run(|| ());
    };
    let playback = rules.scope_blocking(|| replayed(&recording, || operation("Op").run(code)));
    let expected = Value::Seq([ANN, OWN].map(|id| rules.pseudonym_of(&id).unwrap()).to_vec());
    assert_eq!(playback.added_outputs().next().unwrap().arguments().unwrap(), expected);
}

#[test]
fn what_became_secret_after_it_was_recorded_still_matches_what_was_recorded() {
    fn run<T: Serialize>(token: T) {
        operation("Op").run(|| output("send").args(&(token, 1)).run(|| ()));
    }
    let recording = record_blocking(|| run("hunter2")).recording();
    let playback = replayed(&recording, || run(Secret("hunter2")));
    assert_eq!(sent(playback.replayed()), sent(recording.tape()));
    assert_eq!(playback.missing_outputs().count() + playback.added_outputs().count(), 0);
}

#[test]
fn a_value_that_only_reads_like_a_recorded_one_is_made_into_its_pseudonym() {
    // What is recorded of the keys is no pseudonym, so it is known for none.
    let rules = Rules::new()
        .key(key())
        .with(Rule::keys("").unwrap().mask_with("-"))
        .with(Rule::field("id").pseudonym());
    let run = || {
        operation("Op").run(|| {
            let found: BTreeMap<String, u8> = input("find").run(|| BTreeMap::from([("ann".to_owned(), 1)]));
            let own = if found.contains_key("ann") { "-" } else { "ann" };
            output("send").argument_names(&["id"]).args(&(own,)).run(|| ());
        })
    };
    let recording = rules.scope_blocking(|| record_blocking(run)).recording();
    let playback = rules.scope_blocking(|| replayed(&recording, run));
    let pseudonym = rules.pseudonym_of("ann").unwrap().to_string();
    assert!(sent(playback.replayed())[0].contains(&pseudonym), "{:?}", sent(playback.replayed()));
}

#[test]
fn keys_of_an_argument_are_told_by_its_name_and_a_text_is_changed_once_by_each_rule() {
    let cards = BTreeMap::from([("4222222222222", 1)]);
    let redacted = |rule: Rule, part| {
        let mut value = Value::of(&(&cards, 2)).unwrap();
        let place = Place::new(part, "wallet").argument_names(&["cards", "number"]);
        Rules::new().with(rule).redact(&place, &mut value, &Known::default()).unwrap();
        value.to_string()
    };
    let keys = |pattern| Rule::keys(pattern).unwrap();
    assert_eq!(redacted(keys("cards"), Part::Arguments), r#"[{"[redacted]": 1}, 2]"#);
    assert_eq!(redacted(keys("wallet[0]"), Part::Data), r#"[{"[redacted]": 1}, 2]"#);
    assert_eq!(redacted(keys("number"), Part::Arguments), r#"[{"4222222222222": 1}, 2]"#);
    assert_eq!(
        redacted(Rule::text(Texts::Cards), Part::Arguments),
        r#"[{"[redacted]": 1}, 2]"#,
        "of 13 digits"
    );
    let twos = Rule::matching("2").unwrap().mask_with("22");
    assert_eq!(
        redacted(twos.clone().within("**").unwrap(), Part::Arguments),
        redacted(twos, Part::Arguments)
    );
    let deep = Rule::matching("x").unwrap().mask_with("xx").within("**").unwrap();
    let mut value = Value::of(&[[["x"]]]).unwrap();
    Rules::new().with(deep).redact(&Place::new(Part::Result, "find"), &mut value, &Known::default()).unwrap();
    assert_eq!(value.to_string(), r#"[[["xx"]]]"#);
}

#[test]
fn whatever_is_to_be_scrubbed_makes_another_recording() {
    let rules = Arc::new(
        Rules::new()
            .with(Rule::text(Texts::Emails))
            .with(Rule::field("secret"))
            .with(Rule::path("kept.pin").unwrap()),
    );
    let scrubbed = |body: fn()| {
        let recording = record_blocking(|| operation("Op").run(body)).recording();
        scrub(&recording, rules.clone()).unwrap().inspect(|scrubbed| {
            assert_eq!(scrubbed.tape().calls().count(), recording.tape().calls().count());
        })
    };
    let call = |scrubbed: Option<Recording>| {
        let scrubbed = scrubbed.unwrap();
        format!("{:?}", scrubbed.tape().calls().find(|call| call.kind() != Kind::Operation).unwrap())
    };
    assert!(scrubbed(|| output("send").args(&(1,)).run(|| ())).is_none());
    // A value alone, a name alone, a field of the metadata alone, data by its key.
    assert_eq!(
        call(scrubbed(|| output("send").args(&("ann@example.com",)).run(|| ()))),
        r#"Output send("redacted@redacted.invalid") -> ()"#
    );
    assert_eq!(
        call(scrubbed(|| output("to ann@example.com").args(&(1,)).run(|| ()))),
        "Output to redacted@redacted.invalid(1) -> ()"
    );
    let fields = scrubbed(|| add_metadata("secret", &1)).unwrap().metadata().fields.clone();
    assert_eq!(fields["secret"], Value::from(0));
    assert_eq!(call(scrubbed(|| record_data("secret", &7))), "Data secret -> 0");
    assert_eq!(
        call(scrubbed(|| record_data("kept", &BTreeMap::from([("pin", 7)])))),
        r#"Data kept -> {"pin": 0}"#
    );
}

#[test]
fn sites_that_stand_in_another_order_are_the_same_when_scrubbed() {
    let run = || {
        operation("Op").run(|| {
            output("one").args(&("ann@example.com",)).run(|| ());
            output("two").args(&(2,)).run(|| ());
        })
    };
    let recording = record_blocking(run).recording();
    let mut parts = recording.tape().parts().clone();
    parts.sites.reverse();
    let last = parts.sites.len() as u32 - 1;
    parts.entries.iter_mut().for_each(|entry| entry.site = last - entry.site);
    let tape = Tape::new(parts).unwrap();
    let turned = Recording::new(recording.id().clone(), recording.metadata().clone(), tape);
    let rules = Arc::new(Rules::new().with(Rule::text(Texts::Emails)));
    let told = |recording: &Recording| sent(scrub(recording, rules.clone()).unwrap().unwrap().tape());
    assert_eq!(told(&turned), told(&recording));
}

#[test]
fn rules_count_what_they_change_if_told_to() {
    let rules = || {
        let path = |pattern| Rule::path(pattern).unwrap();
        Rules::new()
            .key(key())
            .with(Rule::field("password").remove())
            .with(Rule::field("id").pseudonym())
            .with(path("cards").mask())
            .with(Rule::keys("names").unwrap())
            .with(Rule::field("unused"))
            .with(Rule::text(Texts::Emails))
    };
    let value = Value::of(&BTreeMap::from([
        ("password", Value::from("hunter2")),
        ("id", Value::from(ANN)),
        // What is masked already stays what it is.
        ("cards", Value::from(0)),
        ("names", Value::of(&BTreeMap::from([("ann", 1)])).unwrap()),
        ("note", Value::from("ann@example.com and bob@example.com")),
    ]))
    .unwrap();
    let changes = |rules: Rules| -> Vec<u64> {
        let place = Place::new(Part::Result, "find");
        rules.redact(&place, &mut value.clone(), &Known::default()).unwrap();
        rules.iter().map(Rule::changes).collect()
    };
    assert_eq!(changes(rules()), [0; 6]);
    assert_eq!(changes(rules().counting()), [1, 1, 0, 1, 0, 2]);
    // They are the same rules otherwise, and clones count with them.
    let counting = rules().counting();
    changes(counting.clone());
    assert_eq!(changes(counting), [2, 2, 0, 2, 0, 4]);
}

#[test]
fn a_rule_is_shown_without_what_may_be_the_secret() {
    let within = |rule: Rule| rule.within("a.b").unwrap().of("crm.*").to_string();
    let cases = [
        (Rule::field("pass*").mask_with("hunter2").to_string(), "field pass*"),
        (Rule::path("**.email").unwrap().to_string(), "path **.email"),
        (Rule::keys("a").unwrap().of("crm.*").to_string(), "keys a of crm.*"),
        (Rule::alias("crm.*").to_string(), "all of crm.*"),
        (Rule::text(Texts::Cards).to_string(), "text cards"),
        (within(Rule::text(Texts::Emails)), "text emails within a.b of crm.*"),
        (Rule::matching("hunter2").unwrap().to_string(), "matching"),
    ];
    for (shown, expected) in cases {
        assert_eq!(shown, expected);
    }
    let of_file = Rules::from_toml("[[rule]]\nfield = 'x'\n\n[[rule]]\nfield = 'y'\n").unwrap();
    assert_eq!(
        of_file.iter().map(Rule::to_string).collect::<Vec<_>>(),
        ["field x (line 1)", "field y (line 4)"]
    );
}

#[test]
fn pseudonyms_can_be_asked_for_where_there_is_a_key() {
    let rules = Rules::new().with(Rule::field("id").pseudonym());
    assert_eq!(rules.pseudonym_of(&ANN), None);
    let rules = rules.key(key());
    let mut value = Value::of(&Customer { id: ANN }).unwrap();
    rules.redact(&Place::new(Part::Result, "find"), &mut value, &Known::default()).unwrap();
    assert_eq!(rules.pseudonym_of(&ANN).as_ref(), value.at("id"));
    assert_ne!(value.at("id"), Some(&Value::from(ANN)));

    let both = [rules.clone().and(Rules::usual()), Rules::usual().and(rules.clone())];
    assert!(both.iter().all(|rules| rules.pseudonym_of(&ANN) == value.at("id").cloned()));

    // Whether there is anything to know again.
    assert!(rules.remembers() && Rules::new().secrets(Action::Pseudonym).remembers());
    assert!(!Rules::usual().remembers());
    assert!(Arc::new(rules).remembers() && !Arc::new(Rules::usual()).remembers());
}

#[test]
fn rules_of_text_in_a_file_can_be_for_a_part_of_a_value() {
    let rules = Rules::from_toml(
        "[[rule]]\ntext = 'emails'\nwithin = 'a'\n[[rule]]\nmatching = 'hunter.'\nwithin = 'b'\n",
    );
    let text = "ann@example.com hunter2";
    let mut value = Value::of(&BTreeMap::from([("a", text), ("b", text)])).unwrap();
    rules.unwrap().redact(&Place::new(Part::Result, "find"), &mut value, &Known::default()).unwrap();
    let expected = r#"{"a": "redacted@redacted.invalid hunter2", "b": "ann@example.com [redacted]"}"#;
    assert_eq!(value.to_string(), expected);
}

/// The pseudonyms of values under a key of sevens.
fn pseudonym(value: &impl Serialize) -> Value {
    Rules::new().key(key()).pseudonym_of(value).unwrap()
}

#[test]
fn masks_and_nothing_have_no_pseudonyms() {
    for text in [
        "",
        "[redacted]",
        "[redacted 2]",
        "redacted@redacted.invalid",
        "0.0.0.0",
        "::",
        "00000000-0000-0000-0000-000000000000",
    ] {
        assert_eq!(pseudonym(&text), Value::from(text));
    }
    for text in ["[redacted x]", "[redacted 2", "redacted", "x@redacted.invalid"] {
        assert_ne!(pseudonym(&text), Value::from(text));
    }
}

#[test]
fn a_pseudonym_is_the_same_in_every_version() {
    // Whoever looks for a customer in old recordings asks for the pseudonym that they have there.
    let bytes: Vec<u8> = (0..16).collect();
    let few: Vec<u8> = (1..16).collect();
    let cases: [(Value, &str); 18] = [
        (pseudonym(&1), "39"),
        (pseudonym(&200), "214"),
        (pseudonym(&-1), "-48"),
        (pseudonym(&-200), "-17920"),
        (pseudonym(&4_000_000_017_u64), "3570917539"),
        (pseudonym(&-4_000_000_017_i64), "-3178503160074122570"),
        (pseudonym(&u128::MAX), "203399231694649560139938925413955640871"),
        (pseudonym(&i128::MIN), "-40554340608143651478723033651715367481"),
        (pseudonym(&"Ann"), r#""psn_jjmh42hcohpgxrikt7ac6bgfcf""#),
        (pseudonym(&"ann@example.com"), r#""psn_5krghwxx2qdtpw4iuzl6pw6pzz@pseudonym.invalid""#),
        (pseudonym(&"67e55044-10b1-426f-9247-bb680e5fe0c8"), r#""691427e8-9e1d-8c7a-a99e-24bf418a6e6f""#),
        (pseudonym(&"192.0.2.7"), r#""27.22.253.90""#),
        (pseudonym(&"192.0.2.8"), r#""92.242.226.230""#),
        (pseudonym(&"2001:db8::1"), r#""3ee6:71bc:34d9:aa18:5046:544a:554d:23a9""#),
        (pseudonym(&"2001:db8::2"), r#""a8fb:7a2:fb83:f741:4bf:62e9:df12:640d""#),
        (pseudonym(&serde_bytes::Bytes::new(&bytes)), r#"x"a6c3a0a41b6af30f22c7f590d021c72e""#),
        (pseudonym(&bytes), "[166, 195, 160, 164, 27, 106, 243, 15, 34, 199, 245, 144, 208, 33, 199, 46]"),
        (pseudonym(&few), "[39, 34, 54, 49, 102, 115, 72, 74, 90, 35, 114, 91, 69, 85, 33]"),
    ];
    for (value, expected) in cases {
        assert_eq!(value.to_string(), expected);
    }
}

#[test]
fn pseudonyms_of_bytes_are_bytes_of_the_same_length_that_repeat_nothing() {
    let rules = Rules::new().key(key()).with(Rule::alias("find").pseudonym());
    let redacted = |bytes: &[u8]| -> [Vec<u8>; 2] {
        let place = Place::new(Part::Result, "find");
        let values = [Value::of(serde_bytes::Bytes::new(bytes)), Value::of(&bytes.to_vec())];
        values.map(|value| {
            let mut value = value.unwrap();
            rules.redact(&place, &mut value, &Known::default()).unwrap();
            value.to::<serde_bytes::ByteBuf>().unwrap().into_vec()
        })
    };
    let [bytes, list] = redacted(&[7; 70]);
    assert_eq!(bytes, list, "a list of bytes is bytes");
    assert_eq!(bytes.len(), 70);
    assert!(bytes.iter().filter(|byte| **byte == 7).count() < 10, "{bytes:?}");
    assert!(bytes[..32] != bytes[32..64] && bytes[..6] != bytes[64..], "{bytes:?}");
    assert_eq!(redacted(&[7; 70]), [bytes.clone(), list]);
    let [other, _] = redacted(&[8; 70]);
    assert!(bytes.iter().zip(&other).filter(|(one, other)| one == other).count() < 10, "{other:?}");
}

#[test]
fn what_is_wrong_with_keys_files_and_recordings_is_told() {
    let error = Key::new("too short").unwrap_err().to_string();
    assert!(error.contains("9 bytes") && error.contains("16"), "{error}");
    let error = Key::from_env("PLAYBACK_NO_SUCH_VARIABLE").unwrap_err().to_string();
    assert!(error.contains("PLAYBACK_NO_SUCH_VARIABLE"), "{error}");

    let missing = tempfile::tempdir().unwrap().path().join("rules.toml");
    let error = Rules::load(&missing).unwrap_err();
    assert!(error.to_string().contains("rules.toml") && error.source().is_some(), "{error}");
    assert!(Rules::from_toml("usual = maybe").unwrap_err().source().is_none());

    let recording = record_blocking(|| operation("Op").args(&(1,)).run(|| 2)).recording();
    let keyless = Rules::new().with(Rule::alias("Op").pseudonym());
    let error = scrub(&recording, Arc::new(keyless)).unwrap_err().to_string();
    assert!(error.contains("cannot be redacted") && error.contains("Rules::key"), "{error}");
}
