//! Recordings to try the rules with, the same in every run.

use std::time::{Duration, SystemTime};

use playback_cassette::IdGenerator;
use playback_core::{
    End, Entry, InvalidTape, Kind, Metadata, Recording, RecordingId, Service, Site, Tape, TapeParts, Value,
};

use super::broken::Broken;

/// 2026-01-31T12:00:00Z, in seconds after the Unix epoch.
const NOON: u64 = 1_769_860_800;

/// Makes recordings whose ids are the same in every run.
pub(super) struct Sample(IdGenerator);

impl Sample {
    pub(super) fn new() -> Self {
        Self(IdGenerator::seeded(20_260_131))
    }

    /// An id of a category and a time that no other recording has.
    pub(super) fn id(&self, category: &str, at: SystemTime) -> Result<RecordingId, Broken> {
        self.0.generate(category, at).map_err(|error| Broken(format!("the rule is at fault: {error}")))
    }

    /// A small recording made so many days and hours before noon.
    pub(super) fn made(&self, category: &str, days: u32, hours: u32) -> Result<Recording, Broken> {
        self.made_at(category, before(days, hours))
    }

    /// A small recording made at a time.
    pub(super) fn made_at(&self, category: &str, at: SystemTime) -> Result<Recording, Broken> {
        with_bytes(&self.id(category, at)?, at, vec![1, 2, 3])
    }
}

/// The time so many days and hours before 2026-01-31, noon.
pub(super) fn before(days: u32, hours: u32) -> SystemTime {
    noon() - Duration::from_secs(u64::from(days) * 86_400 + u64::from(hours) * 3600)
}

/// 2026-01-31, noon.
pub(super) fn noon() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(NOON)
}

/// A recording of one operation with these bytes as its arguments and its result.
pub(super) fn with_bytes(id: &RecordingId, at: SystemTime, bytes: Vec<u8>) -> Result<Recording, Broken> {
    let all = 0..bytes.len() as u64;
    let operation = entry(0, 0, 0, all.clone(), End::Returned(all));
    let parts = TapeParts {
        bytes,
        sites: vec![site(Kind::Operation, id.category(), &["request"])],
        lanes: vec![vec![]],
        entries: vec![operation],
    };
    let mut metadata = Metadata::new(id.category(), at);
    metadata.duration = Duration::from_nanos(1_234_567);
    Ok(Recording::new(id.clone(), metadata, tape(parts)?))
}

/// The same recording with other metadata.
pub(super) fn with_metadata(recording: &Recording, change: impl FnOnce(&mut Metadata)) -> Recording {
    let mut metadata = recording.metadata().clone();
    change(&mut metadata);
    Recording::new(recording.id().clone(), metadata, recording.tape().clone())
}

/// A recording with calls of every kind and every end, in lanes within lanes, some with no bytes at all.
pub(super) fn every_kind_of_call(id: &RecordingId) -> Result<Recording, Broken> {
    let parts = TapeParts {
        bytes: (0..100).collect(),
        sites: vec![
            site(Kind::Input, "checkout.customer", &["id"]),
            site(Kind::Output, "checkout.store/☂", &["receipt", "to"]),
            site(Kind::Data, "note", &[]),
            site(Kind::Operation, id.category(), &["request"]),
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
    Ok(Recording::new(id.clone(), Metadata::new(id.category(), noon()), tape(parts)?))
}

/// A recording of nothing: no call, no byte.
pub(super) fn empty(id: &RecordingId) -> Result<Recording, Broken> {
    let parts = TapeParts { lanes: vec![vec![]], ..TapeParts::default() };
    Ok(Recording::new(id.clone(), Metadata::new(id.category(), noon()), tape(parts)?))
}

/// A recording of so many calls of so many bytes each, which do not compress.
pub(super) fn large(id: &RecordingId, calls: u32, bytes_each: u64) -> Result<Recording, Broken> {
    let call = |number: u32| {
        let from = u64::from(number) * bytes_each;
        entry(0, 0, number, from..from, End::Returned(from..from + bytes_each))
    };
    let parts = TapeParts {
        bytes: noise(u64::from(calls) * bytes_each),
        sites: vec![site(Kind::Input, "blob", &[])],
        lanes: vec![vec![]],
        entries: (0..calls).map(call).collect(),
    };
    Ok(Recording::new(id.clone(), Metadata::new(id.category(), noon()), tape(parts)?))
}

/// Metadata with every field set, in every form that JSON has.
pub(super) fn every_field(metadata: &mut Metadata) {
    metadata.recorded_at += Duration::from_nanos(123_456_789);
    metadata.duration = Duration::from_nanos(86_400_000_000_001);
    metadata.failed = true;
    metadata.service = Some(Service { name: "checkout \"eu\"".into(), version: "1.4.2+ü".into() });
    let fields: [(&str, Value); 7] = [
        ("text", "Ada \"the first\"\n☂\u{0}".into()),
        ("empty", "".into()),
        ("number", 18_446_744_073_709_551_615_u64.into()),
        ("negative", (-9_223_372_036_854_775_808_i64).into()),
        ("fraction", 0.1_f64.into()),
        ("flag", true.into()),
        ("the name's \"quotes\"", Value::Seq(vec![1_u64.into(), "two".into()])),
    ];
    metadata.fields.extend(fields.map(|(name, value)| (name.to_owned(), value)));
}

/// Bytes that look random and are the same in every run.
pub(super) fn noise(length: u64) -> Vec<u8> {
    // The generator of Knuth's MMIX; the upper bits are the good ones.
    let step = |state: &mut u64| {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes().first().copied()
    };
    (0..length).scan(7, |state, _| step(state)).collect()
}

fn tape(parts: TapeParts) -> Result<Tape, Broken> {
    Tape::new(parts).map_err(|error: InvalidTape| Broken(format!("the rule is at fault: {error}")))
}

fn site(kind: Kind, alias: &str, names: &[&str]) -> Site {
    Site { kind, alias: alias.into(), argument_names: names.iter().map(|&name| name.into()).collect() }
}

fn entry(site: u32, lane: u32, order: u32, arguments: std::ops::Range<u64>, end: End) -> Entry {
    Entry {
        site,
        lane,
        order,
        arguments,
        end,
        started: Duration::from_nanos(u64::from(order) * 1_000_003),
        duration: Duration::from_nanos(997),
    }
}
