//! Which object is kept where.

use object_store::path::Path;
use playback_cassette::{Error, ErrorKind, RecordingId};

const ROOT: &str = "tape_recorder_recordings";

/// The two trees of objects: tapes and metadata.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    /// Empty, or ends with a slash.
    prefix: String,
    full: String,
    metadata: String,
}

impl Layout {
    /// The layout under a prefix of any number of parts, within this one.
    pub(crate) fn below(&self, prefix: &str) -> Result<Self, Error> {
        let trimmed = prefix.trim_matches('/');
        if trimmed.is_empty() {
            return Ok(self.clone());
        }
        let prefixed = format!("{}{trimmed}/", self.prefix);
        Path::parse(&prefixed).map_err(|error| {
            let message = format!(
                "{prefix:?} cannot be a prefix of keys; leave out `.`, `..`, `//` and control characters"
            );
            Error::new(ErrorKind::Invalid, message).with_source(error)
        })?;
        if trimmed.split('/').any(|part| matches!(part, "full" | "metadata")) {
            let message = format!(
                "{prefix:?} cannot be a prefix of keys: `full` and `metadata` are what recordings are kept under; \
                 choose another name"
            );
            return Err(Error::new(ErrorKind::Invalid, message));
        }
        Ok(Self::new(prefixed))
    }

    fn new(prefix: String) -> Self {
        Self { full: format!("{ROOT}/{prefix}full"), metadata: format!("{ROOT}/{prefix}metadata"), prefix }
    }

    /// Where the tape is.
    pub(crate) fn full(&self, id: &RecordingId) -> Result<Path, Error> {
        parse(&format!("{}/{}", self.full, id.to_path()))
    }

    /// Where the metadata is.
    pub(crate) fn metadata(&self, id: &RecordingId) -> Result<Path, Error> {
        parse(&format!("{}/{}", self.metadata, id.to_path()))
    }

    /// What all tapes are under.
    pub(crate) fn tapes(&self) -> Result<Path, Error> {
        parse(&self.full)
    }

    /// What the metadata of all categories is under.
    pub(crate) fn categories(&self) -> Result<Path, Error> {
        parse(&self.metadata)
    }

    /// What the metadata of all days of a category is under.
    pub(crate) fn days(&self, category: &str) -> Result<Path, Error> {
        parse(&format!("{}/{}", self.metadata, RecordingId::encode_category(category)))
    }

    /// What the metadata of one day is under.
    pub(crate) fn day(&self, category: &str, day: &str) -> Result<Path, Error> {
        parse(&format!("{}/{}/{day}", self.metadata, RecordingId::encode_category(category)))
    }

    /// The recording whose metadata is at a path; none if it is not there that metadata is kept.
    pub(crate) fn id_of(&self, path: &Path) -> Option<RecordingId> {
        let rest = path.as_ref().strip_prefix(&self.metadata)?.strip_prefix('/')?;
        RecordingId::from_path(rest).ok()
    }
}

impl Default for Layout {
    fn default() -> Self {
        Self::new(String::new())
    }
}

/// Takes the text as it is: [`Path::from`] would encode the percent signs of ids once more.
fn parse(path: &str) -> Result<Path, Error> {
    Path::parse(path).map_err(|error| {
        Error::new(
            ErrorKind::Invalid,
            format!("`{path}` cannot be the key of an object; choose another name"),
        )
        .with_source(error)
    })
}
