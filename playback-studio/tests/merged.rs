//! The report of one run, and the same of its shards.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may fail loudly")]

use futures::StreamExt;
use futures::executor::block_on;
use playback_cassette::{Cassette, Query};
use playback_core::{operation, output};
use playback_studio::{Error, Event, Report, Rules, Shard, Shards, Status, Studio, Tuning};
use playback_testkit::{MemoryCassette, record_blocking};
use serde_json::Value;

const SHARDS: u32 = 8;

/// Sends its argument and `off`, which a change of the code may bring in. 13 is refused, and 77 panics on replay.
fn send(category: &'static str, argument: u64, off: u64) -> Result<u64, String> {
    operation(category).args(&(argument,)).run(|| {
        if off > 0 && argument == 77 {
            panic!("on purpose");
        }
        if argument + off == 13 {
            return Err("13 is unlucky".to_owned());
        }
        output("queue.send")
            .argument_names(&["value"])
            .args(&(argument + off % 3,))
            .answer_when_unrecorded(|| ())
            .run(|| ());
        Ok(argument)
    })
}

/// A studio over recordings that come to every status, of one category that is not known, and of one that has none.
fn studio() -> Studio {
    let cassette = MemoryCassette::new();
    let recorded = record_blocking(|| {
        for category in ["B", "A", "unknown"] {
            (0..80).for_each(|argument| drop(send(category, argument, 0)));
        }
    });
    for recording in &recorded.recordings {
        block_on(cassette.save(recording)).unwrap();
    }
    let rules = Rules::new().ignore("nowhere").unwrap().ignore_case("value").unwrap();
    let tuner = move |category: &str| {
        let category = match category {
            "A" => "A",
            "B" | "none" => "B",
            other => return Err(Error::from(format!("no operation is called {other}"))),
        };
        Ok(Tuning::blocking(move |recording| {
            let (argument,) = recording.arguments::<(u64,)>()?;
            Ok(send(category, argument, argument % 5))
        })
        .rules(&rules))
    };
    Studio::new(cassette, tuner).categories(["B", "none", "unknown", "A"]).lookup(Query::new())
}

fn shard(index: u32) -> Shard {
    format!("{}/{SHARDS}", index + 1).parse().unwrap()
}

/// A report without what no two runs have in common: how long they took.
fn timeless(report: &Report) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|name, _| !name.ends_with("_us"));
                fields.values_mut().for_each(strip);
            }
            Value::Array(elements) => elements.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut value = serde_json::from_str(&report.json().to_string()).unwrap();
    strip(&mut value);
    value
}

#[test]
fn eight_shards_that_are_written_read_and_merged_give_the_report_of_one_run() {
    let directory = tempfile::tempdir().unwrap();
    let studio = studio();
    let whole = block_on(studio.play());
    for status in [Status::Equal, Status::Different, Status::Fixed, Status::Failed, Status::EqualizerFailure]
    {
        assert!(whole.counts().of(status) > 0, "{status}: {}", whole.counts());
    }
    assert_eq!(whole.unused_rules().count(), 1);
    assert!(whole.categories[2].nothing_found.is_some());
    for index in 0..SHARDS {
        let report = block_on(studio.clone().shard(shard(index)).play());
        assert!(report.counts().total() < whole.counts().total());
        report.write_json(directory.path().join(format!("{index}.json"))).unwrap();
    }
    let mut merged = Report::default();
    // In the order in which a file system lists them, which is any.
    for file in std::fs::read_dir(directory.path()).unwrap() {
        merged.merge(Report::read_json(file.unwrap().path()).unwrap());
    }
    assert_eq!(timeless(&merged), timeless(&whole));
    assert_eq!(merged.shards.to_string(), "1/1");
}

#[test]
fn shards_that_are_missing_and_those_that_are_there_twice_are_known_whatever_the_order() {
    let told = |shards: &[&str]| {
        let mut report = Report::default();
        for shard in shards {
            let mut other = Report::default();
            other.shards = Shards::of(shard.parse().unwrap());
            // As it would be read by another process.
            report.merge(Report::from_json(&other.json().to_string()).unwrap());
        }
        let words = |shards: Vec<Shard>| shards.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let Report { shards, .. } = report;
        (shards.to_string(), words(shards.missing().collect()), words(shards.doubled().collect()))
    };
    for (shards, are, missing, doubled) in [
        (&["3/3", "1/3"][..], "1/3, 3/3", "2/3", ""),
        (&["3/3", "1/3", "2/3"], "1/1", "", ""),
        (&["3/3", "1/3", "3/3"], "1/3, 3/3, 3/3", "2/3", "3/3"),
        (&["2/3", "3/3", "1/3", "3/3"], "1/1, 3/3", "", "3/3"),
        (&["3/3", "3/3", "1/3", "2/3"], "1/1, 3/3", "", "3/3"),
        // Of two categories, each in two shards.
        (&["1/2", "1/2", "2/2", "2/2"], "1/1", "", ""),
        (&["1/1", "1/1"], "1/1", "", ""),
        (&[], "", "", ""),
    ] {
        assert_eq!(told(shards), (are.to_owned(), missing.to_owned(), doubled.to_owned()), "{shards:?}");
    }
    let mut of_many = Report::default();
    of_many.shards = Shards::of("7/4294967295".parse().unwrap());
    assert_eq!(of_many.shards.missing().nth(6).unwrap().to_string(), "8/4294967295");
}

