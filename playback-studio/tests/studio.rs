//! Replaying and comparing the recordings of a cassette, category by category.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail loudly"
)]

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, LazyLock, Mutex};
use std::time::{Duration, SystemTime};

use futures::executor::block_on;
use futures::stream::StreamExt;
use playback_cassette::{Cassette, IdGenerator, Order, Query, TapeRecorder};
use playback_cassette_s3::ObjectStoreCassette;
use playback_core::{RecorderExt, RecordingId, operation, output};
use playback_studio::{Error, Event, RecordingReport, Report, Status, Studio, Tuning, extract};
use playback_testkit::MemoryCassette;

/// 2026-03-01T00:00:00Z.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_772_323_200)
}

fn days(number: u64) -> Duration {
    Duration::from_secs(number * 24 * 60 * 60)
}

/// An operation that sends its argument and `off`, which a change of the code may bring in.
async fn send(category: &'static str, argument: u64, off: u64) -> u64 {
    let sent = argument + off;
    let send = async move { output("queue.send").argument_names(&["value"]).args(&(sent,)).run(|| sent) };
    operation(category).args(&(argument,)).run_async(send).await
}

/// Records an operation at a time.
fn record(cassette: &MemoryCassette, at: SystemTime, category: &'static str, argument: u64) -> RecordingId {
    let recorder =
        TapeRecorder::builder(cassette.clone()).clock(at).ids(IdGenerator::seeded(argument)).build();
    block_on(recorder.scope(send(category, argument, 0)));
    recorder.close_blocking(Duration::from_secs(60)).unwrap();
    cassette.last_id().unwrap()
}

/// Replays each category with an `off` of its own.
fn tuner(off: &'static [(&'static str, u64)]) -> impl Fn(&str) -> Result<Tuning, Error> {
    move |category| {
        let (category, off) = off.iter().find(|known| known.0 == category).ok_or("no such operation")?;
        Ok(Tuning::of(move |(argument,)| send(category, argument, *off)))
    }
}

/// What was compared, as category, argument and status.
fn compared(report: &Report, cassette: &MemoryCassette) -> Vec<(String, u64, Status)> {
    let argument = |id: &RecordingId| block_on(cassette.load(id)).unwrap().arguments::<(u64,)>().unwrap().0;
    let told = |recording: &RecordingReport| {
        (recording.id.category().to_owned(), argument(&recording.id), recording.status)
    };
    report.recordings().map(told).collect()
}

#[test]
fn t1_the_last_seven_days_and_twenty_recordings_of_each_category_are_played_unless_said_otherwise() {
    let cassette = MemoryCassette::new();
    record(&cassette, now() - days(8), "A", 100);
    for number in 0..25 {
        record(&cassette, now() - days(number % 6) - Duration::from_secs(number), "A", number);
    }
    for number in 200..203 {
        record(&cassette, now() - days(1), "B", number);
    }
    let studio = Studio::new(cassette.clone(), tuner(&[("A", 0), ("B", 0)])).clock(now());
    let report = block_on(studio.play());
    let counts: Vec<(&str, usize)> = report
        .categories
        .iter()
        .map(|category| (category.category.as_str(), category.counts().total()))
        .collect();
    assert_eq!(counts, [("A", 20), ("B", 3)]);
    assert!(report.is_all_equal());
    assert!(compared(&report, &cassette).iter().all(|(_, argument, _)| *argument != 100));
}

#[test]
fn t1_a_lookup_says_which_are_played_and_its_limit_holds_for_each_category() {
    let cassette = MemoryCassette::new();
    for number in 0..4 {
        record(&cassette, now() - days(30 + number), "A", number);
        record(&cassette, now() - days(30 + number), "B", 10 + number);
    }
    let lookup = Query::since(now() - days(40)).order(Order::NewestFirst).limit(2);
    let studio = Studio::new(cassette.clone(), tuner(&[("A", 0), ("B", 0)])).clock(now()).lookup(lookup);
    let report = block_on(studio.clone().categories(["B", "A"]).play());
    // Categories in alphabetical order, and recordings in the order of their ids.
    let expected: Vec<_> =
        [("A", 1), ("A", 0), ("B", 11), ("B", 10)].map(|(c, n)| (c.to_owned(), n, Status::Equal)).to_vec();
    assert_eq!(compared(&report, &cassette), expected);
    assert_eq!(block_on(studio.categories(["B"]).play()).counts().total(), 2);
}

