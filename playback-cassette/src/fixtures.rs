//! Recordings as files in a directory that people look after, such as `tests/recordings`.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt};
use playback_core::{Metadata, Recording, RecordingId};

use crate::format::TapeFile;
use crate::{Cassette, Error, ErrorKind, Found, Listing, Query, format, lookup, text};

/// What the names of tape files end in.
const TAPE: &str = ".tape";
/// Values that take more than this together are no text that people read, in bytes as they are encoded: 4 MiB.
const LARGEST_TEXT: u64 = 4 << 20;
/// A tape file is written in pieces of so many bytes.
const PIECE: u64 = 1 << 20;

/// The recordings in the files of a directory and all below it, for tests: those whose names end in
/// `.tape.txt`, which hold [text], and in `.tape`, which hold [tape files](mod@format), whatever else they are called.
///
/// A tape file is what an object store keeps under `full/`: a recording made in production becomes a fixture by
/// copying it there. Texts are made by [`keep`](Self::keep); they can be reviewed, compared and edited.
///
/// Opening a directory reads the heads of the files; the rest is read when a recording is loaded, and the values
/// of a large tape file when they are asked for.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> { futures::executor::block_on(async {
/// use playback_cassette::{CassetteExt, Fixtures, Query};
/// # async fn add(one: u64, other: u64) -> u64 {
/// #     playback_core::operation("Add").args(&(one, other)).run_async(async move { one + other }).await
/// # }
/// # let directory = tempfile::tempdir()?;
/// # let directory = directory.path();
/// let recording = playback_testkit::record(add(1, 2)).await.recording();
/// let file = Fixtures::writable(directory)?.keep(&recording, "one and two")?;
/// assert!(std::fs::read_to_string(&file)?.contains("\noperation Add\n"));
///
/// let fixtures = Fixtures::open(directory)?;
/// assert_eq!(fixtures.find_all(&Query::new().category("Add")).await?[0].id, *recording.id());
/// assert_eq!(fixtures.path_of(recording.id()), Some(file));
/// # Ok(()) }) }
/// ```
pub struct Fixtures {
    directory: PathBuf,
    is_writable: bool,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    files: BTreeMap<RecordingId, Fixture>,
    /// Files that hold no recording; `find` says why.
    unreadable: Vec<PathBuf>,
}

#[derive(Clone)]
struct Fixture {
    path: PathBuf,
    found: Found,
}

impl Fixtures {
    /// The recordings of a directory, for reading. A file that cannot be read as one is reported by
    /// [`find`](Cassette::find), beside those that can.
    ///
    /// # Errors
    /// If the directory cannot be listed, or if two of its files hold the same recording.
    pub fn open(directory: impl Into<PathBuf>) -> Result<Self, Error> {
        let (fixtures, doubles) = Self::open_with_doubles(directory)?;
        doubles.into_iter().next().map_or(Ok(fixtures), Err)
    }

    /// As [`open`](Self::open), for a look at a directory that is not in order: of the files that hold the same
    /// recording the first is taken, and there is an error for each of the others.
    ///
    /// # Errors
    /// If the directory cannot be listed.
    pub fn open_with_doubles(directory: impl Into<PathBuf>) -> Result<(Self, Vec<Error>), Error> {
        let directory = directory.into();
        let mut doubles = Vec::new();
        let mut files = Vec::new();
        let remedy = "give one with recordings in it, files that end in .tape or .tape.txt";
        list(&directory, &mut files)
            .map_err(|error| failed("list the directory", &directory, remedy, error))?;
        let mut kept = Kept::default();
        for path in files {
            match read_head(&path) {
                Ok(found) => doubles.extend(kept.add(Fixture { path, found }).err()),
                Err(_) => kept.unreadable.push(path),
            }
        }
        Ok((Self { directory, is_writable: false, kept: Mutex::new(kept) }, doubles))
    }

