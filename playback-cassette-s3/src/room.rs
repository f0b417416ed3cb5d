//! How much of what is being saved is in memory, beside the recordings.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

const MIB: u64 = 1 << 20;

/// How much is in memory of all tapes that are being compressed and sent, together, in mebibytes.
const ROOM_MIB: u32 = 48;

/// Room in memory for what a cassette and its clones are sending.
#[derive(Clone)]
pub(crate) struct Room(Arc<Semaphore>);

/// Room that is taken until this is dropped; none for what is too small to count.
pub(crate) type Taken = Option<OwnedSemaphorePermit>;

impl Room {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(ROOM_MIB as usize)))
    }

    /// Waits for room for so many bytes. Who waits here must not have taken any: two who waited for each
    /// other would do so for ever.
    pub(crate) async fn take(&self, bytes: u64) -> Taken {
        let mebibytes = counted(bytes)?;
        // Nothing closes it.
        Arc::clone(&self.0).acquire_many_owned(mebibytes).await.ok()
    }

    /// Room for so many bytes in place of what was taken: what is too much is given back. Waits only for who has none.
    pub(crate) async fn instead_of(&self, taken: Taken, bytes: u64) -> Taken {
        let Some(mut taken) = taken else { return self.take(bytes).await };
        let left = counted(bytes).unwrap_or(0) as usize;
        drop(taken.split(taken.num_permits().saturating_sub(left)));
        (left > 0).then_some(taken)
    }

    /// Takes room for so many bytes if there is any now.
    pub(crate) fn try_take(&self, bytes: u64) -> Option<Taken> {
        let Some(mebibytes) = counted(bytes) else { return Some(None) };
        Arc::clone(&self.0).try_acquire_many_owned(mebibytes).ok().map(Some)
    }
}

/// How many mebibytes count for so many bytes. Up to one, none do: a service saves thousands of those, and holds
/// them in memory already.
fn counted(bytes: u64) -> Option<u32> {
    // What is larger than all the room may have all of it.
    (bytes > MIB).then(|| u32::try_from(bytes.div_ceil(MIB)).unwrap_or(ROOM_MIB).min(ROOM_MIB))
}
