//! A cassette on an object store.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use futures::TryStreamExt;
use futures::stream::{BoxStream, StreamExt};
use object_store::path::Path as Key;
use object_store::{Attribute, Attributes, ObjectStore, ObjectStoreExt, PutOptions};
use playback_cassette::format::TapeFile;
use playback_cassette::{
    Cassette, Error, ErrorKind, Found, Listing, Metadata, Opened, Query, Recording, RecordingId, format,
    lookup,
};

use crate::ObjectStoreCassetteBuilder;
use crate::address::{self, Place, PlaceKind};
use crate::disk::Disk;
use crate::failure::{of_place, of_recording};
use crate::layout::Layout;
use crate::parts::{Large, MAX_PUT_BYTES, Object};
use crate::room::Room;

/// Recordings in an object store.
///
/// Opens for reading only, until [`read_only(false)`](Self::read_only) says otherwise. Cheap to clone;
/// clones share the store.
#[derive(Clone)]
pub struct ObjectStoreCassette {
    pub(crate) store: Arc<dyn ObjectStore>,
    /// What people call the store.
    pub(crate) place: Arc<str>,
    kind: PlaceKind,
    pub(crate) layout: Layout,
    read_only: bool,
    transient: bool,
    /// In bytes.
    infrequent_access_over: Option<u64>,
    room: Room,
    /// Where the store is files of this machine, the threads that write them.
    disk: Option<Disk>,
}

impl ObjectStoreCassette {
    /// The cassette at `url`, with credentials and options as the environment has them.
    ///
    /// | URL | what it names | feature |
    /// |---|---|---|
    /// | `file:///absolute/path` | a directory, which is made if it is not there | |
    /// | `memory://` | a new cassette in memory | |
    /// | `s3://bucket/prefix` | a bucket of S3, or of what speaks its protocol | `aws` |
    /// | `gs://bucket/prefix` | a bucket of Google Cloud Storage | `gcp` |
    /// | `az://container/prefix`, `abfs[s]://container@account.dfs.core.windows.net/prefix` | a container of Azure | `azure` |
    ///
    /// The prefix is one of keys, as [`key_prefix`](Self::key_prefix) has it, and may be left out.
    /// A URL is the place only: what else may stand in one, as a port, a query or a fragment, is refused, so that `#` and `?`
    /// in a name are written as `%23` and `%3F`.
    /// Credentials are found as the crate `object_store` does it: in variables such as `AWS_ACCESS_KEY_ID`,
    /// `GOOGLE_SERVICE_ACCOUNT` and `AZURE_STORAGE_ACCOUNT_NAME`, or from the machine's role. Options, for
    /// MinIO, R2 and the like, are given by [`builder`](Self::builder).
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if it is no such URL, or if its scheme needs a feature that is not on; and as
    /// [`local`](Self::local) has them. Whether a bucket is there shows when it is used.
    pub fn from_url(url: &str) -> Result<Self, Error> {
        Self::builder(url).build()
    }

    /// The cassette at `url`, yet to be told options.
    pub fn builder(url: &str) -> ObjectStoreCassetteBuilder {
        ObjectStoreCassetteBuilder::new(url)
    }

    /// The cassette in a directory of this machine, which is made if it is not there.
    ///
    /// Small recordings are written by four threads of the cassette's own, which costs a busy machine the least. Where files
    /// take long to make and can be made many at a time, as over a network, [`new`](Self::new) with a store of the
    /// directory does that.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`] or [`ErrorKind::Invalid`] if the directory can be neither opened nor made.
    pub fn local(path: impl AsRef<Path>) -> Result<Self, Error> {
        address::local(path.as_ref()).map(Self::at)
    }

    /// A new cassette in memory.
    #[must_use]
    pub fn memory() -> Self {
        Self::at(address::memory())
    }

