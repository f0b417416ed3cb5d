//! Handlers that record the content of files: for calls that hand over a file by its path.
//!
//! ```
//! # fn main() -> std::io::Result<()> {
//! use playback_core::files::{FileInput, FileOutput};
//! use playback_core::{input, output};
//! use std::path::Path;
//!
//! /// Downloads a report to `path`. On replay, the recorded content is written there.
//! fn download(report: u64, path: &Path) -> u64 {
//!     input("reports.download")
//!         .args(&(report,)) // not the path: it may be another on replay
//!         .handler_with(|| FileInput::new(path).within(path.parent().unwrap_or(path)))
//!         .run(|| { /* … */ 1_024 })
//! }
//!
//! /// Uploads the file at `path`. On replay, the content is captured, and not sent.
//! fn upload(path: &Path) {
//!     output("reports.upload").handler_with(|| FileOutput::new(path)).args(&()).run(|| { /* … */ })
//! }
//! # let directory = std::env::temp_dir();
//! # download(7, &directory.join("report"));
//! # upload(&directory.join("report"));
//! # Ok(()) }
//! ```
//!
//! Replays run beside each other, and write the files of their own: what they are called must not be the same in two runs.
//! A result is recorded beside the file as serde has it, so that an [`io::Error`](std::io::Error) in it is turned into what can
//! be, such as its text.
//!
//! A file is read when its call has returned, whole, into memory, and on the thread of the call: one that is recorded
//! takes as long as that takes.

mod content;
mod input;
mod output;
mod place;

pub use content::FileContent;
pub use input::FileInput;
pub use output::FileOutput;

/// The environment variable for the size, in MB (of 1,000,000 bytes), past which a file's content is left out.
pub const SIZE_LIMIT_VARIABLE: &str = "PLAYBACK_INTERCEPTED_FILE_SIZE_LIMIT";

/// The size in MB past which a file's content is left out, where nothing else is said: what fits the 64 MiB that one value
/// may take unless the recorder is told otherwise. Raise both for larger files.
pub const DEFAULT_SIZE_LIMIT_MB: u64 = 60;

/// The size in bytes past which a file's content is left out.
fn size_limit() -> u64 {
    let set = std::env::var(SIZE_LIMIT_VARIABLE).ok();
    let megabytes = set.and_then(|text| text.trim().parse().ok()).unwrap_or(DEFAULT_SIZE_LIMIT_MB);
    megabytes.saturating_mul(1_000_000)
}
