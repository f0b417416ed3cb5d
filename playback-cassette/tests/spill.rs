//! Recordings that leave memory while they are made: they are what they would have been, and whatever goes
//! wrong with the disk never harms the service.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod common;

use std::fs::File;
use std::io::Write;
use std::process::Command;
use std::sync::{Arc, Mutex};

use common::{LONG, NOON, Parts, with_bytes};
use futures::executor::block_on;
use playback_cassette::format::{self, Incoming, MAX_MEMORY_BYTES, TapeFile};
use playback_cassette::{Candidate, Cassette, ErrorKind, Recording, TapeRecorder, TapeRecorderBuilder};
use playback_core::value::DecodeErrorKind;
use playback_core::{
    Kind, RecorderExt, ReplayErrorKind, StoredValues, Tape, TapeParts, discard_recording, input, operation,
    output, replay_blocking,
};
use playback_testkit::MemoryCassette;
use std::time::SystemTime;

const KIB: usize = 1024;

/// A recorder that spills early.
fn recorder(cassette: &MemoryCassette) -> TapeRecorderBuilder {
    TapeRecorder::builder(cassette.clone()).spill_past(300 * KIB)
}

/// What an input brings: different for every page, and not all alike.
fn page(number: u64) -> String {
    format!("page {number} ").repeat(2 + 1000 * (number as usize % 40))
}

/// An operation that reads pages, sends them on, and returns how long they are together.
fn export(pages: u64) -> usize {
    operation("Export").args(&(pages,)).run(|| {
        let mut length = 0;
        for number in 0..pages {
            let page = input("page").args(&(number,)).run(|| page(number));
            output("upload").args(&(&page,)).run(|| ());
            length += page.len();
        }
        length
    })
}

/// What is recorded when `body` runs, as it comes to be saved.
fn recorded(builder: TapeRecorderBuilder, body: impl FnOnce()) -> Recording {
    let seen = Arc::new(Mutex::new(None));
    let slot = Arc::clone(&seen);
    let see = move |candidate: &Candidate<'_>| {
        *slot.lock().unwrap() = Some(candidate.recording().clone());
        1.0
    };
    let recorder = builder.sampling_calculator(see).build();
    recorder.scope_blocking(body);
    recorder.flush_blocking(LONG).unwrap();
    assert_eq!(recorder.stats().saved, 1, "{:?}", recorder.stats());
    seen.lock().unwrap().take().unwrap()
}

/// Waits until all is saved or lost.
fn flush(recorder: &TapeRecorder) {
    // What is lost after it was recorded is told here, and what is lost before is not: it may be either.
    let _ = recorder.flush_blocking(LONG);
}

/// The same recording with its values in memory.
fn in_memory(recording: &Recording) -> Recording {
    let stored = recording.tape().stored().expect("the values have left memory");
    let bytes = stored.read(0..stored.length()).unwrap();
    let parts = TapeParts { bytes, ..recording.tape().parts().clone() };
    Recording::new(recording.id().clone(), recording.metadata().clone(), Tape::new(parts).unwrap())
}

#[test]
fn a_recording_that_grows_large_leaves_memory_and_is_what_it_would_have_been() {
    // C14
    let cassette = MemoryCassette::new();
    let large = recorded(recorder(&cassette), || {
        export(100);
    });
    let small = recorded(recorder(&cassette).spill(false), || {
        export(100);
    });
    assert_eq!(block_on(cassette.load(large.id())).unwrap(), large);
    let whole = in_memory(&large);
    assert_eq!(whole.tape(), large.tape());
    assert!(small.tape().stored().is_none(), "it stays in memory where it is told to");
    assert!(large.tape().size() < 64 * KIB && whole.tape().size() > 1024 * KIB);
    let told =
        |recording: &Recording| recording.tape().calls().map(|call| format!("{call:?}")).collect::<Vec<_>>();
    assert_eq!(told(&large), told(&small));
    // The file is the same byte for byte, whichever way the values went, and in whatever parts it is written.
    let file = format::encode(&large).unwrap();
    assert!(file == format::encode(&whole).unwrap());
    let in_parts = TapeFile::of(&large).unwrap();
    let parts: Vec<u8> = in_parts.parts(1000).flat_map(|part| part.unwrap()).collect();
    assert!(parts == file);
    assert_eq!(in_parts.length(), file.len() as u64);
    let told = format!("{in_parts:?}");
    assert_eq!(told, format!("TapeFile {{ length: {}, .. }}", file.len()), "and none of its bytes");
    assert_eq!(format::decode("it", &file).unwrap(), large);
    let mut on_disk = tempfile::tempfile().unwrap();
    on_disk.write_all(&file).unwrap();
    let from_file = format::decode_recording_file(large.id(), on_disk).unwrap();
    assert!(from_file.tape().stored().is_some());
    assert_eq!(from_file, whole);
}