    /// The cassette in any store.
    #[must_use]
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        let name = store.to_string();
        let kind = if name.contains("AmazonS3") { PlaceKind::S3 } else { PlaceKind::Other };
        Self::at(Place { store, name, kind })
    }

    pub(crate) fn at(place: Place) -> Self {
        Self {
            store: place.store,
            place: place.name.into(),
            kind: place.kind,
            layout: Layout::default(),
            read_only: true,
            transient: false,
            infrequent_access_over: None,
            room: Room::new(),
            disk: (place.kind == PlaceKind::Disk).then(Disk::default),
        }
    }

    /// Keeps the recordings apart from others in the same store, under `prefix`: `team-a`, or `team-a/eu`.
    /// A prefix that the cassette has already goes before it.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if a part of the prefix is empty, `.`, `..`, or has a control character in it.
    pub fn key_prefix(mut self, prefix: &str) -> Result<Self, Error> {
        self.layout = self.layout.below(prefix)?;
        Ok(self)
    }

    /// Whether to refuse saving and deleting: yes, until told otherwise.
    #[must_use]
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }

    /// Whether [`close`](Cassette::close) deletes every recording under the prefix, those of others too: no,
    /// until told otherwise. A cassette that is open for reading only deletes nothing.
    #[must_use]
    pub fn transient(mut self, transient: bool) -> Self {
        self.transient = transient;
        self
    }

    /// Keeps tapes of more than so many kilobytes (of 1,024 bytes) in S3's class for infrequent access,
    /// `STANDARD_IA`, which is cheaper to keep and dearer to read; S3 bills at least 128 KB of each. Stores
    /// other than S3 have other classes: there it is ignored, and said so in a warning.
    #[must_use]
    pub fn infrequent_access_over(mut self, kilobytes: u64) -> Self {
        if self.kind == PlaceKind::S3 {
            self.infrequent_access_over = Some(kilobytes.saturating_mul(1024));
        } else {
            tracing::warn!(
                "{} has no storage class `STANDARD_IA`, so the threshold for infrequent access is ignored; \
                 set a rule for the store's own classes there",
                self.place
            );
        }
        self
    }

    fn check_writable(&self, act: &str, id: &RecordingId) -> Result<(), Error> {
        if self.read_only {
            Err(Error::read_only(format_args!("{act} recording {id}"), &self.place))
        } else {
            Ok(())
        }
    }

    fn tape(&self, id: &RecordingId) -> Result<Object, Error> {
        let key = self.layout.full(id)?;
        Ok(Object {
            store: Arc::clone(&self.store),
            place: Arc::clone(&self.place),
            id: id.clone(),
            key,
            room: self.room.clone(),
        })
    }

    async fn put(
        &self,
        id: &RecordingId,
        key: &Key,
        bytes: Vec<u8>,
        options: PutOptions,
    ) -> Result<(), Error> {
        let put = self.store.put_opts(key, bytes.into(), options).await;
        put.map(|_| ()).map_err(|error| of_recording(error, "save", id, &self.place))
    }

    /// Deletes what may not be there.
    async fn remove(&self, id: &RecordingId, key: &Key) -> Result<(), Error> {
        match self.store.delete(key).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(of_recording(error, "delete", id, &self.place)),
        }
    }

    /// What is said of a tape of so many bytes.
    fn tape_attributes(&self, bytes: u64) -> Attributes {
        let mut attributes = Attributes::default();
        if self.infrequent_access_over.is_some_and(|limit| bytes > limit) {
            attributes.insert(Attribute::StorageClass, "STANDARD_IA".into());
        }
        attributes
    }

    /// Deletes all that is under a prefix, as many at a time as the store takes.
    async fn remove_all(&self, prefix: &Key) -> Result<(), Error> {
        let keys = self.store.list(Some(prefix)).map_ok(|object| object.location).boxed();
        let mut deleted = self.store.delete_stream(keys);
        while let Some(deleted) = deleted.next().await {
            match deleted {
                // Someone else was faster.
                Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => {
                    return Err(of_place(error, &format!("delete what is under {prefix}"), &self.place));
                }
            }
        }
        Ok(())
    }

    /// The names of what is directly under a prefix and goes on below it.
    async fn folders(&self, prefix: &Key, what: &str) -> Result<Vec<String>, Error> {
        let listed = self.store.list_with_delimiter(Some(prefix)).await;
        let listed = listed.map_err(|error| of_place(error, &format!("list {what}"), &self.place))?;
        Ok(listed.common_prefixes.iter().filter_map(|folder| folder.filename().map(str::to_owned)).collect())
    }
}

