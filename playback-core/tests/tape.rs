//! What stands on the tape of a recording.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use playback_core::value::EncodeError;
use playback_core::{
    End, Entry, FinishedCall, Kind, Recording, StoredValues, Tape, TapeParts, Value, input, input_with,
    operation, output, output_with, record_data, replay_blocking,
};
use playback_testkit::record_blocking;

#[test]
fn an_alias_of_one_kind_stands_on_the_tape_once_however_many_there_are() {
    let record = |aliases: usize| {
        let run = || {
            output_with(|| "first".to_owned()).run(|| ());
            for number in (0..aliases).chain(0..aliases) {
                let _: usize = input_with(|| format!("ask/{number}")).args(&(number,)).run(|| number);
                output_with(|| format!("ask/{number}")).args(&(number,)).run(|| ());
            }
        };
        record_blocking(|| operation("Op").run(run)).recording()
    };
    for aliases in [5, 15, 16, 17, 40] {
        let recording = record(aliases);
        assert_eq!(recording.tape().parts().sites.len(), 2 + 2 * aliases);
        for kind in [Kind::Input, Kind::Output] {
            let calls: Vec<_> =
                recording.tape().calls_of(kind).filter(|call| call.alias() != "first").collect();
            assert_eq!(calls.len(), 2 * aliases);
            for (at, call) in calls.into_iter().enumerate() {
                assert_eq!(call.alias(), format!("ask/{}", at % aliases));
                assert_eq!(call.arguments().unwrap(), Value::Seq(vec![(at % aliases).into()]));
            }
        }
    }
}

#[test]
fn an_extractor_of_metadata_is_told_how_long_the_operation_took() {
    let lasted = |call: &FinishedCall<'_>| {
        let told = [("lasted", Value::of(&call.duration())?), ("failed", call.failed().into())];
        Ok::<_, EncodeError>(BTreeMap::from(told))
    };
    for result in [Ok(1), Err(2)] {
        let run = || {
            operation("Op").metadata(lasted).run(|| {
                std::thread::sleep(Duration::from_millis(3));
                result
            })
        };
        let recording = record_blocking(run).recording();
        let metadata = recording.metadata();
        assert_eq!(metadata.fields["failed"], Value::from(result.is_err()));
        let told: Duration = metadata.fields["lasted"].to().unwrap();
        assert!(told >= Duration::from_millis(3) && told <= metadata.duration, "{told:?} of {metadata:?}");
        assert_eq!(told.subsec_nanos() % 1_000, 0, "in whole microseconds: {told:?}");
    }
}

#[test]
fn parts_that_make_no_tape_are_refused_with_the_entry_at_fault() {
    let run = || {
        operation("Op").args(&("argument",)).run(|| {
            output("send").args(&("sent",)).run(|| "answer".to_owned());
        })
    };
    let recording = record_blocking(run).recording();
    let parts = || recording.tape().parts().clone();
    assert_eq!(Tape::new(parts()).unwrap(), *recording.tape());
    let length = parts().bytes.len() as u64;
    type Break<'a> = &'a dyn Fn(&mut Entry);
    let cases: [(Break, &str); 7] = [
        (&|entry| entry.site = 2, "a site that is not there"),
        (&|entry| entry.lane = 1, "a lane that is not there"),
        (&|entry| entry.arguments = 1..length + 1, "bytes that are not there"),
        (&|entry| entry.arguments = length + 1..length + 1, "bytes that are not there"),
        (&|entry| entry.arguments = Range { start: 1, end: 0 }, "bytes that are not there"),
        (&|entry| entry.end = End::Returned(0..length + 1), "bytes that are not there"),
        (&|entry| entry.site = operation_site(&parts()), "a second operation"),
    ];
    for (break_it, why) in cases {
        let mut parts = parts();
        let site = operation_site(&parts);
        let at = parts.entries.iter().position(|entry| entry.site != site).unwrap();
        break_it(&mut parts.entries[at]);
        let error = Tape::new(parts).unwrap_err().to_string();
        assert!(error.starts_with("entry ") && error.contains(why), "{why}: {error}");
    }
}

fn operation_site(parts: &TapeParts) -> u32 {
    parts.sites.iter().position(|site| site.kind == Kind::Operation).unwrap() as u32
}

/// The values of a tape in a file.
#[derive(Debug)]
struct InFile(File, u64);

impl InFile {
    fn new(bytes: &[u8]) -> Arc<Self> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        Arc::new(Self(file, bytes.len() as u64))
    }
}

impl StoredValues for InFile {
    fn length(&self) -> u64 {
        self.1
    }

    fn read(&self, range: Range<u64>) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
        let mut bytes = vec![0; (range.end - range.start) as usize];
        (&self.0).seek(SeekFrom::Start(range.start))?;
        (&self.0).read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

#[test]
fn tapes_are_the_same_if_their_values_are_wherever_they_are_kept() {
    let record = |text: &str| {
        let run = || output("send").args(&(text,)).run(|| ());
        record_blocking(|| operation("Op").run(run)).recording()
    };
    let (one, other) = (record("a text"), record("a tent"));
    let stored = |recording: &playback_core::Recording| {
        let parts = recording.tape().parts().clone();
        let values = InFile::new(&parts.bytes);
        // Times are those of the first, so that nothing but values may differ.
        let entries = one.tape().parts().entries.clone();
        Tape::with_stored(TapeParts { bytes: Vec::new(), entries, ..parts }, values).unwrap()
    };
    assert_eq!(stored(&one), stored(&one));
    assert_eq!(stored(&one), *one.tape());
    assert_ne!(stored(&one), stored(&other));
    assert_ne!(stored(&other), *one.tape());
}

/// Values behind a client that is instrumented itself, as the service's own client of a store is.
#[derive(Debug)]
struct Instrumented(Arc<InFile>);

impl StoredValues for Instrumented {
    fn length(&self) -> u64 {
        self.0.length()
    }

