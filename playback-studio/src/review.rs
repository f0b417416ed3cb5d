//! Reviewing changes of recordings in a directory: pending files beside them, to be accepted or rejected.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use playback_cassette::{Cassette, Error, ErrorKind, Fixtures, Recording, RecordingId, text};
use pollster::block_on;
use sha2::{Digest, Sha256};

use crate::accept::{Change, lines};

/// What the name of a pending file ends in, behind the name of the recording's own.
const PENDING: &str = ".pending";

/// The line of a pending file that marks what it was made of. To who reads a recording it is a comment.
const MADE_OF: &str = "# made of ";

/// The environment variable that [`Accept::from_env`] reads.
pub const ACCEPT_VARIABLE: &str = "PLAYBACK_ACCEPT";

/// What a run does with replays that are not equal to their recordings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Accept {
    /// Nothing; they fail.
    #[default]
    No,
    /// What they would become is written beside them, for a [`Review`]; they fail all the same.
    Pending,
    /// They are replaced, and do not fail.
    Always,
}

impl Accept {
    /// What `PLAYBACK_ACCEPT` says: `no` (or nothing), `pending`, or `always`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if it says anything else.
    pub fn from_env() -> Result<Self, Error> {
        let said = std::env::var_os(ACCEPT_VARIABLE).unwrap_or_default();
        match said.to_str() {
            Some("" | "no") => Ok(Self::No),
            Some("pending") => Ok(Self::Pending),
            Some("always") => Ok(Self::Always),
            _ => {
                let message = format!("{ACCEPT_VARIABLE} is {said:?}; say no, pending or always");
                Err(Error::new(ErrorKind::Invalid, message))
            }
        }
    }
}

/// Changes of recordings in a directory that wait for somebody to look at them.
///
/// ```
/// # use playback_equalizer::Tuning;
/// # async fn add(one: u64, other: u64, more: u64) -> u64 {
/// #     playback_core::operation("Add").args(&(one, other)).run_async(async move { one + other + more }).await
/// # }
/// use playback_cassette::{Cassette, Fixtures};
/// use playback_studio::{Change, Decision, Review};
///
/// # futures::executor::block_on(async {
/// # let directory = tempfile::tempdir().unwrap();
/// # let now = std::time::SystemTime::UNIX_EPOCH;
/// let fixtures = Fixtures::writable(directory.path())?;
/// # let recording = playback_testkit::record(add(2, 3, 0)).await.recording();
/// # fixtures.keep(&recording, "two and three")?;
/// // The code adds one more by now, and is meant to.
/// let tuning = Tuning::of(|(one, other)| add(one, other, 1));
/// if let Some(change) = Change::propose(&fixtures, recording.id(), &tuning, now).await? {
///     playback_studio::set_pending(&fixtures, &change)?;
/// }
///
/// let reviewed = Review::open(directory.path())?.each(|pending| {
///     assert!(pending.lines().unwrap().contains("-  -> 5\n+  -> 6\n"));
///     Decision::Accept
/// })?;
/// assert_eq!(reviewed.accepted, [recording.id().clone()]);
/// # Ok::<(), playback_cassette::Error>(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct Review {
    fixtures: Fixtures,
    pending: Vec<Pending>,
}

/// A change of a recording that waits for somebody to look at it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Pending {
    /// What there is; none if it is gone by now.
    pub recorded: Option<Recording>,
    /// What there would be.
    pub accepted: Recording,
    /// The file of the recording, relative to the directory.
    pub name: String,
    file: PathBuf,
    is_stale: bool,
}

/// What somebody says of a pending change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// It replaces the recording.
    Accept,
    /// It is thrown away.
    Reject,
    /// It stays pending.
    Skip,
    /// It and all that follow replace their recordings.
    AcceptAll,
    /// It and all that follow are thrown away.
    RejectAll,
    /// It and all that follow stay pending.
    SkipAll,
}

/// What became of pending changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reviewed {
    /// Those that replaced their recordings.
    pub accepted: Vec<RecordingId>,
    /// Those that were thrown away.
    pub rejected: Vec<RecordingId>,
    /// Those that stay pending.
    pub skipped: Vec<RecordingId>,
}

/// Writes a change beside the file of its recording, for a [`Review`], in place of one that is there. Returns the
/// file. It notes what the recording was: where that is edited afterwards, the change is [stale](Pending::is_stale).
///
/// # Errors
/// If the directory does not hold the recording, or cannot be written to.
pub fn set_pending(fixtures: &Fixtures, change: &Change) -> Result<PathBuf, Error> {
    let id = change.recorded.id();
    let path = fixtures.path_of(id).ok_or_else(|| Error::not_found(id, fixtures.place()))?;
    let mut file = path.into_os_string();
    file.push(PENDING);
    let file = PathBuf::from(file);
    let written = format!("{}{MADE_OF}{}\n", text::encode(&change.accepted)?, mark(&change.recorded)?);
    fs::write(&file, written).map_err(|error| failed("write", &file, error))?;
    Ok(file)
}

/// Removes what [`set_pending`] wrote for a recording, as when its replay is equal again.
///
/// # Errors
/// If it is there and cannot be removed.
pub fn clear_pending(fixtures: &Fixtures, id: &RecordingId) -> Result<(), Error> {
    let Some(path) = fixtures.path_of(id) else { return Ok(()) };
    let mut file = path.into_os_string();
    file.push(PENDING);
    remove(Path::new(&file))
}