#[async_trait]
impl Cassette for ObjectStoreCassette {
    async fn save(&self, recording: &Recording) -> Result<(), Error> {
        let id = recording.id();
        self.check_writable("save", id)?;
        // What is compressed in memory is there until it is sent.
        let room = self.room.take(TapeFile::memory_for(recording)).await;
        let tape = TapeFile::of(recording)?;
        let found = Found::new(id.clone(), recording.metadata().clone()).with_size(tape.length());
        let metadata = format::metadata_to_json(&found)?;
        let attributes = self.tape_attributes(tape.length());
        // Lookups read metadata only, so that what is written last is what makes the recording visible.
        let beside = self.layout.metadata(id)?;
        if tape.length() > MAX_PUT_BYTES && room.is_none() {
            self.tape(id)?.put(&Large::File(tape), attributes.into()).await?;
            return self.put(id, &beside, metadata, PutOptions::default()).await;
        }
        let room = self.room.instead_of(room, tape.length()).await;
        let tape = tape.into_bytes()?;
        if tape.len() as u64 > MAX_PUT_BYTES {
            self.tape(id)?.put(&Large::Memory(tape.into()), attributes.into()).await?;
            drop(room);
            return self.put(id, &beside, metadata, PutOptions::default()).await;
        }
        let (cassette, id) = (self.clone(), id.clone());
        let puts = async move {
            let _room = room;
            cassette.put(&id, &cassette.layout.full(&id)?, tape, attributes.into()).await?;
            cassette.put(&id, &beside, metadata, PutOptions::default()).await
        };
        match &self.disk {
            Some(disk) => disk.save(puts).await,
            None => puts.await,
        }
    }

    async fn load(&self, id: &RecordingId) -> Result<Recording, Error> {
        self.tape(id)?.load().await
    }

    async fn open(&self, id: &RecordingId) -> Result<Opened, Error> {
        format::open(id, Box::new(self.tape(id)?)).await
    }

    async fn load_metadata(&self, id: &RecordingId) -> Result<Metadata, Error> {
        Ok(self.read_metadata(id).await?.metadata)
    }

    async fn delete(&self, id: &RecordingId) -> Result<(), Error> {
        self.check_writable("delete", id)?;
        self.remove(id, &self.layout.metadata(id)?).await?;
        self.remove(id, &self.layout.full(id)?).await
    }

    fn find<'a>(&'a self, query: &Query) -> BoxStream<'a, Result<Found, Error>> {
        lookup(self, query)
    }

    async fn categories(&self) -> Result<Vec<String>, Error> {
        let mut categories = self.list_categories().await?;
        categories.sort();
        Ok(categories)
    }

    fn place(&self) -> String {
        self.place.to_string()
    }

    async fn close(&self) -> Result<(), Error> {
        if self.transient && !self.read_only {
            // What cannot be found any more goes last.
            self.remove_all(&self.layout.categories()?).await?;
            self.remove_all(&self.layout.tapes()?).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Listing for ObjectStoreCassette {
    async fn list_categories(&self) -> Result<Vec<String>, Error> {
        let folders = self.folders(&self.layout.categories()?, "the categories").await?;
        // What decodes to no category was put there by someone else.
        Ok(folders.iter().filter_map(|folder| RecordingId::decode_category(folder)).collect())
    }

    async fn list_days(&self, category: &str) -> Result<Vec<String>, Error> {
        self.folders(&self.layout.days(category)?, &format!("the days of `{category}`")).await
    }

    async fn list_ids(&self, category: &str, day: &str) -> Result<Vec<RecordingId>, Error> {
        let objects = self.store.list(Some(&self.layout.day(category, day)?));
        // What has no id for a name was put there by someone else.
        let ids = objects.try_filter_map(async |object| Ok(self.layout.id_of(&object.location)));
        let failed =
            |error| of_place(error, &format!("list the recordings of `{category}` of {day}"), &self.place);
        ids.try_collect().await.map_err(failed)
    }

    async fn read_metadata(&self, id: &RecordingId) -> Result<Found, Error> {
        let name = format!("the metadata of recording {id}");
        let failed = |error| of_recording(error, "load", id, &self.place);
        let object = self.store.get(&self.layout.metadata(id)?).await.map_err(failed)?;
        if object.meta.size > format::MAX_METADATA_BYTES {
            let message = format!(
                "{name} takes {} bytes in {}, and lookups read {} at the most; load the recording by its id, or delete it",
                object.meta.size,
                self.place,
                format::MAX_METADATA_BYTES
            );
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        let found = format::metadata_from_json(&name, &object.bytes().await.map_err(failed)?)?;
        if found.id == *id {
            Ok(found)
        } else {
            Err(Error::corrupt(name, format_args!("it is that of recording {}", found.id)))
        }
    }
}

impl fmt::Debug for ObjectStoreCassette {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, layout, read_only, transient, .. } = self;
        f.debug_struct("ObjectStoreCassette")
            .field("place", place)
            .field("layout", layout)
            .field("read_only", read_only)
            .field("transient", transient)
            .finish_non_exhaustive()
    }
}
