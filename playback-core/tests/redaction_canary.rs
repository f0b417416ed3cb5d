//! Secrets planted in every place that a value can be, and looked for in everything that was stored, sent or logged.
#![cfg(all(feature = "redaction", feature = "files"))]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use playback_cassette::{Cassette, CassetteExt, Fixtures, Query, TapeRecorder};
use playback_core::files::FileInput;
use playback_core::redaction::{Key, RedactorExt, Rule, Rules, Secret, Texts};
use playback_core::{
    HandlerError, Prepare, RecorderExt, add_metadata, errors, input, input_with, operation, output,
    record_data,
};
use serde::{Serialize, Serializer};

/// Whatever has this in it is a secret that rules know by its look; each place has one of its own.
const CANARY: &str = "canary-";

fn canary(place: &str) -> String {
    format!("{CANARY}{place}")
}

#[derive(Serialize, serde::Deserialize)]
enum Event {
    Paid { card: String },
    Tuple(String, Vec<Option<String>>),
    Newtype(String),
}

/// What serde cannot write, and says so with the value.
struct Unwritable;

impl Serialize for Unwritable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom(canary("serde-error")))
    }
}

struct Refusing;

impl Prepare<()> for Refusing {
    fn prepare<'a>(&'a self, _: &'a ()) -> Result<Box<dyn erased_serde::Serialize + 'a>, HandlerError> {
        Err(canary("handler-error").into())
    }
}

fn bytes(text: &str) -> serde_bytes::ByteBuf {
    serde_bytes::ByteBuf::from(text.as_bytes().to_vec())
}

/// Plants them.
fn everywhere(directory: &Path) {
    let result = operation("Everywhere")
        .argument_names(&["plain", "password"])
        .metadata(|call| {
            let (plain, _): (String, String) = call.arguments()?;
            let nested = BTreeMap::from([(canary("field-key"), canary("field-value"))]);
            Ok::<_, playback_core::value::DecodeError>(BTreeMap::from([
                ("plain".to_owned(), playback_core::Value::of(&plain).unwrap()),
                (canary("extracted-key"), playback_core::Value::of(&nested).unwrap()),
            ]))
        })
        .result_handler_with(errors::io)
        .args(&(canary("operation-argument"), "password-by-name"))
        .run(|| {
            plant(directory);
            Err::<(), _>(std::io::Error::other(canary("error-text")))
        });
    assert_eq!(result.unwrap_err().to_string(), canary("error-text"), "the code sees its own values");
}

fn plant(directory: &Path) {
    let key =
        HashMap::from([(canary("map-key"), BTreeMap::from([((canary("nested-key"), 1), canary("value"))]))]);
    let read: HashMap<String, BTreeMap<String, String>> = input("maps")
        .args(&(&key,))
        .run(|| HashMap::from([("a".into(), BTreeMap::from([(canary("result-key"), canary("result"))]))]));
    assert_eq!(read["a"][&canary("result-key")], canary("result"));
    let name = canary("alias");
    input_with(|| format!("db.get/{name}")).args(&(&name,)).run(|| ());
    let by_name = "password-in-alias";
    input_with(|| format!("db.get/{by_name}")).argument_names(&["password"]).args(&(by_name,)).run(|| ());
    let events =
        [Event::Paid { card: canary("variant") }, Event::Tuple(canary("tuple"), vec![Some(canary("deep"))])];
    output("events").args(&(&events, Event::Newtype(canary("newtype")))).run(|| ());
    output("bytes").args(&(bytes(&canary("bytes")), canary("list-of-bytes").into_bytes())).run(|| ());
    output("of.alias")
        .args(&("everything-of-the-alias", [7_777_777_u32]))
        .run(|| "everything-in-the-answer".to_owned());
    output("typed").args(&(Secret(canary("typed")), Secret("secret-by-type".to_owned()))).run(|| ());
    record_data(canary("data-key"), &canary("data"));
    record_data("password", "password-as-data");
    add_metadata(&canary("metadata-key"), &canary("metadata"));
    add_metadata("password", "password-as-metadata");
    add_metadata("unwritable", &Unwritable);
    let path = directory.join("report");
    input("download").args(&()).handler_with(|| FileInput::new(&path).within(directory)).run(|| {
        std::fs::write(&path, format!("id,name\n1,{}\n", canary("file"))).unwrap();
    });
    assert!(
        std::fs::read_to_string(&path).unwrap().contains(&canary("file")),
        "the file is as it was written"
    );
    let panicked = std::panic::catch_unwind(|| {
        input("panics")
            .args(&(canary("argument-of-panic"),))
            .run(|| -> () { std::panic::panic_any(canary("panic")) });
    });
    assert!(panicked.is_err());
}

