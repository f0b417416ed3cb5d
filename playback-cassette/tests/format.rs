//! The tape file: what goes in comes out, and what is not a tape is refused with a message that helps.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod common;

use std::time::{Duration, SystemTime};

use common::{NOON, Parts, full_recording, recording};
use playback_cassette::{ErrorKind, Found, Metadata, Recording, format};
use playback_core::{End, Entry, Kind, Site, Tape, TapeParts, Value};
use proptest::prelude::*;

/// Where the parts of the header stand; see FORMAT.md.
const VERSION_AT: usize = 4;
const BLOCKS_LENGTH_AT: usize = 5;

fn message(bytes: &[u8]) -> String {
    let error = format::decode("recording X", bytes).unwrap_err();
    error.to_string()
}

/// So many values of `size` bytes that do not compress well.
fn large_recording(values: u64, size: u64) -> Recording {
    let mut random = fastrand::Rng::with_seed(1);
    let entry = |at: u64| Entry {
        site: 0,
        lane: 0,
        order: at as u32,
        arguments: at * size..at * size + size / 2,
        end: End::Returned(at * size + size / 2..(at + 1) * size),
        started: Duration::from_micros(at),
        duration: Duration::from_nanos(at * 7),
    };
    let tape = Tape::new(TapeParts {
        bytes: (0..values * size).map(|_| random.u8(..) & 0x3f).collect(),
        sites: vec![Site { kind: Kind::Input, alias: "read".into(), argument_names: [].into() }],
        lanes: vec![vec![]],
        entries: (0..values).map(entry).collect(),
    });
    let id = "Large/20260131/01KG8V3Q2E9T0000000000000A".parse().unwrap();
    Recording::new(id, Metadata::new("Large", SystemTime::UNIX_EPOCH + NOON), tape.unwrap())
}

#[test]
fn a_recording_with_everything_in_it_comes_back_as_it_was() {
    // C10
    let recording = full_recording();
    assert_eq!(format::decode("it", &format::encode(&recording).unwrap()).unwrap(), recording);
}

#[test]
fn large_values_are_cut_into_blocks_and_come_back_as_they_were() {
    // C10
    let recording = large_recording(1000, 3000);
    let file = format::encode(&recording).unwrap();
    let frames =
        Parts::of(&file).blocks.windows(4).filter(|window| *window == [0x28, 0xb5, 0x2f, 0xfd]).count();
    assert_eq!(frames, 12, "3,000,000 bytes in blocks of 256 KiB and little more");
    assert_eq!(format::decode("it", &file).unwrap(), recording);
}

#[test]
fn a_value_larger_than_a_block_is_not_cut() {
    let recording = large_recording(2, 2_000_000);
    let file = format::encode(&recording).unwrap();
    assert_eq!(format::decode("it", &file).unwrap(), recording);
}

#[test]
fn the_same_recording_gives_the_same_bytes() {
    assert_eq!(format::encode(&full_recording()).unwrap(), format::encode(&full_recording()).unwrap());
}

#[test]
fn a_truncated_file_says_how_much_of_it_is_there() {
    let file = format::encode(&large_recording(100, 3000)).unwrap();
    assert!(file.len() > 100_000, "{}", file.len());
    let whole = format!("{},{:03}", file.len() / 1000, file.len() % 1000);
    let expected =
        format!("recording X is truncated after 2,048 of {whole} bytes; delete it or restore it from backup");
    assert_eq!(message(&file[..2048]), expected);
    for (at, what) in [(4, "4"), (7, "7"), (12, "12")] {
        assert_eq!(
            message(&file[..at]),
            format!(
                "recording X is truncated after {what} bytes, in its header; delete it or restore it from backup"
            )
        );
    }
    assert_eq!(message(&[]), "recording X is corrupt: it is empty; delete it or restore it from backup");
}

#[test]
fn a_foreign_file_is_named_as_one() {
    assert_eq!(
        message(b"{\"format\":1}"),
        "recording X is not a tape: it begins with 7b 22 66 6f, which no version of playback writes; \
         check that it is the file that is meant"
    );
    let error = format::decode("recording X", b"PK").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
}

#[test]
fn a_newer_format_says_which_version_reads_what() {
    let mut file = format::encode(&full_recording()).unwrap();
    file[VERSION_AT] = 2;
    let error = format::decode("recording X", &file).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NewerFormat);
    assert_eq!(
        error.to_string(),
        format!(
            "recording X is written in tape format 2, and playback-cassette {} reads tape format 1 at most; \
             read it with a newer version",
            env!("CARGO_PKG_VERSION")
        )
    );
}

