//! Recordings as files of a directory: fixtures, and tapes that someone sent.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt};
use playback_cassette::{
    Cassette, Error, ErrorKind, Found, Listing, Metadata, Query, Recording, RecordingId, format, lookup,
};

use super::form::Form;

/// The recordings in the files of a directory and all below it: those whose names end as a [`Form`] has it,
/// whatever else they are called.
pub(crate) struct Files {
    directory: PathBuf,
    read_only: bool,
    /// Of what is saved.
    form: Form,
    kept: Mutex<BTreeMap<RecordingId, Kept>>,
    /// Files that hold no recording, or one that another file holds already.
    unreadable: Vec<PathBuf>,
}

struct Kept {
    file: PathBuf,
    found: Found,
}

impl Files {
    /// Reads which recordings there are. A file that cannot be read is reported by [`find`](Cassette::find),
    /// beside those that can.
    pub(crate) fn open(directory: &Path, form: Form, read_only: bool) -> Result<Self, Error> {
        let mut files = Vec::new();
        list(directory, &mut files)?;
        let mut kept: BTreeMap<RecordingId, Kept> = BTreeMap::new();
        let mut unreadable = Vec::new();
        for (file, _) in files {
            match read(&file) {
                Ok((found, recording)) if !kept.contains_key(recording.id()) => {
                    kept.insert(recording.id().clone(), Kept { file, found });
                }
                Ok(_) | Err(_) => unreadable.push(file),
            }
        }
        Ok(Self { directory: directory.to_owned(), read_only, form, kept: Mutex::new(kept), unreadable })
    }

    /// Whether there are files of recordings in a directory, or below it.
    pub(crate) fn are_in(directory: &Path) -> Result<bool, Error> {
        let mut files = Vec::new();
        list(directory, &mut files)?;
        Ok(!files.is_empty())
    }

    /// What is wrong with the files that are passed over.
    pub(crate) fn problems(&self) -> impl Iterator<Item = Error> + Send + '_ {
        self.unreadable.iter().filter_map(|file| match read(file) {
            Err(error) => Some(error),
            Ok((_, recording)) => {
                let other = self.kept().get(recording.id())?.file.clone();
                let message = format!(
                    "the file {} holds recording {}, and so does {}; delete one of them",
                    file.display(),
                    recording.id(),
                    other.display()
                );
                Some(Error::new(ErrorKind::Invalid, message))
            }
        })
    }

    /// The recordings in the order of their ids, and how many bytes their files take.
    pub(crate) fn sizes(&self) -> impl Iterator<Item = (RecordingId, u64)> {
        let sizes: Vec<_> =
            self.kept().iter().map(|(id, kept)| (id.clone(), kept.found.size.unwrap_or(0))).collect();
        sizes.into_iter()
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<RecordingId, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file_of(&self, id: &RecordingId) -> Result<PathBuf, Error> {
        let missing = || Error::not_found(id, format_args!("the files of {}", self.directory.display()));
        self.kept().get(id).map(|kept| kept.file.clone()).ok_or_else(missing)
    }

    fn check_writable(&self, act: &str, id: &RecordingId) -> Result<(), Error> {
        if self.read_only {
            let place = format!("the directory {}", self.directory.display());
            return Err(Error::read_only(format_args!("{act} recording {id}"), place));
        }
        Ok(())
    }
}

#[async_trait]
impl Cassette for Files {
    async fn save(&self, recording: &Recording) -> Result<(), Error> {
        let id = recording.id();
        self.check_writable("save", id)?;
        let known = self.kept().get(id).map(|kept| kept.file.clone());
        let file = known.unwrap_or_else(|| {
            let name = format!("{}.{}", id.unique(), self.form.ending());
            self.directory.join(id.encoded_category()).join(name)
        });
        let form = Form::of_file(&file).unwrap_or(self.form);
        let bytes = form.encode(recording)?;
        let failed =
            |error| failed("write the file", &file, "make the directory writable, or free space", error);
        write(&file, &bytes).map_err(failed)?;
        let found = Found::new(id.clone(), recording.metadata().clone()).with_size(bytes.len() as u64);
        self.kept().insert(id.clone(), Kept { file, found });
        Ok(())
    }

