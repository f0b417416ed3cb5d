//! What is asked, kept and answered. All of it is recorded, so all of it goes through serde both ways.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

/// What a customer wants to buy: the body of `POST /checkout`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cart {
    /// The customer's own name for this request. A second request of that name buys nothing twice.
    pub reference: String,
    /// Who buys.
    pub customer: u64,
    /// What.
    pub lines: Vec<CartLine>,
}

/// So many of an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartLine {
    /// The article.
    pub sku: String,
    /// How many, 1 to 99.
    pub quantity: u64,
}

/// Who buys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// The number.
    pub id: u64,
    /// The name.
    pub name: String,
    /// Where to, as a code of two letters (ISO 3166-1).
    pub country: String,
    /// Whether to give the discount for members.
    pub member: bool,
}

/// What can be bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Article {
    /// The article.
    pub sku: String,
    /// The price of one, in cents.
    pub cents: u64,
    /// The weight of one, in grams.
    pub grams: u64,
}

/// What a carrier asks for a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The carrier.
    pub carrier: String,
    /// The price, in cents.
    pub cents: u64,
    /// The days that it takes.
    pub days: u64,
}

/// A line of an order, at the price of the day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    /// The article.
    pub article: Article,
    /// How many.
    pub quantity: u64,
}

/// What an order costs. All in cents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// The articles.
    pub goods: u64,
    /// What is taken off for a member.
    pub discount: u64,
    /// The shipping.
    pub shipping: u64,
    /// What is to be paid.
    pub due: u64,
    /// The part of it that is tax.
    pub tax: u64,
}

/// An order, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The order.
    pub id: Uuid,
    /// The customer's own name for it.
    pub reference: String,
    /// Who bought.
    pub customer: u64,
    /// Where to.
    pub country: String,
    /// What.
    pub lines: Vec<OrderLine>,
    /// How it is sent.
    pub offer: Offer,
    /// What it costs.
    pub total: Total,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub placed_at: OffsetDateTime,
}

/// What the customer gets for a cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The order.
    pub order: Uuid,
    /// Its number in the books.
    pub number: u64,
    /// What it costs.
    pub total: Total,
    /// How it is sent.
    pub offer: Offer,
}

/// Who wants money back for what: the body of `POST /refund`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Return {
    /// The customer's own name for this request.
    pub reference: String,
    /// The order.
    pub order: Uuid,
    /// Why.
    pub reason: Reason,
}

/// Why an order is returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It came broken: all is paid back, and nothing has to be sent.
    Damaged,
    /// It is not wanted after all: the goods are paid back once they are sent back, for 30 days.
    Unwanted,
}

/// An order, and whether it was paid back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptOrder {
    /// The order.
    pub order: Order,
    /// What was paid back, if it was.
    pub refund: Option<Refund>,
}

/// What is paid back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// The order.
    pub order: Uuid,
    /// How much, in cents.
    pub cents: u64,
    /// What to stick on the parcel, if it has to be sent back.
    pub label: Option<Label>,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub refunded_at: OffsetDateTime,
}

/// What sends a parcel back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// The carrier.
    pub carrier: String,
    /// Its number.
    pub number: String,
}
