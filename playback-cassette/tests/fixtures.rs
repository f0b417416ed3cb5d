//! Recordings in files beside the tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use futures::executor::block_on;
use playback_cassette::{
    Cassette, CassetteExt, Error, ErrorKind, Fixtures, Order, Query, Recording, format, text,
};
use playback_core::{End, Entry, Kind, Site, StoredValues, Tape, add_metadata, operation, output, value};
use playback_testkit::{conformance, record_blocking};

fn two() -> [Recording; 2] {
    let store = |amount: u64| {
        let body = || {
            add_metadata("amount", &amount);
            output("store").args(&(amount,)).run(|| 17)
        };
        operation("Check out").args(&(amount,)).run(body)
    };
    record_blocking(|| (store(1), store(2))).recordings.try_into().unwrap()
}

fn write(file: &Path, bytes: impl AsRef<[u8]>) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, bytes).unwrap();
}

#[test]
fn they_conform() {
    // C1
    let directories = tempfile::tempdir().unwrap();
    let number = std::sync::atomic::AtomicUsize::new(0);
    block_on(conformance::cassette(|| async {
        let name = number.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_string();
        Fixtures::writable(directories.path().join(name)).unwrap()
    }));
}

#[test]
fn both_forms_are_found_in_the_directory_and_below_it_whatever_they_are_called() {
    let directory = tempfile::tempdir().unwrap();
    let [one, two] = two();
    write(&directory.path().join("with discount.tape"), format::encode(&one).unwrap());
    write(&directory.path().join("big orders/first.tape.txt"), text::encode(&two).unwrap());
    write(&directory.path().join("README.md"), "no recording");
    let fixtures = Fixtures::open(directory.path()).unwrap();
    let found = block_on(fixtures.find_all(&Query::new().order(Order::OldestFirst))).unwrap();
    assert_eq!(found.iter().map(|found| &found.id).collect::<Vec<_>>(), [one.id(), two.id()]);
    for recording in [&one, &two] {
        let loaded = block_on(fixtures.load(recording.id())).unwrap();
        assert_eq!(format::encode(&loaded).unwrap(), format::encode(recording).unwrap());
        assert_eq!(block_on(fixtures.load_metadata(recording.id())).unwrap(), *recording.metadata());
    }
    assert_eq!(block_on(fixtures.categories()).unwrap(), ["Check out"]);
    assert_eq!(block_on(fixtures.find_all(&Query::new().field("amount", 2))).unwrap().len(), 1);
}

#[test]
fn opening_reads_the_heads_of_texts_and_no_more() {
    let directory = tempfile::tempdir().unwrap();
    let [one, _] = two();
    // Past the head it makes no sense, and is not even text.
    let mut bytes =
        text::encode(&one).unwrap().split_inclusive("\noperation ").next().unwrap().as_bytes().to_vec();
    bytes.extend(b"x\n\xff\xff");
    write(&directory.path().join("a.tape.txt"), &bytes);
    let fixtures = Fixtures::open(directory.path()).unwrap();
    assert_eq!(block_on(fixtures.find_all(&Query::new())).unwrap()[0].metadata, *one.metadata());
    let error = block_on(fixtures.load(one.id())).unwrap_err();
    assert!(error.to_string().ends_with("a.tape.txt, line 9: expected text in UTF-8"), "{error}");
}

#[test]
fn opening_reads_the_indexes_of_tape_files_and_no_more() {
    let directory = tempfile::tempdir().unwrap();
    let [one, _] = two();
    // Too much to stand in the index.
    let large = common::recording(one.id(), SystemTime::UNIX_EPOCH, 100_000);
    let mut bytes = format::encode(&large).unwrap();
    // The last byte of the values.
    *bytes.last_mut().unwrap() ^= 1;
    write(&directory.path().join("a.tape"), bytes);
    let fixtures = Fixtures::open(directory.path()).unwrap();
    assert_eq!(block_on(fixtures.find_all(&Query::new())).unwrap()[0].metadata, *large.metadata());
    let error = block_on(fixtures.load(large.id())).unwrap_err();
    assert!(error.to_string().contains("the checksum of its block 0 is wrong"), "{error}");
}