#[test]
fn every_changed_byte_is_noticed() {
    for file in
        [format::encode(&full_recording()).unwrap(), format::encode(&large_recording(20, 3000)).unwrap()]
    {
        let step = file.len().div_ceil(500);
        for at in (0..64).chain((64..file.len()).step_by(step)) {
            let mut changed = file.clone();
            changed[at] ^= 0x10;
            let error = format::decode("recording X", &changed).expect_err(&format!("byte {at}"));
            assert!(error.to_string().starts_with("recording X "), "byte {at}: {error}");
        }
    }
}

#[test]
fn wrong_checksums_say_of_which_part() {
    let file = format::encode(&large_recording(20, 3000)).unwrap();
    let corrupt = |at: usize| {
        let mut changed = file.clone();
        changed[at] ^= 1;
        message(&changed)
    };
    let expected = |part: &str| {
        format!(
            "recording X is corrupt: the checksum of {part} is wrong; delete it or restore it from backup"
        )
    };
    assert_eq!(corrupt(64), expected("its index"));
    assert_eq!(corrupt(file.len() - 1), expected("its block 0"));
}

#[test]
fn bytes_after_the_end_are_noticed() {
    let mut file = format::encode(&full_recording()).unwrap();
    file.extend([0; 1234]);
    assert_eq!(
        message(&file),
        "recording X is corrupt: 1,234 bytes follow its end; delete it or restore it from backup"
    );
}

#[test]
fn an_index_that_lies_about_its_length_is_refused() {
    let raw = Parts::of(&format::encode(&full_recording()).unwrap()).raw_index();
    for claimed in [raw.len() - 1, raw.len() + 1, 20_000_000] {
        let expected = format!(
            "recording X is corrupt: its index is said to be {claimed} bytes, and is not; \
             delete it or restore it from backup"
        );
        let file = Parts::of(&format::encode(&full_recording()).unwrap()).with_index(&raw, claimed);
        assert_eq!(message(&file.assembled()), expected);
    }
}

#[test]
fn what_would_take_too_much_memory_is_refused_before_it_takes_any() {
    // A gigabyte of zeros in a few kilobytes.
    let length = 64 << 20;
    let bomb = Parts::of(&format::encode(&full_recording()).unwrap()).with_index(&vec![0; length], length);
    let file = bomb.assembled();
    assert!(file.len() < 10_000);
    let error = format::decode("recording X", &file).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert_eq!(
        error.to_string(),
        "recording X may take 2,147,483,648 bytes of memory, and 1,073,741,824 are allowed; \
         allow more with `format::decode_within`"
    );
    let file = format::encode(&large_recording(100, 3000)).unwrap();
    let error = format::decode_within("recording X", &file, 200_000).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(format::decode_within("recording X", &file, 1_000_000).is_ok());
}

#[test]
fn what_takes_more_memory_than_its_index_suggests_is_refused_too() {
    // Each takes a byte in the index.
    let names = vec!["".into(); 200_000];
    let tape = Tape::new(TapeParts {
        sites: vec![Site { kind: Kind::Input, alias: "read".into(), argument_names: names.into() }],
        ..TapeParts::default()
    });
    let recording =
        Recording::new(full_recording().id().clone(), full_recording().metadata().clone(), tape.unwrap());
    let file = format::encode(&recording).unwrap();
    let error = format::decode_within("recording X", &file, 10_000_000).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert_eq!(format::decode_within("recording X", &file, 20_000_000).unwrap(), recording);
}

#[test]
fn a_header_that_lies_about_the_blocks_is_refused() {
    let mut file = format::encode(&full_recording()).unwrap();
    file[BLOCKS_LENGTH_AT] = 1;
    assert!(message(&file).starts_with("recording X is truncated after "), "{}", message(&file));
    let mut file = format::encode(&large_recording(20, 3000)).unwrap();
    file[BLOCKS_LENGTH_AT] -= 1;
    assert!(message(&file).contains("1 bytes follow its end"), "{}", message(&file));
}

#[test]
fn an_index_that_would_be_fetched_for_nothing_is_refused_before_it_is() {
    // A file of 4 GiB, all but its header a hole, that is said to hold an index of a few bytes.
    let mut file = tempfile::tempfile().unwrap();
    let index_length = u32::MAX - 1_000;
    let parts = Parts { blocks_length: 0, index_length, raw_length: 1_000, index: vec![], blocks: vec![] };
    let header = parts.assembled();
    std::io::Write::write_all(&mut file, &header).unwrap();
    file.set_len(header.len() as u64 + u64::from(index_length)).unwrap();
    let error = format::decode_file("recording X", file).unwrap_err();
    assert!(error.to_string().contains("its compressed index is longer than the index"), "{error}");
}

