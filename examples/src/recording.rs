//! Recording a day of the shop.

use std::path::{Path, PathBuf};
use std::time::Duration;

use playback_cassette::TapeRecorder;
use playback_cassette_s3::ObjectStoreCassette;
use playback_core::RecorderExt;

use crate::database::Database;
use crate::pricing;
use crate::shop::{Request, Shop};

/// What went wrong: the example passes on whatever comes.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Where everything is kept.
#[derive(Debug, Clone)]
pub struct Place(PathBuf);

impl Place {
    /// An empty directory: what was in it is deleted.
    ///
    /// # Errors
    /// If it can be neither emptied nor made.
    pub fn empty(directory: impl Into<PathBuf>) -> Result<Self, Error> {
        let directory = directory.into();
        if directory.exists() {
            std::fs::remove_dir_all(&directory)?;
        }
        std::fs::create_dir_all(&directory)?;
        Ok(Self(directory))
    }

    /// Where it is.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.0
    }

    /// The recordings: on local disk here, in a bucket elsewhere, which is another line and nothing else.
    ///
    /// # Errors
    /// If the directory cannot be opened.
    pub fn cassette(&self) -> Result<ObjectStoreCassette, Error> {
        Ok(ObjectStoreCassette::local(&self.0)?)
    }
}

/// A request, and what came of it.
#[derive(Debug, Clone)]
pub struct Served {
    /// The operation.
    pub operation: &'static str,
    /// The request.
    pub request: Request,
    /// The order's number, if it has one, and the total in cents; or why it was refused.
    pub outcome: Result<(Option<u64>, u64), String>,
}

/// Runs the shop in production, with version 1 of its pricing, and records every request. The database is
/// closed when it returns.
///
/// # Errors
/// If the database cannot be made, or a recording was not saved.
pub async fn record_a_day(place: &Place) -> Result<Vec<Served>, Error> {
    let database = Database::create(&place.directory().join("shop.sqlite"))?;
    let shop = Shop::new(database.clone(), pricing::v1::price);

    // The recorder saves on a thread of its own, behind a bounded queue. A service sets it once, at its start,
    // by `playback_core::set_global_recorder(recorder.clone())`; a scope is for what must not be global.
    let cassette = place.cassette()?.read_only(false);
    let recorder = TapeRecorder::builder(cassette).service("shop", "1.0.0").build();
    let served = recorder.scope(serve(&shop)).await;
    recorder.close(Duration::from_secs(10)).await?;

    database.close();
    Ok(served)
}

/// A day's requests, one after another.
async fn serve(shop: &Shop) -> Vec<Served> {
    let mut served = Vec::new();
    for (operation, customer_id, items) in DAY {
        let items = items.iter().map(|(sku, quantity)| ((*sku).to_owned(), *quantity)).collect();
        let request = Request { customer_id: *customer_id, items };
        let outcome = if *operation == "Checkout" {
            shop.checkout(request.clone()).await.map(|receipt| (Some(receipt.number), receipt.amount.total))
        } else {
            shop.quote(request.clone()).await.map(|amount| (None, amount.total))
        };
        served.push(Served { operation, request, outcome: outcome.map_err(|error| error.to_string()) });
    }
    served
}

/// The operation, the customer, and what was ordered.
type Sketch = (&'static str, u64, &'static [(&'static str, u64)]);

const DAY: &[Sketch] = &[
    ("Checkout", 1, &[("apple", 3), ("bread", 2)]),
    ("Checkout", 2, &[("coffee", 1)]),
    ("Checkout", 3, &[("coffee", 4)]),
    ("Quote", 2, &[("tea", 2), ("bread", 1)]),
    ("Checkout", 1, &[("tea", 1), ("apple", 1), ("bread", 1)]),
    ("Checkout", 99, &[("apple", 1)]),
    ("Quote", 2, &[("apple", 120)]),
    ("Checkout", 2, &[("apple", 12), ("tea", 1)]),
    ("Quote", 1, &[("bread", 3), ("tea", 3)]),
    ("Checkout", 3, &[("apple", 7), ("tea", 1)]),
    ("Quote", 2, &[("coffee", 1), ("bread", 0)]),
    ("Checkout", 2, &[("bread", 2)]),
];
