//! The recordings in `../recordings`, replayed: without a server, a database, or anyone to ask.
#![allow(clippy::unwrap_used, reason = "tests may fail loudly")]

use playback_examples::checkout_service::pricing::Tariff;
use playback_examples::checkout_service::tuner::ServiceTuner;
use playback_testkit::{Fixtures, replay_all};

#[test]
fn recorded_requests_replay_equally() {
    playback_testkit::assert_replays!("checkout_service/recordings", ServiceTuner::new(Tariff::CURRENT));
}

#[tokio::test]
async fn one_changed_line_fails_the_recording_that_it_changes_and_says_how() {
    // As if the line in `pricing.rs` were another.
    let changed = Tariff { free_shipping_from: 6_000, ..Tariff::CURRENT };
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/checkout_service/recordings");
    let fixtures = Fixtures::open(directory).unwrap();
    let told = replay_all(&fixtures, &ServiceTuner::new(changed)).await.to_string();
    let told: Vec<_> = told.lines().filter(|line| !line.starts_with("Checkout/")).collect();
    assert_eq!(
        told,
        [
            "1 of 16 replays are not equal (recorded -> replayed)",
            "  database.keep_order #1",
            "    ~ order.total.shipping: 0 -> 540",
            "    ~ order.total.due: 5344 -> 5884",
            "    ~ order.total.tax: 853 -> 939",
            "  result",
            "    ~ Ok.total.shipping: 0 -> 540",
            "    ~ Ok.total.due: 5344 -> 5884",
            "    ~ Ok.total.tax: 853 -> 939",
        ]
    );
}
