//! What a tape file claims of itself is not believed: past all checksums, each part that lies is refused, and what would take
//! more memory than is allowed is, before it takes any.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod common;

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use common::{NOON, Parts, full_recording, recording};
use playback_cassette::{ErrorKind, format};
use playback_core::{Entry, Site};
use serde::{Deserialize, Serialize};

/// What a byte of an index may come to in memory.
const MEMORY_FACTOR: u64 = 32;

/// What something allocated by itself takes beside its bytes.
const ALLOCATED: usize = 32;

/// How much a frame of zstd can grow.
const MAX_RATIO: u32 = 32 * 1024;

/// An index as FORMAT.md has it, for whoever writes other ones than a recorder does.
#[derive(Clone, Serialize, Deserialize)]
struct Index {
    category: String,
    day: Option<u32>,
    unique: [u8; 16],
    other_category: Option<String>,
    unit: u32,
    recorded_after: i128,
    duration: u64,
    failed: bool,
    incomplete: bool,
    service: Option<(String, String)>,
    fields: String,
    sites: Vec<(u8, String, Vec<String>)>,
    lanes: Vec<Vec<u32>>,
    calls: usize,
    behind_operation: usize,
    left_out: u16,
    columns: Vec<u64>,
    blocks: Vec<(u64, u64, u32)>,
}

impl Index {
    fn of(file: &[u8]) -> Self {
        postcard::take_from_bytes(&Parts::of(file).raw_index()).unwrap().0
    }

    /// Of a recording without any call, but for one site and its lane.
    fn empty() -> Self {
        let index = Self::of(&format::encode(&full_recording()).unwrap());
        Self {
            sites: vec![(1, "read".into(), vec![])],
            lanes: vec![vec![]],
            columns: vec![],
            ..index.with_calls(0)
        }
    }

    /// So many calls that take a byte each: the columns are zeros, and all but the lengths of arguments are left out.
    fn with_calls(self, calls: usize) -> Self {
        Self { calls, behind_operation: 0, left_out: 0b11_1110_1111, columns: vec![0; calls], ..self }
    }

    /// A file with this index, the right checksum and these blocks.
    fn with_blocks(&self, blocks: &[u8]) -> Vec<u8> {
        let parts = Parts {
            blocks_length: blocks.len() as u64,
            index_length: 0,
            raw_length: 0,
            index: vec![],
            blocks: blocks.to_vec(),
        };
        let raw = self.raw();
        parts.with_index(&raw, raw.len()).assembled()
    }

    fn file(&self) -> Vec<u8> {
        self.with_blocks(&[])
    }

    fn raw(&self) -> Vec<u8> {
        postcard::to_stdvec(self).unwrap()
    }
}

#[track_caller]
fn refused(file: &[u8]) -> String {
    format::decode("recording X", file).unwrap_err().to_string()
}

fn corrupt(what: &str) -> String {
    format!("recording X is corrupt: {what}; delete it or restore it from backup")
}

/// How much memory a file may take, and how much is allowed, as the error has it that refuses it; none if it is read.
fn refused_within(file: &[u8], max_bytes: u64) -> Option<(u64, u64)> {
    let error = format::decode_within("recording X", file, max_bytes).err()?;
    assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
    let text = error.to_string().replace(',', "");
    let numbers: Vec<u64> = text.split(' ').filter_map(|word| word.parse().ok()).collect();
    Some((numbers[0], numbers[1]))
}

#[test]
fn the_index_that_others_would_write_is_read_as_a_recorders_is() {
    let index = Index::empty();
    assert_eq!(format::decode("it", &index.file()).unwrap().tape().calls().count(), 0);
    let read = format::decode("it", &index.with_calls(3).file()).unwrap();
    assert_eq!(read.tape().calls().map(|call| (call.alias(), call.order())).next_back(), Some(("read", 2)));
}

