//! The local cache helps where it can, and never stands in the way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, SystemTime};

use common::{NOON, days_before, recording};
use playback_cassette::{
    Cached, Cassette, CassetteExt, Clock, ErrorKind, IdGenerator, Query, Recording, RecordingId, format,
};
use playback_testkit::faults::{Faulty, Method};
use playback_testkit::{MemoryCassette, conformance};

/// A clock that goes on by a second each time it is asked.
#[derive(Default)]
struct Ticking(AtomicU64);

impl Clock for Ticking {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + NOON + Duration::from_secs(self.0.fetch_add(1, Ordering::SeqCst))
    }
}

fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(seed);
    std::iter::repeat_with(|| random.u8(..)).take(length).collect()
}

/// So many recordings in a cassette, whose tape files are all of nearly the same size.
async fn filled(count: u64) -> (MemoryCassette, Vec<Recording>) {
    let (memory, ids) = (MemoryCassette::new(), IdGenerator::seeded(1));
    let mut recordings = Vec::new();
    for number in 0..count {
        let id = ids.generate("Checkout", days_before(0)).unwrap();
        recordings.push(common::with_bytes(&id, days_before(0), noise(10_000, number)));
        memory.save(&recordings[recordings.len() - 1]).await.unwrap();
    }
    (memory, recordings)
}

fn file(directory: &Path, id: &RecordingId) -> PathBuf {
    directory.join(format!("playback-cache-1/{}.tape", id.to_path()))
}

/// The files below a directory, and how many bytes they take.
fn files(directory: &Path) -> Vec<(PathBuf, u64)> {
    let mut files = Vec::new();
    let Ok(entries) = fs::read_dir(directory) else { return files };
    for entry in entries.map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            files.extend(self::files(&entry.path()));
        } else {
            files.push((entry.path(), entry.metadata().unwrap().len()));
        }
    }
    files
}

fn kept(directory: &Path, recordings: &[Recording]) -> Vec<bool> {
    recordings.iter().map(|recording| file(directory, recording.id()).exists()).collect()
}

#[tokio::test]
async fn a_cached_cassette_conforms() {
    // C13
    let directory = tempfile::tempdir().unwrap();
    let number = AtomicU64::new(0);
    conformance::cassette(async || {
        let place = directory.path().join(number.fetch_add(1, Ordering::Relaxed).to_string());
        Cached::new(MemoryCassette::new(), place)
    })
    .await;
    assert!(!files(directory.path()).is_empty(), "it was used");
}

#[tokio::test]
async fn a_cached_cassette_conforms_that_has_room_for_next_to_nothing() {
    // C13
    let directory = tempfile::tempdir().unwrap();
    let number = AtomicU64::new(0);
    conformance::cassette(async || {
        let place = directory.path().join(number.fetch_add(1, Ordering::Relaxed).to_string());
        Cached::new(MemoryCassette::new(), place).max_bytes(1000)
    })
    .await;
    assert!(!files(directory.path()).is_empty(), "it was used");
}

#[tokio::test]
async fn a_cached_cassette_conforms_whose_directory_fails() {
    // C13
    let directory = tempfile::tempdir().unwrap();
    // A file where a directory has to be, which stops even root.
    let blocked = directory.path().join("file");
    fs::write(&blocked, "in the way").unwrap();
    conformance::cassette(async || Cached::new(MemoryCassette::new(), blocked.join("cache"))).await;
    let (memory, recordings) = filled(1).await;
    let cached = Cached::new(memory, blocked.join("cache"));
    assert_eq!(cached.load(recordings[0].id()).await.unwrap(), recordings[0]);
    assert_eq!(cached.stats().failures, 2, "it can be neither read from nor written to");
    assert_eq!(fs::read(&blocked).unwrap(), b"in the way");
}

#[tokio::test]
async fn two_cached_cassettes_that_share_a_directory_conform() {
    // C13
    let directory = tempfile::tempdir().unwrap();
    let places = std::sync::Mutex::new(std::collections::HashMap::<String, MemoryCassette>::new());
    conformance::reopened(async |name: String| {
        let place = places.lock().unwrap().entry(name.clone()).or_default().clone();
        Cached::new(place, directory.path().join(name))
    })
    .await;
}