#[test]
fn t2_given_recordings_are_played_by_category_in_a_fixed_order() {
    let cassette = MemoryCassette::new();
    let [b2, a1, b1, _] = [("B", 2), ("A", 1), ("B", 1), ("A", 2)]
        .map(|(category, number)| record(&cassette, now(), category, number));
    let gone: RecordingId = "A/20260301/01KJJ0000000000000000000ZZ".parse().unwrap();
    let studio = Studio::new(cassette, tuner(&[("A", 0), ("B", 0)])).categories(["nothing"]).recordings([
        b2.clone(),
        gone.clone(),
        a1.clone(),
        b1.clone(),
    ]);
    let started = |event: &Event| match event {
        Event::Started { category, looked_for, .. } => Some(format!("{category}: {looked_for}")),
        _ => None,
    };
    let events: Vec<Event> = block_on(studio.events().collect());
    let categories: Vec<String> = events.iter().filter_map(started).collect();
    assert_eq!(categories, ["A: 2 given recordings", "B: 2 given recordings"]);

    let report = block_on(studio.play());
    let mut expected =
        vec![(a1, Status::Equal), (gone, Status::EqualizerFailure), (b1, Status::Equal), (b2, Status::Equal)];
    expected.sort();
    let told: Vec<_> =
        report.recordings().map(|recording| (recording.id.clone(), recording.status)).collect();
    assert_eq!(told, expected);
}

#[test]
fn t3_a_tuner_says_how_each_category_is_compared() {
    let cassette = MemoryCassette::new();
    record(&cassette, now(), "A", 1);
    record(&cassette, now(), "B", 1);
    let tuner = |category: &str| match category {
        // Only the result counts, which is the recorded answer of the output.
        "A" => Ok::<_, Error>(Tuning::of(|(argument,)| send("A", argument, 1)).extractor(extract::result())),
        _ => Ok(Tuning::of(|(argument,)| send("B", argument, 1))),
    };
    let report = block_on(Studio::new(cassette.clone(), tuner).clock(now()).play());
    let expected =
        [("A", Status::Equal), ("B", Status::Different)].map(|(c, status)| (c.to_owned(), 1, status));
    assert_eq!(compared(&report, &cassette), expected);
}

#[test]
fn t4_a_category_whose_tuning_fails_or_panics_says_so_and_the_others_go_on() {
    let cassette = MemoryCassette::new();
    for category in ["A", "B", "C"] {
        record(&cassette, now(), category, 1);
    }
    let tuner = |category: &str| match category {
        "A" => Err(Error::from("no database")),
        "B" => panic!("the tuner's own mistake"),
        _ => Ok(Tuning::of(|(argument,)| send("C", argument, 0))),
    };
    let report = block_on(Studio::new(cassette, tuner).clock(now()).play());
    let failures: Vec<&[String]> =
        report.categories.iter().map(|category| category.failures.as_slice()).collect();
    assert_eq!(
        failures,
        [
            ["the tuner refused the category `A`: no database"].map(str::to_owned).as_slice(),
            ["the tuner panicked for the category `B`: the tuner's own mistake"]
                .map(str::to_owned)
                .as_slice(),
            &[],
        ]
    );
    assert_eq!(report.counts().of(Status::Equal), 1);
    assert!(!report.is_all_equal());
}

#[test]
fn t5_the_report_is_a_table_and_below_it_the_differences_that_are_alike() {
    let cassette = MemoryCassette::new();
    for number in 1..4 {
        record(&cassette, now(), "A", number);
    }
    record(&cassette, now(), "B", 7);
    let tuner = tuner(&[("A", 5), ("B", 0)]);
    let report = block_on(Studio::new(cassette, tuner).categories(["A", "B", "C"]).clock(now()).play());
    let ids: Vec<&str> = report.categories[0].recordings.iter().map(|one| one.id.unique()).collect();
    let (ids, change) = (ids.join(", "), &report.categories[0].recordings[0].differences[0].change);
    assert_eq!(
        report.to_string(),
        format!(
            "\
category  recordings  equal  fixed  different  failed  equalizer failures
A                  3      -      -          3       -                   -
B                  1      1      -          -       -                   -
C                  -      -      -          -       -                   -
all                4      1      -          3       -                   -

A
  queue.send
    ~ value: {change}  (value changed)
      in 3 recordings: {ids}

C
  the tuner refused the category `C`: no such operation
"
        )
    );
    let group = report.categories[0].groups().remove(0);
    assert_eq!((group.output, group.pattern, group.recordings().count()), (Some("queue.send"), "value", 3));
}

#[test]
fn nothing_found_says_what_was_looked_for() {
    let cassette = MemoryCassette::new();
    record(&cassette, now() - days(300), "A", 1);
    let studio = Studio::new(cassette, tuner(&[("A", 0)])).clock(now());
    let report = block_on(studio.play());
    assert!(
        report.to_string().ends_with("\nA: no recordings; looked for 20 recordings of the last 7 days in memory, where of this category there \
             are 1 in all\n"
        ),
        "{report}"
    );
    assert!(!report.is_all_equal());
    let query = Query::new().field("status", 500).limit(5);
    let report = block_on(studio.lookup(query).play()).to_string();
    assert!(
        report.contains("\nA: no recordings; looked for recordings (status=500, at most 5) in memory"),
        "{report}"
    );

    let report = block_on(Studio::new(MemoryCassette::new(), tuner(&[])).play());
    assert_eq!(
        report.to_string(),
        "nothing was replayed: there are no recordings of any category in memory\n"
    );
}

