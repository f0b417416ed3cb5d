//! What every cassette owes its callers, as cases that run on any of them. Made to move to playback-testkit.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use futures::future::join_all;
use playback_cassette::{
    Cassette, CassetteExt, ErrorKind, IdGenerator, Metadata, Order, Query, Recording, RecordingId,
};
use playback_core::{End, Entry, Kind, Service, Site, Tape, TapeParts, Value};

/// 2026-01-31, noon.
const NOON: Duration = Duration::from_secs(1_769_860_800);
const DAY: Duration = Duration::from_secs(86_400);

/// Categories that a person might use and a store might stumble over.
const CATEGORIES: [&str; 8] =
    ["Checkout", "orders/eu", "..", "100% ☂", "a\\b?c#d", "Aux:", ".hidden", "Grüße an alle, überall"];

type Case = fn(&dyn Cassette) -> Pin<Box<dyn Future<Output = ()> + '_>>;

/// Runs all cases, each on a new, empty, writable cassette that `make` makes.
pub(crate) async fn check<C: Cassette>(make: impl Fn() -> C) {
    let cases: [(&str, Case); 9] = [
        ("what is saved loads as it was", |cassette| Box::pin(what_is_saved_loads_as_it_was(cassette))),
        ("binary content survives", |cassette| Box::pin(binary_content_survives(cassette))),
        ("an unknown id is not found", |cassette| Box::pin(an_unknown_id_is_not_found(cassette))),
        ("saving again replaces", |cassette| Box::pin(saving_again_replaces(cassette))),
        ("what is deleted is gone", |cassette| Box::pin(what_is_deleted_is_gone(cassette))),
        ("categories are kept apart", |cassette| Box::pin(categories_are_kept_apart(cassette))),
        ("orders are kept", |cassette| Box::pin(orders_are_kept(cassette))),
        ("queries find what matches", |cassette| Box::pin(queries_find_what_matches(cassette))),
        ("many at once do not mix", |cassette| Box::pin(many_at_once_do_not_mix(cassette))),
    ];
    for (name, case) in cases {
        println!("conformance: {name}");
        let cassette = make();
        case(&cassette).await;
        cassette.close().await.unwrap();
    }
}

/// A recording of one operation with these bytes as its arguments and its result.
fn recording(id: &RecordingId, recorded_at: SystemTime, bytes: Vec<u8>) -> Recording {
    let length = bytes.len() as u64;
    let mut metadata = Metadata::new(id.category(), recorded_at);
    metadata.duration = Duration::from_nanos(1_234_567);
    let operation = Entry {
        site: 0,
        lane: 0,
        order: 0,
        arguments: 0..length,
        end: End::Returned(0..length),
        started: Duration::ZERO,
        duration: metadata.duration,
    };
    let site = Site {
        kind: Kind::Operation,
        alias: id.category().into(),
        argument_names: ["request".into()].into(),
    };
    let parts = TapeParts { bytes, sites: vec![site], lanes: vec![vec![]], entries: vec![operation] };
    Recording::new(id.clone(), metadata, Tape::new(parts).unwrap())
}

/// A recording of `category` made so many days and hours before noon.
fn made(ids: &IdGenerator, category: &str, days: u32, hours: u32) -> Recording {
    let at = SystemTime::UNIX_EPOCH + NOON - days * DAY - hours * Duration::from_secs(3600);
    recording(&ids.generate(category, at).unwrap(), at, vec![1, 2, 3])
}

async fn found(cassette: &dyn Cassette, query: &Query) -> Vec<RecordingId> {
    cassette.find_all(query).await.unwrap().into_iter().map(|found| found.id).collect()
}

async fn what_is_saved_loads_as_it_was(cassette: &dyn Cassette) {
    let plain = made(&IdGenerator::seeded(1), "Checkout", 0, 0);
    let mut metadata = plain.metadata().clone();
    metadata.failed = true;
    metadata.incomplete = true;
    metadata.service = Some(Service { name: "checkout".into(), version: "1.4.2".into() });
    metadata.fields.insert("customer".into(), Value::from("Ada"));
    let recording = Recording::new(plain.id().clone(), metadata, plain.tape().clone());
    cassette.save(&recording).await.unwrap();
    assert_eq!(cassette.load(recording.id()).await.unwrap(), recording);
    assert_eq!(cassette.load_metadata(recording.id()).await.unwrap(), *recording.metadata());
    let found = cassette.find_all(&Query::new().include_incomplete(true)).await.unwrap();
    assert_eq!(
        found.iter().map(|found| (&found.id, &found.metadata)).collect::<Vec<_>>(),
        [(recording.id(), recording.metadata())]
    );
}