#[test]
fn a_tape_that_would_fill_the_memory_of_whoever_writes_it_out_is_refused() {
    // Calls of one alias of a hundred kilobytes: a file of some kilobytes, and a gigabyte and more as text.
    let long = |calls: u32| {
        let site = |kind| Site { kind, alias: "a".repeat(100_000).into(), argument_names: [].into() };
        let entry = |order| Entry {
            site: u32::from(order > 0),
            lane: 0,
            order,
            arguments: 0..1,
            end: End::Cancelled,
            started: Duration::ZERO,
            duration: Duration::ZERO,
        };
        let parts = TapeParts {
            bytes: vec![0],
            sites: vec![site(Kind::Operation), site(Kind::Input)],
            lanes: vec![Vec::new()],
            entries: (0..calls).map(entry).collect(),
        };
        let id = "Checkout/20260131/01KG8V3Q2E9T0000000000000A".parse().unwrap();
        Recording::new(
            id,
            Metadata::new("Checkout", SystemTime::UNIX_EPOCH + NOON),
            Tape::new(parts).unwrap(),
        )
    };
    let few = format::encode(&long(1_000)).unwrap();
    assert!(few.len() < 10_000 && format::decode("recording X", &few).is_ok());
    let error = format::encode(&long(20_000)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(error.to_string().contains("repeats long aliases very often"), "{error}");
    // Nor is it read, if someone else wrote it: the index of a few, in which the number of calls and all that is known of
    // them is put up.
    let few = Parts::of(&few);
    let more = with_more_calls(&few.raw_index(), 1_000, 20_000, 1);
    let more = few.with_index(&more, more.len()).assembled();
    assert!(message(&more).contains("repeats long names more often than any recorder would"));
}

#[test]
fn what_could_not_be_read_again_is_refused_when_it_is_written() {
    let with = |fields: &[(&str, Value)], alias: &str| {
        let mut metadata = full_recording().metadata().clone();
        metadata.fields = fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let site = Site { kind: Kind::Input, alias: alias.into(), argument_names: [].into() };
        let tape = Tape::new(TapeParts { sites: vec![site], ..TapeParts::default() }).unwrap();
        Recording::new(full_recording().id().clone(), metadata, tape)
    };
    let found = |recording: &Recording| Found::new(recording.id().clone(), recording.metadata().clone());

    // A text of four mebibytes is read from both files, but for a kilobyte.
    let fits = with(&[("body", Value::from("a".repeat((4 << 20) - 1024)))], "read");
    assert_eq!(format::decode("it", &format::encode(&fits).unwrap()).unwrap(), fits);
    let json = format::metadata_to_json(&found(&fits)).unwrap();
    assert_eq!(format::metadata_from_json("it", &json).unwrap(), found(&fits));
    // As JSON, bytes are lists of numbers.
    let large = with(&[("status", Value::from(500)), ("body", Value::Bytes(vec![200; 2 << 20]))], "read");
    let expected = "the metadata of recording orders/eu ☂/20260131/01KG8V3Q2E9T0000000000000A takes more than 4,194,304 \
                    bytes as JSON, of which the field `body` takes 8,388,609; record that as a value (`record_data`), \
                    which may be larger";
    for error in [format::encode(&large).unwrap_err(), format::metadata_to_json(&found(&large)).unwrap_err()]
    {
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::TooLarge, expected));
    }
    let too_long = [json.as_slice(), &[b' '; 2048]].concat();
    let error = format::metadata_from_json("the metadata of recording X", &too_long).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);

    let long = with(&[], &"a".repeat(33 << 20));
    let error = format::encode(&long).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(
        error
            .to_string()
            .ends_with("has more calls, or longer names, than a tape file can index; record less")
    );
}

