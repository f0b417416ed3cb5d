//! URLs to stores.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use playback_cassette::{Error, ErrorKind};
use url::Url;

use crate::failure;

/// Schemes that are to come, and the features that will bring them.
const TO_COME: [(&str, &str); 5] =
    [("s3", "aws"), ("s3a", "aws"), ("gs", "gcp"), ("az", "azure"), ("abfs", "azure")];

/// A store, and what people call it.
pub(crate) struct Place {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) name: String,
}

pub(crate) fn open(url: &str) -> Result<Place, Error> {
    let parsed = Url::parse(url).map_err(|error| {
        let message = format!(
            "`{url}` is no URL of a store; write `file:///absolute/path` or `memory://`, or use \
             `ObjectStoreCassette::local` for a path"
        );
        Error::new(ErrorKind::Invalid, message).with_source(error)
    })?;
    match parsed.scheme() {
        "file" => local(&file_path(url, &parsed)?),
        "memory" => Ok(memory()),
        other => Err(unknown(other)),
    }
}

/// The store in a directory, which is made if it is not there.
pub(crate) fn local(path: &Path) -> Result<Place, Error> {
    let name = format!("the directory {}", path.display());
    let open = || -> Result<LocalFileSystem, object_store::Error> {
        fs::create_dir_all(path).map_err(|error| object_store::Error::Generic {
            store: "LocalFileSystem",
            source: error.into(),
        })?;
        LocalFileSystem::new_with_prefix(path)
    };
    let store = open().map_err(|error| failure::of_place(error, "open a cassette", &name))?;
    Ok(Place { store: Arc::new(store), name })
}

pub(crate) fn memory() -> Place {
    Place { store: Arc::new(InMemory::new()), name: "memory".to_owned() }
}

fn file_path(url: &str, parsed: &Url) -> Result<PathBuf, Error> {
    parsed.to_file_path().map_err(|()| {
        let message = format!(
            "`{url}` names no directory of this machine; write `file:///absolute/path`, or use \
             `ObjectStoreCassette::local` for a relative path"
        );
        Error::new(ErrorKind::Invalid, message)
    })
}

/// Says the scheme only: the rest of an address may hold credentials.
fn unknown(scheme: &str) -> Error {
    let known = "known schemes are `file` and `memory`";
    let message = match TO_COME.iter().find(|(name, _)| *name == scheme) {
        Some((_, feature)) => {
            format!(
                "the scheme `{scheme}` needs the feature `{feature}`, which a later version will bring; {known}"
            )
        }
        None => format!(
            "`{scheme}` is no scheme of a store; {known}, and with features of a later version `s3`, `gs` and `az`"
        ),
    };
    Error::new(ErrorKind::Invalid, message)
}