#[test]
fn several_recordings_are_in_work_at_the_same_time_over_all_categories_and_no_more_than_allowed() {
    static IN_WORK: Mutex<(usize, usize)> = Mutex::new((0, 0));
    static BEGUN: AtomicUsize = AtomicUsize::new(0);
    static THREE: LazyLock<Barrier> = LazyLock::new(|| Barrier::new(3));
    async fn slow(category: &'static str, argument: u64) -> u64 {
        {
            let mut in_work = IN_WORK.lock().unwrap();
            in_work.0 += 1;
            in_work.1 = in_work.1.max(in_work.0);
        }
        // The first three wait for one another.
        if BEGUN.fetch_add(1, Ordering::SeqCst) < 3 {
            THREE.wait();
        }
        IN_WORK.lock().unwrap().0 -= 1;
        send(category, argument, 0).await
    }
    let cassette = MemoryCassette::new();
    for (category, number) in [("A", 1), ("A", 2), ("B", 3), ("B", 4), ("C", 5)] {
        record(&cassette, now(), category, number);
    }
    let tuner = |category: &str| {
        let category = ["A", "B", "C"].into_iter().find(|known| *known == category).unwrap();
        Ok::<_, Error>(Tuning::of(move |(argument,)| slow(category, argument)))
    };
    let studio = Studio::new(cassette, tuner).clock(now()).concurrency(NonZeroUsize::new(3).unwrap());
    assert!(block_on(studio.play()).is_all_equal());
    assert_eq!(*IN_WORK.lock().unwrap(), (0, 3));
}

#[test]
fn a_studio_needs_no_particular_runtime_and_its_futures_can_be_spawned() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let cassette = MemoryCassette::new();
    record(&cassette, now(), "A", 1);
    let studio = Studio::new(cassette, tuner(&[("A", 0)])).clock(now());
    drop(is_send(studio.events()));
    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    let report = runtime.block_on(async { tokio::spawn(async move { studio.play().await }).await.unwrap() });
    assert!(report.is_all_equal());
}

#[test]
fn a_lookup_of_several_categories_is_refused_with_the_way_out() {
    let cassette = MemoryCassette::new();
    record(&cassette, now(), "A", 1);
    let query = Query::new().categories(["A", "B"]);
    let report = block_on(Studio::new(cassette, tuner(&[("A", 0)])).lookup(query).play());
    assert!(
        report.failures[0].ends_with("name them with `Studio::categories` instead"),
        "{:?}",
        report.failures
    );
}

#[test]
fn e5_a_recording_whose_bytes_are_corrupt_is_one_failure_that_names_it_and_the_run_goes_on() {
    fn files(directory: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { files(&path, found) } else { found.push(path) }
        }
    }
    // Whatever byte of the file it is, of its head, its middle and its end.
    for place in [0, 1, 2] {
        let directory = tempfile::tempdir().unwrap();
        let open = || ObjectStoreCassette::local(directory.path()).unwrap().read_only(false);
        let recorder = TapeRecorder::builder(open()).clock(now()).ids(IdGenerator::seeded(1)).build();
        for argument in 0..5 {
            block_on(recorder.scope(send("A", argument, 0)));
        }
        recorder.close_blocking(Duration::from_secs(60)).unwrap();
        let mut found = Vec::new();
        files(directory.path(), &mut found);
        found.retain(|path| path.components().any(|part| part.as_os_str() == "full"));
        found.sort();
        let mut bytes = std::fs::read(&found[2]).unwrap();
        let at = [3, bytes.len() / 2, bytes.len() - 1][place];
        bytes[at] ^= 0x10;
        std::fs::write(&found[2], bytes).unwrap();
        let report = block_on(Studio::new(open(), tuner(&[("A", 0)])).clock(now()).play());
        assert_eq!(report.counts().to_string(), "5 recordings: 4 equal, 1 equalizer failure", "byte {at}");
        let failed = report.recordings().find(|one| one.status == Status::EqualizerFailure).unwrap();
        assert!(found[2].to_str().unwrap().contains(failed.id.unique()), "{}", failed.id);
        let message = failed.message.as_deref().unwrap();
        assert!(message.starts_with("loading it failed: "), "{message}");
        assert!(message.contains(&failed.id.to_string()), "{message}");
    }
}