/// Operations of which nothing may be kept, since something in them cannot be recorded.
fn failing() {
    operation("Unwritable").args(&(Unwritable,)).run(|| ());
    operation("Refused").run(|| output("refused").handler_with(|| Refusing).args(&()).run(|| ()));
    let key = canary("key-of-unwritable");
    operation("Data").run(|| record_data(key, &Unwritable));
    operation("Extractor").metadata(|_| Err::<BTreeMap<String, u8>, _>(canary("extractor-error"))).run(|| ());
    operation("Keyed").sampling_key(Unprintable).skip_recording().args(&()).run(|| ());
    operation("Unmade")
        .recorder_with(|| -> TapeRecorder { std::panic::panic_any(canary("recorder")) })
        .args(&())
        .run(|| ());
    let panicked = std::panic::catch_unwind(|| {
        operation("Panicking")
            .args(&(canary("last-words"),))
            .run(|| -> () { std::panic::panic_any(canary("panic-of-operation")) });
    });
    assert!(panicked.is_err());
}

/// A key that says what it is in its last words.
struct Unprintable;

impl std::fmt::Display for Unprintable {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::panic::panic_any(canary("sampling-key"))
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn rules() -> Rules {
    Rules::new()
        .key(Key::new([3; 32]).unwrap())
        .with(Rule::field("password"))
        .with(Rule::alias("of.alias").pseudonym())
        .with(Rule::matching(&format!("{CANARY}[a-z-]+")).unwrap().pseudonym())
        .with(Rule::text(Texts::Cards))
}

#[test]
fn no_secret_is_stored_sent_or_logged() {
    let (store, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .init();

    let recorder = TapeRecorder::builder(Fixtures::writable(store.path()).unwrap()).build();
    let run = |rules: Option<Rules>| {
        let run = || {
            recorder.scope_blocking(|| {
                everywhere(files.path());
                failing();
            })
        };
        match rules {
            Some(rules) => rules.scope_blocking(run),
            None => run(),
        }
        recorder.flush_blocking(Duration::from_secs(60)).unwrap();
    };
    run(Some(rules()));
    let stats = recorder.stats();
    assert_eq!(
        (stats.saved, stats.discarded.unencodable, stats.discarded.unredactable),
        (3, 3, 0),
        "{stats:?}"
    );

    let found = leaks(store.path(), &log);
    assert_eq!(found, [""; 0], "leaked: {found:#?}");

    // That nothing was found means something: without rules, all of it is there.
    run(None);
    let found = leaks(store.path(), &log);
    let kept_by_type = ["canary-typed", "secret-by-type"];
    let never = ["canary-panic", "canary-panic-of-operation"];
    for secret in secrets()
        .iter()
        .filter(|secret| !kept_by_type.contains(&secret.as_str()) && !never.contains(&secret.as_str()))
    {
        assert!(found.contains(secret), "{secret} is planted nowhere");
    }
}

/// Every secret that is planted, by reading this file.
fn secrets() -> Vec<String> {
    let source = include_str!("redaction_canary.rs");
    let by_look = source
        .split("canary(\"")
        .skip(1)
        .filter_map(|rest| rest.split_once('"'))
        .map(|(place, _)| canary(place));
    let by_name = ["password-by-name", "password-in-alias", "password-as-data", "password-as-metadata"];
    let others = ["everything-of-the-alias", "everything-in-the-answer", "secret-by-type", "7777777"];
    by_look
        .chain(by_name.iter().chain(&others).map(|secret| (*secret).to_owned()))
        .filter(|secret| secret != CANARY)
        .collect()
}

/// The secrets that are in anything that was stored, as it is and as it is read again, or logged.
fn leaks(store: &Path, log: &Log) -> Vec<String> {
    let mut everything = log.0.lock().unwrap().clone();
    let fixtures = Fixtures::open(store).unwrap();
    let found =
        futures::executor::block_on(fixtures.find_all(&Query::new().include_incomplete(true))).unwrap();
    for found in found {
        everything.extend_from_slice(format!("{:?}", found.metadata).as_bytes());
        everything.extend(std::fs::read(fixtures.path_of(&found.id).unwrap()).unwrap());
        let recording = futures::executor::block_on(fixtures.load(&found.id)).unwrap();
        everything.extend_from_slice(format!("{recording:?}").as_bytes());
        everything.extend_from_slice(&recording.tape().parts().bytes);
        // A list of bytes has each of them as a number of its own.
        for call in recording.tape().calls() {
            for value in [call.arguments().ok(), call.result().unwrap()].into_iter().flatten() {
                value.walk().for_each(|(_, value)| everything.extend(numbers(value)));
            }
        }
    }
    let is_there =
        |secret: &String| everything.windows(secret.len()).any(|window| window == secret.as_bytes());
    let mut leaked: Vec<String> = secrets().into_iter().filter(is_there).collect();
    leaked.sort();
    leaked.dedup();
    leaked
}

/// The numbers in a list that are bytes.
fn numbers(value: &playback_core::Value) -> impl Iterator<Item = u8> {
    let elements = value.as_seq().unwrap_or_default();
    elements.iter().filter_map(|element| element.as_u64()?.try_into().ok())
}
