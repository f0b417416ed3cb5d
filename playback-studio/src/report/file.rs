//! Writing reports to files.

use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{Gate, Report};
use crate::whole::{directory_of, write_whole};

impl Report {
    /// Writes the report as JSON, to be [read](Self::read_json) again.
    ///
    /// # Errors
    /// [`WriteError`] if the file cannot be written.
    pub fn write_json(&self, path: impl AsRef<Path>) -> Result<(), WriteError> {
        write(path.as_ref(), self.json())
    }

    /// Writes the report as one page that needs nothing else; see [`html`](Self::html).
    ///
    /// # Errors
    /// [`WriteError`] if the file cannot be written.
    pub fn write_html(&self, path: impl AsRef<Path>) -> Result<(), WriteError> {
        write(path.as_ref(), self.html())
    }

    /// Writes the report as JUnit's XML; see [`junit`](Self::junit).
    ///
    /// # Errors
    /// [`WriteError`] if the file cannot be written.
    pub fn write_junit(&self, path: impl AsRef<Path>, gate: &Gate) -> Result<(), WriteError> {
        write(path.as_ref(), self.junit(gate))
    }

    /// Writes the report as Markdown; see [`markdown`](Self::markdown).
    ///
    /// # Errors
    /// [`WriteError`] if the file cannot be written.
    pub fn write_markdown(&self, path: impl AsRef<Path>, gate: &Gate) -> Result<(), WriteError> {
        write(path.as_ref(), self.markdown(gate))
    }

    /// Writes the report as plain text; see [`terminal`](Self::terminal).
    ///
    /// # Errors
    /// [`WriteError`] if the file cannot be written.
    pub fn write_text(&self, path: impl AsRef<Path>) -> Result<(), WriteError> {
        write(path.as_ref(), self.terminal())
    }
}

/// Writes a file, and the directories that it is in where they are missing.
fn write(path: &Path, content: impl fmt::Display) -> Result<(), WriteError> {
    std::fs::create_dir_all(directory_of(path))
        .and_then(|()| write_whole(path, true, |file| write!(file, "{content}")))
        .map_err(|source| WriteError { path: path.to_owned(), source })
}

/// A report could not be written.
#[derive(Debug, thiserror::Error)]
#[error("writing the report {} failed: {source}", path.display())]
pub struct WriteError {
    path: PathBuf,
    source: io::Error,
}
