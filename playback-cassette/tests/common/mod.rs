//! What the tests of this crate share: recordings made by hand, and cassettes that misbehave.
#![allow(dead_code, reason = "each test file takes what it needs")]

pub(crate) mod torn;

use std::time::{Duration, SystemTime};

use playback_cassette::{ErrorKind, Metadata, Recording, RecordingId, Stats, TapeRecorder};
use playback_core::{
    End, Entry, Finished, Kind, OperationStart, Recorder, RecordingStart, Service, Site, Tape, TapeParts,
    Value,
};
use playback_testkit::MemoryCassette;
use playback_testkit::faults::{Faulty, Method};

/// 2026-01-31, noon.
pub(crate) const NOON: Duration = Duration::from_secs(1_769_860_800);

/// As long as a test that hangs should hang.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// Waits until something is so that needs no more than another thread to go on.
pub(crate) fn until(is_so: impl Fn() -> bool) {
    let since = std::time::Instant::now();
    while !is_so() {
        assert!(since.elapsed() < LONG, "it has not come to that");
        std::thread::yield_now();
    }
}

/// A time so many days before 2026-01-31, noon.
pub(crate) fn days_before(days: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + NOON - Duration::from_secs(days * 86_400)
}

/// A recording with one operation, whose arguments and result are `bytes` bytes each.
pub(crate) fn recording(id: &RecordingId, recorded_at: SystemTime, bytes: usize) -> Recording {
    let bytes = (0..2 * bytes).map(|at| (at % 251) as u8).collect();
    with_bytes(id, recorded_at, bytes)
}

/// A recording with one operation, whose arguments and result are half of these bytes each.
pub(crate) fn with_bytes(id: &RecordingId, recorded_at: SystemTime, bytes: Vec<u8>) -> Recording {
    Recording::new(id.clone(), Metadata::new(id.category(), recorded_at), one_call(bytes))
}

fn one_call(bytes: Vec<u8>) -> Tape {
    let length = bytes.len() as u64 / 2;
    let operation = Entry {
        site: 0,
        lane: 0,
        order: 0,
        arguments: 0..length,
        end: End::Returned(length..2 * length),
        started: Duration::ZERO,
        duration: Duration::from_millis(3),
    };
    Tape::new(TapeParts {
        bytes,
        sites: vec![Site { kind: Kind::Operation, alias: "Checkout".into(), argument_names: [].into() }],
        lanes: vec![vec![]],
        entries: vec![operation],
    })
    .unwrap()
}

/// A recording in which everything that the format can hold is there at least once.
pub(crate) fn full_recording() -> Recording {
    let id = "orders/eu ☂/20260131/01KG8V3Q2E9T0000000000000A".parse().unwrap();
    let mut metadata =
        Metadata::new("orders/eu ☂", SystemTime::UNIX_EPOCH + NOON + Duration::from_nanos(123_456_789));
    metadata.duration = Duration::from_nanos(1_234_567_890);
    metadata.failed = true;
    metadata.incomplete = true;
    metadata.service = Some(Service { name: "checkout".into(), version: "1.4.2".into() });
    metadata.fields.insert("status".into(), Value::from(500_u64));
    metadata.fields.insert("customer".into(), Value::from("Ada \"the first\""));
    let site = |kind, alias: &str, names: &[&str]| Site {
        kind,
        alias: alias.into(),
        argument_names: names.iter().map(|&name| name.into()).collect(),
    };
    let entry = |site, lane, order, arguments, end| Entry {
        site,
        lane,
        order,
        arguments,
        end,
        started: Duration::from_nanos(u64::from(order) * 1_000_003),
        duration: Duration::from_nanos(997),
    };
    let parts = TapeParts {
        bytes: (0..100).collect(),
        sites: vec![
            site(Kind::Input, "checkout.customer", &["id"]),
            site(Kind::Output, "checkout.store", &["receipt", "to"]),
            site(Kind::Data, "note", &[]),
            site(Kind::Operation, "orders/eu ☂", &["request"]),
        ],
        lanes: vec![vec![], vec![0], vec![2, 0]],
        entries: vec![
            entry(0, 0, 1, 10..20, End::Returned(20..30)),
            entry(0, 1, 3, 30..40, End::Cancelled),
            entry(1, 2, 2, 40..50, End::Panicked),
            entry(2, 0, 4, 50..50, End::Returned(50..60)),
            entry(3, 0, 0, 0..10, End::Returned(60..100)),
        ],
    };
    Recording::new(id, metadata, Tape::new(parts).unwrap())
}