    /// The recordings of a directory, for writing as well. It is made if it is not there.
    ///
    /// # Errors
    /// As [`open`](Self::open), and if it cannot be made.
    pub fn writable(directory: impl Into<PathBuf>) -> Result<Self, Error> {
        let directory = directory.into();
        fs::create_dir_all(&directory)
            .map_err(|error| failed("make the directory", &directory, "make it writable", error))?;
        Ok(Self { is_writable: true, ..Self::open(directory)? })
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The file of a recording.
    #[must_use]
    pub fn path_of(&self, id: &RecordingId) -> Option<PathBuf> {
        self.lock().files.get(id).map(|fixture| fixture.path.clone())
    }

    /// Keeps a recording as text under a name of one's own, which may lead into directories below: "with discount",
    /// "big orders/first". If its name ends in `.tape`, as a tape file. A file that it had before is removed, and no file
    /// is replaced or removed but one that holds this recording.
    ///
    /// # Errors
    /// [`ErrorKind::ReadOnly`] if the directory was opened for reading only; [`ErrorKind::Invalid`] if the name leads
    /// out of the directory, or to a file that holds another recording or none; [`ErrorKind::TooLarge`] if the recording
    /// is to be a text, and its values take more than 4 MiB; and if the file cannot be written.
    pub fn keep(&self, recording: &Recording, name: &str) -> Result<PathBuf, Error> {
        let named = Path::new(name);
        let mut parts = named.components();
        let is_bare = named.file_name().is_some_and(|file| *file == *TAPE || *file == *text::EXTENSION);
        if name.is_empty() || is_bare || !parts.all(|part| matches!(part, Component::Normal(_))) {
            let message = format!(
                "{name:?} is no name for a recording; give one that stays in {}",
                self.directory.display()
            );
            return Err(Error::new(ErrorKind::Invalid, message));
        }
        let ending =
            if name.ends_with(TAPE) || name.ends_with(text::EXTENSION) { "" } else { text::EXTENSION };
        let path = self.directory.join(format!("{name}{ending}"));
        self.write(recording, path.clone())?;
        Ok(path)
    }

    fn write(&self, recording: &Recording, path: PathBuf) -> Result<(), Error> {
        let id = recording.id();
        self.check_writable("save", id)?;
        let content = Content::of(recording, &path)?;
        let mut kept = self.lock();
        let is_there = holds(&path, id)?;
        content
            .write(&path, is_there)
            .map_err(|error| failed("write the file", &path, "make its directory writable", error))?;
        let found = Found::new(id.clone(), recording.metadata().clone()).with_size(content.length());
        let before = kept.files.insert(id.clone(), Fixture { path: path.clone(), found });
        kept.unreadable.retain(|other| *other != path);
        match before.filter(|before| before.path != path) {
            Some(before) => remove(&before.path, id),
            None => Ok(()),
        }
    }

    fn fixture(&self, id: &RecordingId) -> Result<Fixture, Error> {
        let fixture = self.lock().files.get(id).cloned();
        fixture.ok_or_else(|| Error::not_found(id, format_args!("the files of {}", self.directory.display())))
    }

    fn check_writable(&self, act: &str, id: &RecordingId) -> Result<(), Error> {
        if self.is_writable {
            return Ok(());
        }
        let message = format!(
            "cannot {act} recording {id}: the directory {} is open for reading only; open it with \
             `Fixtures::writable`",
            self.directory.display()
        );
        Err(Error::new(ErrorKind::ReadOnly, message))
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Nothing is left half done under the lock.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn add(&mut self, fixture: Fixture) -> Result<(), Error> {
        if let Some(other) = self.files.get(&fixture.found.id) {
            let message = format!(
                "the file {} holds recording {}, and so does {}; delete one of them",
                fixture.path.display(),
                fixture.found.id,
                other.path.display()
            );
            return Err(Error::new(ErrorKind::Invalid, message));
        }
        self.files.insert(fixture.found.id.clone(), fixture);
        Ok(())
    }
}

impl fmt::Debug for Fixtures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fixtures")
            .field("directory", &self.directory)
            .field("is_writable", &self.is_writable)
            .field("recordings", &self.lock().files.len())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Cassette for Fixtures {
    /// Keeps a recording in the file that it is in, or in a new one that is named by its id: a text, unless it is too
    /// large to be one, or that would lose something, as of tapes that no recorder laid out.
    async fn save(&self, recording: &Recording) -> Result<(), Error> {
        let id = recording.id();
        self.check_writable("save", id)?;
        let path = self.path_of(id).unwrap_or_else(|| {
            let name = format!("{}-{}{}", id.day(), id.unique(), text::EXTENSION);
            self.directory.join(id.encoded_category()).join(name)
        });
        let is_lost = || Ok::<_, Error>(text::decode("", &text::encode(recording)?)? != *recording);
        if is_text(&path) && (is_large(recording) || is_lost()?) {
            // `.tape.txt` without its end.
            return self.write(recording, path.with_extension(""));
        }
        self.write(recording, path)
    }

    async fn load(&self, id: &RecordingId) -> Result<Recording, Error> {
        let Fixture { path, .. } = self.fixture(id)?;
        let name = name_of(&path);
        let (mut file, size) = open_file(&path)?;
        let mut read = || {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map_err(|error| cannot_read(&path, error)).map(|_| bytes)
        };
        if is_text(&path) {
            return text::decode_recording(&name, id, utf8(&name, &read()?)?);
        }
        let in_memory =
            (size <= format::MAX_MEMORY_BYTES).then(|| format::decode(&name, &read()?)).transpose();
        let recording = match in_memory {
            Ok(Some(recording)) => recording,
            Ok(None) => format::decode_file(&name, file)?,
            // A short file may hold many values that compress well.
            Err(error) if error.kind() == ErrorKind::TooLarge => format::decode_file(&name, file)?,
            Err(error) => return Err(error),
        };
        if recording.id() == id {
            return Ok(recording);
        }
        let what = format_args!("it was recording {id} and now is recording {}", recording.id());
        Err(Error::corrupt(name, what))
    }

    async fn load_metadata(&self, id: &RecordingId) -> Result<Metadata, Error> {
        Ok(self.fixture(id)?.found.metadata)
    }

    async fn delete(&self, id: &RecordingId) -> Result<(), Error> {
        self.check_writable("delete", id)?;
        let mut kept = self.lock();
        let Some(fixture) = kept.files.get(id) else { return Ok(()) };
        remove(&fixture.path, id)?;
        kept.files.remove(id);
        Ok(())
    }

    fn find<'a>(&'a self, query: &Query) -> BoxStream<'a, Result<Found, Error>> {
        let unreadable = self.lock().unreadable.clone();
        // Read again, to say why; it may be mended by now, and then stands where the next opening finds it.
        let errors = unreadable.into_iter().filter_map(|path| read_head(&path).err()).map(Err);
        stream::iter(errors).chain(lookup(self, query)).boxed()
    }

