//! How many values may wait to be written to temporary files.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use playback_core::Pieces;

/// Bounds what waits in bytes, of all recordings of a recorder together.
///
/// One that is larger than all that may wait has a place of its own, so that it gets through as well: it is in memory in any
/// case, and there is one such place.
#[derive(Debug)]
pub(super) struct WaitingRoom {
    limit: usize,
    bytes: AtomicUsize,
    /// In the place for what is larger; 0 if it is free.
    large: AtomicUsize,
}

/// Pieces that count as waiting until they are gone, wherever that is.
pub(super) struct Waiting {
    pub(super) pieces: Pieces,
    // Behind the pieces, so that it is dropped after them.
    _reserved: Reserved,
}

struct Reserved {
    bytes: usize,
    is_large: bool,
    room: Arc<WaitingRoom>,
}

impl WaitingRoom {
    pub(super) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, bytes: AtomicUsize::new(0), large: AtomicUsize::new(0) })
    }

    /// How many bytes wait.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed) + self.large.load(Ordering::Relaxed)
    }

    /// Lets these wait, too.
    ///
    /// # Errors
    /// Why they may not.
    pub(super) fn enter(self: &Arc<Self>, pieces: Pieces) -> Result<Waiting, String> {
        let bytes = pieces.bytes.len();
        let is_large = bytes > self.limit;
        let entered = if is_large {
            self.large.compare_exchange(0, bytes, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        } else {
            let more = |waiting: usize| waiting.checked_add(bytes).filter(|more| *more <= self.limit);
            self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
        };
        if entered {
            return Ok(Waiting { pieces, _reserved: Reserved { bytes, is_large, room: Arc::clone(self) } });
        }
        Err(format!(
            "{bytes} bytes of values come while {} wait to be written, and {} may wait; allow more with \
             `spill_queue_bytes`, or name a faster disk with `spill_directory`",
            self.bytes(),
            self.limit
        ))
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        if self.is_large {
            self.room.large.store(0, Ordering::Relaxed);
        } else {
            self.room.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enter(room: &Arc<WaitingRoom>, length: usize) -> Result<Waiting, String> {
        room.enter(Pieces { bytes: vec![7; length], cuts: Vec::new() })
    }

    #[test]
    fn no_more_may_wait_than_the_limit_says_and_what_has_gone_makes_room() {
        // C14
        let room = WaitingRoom::new(1000);
        let first = enter(&room, 600).unwrap();
        let why = enter(&room, 401).err().unwrap();
        assert!(
            why.starts_with("401 bytes of values come while 600 wait to be written, and 1000 may wait"),
            "{why}"
        );
        let second = enter(&room, 400).unwrap();
        drop(first);
        assert_eq!(room.bytes(), 400);
        assert!(enter(&room, 600).is_ok());
        drop(second);
        assert_eq!(room.bytes(), 0);
    }

    #[test]
    fn one_that_is_larger_than_the_limit_waits_beside_the_others() {
        // C14
        let room = WaitingRoom::new(1000);
        let others = enter(&room, 1000).unwrap();
        let large = enter(&room, 5000).unwrap();
        assert_eq!(room.bytes(), 6000);
        assert!(enter(&room, 1001).is_err(), "one at a time");
        drop(others);
        assert!(enter(&room, 1000).is_ok(), "it takes nothing of what others have");
        drop(large);
        assert!(enter(&room, 1001).is_ok());
        assert_eq!(room.bytes(), 0);
    }
}
