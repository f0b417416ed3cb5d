//! Where values go while they are recorded, once there are many: to a temporary file, by a thread of its own.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};

use playback_core::{Pieces, RecordingId, Spill, Spiller, StoredValues};

use super::priority;
use super::waiting::{Waiting, WaitingRoom};
use crate::format::{BlockWriter, Disk, Pending};

/// Why nothing more is written.
const ENDED: &str = "the thread that writes them has ended";

/// The way out of memory for all recordings of one recorder. Its thread starts with the first that needs it,
/// and ends with the last.
pub(super) struct Overflow {
    place: Place,
    disk: Arc<Disk>,
    room: Arc<WaitingRoom>,
    niceness: u8,
    thread: Mutex<Option<(Sender<Message>, JoinHandle<()>)>>,
}

/// Where temporary files are made.
#[derive(Debug, Clone)]
pub(super) struct Place(pub(super) Option<PathBuf>);

/// One recording on its way.
struct Spilled {
    shared: Arc<Shared>,
    /// None if there is no thread.
    thread: Option<Sender<Message>>,
    room: Arc<WaitingRoom>,
    length: u64,
    finished: bool,
}

/// What the service's side and the thread both know of a recording.
struct Shared {
    name: String,
    /// None until the first piece, and after the last.
    file: Mutex<Option<BlockWriter>>,
    failure: OnceLock<String>,
    /// What still comes need not be written.
    given_up: AtomicBool,
}

enum Message {
    Put(Arc<Shared>, Waiting),
    Finish(Arc<Shared>, Waiting, Settle),
    /// Drops the file where that may take its time.
    GiveUp(Arc<Shared>),
}

/// Says what became of the values, even if nobody gets to it.
struct Settle(Arc<Pending>);

impl Overflow {
    /// `limit` is of the bytes that may wait for the thread, `disk_bytes` of those in files; `niceness` is how much the
    /// thread gives way.
    pub(super) fn new(directory: Option<PathBuf>, limit: usize, disk_bytes: u64, niceness: u8) -> Self {
        let (disk, room) = (Arc::new(Disk::new(disk_bytes)), WaitingRoom::new(limit));
        Self { place: Place(directory), disk, room, niceness, thread: Mutex::default() }
    }

    /// How many bytes wait for the thread.
    pub(super) fn waiting(&self) -> usize {
        self.room.bytes()
    }

    fn thread(&self) -> Option<Sender<Message>> {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        // It outlives its sender's stay here, unless it panicked.
        if thread.as_ref().is_none_or(|(_, thread)| thread.is_finished()) {
            let (sender, messages) = mpsc::channel();
            let (place, disk, niceness) = (self.place.clone(), Arc::clone(&self.disk), self.niceness);
            let builder = thread::Builder::new().name("playback-spill".to_owned());
            // It is started by a thread of the service's, and has its priority until then.
            let run = move || {
                priority::give_way(niceness);
                write(&messages, &place, &disk);
            };
            match builder.spawn(run) {
                Ok(handle) => *thread = Some((sender, handle)),
                Err(error) => {
                    tracing::error!(%error, "a recorder could not start its thread for large recordings")
                }
            }
        }
        thread.as_ref().map(|(sender, _)| sender.clone())
    }
}

