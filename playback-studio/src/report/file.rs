//! Writing reports to files.

use std::fmt;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::{Gate, Report};

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

/// Writes a file whole or not at all: readers see the old one until the new one is complete. Missing directories
/// are made.
fn write(path: &Path, content: impl fmt::Display) -> Result<(), WriteError> {
    replace(path, content).map_err(|source| WriteError { path: path.to_owned(), source })
}

fn replace(path: &Path, content: impl fmt::Display) -> io::Result<()> {
    let directory = match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => directory,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(directory)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".playback-report");
    // A temporary file is its owner's alone; a report is as readable as any other file.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let file = builder.tempfile_in(directory)?;
    let mut writer = BufWriter::new(file);
    write!(writer, "{content}")?;
    writer.into_inner().map_err(io::IntoInnerError::into_error)?.persist(path)?;
    Ok(())
}

/// A report could not be written.
#[derive(Debug, thiserror::Error)]
#[error("writing the report {} failed: {source}", path.display())]
pub struct WriteError {
    path: PathBuf,
    source: io::Error,
}
