//! Where values go while they are recorded, once there are many: to a temporary file, by a thread of its own.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

use playback_core::{Pieces, RecordingId, Spill, Spiller, StoredValues};

use crate::format::{BlockWriter, Pending};

/// The way out of memory for all recordings of one recorder. Its thread starts with the first that needs it,
/// and ends with the last.
pub(super) struct Overflow {
    place: Place,
    /// How many bytes may wait for the thread.
    limit: usize,
    waiting: Arc<AtomicUsize>,
    thread: Mutex<Option<Sender<Message>>>,
}

/// Where temporary files are made.
#[derive(Debug, Clone)]
pub(super) struct Place(pub(super) Option<PathBuf>);

/// One recording on its way.
struct Spilled {
    shared: Arc<Shared>,
    /// None if there is no thread.
    thread: Option<Sender<Message>>,
    limit: usize,
    waiting: Arc<AtomicUsize>,
    length: u64,
}

/// What the service's side and the thread both know of a recording.
struct Shared {
    name: String,
    /// None until the first piece, and after the last.
    file: Mutex<Option<BlockWriter>>,
    failure: OnceLock<String>,
}

enum Message {
    Put(Arc<Shared>, Pieces),
    Finish(Arc<Shared>, Pieces, Settle),
    /// Drops the file where that may take its time.
    GiveUp(Arc<Shared>),
}

/// Says what became of the values, even if nobody gets to it.
struct Settle(Arc<Pending>);

impl Overflow {
    pub(super) fn new(directory: Option<PathBuf>, limit: usize) -> Self {
        Self { place: Place(directory), limit, waiting: Arc::default(), thread: Mutex::default() }
    }

    /// How many bytes wait for the thread.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    fn thread(&self) -> Option<Sender<Message>> {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.is_none() {
            let (sender, messages) = mpsc::channel();
            let (place, waiting) = (self.place.clone(), Arc::clone(&self.waiting));
            let builder = thread::Builder::new().name("playback-spill".to_owned());
            match builder.spawn(move || write(&messages, &place, &waiting)) {
                Ok(_) => *thread = Some(sender),
                Err(error) => {
                    tracing::error!(%error, "a recorder could not start its thread for large recordings")
                }
            }
        }
        thread.clone()
    }
}

impl Spiller for Overflow {
    fn begin(&self, id: &RecordingId) -> Box<dyn Spill> {
        let name = format!("recording {id}");
        Box::new(Spilled {
            shared: Arc::new(Shared { name, file: Mutex::default(), failure: OnceLock::new() }),
            thread: self.thread(),
            limit: self.limit,
            waiting: Arc::clone(&self.waiting),
            length: 0,
        })
    }
}

impl fmt::Debug for Overflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Overflow")
            .field("place", &self.place)
            .field("waiting", &self.waiting())
            .finish_non_exhaustive()
    }
}

impl Spilled {
    /// Sees to it that so many bytes more may wait.
    fn reserve(&self, bytes: usize) -> Result<(), String> {
        if let Some(failure) = self.shared.failure.get() {
            return Err(failure.clone());
        }
        let before = self.waiting.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) <= self.limit {
            return Ok(());
        }
        self.waiting.fetch_sub(bytes, Ordering::Relaxed);
        Err(format!(
            "{bytes} bytes of values come while {before} wait to be written, and {} may wait; allow more with \
             `spill_queue_bytes`, or name a faster disk with `spill_directory`",
            self.limit
        ))
    }

    fn send(&self, message: Message) -> Result<(), String> {
        let sent = self.thread.as_ref().map(|thread| thread.send(message).is_ok());
        if sent == Some(true) { Ok(()) } else { Err("the machine has no thread for it".to_owned()) }
    }
}

impl Spill for Spilled {
    fn put(&mut self, pieces: Pieces) -> Result<(), String> {
        self.reserve(pieces.bytes.len())?;
        self.length += pieces.bytes.len() as u64;
        self.send(Message::Put(Arc::clone(&self.shared), pieces))
    }

    fn finish(mut self: Box<Self>, rest: Pieces) -> Arc<dyn StoredValues> {
        self.length += rest.bytes.len() as u64;
        let pending = Pending::new(self.length);
        let settle = Settle(Arc::clone(&pending));
        let finish = |settle| self.send(Message::Finish(Arc::clone(&self.shared), rest, settle));
        if let Err(why) = self.reserve(0).and_then(|()| finish(settle)) {
            pending.settle(Err(why));
        }
        pending
    }
}

impl Drop for Spilled {
    fn drop(&mut self) {
        // Where there is no thread, there is no file.
        let _ = self.send(Message::GiveUp(Arc::clone(&self.shared)));
    }
}

impl Drop for Settle {
    fn drop(&mut self) {
        self.0.settle(Err("the thread that writes them has ended".to_owned()));
    }
}

/// What the thread does.
fn write(messages: &Receiver<Message>, place: &Place, waiting: &AtomicUsize) {
    for message in messages {
        match message {
            Message::Put(shared, pieces) => {
                shared.put(place, &pieces);
                let bytes = pieces.bytes.len();
                drop(pieces);
                waiting.fetch_sub(bytes, Ordering::Relaxed);
            }
            Message::Finish(shared, rest, settle) => {
                shared.put(place, &rest);
                settle.0.settle(shared.finish());
            }
            Message::GiveUp(shared) => drop(shared),
        }
    }
}

impl Shared {
    fn put(&self, place: &Place, pieces: &Pieces) {
        if self.failure.get().is_some() {
            return;
        }
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = put(&self.name, &mut file, place, pieces) {
            // What was written is of no use any more; its room may be.
            *file = None;
            let _ = self.failure.set(format!(
                "a temporary file cannot be written in {place}: {error}; make room there, or name another directory with \
                 `spill_directory`"
            ));
        }
    }

    fn finish(&self) -> Result<crate::format::BlockFile, String> {
        if let Some(failure) = self.failure.get() {
            return Err(failure.clone());
        }
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner).take();
        let file = file.ok_or_else(|| "it holds no values".to_owned())?;
        file.finish().map_err(|error| error.to_string())
    }
}

fn put(name: &str, file: &mut Option<BlockWriter>, place: &Place, pieces: &Pieces) -> io::Result<()> {
    if file.is_none() {
        *file = Some(BlockWriter::new(name.to_owned(), place.file()?)?);
    }
    let Some(writer) = file else { return Ok(()) };
    pieces.iter().try_for_each(|piece| writer.write(piece))
}

impl Place {
    /// A file that nobody else sees, gone with the process at the latest.
    fn file(&self) -> io::Result<File> {
        self.0.as_ref().map_or_else(tempfile::tempfile, tempfile::tempfile_in)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let default = std::env::temp_dir();
        write!(f, "{}", self.0.as_ref().unwrap_or(&default).display())
    }
}