#[test]
fn what_is_kept_has_a_name_and_a_form_and_moves_with_them() {
    let directory = tempfile::tempdir().unwrap();
    let [one, two] = two();
    let fixtures = Fixtures::writable(directory.path().join("new")).unwrap();
    let text = fixtures.keep(&one, "orders/with discount").unwrap();
    assert!(text.ends_with("new/orders/with discount.tape.txt"), "{}", text.display());
    let refused = fixtures.keep(&two, "orders/with discount.tape.txt").unwrap_err();
    assert!(refused.to_string().contains("choose another name"), "{refused}");
    let tape = fixtures.keep(&one, "first.tape").unwrap();
    assert!(!text.exists() && tape.exists());
    // Saving again writes the file that there is.
    block_on(fixtures.save(&one)).unwrap();
    assert_eq!(fixtures.path_of(one.id()), Some(tape));
    block_on(fixtures.save(&two)).unwrap();
    assert!(
        fixtures
            .path_of(two.id())
            .unwrap()
            .ends_with("new/Check%20out/20260101-01KDVDNA000000000000000002.tape.txt")
    );
    for name in ["", "../out", "/out", "a/../../out", ".", ".tape", "a/.tape.txt"] {
        assert_eq!(fixtures.keep(&one, name).unwrap_err().kind(), ErrorKind::Invalid, "{name}");
    }
}

#[test]
fn no_file_is_replaced_that_holds_another_recording_or_none_by_now() {
    let directory = tempfile::tempdir().unwrap();
    let [one, two] = two();
    let file = |name: &str| directory.path().join(name);
    write(&file("broken.tape.txt"), "mine, half edited");
    let fixtures = Fixtures::writable(directory.path()).unwrap();
    let one_s = fixtures.keep(&one, "one").unwrap();
    // Another process writes while this one has the directory open.
    write(&file("later.tape"), format::encode(&two).unwrap());
    for name in ["broken", "later.tape"] {
        let refused = fixtures.keep(&one, name).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Invalid, "{refused}");
        assert!(refused.to_string().contains("take it away"), "{refused}");
    }
    assert_eq!(std::fs::read_to_string(file("broken.tape.txt")).unwrap(), "mine, half edited");
    assert_eq!(std::fs::read(file("later.tape")).unwrap(), format::encode(&two).unwrap());
    // The same of its own file, if something else stands there now; and again, once that is mended.
    write(&one_s, text::encode(&two).unwrap());
    assert!(
        block_on(fixtures.save(&one))
            .unwrap_err()
            .to_string()
            .contains(&format!("holds recording {}", two.id()))
    );
    write(&one_s, text::encode(&one).unwrap().replace("output store", "output elsewhere"));
    block_on(fixtures.save(&one)).unwrap();
    assert_eq!(std::fs::read_to_string(&one_s).unwrap(), text::encode(&one).unwrap());
    std::fs::remove_file(&one_s).unwrap();
    block_on(fixtures.save(&one)).unwrap();
    assert!(one_s.exists());
}

#[test]
fn what_is_too_large_to_be_read_as_a_text_is_kept_as_a_tape_file() {
    let directory = tempfile::tempdir().unwrap();
    let [one, _] = two();
    let large = common::recording(one.id(), SystemTime::UNIX_EPOCH, 5 << 20);
    let fixtures = Fixtures::writable(directory.path()).unwrap();
    let refused = fixtures.keep(&large, "large").unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::TooLarge);
    assert!(refused.to_string().contains("a name that ends in .tape"), "{refused}");
    // It was small, and has grown: a text no more.
    let text = fixtures.keep(&one, "grown").unwrap();
    block_on(fixtures.save(&large)).unwrap();
    let tape = fixtures.path_of(one.id()).unwrap();
    assert!(!text.exists() && tape.ends_with("grown.tape"), "{}", tape.display());
    assert_eq!(std::fs::read(&tape).unwrap(), format::encode(&large).unwrap());
    assert_eq!(block_on(fixtures.load(one.id())).unwrap(), large);
}

