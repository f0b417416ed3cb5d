//! Where a replay may write, and writing there.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::handler::HandlerError;

/// The path of a file with every link on the way to it followed, if that is within `root`. Directories on the
/// way that are not there are made.
///
/// It is looked at where the way leads before it is gone, and again when the directories are there. Whoever can put links
/// into the directory while a replay runs can still lead one write elsewhere in between: the directory is to be the replay's
/// own.
pub(super) fn within(root: &Path, path: &Path) -> Result<PathBuf, HandlerError> {
    let refuse = |why: &str| {
        let (path, root) = (path.display(), root.display());
        format!("{path} is not written: {why}; the allowed directory is {root}, set by `FileInput::within`")
    };
    if path.components().any(|part| part == Component::ParentDir) {
        return Err(refuse("it has `..` in it").into());
    }
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(refuse("it names no file").into());
    };
    let real_root =
        fs::canonicalize(root).map_err(|error| refuse(&format!("the directory fails: {error}")))?;
    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    // What is there already decides where the rest will be.
    let there = parent.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(Path::new("."));
    let real = fs::canonicalize(there).map_err(|error| refuse(&error.to_string()))?;
    if !real.starts_with(&real_root) {
        return Err(refuse("it is outside the allowed directory").into());
    }
    fs::create_dir_all(parent).map_err(|error| refuse(&error.to_string()))?;
    let real = fs::canonicalize(parent).map_err(|error| refuse(&error.to_string()))?;
    if !real.starts_with(&real_root) {
        return Err(refuse("it is outside the allowed directory").into());
    }
    Ok(real.join(name))
}

/// Writes a file, whole or not at all. A link in its place is replaced, and not followed.
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Relaxed);
    let temporary = path.with_file_name(format!(".playback-{}-{number}", std::process::id()));
    let written = OpenOptions::new().write(true).create_new(true).open(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        fs::rename(&temporary, path)
    });
    if written.is_err() {
        // What is left of it, if anything; the error that counts is the first.
        let _ = fs::remove_file(&temporary);
    }
    written
}
