//! What a store keeps, by listing it.

use playback_cassette::RecordingId;

use super::failure::Stop;
use super::store::{Kind, Store};

/// What a store keeps.
pub(crate) struct Inventory {
    /// In the order of their ids.
    pub(crate) recordings: Vec<Stored>,
    /// Keys of what is no recording's.
    pub(crate) strangers: Vec<String>,
    /// What is wrong with files that hold no recording.
    pub(crate) unreadable: Vec<String>,
}

/// What is kept of one recording, in bytes.
pub(crate) struct Stored {
    pub(crate) id: RecordingId,
    pub(crate) tape: Option<u64>,
    pub(crate) metadata: Option<u64>,
}

/// Lists a store. Of an object store nothing is read.
pub(crate) async fn inventory(store: &Store) -> Result<Inventory, Stop> {
    match store.kind() {
        Kind::Objects(objects) => {
            let all = objects.inventory().await?;
            let stored =
                |of: playback_cassette_s3::Stored| Stored { id: of.id, tape: of.tape, metadata: of.metadata };
            let recordings = all.recordings.into_iter().map(stored).collect();
            Ok(Inventory { recordings, strangers: all.strangers, unreadable: Vec::new() })
        }
        Kind::Files(files) => {
            // A file is both.
            let recordings =
                files.sizes().map(|(id, size)| Stored { id, tape: Some(size), metadata: Some(0) });
            let unreadable = files.problems().map(|error| error.chain()).collect();
            Ok(Inventory { recordings: recordings.collect(), strangers: Vec::new(), unreadable })
        }
    }
}