    async fn categories(&self) -> Result<Vec<String>, Error> {
        self.list_categories().await
    }

    fn place(&self) -> String {
        format!("the directory {}", self.directory.display())
    }
}

#[async_trait]
impl Listing for Fixtures {
    async fn list_categories(&self) -> Result<Vec<String>, Error> {
        Ok(distinct(self.lock().files.keys().map(RecordingId::category)))
    }

    async fn list_days(&self, category: &str) -> Result<Vec<String>, Error> {
        let kept = self.lock();
        Ok(distinct(kept.files.keys().filter(|id| id.category() == category).map(RecordingId::day)))
    }

    async fn list_ids(&self, category: &str, day: &str) -> Result<Vec<RecordingId>, Error> {
        let listed = |id: &&RecordingId| id.category() == category && id.day() == day;
        Ok(self.lock().files.keys().filter(listed).cloned().collect())
    }

    async fn read_metadata(&self, id: &RecordingId) -> Result<Found, Error> {
        Ok(self.fixture(id)?.found)
    }
}

/// Sorted as they come, without repetitions.
fn distinct<'a>(sorted: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut distinct: Vec<String> = sorted.map(str::to_owned).collect();
    distinct.dedup();
    distinct
}

/// The files of recordings of a directory and all below it, in the order of their paths.
fn list(directory: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries = fs::read_dir(directory)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::path);
    for entry in entries {
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            list(&path, files)?;
        } else if is_text(&path) || path.extension().is_some_and(|extension| extension == "tape") {
            files.push(path);
        }
    }
    Ok(())
}

fn is_text(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.ends_with(text::EXTENSION))
}

/// What the head of a file says.
fn read_head(path: &Path) -> Result<Found, Error> {
    let name = name_of(path);
    let (file, size) = open_file(path)?;
    if is_text(path) {
        let head = read_until_a_call(file).map_err(|error| cannot_read(path, error))?;
        return Ok(text::decode_head(&name, utf8(&name, &head)?)?.with_size(size));
    }
    let recording = format::decode_file(&name, file)?;
    Ok(Found::new(recording.id().clone(), recording.metadata().clone()).with_size(size))
}

/// A file and how many bytes it has. A link to a pipe or a device is refused before it is opened: one would be waited for,
/// and the other has no end.
fn open_file(path: &Path) -> Result<(File, u64), Error> {
    let open = || {
        if !fs::metadata(path)?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
        }
        let file = File::open(path)?;
        Ok((file.metadata()?.len(), file))
    };
    open().map(|(size, file)| (file, size)).map_err(|error| cannot_read(path, error))
}