#[test]
fn a_recording_whose_values_are_in_a_file_replays() {
    // C14
    let cassette = MemoryCassette::new();
    let mut expected = 0;
    let recording = recorded(recorder(&cassette), || expected = export(100));
    assert!(recording.tape().stored().is_some());
    let playback = replay_blocking(&recording, |recording| {
        let (pages,) = recording.arguments::<(u64,)>()?;
        assert_eq!(export(pages), expected);
        Ok(())
    })
    .unwrap();
    assert_eq!(playback.unread_inputs().count() + playback.missing_outputs().count(), 0);
    assert_eq!(playback.replayed().calls_of(Kind::Output).count(), 100);
}

#[test]
fn small_recordings_stay_in_memory_and_make_no_file() {
    // C14
    let cassette = MemoryCassette::new();
    // Any file would fail.
    let recorder = recorder(&cassette).spill_directory("/dev/null/at/all");
    assert!(
        recorded(recorder, || {
            export(3);
        })
        .tape()
        .stored()
        .is_none()
    );
}

#[test]
fn a_spill_file_that_cannot_be_made_costs_the_recording_and_nothing_else() {
    // C14
    let cassette = MemoryCassette::new();
    let recorder = recorder(&cassette).spill_directory("/dev/null/at/all").build();
    let expected: usize = (0..100).map(|number| page(number).len()).sum();
    for _ in 0..2 {
        assert_eq!(recorder.scope_blocking(|| export(100)), expected);
    }
    recorder.scope_blocking(|| export(1));
    flush(&recorder);
    let stats = recorder.stats();
    assert_eq!((stats.started, stats.saved, stats.discarded.unspillable), (3, 1, 2));
    assert_eq!((stats.discarded.total(), stats.in_flight.total()), (2, 0));
}

#[test]
fn a_flush_tells_of_recordings_that_were_lost_on_their_way_out_of_memory() {
    // C11, C14
    let cassette = MemoryCassette::new();
    let recorder = recorder(&cassette).spill_directory("/dev/null/at/all").build();
    // One value leaves memory and what is left when the operation is over.
    let large = || operation("Export").run(|| output("upload").args(&("x".repeat(400 * KIB),)).run(|| 7));
    assert_eq!(recorder.scope_blocking(large), 7);
    let lost = recorder.flush_blocking(LONG).unwrap_err();
    assert_eq!((lost.failed, lost.pending), (1, 0));
    assert_eq!((recorder.stats().discarded.unspillable, recorder.stats().in_flight.total()), (1, 0));
    recorder.flush_blocking(LONG).unwrap();
}

#[test]
fn a_last_result_that_is_larger_than_all_that_may_wait_gets_through() {
    // C14
    let result = page(39).repeat(10);
    let recording = recorded(recorder(&MemoryCassette::new()).spill_queue_bytes(310 * KIB), || {
        operation("Export").run(|| {
            output("upload").args(&("x".repeat(305 * KIB),)).run(|| ());
            result.clone()
        });
    });
    assert!(recording.tape().stored().is_some(), "it has left memory");
    let saved = recording.tape().operation().unwrap().result().unwrap().unwrap();
    assert!(result.len() > 310 * KIB && saved.to::<String>().unwrap() == result);
}

#[test]
fn a_recording_that_is_given_up_in_the_middle_leaves_nothing() {
    // C14
    let cassette = MemoryCassette::new();
    let recorder = recorder(&cassette).max_recording_bytes(1024 * KIB).build();
    recorder.scope_blocking(|| {
        operation("Export").run(|| {
            output("upload").args(&("x".repeat(400 * KIB),)).run(|| ());
            discard_recording();
        });
    });
    // It may be large, and not as large as this.
    recorder.scope_blocking(|| export(1000));
    recorder.flush_blocking(LONG).unwrap();
    let stats = recorder.stats();
    assert_eq!((stats.discarded.requested, stats.discarded.too_large, stats.saved), (1, 1, 0));
    assert_eq!(cassette.len(), 0);
}

#[test]
fn a_disk_that_is_full_costs_the_recording_and_nothing_else() {
    // C14
    const CHILD: &str = "PLAYBACK_TEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        let cassette = MemoryCassette::new();
        let recorder = recorder(&cassette).build();
        let mut random = fastrand::Rng::with_seed(1);
        let noise: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(400 * KIB).collect();
        for _ in 0..2 {
            let result = recorder
                .scope_blocking(|| operation("Export").run(|| output("upload").args(&(&noise,)).run(|| 17)));
            assert_eq!(result, 17);
        }
        recorder.scope_blocking(|| export(1));
        flush(&recorder);
        let stats = recorder.stats();
        println!("saved {}, unspillable {}", stats.saved, stats.discarded.unspillable);
        return;
    }
    // A limit on the size of files stands in for a full disk, in blocks of 512 or 1,024 bytes.
    let mut child = Command::new("sh");
    child.args(["-c", "trap '' XFSZ; ulimit -f 100 && exec \"$0\" \"$@\""]);
    child.arg(std::env::current_exe().unwrap());
    child.args(["--exact", "a_disk_that_is_full_costs_the_recording_and_nothing_else", "--nocapture"]);
    let output = child.env(CHILD, "1").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("saved 1, unspillable 2"), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

