//! The common operation: it reads ten inputs, adds up a field of theirs, and writes one output. `peer.py` has the same in
//! Python.

use playback_core::{intercept_input, intercept_output, operation};
use serde::{Deserialize, Serialize};

/// The inputs that one operation reads.
pub(crate) const INPUTS: u64 = 10;

/// The calls that are intercepted in one operation.
pub(crate) const INTERCEPTIONS: u64 = INPUTS + 1;

/// What an input brings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Article {
    id: u64,
    name: String,
    price: u64,
    in_stock: bool,
    tags: Vec<String>,
}

/// Adds up the prices of ten articles, and stores the sum.
#[operation(category = "Basket")]
pub(crate) fn total(basket: u64) -> u64 {
    let sum = (0..INPUTS).map(|number| article(basket + number).price).sum();
    store(basket, sum);
    sum
}

#[intercept_input("basket.article")]
fn article(id: u64) -> Article {
    plain::article(id)
}

#[intercept_output("basket.store")]
fn store(basket: u64, sum: u64) -> bool {
    plain::store(basket, sum)
}

/// The same without a mark on it.
pub(crate) mod plain {
    use std::hint::black_box;

    use super::{Article, INPUTS};

    pub(crate) fn total(basket: u64) -> u64 {
        let sum = (0..INPUTS).map(|number| article(basket + number).price).sum();
        store(basket, sum);
        sum
    }

    #[inline(never)]
    pub(crate) fn article(id: u64) -> Article {
        Article {
            id,
            name: "Article of the day".to_owned(),
            price: 100 + id % 50,
            in_stock: true,
            tags: vec!["garden".to_owned(), "summer".to_owned(), "sale".to_owned()],
        }
    }

    #[inline(never)]
    pub(crate) fn store(basket: u64, sum: u64) -> bool {
        black_box(basket) < black_box(sum)
    }
}