#[test]
fn whatever_there_may_be_many_of_in_an_index_counts_with_the_memory_that_it_takes() {
    // So many that they take more than each byte of an index is taken for, whatever else there is.
    let base = {
        let mut index = Index::empty();
        index.sites[0].2 = vec![String::new(); 200_000];
        index
    };
    let counted = |index: &Index| {
        let (needed, _) = refused_within(&index.file(), index.raw().len() as u64 * MEMORY_FACTOR).unwrap();
        needed as i64
    };
    const MORE: usize = 20_000;
    let with = |add: &dyn Fn(&mut Index)| {
        let mut index = base.clone();
        add(&mut index);
        index
    };
    let (text, list) = (size_of::<&str>(), size_of::<Vec<u32>>());
    let cases = [
        // Its form in the index, a tape's form, and its alias and list of names, each allocated by itself.
        (
            "a site",
            size_of::<(u8, &str, Vec<&str>)>() + size_of::<Site>() + 2 * ALLOCATED,
            with(&|index| index.sites.extend(vec![(1, "s".into(), vec![]); MORE])),
        ),
        (
            "a name",
            text + size_of::<Arc<str>>() + ALLOCATED,
            with(&|index| index.sites[0].2.extend(vec![String::new(); MORE])),
        ),
        ("a lane", list + ALLOCATED, with(&|index| index.lanes.extend(vec![vec![]; MORE]))),
        ("a number of a lane", size_of::<u32>(), with(&|index| index.lanes[0] = vec![0; MORE])),
        // Its one number in the columns, a tape's form, and its place in the order of calls.
        (
            "a call",
            size_of::<u64>() + size_of::<Entry>() + size_of::<u32>(),
            with(&|index| *index = index.clone().with_calls(MORE)),
        ),
        ("a block", size_of::<(u64, u64, u32)>(), with(&|index| index.blocks = vec![(0, 0, 0); MORE])),
    ];
    for (what, least, index) in cases {
        let each = (counted(&index) - counted(&base)) as f64 / MORE as f64;
        let least = least as f64;
        assert!((least..=least * 1.5).contains(&each), "{what} takes {least} bytes, and counts as {each}");
    }
}

#[test]
fn what_takes_just_as_much_memory_as_is_allowed_is_read_and_a_byte_more_is_refused() {
    let id = "Checkout/20260131/01KG8V3Q2E9T0000000000000A".parse().unwrap();
    let many_names = {
        let mut index = Index::empty();
        index.sites[0].2 = vec![String::new(); 20_000];
        index.file()
    };
    // What takes most is the index as it is, what is made of it, and the values.
    let files = [
        format::encode(&full_recording()).unwrap(),
        many_names,
        format::encode(&recording(&id, SystemTime::UNIX_EPOCH + NOON, 100_000)).unwrap(),
    ];
    for file in files {
        let (mut too_little, mut enough) = (0, 16 << 20);
        while enough - too_little > 1 {
            let middle = u64::midpoint(too_little, enough);
            *(if refused_within(&file, middle).is_some() { &mut too_little } else { &mut enough }) = middle;
        }
        let (needed, allowed) = refused_within(&file, too_little).unwrap();
        assert_eq!(needed, allowed + 1);
    }
}

#[test]
fn an_index_is_no_longer_compressed_than_zstd_makes_any() {
    let garbage = |length: u32| {
        let (raw_length, index) = (128_000, vec![0; length as usize]);
        Parts { blocks_length: 0, index_length: length, raw_length, index, blocks: vec![] }.assembled()
    };
    let bound = 128_000 + 1_000 + 512;
    assert_eq!(refused(&garbage(bound)), corrupt("its index cannot be decompressed"));
    assert_eq!(refused(&garbage(bound + 1)), corrupt("its compressed index is longer than the index"));
}

#[test]
fn what_claims_to_be_longer_than_its_frame_can_grow_is_refused_unseen() {
    let garbage = [0; 20];
    let index = |raw_length| {
        let index = garbage.to_vec();
        Parts { blocks_length: 0, index_length: 20, raw_length, index, blocks: vec![] }.assembled()
    };
    let block = |raw_length: u32| {
        let blocks = vec![(20, raw_length.into(), crc32fast::hash(&garbage))];
        Index { blocks, ..Index::empty() }.with_blocks(&garbage)
    };
    let most = 20 * MAX_RATIO;
    for (what, file) in [("its index", &index as &dyn Fn(u32) -> Vec<u8>), ("its block 0", &block)] {
        assert_eq!(refused(&file(most)), corrupt(&format!("{what} cannot be decompressed")));
        let lie = format!("{what} is said to be {} bytes, and is not", most + 1);
        assert_eq!(refused(&file(most + 1)), corrupt(&lie));
    }
}