#[test]
fn a_text_may_hold_4_mib_of_values_and_no_byte_more() {
    let directory = tempfile::tempdir().unwrap();
    let fixtures = Fixtures::writable(directory.path()).unwrap();
    let [one, _] = two();
    let encoded = |letters: usize| value::encode(&"x".repeat(letters)).unwrap();
    let most = 2 << 20;
    let letters = most - (encoded(most - 100).len() - (most - 100));
    let bytes = [encoded(letters), encoded(letters)].concat();
    assert_eq!(bytes.len(), 2 * most);
    let largest = common::with_bytes(one.id(), SystemTime::UNIX_EPOCH, bytes.clone());
    let text = fixtures.keep(&largest, "largest").unwrap();
    assert!(text.ends_with("largest.tape.txt"), "{}", text.display());
    let larger = common::with_bytes(one.id(), SystemTime::UNIX_EPOCH, [bytes, vec![0]].concat());
    assert_eq!(fixtures.keep(&larger, "larger").unwrap_err().kind(), ErrorKind::TooLarge);
}

#[test]
fn the_values_of_a_tape_file_stay_in_it_where_it_is_larger_than_memory_is_filled_with() {
    // C14
    let directory = tempfile::tempdir().unwrap();
    let [one, _] = two();
    let mut random = fastrand::Rng::with_seed(7);
    let noise: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(17 << 20).collect();
    let tape = |bytes: usize| {
        let recording = common::with_bytes(one.id(), SystemTime::UNIX_EPOCH, noise[..bytes].to_vec());
        format::encode(&recording).unwrap()
    };
    let most = format::MAX_MEMORY_BYTES as usize;
    // Noise takes as much in the file as it is, and what stands around it the same for a few bytes more.
    let values = most - (tape(most - 2000).len() - (most - 2000));
    let file = directory.path().join("a.tape");
    for (values, is_left) in [(values, false), (values + 2, true)] {
        let bytes = tape(values);
        assert_eq!(bytes.len() - most, if is_left { 2 } else { 0 });
        write(&file, &bytes);
        let loaded = block_on(Fixtures::open(directory.path()).unwrap().load(one.id())).unwrap();
        assert_eq!(loaded.tape().stored().is_some(), is_left, "{} bytes", bytes.len());
    }
}

#[test]
fn what_is_kept_is_found_with_the_size_of_its_file_and_everybody_may_read_it() {
    let directory = tempfile::tempdir().unwrap();
    let [one, two] = two();
    let fixtures = Fixtures::writable(directory.path()).unwrap();
    let files = [fixtures.keep(&one, "one").unwrap(), fixtures.keep(&two, "two.tape").unwrap()];
    let about = |file: &PathBuf| std::fs::metadata(file).unwrap();
    for fixtures in [fixtures, Fixtures::open(directory.path()).unwrap()] {
        let found = block_on(fixtures.find_all(&Query::new().order(Order::OldestFirst))).unwrap();
        let sizes: Vec<_> = found.iter().map(|found| found.size.unwrap()).collect();
        assert_eq!(sizes, files.iter().map(|file| about(file).len()).collect::<Vec<_>>());
    }
    #[cfg(unix)]
    for file in &files {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(about(file).permissions().mode() & 0o777, 0o644, "{}", file.display());
    }
}

#[test]
fn what_somebody_else_has_removed_is_deleted_and_what_cannot_be_removed_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let [one, two] = two();
    let fixtures = Fixtures::writable(directory.path()).unwrap();
    let found = || block_on(fixtures.find_all(&Query::new())).unwrap().len();
    std::fs::remove_file(fixtures.keep(&one, "one").unwrap()).unwrap();
    block_on(fixtures.delete(one.id())).unwrap();
    assert_eq!(found(), 0);
    // A directory stands where the file was.
    let file = fixtures.keep(&two, "two").unwrap();
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    let error = block_on(fixtures.delete(two.id())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(error.to_string().starts_with(&format!("cannot delete the file {}", file.display())), "{error}");
    assert_eq!(found(), 1);
}

