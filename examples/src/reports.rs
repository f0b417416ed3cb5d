//! A report in all its forms.

use std::path::{Path, PathBuf};

use playback_studio::{Gate, Report, WriteError};

/// Writes a report to a directory in each of its forms, and says where.
///
/// # Errors
/// If a file cannot be written.
pub fn write_reports(report: &Report, directory: &Path) -> Result<Vec<PathBuf>, WriteError> {
    let gate = Gate::default();
    let path = |name: &str| directory.join(name);
    report.write_text(path("report.txt"))?; // for people at a terminal
    report.write_html(path("report.html"))?; // for people with a browser
    report.write_markdown(path("report.md"), &gate)?; // for a pull request
    report.write_junit(path("report.xml"), &gate)?; // for continuous integration
    report.write_json(path("report.json"))?; // for programs, and to be merged with those of other shards
    Ok(["report.txt", "report.html", "report.md", "report.xml", "report.json"].map(path).to_vec())
}
