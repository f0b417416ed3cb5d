//! What a store keeps, by listing it.

use std::time::SystemTime;

use futures::StreamExt;
use playback_cassette::{Cassette, Found, Query, RecordingId};

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
    /// When it was written last; not looked at for files, of which none is half of a recording.
    pub(crate) written_at: Option<SystemTime>,
}

/// Lists a store. Of an object store nothing is read.
pub(crate) async fn inventory(store: &Store) -> Result<Inventory, Stop> {
    match store.kind() {
        Kind::Objects(objects) => {
            let all = objects.inventory().await?;
            let stored = |of: playback_cassette_s3::Stored| Stored {
                id: of.id,
                tape: of.tape,
                metadata: of.metadata,
                written_at: Some(of.written_at),
            };
            let recordings = all.recordings.into_iter().map(stored).collect();
            Ok(Inventory { recordings, strangers: all.strangers, unreadable: Vec::new() })
        }
        Kind::Files(files) => {
            let mut inventory =
                Inventory { recordings: Vec::new(), strangers: Vec::new(), unreadable: Vec::new() };
            let mut found = files.find(&Query::new().include_incomplete(true));
            while let Some(found) = found.next().await {
                match found {
                    // A file is both.
                    Ok(Found { id, size, .. }) => {
                        let stored = Stored { id, tape: size, metadata: Some(0), written_at: None };
                        inventory.recordings.push(stored);
                    }
                    Err(error) => inventory.unreadable.push(error.chain()),
                }
            }
            inventory.recordings.sort_by(|one, other| one.id.cmp(&other.id));
            Ok(inventory)
        }
    }
}