#[test]
fn a_block_that_is_said_to_be_larger_than_memory_may_hold_is_refused_when_it_is_asked_for() {
    let id = "Checkout/20260131/01KG8V3Q2E9T0000000000000A".parse().unwrap();
    let file = format::encode(&recording(&id, SystemTime::UNIX_EPOCH + NOON, 20_000)).unwrap();
    let (index, blocks) = (Index::of(&file), Parts::of(&file).blocks);
    let refused = |claimed: u64| {
        let mut index = index.clone();
        index.blocks[0].1 = claimed;
        let mut on_disk = tempfile::tempfile().unwrap();
        on_disk.write_all(&index.with_blocks(&blocks)).unwrap();
        let recording = format::decode_file("recording X", on_disk).unwrap();
        recording.tape().operation().unwrap().argument_bytes().unwrap_err().to_string()
    };
    let most = format::DEFAULT_MAX_BYTES;
    let lie = refused(most);
    assert!(lie.contains("its block 0 is said to be 1073741824 bytes, and is not"), "{lie}");
    let large = refused(most + 1);
    assert!(large.contains("recording X may take 1,073,741,825 bytes of memory"), "{large}");
}

#[test]
fn columns_that_do_not_fit_each_other_are_refused() {
    let index = Index::empty().with_calls(3);
    let nonsense = corrupt("its index lists calls that make no sense");
    type Change<'a> = (&'a str, &'a dyn Fn(&mut Index));
    let changes: [Change<'_>; 5] = [
        ("a number is left over", &|index| index.columns.push(0)),
        ("a number is missing", &|index| index.columns.truncate(2)),
        ("a column is left out that there is not", &|index| index.left_out |= 1 << 10),
        ("calls stand behind an operation that there is not", &|index| index.behind_operation = 1),
        ("a call is of a site that there is not", &|index| {
            index.left_out &= !1;
            index.columns = vec![u64::MAX, 0, 0, 0, 0, 0];
        }),
    ];
    for (what, change) in changes {
        let mut index = index.clone();
        change(&mut index);
        assert_eq!(refused(&index.file()), nonsense, "{what}");
    }
}

#[test]
fn bytes_that_belong_to_nothing_and_a_version_that_never_was_are_refused() {
    assert_eq!(
        refused(&Index::empty().with_blocks(&[7; 10])),
        corrupt("bytes follow its index, which lists no block")
    );
    let mut file = Index::empty().file();
    file[4] = 0;
    assert_eq!(refused(&file), corrupt("its header makes no sense"));
}

#[test]
fn what_is_damaged_is_refused_however_it_is_loaded() {
    let id = "Checkout/20260131/01KG8V3Q2E9T0000000000000A".parse().unwrap();
    let mut file = format::encode(&recording(&id, SystemTime::UNIX_EPOCH + NOON, 20_000)).unwrap();
    assert!(format::decode_recording(&id, &file).is_ok());
    *file.last_mut().unwrap() ^= 1;
    let error = format::decode_recording(&id, &file).unwrap_err();
    assert!(error.to_string().contains("the checksum of its block 0 is wrong"), "{error}");
}

#[test]
fn times_come_back_as_fine_as_any_of_them_was_noted() {
    // Nanoseconds in one place alone, whichever, or nowhere.
    let id = "Checkout/20260131/01KG8V3Q2E9T0000000000000A".parse().unwrap();
    let plain = recording(&id, SystemTime::UNIX_EPOCH + NOON, 10);
    let fine = Duration::from_nanos(1);
    for place in 0..5 {
        let mut metadata = plain.metadata().clone();
        let mut parts = plain.tape().parts().clone();
        match place {
            0 => metadata.recorded_at += fine,
            1 => metadata.duration += fine,
            2 => parts.entries[0].started += fine,
            3 => parts.entries[0].duration += fine,
            _ => {}
        }
        let tape = playback_core::Tape::new(parts).unwrap();
        let recording = playback_cassette::Recording::new(id.clone(), metadata, tape);
        assert_eq!(format::decode("it", &format::encode(&recording).unwrap()).unwrap(), recording, "{place}");
    }
}
