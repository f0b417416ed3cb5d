//! The shop's database: SQLite. It knows nothing of recording and replaying.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use rusqlite::{Connection, OptionalExtension, params};

use crate::shop::{Customer, Order, ShopError};

const SCHEMA: &str = "
    CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, member_discount INTEGER);
    CREATE TABLE articles (sku TEXT PRIMARY KEY, price INTEGER NOT NULL);
    CREATE TABLE orders (number INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, total INTEGER NOT NULL,
                         placed_at INTEGER NOT NULL);
    INSERT INTO customers VALUES (1, 'Ada', 5), (2, 'Bob', NULL), (3, 'Grace', 10);
    INSERT INTO articles VALUES ('apple', 99), ('bread', 349), ('coffee', 1250), ('tea', 475);
";

/// A connection to the shop's database. Clones share it.
#[derive(Debug, Clone)]
pub struct Database(Arc<Mutex<Option<Connection>>>);

impl Database {
    /// A new database in a file, with a few customers and articles.
    ///
    /// # Errors
    /// [`ShopError::Database`] if it cannot be made there.
    pub fn create(file: &Path) -> Result<Self, ShopError> {
        let connection = Connection::open(file)?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self(Arc::new(Mutex::new(Some(connection)))))
    }

    /// No database: every call fails. Enough for a replay, which makes none.
    #[must_use]
    pub fn closed() -> Self {
        Self(Arc::default())
    }

    /// Closes the connection of all clones. From now on every call fails.
    pub fn close(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// A customer.
    ///
    /// # Errors
    /// [`ShopError::NoSuchCustomer`] if there is none of this id.
    pub async fn customer(&self, id: u64) -> Result<Customer, ShopError> {
        let row = self.run(move |connection| {
            let sql = "SELECT name, member_discount FROM customers WHERE id = ?1";
            let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get::<_, Option<u32>>(1)?));
            connection.query_row(sql, [as_integer(id)], read).optional()
        });
        let (name, discount) = row.await?.ok_or(ShopError::NoSuchCustomer(id))?;
        Ok(Customer { name, member_discount: discount.map(u64::from) })
    }

    /// The price of an article, in cents.
    ///
    /// # Errors
    /// [`ShopError::NoSuchArticle`] if there is none of this number.
    pub async fn price(&self, sku: &str) -> Result<u64, ShopError> {
        let wanted = sku.to_owned();
        let price = self.run(move |connection| {
            let sql = "SELECT price FROM articles WHERE sku = ?1";
            connection.query_row(sql, [wanted], |row| row.get::<_, u32>(0)).optional()
        });
        price.await?.map(u64::from).ok_or_else(|| ShopError::NoSuchArticle(sku.to_owned()))
    }

    /// Stores an order and returns its number.
    ///
    /// # Errors
    /// [`ShopError::Database`] if it cannot be stored.
    pub async fn store(&self, order: &Order) -> Result<u64, ShopError> {
        let placed_at = order.placed_at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let row = [order.customer_id, order.amount.total, placed_at].map(as_integer);
        let number = self.run(move |connection| {
            let sql = "INSERT INTO orders (customer_id, total, placed_at) VALUES (?1, ?2, ?3)";
            connection.execute(sql, params![row[0], row[1], row[2]])?;
            Ok(connection.last_insert_rowid())
        });
        Ok(number.await?.unsigned_abs())
    }

    /// Runs a query where it may block.
    async fn run<R: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<R> + Send + 'static,
    ) -> Result<R, ShopError> {
        let connection = Arc::clone(&self.0);
        let query = move || match &*connection.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(connection) => query(connection).map_err(ShopError::from),
            None => Err(ShopError::Database("it is closed".to_owned())),
        };
        tokio::task::spawn_blocking(query).await.map_err(|error| ShopError::Database(error.to_string()))?
    }
}

impl From<rusqlite::Error> for ShopError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.to_string())
    }
}

/// SQLite's integers have a sign.
fn as_integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
