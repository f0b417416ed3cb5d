//! Recordings whose bytes tell which they are.
#![allow(dead_code, reason = "each test file takes what it needs")]

use std::time::{Duration, SystemTime};

use playback_cassette::{Metadata, Recording, RecordingId};
use playback_core::{End, Entry, Kind, Site, Tape, TapeParts};

/// The id of a number.
pub(crate) fn id(number: u64) -> RecordingId {
    RecordingId::new("orders/eu", "20260131", &format!("01KG8V3Q00{number:016}")).unwrap()
}

/// A recording of so many bytes, which are different for every number and version, and do not compress.
pub(crate) fn recording(number: u64, version: u64, length: u64) -> Recording {
    let mut random = fastrand::Rng::with_seed(number << 32 | version);
    let mut bytes = vec![0; usize::try_from(length).unwrap()];
    random.fill(&mut bytes);
    let operation = Entry {
        site: 0,
        lane: 0,
        order: 0,
        arguments: 0..length,
        end: End::Returned(0..length),
        started: Duration::ZERO,
        duration: Duration::from_millis(3),
    };
    let site = Site { kind: Kind::Operation, alias: "orders/eu".into(), argument_names: [].into() };
    let parts = TapeParts { bytes, sites: vec![site], lanes: vec![vec![]], entries: vec![operation] };
    let mut metadata =
        Metadata::new("orders/eu", SystemTime::UNIX_EPOCH + Duration::from_secs(1_769_860_800));
    metadata.duration = Duration::from_nanos(version);
    Recording::new(id(number), metadata, Tape::new(parts).unwrap())
}