/// What a shard of a run of categories writes.
fn written(shard: &str, categories: &[&'static str]) -> String {
    let studio = studio().categories(categories.to_vec()).lookup(Query::new().limit(1));
    block_on(studio.shard(shard.parse().unwrap()).play()).json().to_string()
}

fn merged(reports: &[String]) -> Report {
    let mut merged = Report::default();
    reports.iter().for_each(|report| merged.merge(Report::from_json(report).unwrap()));
    merged
}

#[test]
fn of_several_runs_a_shard_of_one_is_missed_even_where_another_has_all() {
    let names = |shards: Vec<Shard>| shards.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    for (shards, missing, of, doubled) in [
        (&[("1/2", &["A"][..]), ("2/2", &["A"]), ("1/2", &["B"]), ("2/2", &["B"])][..], "", "", ""),
        (&[("1/2", &["A"]), ("2/2", &["A"]), ("1/2", &["B"])], "2/2", "B", ""),
        (&[("1/1", &["A"]), ("1/4", &["B"]), ("2/4", &["B"]), ("4/4", &["B"])], "3/4", "B", ""),
        // What the one run lacks the other does not have.
        (&[("1/2", &["A"]), ("2/2", &["B"])], "1/2 2/2", "A B", ""),
        (&[("1/2", &["A", "B"]), ("1/2", &["none"])], "2/2", "A B none", ""),
        // A category that nothing was found of, or that cannot be played, is played in shards as well.
        (&[("1/2", &["A"]), ("2/2", &["A"]), ("1/2", &["none", "unknown"])], "2/2", "none unknown", ""),
        (&[("1/2", &["A", "B"]), ("2/2", &["A", "B"]), ("1/2", &["B"])], "", "", "1/2"),
    ] {
        let mut reports: Vec<_> = shards.iter().map(|(shard, of)| written(shard, of)).collect();
        for _ in 0..reports.len() {
            reports.rotate_left(1);
            let Report { shards: merged, .. } = merged(&reports);
            assert_eq!(names(merged.missing().collect()), missing, "{shards:?}");
            assert_eq!(merged.incomplete().collect::<Vec<_>>().join(" "), of, "{shards:?}");
            assert_eq!(names(merged.doubled().collect()), doubled, "{shards:?}");
            assert_eq!(merged.is_complete(), missing.is_empty(), "{shards:?}");
        }
    }
}

#[test]
fn reports_of_before_shards_were_kept_by_category_are_of_their_shard_in_each_that_they_have() {
    let old = |shard: &str, category: &'static str| {
        let mut document: Value = serde_json::from_str(&written(shard, &[category])).unwrap();
        assert!(document.as_object_mut().unwrap().remove("category_shards").is_some());
        Report::from_json(&document.to_string()).unwrap()
    };
    let mut all = old("1/2", "A");
    all.merge(old("2/2", "A"));
    all.merge(old("1/2", "B"));
    assert_eq!(all.shards.missing().next(), Some("2/2".parse().unwrap()));
    all.merge(Report::from_json(&written("2/2", &["B"])).unwrap());
    assert!(all.shards.is_complete());
    assert_eq!(Report::from_json(&all.json().to_string()).unwrap(), all);
}

#[test]
fn the_same_comparisons_taken_in_by_eight_reports_and_merged_are_the_same_report_to_the_microsecond() {
    let events: Vec<Event> = block_on(studio().events().collect());
    let take = |mine: &dyn Fn(&Event) -> bool| {
        let mut report = Report::default();
        events.iter().filter(|event| mine(event)).for_each(|event| report.add(event.clone()));
        report
    };
    let whole = take(&|_| true);
    let mut merged = Report::default();
    for index in (0..SHARDS).rev() {
        merged.merge(take(&|event| match event {
            Event::Compared(comparison) => shard(index).contains(&comparison.id),
            _ => true,
        }));
    }
    assert_eq!(merged, whole);
    let gate = playback_studio::Gate::default();
    assert_eq!(merged.html().to_string(), whole.html().to_string());
    assert_eq!(merged.junit(&gate).to_string(), whole.junit(&gate).to_string());
    assert_eq!(merged.markdown(&gate).to_string(), whole.markdown(&gate).to_string());
}
