//! The story that the example tells is true.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail loudly"
)]

use playback_cassette::{CassetteExt, Order, Query};
use playback_core::Recording;
use playback_examples::pricing::{self, Amount};
use playback_examples::recording::{Place, record_a_day};
use playback_examples::reports::write_reports;
use playback_examples::shop::{Receipt, Request, ShopError};
use playback_examples::tuner::{ShopTuner, studio};
use playback_studio::{Gate, Outcome, Report, Risk, Status};
use playback_testkit::{assert_recorded, replay_all};

/// A day, recorded in a directory of its own.
async fn day() -> (tempfile::TempDir, Place) {
    let directory = tempfile::tempdir().unwrap();
    let place = Place::empty(directory.path().join("recordings")).unwrap();
    record_a_day(&place).await.unwrap();
    (directory, place)
}

/// The recordings of a category, from the oldest to the newest.
async fn recordings(place: &Place, category: &str) -> Vec<Recording> {
    use futures::TryStreamExt;
    let cassette = place.cassette().unwrap();
    let oldest_first = Query::new().category(category).order(Order::OldestFirst);
    let ids: Vec<_> = cassette.find_ids(&oldest_first).try_collect().await.unwrap();
    let loaded: Vec<_> = futures::StreamExt::collect(cassette.load_all(ids)).await;
    loaded.into_iter().map(|(_, recording): (_, Result<Recording, _>)| recording.unwrap()).collect()
}

/// Status by category, and every group of differences in one line.
fn told(report: &Report) -> (Vec<String>, Vec<String>) {
    let counts =
        report.categories.iter().map(|category| format!("{}: {}", category.category, category.counts()));
    let groups = report.categories.iter().flat_map(|category| category.groups());
    let line = |group: playback_studio::Group<'_>| {
        let example = group.example().unwrap();
        format!(
            "{}x {} {} {}: {}",
            group.recordings().count(),
            group.output.unwrap_or("-"),
            example.sign,
            group.pattern,
            example.change
        )
    };
    (counts.collect(), groups.map(line).collect())
}

#[tokio::test]
async fn the_same_code_replays_a_day_without_a_difference_and_without_a_database() {
    let (_directory, place) = day().await;
    let report = studio(&place, pricing::v1::price).unwrap().play().await;
    assert_eq!(
        told(&report),
        (
            vec!["Checkout: 8 recordings: 8 equal".to_owned(), "Quote: 4 recordings: 4 equal".to_owned()],
            vec![]
        )
    );
    assert!(report.is_all_equal());
    // The same in a line, as a test of the shop would have it.
    replay_all(&place.cassette().unwrap(), &ShopTuner::new(pricing::v1::price)).await.assert_equal();
}

#[tokio::test]
async fn the_changed_code_differs_in_what_was_changed_and_in_nothing_else() {
    let (_directory, place) = day().await;
    let report = studio(&place, pricing::v2::price).unwrap().play().await;
    let (counts, groups) = told(&report);
    assert_eq!(
        counts,
        [
            "Checkout: 8 recordings: 4 equal, 4 different",
            "Quote: 4 recordings: 1 equal, 1 fixed, 1 different, 1 failed"
        ]
    );
    assert_eq!(
        groups,
        [
            // Ada's and Grace's orders: three of them are rounded otherwise, and points are new.
            "3x shop.store ~ order.amount.total: 947 -> 945",
            "3x shop.store ~ order.amount.discount: 48 -> 50",
            "4x shop.store + order.amount.points: Some(9)",
            "3x playback.result ~ Ok.amount.total: 947 -> 945",
            "3x playback.result ~ Ok.amount.discount: 48 -> 50",
            "4x playback.result + Ok.amount.points: Some(9)",
            // No bread, 120 apples, and Ada's quote.
            "1x playback.result ~ : Ok{total: 1250, discount: 0} -> Err(EmptyLine(\"bread\"))",
            "1x playback.result ~ : Err(TooMany{sku: \"apple\", quantity: 120, most: 99}) -> Ok{total: 11880, discount: 0}",
            "1x playback.result ~ Ok.total: 2349 -> 2348",
            "1x playback.result ~ Ok.discount: 123 -> 124",
            "1x playback.result + Ok.points: Some(23)",
        ]
    );
    let fixed = report.recordings().find(|recording| recording.status == Status::Fixed).unwrap();
    assert_eq!((fixed.recorded.unwrap().failed, fixed.replayed.unwrap().failed), (true, false));
}

#[tokio::test]
async fn the_report_is_written_in_five_forms_and_a_gate_judges_it() {
    let (directory, place) = day().await;
    let report = studio(&place, pricing::v2::price).unwrap().play().await;
    let paths = write_reports(&report, &directory.path().join("reports")).unwrap();
    assert_eq!(paths.len(), 5);
    for path in &paths {
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains("order.amount.total"), "{}", path.display());
    }
    assert_eq!(Report::read_json(&paths[4]).unwrap(), report);

    let gate = Gate::default().accept(Risk::FieldAdded).accept_fixed();
    let judgement = report.judge(&gate);
    assert_eq!(judgement.outcome, Outcome::Differences);
    assert_eq!(judgement.to_string(), "fails: 1 failed; 4 different (value changed)");
}

#[tokio::test]
async fn what_a_checkout_read_and_wrote_is_recorded_and_an_error_as_well() {
    let (_directory, place) = day().await;
    let recordings = recordings(&place, "Checkout").await;
    let amount = Amount { total: 947, discount: 48, points: None };
    assert_recorded(&recordings[0])
        .returned(&Ok::<_, ShopError>(Receipt { number: 1, amount }))
        .input("shop.customer")
        .times(1)
        .with_arguments(&(1,))
        .input("shop.price")
        .times(2)
        .with_arguments(&("bread",))
        .returned(&Ok::<_, ShopError>(349))
        .output("shop.store")
        .times(1)
        .returned(&Ok::<_, ShopError>(1));

    let refused = recordings.iter().find(|recording| recording.metadata().failed).unwrap();
    assert_recorded(refused)
        .called_with(&(Request { customer_id: 99, items: vec![("apple".to_owned(), 1)] },))
        .failed()
        .returned(&Err::<Receipt, _>(ShopError::NoSuchCustomer(99)))
        .never_input("shop.price")
        .never_output("shop.store");
    assert_eq!(refused.metadata().service.as_ref().unwrap().name, "shop");
}

#[tokio::test]
async fn a_second_run_in_the_same_place_empties_it_and_nothing_beside_it() {
    let (directory, place) = day().await;
    let beside = directory.path().join("beside");
    std::fs::write(&beside, "kept").unwrap();
    let again = Place::empty(place.directory()).unwrap();
    assert!(recordings(&again, "Checkout").await.is_empty());
    record_a_day(&again).await.unwrap();
    assert_eq!(recordings(&again, "Checkout").await.len(), 8);
    assert!(beside.exists());
}
