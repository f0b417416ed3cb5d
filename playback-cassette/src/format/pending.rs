//! Values that are on their way to a file.

use std::error::Error as StdError;
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use playback_core::{Recording, StoredValues};

use super::block_file::BlockFile;
use crate::{Error, ErrorKind};

/// Values that another thread writes to a file. Who reads them waits until it is done.
#[derive(Debug)]
pub(crate) struct Pending {
    length: u64,
    outcome: Mutex<Option<Result<BlockFile, String>>>,
    settled: Condvar,
}

impl Pending {
    /// So many bytes of values.
    pub(crate) fn new(length: u64) -> Arc<Self> {
        Arc::new(Self { length, outcome: Mutex::new(None), settled: Condvar::new() })
    }

    /// The values are in a file, or never will be, and why. What was said first counts.
    pub(crate) fn settle(&self, outcome: Result<BlockFile, String>) {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(outcome);
        self.settled.notify_all();
    }

    /// Waits for the file.
    fn wait(&self) -> Result<BlockFile, String> {
        let outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        let settled = self.settled.wait_while(outcome, |outcome| outcome.is_none());
        let settled = settled.unwrap_or_else(PoisonError::into_inner);
        settled.clone().unwrap_or_else(|| Err("nobody writes them any more".to_owned()))
    }

    fn is_settled(&self) -> bool {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

impl StoredValues for Pending {
    fn length(&self) -> u64 {
        self.length
    }

    fn read(&self, range: Range<u64>) -> Result<Vec<u8>, Box<dyn StdError + Send + Sync>> {
        self.wait()?.read(range)
    }
}

/// The file that the values are in, if it is one of ours. May wait for it.
pub(super) fn block_file(values: &Arc<dyn StoredValues>) -> Option<Result<BlockFile, Error>> {
    let values: &dyn std::any::Any = &**values;
    if let Some(file) = values.downcast_ref::<BlockFile>() {
        return Some(Ok(file.clone()));
    }
    let pending = values.downcast_ref::<Pending>()?;
    Some(pending.wait().map_err(|why| Error::new(ErrorKind::Other, format!("its values are lost: {why}"))))
}

/// Whether values are in such a file, or on their way there.
pub(super) fn is_block_file(values: &Arc<dyn StoredValues>) -> bool {
    let values: &dyn std::any::Any = &**values;
    values.is::<BlockFile>() || values.is::<Pending>()
}

/// Comes when the values of a recording are all where they are to be; the error says why they never will be.
/// Needs a runtime of tokio.
pub(crate) async fn settled(recording: &Recording) -> Result<(), String> {
    let Some(values) = recording.tape().stored() else { return Ok(()) };
    let values = Arc::clone(values);
    let is_pending =
        |values: &dyn std::any::Any| values.downcast_ref::<Pending>().map(|pending| !pending.is_settled());
    let wait = move || {
        let any: &dyn std::any::Any = &*values;
        any.downcast_ref::<Pending>().map_or(Ok(()), |pending| pending.wait().map(drop))
    };
    match recording.tape().stored().and_then(|values| is_pending(&**values)) {
        None => Ok(()),
        Some(false) => wait(),
        Some(true) => tokio::task::spawn_blocking(wait).await.unwrap_or_else(|error| Err(error.to_string())),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::SystemTime;

    use futures::FutureExt;
    use playback_core::{Metadata, Tape, TapeParts};

    use super::*;

    #[test]
    fn who_asks_for_values_on_their_way_blocks_nobody_and_knows_at_once_of_those_that_are_there() {
        let pending = Pending::new(10);
        let tape = Tape::with_stored(TapeParts::default(), Arc::clone(&pending) as _).unwrap();
        let id = "Checkout/20260131/01KG8V3Q2E9T0000000000000A".parse().unwrap();
        let recording = Recording::new(id, Metadata::new("Checkout", SystemTime::UNIX_EPOCH), tape);
        let lost = || Err("the disk is full".to_owned());
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
            let mut waits = Box::pin(settled(&recording));
            assert_eq!((&mut waits).now_or_never(), None);
            pending.settle(Err("the disk is full".to_owned()));
            assert_eq!(waits.await, lost());
        });
        // Without a thread to wait on.
        assert_eq!(settled(&recording).now_or_never(), Some(lost()));
    }
}