impl Spiller for Overflow {
    fn begin(&self, id: &RecordingId) -> Box<dyn Spill> {
        let name = format!("recording {id}");
        Box::new(Spilled {
            shared: Arc::new(Shared::new(name)),
            thread: self.thread(),
            room: Arc::clone(&self.room),
            length: 0,
            finished: false,
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
    /// Lets these wait, too, if they may.
    fn reserve(&self, pieces: Pieces) -> Result<Waiting, String> {
        if let Some(failure) = self.shared.failure.get() {
            return Err(failure.clone());
        }
        if self.thread.is_none() {
            return Err("the machine has no thread for it".to_owned());
        }
        self.room.enter(pieces)
    }

    fn send(&self, message: Message) -> Result<(), String> {
        let sent = self.thread.as_ref().is_some_and(|thread| thread.send(message).is_ok());
        if sent { Ok(()) } else { Err(ENDED.to_owned()) }
    }
}

impl Spill for Spilled {
    fn put(&mut self, pieces: Pieces) -> Result<(), String> {
        let length = pieces.bytes.len() as u64;
        let pieces = self.reserve(pieces)?;
        self.length += length;
        self.send(Message::Put(Arc::clone(&self.shared), pieces))
    }

    fn finish(mut self: Box<Self>, rest: Pieces) -> Arc<dyn StoredValues> {
        let pending = Pending::new(self.length + rest.bytes.len() as u64);
        match self.reserve(rest) {
            Ok(rest) => {
                let settle = Settle(Arc::clone(&pending));
                // If nobody takes it, `settle` says so.
                let sent = self.send(Message::Finish(Arc::clone(&self.shared), rest, settle));
                self.finished = sent.is_ok();
            }
            Err(why) => pending.settle(Err(why)),
        }
        pending
    }
}

impl Drop for Spilled {
    fn drop(&mut self) {
        if !self.finished {
            self.shared.given_up.store(true, Ordering::Relaxed);
            // Where there is no thread, there is no file.
            let _ = self.send(Message::GiveUp(Arc::clone(&self.shared)));
        }
    }
}

impl Drop for Settle {
    fn drop(&mut self) {
        self.0.settle(Err(ENDED.to_owned()));
    }
}

/// What the thread does.
fn write(messages: &Receiver<Message>, place: &Place, disk: &Arc<Disk>) {
    for message in messages {
        match message {
            Message::Put(shared, waiting) => shared.put(place, disk, &waiting.pieces),
            Message::Finish(shared, rest, settle) => {
                shared.put(place, disk, &rest.pieces);
                drop(rest);
                settle.0.settle(shared.finish());
            }
            Message::GiveUp(shared) => drop(shared),
        }
    }
}

impl Shared {
    fn new(name: String) -> Self {
        let given_up = AtomicBool::new(false);
        Self { name, file: Mutex::default(), failure: OnceLock::new(), given_up }
    }

    fn put(&self, place: &Place, disk: &Arc<Disk>, pieces: &Pieces) {
        if self.failure.get().is_some() || self.given_up.load(Ordering::Relaxed) {
            return;
        }
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = self.try_put(&mut file, place, disk, pieces) {
            // What was written is of no use any more; its room may be.
            *file = None;
            let _ = self.failure.set(format!(
                "a temporary file cannot be written in {place}: {error}; make room there, or name another directory with \
                 `spill_directory`"
            ));
        }
    }

    fn try_put(
        &self,
        file: &mut Option<BlockWriter>,
        place: &Place,
        disk: &Arc<Disk>,
        pieces: &Pieces,
    ) -> io::Result<()> {
        if file.is_none() {
            let share = disk.share()?;
            *file = Some(BlockWriter::new(self.name.clone(), place.file()?, share)?);
        }
        let Some(writer) = file else { return Ok(()) };
        pieces.iter().try_for_each(|piece| writer.write(piece))
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn pieces(length: usize) -> Pieces {
        Pieces { bytes: vec![7; length], cuts: Vec::new() }
    }

    fn begun(overflow: &Overflow) -> Box<dyn Spill> {
        overflow.begin(&"Checkout/20260131/01KG8V3Q2E9T0000000000000A".parse().unwrap())
    }

    /// A recording on its way, to a thread if there is one.
    fn spilled(thread: Option<Sender<Message>>, room: &Arc<WaitingRoom>) -> Spilled {
        Spilled {
            shared: Arc::new(Shared::new(String::new())),
            thread,
            room: Arc::clone(room),
            length: 0,
            finished: false,
        }
    }

    fn why(values: &Arc<dyn StoredValues>) -> String {
        values.read(0..1).unwrap_err().to_string()
    }

    #[test]
    fn the_last_values_may_be_more_than_may_wait() {
        // C14
        let overflow = Overflow::new(None, 1000, 1 << 20, 0);
        for length in [1000, 1001, 5000] {
            let values = begun(&overflow).finish(pieces(length));
            assert_eq!(values.read(0..length as u64).unwrap(), vec![7; length]);
        }
        assert_eq!(overflow.waiting(), 0);
    }

    #[test]
    fn a_disk_that_does_not_keep_up_costs_the_recording() {
        // C14
        let (thread, stuck) = mpsc::channel();
        let room = WaitingRoom::new(1000);
        let mut spilled = spilled(Some(thread), &room);
        spilled.put(pieces(800)).unwrap();
        assert!(spilled.put(pieces(300)).unwrap_err().starts_with("300 bytes of values come while 800 wait"));
        assert!(
            why(&(Box::new(spilled).finish(pieces(300)) as Arc<dyn StoredValues>)).contains("while 800 wait")
        );
        drop(stuck);
        assert_eq!(room.bytes(), 0);
    }

    #[test]
    fn files_take_no_more_of_the_disk_than_they_may_and_give_it_back() {
        // C14
        let overflow = Overflow::new(None, 1 << 20, 100, 0);
        let kept: Vec<_> = (0..20).map(|_| begun(&overflow).finish(pieces(1000))).collect();
        let is_kept: Vec<bool> = kept.iter().map(|values| values.read(0..1000).is_ok()).collect();
        assert!(is_kept.is_sorted_by(|one, next| one >= next) && is_kept.contains(&false), "{is_kept:?}");
        let why = why(kept.last().unwrap());
        assert!(why.contains("and 100 in 256 are allowed; save faster"), "{why}");
        drop(kept);
        assert!(begun(&overflow).finish(pieces(1000)).read(0..1000).is_ok());
    }

    #[test]
    fn there_are_no_more_files_than_a_process_can_spare() {
        // C14
        let overflow = Overflow::new(None, 1 << 20, 1 << 30, 0);
        let kept: Vec<_> = (0..257).map(|_| begun(&overflow).finish(pieces(10))).collect();
        assert_eq!(kept.iter().filter(|values| values.read(0..10).is_ok()).count(), 256);
        assert!(why(kept.last().unwrap()).contains("in 256 temporary files"));
    }

    #[test]
    fn without_a_thread_the_reason_is_told_and_nothing_waits() {
        // C14
        let room = WaitingRoom::new(1000);
        let mut without = spilled(None, &room);
        assert_eq!(without.put(pieces(10)).unwrap_err(), "the machine has no thread for it");
        let values: Arc<dyn StoredValues> = Box::new(without).finish(pieces(10));
        assert_eq!(why(&values), "the machine has no thread for it");
        assert_eq!(room.bytes(), 0);
    }

    #[test]
    fn with_a_thread_that_has_ended_the_reason_is_told_and_nothing_waits() {
        // C14
        let room = WaitingRoom::new(1000);
        let spilled = || spilled(Some(mpsc::channel().0), &room);
        assert_eq!(spilled().put(pieces(10)).unwrap_err(), ENDED);
        assert_eq!(why(&(Box::new(spilled()).finish(pieces(10)) as Arc<dyn StoredValues>)), ENDED);
        assert_eq!(room.bytes(), 0);
    }

    #[test]
    fn what_is_given_up_while_it_waits_is_not_written_any_more() {
        // C14
        let (thread, messages) = mpsc::channel();
        let room = WaitingRoom::new(1000);
        let mut spilled = spilled(Some(thread), &room);
        let shared = Arc::clone(&spilled.shared);
        spilled.put(pieces(10)).unwrap();
        drop(spilled);
        // Any file would fail.
        write(&messages, &Place(Some("/dev/null/at/all".into())), &Arc::new(Disk::new(1 << 20)));
        assert_eq!((shared.failure.get(), room.bytes()), (None, 0));
    }

    #[test]
    fn the_reason_for_a_file_that_cannot_be_made_names_the_directory() {
        // C14
        let shared = Shared::new(String::new());
        shared.put(&Place(Some("/dev/null/at/all".into())), &Arc::new(Disk::new(1 << 20)), &pieces(10));
        let why = shared.finish().unwrap_err();
        assert!(why.starts_with("a temporary file cannot be written in /dev/null/at/all: "), "{why}");
        assert_eq!(Place(None).to_string(), std::env::temp_dir().display().to_string());
    }

    #[test]
    fn what_waits_for_the_thread_is_counted_until_it_has_been_written() {
        // C14
        let overflow = Overflow::new(None, 1000, 1 << 20, 0);
        let waits = overflow.room.enter(pieces(800)).unwrap();
        assert_eq!(overflow.waiting(), 800);
        drop(waits);
        assert_eq!(overflow.waiting(), 0);
    }
}
