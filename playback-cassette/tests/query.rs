//! What a lookup finds, in which order, and what it asks for on the way.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod common;

use std::ops::Bound;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use common::{days_before, recording};
use futures::StreamExt;
use futures::executor::block_on;
use playback_cassette::{
    Cassette, CassetteExt, Condition, Error, ErrorKind, Found, IdGenerator, Listing, Metadata, Order, Query,
    Recording, RecordingId, lookup,
};
use playback_core::Value;
use playback_testkit::MemoryCassette;

/// Three recordings of each of five days, the newest 2026-01-31, of two categories in turn.
fn week() -> MemoryCassette {
    let cassette = MemoryCassette::new();
    let ids = IdGenerator::seeded(1);
    for day in 0..5 {
        for hour in 0..3_u64 {
            let at = days_before(day) + Duration::from_secs(hour * 3600);
            let id = ids.generate(if hour == 1 { "Refund" } else { "Checkout" }, at).unwrap();
            block_on(cassette.save(&recording(&id, at, 10))).unwrap();
        }
    }
    cassette
}

/// What is found, as day of the month and hour.
fn found(query: &Query) -> Vec<String> {
    let found = block_on(week().find_all(query)).unwrap();
    let name = |found: &Found| {
        let seconds = found.metadata.recorded_at.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        format!("{}-{}", &found.id.day()[6..], seconds / 3600 % 24)
    };
    found.iter().map(name).collect()
}

#[test]
fn days_take_turns_from_the_newest_to_the_oldest() {
    // F6
    assert_eq!(
        found(&Query::new().limit(7)),
        ["31-14", "30-14", "29-14", "28-14", "27-14", "31-13", "30-13"]
    );
}

#[test]
fn newest_and_oldest_first_go_by_time_over_all_categories() {
    assert_eq!(found(&Query::new().order(Order::NewestFirst).limit(4)), ["31-14", "31-13", "31-12", "30-14"]);
    assert_eq!(found(&Query::new().order(Order::OldestFirst).limit(4)), ["27-12", "27-13", "27-14", "28-12"]);
}

#[test]
fn a_random_order_is_the_same_for_the_same_seed_and_holds_each_recording_once() {
    // F5
    let random = |seed| found(&Query::new().order(Order::Random { seed }));
    assert_eq!(random(1), random(1));
    assert_ne!(random(1), random(2));
    let mut all = random(1);
    all.sort();
    let mut expected = found(&Query::new());
    expected.sort();
    assert_eq!(all, expected);
}

#[test]
fn a_random_order_of_one_day_says_nothing_of_that_of_another_whatever_the_seed() {
    // F5
    let unique = |number: usize| format!("01KG8V3Q2E9T00000000000{number:03}");
    let numbers: Vec<_> = (0..20).map(unique).collect();
    let order = |seed, day: u32| {
        let id = |unique: &String| format!("Checkout/{day}/{unique}").parse().unwrap();
        let mut ids: Vec<RecordingId> = numbers.iter().map(id).collect();
        Query::new().order(Order::Random { seed }).sort_day(&mut ids);
        ids.iter().map(|id| id.unique().to_owned()).collect::<Vec<_>>()
    };
    for seed in [0, 1, u64::MAX] {
        let mut orders: Vec<_> = (20_260_101..=20_260_131).map(|day| order(seed, day)).collect();
        orders.sort();
        orders.dedup();
        assert_eq!(orders.len(), 31, "of seed {seed}");
    }
}

#[test]
fn a_period_begins_with_its_first_moment_and_ends_before_its_last() {
    // F5
    let query = Query::since(days_before(2)).until(days_before(1) + Duration::from_secs(3600));
    // The turns of the 30th go to recordings of after the period first.
    assert_eq!(found(&query), ["29-14", "29-13", "30-12", "29-12"]);
    let query = Query::new().recorded(days_before(1)..=days_before(1) + Duration::from_secs(3600));
    assert_eq!(found(&query), ["30-13", "30-12"]);
}

#[test]
fn only_the_categories_that_are_named_are_found() {
    // F5
    assert_eq!(found(&Query::new().category("Refund")).len(), 5);
    assert_eq!(found(&Query::new().categories(["Refund", "Checkout", "Refund"])).len(), 15);
    assert!(found(&Query::new().category("Nothing")).is_empty());
}

#[test]
fn a_limit_holds_over_all_days_and_categories_together() {
    // F7
    assert_eq!(found(&Query::new().limit(4)).len(), 4);
    assert!(found(&Query::new().limit(0)).is_empty());
}

