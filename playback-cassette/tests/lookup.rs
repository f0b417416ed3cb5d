//! How many requests a lookup makes of a store that is far away, and how many of them at the same time.
//!
//! Time is the runtime's, which stands still while anything can go on: a lookup takes as many round trips as it
//! has requests that wait for one another, whatever the machine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use common::days_before;
use futures::StreamExt;
use playback_cassette::{
    Error, ErrorKind, Found, IdGenerator, Listing, Metadata, Order, Query, RecordingId, lookup,
};
use playback_core::Value;
use tokio::time::Instant;

/// How long a request takes.
const ROUND_TRIP: Duration = Duration::from_millis(20);
/// How many recordings an answer lists.
const PAGE: usize = 1_000;

/// A store with many recordings, none of which has a tape.
struct Far {
    days: BTreeMap<String, Vec<RecordingId>>,
    metadata: BTreeMap<RecordingId, Metadata>,
    seen: Mutex<Seen>,
}

/// What a store is asked for.
#[derive(Debug, Default, Clone, Copy)]
struct Seen {
    pages: usize,
    reads: usize,
    in_flight: usize,
    most_in_flight: usize,
}

impl Far {
    /// So many recordings of each of so many days, of which every one in `one_in` has failed: the last of each
    /// run by time.
    fn new(days: u64, of_a_day: u64, one_in: u64) -> Self {
        let ids = IdGenerator::seeded(1);
        let mut far = Self { days: BTreeMap::new(), metadata: BTreeMap::new(), seen: Mutex::default() };
        for number in 0..days * of_a_day {
            let at = days_before(number / of_a_day) - Duration::from_secs(number % of_a_day);
            let id = ids.generate("Checkout", at).unwrap();
            let mut metadata = Metadata::new("Checkout", at);
            let status: u64 = if (number + 1) % one_in == 0 { 500 } else { 200 };
            metadata.fields.insert("status".into(), Value::from(status));
            far.days.entry(id.day().to_owned()).or_default().push(id.clone());
            far.metadata.insert(id, metadata);
        }
        far
    }

    async fn request(&self, count: impl FnOnce(&mut Seen)) {
        {
            let mut seen = self.seen.lock().unwrap();
            count(&mut seen);
            seen.in_flight += 1;
            seen.most_in_flight = seen.most_in_flight.max(seen.in_flight);
        }
        tokio::time::sleep(ROUND_TRIP).await;
        self.seen.lock().unwrap().in_flight -= 1;
    }

    /// How many recordings a query finds, in how many round trips, and what it asks for.
    async fn find(&self, query: &Query) -> (usize, u128, Seen) {
        *self.seen.lock().unwrap() = Seen::default();
        let start = Instant::now();
        let found = lookup(self, query).collect::<Vec<_>>().await;
        let round_trips = start.elapsed().as_millis() / ROUND_TRIP.as_millis();
        let found = found.into_iter().map(Result::unwrap).count();
        (found, round_trips, *self.seen.lock().unwrap())
    }
}

#[async_trait]
impl Listing for Far {
    async fn list_categories(&self) -> Result<Vec<String>, Error> {
        self.request(|seen| seen.pages += 1).await;
        Ok(vec!["Checkout".to_owned()])
    }

    async fn list_days(&self, _: &str) -> Result<Vec<String>, Error> {
        self.request(|seen| seen.pages += 1).await;
        Ok(self.days.keys().cloned().collect())
    }

    async fn list_ids(&self, _: &str, day: &str) -> Result<Vec<RecordingId>, Error> {
        let ids = &self.days[day];
        // Each page says where the next begins.
        for _ in 0..ids.len().div_ceil(PAGE) {
            self.request(|seen| seen.pages += 1).await;
        }
        Ok(ids.clone())
    }