/// A recording of so many bytes that do not compress, as a tape file.
fn noisy_file(bytes: usize) -> (Recording, Vec<u8>) {
    let mut random = fastrand::Rng::with_seed(7);
    let noise: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(bytes).collect();
    let id = "Checkout/20260131/01KG8V3Q2E9T0000000000000B".parse().unwrap();
    let recording = with_bytes(&id, SystemTime::UNIX_EPOCH + NOON, noise);
    let file = format::encode(&recording).unwrap();
    (recording, file)
}

fn on_disk(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

#[test]
fn a_large_tape_that_comes_in_goes_to_a_file_and_a_small_one_does_not() {
    // C14
    for (bytes, stored) in [(1000, false), (MAX_MEMORY_BYTES as usize + 1000, true)] {
        let (recording, file) = noisy_file(bytes);
        let mut incoming = Incoming::new();
        file.chunks(1 << 20).for_each(|piece| incoming.write(piece).unwrap());
        let loaded = incoming.decode_recording(recording.id()).unwrap();
        assert_eq!(loaded.tape().stored().is_some(), stored);
        assert!(loaded == recording);
    }
}

#[test]
fn damage_to_a_tape_in_a_file_is_told_when_it_is_come_upon() {
    // C14
    let (recording, file) = noisy_file(100_000);
    let cut = format::decode_file("it", on_disk(&file[..file.len() - 1])).unwrap_err();
    assert_eq!(cut.kind(), ErrorKind::Corrupt);
    assert!(cut.to_string().starts_with("it is truncated after "), "{cut}");
    let longer = format::decode_file("it", on_disk(&[&file[..], &[0]].concat())).unwrap_err();
    assert!(longer.to_string().contains("1 bytes follow its end"), "{longer}");

    let mut flipped = file.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let damaged = format::decode_file("the tape", on_disk(&flipped)).unwrap();
    let error = damaged.tape().operation().unwrap().arguments().unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::Unreadable);
    assert!(
        error.to_string().contains("the tape is corrupt: the checksum of its block 0 is wrong"),
        "{error}"
    );
    assert!(damaged.tape() != recording.tape());
    let error = replay_blocking(&damaged, |_| Ok(())).unwrap_err();
    assert!(matches!(error.kind(), ReplayErrorKind::Unreadable { .. }), "{error}");
}

#[test]
fn temporary_files_take_as_much_of_the_disk_as_is_allowed_and_no_byte_more() {
    // C14
    let one = || {
        export(100);
    };
    let cassette = MemoryCassette::new();
    let file = format::encode(&recorded(recorder(&cassette).seed(1), one)).unwrap();
    let taken = Parts::of(&file).blocks.len() as u64;
    for (allowed, saved) in [(taken, 1), (taken - 1, 0)] {
        let recorder = recorder(&cassette).spill_disk_bytes(allowed).build();
        recorder.scope_blocking(one);
        flush(&recorder);
        let stats = recorder.stats();
        assert_eq!((stats.saved, stats.discarded.unspillable), (saved, 1 - saved), "{allowed} of {taken}");
    }
}

/// Values that someone else keeps, and one that loses them.
#[derive(Debug)]
struct Elsewhere(Option<Vec<u8>>);

impl StoredValues for Elsewhere {
    fn length(&self) -> u64 {
        200_000
    }

    fn read(&self, range: std::ops::Range<u64>) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
        let bytes = self.0.as_ref().ok_or("the tape drive is on fire")?;
        Ok(bytes[range.start as usize..range.end as usize].to_vec())
    }
}

/// No values, kept by someone else.
#[derive(Debug)]
struct Nothing;

impl StoredValues for Nothing {
    fn length(&self) -> u64 {
        0
    }

    fn read(&self, _: std::ops::Range<u64>) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Vec::new())
    }
}

#[test]
fn values_that_someone_else_keeps_are_saved_as_well_or_the_save_says_why_not() {
    let (recording, file) = noisy_file(200_000);
    let parts = recording.tape().parts();
    let kept = |bytes| {
        let tape = Tape::with_stored(parts.clone(), Arc::new(Elsewhere(bytes))).unwrap();
        Recording::new(recording.id().clone(), recording.metadata().clone(), tape)
    };
    assert!(format::encode(&kept(Some(parts.bytes.clone()))).unwrap() == file);
    let error = format::encode(&kept(None)).unwrap_err();
    assert!(error.chain().contains("the tape drive is on fire"), "{}", error.chain());
    // No values are none wherever they are.
    let nothing = with_bytes(recording.id(), recording.metadata().recorded_at, Vec::new());
    let tape = Tape::with_stored(nothing.tape().parts().clone(), Arc::new(Nothing)).unwrap();
    let kept = Recording::new(nothing.id().clone(), nothing.metadata().clone(), tape);
    assert_eq!(format::encode(&kept).unwrap(), format::encode(&nothing).unwrap());
}
