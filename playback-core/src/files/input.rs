//! Files that come in.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{FileContent, place, size_limit};
use crate::handler::{HandlerError, Prepare, Restore};

/// A handler for an input that leaves a file behind: records the call's result and the content of the file,
/// and on replay writes the file again and returns the result.
///
/// On replay it writes within an allowed directory only, the system's directory for temporary files unless
/// [`within`](Self::within) names another: recordings come from elsewhere, and what they make the code do
/// must not reach the rest of the machine. Links in that directory lead out of it for nobody, unless somebody puts them
/// there while a replay runs: give it a directory that nobody else writes to.
#[derive(Debug, Clone)]
pub struct FileInput {
    path: PathBuf,
    root: PathBuf,
    limit: u64,
}

impl FileInput {
    /// A handler for a call that leaves a file at `path`.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_owned(), root: std::env::temp_dir(), limit: size_limit() }
    }

    /// The directory that the file must be in, at any depth, for a replay to write it.
    #[must_use]
    pub fn within(mut self, root: impl AsRef<Path>) -> Self {
        self.root = root.as_ref().to_owned();
        self
    }

    /// The size in bytes past which the content is left out; by default
    /// [`SIZE_LIMIT_VARIABLE`](super::SIZE_LIMIT_VARIABLE) says.
    #[must_use]
    pub fn limit_bytes(mut self, limit: u64) -> Self {
        self.limit = limit;
        self
    }
}

impl<R: Serialize> Prepare<R> for FileInput {
    /// Records no file where the call left none, as a call that failed may.
    fn prepare<'a>(&'a self, value: &'a R) -> Result<Box<dyn erased_serde::Serialize + 'a>, HandlerError> {
        let content = match FileContent::read(&self.path, self.limit) {
            Ok(content) => Some(content),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(format!("reading {}: {error}", self.path.display()).into()),
        };
        Ok(Box::new((value, content)))
    }
}

impl<R: DeserializeOwned> Restore<R> for FileInput {
    fn restore(&self, recorded: &mut dyn erased_serde::Deserializer<'_>) -> Result<R, HandlerError> {
        let (result, content): (R, Option<FileContent>) = erased_serde::deserialize(recorded)?;
        if let Some(content) = content {
            let path = place::within(&self.root, &self.path)?;
            content.write_to(&path).map_err(|error| format!("writing {}: {error}", path.display()))?;
        }
        Ok(result)
    }
}
