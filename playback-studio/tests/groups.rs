//! Differences that are alike stand together in a report.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may fail loudly")]

use std::collections::BTreeMap;

use futures::executor::block_on;
use playback_cassette::{Cassette, Query};
use playback_core::{operation, output};
use playback_studio::{CategoryReport, Error, Risk, Studio, Tuning};
use playback_testkit::{MemoryCassette, record};

/// Sends a list, and returns its first element.
async fn send(list: Vec<u64>, named: bool) -> Result<u64, String> {
    let first = list.first().copied().ok_or("an empty list");
    let send = async move {
        let names: &[&str] = if named { &["list"] } else { &[] };
        output("send").argument_names(names).args(&(list,)).run(|| ());
        Ok(first?)
    };
    operation("Send").run_async(send).await
}

/// The report on lists that were recorded, and are replayed as others, in their order.
fn report(named: bool, lists: &[(&[u64], &[u64])]) -> CategoryReport {
    let cassette = MemoryCassette::new();
    let recorded = record(async {
        for (recorded, _) in lists {
            let _sent = send(recorded.to_vec(), named).await;
        }
    });
    let mut replayed = std::collections::HashMap::new();
    for (recording, (_, list)) in block_on(recorded).recordings.iter().zip(lists) {
        block_on(cassette.save(recording)).unwrap();
        replayed.insert(recording.id().clone(), list.to_vec());
    }
    let tuner = move |_: &str| {
        let replayed = replayed.clone();
        Ok::<_, Error>(Tuning::new(move |recording| Ok(send(replayed[recording.id()].clone(), named))))
    };
    block_on(Studio::new(cassette, tuner).lookup(Query::new()).play()).categories.remove(0)
}

#[track_caller]
fn check(report: &CategoryReport, expected: &[(&str, &str, usize, usize)]) {
    let groups = report.groups();
    let told: Vec<_> = groups
        .iter()
        .map(|group| (group.output.unwrap(), group.pattern, group.recordings().count(), group.found.len()))
        .collect();
    assert_eq!(told, expected);
}

#[test]
fn elements_of_a_list_are_one_place_whatever_their_number() {
    let lists: &[(&[u64], &[u64])] =
        &[(&[1, 2, 3], &[1, 9, 3]), (&[1, 2, 3], &[1, 2, 9]), (&[1, 2, 3], &[1, 8, 9]), (&[1], &[1])];
    check(&report(true, lists), &[("send", "list[*]", 3, 4)]);
    // The number of an argument is no number of an element.
    check(&report(false, lists), &[("send", "[0][*]", 3, 4)]);
}

#[test]
fn elements_of_a_result_that_is_a_list_are_one_place_as_well() {
    fn priced(prices: &[u64]) -> Vec<BTreeMap<&'static str, u64>> {
        operation("Price").run(|| prices.iter().map(|price| BTreeMap::from([("price", *price)])).collect())
    }
    let cassette = MemoryCassette::new();
    for recording in &block_on(record(async { [priced(&[1, 2, 3]), priced(&[4, 5, 6])] })).recordings {
        block_on(cassette.save(recording)).unwrap();
    }
    let tuner = |_: &str| Ok::<_, Error>(Tuning::blocking(|_| Ok(priced(&[1, 7, 8]))));
    let report = block_on(Studio::new(cassette, tuner).lookup(Query::new()).play());
    check(&report.categories[0], &[(playback_core::RESULT_ALIAS, "[*][\"price\"]", 2, 5)]);
}

#[test]
fn an_addition_is_not_a_change_and_an_error_that_is_gone_is_not_a_new_one() {
    let lists: &[(&[u64], &[u64])] = &[(&[1, 2], &[1, 3]), (&[1, 2], &[1, 2, 3])];
    check(&report(true, lists), &[("send", "list[*]", 1, 1), ("send", "list[*]", 1, 1)]);

    let lists: &[(&[u64], &[u64])] = &[(&[], &[1]), (&[1], &[])];
    let report = report(true, lists);
    let results =
        report.groups().into_iter().filter(|group| group.output == Some(playback_core::RESULT_ALIAS)).count();
    assert_eq!(results, 2);
}

#[test]
fn the_worst_comes_first_and_then_what_most_recordings_differ_in() {
    // An element more in two recordings, and another value in one.
    let lists: &[(&[u64], &[u64])] = &[(&[1, 2], &[1, 2, 3]), (&[1, 2], &[1, 4]), (&[1, 2], &[1, 2, 5])];
    let report = report(true, lists);
    let risks: Vec<Risk> = report.groups().iter().map(|group| group.risk).collect();
    assert_eq!(risks, [Risk::ValueChanged, Risk::FieldAdded]);
    let counts: Vec<usize> = report.groups().iter().map(|group| group.recordings().count()).collect();
    assert_eq!(counts, [1, 2]);
}