impl Review {
    /// The pending changes of a directory and all below it, in the order of their files.
    ///
    /// # Errors
    /// If the directory cannot be read, or a pending file makes no sense.
    pub fn open(directory: impl Into<PathBuf>) -> Result<Self, Error> {
        let directory = directory.into();
        let mut files = Vec::new();
        list(&directory, &mut files).map_err(|error| failed("list", &directory, error))?;
        let fixtures = Fixtures::writable(&directory)?;
        let read = |file: PathBuf| {
            let name = format!("the file {}", file.display());
            let written = fs::read_to_string(&file).map_err(|error| failed("read", &file, error))?;
            let accepted = text::decode(&name, &written)?;
            let recorded = match block_on(fixtures.load(accepted.id())) {
                Err(error) if error.kind() == ErrorKind::NotFound => None,
                loaded => Some(loaded?),
            };
            let made_of = written.lines().rev().find_map(|line| line.strip_prefix(MADE_OF));
            let is_stale = match (&recorded, made_of) {
                (Some(recorded), Some(made_of)) => mark(recorded)? != made_of,
                // What is gone cannot be overwritten, and a file without the line is somebody's own.
                _ => false,
            };
            let name = file.strip_prefix(&directory).unwrap_or(&file).display().to_string();
            let name = name.strip_suffix(PENDING).unwrap_or(&name).to_owned();
            Ok(Pending { recorded, accepted, name, file, is_stale })
        };
        let pending = files.into_iter().map(read).collect::<Result<_, Error>>()?;
        Ok(Self { fixtures, pending })
    }

    /// The pending changes.
    #[must_use]
    pub fn pending(&self) -> &[Pending] {
        &self.pending
    }

    /// Asks of each pending change what is to become of it, and does that at once.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if a change is to be accepted that is [stale](Pending::is_stale), or whose recording is
    /// there and cannot be read, and if a file cannot be written or removed; what was decided before is done.
    pub fn each(&self, mut decide: impl FnMut(&Pending) -> Decision) -> Result<Reviewed, Error> {
        let mut reviewed = Reviewed::default();
        let mut for_all = None;
        for pending in &self.pending {
            let decision = for_all.unwrap_or_else(|| decide(pending));
            let id = pending.accepted.id().clone();
            match decision {
                Decision::Accept | Decision::AcceptAll => {
                    self.accept(pending)?;
                    reviewed.accepted.push(id);
                }
                Decision::Reject | Decision::RejectAll => {
                    remove(&pending.file)?;
                    reviewed.rejected.push(id);
                }
                Decision::Skip | Decision::SkipAll => reviewed.skipped.push(id),
            }
            if matches!(decision, Decision::AcceptAll | Decision::RejectAll | Decision::SkipAll) {
                for_all = Some(decision);
            }
        }
        Ok(reviewed)
    }

    /// Puts the change in place of the recording, and takes the pending file away.
    fn accept(&self, pending: &Pending) -> Result<(), Error> {
        let is_edited = || match &pending.recorded {
            Some(recorded) => Ok::<_, Error>(block_on(self.fixtures.load(recorded.id()))? != *recorded),
            None => Ok(false),
        };
        // Somebody may have edited it while it was looked at.
        if pending.is_stale || is_edited()? {
            let message = format!(
                "{} was changed after the change that is pending was made of it, and accepting that would undo it; \
                 replay it again with {ACCEPT_VARIABLE}=pending, or reject what is pending",
                pending.name
            );
            return Err(Error::new(ErrorKind::Invalid, message));
        }
        if pending.recorded.is_some() {
            block_on(self.fixtures.save(&pending.accepted))?;
        } else {
            let path = pending.file.with_extension("");
            if fs::exists(&path).map_err(|error| failed("look at", &path, error))? {
                let message = format!(
                    "{} cannot be read as the recording that is to be replaced, and accepting would lose what it holds; \
                     mend or delete it first, or reject what is pending",
                    pending.name
                );
                return Err(Error::new(ErrorKind::Invalid, message));
            }
            self.fixtures.keep(&pending.accepted, &pending.name)?;
        }
        remove(&pending.file)
    }
}

impl Pending {
    /// Whether the recording is another than the one that the change was made of, such as after somebody edited its
    /// file. It is not accepted then, since it would undo that.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.is_stale
    }

    /// The lines of the recording's text that change, with some around them, as `diff -u` has it; all of it, if the
    /// recording is gone.
    ///
    /// # Errors
    /// If one of the recordings cannot be written as text.
    pub fn lines(&self) -> Result<String, Error> {
        match &self.recorded {
            Some(recorded) => lines(recorded, &self.accepted),
            None => text::encode(&self.accepted),
        }
    }
}

/// Tells a recording from what it was before an edit.
fn mark(recording: &Recording) -> Result<String, Error> {
    let digest = Sha256::digest(text::encode(recording)?);
    Ok(digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

/// The pending files of a directory and all below it, in the order of their paths.
fn list(directory: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries = fs::read_dir(directory)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::path);
    for entry in entries {
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            list(&path, files)?;
        } else if path.to_str().is_some_and(|path| path.ends_with(PENDING)) {
            files.push(path);
        }
    }
    Ok(())
}

fn remove(file: &Path) -> Result<(), Error> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", file, error)),
        _ => Ok(()),
    }
}

fn failed(act: &str, path: &Path, error: io::Error) -> Error {
    let kind = if error.kind() == io::ErrorKind::NotFound { ErrorKind::NotFound } else { ErrorKind::Refused };
    Error::new(kind, format!("cannot {act} {}; see that it is there and allowed", path.display()))
        .with_source(error)
}
