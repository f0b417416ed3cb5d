//! A directory of tape files, bounded in bytes, which any number of processes may share.

use std::collections::HashSet;
use std::fmt;
use std::fs::{self, DirEntry, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use playback_core::{Recording, RecordingId};

use crate::{Clock, Error, ErrorKind, format};

/// The directory in the user's, with the version of its layout.
const ROOT: &str = "playback-cache-1";
/// How the names of files begin that are being written.
const UNFINISHED: &str = ".unfinished-";
/// The age past which such a file belongs to a process that was killed.
const LEFT_BEHIND: Duration = Duration::from_secs(3600);
/// How much of a large recording is in memory while it is written.
const PART_BYTES: u64 = 8 << 20;
/// The share of the bound that may be added before the directory is looked at for what others added.
const SHARE: u64 = 16;

pub(super) struct Cache {
    pub(super) directory: PathBuf,
    pub(super) max_bytes: u64,
    pub(super) clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// How often anything was forgotten.
    changes: u64,
    /// Recordings whose files should be gone, and would not go.
    distrusted: HashSet<RecordingId>,
    /// The bytes of all files as far as this process knows; none until it has looked.
    known_bytes: Option<u64>,
    /// The bytes that this process has added.
    added: u64,
    /// How many of those when it looked.
    added_then: u64,
    evicted: u64,
}

/// How things stood when a recording began to be fetched.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket(u64);

impl Cache {
    pub(super) fn new(directory: PathBuf, max_bytes: u64, clock: Arc<dyn Clock>) -> Self {
        Self { directory, max_bytes, clock, state: Mutex::default() }
    }

    pub(super) fn ticket(&self) -> Ticket {
        Ticket(self.lock().changes)
    }

    pub(super) fn evicted(&self) -> u64 {
        self.lock().evicted
    }

    /// The recording, if its file is there. A file that holds something else is removed.
    pub(super) fn read(&self, id: &RecordingId) -> Result<Option<Recording>, Error> {
        if self.lock().distrusted.contains(id) {
            return Ok(None);
        }
        let path = self.path(id);
        let failed = |error| failed("read", &path, error);
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(failed)?,
        };
        match decode(id, &file, &failed) {
            Ok(recording) => {
                // What is loaded is evicted last. If the time cannot be set, it is evicted sooner.
                let _ = file.set_modified(self.clock.now());
                Ok(Some(recording))
            }
            Err(error) => {
                // If it stays, it is found to be damaged again.
                let _ = fs::remove_file(&path);
                Err(error)
            }
        }
    }

    /// Keeps a recording that was fetched, unless anything changed since.
    pub(super) fn keep(&self, recording: &Recording, ticket: Ticket) -> Result<(), Error> {
        let id = recording.id();
        let tape = format::TapeFile::of(recording)?;
        let length = tape.length();
        if length > self.max_bytes {
            return Ok(());
        }
        let (root, path) = (self.root(), self.path(id));
        let failed = |error| failed("write", &path, error);
        fs::create_dir_all(path.parent().unwrap_or(&root)).map_err(failed)?;
        // Removes itself unless it comes to its place.
        let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&root).map_err(failed)?;
        for part in tape.parts(PART_BYTES) {
            file.write_all(&part?).map_err(failed)?;
        }
        file.as_file().set_modified(self.clock.now()).map_err(failed)?;

        let Some(mut state) = self.unchanged(ticket) else { return Ok(()) };
        if !self.has_room(&state, length) {
            let added_then = state.added;
            // A directory may take long to list, and its files' ages are told by a clock that is not ours.
            drop(state);
            let files = self.list().map_err(failed)?;
            let Some(again) = self.unchanged(ticket) else { return Ok(()) };
            state = again;
            self.make_room(&mut state, length, files, added_then).map_err(failed)?;
        }
        file.persist(&path).map_err(|error| failed(error.error))?;
        state.distrusted.remove(id);
        state.known_bytes = state.known_bytes.map(|known| known.saturating_add(length));
        state.added = state.added.saturating_add(length);
        Ok(())
    }

    /// Removes the file of a recording, and keeps no recording that is being fetched.
    pub(super) fn forget(&self, id: &RecordingId) -> Result<(), Error> {
        let path = self.path(id);
        let mut state = self.lock();
        state.changes += 1;
        match fs::remove_file(&path) {
            Ok(()) => Ok(()),
            // There is no such file, or something that is no directory stands where the directory should.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Ok(())
            }
            Err(error) => {
                state.distrusted.insert(id.clone());
                Err(failed("remove", &path, error))
            }
        }
    }

    /// The state, if nothing was forgotten since.
    fn unchanged(&self, ticket: Ticket) -> Option<MutexGuard<'_, State>> {
        Some(self.lock()).filter(|state| Ticket(state.changes) == ticket)
    }

    /// Whether so many bytes more stay within the bound, as far as is known.
    fn has_room(&self, state: &State, length: u64) -> bool {
        state.known_bytes.is_some_and(|known| self.fits(known, length))
            && state.added - state.added_then <= self.max_bytes / SHARE
    }

    fn fits(&self, known: u64, length: u64) -> bool {
        known.saturating_add(length) <= self.max_bytes
    }

    /// Sees to it that so many bytes more stay within the bound, by what was listed when this process had added so many.
    fn make_room(
        &self,
        state: &mut State,
        length: u64,
        mut files: Vec<Kept>,
        added_then: u64,
    ) -> io::Result<()> {
        // What was added in the meantime may have been listed or not.
        let mut bytes = files.iter().map(|file| file.length).sum::<u64>() + (state.added - added_then);
        if !self.fits(bytes, length) {
            files.sort_by_key(|file| file.used);
            for file in files {
                match fs::remove_file(&file.path) {
                    Ok(()) => state.evicted += 1,
                    // Another has removed it: then there is room as well.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(error),
                }
                bytes -= file.length;
                if self.fits(bytes, length) {
                    break;
                }
            }
        }
        state.known_bytes = Some(bytes);
        state.added_then = state.added;
        Ok(())
    }

    /// All files of recordings. Removes what was left behind by those who were killed.
    fn list(&self) -> io::Result<Vec<Kept>> {
        let mut files = Vec::new();
        for category in entries(&self.root())? {
            let category_path = category.path();
            if !category.file_type()?.is_dir() {
                self.remove_left_behind(&category);
                continue;
            }
            for day in entries(&category_path)? {
                if day.file_type()?.is_dir() {
                    files.extend(entries(&day.path())?.iter().filter_map(kept));
                }
            }
        }
        Ok(files)
    }

    /// Removes a file that is not being written any more; if that fails, the next one tries again.
    fn remove_left_behind(&self, entry: &DirEntry) {
        let ours = entry.file_name().to_string_lossy().starts_with(UNFINISHED);
        let written = entry.metadata().and_then(|metadata| metadata.modified());
        let old =
            written.is_ok_and(|at| self.clock.now().duration_since(at).is_ok_and(|age| age >= LEFT_BEHIND));
        if ours && old {
            let _ = fs::remove_file(entry.path());
        }
    }

    fn root(&self) -> PathBuf {
        self.directory.join(ROOT)
    }

    fn path(&self, id: &RecordingId) -> PathBuf {
        self.root().join(format!("{}.tape", id.to_path()))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that holds it panics; if it did, the worst is a file that is looked at once more.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("directory", &self.directory)
            .field("max_bytes", &self.max_bytes)
            .finish_non_exhaustive()
    }
}

