//! The common payload: an order of any number of lines.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The numbers of lines that the benches know.
pub(crate) const LINES: [usize; 3] = [1, 20, 1000];

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Order {
    id: u64,
    customer: String,
    email: String,
    currency: String,
    status: Status,
    attributes: BTreeMap<String, String>,
    coupon: Option<String>,
    parent: Option<u64>,
    total: f64,
    weight: f64,
    lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Status {
    New,
    Paid(String),
    Shipped { carrier: String, parcels: u32, express: bool },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Line {
    sku: String,
    name: String,
    qty: u32,
    price: f64,
    discount: Option<f64>,
    tags: [String; 2],
}

impl Order {
    /// The same order every time, with this many lines.
    pub(crate) fn of(lines: usize) -> Self {
        let attribute = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Self {
            id: 7_340_291,
            customer: "Ada Lovelace".to_owned(),
            email: "ada@example.org".to_owned(),
            currency: "EUR".to_owned(),
            status: Status::Shipped { carrier: "post".to_owned(), parcels: 2, express: true },
            attributes: BTreeMap::from([
                attribute("channel", "web"),
                attribute("campaign", "spring"),
                attribute("locale", "de-DE"),
                attribute("referrer", "newsletter"),
                attribute("warehouse", "north-2"),
            ]),
            coupon: Some("WELCOME10".to_owned()),
            parent: None,
            total: 1234.5 + lines as f64,
            weight: 17.25,
            lines: (0..lines).map(Line::of).collect(),
        }
    }

    /// How many lines it has.
    pub(crate) fn lines(&self) -> usize {
        self.lines.len()
    }
}

impl Line {
    fn of(number: usize) -> Self {
        Self {
            sku: format!("SKU-{number:06}"),
            name: format!("Article of number {number}"),
            qty: 1 + number as u32 % 7,
            price: 9.99 + number as f64,
            discount: number.is_multiple_of(3).then_some(0.15),
            tags: ["garden".to_owned(), format!("shelf-{}", number % 12)],
        }
    }
}
