//! All objects of a cassette, and what is missing beside them.

use std::collections::BTreeMap;

use futures::TryStreamExt;
use object_store::path::Path as Key;
use playback_cassette::{Error, RecordingId};

use crate::ObjectStoreCassette;
use crate::failure::of_place;

/// What is kept of one recording: both objects, if all is well.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stored {
    /// The recording.
    pub id: RecordingId,
    /// The bytes of its tape. None is metadata without a tape: what is left where someone deleted the tape.
    pub tape: Option<u64>,
    /// The bytes of its metadata. None is a tape that no lookup finds: what is left of a save or a deletion that
    /// did not come to its end, or a save that is still running.
    pub metadata: Option<u64>,
}

/// All objects of a cassette.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Inventory {
    /// The recordings, in the order of their ids.
    pub recordings: Vec<Stored>,
    /// The keys of objects that are no recording's: someone else put them there.
    pub strangers: Vec<String>,
}

impl ObjectStoreCassette {
    /// Lists all objects of the cassette, and reads none: one listing per 1,000 objects, and some hundred bytes
    /// of memory for each recording.
    ///
    /// # Errors
    /// Whatever goes wrong with the store.
    pub async fn inventory(&self) -> Result<Inventory, Error> {
        let mut inventory = Inventory::default();
        let mut recordings: BTreeMap<RecordingId, (Option<u64>, Option<u64>)> = BTreeMap::new();
        let (tapes, metadata) = (self.layout.tapes()?, self.layout.categories()?);
        self.list_all(&tapes, &mut inventory.strangers, |id, size| {
            recordings.entry(id).or_default().0 = Some(size);
        })
        .await?;
        self.list_all(&metadata, &mut inventory.strangers, |id, size| {
            recordings.entry(id).or_default().1 = Some(size);
        })
        .await?;
        let stored = |(id, (tape, metadata))| Stored { id, tape, metadata };
        inventory.recordings = recordings.into_iter().map(stored).collect();
        Ok(inventory)
    }

    async fn list_all(
        &self,
        tree: &Key,
        strangers: &mut Vec<String>,
        mut each: impl FnMut(RecordingId, u64),
    ) -> Result<(), Error> {
        let mut objects = self.store.list(Some(tree));
        let failed = |error| of_place(error, &format!("list what is under {tree}"), &self.place);
        while let Some(object) = objects.try_next().await.map_err(failed)? {
            let below = object.location.as_ref().strip_prefix(tree.as_ref());
            match below.and_then(|path| RecordingId::from_path(path.trim_start_matches('/')).ok()) {
                Some(id) => each(id, object.size),
                None => strangers.push(object.location.to_string()),
            }
        }
        Ok(())
    }
}