    async fn read_metadata(&self, id: &RecordingId) -> Result<Found, Error> {
        self.request(|seen| seen.reads += 1).await;
        let metadata = self.metadata.get(id).cloned();
        let metadata = metadata.ok_or_else(|| Error::new(ErrorKind::NotFound, "there is none"))?;
        Ok(Found::new(id.clone(), metadata))
    }
}

#[tokio::test(start_paused = true)]
async fn a_hundred_of_a_hundred_thousand_are_found_thirty_times_faster_than_one_request_after_another() {
    // F6, B9
    let far = Far::new(25, 4_000, 100);
    let failed = Query::new().category("Checkout").field("status", 500).limit(100);
    for order in [Order::DaysInTurn, Order::NewestFirst, Order::OldestFirst, Order::Random { seed: 1 }] {
        let (found, round_trips, seen) = far.find(&failed.clone().order(order)).await;
        assert_eq!(found, 100);
        let requests = (seen.pages + seen.reads) as u128;
        assert!(requests >= 30 * round_trips, "{order:?}: {round_trips} round trips, {seen:?}");
        assert!(seen.most_in_flight <= 64 + 4, "what is asked at a time is bounded: {seen:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_surely_matches_is_read_once_and_nothing_else_is_asked_for() {
    // F6, F7
    let far = Far::new(10, 1_500, 1);
    // How many are wanted in which order; pages, with that of the days; round trips.
    for (limit, order, pages, round_trips) in [
        (1, Order::DaysInTurn, 1 + 2, 1 + 2 + 1),
        (3, Order::DaysInTurn, 1 + 3 * 2, 1 + 2 + 1),
        // Ten days, four at a time.
        (40, Order::DaysInTurn, 1 + 10 * 2, 1 + 3 * 2 + 1),
        (64, Order::NewestFirst, 1 + 2, 1 + 2 + 1),
        (1_500, Order::NewestFirst, 1 + 2, 1 + 2 + 24),
        (0, Order::NewestFirst, 0, 0),
    ] {
        let query = Query::new().category("Checkout").order(order).limit(limit);
        let (found, taken, seen) = far.find(&query).await;
        let name = format!("{limit} in {order:?}: {taken} round trips, {seen:?}");
        assert_eq!((found, seen.reads, seen.pages), (limit, limit, pages), "{name}");
        assert!(taken <= round_trips, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rare_match_is_found_by_reading_ever_more_at_a_time_and_at_most_as_many_too_many_as_did_not_match()
{
    let query = Query::new().category("Checkout").field("status", 500).limit(1);
    // The newest that failed has so many before it.
    for (one_in, at_most) in [(1, 1), (2, 2), (40, 6), (1_000, 22)] {
        let far = Far::new(1, 1_000, one_in);
        let (found, round_trips, seen) = far.find(&query.clone().order(Order::NewestFirst)).await;
        let missed = one_in as usize - 1;
        assert_eq!(found, 1);
        assert!(seen.reads <= 1 + 2 * missed, "{one_in}: {seen:?}");
        assert!(round_trips <= 2 + at_most, "{one_in}: {round_trips} round trips, {seen:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_next_day_is_listed_while_the_one_before_is_read() {
    let far = Far::new(20, 64, 1);
    let query = Query::new().category("Checkout").order(Order::NewestFirst);
    let (found, round_trips, _) = far.find(&query).await;
    assert_eq!(found, 20 * 64);
    // One after another, each day would take a trip to be listed and one to be read.
    assert!(round_trips <= 3 + 20, "{round_trips} round trips");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_polled_is_not_asked_for() {
    let far = Far::new(20, 2_000, 1);
    let mut found = lookup(&far, &Query::new());
    assert_eq!(far.seen.lock().unwrap().pages, 0);
    found.next().await.unwrap().unwrap();
    let seen = *far.seen.lock().unwrap();
    assert!(seen.reads <= 128 && seen.pages <= 2 + 20 * 2, "{seen:?}");
    tokio::time::sleep(ROUND_TRIP * 100).await;
    assert_eq!(far.seen.lock().unwrap().reads, seen.reads);
}