#[tokio::test]
async fn a_cache_that_is_switched_off_is_not_there() {
    // C13
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("cache");
    conformance::cassette(async || Cached::new(MemoryCassette::new(), &place).enabled(false)).await;
    assert!(!place.exists());
}

#[test]
fn a_cached_cassette_needs_no_runtime() {
    let directory = tempfile::tempdir().unwrap();
    futures::executor::block_on(async {
        let (memory, recordings) = filled(1).await;
        let cached = Cached::new(memory, directory.path());
        for _ in 0..2 {
            assert_eq!(cached.load(recordings[0].id()).await.unwrap(), recordings[0]);
        }
        assert_eq!((cached.stats().misses, cached.stats().hits), (1, 1));
    });
}

#[tokio::test]
async fn what_was_loaded_once_loads_again_without_the_cassette_beneath() {
    // C13
    let directory = tempfile::tempdir().unwrap();
    let (memory, recordings) = filled(3).await;
    let cached = Cached::new(memory.clone(), directory.path());
    for recording in &recordings[..2] {
        assert_eq!(cached.load(recording.id()).await.unwrap(), *recording);
    }
    // Another process, a day later, while the store is gone.
    let offline = Cached::new(MemoryCassette::new(), directory.path());
    for recording in &recordings[..2] {
        assert_eq!(offline.load(recording.id()).await.unwrap(), *recording);
    }
    assert_eq!(offline.load(recordings[2].id()).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!((offline.stats().hits, offline.stats().misses, offline.stats().failures), (2, 1, 0));
}

#[tokio::test]
async fn the_cache_stays_within_its_bound_and_keeps_what_was_loaded_last() {
    // C13
    let directory = tempfile::tempdir().unwrap();
    let (memory, recordings) = filled(5).await;
    let size = format::encode(&recordings[0]).unwrap().len() as u64;
    let bound = 3 * size + size / 2;
    let cached = Cached::new(memory, directory.path()).max_bytes(bound).clock(Ticking::default());
    let load = async |number: usize| {
        assert_eq!(cached.load(recordings[number].id()).await.unwrap(), recordings[number]);
        let bytes: u64 = files(directory.path()).iter().map(|(_, length)| length).sum();
        assert!(bytes <= bound, "{bytes} bytes are kept, and {bound} are allowed");
        kept(directory.path(), &recordings)
    };
    for number in 0..3 {
        load(number).await;
    }
    assert_eq!(load(0).await, [true, true, true, false, false]);
    assert_eq!(load(3).await, [true, false, true, true, false], "1 was not loaded for longest");
    assert_eq!(load(2).await, [true, false, true, true, false]);
    assert_eq!(load(4).await, [false, false, true, true, true], "now 0 was not");
    let stats = cached.stats();
    assert_eq!((stats.hits, stats.misses, stats.evicted, stats.failures), (2, 5, 2, 0));
}

#[tokio::test]
async fn a_shared_directory_stays_near_its_bound() {
    // C13
    let directory = tempfile::tempdir().unwrap();
    let (memory, recordings) = filled(60).await;
    let size = format::encode(&recordings[0]).unwrap().len() as u64;
    let bound = 20 * size;
    let processes: Vec<_> =
        (0..3).map(|_| Cached::new(memory.clone(), directory.path()).max_bytes(bound)).collect();
    for (at, recording) in recordings.iter().enumerate() {
        processes[at % 3].load(recording.id()).await.unwrap();
        let bytes: u64 = files(directory.path()).iter().map(|(_, length)| length).sum();
        // A sixteenth is more than one recording and less than two.
        assert!(bytes <= bound + 3 * 2 * size, "{bytes} bytes are kept, and {bound} are allowed");
    }
}

#[tokio::test]
async fn a_recording_larger_than_the_bound_is_not_kept_and_evicts_nothing() {
    // C13
    let directory = tempfile::tempdir().unwrap();
    let (memory, recordings) = filled(1).await;
    let large = common::with_bytes(
        &IdGenerator::seeded(2).generate("Checkout", days_before(0)).unwrap(),
        days_before(0),
        noise(50_000, 9),
    );
    memory.save(&large).await.unwrap();
    let cached = Cached::new(memory, directory.path()).max_bytes(20_000);
    cached.load(recordings[0].id()).await.unwrap();
    assert_eq!(cached.load(large.id()).await.unwrap(), large);
    assert_eq!(kept(directory.path(), &[recordings[0].clone(), large]), [true, false]);
    assert_eq!(cached.stats().failures, 0);
}

#[tokio::test]
async fn a_recording_just_as_large_as_the_bound_is_kept() {
    // C13
    let directory = tempfile::tempdir().unwrap();
    let (memory, recordings) = filled(1).await;
    let size = format::encode(&recordings[0]).unwrap().len() as u64;
    for (bound, is_kept) in [(size - 1, false), (size, true)] {
        let cached = Cached::new(memory.clone(), directory.path()).max_bytes(bound);
        cached.load(recordings[0].id()).await.unwrap();
        assert_eq!(kept(directory.path(), &recordings), [is_kept], "{bound} of {size} bytes");
    }
}

#[tokio::test]
async fn a_bound_of_few_recordings_holds_for_several_processes_together() {
    // C13
    let directory = tempfile::tempdir().unwrap();
    let (memory, recordings) = filled(40).await;
    let bound = 8 * format::encode(&recordings[0]).unwrap().len() as u64 + 500;
    let processes: Vec<_> =
        (0..4).map(|_| Cached::new(memory.clone(), directory.path()).max_bytes(bound)).collect();
    for (at, recording) in recordings.iter().enumerate() {
        processes[at % 4].load(recording.id()).await.unwrap();
        let bytes: u64 = files(directory.path()).iter().map(|(_, length)| length).sum();
        // A recording is more than a sixteenth, so each process looks again before it keeps the next.
        assert!(bytes <= bound, "{bytes} bytes are kept, and {bound} are allowed");
    }
}

#[tokio::test]
async fn the_values_of_a_large_recording_stay_in_its_file_and_those_of_a_small_one_do_not() {
    // C14
    let directory = tempfile::tempdir().unwrap();
    let id = IdGenerator::seeded(2).generate("Checkout", days_before(0)).unwrap();
    let noise = noise(17 << 20, 9);
    let of = |bytes: usize| common::with_bytes(&id, days_before(0), noise[..bytes].to_vec());
    let length = |bytes: usize| format::encode(&of(bytes)).unwrap().len();
    let most = format::MAX_MEMORY_BYTES as usize;
    // Noise takes as much in the file as it is, and what stands around it the same for a few bytes more.
    let exactly = most - (length(most - 2000) - (most - 2000));
    assert_eq!(length(exactly), most);
    for (bytes, is_left) in [(100_000, false), (exactly, false), (exactly + 2, true)] {
        let memory = MemoryCassette::new();
        memory.save(&of(bytes)).await.unwrap();
        let cached = Cached::new(memory, directory.path().join(bytes.to_string()));
        cached.load(&id).await.unwrap();
        let again = cached.load(&id).await.unwrap();
        assert_eq!((cached.stats().hits, cached.stats().failures), (1, 0), "{bytes}");
        assert_eq!(again.tape().stored().is_some(), is_left, "{bytes}");
        assert!(again == of(bytes), "{bytes}");
    }
}

#[tokio::test]
async fn saving_and_deleting_what_was_never_loaded_is_no_failure_and_closing_closes_what_is_beneath() {
    // C13
    let directory = tempfile::tempdir().unwrap();
    let (memory, recordings) = filled(2).await;
    let beneath = Faulty::new(memory);
    let cached = Cached::new(beneath.clone(), directory.path());
    cached.save(&recordings[0]).await.unwrap();
    cached.delete(recordings[1].id()).await.unwrap();
    assert_eq!(cached.stats().failures, 0);
    assert_eq!(cached.load(recordings[0].id()).await.unwrap(), recordings[0]);
    cached.close().await.unwrap();
    assert_eq!(beneath.calls(Method::Close), 1);
}

#[tokio::test]
async fn a_damaged_file_is_fetched_again_and_mended() {
    // C13
    let directory = tempfile::tempdir().unwrap();
    let (memory, recordings) = filled(2).await;
    let id = recordings[0].id();
    let place = file(directory.path(), id);
    let whole = format::encode(&recordings[0]).unwrap();
    let flipped = whole.iter().enumerate().map(|(at, byte)| if at == 5000 { !byte } else { *byte }).collect();
    let damages: [(&str, Vec<u8>); 6] = [
        ("nothing", Vec::new()),
        ("half", whole[..whole.len() / 2].to_vec()),
        ("all but the last byte", whole[..whole.len() - 1].to_vec()),
        ("another byte", flipped),
        ("another recording", format::encode(&recordings[1]).unwrap()),
        ("no tape", b"<html>404</html>".to_vec()),
    ];
    for (what, damage) in damages {
        let cached = Cached::new(memory.clone(), directory.path());
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(&place, damage).unwrap();
        for _ in 0..2 {
            assert_eq!(cached.load(id).await.unwrap(), recordings[0], "{what}");
        }
        let stats = cached.stats();
        assert_eq!((stats.failures, stats.misses, stats.hits), (1, 1, 1), "{what}");
        assert_eq!(fs::read(&place).unwrap(), whole, "{what}");
    }
}

#[tokio::test]
async fn a_file_that_can_be_neither_read_nor_replaced_is_fetched_each_time() {
    // C13
    let directory = tempfile::tempdir().unwrap();
    let (memory, recordings) = filled(1).await;
    // A directory in its place, which stops even root.
    fs::create_dir_all(file(directory.path(), recordings[0].id()).join("full")).unwrap();
    let cached = Cached::new(memory, directory.path());
    for _ in 0..2 {
        assert_eq!(cached.load(recordings[0].id()).await.unwrap(), recordings[0]);
    }
    let stats = cached.stats();
    assert_eq!((stats.hits, stats.misses), (0, 2));
    assert!(stats.failures >= 2, "{stats:?}");
    assert!(files(directory.path()).is_empty(), "nothing unfinished is left behind");
}

#[tokio::test]
async fn what_cannot_be_dropped_is_not_believed_either() {
    // C13
    let directory = tempfile::tempdir().unwrap();
    let (memory, recordings) = filled(1).await;
    let id = recordings[0].id();
    let place = file(directory.path(), id);
    let cached = Cached::new(memory, directory.path());
    // While the recording changes, its file cannot be removed; then someone restores the old one.
    fs::create_dir_all(place.join("full")).unwrap();
    let changed = recording(id, days_before(0), 10);
    cached.save(&changed).await.unwrap();
    fs::remove_dir_all(&place).unwrap();
    fs::write(&place, format::encode(&recordings[0]).unwrap()).unwrap();
    for _ in 0..2 {
        assert_eq!(cached.load(id).await.unwrap(), changed);
    }
    assert_eq!(cached.stats().hits, 1, "the file was replaced");
}

#[tokio::test]
async fn an_error_from_beneath_comes_through_and_is_not_remembered() {
    // C9
    let directory = tempfile::tempdir().unwrap();
    let (memory, recordings) = filled(1).await;
    let faulty = Faulty::new(memory);
    let cached = Cached::new(faulty.clone(), directory.path());
    faulty.fail_next(Method::Load, 1, ErrorKind::Unreachable);
    assert_eq!(cached.load(recordings[0].id()).await.unwrap_err().kind(), ErrorKind::Unreachable);
    assert_eq!(cached.load(recordings[0].id()).await.unwrap(), recordings[0]);
}

#[tokio::test]
async fn a_recording_that_is_replaced_while_it_is_fetched_is_not_kept() {
    // C13
    let directory = tempfile::tempdir().unwrap();
    let (memory, recordings) = filled(1).await;
    let id = recordings[0].id().clone();
    let changed = recording(&id, days_before(0), 10);
    let faulty = Faulty::new(memory);
    let cached = Arc::new(Cached::new(faulty.clone(), directory.path()));
    faulty.hold_answers(Method::Load);
    let fetching = tokio::spawn({
        let (cached, id) = (Arc::clone(&cached), id.clone());
        async move { cached.load(&id).await }
    });
    faulty.answered(Method::Load, 1).await; // It has read the old one, and waits before it hands it over.
    cached.save(&changed).await.unwrap();
    faulty.release(Method::Load);
    assert_eq!(fetching.await.unwrap().unwrap(), recordings[0]);
    assert!(!file(directory.path(), &id).exists());
    assert_eq!(cached.load(&id).await.unwrap(), changed);
}

#[tokio::test]
async fn a_recording_that_is_fetched_while_it_is_replaced_is_not_kept_for_longer() {
    // C13
    for given_up in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let (memory, recordings) = filled(1).await;
        let id = recordings[0].id().clone();
        let changed = recording(&id, days_before(0), 10);
        let faulty = Faulty::new(memory);
        let cached = Arc::new(Cached::new(faulty.clone(), directory.path()));
        faulty.hold(Method::Save);
        let saving = tokio::spawn({
            let (cached, changed) = (Arc::clone(&cached), changed.clone());
            async move { cached.save(&changed).await }
        });
        faulty.called(Method::Save, 1).await; // It has not written yet.
        assert_eq!(cached.load(&id).await.unwrap(), recordings[0]);
        assert!(file(directory.path(), &id).exists());
        if given_up {
            saving.abort();
            assert!(saving.await.unwrap_err().is_cancelled());
        } else {
            faulty.release(Method::Save);
            saving.await.unwrap().unwrap();
            assert_eq!(cached.load(&id).await.unwrap(), changed);
        }
        assert_eq!(file(directory.path(), &id).exists(), !given_up, "what may have changed is not kept");
    }
}

