//! A cassette on SQLite, from scratch. Read it from top to bottom; the comments say what a cassette owes its
//! callers where this one pays it.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::stream::BoxStream;
use playback_cassette::{
    Cassette, Error, ErrorKind, Found, Listing, Metadata, Query, Recording, RecordingId, format, lookup,
};
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, params};

/// One row a recording. The three parts of an id have a column each, because lookups go from the category to
/// the day to the recording.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS recordings (
        category TEXT NOT NULL, day TEXT NOT NULL, recording TEXT NOT NULL,
        metadata BLOB NOT NULL, tape BLOB NOT NULL,
        PRIMARY KEY (category, day, recording)
    ) WITHOUT ROWID
";

/// Recordings in a file of SQLite. Clones share the connection.
#[derive(Clone)]
pub(crate) struct SqliteCassette {
    connection: Arc<Mutex<Connection>>,
    /// What errors call the file.
    place: Arc<str>,
}

impl SqliteCassette {
    /// The cassette in a file, which is made if it is not there.
    pub(crate) fn open(file: &Path) -> Result<Self, Error> {
        let place: Arc<str> = format!("the database {}", file.display()).into();
        let connection = Connection::open(file).and_then(|connection| {
            connection.execute_batch(SCHEMA)?;
            Ok(connection)
        });
        let connection = connection.map_err(|error| failed("open", &place, error))?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)), place })
    }

    /// Runs a query where it may block. Methods of a cassette are called from many tasks at once, on whatever
    /// runtime the cassette needs: the recorder saves on a thread of its own, inside a small tokio runtime.
    async fn run<R: Send + 'static>(
        &self,
        act: &str,
        query: impl FnOnce(&Connection) -> rusqlite::Result<R> + Send + 'static,
    ) -> Result<R, Error> {
        let connection = Arc::clone(&self.connection);
        let query = move || query(&connection.lock().unwrap_or_else(PoisonError::into_inner));
        let outcome = tokio::task::spawn_blocking(query).await;
        let outcome = outcome.map_err(|error| Error::new(ErrorKind::Other, error.to_string()))?;
        outcome.map_err(|error| failed(act, &self.place, error))
    }

    /// One column of a recording's row. Without a row there is no such recording, and that is an error of its
    /// own kind: callers tell it from a database that fails.
    async fn column(&self, column: &'static str, id: &RecordingId) -> Result<Vec<u8>, Error> {
        let wanted = id.clone();
        let sql =
            format!("SELECT {column} FROM recordings WHERE category = ?1 AND day = ?2 AND recording = ?3");
        let query = move |connection: &Connection| {
            connection.query_row(&sql, [wanted.category(), wanted.day(), wanted.unique()], first).optional()
        };
        let row = self.run(&format!("load the {column} of recording {id} from"), query).await?;
        row.ok_or_else(|| Error::not_found(id, &self.place))
    }

    /// The texts in the first column of what a query gives.
    async fn texts(
        &self,
        act: &str,
        sql: &'static str,
        parameters: Vec<String>,
    ) -> Result<Vec<String>, Error> {
        let query = move |connection: &Connection| {
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_map(rusqlite::params_from_iter(parameters), first)?.collect()
        };
        self.run(act, query).await
    }
}

#[async_trait]
impl Cassette for SqliteCassette {
    async fn save(&self, recording: &Recording) -> Result<(), Error> {
        let id = recording.id().clone();
        // The bytes of a tape file: compressed, with checksums, readable by every later version. They hold
        // the metadata, too; beside them it stands as JSON, so that lookups need not open tapes.
        let tape = format::encode(recording)?;
        let found = Found::new(id.clone(), recording.metadata().clone()).with_size(tape.len() as u64);
        let metadata = format::metadata_to_json(&found)?;
        let act = format!("save recording {id} to");
        let query = move |connection: &Connection| {
            // One statement is one transaction: the recording is visible when it is whole, and `Ok` means
            // that it stays. `REPLACE`, so that a save can be tried again.
            let sql = "INSERT OR REPLACE INTO recordings VALUES (?1, ?2, ?3, ?4, ?5)";
            connection.execute(sql, params![id.category(), id.day(), id.unique(), metadata, tape])
        };
        self.run(&act, query).await.map(|_| ())
    }

    async fn load(&self, id: &RecordingId) -> Result<Recording, Error> {
        format::decode_recording(id, &self.column("tape", id).await?)
    }

    async fn load_metadata(&self, id: &RecordingId) -> Result<Metadata, Error> {
        Ok(self.read_metadata(id).await?.metadata)
    }

    async fn delete(&self, id: &RecordingId) -> Result<(), Error> {
        let gone = id.clone();
        // That there was none is no error.
        let query = move |connection: &Connection| {
            let sql = "DELETE FROM recordings WHERE category = ?1 AND day = ?2 AND recording = ?3";
            connection.execute(sql, [gone.category(), gone.day(), gone.unique()])
        };
        self.run(&format!("delete recording {id} from"), query).await.map(|_| ())
    }

    fn find<'a>(&'a self, query: &Query) -> BoxStream<'a, Result<Found, Error>> {
        // Orders, limits, filters and errors on the way: all of that is done for whoever can list.
        lookup(self, query)
    }

    async fn categories(&self) -> Result<Vec<String>, Error> {
        self.list_categories().await
    }
}

/// What [`lookup`] asks.
#[async_trait]
impl Listing for SqliteCassette {
    async fn list_categories(&self) -> Result<Vec<String>, Error> {
        let sql = "SELECT DISTINCT category FROM recordings ORDER BY category";
        self.texts("list the categories of", sql, vec![]).await
    }

    async fn list_days(&self, category: &str) -> Result<Vec<String>, Error> {
        let sql = "SELECT DISTINCT day FROM recordings WHERE category = ?1";
        self.texts("list the days of", sql, vec![category.to_owned()]).await
    }

    async fn list_ids(&self, category: &str, day: &str) -> Result<Vec<RecordingId>, Error> {
        let sql = "SELECT recording FROM recordings WHERE category = ?1 AND day = ?2";
        let rows =
            self.texts("list the recordings of", sql, vec![category.to_owned(), day.to_owned()]).await?;
        rows.iter().map(|unique| Ok(RecordingId::new(category, day, unique)?)).collect()
    }

    async fn read_metadata(&self, id: &RecordingId) -> Result<Found, Error> {
        let json = self.column("metadata", id).await?;
        format::metadata_from_json(&format!("the metadata of recording {id}"), &json)
    }
}

fn first<T: rusqlite::types::FromSql>(row: &Row<'_>) -> rusqlite::Result<T> {
    row.get(0)
}

/// The database's error as a cassette's: a kind that tells callers what they can do, a message that names
/// the thing at fault and the next step, and the database's own words as the source.
fn failed(act: &str, place: &str, error: rusqlite::Error) -> Error {
    let (kind, next) = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            (ErrorKind::Unreachable, "another process holds it; try again later")
        }
        Some(ErrorCode::PermissionDenied | ErrorCode::ReadOnly | ErrorCode::CannotOpen) => {
            (ErrorKind::Refused, "see to the permissions of the file and its directory")
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            (ErrorKind::Corrupt, "restore the file from backup")
        }
        _ => (ErrorKind::Other, "the database says why"),
    };
    Error::new(kind, format!("cannot {act} {place}; {next}")).with_source(error)
}
