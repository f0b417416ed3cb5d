//! URLs to stores.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use playback_cassette::{Error, ErrorKind};
use url::Url;

#[cfg(any(feature = "aws", feature = "azure", feature = "gcp"))]
use crate::cloud;
use crate::failure;
use crate::options::Options;

/// The schemes of clouds, the features that bring them, and whether those are on.
const CLOUDS: [(&[&str], &str, bool); 3] = [
    (&["s3", "s3a"], "aws", cfg!(feature = "aws")),
    (&["gs"], "gcp", cfg!(feature = "gcp")),
    (&["az", "azure", "adl", "abfs", "abfss"], "azure", cfg!(feature = "azure")),
];

/// A store, and what people call it.
pub(crate) struct Place {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) name: String,
    pub(crate) kind: PlaceKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlaceKind {
    /// Files of this machine.
    Disk,
    /// What knows the storage classes of S3.
    S3,
    Other,
}

/// What a URL names.
pub(crate) struct Address {
    pub(crate) place: Place,
    /// Of keys; empty for none.
    pub(crate) prefix: String,
}

pub(crate) fn open(url: &str, options: &Options) -> Result<Address, Error> {
    let parsed = Url::parse(url)
        .map_err(|error| Error::new(ErrorKind::Invalid, no_url(url, error)).with_source(error))?;
    let place = match parsed.scheme() {
        scheme @ ("file" | "memory") if !options.named.is_empty() || options.endpoint.is_some() => {
            let message = format!("a store of the scheme `{scheme}` has no options; leave them out");
            return Err(Error::new(ErrorKind::Invalid, message));
        }
        "file" => local(&file_path(url, &parsed)?)?,
        "memory" => memory(),
        scheme => return open_cloud(scheme, &parsed, options),
    };
    Ok(Address { place, prefix: String::new() })
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
    Ok(Place { store: Arc::new(store), name, kind: PlaceKind::Disk })
}

pub(crate) fn memory() -> Place {
    Place { store: Arc::new(InMemory::new()), name: "memory".to_owned(), kind: PlaceKind::Other }
}

/// Says the scheme only, if there is one: a key with a slash in it looks like a host and a port that is none.
fn no_url(url: &str, error: url::ParseError) -> String {
    match url.split_once("://") {
        Some((scheme, _)) => format!(
            "`{scheme}://…` is no URL of a store ({error}); write the place only, as `s3://bucket/prefix`, and give \
             credentials by the environment or by `ObjectStoreCassette::builder`"
        ),
        None => format!(
            "`{url}` is no URL of a store; write `file:///absolute/path` or `memory://`, or use \
             `ObjectStoreCassette::local` for a path"
        ),
    }
}

/// Whether a URL is a place only. What else may stand in it would be passed over, and may be part of a name, or secret.
pub(crate) fn is_plain(url: &Url, may_have_user: bool) -> bool {
    (may_have_user || url.username().is_empty())
        && url.password().is_none()
        && url.port().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
}

fn file_path(url: &str, parsed: &Url) -> Result<PathBuf, Error> {
    if !is_plain(parsed, false) {
        let message =
            "a URL `file://…` of a cassette is a path only; write `#` and `?` in a name as `%23` and `%3F`";
        return Err(Error::new(ErrorKind::Invalid, message));
    }
    parsed.to_file_path().map_err(|()| {
        let message = format!(
            "`{url}` names no directory of this machine; write `file:///absolute/path`, or use \
             `ObjectStoreCassette::local` for a relative path"
        );
        Error::new(ErrorKind::Invalid, message)
    })
}

#[cfg_attr(
    not(any(feature = "aws", feature = "azure", feature = "gcp")),
    expect(unused_variables, reason = "without clouds, only the scheme matters")
)]
fn open_cloud(scheme: &str, parsed: &Url, options: &Options) -> Result<Address, Error> {
    let feature =
        CLOUDS.iter().find(|(schemes, ..)| schemes.contains(&scheme)).map(|(_, feature, _)| *feature);
    match feature {
        #[cfg(feature = "aws")]
        Some("aws") => cloud::open_s3(parsed, options),
        #[cfg(feature = "gcp")]
        Some("gcp") => cloud::open_gcs(parsed, options),
        #[cfg(feature = "azure")]
        Some("azure") => cloud::open_azure(parsed, options),
        feature => Err(unknown(scheme, feature)),
    }
}

/// Says the scheme only: the rest of an address may hold credentials.
fn unknown(scheme: &str, feature: Option<&str>) -> Error {
    let mut known = vec!["`file`".to_owned(), "`memory`".to_owned()];
    let mut absent = Vec::new();
    for (schemes, feature, is_there) in CLOUDS {
        let first = schemes.first().copied().unwrap_or_default();
        if is_there {
            known.push(format!("`{first}`"));
        } else {
            absent.push(format!("`{first}` (feature `{feature}`)"));
        }
    }
    let known = format!("known schemes are {}", known.join(", "));
    let message = match feature {
        Some(feature) => format!(
            "the scheme `{scheme}` needs the feature `{feature}` of playback-cassette-s3: add \
             `features = [\"{feature}\"]` to the dependency; without it, {known}"
        ),
        None if absent.is_empty() => format!("`{scheme}` is no scheme of a store; {known}"),
        None => {
            format!("`{scheme}` is no scheme of a store; {known}, and by features {}", absent.join(", "))
        }
    };
    Error::new(ErrorKind::Invalid, message)
}
