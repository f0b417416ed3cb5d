//! All objects of a cassette, and what is missing beside them.

use std::collections::BTreeMap;
use std::time::SystemTime;

use futures::TryStreamExt;
use object_store::path::Path as Key;
use object_store::{ObjectMeta, ObjectStoreExt};
use playback_cassette::{Cassette, Error, RecordingId};

use crate::ObjectStoreCassette;
use crate::failure::{of_place, of_recording};

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
    /// When the last of them was written, by the store's clock. It says more than the recording's day, which is that
    /// of the run: a recording that was copied today may be years old.
    pub written_at: SystemTime,
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
        let mut recordings: BTreeMap<RecordingId, Halves> = BTreeMap::new();
        let (tapes, metadata) = (self.layout.tapes()?, self.layout.categories()?);
        self.list_all(&tapes, &mut inventory.strangers, |id, object| {
            recordings.entry(id).or_default().tape = Some(object);
        })
        .await?;
        self.list_all(&metadata, &mut inventory.strangers, |id, object| {
            recordings.entry(id).or_default().metadata = Some(object);
        })
        .await?;
        inventory.recordings =
            recordings.into_iter().filter_map(|(id, halves)| halves.into_stored(id)).collect();
        Ok(inventory)
    }

    /// Deletes what is left of a recording, if one of its two objects is missing and the other was written before
    /// a time. An [`inventory`](Self::inventory) is out of date when it is read: the store is looked at again, so that
    /// what a save has completed since, or is about to, stays. False is that nothing was deleted.
    ///
    /// # Errors
    /// As [`delete`](Cassette::delete) has them, and whatever goes wrong with the store.
    pub async fn delete_orphan(&self, id: &RecordingId, written_before: SystemTime) -> Result<bool, Error> {
        let halves = Halves {
            tape: self.head(id, &self.layout.full(id)?).await?,
            metadata: self.head(id, &self.layout.metadata(id)?).await?,
        };
        let orphan = halves
            .into_stored(id.clone())
            .filter(|stored| stored.tape.is_none() || stored.metadata.is_none());
        match orphan {
            Some(orphan) if orphan.written_at < written_before => self.delete(id).await.map(|()| true),
            _ => Ok(false),
        }
    }

    /// What is under a key; nothing is fine.
    async fn head(&self, id: &RecordingId, key: &Key) -> Result<Option<Object>, Error> {
        match self.store.head(key).await {
            Ok(object) => Ok(Some(Object::of(&object))),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(of_recording(error, "look at", id, &self.place)),
        }
    }

    async fn list_all(
        &self,
        tree: &Key,
        strangers: &mut Vec<String>,
        mut each: impl FnMut(RecordingId, Object),
    ) -> Result<(), Error> {
        let mut objects = self.store.list(Some(tree));
        let failed = |error| of_place(error, &format!("list what is under {tree}"), &self.place);
        while let Some(object) = objects.try_next().await.map_err(failed)? {
            let below = object.location.as_ref().strip_prefix(tree.as_ref());
            match below.and_then(|path| RecordingId::from_path(path.trim_start_matches('/')).ok()) {
                Some(id) => each(id, Object::of(&object)),
                None => strangers.push(object.location.to_string()),
            }
        }
        Ok(())
    }
}

/// What an object is listed as.
#[derive(Clone, Copy)]
struct Object {
    size: u64,
    written_at: SystemTime,
}

impl Object {
    fn of(object: &ObjectMeta) -> Self {
        Self { size: object.size, written_at: object.last_modified.into() }
    }
}

/// The two objects of a recording, as far as they are there.
#[derive(Default)]
struct Halves {
    tape: Option<Object>,
    metadata: Option<Object>,
}

impl Halves {
    /// None is that neither is there.
    fn into_stored(self, id: RecordingId) -> Option<Stored> {
        let Self { tape, metadata } = self;
        let written_at = tape.iter().chain(&metadata).map(|object| object.written_at).max()?;
        let size = |object: Object| object.size;
        Some(Stored { id, tape: tape.map(size), metadata: metadata.map(size), written_at })
    }
}