    async fn load(&self, id: &RecordingId) -> Result<Recording, Error> {
        let file = self.file_of(id)?;
        let (_, recording) = read(&file)?;
        if recording.id() == id {
            return Ok(recording);
        }
        let what = format_args!("it holds recording {} by now, and held {id} before", recording.id());
        Err(Error::corrupt(format_args!("the file {}", file.display()), what))
    }

    async fn load_metadata(&self, id: &RecordingId) -> Result<Metadata, Error> {
        Ok(self.load(id).await?.metadata().clone())
    }

    async fn delete(&self, id: &RecordingId) -> Result<(), Error> {
        self.check_writable("delete", id)?;
        let Ok(file) = self.file_of(id) else { return Ok(()) };
        match fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(failed("delete the file", &file, "make its directory writable", error));
            }
            _ => {}
        }
        self.kept().remove(id);
        Ok(())
    }

    fn find<'a>(&'a self, query: &Query) -> BoxStream<'a, Result<Found, Error>> {
        stream::iter(self.problems().map(Err)).chain(lookup(self, query)).boxed()
    }

    async fn categories(&self) -> Result<Vec<String>, Error> {
        self.list_categories().await
    }
}

#[async_trait]
impl Listing for Files {
    async fn list_categories(&self) -> Result<Vec<String>, Error> {
        let mut categories: Vec<String> = self.kept().keys().map(|id| id.category().to_owned()).collect();
        categories.dedup();
        Ok(categories)
    }

    async fn list_days(&self, category: &str) -> Result<Vec<String>, Error> {
        let kept = self.kept();
        let mut days: Vec<String> =
            kept.keys().filter(|id| id.category() == category).map(|id| id.day().to_owned()).collect();
        days.dedup();
        Ok(days)
    }

    async fn list_ids(&self, category: &str, day: &str) -> Result<Vec<RecordingId>, Error> {
        Ok(self.kept().keys().filter(|id| id.category() == category && id.day() == day).cloned().collect())
    }

    async fn read_metadata(&self, id: &RecordingId) -> Result<Found, Error> {
        let found = self.kept().get(id).map(|kept| kept.found.clone());
        found.ok_or_else(|| Error::not_found(id, format_args!("the files of {}", self.directory.display())))
    }
}

/// The recording in a file, whatever its form, and what a lookup finds of it.
pub(crate) fn read(file: &Path) -> Result<(Found, Recording), Error> {
    let bytes = fs::read(file).map_err(|error| failed("read the file", file, "make it readable", error))?;
    let name = format!("the file {}", file.display());
    let recording = match Form::of_file(file) {
        Some(form) => form.decode(&name, &bytes)?,
        None => format::decode(&name, &bytes)?,
    };
    let found = Found::new(recording.id().clone(), recording.metadata().clone());
    Ok((found.with_size(bytes.len() as u64), recording))
}

/// Writes a file whole or not at all.
pub(crate) fn write(file: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(directory) = file.parent() {
        fs::create_dir_all(directory)?;
    }
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let beside = file.with_file_name(name);
    let written = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, file));
    if written.is_err() {
        // The error that is reported is the first.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// The files of recordings in a directory and all below it, in the order of their paths.
fn list(directory: &Path, files: &mut Vec<(PathBuf, Form)>) -> Result<(), Error> {
    let refused = |error| failed("list the directory", directory, "name one that you may read", error);
    let entries = fs::read_dir(directory).map_err(refused)?.collect::<io::Result<Vec<_>>>();
    let mut entries = entries.map_err(refused)?;
    entries.sort_by_key(fs::DirEntry::path);
    for entry in entries {
        let path = entry.path();
        if entry.file_type().map_err(refused)?.is_dir() {
            list(&path, files)?;
        } else if let Some(form) = Form::of_file(&path) {
            files.push((path, form));
        }
    }
    Ok(())
}

/// What went wrong with a path, and what to do.
pub(crate) fn failed(act: &str, path: &Path, remedy: &str, error: io::Error) -> Error {
    let kind = match error.kind() {
        io::ErrorKind::NotFound => ErrorKind::NotFound,
        _ => ErrorKind::Refused,
    };
    Error::new(kind, format!("cannot {act} {}; {remedy}", path.display())).with_source(error)
}
