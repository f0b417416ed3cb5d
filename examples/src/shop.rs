//! The service: two operations, with what comes in and what goes out marked.
//!
//! The attributes are all there is to recording and replaying. With no recorder in force, as in this
//! service's ordinary tests, they do nothing.

use std::time::SystemTime;

use playback_core::{inputs, intercept_input, intercept_output, operation};
use serde::{Deserialize, Serialize};

use crate::database::Database;
use crate::pricing::{Amount, Pricing};

/// A shop. What an operation needs of `self` is never recorded: a replay brings its own.
#[derive(Clone)]
pub struct Shop {
    database: Database,
    /// The part of the code of which this example has two versions.
    pricing: Pricing,
}

impl Shop {
    /// A shop on a database, with a version of its pricing.
    #[must_use]
    pub fn new(database: Database, pricing: Pricing) -> Self {
        Self { database, pricing }
    }

    /// Takes an order: reads the customer and the prices, and stores the order.
    ///
    /// # Errors
    /// [`ShopError`], which is recorded as well: an error is a result like any other.
    #[operation(category = "Checkout")]
    pub async fn checkout(&self, request: Request) -> Result<Receipt, ShopError> {
        let customer = self.customer(request.customer_id).await?;
        let lines = self.lines(&request).await?;
        let amount = (self.pricing)(&customer, &lines)?;
        // The clock is an input, too: on replay it shows the time of recording.
        let order = Order { customer_id: request.customer_id, lines, amount, placed_at: inputs::now() };
        let number = self.store(&order).await?;
        Ok(Receipt { number, amount: order.amount })
    }

    /// Says what an order would cost, and stores nothing.
    ///
    /// # Errors
    /// As [`checkout`](Self::checkout).
    #[operation(category = "Quote")]
    pub async fn quote(&self, request: Request) -> Result<Amount, ShopError> {
        let customer = self.customer(request.customer_id).await?;
        let lines = self.lines(&request).await?;
        (self.pricing)(&customer, &lines)
    }

    /// Comes in: recorded under its arguments, and answered from the recording on replay.
    #[intercept_input("shop.customer")]
    async fn customer(&self, id: u64) -> Result<Customer, ShopError> {
        self.database.customer(id).await
    }

    /// Comes in, once for each line.
    #[intercept_input("shop.price")]
    async fn price(&self, sku: &str) -> Result<u64, ShopError> {
        self.database.price(sku).await
    }

    /// Goes out: on replay it is captured and compared, and the recorded order number is returned.
    #[intercept_output("shop.store")]
    async fn store(&self, order: &Order) -> Result<u64, ShopError> {
        self.database.store(order).await
    }

    /// Plain code between: not marked, so it runs for real on replay, and its changes show.
    async fn lines(&self, request: &Request) -> Result<Vec<Line>, ShopError> {
        let mut lines = Vec::new();
        for (sku, quantity) in &request.items {
            let price = self.price(sku).await?;
            lines.push(Line { sku: sku.clone(), quantity: *quantity, price });
        }
        Ok(lines)
    }
}

/// Who wants how much of what.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Request {
    /// The customer.
    pub customer_id: u64,
    /// Article numbers and quantities.
    pub items: Vec<(String, u64)>,
}

/// A customer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Customer {
    /// The name.
    pub name: String,
    /// The discount that a member has, in percent; none for those who are no members.
    pub member_discount: Option<u64>,
}

/// A line of an order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Line {
    /// The article number.
    pub sku: String,
    /// How many.
    pub quantity: u64,
    /// The price of one, in cents.
    pub price: u64,
}

/// An order, as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    /// The customer.
    pub customer_id: u64,
    /// The lines, with their prices.
    pub lines: Vec<Line>,
    /// What it costs.
    pub amount: Amount,
    /// When it was placed.
    pub placed_at: SystemTime,
}

/// What the customer gets for an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The order's number, given by the database.
    pub number: u64,
    /// What it costs.
    pub amount: Amount,
}

/// Why a request is refused. Recorded and replayed, so it is `Serialize` and `Deserialize`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum ShopError {
    /// The customer is not known.
    #[error("there is no customer {0}")]
    NoSuchCustomer(u64),
    /// The article is not known.
    #[error("there is no article {0}")]
    NoSuchArticle(String),
    /// More was ordered than one order may have.
    #[error("{quantity} of {sku} is more than the {most} that can be ordered at once")]
    TooMany {
        /// The article.
        sku: String,
        /// How many were ordered.
        quantity: u64,
        /// How many can be ordered at once.
        most: u64,
    },
    /// Nothing was ordered of an article.
    #[error("the line of {0} orders nothing")]
    EmptyLine(String),
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(String),
}