#[test]
fn a_directory_opened_for_reading_is_not_written_to() {
    let directory = tempfile::tempdir().unwrap();
    let [one, two] = two();
    let file = Fixtures::writable(directory.path()).unwrap().keep(&one, "a").unwrap();
    let fixtures = Fixtures::open(directory.path()).unwrap();
    let refused: [Error; 3] = [
        block_on(fixtures.save(&two)).unwrap_err(),
        block_on(fixtures.delete(one.id())).unwrap_err(),
        fixtures.keep(&two, "b").unwrap_err(),
    ];
    assert!(refused.iter().all(|error| error.kind() == ErrorKind::ReadOnly), "{refused:?}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    assert!(file.exists());
    let unknown = block_on(fixtures.load(two.id())).unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::NotFound);
    assert!(unknown.to_string().contains(&directory.path().display().to_string()));
}

#[test]
fn what_is_wrong_in_a_file_is_told_with_its_place_and_the_others_are_found() {
    let directory = tempfile::tempdir().unwrap();
    let [one, two] = two();
    let written = text::encode(&one).unwrap();
    write(&directory.path().join("a.tape.txt"), written.replace("recorded ", "recrded "));
    write(&directory.path().join("b.tape"), "no tape");
    write(&directory.path().join("c.tape.txt"), text::encode(&two).unwrap());
    let fixtures = Fixtures::open(directory.path()).unwrap();
    use futures::StreamExt;
    let found: Vec<_> = block_on(fixtures.find(&Query::new()).collect());
    let (ok, errors): (Vec<_>, Vec<_>) = found.into_iter().partition(Result::is_ok);
    assert_eq!(ok.len(), 1);
    let errors: Vec<String> = errors.into_iter().map(|error| error.unwrap_err().to_string()).collect();
    assert!(errors[0].contains("a.tape.txt, line 4, column 1: expected one of"), "{errors:?}");
    assert!(errors[1].contains("b.tape is not a tape"), "{errors:?}");
    // Also when others are kept beside them.
    let fixtures = Fixtures::writable(directory.path()).unwrap();
    fixtures.keep(&one, "d").unwrap();
    let found: Vec<_> = block_on(fixtures.find(&Query::new()).collect());
    assert_eq!((found.len(), found.iter().filter(|found| found.is_err()).count()), (4, 2));
}

