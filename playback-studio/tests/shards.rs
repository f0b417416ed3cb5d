//! Shards: which recordings belong to them, and where they are read from.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may fail loudly")]

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, SystemTime};

use futures::executor::block_on;
use playback_cassette::{IdGenerator, Order, Query, TapeRecorder};
use playback_core::{RecorderExt, RecordingId, operation};
use playback_studio::{Error, Shard, Studio, Tuning};
use playback_testkit::MemoryCassette;

fn ids(number: u64) -> Vec<RecordingId> {
    let id = |number| format!("Checkout/20260301/01KJJ{number:021}").parse().unwrap();
    (0..number).map(id).collect()
}

#[test]
fn every_recording_belongs_to_one_shard_and_shards_are_about_equally_large() {
    for of in [1, 2, 3, 8, 64] {
        let mut sizes = BTreeMap::new();
        for id in ids(6_400) {
            let mut holders = Shard::all(of).filter(|shard| shard.contains(&id));
            *sizes.entry(holders.next().unwrap().number()).or_insert(0_u32) += 1;
            assert_eq!(holders.next(), None);
        }
        assert_eq!(sizes.len(), of as usize);
        let even = 6_400 / of;
        assert!(sizes.values().all(|size| size.abs_diff(even) <= even / 2), "{of}: {sizes:?}");
    }
}

#[test]
fn the_shard_of_a_recording_never_changes() {
    // Other machines and other versions play the other shards.
    let of_eight = |id: &RecordingId| Shard::all(8).find(|shard| shard.contains(id)).unwrap().to_string();
    let shards: Vec<String> = ids(6).iter().map(of_eight).collect();
    assert_eq!(shards, PINNED);
}

/// Computed by another program, from the documentation.
const PINNED: [&str; 6] = ["6/8", "8/8", "4/8", "4/8", "1/8", "4/8"];

#[test]
fn a_shard_is_read_from_text_and_what_is_none_says_why() {
    assert_eq!("3/8".parse::<Shard>().unwrap(), Shard::new(3, 8).unwrap());
    assert_eq!(" 3 / 8 ".parse::<Shard>().unwrap().to_string(), "3/8");
    for (text, why) in [
        ("0/8", "`0/8` is no shard: there are 8, counted from 1"),
        ("9/8", "`9/8` is no shard: there are 8, counted from 1"),
        ("0/0", "`0/0` is no shard: there are 0, counted from 1"),
        ("3", "`3` is no shard: write its number and how many there are, such as 3/8"),
        ("3/x", "`3/x` is no shard: write its number and how many there are, such as 3/8"),
        ("-1/8", "`-1/8` is no shard: write its number and how many there are, such as 3/8"),
        (
            "1/99999999999",
            "`1/99999999999` is no shard: write its number and how many there are, such as 3/8",
        ),
    ] {
        assert_eq!(text.parse::<Shard>().unwrap_err().to_string(), why);
    }
}

#[test]
fn a_shard_is_read_from_the_variables_of_those_who_divide_work() {
    let read = |variables: &[(&str, &str)]| {
        let variables: HashMap<String, String> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        match Shard::from_variables(|name| variables.get(name).cloned()) {
            Ok(shard) => shard.map(|shard| shard.to_string()).unwrap_or_default(),
            Err(invalid) => invalid.to_string(),
        }
    };
    assert_eq!(read(&[]), "");
    assert_eq!(read(&[("PLAYBACK_SHARD", "3/8"), ("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "2")]), "3/8");
    assert_eq!(read(&[("PLAYBACK_SHARD", ""), ("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "2")]), "1/2");
    assert_eq!(read(&[("CIRCLE_NODE_INDEX", "0"), ("CIRCLE_NODE_TOTAL", "2")]), "1/2");
    assert_eq!(read(&[("BUILDKITE_PARALLEL_JOB", "1"), ("BUILDKITE_PARALLEL_JOB_COUNT", "2")]), "2/2");
    assert_eq!(read(&[("JOB_COMPLETION_INDEX", "7"), ("PLAYBACK_SHARDS", "8")]), "8/8");
    for (variables, why) in [
        (vec![("PLAYBACK_SHARD", "9/8")], "PLAYBACK_SHARD: `9/8` is no shard: there are 8, counted from 1"),
        (
            vec![("JOB_COMPLETION_INDEX", "7")],
            "JOB_COMPLETION_INDEX is set, and PLAYBACK_SHARDS is not: set it to the number of shards, or \
             PLAYBACK_SHARD=1/1 to play all",
        ),
        (
            vec![("CI_NODE_INDEX", "0"), ("CI_NODE_TOTAL", "2")],
            "`CI_NODE_INDEX=0 CI_NODE_TOTAL=2` is no shard: there are 2, counted from 1",
        ),
        (
            vec![("JOB_COMPLETION_INDEX", "4294967295"), ("PLAYBACK_SHARDS", "8")],
            "`JOB_COMPLETION_INDEX=4294967295 PLAYBACK_SHARDS=8` is no shard: there are 8, counted from 0",
        ),
        (
            vec![("CI_NODE_INDEX", "one"), ("CI_NODE_TOTAL", "2")],
            "`CI_NODE_INDEX=one CI_NODE_TOTAL=2` is no shard: both have to be whole numbers",
        ),
    ] {
        assert_eq!(read(&variables), why);
    }
}

#[test]
fn all_shards_together_play_exactly_what_one_process_plays_whatever_the_limit() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_772_323_200);
    let cassette = MemoryCassette::new();
    let run = |argument: u64| operation("A").args(&(argument,)).run(|| argument);
    for argument in 0..30 {
        let recorder = TapeRecorder::builder(cassette.clone())
            .clock(now - Duration::from_secs(argument))
            .ids(IdGenerator::seeded(argument))
            .build();
        block_on(recorder.scope(async { run(argument) }));
        recorder.close_blocking(Duration::from_secs(60)).unwrap();
    }
    let tuner = move |_: &str| {
        Ok::<_, Error>(Tuning::blocking(move |recording| {
            let (argument,) = recording.arguments()?;
            Ok(run(argument))
        }))
    };
    let lookup = Query::new().order(Order::NewestFirst).limit(20);
    let studio = Studio::new(cassette.clone(), tuner).clock(now).lookup(lookup);
    let played = |studio: &Studio| -> Vec<RecordingId> {
        let report = block_on(studio.play());
        assert_eq!(
            report.categories[0].nothing_found, None,
            "a shard that has none of what was found says nothing"
        );
        block_on(futures::StreamExt::collect::<Vec<_>>(studio.events()))
            .into_iter()
            .filter_map(|event| match event {
                playback_studio::Event::Compared(comparison) => Some(comparison.id),
                _ => None,
            })
            .collect()
    };
    let mut whole = played(&studio);
    let mut parts: Vec<RecordingId> =
        Shard::all(40).flat_map(|shard| played(&studio.clone().shard(shard))).collect();
    whole.sort();
    parts.sort();
    assert_eq!(parts, whole);
    assert_eq!(whole.len(), 20);
}
