//! SQLite, with what is read and written marked: this is where it leaves the process.
//!
//! On replay the bodies of marked methods do not run, so [`Database::none`] is all that a replay needs.

use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};

use playback_core::{intercept_input, intercept_output};
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::model::{Article, Customer, KeptOrder, Order, Refund};

/// Beside the tables, whom the shop knows and what it sells. The order is there to be too old for a refund.
const SCHEMA: &str = r#"
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS customers
        (id INTEGER PRIMARY KEY, name TEXT NOT NULL, country TEXT NOT NULL, member INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS articles (sku TEXT PRIMARY KEY, cents INTEGER NOT NULL, grams INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS orders
        (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, reference TEXT NOT NULL UNIQUE, body TEXT NOT NULL,
         refund TEXT);
    INSERT OR IGNORE INTO customers VALUES
        (1, 'Ada', 'DE', 1), (2, 'Bob', 'US', 0), (3, 'Chie', 'JP', 1), (4, 'Denis', 'FR', 0),
        (5, 'Edda', 'IS', 0), (6, 'Fay', 'TA', 0), (7, 'Roald', 'AQ', 1);
    INSERT OR IGNORE INTO articles VALUES
        ('apple', 99, 180), ('bread', 349, 750), ('coffee', 1250, 500), ('tea', 475, 125), ('teapot', 3900, 1400);
    INSERT OR IGNORE INTO orders (number, id, reference, body) VALUES
        (1, '01932f3c-9a7c-7000-8000-000000000001', 'the-first',
         '{"id": "01932f3c-9a7c-7000-8000-000000000001", "reference": "the-first", "customer": 1, "country": "DE",
           "lines": [{"article": {"sku": "tea", "cents": 450, "grams": 125}, "quantity": 2}],
           "offer": {"carrier": "post", "cents": 490, "days": 3},
           "total": {"goods": 900, "discount": 45, "shipping": 490, "due": 1345, "tax": 214},
           "placed_at": "2024-11-15T09:30:00Z"}');
"#;

/// A connection to the shop's database. Clones share it.
#[derive(Debug, Clone)]
pub struct Database(Arc<Mutex<Option<Connection>>>);

/// The database failed. What it said is kept as text, since SQLite's own error cannot be recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("the database failed: {0}")]
pub struct DatabaseError(String);

impl Database {
    /// The database in a file, or in memory if that is called `:memory:`. Made with a few customers and articles
    /// if it is new.
    ///
    /// # Errors
    /// If the file is no database, or cannot be made one.
    pub fn open(file: &str) -> Result<Self, DatabaseError> {
        let connection = Connection::open(file).map_err(failed)?;
        connection.execute_batch(SCHEMA).map_err(failed)?;
        Ok(Self(Arc::new(Mutex::new(Some(connection)))))
    }

    /// No database: every call fails. Enough for a replay, which makes none.
    #[must_use]
    pub fn none() -> Self {
        Self(Arc::default())
    }

    /// A customer, if there is one of that number.
    ///
    /// # Errors
    /// If the database fails.
    #[intercept_input("database.customer")]
    pub async fn customer(&self, id: u64) -> Result<Option<Customer>, DatabaseError> {
        self.run(move |connection| {
            let sql = "SELECT name, country, member FROM customers WHERE id = ?1";
            let read = |row: &Row<'_>| {
                Ok(Customer { id, name: row.get(0)?, country: row.get(1)?, member: row.get(2)? })
            };
            // SQLite's integers have a sign: a number past theirs is no customer's.
            let Ok(key) = i64::try_from(id) else { return Ok(None) };
            connection.query_row(sql, [key], read).optional().map_err(failed)
        })
        .await
    }

    /// Those of these articles that there are, in alphabetical order.
    ///
    /// # Errors
    /// If the database fails.
    #[intercept_input("database.articles")]
    pub async fn articles(&self, skus: Vec<String>) -> Result<Vec<Article>, DatabaseError> {
        self.run(move |connection| {
            let marks = vec!["?"; skus.len()].join(", ");
            let sql = format!("SELECT sku, cents, grams FROM articles WHERE sku IN ({marks}) ORDER BY sku");
            let mut query = connection.prepare(&sql).map_err(failed)?;
            let read = |row: &Row<'_>| {
                let (cents, grams): (u32, u32) = (row.get(1)?, row.get(2)?);
                Ok(Article { sku: row.get(0)?, cents: cents.into(), grams: grams.into() })
            };
            let articles = query.query_map(params_from_iter(skus), read).map_err(failed)?;
            articles.collect::<Result<_, _>>().map_err(failed)
        })
        .await
    }

    /// An order, if there is one of that id.
    ///
    /// # Errors
    /// If the database fails.
    #[intercept_input("database.order")]
    pub async fn order(&self, id: Uuid) -> Result<Option<KeptOrder>, DatabaseError> {
        self.run(move |connection| {
            let sql = "SELECT body, refund FROM orders WHERE id = ?1";
            let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
            let row = connection.query_row(sql, [id.to_string()], read).optional().map_err(failed)?;
            let Some((order, refund)) = row else { return Ok(None) };
            let (order, refund): (String, Option<String>) = (order, refund);
            Ok(Some(KeptOrder { order: parse(&order)?, refund: refund.as_deref().map(parse).transpose()? }))
        })
        .await
    }

    /// Keeps an order and returns its number in the books; none if its reference was used before.
    ///
    /// # Errors
    /// If the database fails.
    #[intercept_output("database.keep_order")]
    pub async fn keep_order(&self, order: &Order) -> Result<Option<u64>, DatabaseError> {
        let row = [order.id.to_string(), order.reference.clone(), write(order)?];
        self.run(move |connection| {
            let sql = "INSERT INTO orders (id, reference, body) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
            let kept = connection.execute(sql, row).map_err(failed)?;
            Ok((kept == 1).then(|| connection.last_insert_rowid().unsigned_abs()))
        })
        .await
    }

    /// Keeps what is paid back for an order, unless something was; says whether it did.
    ///
    /// # Errors
    /// If the database fails.
    #[intercept_output("database.keep_refund")]
    pub async fn keep_refund(&self, refund: &Refund) -> Result<bool, DatabaseError> {
        let (id, body) = (refund.order.to_string(), write(refund)?);
        self.run(move |connection| {
            let sql = "UPDATE orders SET refund = ?2 WHERE id = ?1 AND refund IS NULL";
            Ok(connection.execute(sql, params![id, body]).map_err(failed)? == 1)
        })
        .await
    }

    /// Deletes all orders but the newest `orders`, and the one that is there from the start. What becomes of the books is
    /// no part of an operation, and therefore not marked.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn keep_newest(&self, orders: u32) -> Result<(), DatabaseError> {
        self.run(move |connection| {
            let sql =
                "DELETE FROM orders WHERE number > 1 AND number <= (SELECT MAX(number) FROM orders) - ?1";
            connection.execute(sql, [orders]).map(|_| ()).map_err(failed)
        })
        .await
    }

    /// Runs a query where it may block. Nothing has to be bound to the recording: a marked method is recorded as a
    /// whole, and what it does inside is its own affair.
    async fn run<R: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> Result<R, DatabaseError> + Send + 'static,
    ) -> Result<R, DatabaseError> {
        let connection = Arc::clone(&self.0);
        let query = move || match &*connection.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(connection) => query(connection),
            None => Err(failed("there is none")),
        };
        tokio::task::spawn_blocking(query).await.map_err(failed)?
    }
}

fn write(value: &impl Serialize) -> Result<String, DatabaseError> {
    serde_json::to_string(value).map_err(failed)
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, DatabaseError> {
    serde_json::from_str(text).map_err(failed)
}

fn failed(error: impl Display) -> DatabaseError {
    DatabaseError(error.to_string())
}