    fn read(&self, range: Range<u64>) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
        input("store.get").args(&(range.start, range.end)).run(|| ());
        self.0.read(range)
    }
}

#[test]
fn a_replay_may_fetch_values_through_an_instrumented_client() {
    #[derive(serde::Serialize)]
    struct Then {
        one: u8,
        two: u8,
    }
    #[derive(serde::Serialize)]
    struct Now {
        two: u8,
        one: u8,
    }
    let recorded = record_blocking(|| {
        operation("Op").args(&("its",)).run(|| {
            record_data("kept", &"beside");
            input("stock").args(&(Then { one: 1, two: 2 },)).run(|| 5u8)
        });
    })
    .recording();
    let parts = recorded.tape().parts().clone();
    let values = Arc::new(Instrumented(InFile::new(&parts.bytes)));
    let tape = Tape::with_stored(TapeParts { bytes: Vec::new(), ..parts }, values).unwrap();
    let recording = Recording::new(recorded.id().clone(), recorded.metadata().clone(), tape);
    // Written in another way, so that the look-up reads what was recorded.
    let playback = replay_blocking(&recording, |recording| {
        let (argument,): (String,) = recording.arguments()?;
        Ok(operation("Op").args(&(argument,)).run(|| {
            assert_eq!(playback_core::play_data("kept"), Some("beside".to_owned()));
            input("stock").args(&(Now { two: 2, one: 1 },)).run(|| 6u8)
        }))
    })
    .unwrap();
    let answer: u8 = playback.replayed().operation().unwrap().result().unwrap().unwrap().to().unwrap();
    assert_eq!(answer, 5);
    assert_eq!(playback.replayed().calls().count(), 2, "what fetches is no part of the replay");
    let error = replay_blocking(&recording, |_| {
        Ok(operation("Op").args(&("its",)).run(|| input("stock").args(&("something else",)).run(|| 6u8)))
    })
    .unwrap_err();
    assert!(error.to_string().contains("has no recorded answer"), "{error}");
}

#[test]
fn the_size_of_a_tape_is_about_what_it_takes_in_memory() {
    let record = |calls: usize| {
        let run = || (0..calls).for_each(|_| output("send").args(&("x".repeat(100),)).run(|| ()));
        record_blocking(|| operation("Op").run(run)).recording().tape().size()
    };
    let more = record(1_000) - record(0);
    let expected = 1_000 * (100 + size_of::<Entry>());
    assert!((expected..expected + 10_000).contains(&more), "{more} bytes, and not {expected}");
}

#[test]
fn a_tape_keeps_little_room_behind_what_it_holds() {
    for bytes in (1..20).map(|step| step * 7_000) {
        let run = || (0..bytes / 100).for_each(|_| output("send").args(&("x".repeat(100),)).run(|| ()));
        let recording = record_blocking(|| operation("Op").run(run)).recording();
        let parts = recording.tape().parts();
        let spare = parts.bytes.capacity() - parts.bytes.len();
        assert!(spare <= 1024.max(parts.bytes.len() / 4), "{spare} behind {}", parts.bytes.len());
        let spare = parts.entries.capacity() - parts.entries.len();
        assert!(spare <= 16.max(parts.entries.len() / 4), "{spare} behind {}", parts.entries.len());
    }
}

/// A name of more bytes than all the rest of a call's site takes.
const LONG: &str =
    "the_name_of_an_argument_that_tells_all_there_is_to_be_told_of_it_and_that_is_longer_than_most_names_are";

#[test]
fn the_lengths_of_values_are_those_of_their_bytes() {
    let run = || {
        record_data("key", "data");
        output("o").argument_names(&[LONG]).args(&("its",)).run(|| ());
        output_with(|| "sent".to_owned()).args(&("a text", 7)).run(|| vec![1, 2, 3]);
    };
    let recording = record_blocking(|| operation("Op").args(&("argument",)).run(run)).recording();
    let lengths = |tape: &Tape| -> Vec<(u64, u64)> {
        tape.calls().map(|call| (call.argument_length(), call.result_length())).collect()
    };
    let bytes = recording.tape().calls().map(|call| {
        let result = call.result_bytes().unwrap().unwrap();
        (call.argument_bytes().unwrap().len() as u64, result.len() as u64)
    });
    assert_eq!(lengths(recording.tape()), bytes.collect::<Vec<_>>());
    assert!(lengths(recording.tape()).iter().any(|(arguments, result)| *arguments > 5 && *result > 2));

    let dropped = record_blocking(|| {
        operation("Op").run(|| {
            let call = output_with(|| "never".to_owned()).args(&(1,)).run_async(std::future::pending::<u8>());
            let mut call = Box::pin(call);
            assert!(futures::executor::block_on(async { futures::poll!(&mut call) }).is_pending());
        });
    });
    let recording = dropped.recording();
    let call = recording.tape().calls_of(Kind::Output).next().unwrap();
    assert_eq!((call.result_length(), call.result_bytes().unwrap()), (0, None));
}
