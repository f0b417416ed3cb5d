//! Files that go out.

use std::path::{Path, PathBuf};

use super::{FileContent, size_limit};
use crate::handler::{HandlerError, Prepare, Restore};

/// A handler for an output that sends a file: records the content of the file as what was sent, in place of
/// the arguments.
///
/// [`SentOutput::restore`](crate::SentOutput::restore) gives it back as a [`FileContent`], which can write
/// itself to a path.
#[derive(Debug, Clone)]
pub struct FileOutput {
    path: PathBuf,
    limit: u64,
}

impl FileOutput {
    /// A handler for a call that sends the file at `path`.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_owned(), limit: size_limit() }
    }

    /// The size in bytes past which the content is left out; by default
    /// [`SIZE_LIMIT_VARIABLE`](super::SIZE_LIMIT_VARIABLE) says.
    #[must_use]
    pub fn limit_bytes(mut self, limit: u64) -> Self {
        self.limit = limit;
        self
    }
}

impl<A: ?Sized> Prepare<A> for FileOutput {
    fn prepare<'a>(&'a self, _: &'a A) -> Result<Box<dyn erased_serde::Serialize + 'a>, HandlerError> {
        match FileContent::read(&self.path, self.limit) {
            Ok(content) => Ok(Box::new(content)),
            Err(error) => Err(format!("reading {}: {error}", self.path.display()).into()),
        }
    }
}

impl Restore<FileContent> for FileOutput {
    fn restore(
        &self,
        recorded: &mut dyn erased_serde::Deserializer<'_>,
    ) -> Result<FileContent, HandlerError> {
        Ok(erased_serde::deserialize(recorded)?)
    }
}