/// The recording in a file; the values of a large one stay there.
fn decode(id: &RecordingId, file: &File, failed: &dyn Fn(io::Error) -> Error) -> Result<Recording, Error> {
    if file.metadata().map_err(failed)?.len() > format::MAX_MEMORY_BYTES {
        return format::decode_recording_file(id, file.try_clone().map_err(failed)?);
    }
    let mut bytes = Vec::new();
    // It may grow while it is read: what is longer is damaged, and found to be so.
    file.take(format::MAX_MEMORY_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    format::decode_recording(id, &bytes)
}

/// A file of a recording.
struct Kept {
    path: PathBuf,
    length: u64,
    used: SystemTime,
}

/// What an entry is, if it is a file of a recording and still there.
fn kept(entry: &DirEntry) -> Option<Kept> {
    let path = entry.path();
    let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
    (path.extension()? == "tape").then_some(())?;
    Some(Kept { path, length: metadata.len(), used: metadata.modified().ok()? })
}

fn entries(directory: &Path) -> io::Result<Vec<DirEntry>> {
    fs::read_dir(directory)?.collect()
}

fn failed(act: &str, path: &Path, error: io::Error) -> Error {
    let message = format!(
        "cannot {act} {}; make room and see to the permissions, or name another directory",
        path.display()
    );
    Error::new(ErrorKind::Other, message).with_source(error)
}