async fn binary_content_survives(cassette: &dyn Cassette) {
    // C10
    let id = made(&IdGenerator::seeded(1), "Binary", 0, 0).id().clone();
    let every_byte = (0..300_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let recording = recording(&id, SystemTime::UNIX_EPOCH + NOON, every_byte);
    cassette.save(&recording).await.unwrap();
    assert_eq!(cassette.load(&id).await.unwrap(), recording);
}

async fn an_unknown_id_is_not_found(cassette: &dyn Cassette) {
    // C9
    let id = made(&IdGenerator::seeded(1), "Checkout", 0, 0).id().clone();
    for error in [cassette.load(&id).await.unwrap_err(), cassette.load_metadata(&id).await.unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
        assert!(error.to_string().contains(&id.to_string()), "{error}");
    }
    assert!(cassette.categories().await.unwrap().is_empty());
    assert!(found(cassette, &Query::new().category("Checkout")).await.is_empty());
}

async fn saving_again_replaces(cassette: &dyn Cassette) {
    let first = made(&IdGenerator::seeded(1), "Checkout", 0, 0);
    let second = recording(first.id(), first.metadata().recorded_at, vec![9; 10]);
    cassette.save(&first).await.unwrap();
    cassette.save(&second).await.unwrap();
    assert_eq!(cassette.load(first.id()).await.unwrap(), second);
    assert_eq!(found(cassette, &Query::new()).await, [first.id().clone()]);
}

async fn what_is_deleted_is_gone(cassette: &dyn Cassette) {
    // C1
    let ids = IdGenerator::seeded(1);
    let (gone, stays) = (made(&ids, "Checkout", 0, 0), made(&ids, "Checkout", 0, 1));
    cassette.save(&gone).await.unwrap();
    cassette.save(&stays).await.unwrap();
    cassette.delete(gone.id()).await.unwrap();
    cassette.delete(gone.id()).await.unwrap();
    assert_eq!(cassette.load(gone.id()).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(found(cassette, &Query::new()).await, [stays.id().clone()]);
}

async fn categories_are_kept_apart(cassette: &dyn Cassette) {
    // C1
    let ids = IdGenerator::seeded(1);
    let mut expected: Vec<String> = CATEGORIES.map(str::to_owned).to_vec();
    expected.sort();
    for category in CATEGORIES {
        cassette.save(&made(&ids, category, 0, 0)).await.unwrap();
    }
    assert_eq!(cassette.categories().await.unwrap(), expected);
    for category in CATEGORIES {
        let found = found(cassette, &Query::new().category(category)).await;
        assert_eq!(found.iter().map(RecordingId::category).collect::<Vec<_>>(), [category]);
        assert_eq!(cassette.load(&found[0]).await.unwrap().id(), &found[0]);
    }
}

async fn orders_are_kept(cassette: &dyn Cassette) {
    // F5, F6, F7
    let ids = IdGenerator::seeded(1);
    for days in 0..3 {
        for hours in 0..3 {
            let category = if hours == 1 { "Refund" } else { "Checkout" };
            cassette.save(&made(&ids, category, days, hours)).await.unwrap();
        }
    }
    let hours = async |query: Query| {
        let found = cassette.find_all(&query).await.unwrap();
        let since = |found: &playback_cassette::Found| {
            (SystemTime::UNIX_EPOCH + NOON).duration_since(found.metadata.recorded_at).unwrap().as_secs()
                / 3600
        };
        found.iter().map(since).collect::<Vec<_>>()
    };
    let query = Query::new;
    assert_eq!(hours(query()).await, [0, 24, 48, 1, 25, 49, 2, 26, 50]);
    assert_eq!(hours(query().order(Order::NewestFirst).limit(5)).await, [0, 1, 2, 24, 25]);
    assert_eq!(hours(query().order(Order::OldestFirst).limit(5)).await, [50, 49, 48, 26, 25]);
    let random = |seed| hours(query().order(Order::Random { seed }));
    let (one, other) = (random(1).await, random(2).await);
    assert_eq!(one, random(1).await);
    assert_ne!(one, other);
    assert_eq!(other.len(), 9);
}

async fn queries_find_what_matches(cassette: &dyn Cassette) {
    // F5, F7
    let ids = IdGenerator::seeded(1);
    for hours in 0..40 {
        cassette.save(&made(&ids, "Checkout", hours / 20, hours % 20)).await.unwrap();
    }
    let noon = SystemTime::UNIX_EPOCH + NOON;
    let query = Query::since(noon - Duration::from_secs(5 * 3600)).until(noon);
    assert_eq!(found(cassette, &query).await.len(), 5);
    assert_eq!(found(cassette, &query.limit(3)).await.len(), 3);
    assert_eq!(found(cassette, &Query::new().limit(33)).await.len(), 33);
}

async fn many_at_once_do_not_mix(cassette: &dyn Cassette) {
    let ids = IdGenerator::seeded(1);
    let at = SystemTime::UNIX_EPOCH + NOON;
    let recordings: Vec<_> = (0..50_u8)
        .map(|number| {
            recording(&ids.generate("Checkout", at).unwrap(), at, vec![number; 100 * usize::from(number)])
        })
        .collect();
    for saved in join_all(recordings.iter().map(|recording| cassette.save(recording))).await {
        saved.unwrap();
    }
    let loaded = join_all(recordings.iter().map(|recording| cassette.load(recording.id()))).await;
    assert!(loaded.into_iter().map(Result::unwrap).eq(recordings));
}