#[test]
fn calls_that_all_have_the_same_large_value_are_refused() {
    // A file of some kilobytes, and a hundred megabytes as text.
    const LENGTH: u64 = 30_000;
    let shared = |calls: u32, beside: usize| {
        let site = |kind| Site { kind, alias: "a".into(), argument_names: [].into() };
        let entry = |order| Entry {
            site: u32::from(order > 0),
            lane: 0,
            order,
            arguments: 0..LENGTH,
            end: End::Cancelled,
            started: Duration::ZERO,
            duration: Duration::ZERO,
        };
        let parts = TapeParts {
            bytes: vec![0; LENGTH as usize + beside],
            sites: vec![site(Kind::Operation), site(Kind::Input)],
            lanes: vec![Vec::new()],
            entries: (0..calls).map(entry).collect(),
        };
        let metadata = Metadata::new("Checkout", SystemTime::UNIX_EPOCH + NOON);
        let id = "Checkout/20260131/01KG8V3Q2E9T0000000000000A".parse().unwrap();
        Recording::new(id, metadata, Tape::new(parts).unwrap())
    };
    let few = format::encode(&shared(1_000, 0)).unwrap();
    assert_eq!(format::decode("recording X", &few).unwrap(), shared(1_000, 0));
    // Values of no call make it no better.
    for beside in [0, 100 << 20] {
        let error = format::encode(&shared(4_000, beside)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert!(error.to_string().contains("has calls that share large values"), "{error}");
    }
    let few = Parts::of(&few);
    let more = with_more_calls(&few.raw_index(), 1_000, 4_000, LENGTH);
    let more = few.with_index(&more, more.len()).assembled();
    assert!(more.len() < 10_000, "{} bytes", more.len());
    assert!(message(&more).contains("repeats large values more often than any recorder would"));
}

/// The index of so many calls that are all alike and have one value of so many bytes, made one of more of them.
fn with_more_calls(raw: &[u8], calls: u64, more: u64, length: u64) -> Vec<u8> {
    let varint = |mut number: u64| {
        let mut bytes = Vec::new();
        while number >= 0x80 {
            bytes.push((number & 0x7F) as u8 | 0x80);
            number >>= 7;
        }
        bytes.push(number as u8);
        bytes
    };
    // Their number, how many are behind the operation, the columns that are left out, and how many numbers the four others
    // have: lanes, orders, times, durations and results are zeros or none.
    let head = |calls| [varint(calls), varint(calls - 1), varint(0b11_1100_0110), varint(4 * calls)].concat();
    let at = head(calls);
    let start = raw.windows(at.len()).position(|window| window == at).unwrap();
    let column = |first: u64, rest: u64| [varint(first), varint(rest).repeat(more as usize - 1)].concat();
    // Sites, starts of arguments (the same each time: as far back as it is long), lengths, ends.
    let columns = [(0, 1), (0, 2 * length - 1), (length, length), (1, 1)].map(|(a, b)| column(a, b));
    let mut index = raw[..start].to_vec();
    index.extend(head(more));
    index.extend(columns.concat());
    // No blocks, and the one value.
    index.push(0);
    index.extend(vec![0; length as usize]);
    index
}

#[test]
fn a_tape_under_another_recordings_name_is_refused() {
    let id = "Checkout/20260131/01KG8V3Q2E9T0000000000000A".parse().unwrap();
    let other = "Checkout/20260131/01KG8V3Q2E9T0000000000000B".parse().unwrap();
    let file = format::encode(&recording(&id, SystemTime::UNIX_EPOCH + NOON, 10)).unwrap();
    assert!(format::decode_recording(&id, &file).is_ok());
    assert_eq!(
        format::decode_recording(&other, &file).unwrap_err().to_string(),
        "recording Checkout/20260131/01KG8V3Q2E9T0000000000000B is corrupt: what is kept under its name is recording \
         Checkout/20260131/01KG8V3Q2E9T0000000000000A; delete it or restore it from backup"
    );
}

#[test]
fn a_time_that_no_calendar_has_is_refused_by_name() {
    let id = "Checkout/20260131/01KG8V3Q2E9T0000000000000A".parse().unwrap();
    let far = SystemTime::UNIX_EPOCH + Duration::from_secs(300_000_000_000);
    let error = format::encode(&recording(&id, far, 10)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(
        error.to_string(),
        "recording Checkout/20260131/01KG8V3Q2E9T0000000000000A was made outside of the years 0 to 9999; \
         set the clock right"
    );
}

proptest! {
    #[test]
    fn any_recording_comes_back_as_it_was(recording in recordings()) {
        let file = format::encode(&recording).unwrap();
        prop_assert_eq!(format::decode("it", &file).unwrap(), recording);
    }

    #[test]
    fn bytes_of_any_kind_give_an_error_and_no_panic(mut bytes: Vec<u8>, magic: bool) {
        if magic {
            bytes.splice(0..0, *b"\x89PBT\x01");
        }
        prop_assert!(format::decode("it", &bytes).is_err());
    }

    /// Past all checksums: what an attacker can write, and a fault of a disk cannot.
    #[test]
    fn a_changed_index_with_right_checksums_gives_an_error_or_a_tape_and_no_panic(
        recording in recordings(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let parts = Parts::of(&format::encode(&recording).unwrap());
        let mut raw = parts.raw_index();
        for (at, byte) in changes {
            let at = at.index(raw.len());
            raw[at] = byte;
        }
        if let Some(cut) = cut {
            raw.truncate(cut.index(raw.len()));
        }
        if let Ok(recording) = format::decode("it", &parts.with_index(&raw, raw.len()).assembled()) {
            // Whatever it is, it can be walked through and written again.
            prop_assert!(recording.tape().calls().count() <= raw.len());
            prop_assert!(format::encode(&recording).is_ok());
        }
    }
}

fn recordings() -> impl Strategy<Value = Recording> {
    let category = "[a-zA-Z ./%☂]{0,20}[a-z]";
    let metadata =
        (any::<[bool; 3]>(), any::<u64>(), -62_000_000_000_i64..253_000_000_000, 0_u32..1_000_000_000);
    let fields = prop::collection::btree_map(
        ".{0,5}",
        prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            ".{0,10}".prop_map(Value::from),
        ],
        0..3,
    );
    (category, metadata, fields, tapes()).prop_map(
        |(category, (flags, duration, seconds, nanoseconds), fields, tape)| {
            let id = format!("{category}/20260131/01KG8V3Q2E9T0000000000000A").parse().unwrap();
            let distance = Duration::from_secs(seconds.unsigned_abs());
            let time = if seconds < 0 {
                SystemTime::UNIX_EPOCH - distance
            } else {
                SystemTime::UNIX_EPOCH + distance
            };
            let other_category = if flags[2] { "Other".to_owned() } else { category };
            let mut metadata = Metadata::new(other_category, time + Duration::from_nanos(nanoseconds.into()));
            (metadata.failed, metadata.incomplete) = (flags[0], flags[1]);
            metadata.duration = Duration::from_nanos(duration);
            metadata.fields = fields;
            Recording::new(id, metadata, tape)
        },
    )
}

/// Any tape, also such as no recorder makes: values that overlap, stand in any order, leave gaps.
fn tapes() -> impl Strategy<Value = Tape> {
    let bytes = prop_oneof![
        4 => prop::collection::vec(any::<u8>(), 0..200),
        // Past the size that stands in the index, and past a block.
        1 => (30_000_usize..700_000, any::<u8>())
            .prop_map(|(length, seed)| { (0..length).map(|at| (at / 7) as u8 ^ seed).collect() }),
    ];
    let kind = prop::sample::select(vec![Kind::Input, Kind::Output, Kind::Data]);
    let names = prop::collection::vec("[a-z]{0,3}", 0..3);
    let sites = prop::collection::vec((kind, ".{0,8}", names), 1..5);
    let lanes = prop::collection::vec(prop::collection::vec(any::<u32>(), 0..3), 1..4);
    type Index = prop::sample::Index;
    let entry = (any::<[Index; 6]>(), any::<u32>(), 0..3_u8, any::<(u64, u64)>());
    let entries = prop::collection::vec(entry, 0..40);
    (bytes, sites, lanes, entries).prop_map(|(bytes, sites, lanes, entries)| {
        let range = |one: Index, other: Index| {
            let (one, other) = (one.index(bytes.len() + 1) as u64, other.index(bytes.len() + 1) as u64);
            one.min(other)..one.max(other)
        };
        let entry = |(at, order, end, (started, duration)): ([Index; 6], u32, u8, (u64, u64))| Entry {
            site: at[0].index(sites.len()) as u32,
            lane: at[1].index(lanes.len()) as u32,
            order,
            arguments: range(at[2], at[3]),
            end: match end {
                0 => End::Returned(range(at[4], at[5])),
                1 => End::Cancelled,
                _ => End::Panicked,
            },
            started: Duration::from_nanos(started),
            duration: Duration::from_nanos(duration),
        };
        let entries = entries.into_iter().map(entry).collect();
        let site = |(kind, alias, names): &(Kind, String, Vec<String>)| Site {
            kind: *kind,
            alias: alias.as_str().into(),
            argument_names: names.iter().map(|name| name.as_str().into()).collect(),
        };
        let sites = sites.iter().map(site).collect();
        Tape::new(TapeParts { bytes, sites, lanes, entries }).unwrap()
    })
}