#[test]
fn incomplete_recordings_and_those_with_other_fields_are_passed_over() {
    // F1, F5
    let cassette = MemoryCassette::new();
    let at = days_before(0);
    let save = |unique: &str, change: &dyn Fn(&mut Metadata)| {
        let id: RecordingId = format!("Checkout/20260131/01KG8V3Q2E9T00000000000{unique}").parse().unwrap();
        let plain = recording(&id, at, 10);
        let mut metadata = plain.metadata().clone();
        change(&mut metadata);
        block_on(cassette.save(&Recording::new(id, metadata, plain.tape().clone()))).unwrap();
    };
    save("00A", &|metadata| drop(metadata.fields.insert("status".into(), Value::from(500_u64))));
    save("00B", &|metadata| drop(metadata.fields.insert("status".into(), Value::from(200_u64))));
    save("00C", &|metadata| metadata.incomplete = true);
    let found = |query: Query| {
        let found = block_on(cassette.find_all(&query)).unwrap();
        found.iter().map(|found| found.id.unique()[25..].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found(Query::new()), ["B", "A"]);
    assert_eq!(found(Query::new().include_incomplete(true)), ["C", "B", "A"]);
    // Of another Rust type, and the same number.
    assert_eq!(found(Query::new().field("status", 500_i32)), ["A"]);
    assert!(found(Query::new().field("status", "500")).is_empty());
    assert!(found(Query::new().field("absent", 500)).is_empty());
}

#[test]
fn a_query_is_shown_in_words() {
    let noon = days_before(0);
    let midnight = noon - Duration::from_secs(12 * 3600);
    let status = Query::new().field("status", Condition::any_of([500, 404])).field("failed", true);
    for (query, words) in [
        (Query::new(), "all complete ones"),
        (Query::since(midnight), "since 2026-01-31"),
        (
            Query::new().recorded((Bound::Excluded(midnight), Bound::Included(noon))),
            "after 2026-01-31, up to 2026-01-31T12:00:00Z",
        ),
        (Query::new().until(noon).limit(0), "before 2026-01-31T12:00:00Z, at most 0"),
        (
            status.limit(100).order(Order::NewestFirst),
            "status=500,404 and failed=true, at most 100, newest first",
        ),
        (
            Query::new()
                .categories(["Check out", "Refund"])
                .include_incomplete(true)
                .order(Order::OldestFirst),
            "of `Check out` or `Refund`, incomplete ones too, oldest first",
        ),
        (Query::new().order(Order::Random { seed: 7 }), "in random order of seed 7"),
    ] {
        assert_eq!(query.to_string(), words);
    }
}

/// A listing that notes what it is asked, and fails where it is told.
struct Asked {
    cassette: MemoryCassette,
    asked: Mutex<Vec<String>>,
    failing: &'static str,
}

impl Asked {
    fn new(failing: &'static str) -> Self {
        Self { cassette: week(), asked: Mutex::default(), failing }
    }

    fn note(&self, what: String) -> Result<(), Error> {
        let fails = what.contains(self.failing) && !self.failing.is_empty();
        self.asked.lock().unwrap().push(what.clone());
        if fails {
            Err(Error::new(ErrorKind::Unreachable, format!("cannot {what}; try again")))
        } else {
            Ok(())
        }
    }

    fn count(&self, what: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| asked.starts_with(what)).count()
    }
}

#[async_trait]
impl Listing for Asked {
    async fn list_categories(&self) -> Result<Vec<String>, Error> {
        self.note("list categories".to_owned())?;
        self.cassette.list_categories().await
    }

    async fn list_days(&self, category: &str) -> Result<Vec<String>, Error> {
        self.note(format!("list days of {category}"))?;
        self.cassette.list_days(category).await
    }

    async fn list_ids(&self, category: &str, day: &str) -> Result<Vec<RecordingId>, Error> {
        self.note(format!("list ids of {category} of {day}"))?;
        self.cassette.list_ids(category, day).await
    }

    async fn read_metadata(&self, id: &RecordingId) -> Result<Found, Error> {
        self.note(format!("read {id}"))?;
        self.cassette.read_metadata(id).await
    }
}

#[test]
fn only_the_days_of_the_period_are_listed_and_only_what_is_wanted_is_read() {
    // F6
    let asked = Asked::new("");
    let query = Query::since(days_before(1)).category("Checkout").limit(3);
    assert_eq!(block_on(lookup(&asked, &query).collect::<Vec<_>>()).len(), 3);
    assert_eq!(
        *asked.asked.lock().unwrap(),
        [
            "list days of Checkout".to_owned(),
            "list ids of Checkout of 20260131".to_owned(),
            "list ids of Checkout of 20260130".to_owned(),
            format!("read {}", asked.cassette.ids()[9]),
            format!("read {}", asked.cassette.ids()[7]),
            format!("read {}", asked.cassette.ids()[8]),
        ]
    );
}

#[test]
fn the_newest_are_found_without_listing_older_days() {
    let asked = Asked::new("");
    let query = Query::new().order(Order::NewestFirst).limit(2);
    assert_eq!(block_on(lookup(&asked, &query).collect::<Vec<_>>()).len(), 2);
    assert_eq!((asked.count("list ids"), asked.count("read")), (2, 2));
}

#[test]
fn what_cannot_be_listed_or_read_is_reported_and_the_lookup_goes_on() {
    for (failing, found, error) in [
        ("list ids of Refund of 20260129", 14, "cannot list ids of Refund of 20260129; try again"),
        ("list days of Refund", 10, "cannot list days of Refund; try again"),
        ("list categories", 0, "cannot list categories; try again"),
        ("read Refund/20260129", 14, "cannot read Refund/20260129/"),
    ] {
        let asked = Asked::new(failing);
        let items = block_on(lookup(&asked, &Query::new()).collect::<Vec<_>>());
        let errors: Vec<_> = items.iter().filter_map(|item| item.as_ref().err()).collect();
        assert_eq!((errors.len(), items.len()), (1, found + 1), "{failing}");
        assert!(errors[0].to_string().starts_with(error), "{}", errors[0]);
    }
}

#[test]
fn what_is_deleted_while_it_is_looked_for_is_passed_over() {
    let asked = Asked::new("");
    let mut found = lookup(&asked, &Query::new().order(Order::OldestFirst).limit(100));
    let first = block_on(found.next()).unwrap().unwrap();
    let gone = asked.cassette.ids().into_iter().find(|id| id.day() == "20260131").unwrap();
    assert_ne!(first.id, gone);
    block_on(asked.cassette.delete(&gone)).unwrap();
    let rest = block_on(found.collect::<Vec<_>>());
    assert!(rest.iter().all(Result::is_ok), "{rest:?}");
}
