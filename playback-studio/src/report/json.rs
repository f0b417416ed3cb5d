//! A report as JSON, and back. The document is described in `JSON.md` beside this file.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use playback_equalizer::Status;
use serde::{Deserialize, Serialize, Serializer};

use super::shards::{Parts, Shards};
use super::{CategoryReport, Counts, Report};

/// What the document calls itself.
const FORMAT: &str = "playback-report";
/// The version of the document that is written, and the newest that is read.
const VERSION: u32 = 1;

/// A report as JSON on one line, with `{:#}` on many; see [`Report::json`].
#[derive(Debug, Clone, Copy)]
pub struct Json<'r>(&'r Report);

/// The whole document.
#[derive(Serialize)]
struct Document<'r> {
    format: &'static str,
    version: u32,
    summary: Summary<'r>,
    #[serde(flatten)]
    report: &'r Report,
}

/// For those who read the document without this crate: it follows from the rest, and is not read back.
#[derive(Serialize)]
struct Summary<'r> {
    counts: BTreeMap<String, usize>,
    categories: BTreeMap<&'r str, BTreeMap<String, usize>>,
    unused_rules: Vec<&'r str>,
}

/// As much of a document as says whether the rest can be read.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
}

/// The rest of it. What was not there in reports of before has a default.
#[derive(Deserialize)]
pub(super) struct Read {
    categories: Vec<CategoryReport>,
    failures: Vec<String>,
    nothing_found: Option<String>,
    interrupted: bool,
    rules: BTreeMap<String, bool>,
    #[serde(default)]
    shards: Parts,
    #[serde(default)]
    category_shards: BTreeMap<String, Parts>,
}

impl From<Read> for Report {
    fn from(read: Read) -> Self {
        let Read { categories, failures, nothing_found, interrupted, rules, shards, category_shards } = read;
        let names = categories.iter().map(|category| category.category.as_str());
        let shards = Shards::read(shards, category_shards, names);
        Self { categories, failures, nothing_found, interrupted, rules, shards }
    }
}

impl Report {
    /// The report as JSON, which [`from_json`](Self::from_json) reads back.
    ///
    /// ```
    /// use playback_studio::Report;
    ///
    /// let report = Report::default();
    /// assert_eq!(Report::from_json(&report.json().to_string())?, report);
    /// # Ok::<(), playback_studio::ReadError>(())
    /// ```
    #[must_use]
    pub fn json(&self) -> Json<'_> {
        Json(self)
    }

    /// Reads a report that [`json`](Self::json) wrote.
    ///
    /// # Errors
    /// [`ReadError`] if it is none, is broken, or was written by a newer version.
    pub fn from_json(text: &str) -> Result<Self, ReadError> {
        let malformed = |error: serde_json::Error| ReadError::Malformed {
            line: error.line(),
            column: error.column(),
            why: why(&error),
        };
        let Head { format, version } = match serde_json::from_str(text) {
            Ok(head) => head,
            Err(error) if error.is_data() => return Err(ReadError::NoReport),
            Err(error) => return Err(malformed(error)),
        };
        if format != FORMAT {
            return Err(ReadError::NoReport);
        }
        if version == 0 || version > VERSION {
            return Err(ReadError::Version { version, newest: VERSION });
        }
        let read: Self = serde_json::from_str(text).map_err(malformed)?;
        for category in &read.categories {
            let stray = category.recordings.iter().find(|other| other.id.category() != category.category);
            if let Some(recording) = stray {
                let (id, category) = (recording.id.to_string(), category.category.clone());
                return Err(ReadError::Misplaced { id, category });
            }
        }
        // In order, and each once, whatever the order in the document.
        let mut report = Self::default();
        report.merge(read);
        Ok(report)
    }

    /// Reads a report from a file.
    ///
    /// # Errors
    /// [`ReadError`], which names the file.
    pub fn read_json(path: impl AsRef<Path>) -> Result<Self, ReadError> {
        let path = path.as_ref();
        let in_file = |error| ReadError::File { path: path.to_owned(), source: Box::new(error) };
        let text = std::fs::read_to_string(path).map_err(|error| in_file(ReadError::Io(error)))?;
        Self::from_json(&text).map_err(in_file)
    }
}

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written =
            if f.alternate() { serde_json::to_string_pretty(self) } else { serde_json::to_string(self) };
        f.write_str(&written.map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let report = self.0;
        let of = |category: &'_ CategoryReport| counts(&category.counts());
        let categories = report.categories.iter().map(|category| (category.category.as_str(), of(category)));
        let summary = Summary {
            counts: counts(&report.counts()),
            categories: categories.collect(),
            unused_rules: report.unused_rules().collect(),
        };
        Document { format: FORMAT, version: VERSION, summary, report }.serialize(serializer)
    }
}

fn counts(counts: &Counts) -> BTreeMap<String, usize> {
    let of = |status: Status| (status.as_str().replace(' ', "_"), counts.of(status));
    Status::ALL.into_iter().map(of).chain([("total".to_owned(), counts.total())]).collect()
}

/// What is wrong with a document, without its place.
fn why(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(at) => text.get(..at).unwrap_or_default().to_owned(),
        None => text,
    }
}

/// A report cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It is JSON, and no report.
    #[error("it is no report of playback: a report has the format {FORMAT:?} and a version")]
    NoReport,
    /// It was written by a newer version, or by none.
    #[error(
        "it is of version {version}, and version {newest} is the newest that can be read here; read it with the \
         version of playback that wrote it"
    )]
    Version {
        /// Its version.
        version: u32,
        /// The newest that can be read.
        newest: u32,
    },
    /// It is broken.
    #[error("it is broken at line {line}, column {column}: {why}; write the report again")]
    Malformed {
        /// The line, from 1.
        line: usize,
        /// The column, from 1; 0 for the end of the line before.
        column: usize,
        /// What is wrong there.
        why: String,
    },
    /// A recording stands under a category that is not its own.
    #[error("it has the recording {id} under the category {category:?}; write the report again")]
    Misplaced {
        /// The recording.
        id: String,
        /// The category it stands under.
        category: String,
    },
    /// The file cannot be read.
    #[error("reading failed: {0}")]
    Io(#[source] io::Error),
    /// What is wrong with a file.
    #[error("the report {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<ReadError>,
    },
}
