//! A recording that is opened and not loaded: it says what the loaded one says, and no more is fetched than is asked for.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod common;

use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use common::{NOON, Parts, full_recording};
use futures::executor::block_on;
use playback_cassette::format::{self, ReadRange};
use playback_cassette::{Error, ErrorKind, Metadata, Opened, OpenedCall, Recording};
use playback_core::{End, Entry, Kind, Site, Tape, TapeParts, value};

/// What of a file is asked for at first.
const FIRST: Range<u64> = 0..64 * 1024;

/// A file that somebody keeps, and the ranges of it that were asked for.
#[derive(Clone)]
struct Kept {
    file: Arc<Vec<u8>>,
    asked: Arc<Mutex<Vec<Range<u64>>>>,
}

impl Kept {
    fn new(file: Vec<u8>) -> Self {
        Self { file: Arc::new(file), asked: Arc::default() }
    }

    fn open(&self, recording: &Recording) -> Result<Opened, Error> {
        block_on(format::open(recording.id(), Box::new(self.clone())))
    }

    /// What was asked for since this was called last.
    fn asked(&self) -> Vec<Range<u64>> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

#[async_trait]
impl ReadRange for Kept {
    async fn read_range(&self, range: Range<u64>) -> Result<Vec<u8>, Error> {
        self.asked.lock().unwrap().push(range.clone());
        let within = |at: u64| (at as usize).min(self.file.len());
        Ok(self.file[within(range.start)..within(range.end)].to_vec())
    }
}

fn recording(bytes: Vec<u8>, entries: Vec<Entry>) -> Recording {
    let site = |kind, alias: &str, names: &[&str]| Site {
        kind,
        alias: alias.into(),
        argument_names: names.iter().map(|&name| name.into()).collect(),
    };
    let sites = vec![
        site(Kind::Operation, "Export", &["request"]),
        site(Kind::Input, "page", &["number"]),
        site(Kind::Output, "upload", &[]),
        site(Kind::Data, "note", &[]),
    ];
    let tape = Tape::new(TapeParts { bytes, sites, lanes: vec![vec![], vec![1, 2]], entries }).unwrap();
    let id = "Export/20260131/01KG8V3Q2E9T0000000000000A".parse().unwrap();
    Recording::new(id, Metadata::new("Export", SystemTime::UNIX_EPOCH + NOON), tape)
}

/// Calls of every kind and end; among them such as no recorder makes: data with arguments, an input without any.
fn every_call() -> Recording {
    let text = value::encode(&"a text").unwrap();
    let number = value::encode(&17_u64).unwrap();
    let (texts, numbers) = (text.len() as u64, (text.len() + number.len()) as u64);
    let entry = |site, order, arguments, end| Entry {
        site,
        lane: site % 2,
        order,
        arguments,
        end,
        started: Duration::from_micros(u64::from(order) * 10),
        duration: Duration::from_micros(7),
    };
    let (text_at, number_at, nothing) = (0..texts, texts..numbers, 0..0);
    let entries = vec![
        entry(1, 1, number_at.clone(), End::Returned(text_at.clone())),
        entry(1, 2, nothing.clone(), End::Returned(number_at.clone())),
        entry(2, 3, text_at.clone(), End::Cancelled),
        entry(2, 4, text_at.clone(), End::Panicked),
        entry(3, 5, nothing, End::Returned(number_at.clone())),
        entry(3, 6, text_at.clone(), End::Returned(number_at)),
        entry(0, 0, text_at.clone(), End::Returned(text_at)),
    ];
    recording([text, number].concat(), entries)
}

/// So many calls, with arguments and results of half of `size` bytes that do not compress well.
fn large(calls: u64, size: u64) -> Recording {
    let mut random = fastrand::Rng::with_seed(1);
    let entry = |at: u64| Entry {
        site: 1,
        lane: 0,
        order: at as u32,
        arguments: at * size..at * size + size / 2,
        end: End::Returned(at * size + size / 2..(at + 1) * size),
        started: Duration::from_micros(at),
        duration: Duration::from_micros(3),
    };
    recording((0..calls * size).map(|_| random.u8(..) & 0x3f).collect(), (0..calls).map(entry).collect())
}

/// A recording whose index is larger than what is asked for at first.
fn with_large_index() -> Recording {
    let mut random = fastrand::Rng::with_seed(1);
    let entry = |order: u32| Entry {
        site: 1,
        lane: 0,
        order,
        arguments: 0..1,
        end: End::Cancelled,
        started: Duration::ZERO,
        duration: Duration::from_nanos(random.u64(..)),
    };
    recording(vec![0], (0..12_000).map(entry).collect())
}

fn says_what_the_loaded_one_says(opened: &Opened, recording: &Recording) {
    assert_eq!((opened.id(), opened.metadata()), (recording.id(), recording.metadata()));
    let tape = recording.tape();
    assert_eq!(opened.calls().count(), tape.calls().count());
    for (call, saved) in opened.calls().zip(tape.calls()) {
        let number = saved.order();
        assert_eq!((call.order(), call.kind(), call.alias()), (number, saved.kind(), saved.alias()));
        assert_eq!((call.lane(), call.argument_names()), (saved.lane(), saved.argument_names()));
        assert_eq!((call.started(), call.duration()), (saved.started(), saved.duration()));
        assert_eq!(call.end(), saved.end());
        let arguments = saved.argument_bytes().unwrap();
        assert_eq!(block_on(call.argument_bytes()).unwrap(), &*arguments, "call {number}");
        assert_eq!(call.argument_length(), arguments.len() as u64, "call {number}");
        let result = saved.result_bytes().unwrap();
        assert_eq!(block_on(call.result_bytes()).unwrap().as_deref(), result.as_deref(), "call {number}");
        assert_eq!(call.result_length(), result.map_or(0, |result| result.len()) as u64, "call {number}");
        assert_eq!(block_on(call.arguments()).ok(), saved.arguments().ok(), "call {number}");
        assert_eq!(block_on(call.result()).ok(), saved.result().ok(), "call {number}");
    }
    let named = |call: OpenedCall<'_>| (call.kind(), call.order());
    assert_eq!(opened.operation().map(named), tape.operation().map(|call| (call.kind(), call.order())));
}

#[test]
fn what_is_opened_says_and_brings_what_was_saved_wherever_its_values_are() {
    for recording in [every_call(), full_recording(), large(300, 3000), with_large_index()] {
        let file = format::encode(&recording).unwrap();
        let length = file.len() as u64;
        let opened = Kept::new(file).open(&recording).unwrap();
        says_what_the_loaded_one_says(&opened, &recording);
        assert_eq!(opened.file_length(), Some(length));
        // As by a cassette that cannot read parts of a recording.
        let whole = Opened::whole(recording.clone());
        says_what_the_loaded_one_says(&whole, &recording);
        assert_eq!(whole.file_length(), None);
    }
}

#[test]
fn each_block_is_fetched_when_a_value_in_it_is_asked_for_and_nothing_else_is() {
    let recording = large(1000, 3000);
    let file = format::encode(&recording).unwrap();
    let blocks = Parts::of(&file).blocks.len() as u64;
    let start = file.len() as u64 - blocks;
    let kept = Kept::new(file);
    let opened = kept.open(&recording).unwrap();
    assert_eq!(kept.asked(), [FIRST], "the front, by one request");
    let arguments = |call: OpenedCall<'_>| drop(block_on(call.argument_bytes()).unwrap());
    let result = |call: OpenedCall<'_>| drop(block_on(call.result_bytes()).unwrap());
    opened.calls().for_each(|call| (arguments(call), result(call)).0);
    let forth = kept.asked();
    assert_eq!((forth.len(), forth[0].start, forth[11].end), (12, start, start + blocks));
    assert!(forth.windows(2).all(|pair| pair[0].end == pair[1].start), "{forth:?}");
    // The other way round, each once again, but for the one that is there.
    opened.calls().rev().for_each(|call| (result(call), arguments(call)).0);
    let mut back = kept.asked();
    back.reverse();
    assert_eq!(back, forth[..11]);
}

#[test]
fn a_front_that_is_longer_than_expected_takes_a_second_request_and_a_short_file_takes_one() {
    let recording = with_large_index();
    let file = format::encode(&recording).unwrap();
    let length = file.len() as u64;
    assert!(length > FIRST.end, "{length}");
    let kept = Kept::new(file.clone());
    kept.open(&recording).unwrap();
    assert_eq!(kept.asked(), [FIRST, FIRST.end..length]);

    let small = every_call();
    let kept = Kept::new(format::encode(&small).unwrap());
    let opened = kept.open(&small).unwrap();
    opened.calls().for_each(|call| drop(block_on(call.argument_bytes()).unwrap()));
    assert_eq!(kept.asked(), [FIRST]);
}

#[test]
fn a_file_that_is_cut_is_refused_as_soon_as_it_shows() {
    let refused = |recording: &Recording, file: &[u8]| {
        let error = Kept::new(file.to_vec()).open(recording).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        error.to_string()
    };
    let truncated = |recording: &Recording, there: usize, whole: usize| {
        let number = |number: usize| match number {
            0..1000 => number.to_string(),
            _ => format!("{},{:03}", number / 1000, number % 1000),
        };
        format!(
            "recording {} is truncated after {} of {} bytes; delete it or restore it from backup",
            recording.id(),
            number(there),
            number(whole)
        )
    };
    // In its values, where they could not be fetched later on; in its index, that comes with the first request or behind.
    let (values, index) = (large(15, 3000), with_large_index());
    for (recording, there) in [(&values, 20_000), (&values, 100), (&index, 40_000), (&index, 70_000)] {
        let file = format::encode(recording).unwrap();
        assert_eq!(refused(recording, &file[..there]), truncated(recording, there, file.len()));
    }
    // Behind what is asked for at first, it shows when a value is asked for that is not there.
    let recording = large(300, 3000);
    let file = format::encode(&recording).unwrap();
    let there = file.len() - 1000;
    let opened = Kept::new(file[..there].to_vec()).open(&recording).unwrap();
    let (first, last) = (opened.calls().next().unwrap(), opened.calls().last().unwrap());
    assert!(block_on(first.arguments()).is_err_and(|error| !error.to_string().contains("truncated")));
    let error = block_on(last.result_bytes()).unwrap_err();
    assert_eq!(error.to_string(), truncated(&recording, there, file.len()));
}

#[test]
fn values_that_were_changed_and_a_recording_of_another_name_are_refused() {
    let recording = large(300, 3000);
    let mut file = format::encode(&recording).unwrap();
    *file.last_mut().unwrap() ^= 1;
    let opened = Kept::new(file.clone()).open(&recording).unwrap();
    let error = block_on(opened.calls().last().unwrap().result()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.to_string().contains("the checksum of its block 3 is wrong"), "{error}");
    let error = Kept::new(file).open(&full_recording()).unwrap_err();
    assert!(error.to_string().contains("what is kept under its name is recording Export/"), "{error}");
}

#[test]
fn what_is_shown_of_it_in_a_log_names_it_and_tells_no_value() {
    let recording = every_call();
    for opened in [
        Kept::new(format::encode(&recording).unwrap()).open(&recording).unwrap(),
        Opened::whole(recording.clone()),
    ] {
        let shown = format!("{opened:?} {:?}", opened.calls().nth(1).unwrap());
        assert!(shown.contains("01KG8V3Q2E9T0000000000000A"), "{shown}");
        assert!(shown.ends_with("Input page #1"), "{shown}");
        assert!(!shown.contains("a text"), "{shown}");
    }
}
