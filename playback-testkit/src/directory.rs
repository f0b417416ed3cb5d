//! A cassette of tape files in a directory.

use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt};
use playback_cassette::{Cassette, Error, ErrorKind, Found, Query, format};
use playback_core::{Metadata, Recording, RecordingId};

use crate::MemoryCassette;

/// The recordings in the tape files of a directory and all below it, for tests: those files whose names end
/// in `.tape`, whatever else they are called.
///
/// A tape file is what [`format::encode`] makes of a recording, and what `ObjectStoreCassette` keeps under
/// `full/`: a recording made in production becomes a fixture by copying it there. The files are read when
/// the cassette is opened, and not again. It cannot be written to.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> { futures::executor::block_on(async {
/// use playback_cassette::{CassetteExt, Query, format};
/// use playback_testkit::{DirectoryCassette, record};
///
/// # let directory = tempfile::tempdir()?;
/// # let directory = directory.path();
/// # async fn add(one: u64, other: u64) -> u64 {
/// #     playback_core::operation("Add").args(&(one, other)).run_async(async move { one + other }).await
/// # }
/// let recording = record(add(1, 2)).await.recording();
/// std::fs::write(directory.join("one and two.tape"), format::encode(&recording)?)?;
///
/// let cassette = DirectoryCassette::open(directory).await?;
/// assert_eq!(cassette.find_all(&Query::new().category("Add")).await?[0].id, *recording.id());
/// # Ok(()) }) }
/// ```
#[derive(Debug, Clone)]
pub struct DirectoryCassette {
    directory: PathBuf,
    recordings: MemoryCassette,
    /// Files that hold no recording; `find` says why.
    unreadable: Vec<PathBuf>,
}

impl DirectoryCassette {
    /// Reads the tape files of a directory. A file that cannot be read as one is reported by
    /// [`find`](Cassette::find), beside those that can.
    ///
    /// # Errors
    /// If the directory cannot be listed, or if two of its files hold the same recording.
    pub async fn open(directory: impl Into<PathBuf>) -> Result<Self, Error> {
        let directory = directory.into();
        let mut files = Vec::new();
        list(&directory, &mut files).map_err(|error| {
            failed("list the directory", &directory, "give one with tape files in it", error)
        })?;
        let mut cassette = Self { directory, recordings: MemoryCassette::new(), unreadable: Vec::new() };
        for file in files {
            match read(&file) {
                Ok(recording) => cassette.add(&file, &recording).await?,
                Err(_) => cassette.unreadable.push(file),
            }
        }
        Ok(cassette)
    }

    async fn add(&mut self, file: &Path, recording: &Recording) -> Result<(), Error> {
        let id = recording.id();
        if self.recordings.load_metadata(id).await.is_ok() {
            let message = format!(
                "the file {} holds recording {id}, and so does another in {}; delete one of them",
                file.display(),
                self.directory.display()
            );
            return Err(Error::new(ErrorKind::Invalid, message));
        }
        self.recordings.save(recording).await
    }

    fn read_only(&self, act: &str, id: &RecordingId) -> Error {
        let message = format!(
            "cannot {act} recording {id}: the directory {} is read when it is opened, and not written to; copy or \
             delete its tape files instead",
            self.directory.display()
        );
        Error::new(ErrorKind::ReadOnly, message)
    }
}

#[async_trait]
impl Cassette for DirectoryCassette {
    async fn save(&self, recording: &Recording) -> Result<(), Error> {
        Err(self.read_only("save", recording.id()))
    }

    async fn load(&self, id: &RecordingId) -> Result<Recording, Error> {
        let missing = |error: Error| match error.kind() {
            ErrorKind::NotFound => {
                Error::not_found(id, format_args!("the tape files of {}", self.directory.display()))
            }
            _ => error,
        };
        self.recordings.load(id).await.map_err(missing)
    }

    async fn load_metadata(&self, id: &RecordingId) -> Result<Metadata, Error> {
        Ok(self.load(id).await?.metadata().clone())
    }

    async fn delete(&self, id: &RecordingId) -> Result<(), Error> {
        Err(self.read_only("delete", id))
    }

    fn find<'a>(&'a self, query: &Query) -> BoxStream<'a, Result<Found, Error>> {
        let unreadable = self.unreadable.iter().filter_map(|file| read(file).err()).map(Err);
        stream::iter(unreadable).chain(self.recordings.find(query)).boxed()
    }

    async fn categories(&self) -> Result<Vec<String>, Error> {
        self.recordings.categories().await
    }

    fn place(&self) -> String {
        format!("the directory {}", self.directory.display())
    }
}

/// The tape files of a directory and all below it, in the order of their paths.
fn list(directory: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries = std::fs::read_dir(directory)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(std::fs::DirEntry::path);
    for entry in entries {
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            list(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "tape") {
            files.push(path);
        }
    }
    Ok(())
}

fn read(file: &Path) -> Result<Recording, Error> {
    let bytes =
        std::fs::read(file).map_err(|error| failed("read the file", file, "make it readable", error))?;
    format::decode(&format!("the file {}", file.display()), &bytes)
}

fn failed(act: &str, path: &Path, remedy: &str, error: io::Error) -> Error {
    let kind = if error.kind() == io::ErrorKind::NotFound { ErrorKind::NotFound } else { ErrorKind::Refused };
    Error::new(kind, format!("cannot {act} {}; {remedy}", path.display())).with_source(error)
}