/// Begins an operation and says how the recorder wants it recorded.
pub(crate) fn start(recorder: &TapeRecorder) -> Option<RecordingStart> {
    recorder.start(&OperationStart::new("Checkout"))
}

/// Begins an operation and ends it with a recording of twice so many bytes of values.
pub(crate) fn record(recorder: &TapeRecorder, bytes: usize) -> RecordingId {
    let started = start(recorder).expect("the recorder wants it");
    recorder.finish(Finished::Recorded(recording(&started.id, started.recorded_at, bytes)));
    started.id
}

/// Begins an operation and, if it is recorded, ends it. Whether it is.
pub(crate) fn begins(recorder: &TapeRecorder) -> bool {
    let started = start(recorder);
    if let Some(started) = &started {
        recorder.finish(Finished::Recorded(recording(&started.id, started.recorded_at, 1)));
    }
    started.is_some()
}

/// A cassette in memory whose saves wait, but for the first `saves`.
pub(crate) fn held(saves: usize) -> Faulty<MemoryCassette> {
    let cassette = Faulty::new(MemoryCassette::new());
    cassette.hold(Method::Save);
    cassette.let_pass(Method::Save, saves);
    cassette
}

/// A cassette in memory whose saves all fail.
pub(crate) fn failing() -> Faulty<MemoryCassette> {
    let cassette = Faulty::new(MemoryCassette::new());
    cassette.fail(Method::Save, ErrorKind::Unreachable);
    cassette
}

/// A cassette in memory whose saves all panic.
pub(crate) fn panicking() -> Faulty<MemoryCassette> {
    let cassette = Faulty::new(MemoryCassette::new());
    cassette.panic_next(Method::Save, usize::MAX);
    cassette
}

/// Every recording that was begun has become something that is counted.
pub(crate) fn assert_equation(stats: &Stats) {
    let sum = stats.saved
        + stats.sampled_out
        + stats.discarded.total()
        + stats.dropped.total()
        + stats.failed
        + stats.in_flight.total();
    assert_eq!(stats.started, sum, "{stats:?}");
}

/// What each frame of zstd begins with, and that of an index does not.
const FRAME_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

const DICTIONARY: &[u8] = include_bytes!("../../src/format/dictionary.zdict");

/// A tape file in its parts; see FORMAT.md.
pub(crate) struct Parts {
    pub(crate) blocks_length: u64,
    pub(crate) index_length: u32,
    pub(crate) raw_length: u32,
    /// Compressed.
    pub(crate) index: Vec<u8>,
    pub(crate) blocks: Vec<u8>,
}

impl Parts {
    pub(crate) fn of(file: &[u8]) -> Self {
        let ((blocks_length, index_length, raw_length), behind) =
            postcard::take_from_bytes(&file[5..]).unwrap();
        let (index, blocks) = behind[4..].split_at(index_length as usize);
        Self { blocks_length, index_length, raw_length, index: index.to_vec(), blocks: blocks.to_vec() }
    }

    /// The same with another index, which may be said to be of another length than it is.
    pub(crate) fn with_index(self, raw: &[u8], raw_length: usize) -> Self {
        let index = packed(raw);
        Self { index_length: index.len() as u32, raw_length: raw_length as u32, index, ..self }
    }

    pub(crate) fn raw_index(&self) -> Vec<u8> {
        let mut decompressor = zstd::bulk::Decompressor::with_dictionary(DICTIONARY).unwrap();
        let frame = [&FRAME_MAGIC, self.index.as_slice()].concat();
        decompressor.decompress(&frame, self.raw_length as usize).unwrap()
    }

    /// The file, with the right checksum.
    pub(crate) fn assembled(&self) -> Vec<u8> {
        let lengths = (self.blocks_length, self.index_length, self.raw_length);
        let mut file = b"\x89PBT\x01".to_vec();
        file.extend(postcard::to_stdvec(&lengths).unwrap());
        let checksum = crc32fast::hash(&[file.as_slice(), &self.index].concat());
        file.extend(checksum.to_le_bytes());
        file.extend(&self.index);
        file.extend(&self.blocks);
        file
    }
}

/// The compressed form of an index.
fn packed(raw: &[u8]) -> Vec<u8> {
    let frame = zstd::bulk::Compressor::with_dictionary(3, DICTIONARY).unwrap().compress(raw).unwrap();
    frame[FRAME_MAGIC.len()..].to_vec()
}