/// The lines before the first call of a text.
fn read_until_a_call(file: File) -> io::Result<Vec<u8>> {
    let mut reader = BufReader::with_capacity(1024, file);
    let (mut head, mut start) = (Vec::new(), 0);
    while reader.read_until(b'\n', &mut head)? > 0 {
        let line = head.get(start..).unwrap_or_default();
        if text::begins_call(&String::from_utf8_lossy(line)) {
            head.truncate(start);
            break;
        }
        start = head.len();
    }
    Ok(head)
}

/// Whether there is a file and it holds this recording. Whatever else it holds is not ours to replace: it cannot be read,
/// or another process has written it since the directory was opened.
fn holds(path: &Path, id: &RecordingId) -> Result<bool, Error> {
    let refused = |what: &str| {
        let message = format!(
            "the file {} {what}; choose another name, or look at the file and take it away",
            path.display()
        );
        Error::new(ErrorKind::Invalid, message)
    };
    match read_head(path) {
        Ok(found) if found.id == *id => Ok(true),
        Ok(found) => Err(refused(&format!("holds recording {}", found.id))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(refused("holds no recording that can be read").with_source(error)),
    }
}

/// What is written to a file.
enum Content {
    Text(String),
    Tape(TapeFile),
}

impl Content {
    fn of(recording: &Recording, path: &Path) -> Result<Self, Error> {
        if !is_text(path) {
            return TapeFile::of(recording).map(Self::Tape);
        }
        if is_large(recording) {
            let message = format!(
                "recording {} is too large to be a text; keep it under a name that ends in {TAPE}",
                recording.id()
            );
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        text::encode(recording).map(Self::Text)
    }

    fn length(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64,
            Self::Tape(file) => file.length(),
        }
    }

    /// Writes a file as a whole: who reads it at the same time sees what was there before, or all of this. One that is
    /// there by now is replaced only if it may be.
    fn write(&self, path: &Path, replace: bool) -> io::Result<()> {
        let directory = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(directory)?;
        let mut file = tempfile::Builder::new().prefix(".playback-").tempfile_in(directory)?;
        match self {
            Self::Text(text) => file.write_all(text.as_bytes())?,
            Self::Tape(tape) => {
                for piece in tape.parts(PIECE) {
                    file.write_all(&piece.map_err(io::Error::other)?)?;
                }
            }
        }
        if let Some(permissions) = readable_by_all() {
            file.as_file().set_permissions(permissions)?;
        }
        let written = if replace { file.persist(path) } else { file.persist_noclobber(path) };
        written.map(drop).map_err(|error| error.error)
    }
}

/// Whether its values are too large for a text, which has those that calls share once for each.
fn is_large(recording: &Recording) -> bool {
    let tape = recording.tape();
    let values = tape.stored().map_or(tape.parts().bytes.len() as u64, |stored| stored.length());
    values.max(format::values_of_calls(&tape.parts().entries)) > LARGEST_TEXT
}

/// As a file is made that is not temporary; none where there is no such thing.
fn readable_by_all() -> Option<fs::Permissions> {
    #[cfg(unix)]
    return Some(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    #[cfg(not(unix))]
    None
}

/// Removes the file of a recording, unless another is in it by now: then this one is gone already.
fn remove(path: &Path, id: &RecordingId) -> Result<(), Error> {
    if read_head(path).is_ok_and(|found| found.id != *id) {
        return Ok(());
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(failed("delete the file", path, "make its directory writable", error))
        }
        _ => Ok(()),
    }
}

fn utf8<'b>(name: &str, bytes: &'b [u8]) -> Result<&'b str, Error> {
    std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes.get(..error.valid_up_to()).unwrap_or_default().split(|byte| *byte == b'\n').count();
        Error::new(ErrorKind::Corrupt, format!("{name}, line {line}: expected text in UTF-8"))
            .with_source(error)
    })
}

fn name_of(path: &Path) -> String {
    format!("the file {}", path.display())
}

fn cannot_read(path: &Path, error: io::Error) -> Error {
    failed("read the file", path, "make it readable", error)
}

fn failed(act: &str, path: &Path, remedy: &str, error: io::Error) -> Error {
    let kind = if error.kind() == io::ErrorKind::NotFound { ErrorKind::NotFound } else { ErrorKind::Refused };
    Error::new(kind, format!("cannot {act} {}; {remedy}", path.display())).with_source(error)
}