#[tokio::test]
async fn what_the_killed_left_behind_is_removed_and_nothing_else() {
    // C13
    let directory = tempfile::tempdir().unwrap();
    let (memory, recordings) = filled(2).await;
    let root = directory.path().join("playback-cache-1");
    fs::create_dir_all(&root).unwrap();
    let leave = |name: &str, age: u64| {
        let path = root.join(name);
        let left = fs::File::create(&path).unwrap();
        left.set_modified(SystemTime::UNIX_EPOCH + NOON - Duration::from_secs(age)).unwrap();
        path
    };
    let old = leave(".unfinished-abc", 3600);
    let young = leave(".unfinished-def", 3000);
    let foreign = leave("notes.txt", 100_000);
    let users = directory.path().join("mine.tape");
    fs::write(&users, noise(100_000, 1)).unwrap();
    let clock = SystemTime::UNIX_EPOCH + NOON;
    let cached = Cached::new(memory, directory.path()).max_bytes(15_000).clock(clock);
    for recording in &recordings {
        cached.load(recording.id()).await.unwrap();
    }
    assert_eq!([&old, &young, &foreign, &users].map(|path| path.exists()), [false, true, true, true]);
    assert_eq!(kept(directory.path(), &recordings).iter().filter(|kept| **kept).count(), 1);
}