#[test]
fn two_files_of_one_recording_and_a_directory_that_is_not_there_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let [one, _] = two();
    write(&directory.path().join("a.tape"), format::encode(&one).unwrap());
    write(&directory.path().join("b.tape.txt"), text::encode(&one).unwrap());
    let error = Fixtures::open(directory.path()).unwrap_err();
    assert!(error.to_string().contains("b.tape.txt holds recording Check out/"), "{error}");
    let error = Fixtures::open(directory.path().join("nowhere")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_neither_waited_for_nor_read_without_end_and_links_lead_in_no_circle() {
    use std::os::unix::fs::symlink;

    let directory = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let [one, two] = two();
    write(&path("one.tape"), format::encode(&one).unwrap());
    write(&outside.path().join("two.tape.txt"), text::encode(&two).unwrap());
    symlink(outside.path().join("two.tape.txt"), path("linked.tape.txt")).unwrap();
    symlink(".", path("circle")).unwrap();
    symlink("/dev/zero", path("endless.tape.txt")).unwrap();
    symlink("/dev/zero", path("endless.tape")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(path("pipe.tape.txt")).status().unwrap().success());

    let fixtures = Fixtures::writable(directory.path()).unwrap();
    let all = Query::new().include_incomplete(true);
    let found: Vec<Result<_, Error>> = block_on(futures::StreamExt::collect(fixtures.find(&all)));
    let (ok, errors): (Vec<_>, Vec<_>) = found.into_iter().partition(Result::is_ok);
    assert_eq!((ok.len(), errors.len()), (2, 3));
    for error in errors {
        assert!(error.unwrap_err().chain().ends_with("it is no regular file"));
    }
    // What a link leads to is read, and left alone by whoever writes.
    assert_eq!(block_on(fixtures.load(two.id())).unwrap(), two);
    block_on(fixtures.save(&two)).unwrap();
    block_on(fixtures.delete(two.id())).unwrap();
    assert_eq!(
        std::fs::read_to_string(outside.path().join("two.tape.txt")).unwrap(),
        text::encode(&two).unwrap()
    );
    assert!(!path("linked.tape.txt").is_symlink());
}

#[test]
fn what_is_small_only_because_its_calls_share_a_value_is_no_text() {
    let directory = tempfile::tempdir().unwrap();
    let fixtures = Fixtures::writable(directory.path()).unwrap();
    let [one, _] = two();
    let mut parts = one.tape().parts().clone();
    parts.bytes = value::encode("a".repeat(1 << 20).as_str()).unwrap();
    let length = parts.bytes.len() as u64;
    let call = Entry { arguments: 0..length, end: End::Cancelled, ..parts.entries[0].clone() };
    let kept = Site { kind: Kind::Input, ..parts.sites[0].clone() };
    parts.sites = vec![kept];
    parts.entries = (0..8).map(|order| Entry { site: 0, order, ..call.clone() }).collect();
    let shared = Recording::new(one.id().clone(), one.metadata().clone(), Tape::new(parts).unwrap());
    let error = fixtures.keep(&shared, "eight of a mebibyte").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
    block_on(fixtures.save(&shared)).unwrap();
    let path = fixtures.path_of(one.id()).unwrap();
    assert!(path.extension().is_some_and(|extension| extension == "tape"), "{}", path.display());
    assert_eq!(block_on(fixtures.load(one.id())).unwrap(), shared);
}

#[test]
fn a_file_that_holds_another_recording_by_now_is_nobody_elses_to_remove() {
    let directory = tempfile::tempdir().unwrap();
    let [one, two] = two();
    let fixtures = Fixtures::writable(directory.path()).unwrap();
    let path = fixtures.keep(&one, "a").unwrap();
    let replaced = || write(&path, text::encode(&two).unwrap());
    let is_left = || std::fs::read_to_string(&path).unwrap() == text::encode(&two).unwrap();

    replaced();
    let moved = fixtures.keep(&one, "b").unwrap();
    assert!(is_left());
    assert_eq!(block_on(fixtures.load(one.id())).unwrap(), one);

    std::fs::remove_file(&path).unwrap();
    assert_eq!(fixtures.keep(&one, "a").unwrap(), path);
    assert!(!moved.exists());
    replaced();
    block_on(fixtures.delete(one.id())).unwrap();
    assert!(is_left());
    assert_eq!(fixtures.path_of(one.id()), None);
}

/// So many zeros, which are nowhere.
#[derive(Debug)]
struct Zeros(u64);

impl StoredValues for Zeros {
    fn length(&self) -> u64 {
        self.0
    }

    fn read(&self, range: std::ops::Range<u64>) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(vec![0; usize::try_from(range.end - range.start)?])
    }
}

#[test]
fn a_short_file_of_more_values_than_memory_may_hold_is_loaded_with_its_values_left_in_it() {
    // C14
    const MIB: u64 = 1 << 20;
    let directory = tempfile::tempdir().unwrap();
    let [one, _] = two();
    let mut parts = one.tape().parts().clone();
    let first = parts.entries.swap_remove(0);
    parts.sites[first.site as usize].kind = Kind::Input;
    let call = |number: u64| Entry {
        order: number as u32,
        arguments: number * MIB..(number + 1) * MIB,
        end: End::Cancelled,
        ..first.clone()
    };
    parts.entries = (0..1025).map(call).collect();
    let tape = Tape::with_stored(parts, Arc::new(Zeros(1025 * MIB))).unwrap();
    let recording = Recording::new(one.id().clone(), one.metadata().clone(), tape);
    let fixtures = Fixtures::writable(directory.path()).unwrap();
    let path = fixtures.keep(&recording, "zeros.tape").unwrap();
    assert!(std::fs::metadata(path).unwrap().len() < format::MAX_MEMORY_BYTES);
    let loaded = block_on(fixtures.load(one.id())).unwrap();
    assert_eq!(loaded.tape().stored().map(|values| values.length()), Some(1025 * MIB));
    assert_eq!(loaded.tape().parts().entries, recording.tape().parts().entries);
}