/// What another process does.
type Act = Box<dyn FnOnce() + Send>;

/// A clock that stands still, and at one call of which another process does something to the directory.
#[derive(Clone, Default)]
struct Meddling {
    calls: Arc<AtomicU64>,
    at: Arc<AtomicU64>,
    act: Arc<Mutex<Option<Act>>>,
}

impl Clock for Meddling {
    fn now(&self) -> SystemTime {
        if self.calls.fetch_add(1, Ordering::SeqCst) + 1 == self.at.load(Ordering::SeqCst) {
            self.act.lock().unwrap().take().unwrap()();
        }
        SystemTime::UNIX_EPOCH + NOON
    }
}

#[tokio::test]
async fn a_file_that_is_gone_when_it_is_to_make_room_has_made_it_and_one_that_cannot_go_keeps_others_out() {
    // C13
    for (what, is_kept) in [("gone", true), ("a directory", false)] {
        let directory = tempfile::tempdir().unwrap();
        let (memory, recordings) = filled(3).await;
        let size = format::encode(&recordings[0]).unwrap().len() as u64;
        let clock = Meddling::default();
        let cached =
            Cached::new(memory, directory.path()).max_bytes(2 * size + size / 2).clock(clock.clone());
        let root = directory.path().join("playback-cache-1");
        // The clock is asked for the age of each file that another process writes: once more after the recordings are listed,
        // as one of those stands behind them in the directory.
        let others_write = |number: usize| {
            fs::create_dir_all(&root).unwrap();
            let file = fs::File::create(root.join(format!(".unfinished-{number}"))).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + NOON).unwrap();
        };
        let stands_last = || fs::read_dir(&root).unwrap().last().unwrap().unwrap().path().is_file();
        others_write(0);
        for recording in &recordings[..2] {
            cached.load(recording.id()).await.unwrap();
        }
        let mut others = 1;
        while !stands_last() {
            others_write(others);
            others += 1;
        }
        let oldest = file(directory.path(), recordings[0].id());
        let time = SystemTime::UNIX_EPOCH + NOON - Duration::from_secs(10);
        fs::File::options().write(true).open(&oldest).unwrap().set_modified(time).unwrap();
        let becomes = move || {
            fs::remove_file(&oldest).unwrap();
            if !is_kept {
                fs::create_dir_all(oldest.join("full")).unwrap();
            }
        };
        *clock.act.lock().unwrap() = Some(Box::new(becomes));
        // Its own time and age, and that of the others.
        clock.at.store(clock.calls.load(Ordering::SeqCst) + 2 + others as u64, Ordering::SeqCst);
        assert_eq!(cached.load(recordings[2].id()).await.unwrap(), recordings[2]);
        assert!(clock.act.lock().unwrap().is_none(), "it came to that");
        assert_eq!(cached.stats().failures, u64::from(!is_kept), "{what}");
        assert_eq!(file(directory.path(), recordings[2].id()).exists(), is_kept, "{what}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn only_this_user_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let (memory, recordings) = filled(1).await;
    Cached::new(memory, directory.path()).load(recordings[0].id()).await.unwrap();
    let mode = fs::metadata(file(directory.path(), recordings[0].id())).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn many_loads_at_once_through_one_small_cache_do_not_mix() {
    // C13
    let directory = tempfile::tempdir().unwrap();
    let (memory, recordings) = filled(20).await;
    let cached = Arc::new(Cached::new(memory, directory.path()).max_bytes(50_000));
    let ids = || recordings.iter().cycle().take(200).map(|recording| recording.id().clone());
    let loads = ids().map(|id| {
        let cached = Arc::clone(&cached);
        tokio::spawn(async move { cached.load(&id).await })
    });
    let loads: Vec<_> = loads.collect();
    for (load, expected) in loads.into_iter().zip(recordings.iter().cycle()) {
        assert_eq!(load.await.unwrap().unwrap(), *expected);
    }
    let stats = cached.stats();
    assert_eq!((stats.hits + stats.misses, stats.failures), (200, 0));
    assert_eq!(cached.find_all(&Query::new()).await.unwrap().len(), 20);
}

/// A clock that looks at the cassette that asks it.
#[derive(Clone, Default)]
struct Looking(Arc<OnceLock<Arc<Cached<MemoryCassette>>>>);

impl Clock for Looking {
    fn now(&self) -> SystemTime {
        let hits = self.0.get().map_or(0, |cached| cached.stats().hits);
        SystemTime::UNIX_EPOCH + NOON + Duration::from_secs(hits)
    }
}

#[tokio::test]
async fn the_clock_may_ask_the_cassette_that_asks_it() {
    let directory = tempfile::tempdir().unwrap();
    let (memory, recordings) = filled(1).await;
    let clock = Looking::default();
    let cached = Arc::new(Cached::new(memory, directory.path()).clock(clock.clone()));
    assert!(clock.0.set(Arc::clone(&cached)).is_ok());
    let load = tokio::task::spawn_blocking(move || {
        futures::executor::block_on(cached.load(recordings[0].id())).map(drop)
    });
    let loaded = tokio::time::timeout(Duration::from_secs(60), load).await;
    // A thread that waits for itself does so for ever, and would be waited for.
    let Ok(loaded) = loaded else { std::process::abort() };
    loaded.unwrap().unwrap();
}
