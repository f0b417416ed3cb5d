//! What is kept where, what is asked of the store, and what is said when something is wrong there.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::memory::InMemory;
use object_store::path::Path as Key;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result as StoreResult,
};
use playback_cassette::{Cassette, CassetteExt, ErrorKind, Query, Recording, RecordingId, TapeRecorder};
use playback_cassette_s3::ObjectStoreCassette;
use playback_core::{RecorderExt, Value, operation};
use playback_testkit::MemoryCassette;

/// So many recordings of an operation, through a recorder.
async fn recordings(count: usize) -> Vec<Recording> {
    let memory = MemoryCassette::new();
    let recorder = TapeRecorder::new(memory.clone());
    for number in 0..count {
        recorder.scope_blocking(|| operation("orders/eu").args(&(number,)).run(|| number + 1));
    }
    recorder.flush().await.unwrap();
    memory.load_all(memory.ids()).map(|(_, recording)| recording.unwrap()).collect().await
}

async fn one_recording() -> Recording {
    recordings(1).await.remove(0)
}

/// A directory with one recording in it, and a cassette to read it with.
struct OnDisk {
    directory: tempfile::TempDir,
    cassette: ObjectStoreCassette,
    recording: Recording,
}

impl OnDisk {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let cassette = ObjectStoreCassette::local(directory.path()).unwrap();
        let recording = one_recording().await;
        cassette.clone().read_only(false).save(&recording).await.unwrap();
        Self { directory, cassette, recording }
    }

    fn id(&self) -> &RecordingId {
        self.recording.id()
    }

    fn file(&self, tree: &str) -> PathBuf {
        self.directory.path().join(format!("tape_recorder_recordings/{tree}/{}", self.id().to_path()))
    }
}

fn files_below(directory: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path.display().to_string()) }
    }
    files.sort();
    files
}

#[tokio::test]
async fn a_recording_is_two_files_in_the_layout_that_is_documented() {
    // C5
    let disk = OnDisk::new().await;
    let root = disk.directory.path().display().to_string();
    let (day, unique) = (disk.id().day(), disk.id().unique());
    assert_eq!(
        files_below(disk.directory.path()),
        [
            format!("{root}/tape_recorder_recordings/full/orders%2Feu/{day}/{unique}"),
            format!("{root}/tape_recorder_recordings/metadata/orders%2Feu/{day}/{unique}"),
        ]
    );
    let json: serde_json::Value = serde_json::from_slice(&fs::read(disk.file("metadata")).unwrap()).unwrap();
    assert_eq!(json["id"], disk.id().to_string());
    assert_eq!(json["size"], fs::metadata(disk.file("full")).unwrap().len());

    let prefixed =
        ObjectStoreCassette::local(disk.directory.path()).unwrap().key_prefix("/team/eu/").unwrap();
    prefixed.read_only(false).save(&disk.recording).await.unwrap();
    let expected = format!("{root}/tape_recorder_recordings/team/eu/full/orders%2Feu/{day}/{unique}");
    assert!(files_below(disk.directory.path()).contains(&expected));
    assert_eq!(
        disk.cassette.find_all(&Query::new()).await.unwrap().len(),
        1,
        "prefixes do not see each other"
    );
}

#[tokio::test]
async fn saves_on_a_disk_are_as_many_at_a_time_as_one_likes_on_a_few_threads() {
    let directory = tempfile::tempdir().unwrap();
    let cassette = ObjectStoreCassette::local(directory.path()).unwrap().read_only(false);
    let recordings = recordings(100).await;
    let saves = recordings.iter().map(|recording| cassette.save(recording));
    for saved in futures::future::join_all(saves).await {
        saved.unwrap();
    }
    let found = cassette.find(&Query::new().category("orders/eu")).try_collect::<Vec<_>>().await.unwrap();
    assert_eq!(found.len(), 100);
    for recording in &recordings {
        assert_eq!(cassette.load(recording.id()).await.unwrap(), *recording);
    }
}

#[tokio::test]
async fn a_directory_that_goes_fails_a_save_and_not_the_next() {
    let disk = OnDisk::new().await;
    let cassette = disk.cassette.clone().read_only(false);
    let tapes = disk.directory.path().join("tape_recorder_recordings");
    fs::remove_dir_all(&tapes).unwrap();
    fs::write(&tapes, "in the way").unwrap();
    for _ in 0..8 {
        cassette.save(&disk.recording).await.unwrap_err();
    }
    fs::remove_file(&tapes).unwrap();
    cassette.save(&disk.recording).await.unwrap();
    assert_eq!(disk.cassette.load(disk.id()).await.unwrap(), disk.recording);
}

#[test]
fn a_disk_needs_no_runtime() {
    let directory = tempfile::tempdir().unwrap();
    let cassette = ObjectStoreCassette::local(directory.path()).unwrap().read_only(false);
    futures::executor::block_on(async {
        let recording = one_recording().await;
        cassette.save(&recording).await.unwrap();
        assert_eq!(cassette.load(recording.id()).await.unwrap(), recording);
    });
}

#[tokio::test]
async fn a_truncated_tape_names_its_recording_and_the_way_out() {
    let disk = OnDisk::new().await;
    let whole = fs::read(disk.file("full")).unwrap();
    fs::write(disk.file("full"), &whole[..50]).unwrap();
    let error = disk.cassette.load(disk.id()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    let id = disk.id();
    assert_eq!(
        error.to_string(),
        format!(
            "recording {id} is truncated after 50 of {} bytes; delete it or restore it from backup",
            whole.len()
        )
    );
}

#[tokio::test]
async fn metadata_that_is_no_json_is_reported_by_id_and_the_listing_goes_on() {
    let disk = OnDisk::new().await;
    let other = one_recording().await;
    disk.cassette.clone().read_only(false).save(&other).await.unwrap();
    fs::write(disk.file("metadata"), "gibberish").unwrap();
    let items: Vec<_> = disk.cassette.find(&Query::new()).collect().await;
    let (found, errors): (Vec<_>, Vec<_>) = items.into_iter().partition(Result::is_ok);
    assert_eq!(found[0].as_ref().unwrap().id, *other.id());
    assert_eq!(
        errors[0].as_ref().unwrap_err().to_string(),
        format!(
            "the metadata of recording {} is corrupt: it is not metadata as JSON; delete it or restore it from backup",
            disk.id()
        )
    );
}

#[tokio::test]
async fn metadata_that_no_lookup_would_read_fails_its_save_and_is_not_read_of_others() {
    let on_disk = OnDisk::new().await;
    let mut metadata = on_disk.recording.metadata().clone();
    metadata.fields.insert("body".to_owned(), Value::Bytes(vec![200; 2 << 20]));
    let large = Recording::new(on_disk.id().clone(), metadata, on_disk.recording.tape().clone());
    let error = on_disk.cassette.clone().read_only(false).save(&large).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(error.to_string().contains("of which the field `body` takes 8,388,609"), "{error}");
    assert_eq!(on_disk.cassette.load(on_disk.id()).await.unwrap(), on_disk.recording);

    let file = fs::OpenOptions::new().append(true).open(on_disk.file("metadata")).unwrap();
    file.set_len((4 << 20) + 1).unwrap();
    let error = on_disk.cassette.load_metadata(on_disk.id()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(error.to_string().contains("takes 4194305 bytes in the directory "), "{error}");
}

#[tokio::test]
async fn a_recording_without_its_metadata_is_not_visible() {
    let disk = OnDisk::new().await;
    fs::remove_file(disk.file("metadata")).unwrap();
    assert!(disk.cassette.find_all(&Query::new()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_recording_without_its_tape_is_reported_by_its_id() {
    // C9
    let disk = OnDisk::new().await;
    fs::remove_file(disk.file("full")).unwrap();
    let error = disk.cassette.load(disk.id()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(
        error.to_string(),
        format!(
            "there is no recording {} in the directory {}; `find` lists those that there are",
            disk.id(),
            disk.directory.path().display()
        )
    );
}

#[tokio::test]
async fn what_someone_else_put_beside_recordings_is_passed_over() {
    let disk = OnDisk::new().await;
    let metadata = disk.directory.path().join("tape_recorder_recordings/metadata");
    fs::write(metadata.join(".DS_Store"), "x").unwrap();
    fs::create_dir_all(metadata.join("not a category%/x")).unwrap();
    fs::write(metadata.join("not a category%/x/y"), "x").unwrap();
    fs::write(disk.file("metadata").with_file_name("notes.txt"), "x").unwrap();
    assert_eq!(disk.cassette.find_all(&Query::new()).await.unwrap().len(), 1);
    assert_eq!(disk.cassette.categories().await.unwrap(), ["orders/eu"]);
}

#[tokio::test]
async fn a_directory_that_cannot_be_written_to_says_so() {
    // C9
    let disk = OnDisk::new().await;
    let writer = disk.cassette.clone().read_only(false);
    // A file where a directory has to be, which stops even root.
    let trees = disk.directory.path().join("tape_recorder_recordings");
    fs::remove_dir_all(&trees).unwrap();
    fs::write(&trees, "x").unwrap();
    let error = writer.save(&disk.recording).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{}", error.chain());
    assert_eq!(
        error.to_string(),
        format!(
            "cannot save recording {}: the directory {} is no directory; name another",
            disk.id(),
            disk.directory.path().display()
        )
    );
}

#[test]
fn an_address_that_names_no_store_says_what_to_write() {
    for (url, expected) in [
        (
            "./recordings",
            "`./recordings` is no URL of a store; write `file:///absolute/path` or `memory://`, or use \
             `ObjectStoreCassette::local` for a path",
        ),
        (
            "file://recordings",
            "`file://recordings` names no directory of this machine; write `file:///absolute/path`, or use \
             `ObjectStoreCassette::local` for a relative path",
        ),
        (
            "file:///tmp/team#1",
            "a URL `file://…` of a cassette is a path only; write `#` and `?` in a name as `%23` and `%3F`",
        ),
        (
            "file:///tmp/team?1",
            "a URL `file://…` of a cassette is a path only; write `#` and `?` in a name as `%23` and `%3F`",
        ),
    ] {
        let error = ObjectStoreCassette::from_url(url).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn a_name_with_a_number_sign_is_written_as_urls_have_it() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("file://{}/team%231", directory.path().display());
    ObjectStoreCassette::from_url(&url).unwrap();
    assert!(directory.path().join("team#1").is_dir());
}

#[test]
fn an_unknown_scheme_lists_those_that_are_known_and_the_features_that_add_more() {
    let error = ObjectStoreCassette::from_url("ftp://user:secret@host/").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let says = error.to_string();
    assert!(says.starts_with("`ftp` is no scheme of a store; known schemes are `file`, `memory`"), "{says}");
    for (scheme, feature, is_there) in [
        ("s3", "aws", cfg!(feature = "aws")),
        ("gs", "gcp", cfg!(feature = "gcp")),
        ("az", "azure", cfg!(feature = "azure")),
    ] {
        assert!(says.contains(&format!("`{scheme}`")), "{says}");
        assert_eq!(says.contains(&format!("`{scheme}` (feature `{feature}`)")), !is_there, "{says}");
    }
    assert!(!says.contains("secret"));
}

#[cfg(not(feature = "aws"))]
#[test]
fn a_known_scheme_without_its_feature_names_the_feature() {
    let error = ObjectStoreCassette::from_url("s3a://bucket/path").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let says = error.to_string();
    assert!(
        says.starts_with(
            "the scheme `s3a` needs the feature `aws` of playback-cassette-s3: add `features = [\"aws\"]` to the \
             dependency; without it, known schemes are `file`, `memory`"
        ),
        "{says}"
    );
}

#[cfg(not(feature = "azure"))]
#[test]
fn a_known_scheme_of_azure_without_its_feature_names_the_feature() {
    for url in ["az://container", "abfss://container@account.dfs.core.windows.net/path"] {
        let error = ObjectStoreCassette::from_url(url).unwrap_err();
        assert!(error.to_string().contains("needs the feature `azure`"), "{error}");
    }
}

#[test]
fn a_prefix_that_would_lead_elsewhere_is_refused() {
    let error = ObjectStoreCassette::memory().key_prefix("team/full").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(
        error.to_string().contains("`full` and `metadata` are what recordings are kept under"),
        "{error}"
    );
    for prefix in ["..", "a/../b", "a//b", "a\nb"] {
        let error = ObjectStoreCassette::memory().key_prefix(prefix).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "{prefix:?} cannot be a prefix of keys; leave out `.`, `..`, `//` and control characters"
            )
        );
    }
}

/// A store in memory that notes what it is asked.
#[derive(Debug, Clone, Default)]
struct Noting {
    store: Arc<InMemory>,
    asked: Arc<Mutex<Vec<&'static str>>>,
}

impl Noting {
    fn note(&self, what: &'static str) {
        self.asked.lock().unwrap().push(what);
    }

    /// What was asked since this was called last.
    fn asked(&self) -> Vec<&'static str> {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        println!("{} requests: {asked:?}", asked.len());
        asked
    }
}

impl fmt::Display for Noting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the noting store")
    }
}

#[async_trait]
impl ObjectStore for Noting {
    async fn put_opts(&self, key: &Key, payload: PutPayload, options: PutOptions) -> StoreResult<PutResult> {
        self.note("put");
        self.store.put_opts(key, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        key: &Key,
        options: PutMultipartOptions,
    ) -> StoreResult<Box<dyn MultipartUpload>> {
        self.note("multipart");
        self.store.put_multipart_opts(key, options).await
    }

    async fn get_opts(&self, key: &Key, options: GetOptions) -> StoreResult<GetResult> {
        self.note("get");
        self.store.get_opts(key, options).await
    }

    fn delete_stream(
        &self,
        keys: BoxStream<'static, StoreResult<Key>>,
    ) -> BoxStream<'static, StoreResult<Key>> {
        let noting = self.clone();
        self.store.delete_stream(keys.inspect_ok(move |_| noting.note("delete")).boxed())
    }

    fn list(&self, prefix: Option<&Key>) -> BoxStream<'static, StoreResult<ObjectMeta>> {
        self.note("list");
        self.store.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Key>) -> StoreResult<ListResult> {
        self.note("list folders");
        self.store.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Key, to: &Key, options: CopyOptions) -> StoreResult<()> {
        self.note("copy");
        self.store.copy_opts(from, to, options).await
    }
}

#[tokio::test]
async fn no_call_asks_more_of_the_store_than_is_documented() {
    let store = Noting::default();
    let cassette = ObjectStoreCassette::new(Arc::new(store.clone())).read_only(false);
    let recordings = recordings(10).await;
    for recording in &recordings {
        cassette.save(recording).await.unwrap();
        assert_eq!(store.asked(), ["put", "put"]);
    }
    let id = recordings[0].id();
    cassette.load(id).await.unwrap();
    assert_eq!(store.asked(), ["get"]);
    cassette.load_metadata(id).await.unwrap();
    assert_eq!(store.asked(), ["get"]);
    let query = Query::new().category("orders/eu").limit(3);
    assert_eq!(cassette.find_all(&query).await.unwrap().len(), 3);
    assert_eq!(store.asked(), ["list folders", "list", "get", "get", "get"]);
    cassette.delete(id).await.unwrap();
    assert_eq!(store.asked(), ["delete", "delete"]);
}

#[tokio::test]
async fn a_read_only_cassette_refuses_before_anything_is_sent() {
    // C7
    let store = Noting::default();
    let cassette = ObjectStoreCassette::new(Arc::new(store.clone()));
    let recording = one_recording().await;
    let id = recording.id();
    for (act, error) in [
        ("save", cassette.save(&recording).await.unwrap_err()),
        ("delete", cassette.delete(id).await.unwrap_err()),
    ] {
        assert_eq!(error.kind(), ErrorKind::ReadOnly);
        assert_eq!(
            error.to_string(),
            format!(
                "cannot {act} recording {id}: the noting store is open for reading only; open it with \
                 `.read_only(false)`"
            )
        );
    }
    assert!(store.asked().is_empty());
}

#[tokio::test]
async fn a_transient_cassette_deletes_what_is_its_own_and_nothing_else() {
    // C6
    let disk = OnDisk::new().await;
    let others = disk.cassette.clone().key_prefix("others").unwrap().read_only(false);
    others.save(&disk.recording).await.unwrap();
    disk.cassette.clone().transient(true).close().await.unwrap();
    assert_eq!(disk.cassette.find_all(&Query::new()).await.unwrap().len(), 1, "it was open for reading only");
    let transient = disk.cassette.clone().transient(true).read_only(false);
    transient.close().await.unwrap();
    assert!(disk.cassette.find_all(&Query::new()).await.unwrap().is_empty());
    assert_eq!(disk.cassette.load(disk.id()).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(others.load(disk.id()).await.unwrap(), disk.recording);
    transient.close().await.unwrap();
}

#[tokio::test]
async fn a_recorder_that_is_closed_closes_its_transient_cassette() {
    // C6
    let store = Arc::new(InMemory::new());
    let recorder =
        TapeRecorder::new(ObjectStoreCassette::new(store.clone()).read_only(false).transient(true));
    recorder.scope_blocking(|| operation("Checkout").run(|| 1));
    recorder.flush().await.unwrap();
    assert_eq!(store.list(None).count().await, 2);
    recorder.close(std::time::Duration::from_secs(60)).await.unwrap();
    assert_eq!(store.list(None).count().await, 0);
}

/// Counts warnings.
struct Warnings(Arc<AtomicUsize>);

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("playback_cassette_s3") && *metadata.level() == tracing::Level::WARN
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, _: &tracing::Event<'_>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test]
async fn disk_and_memory_ignore_the_threshold_for_infrequent_access_with_one_warning() {
    // C8
    let warnings = Arc::new(AtomicUsize::new(0));
    let _guard = tracing::subscriber::set_default(Warnings(warnings.clone()));
    let disk = OnDisk::new().await;
    let cassette = disk.cassette.clone().read_only(false).infrequent_access_over(0);
    for _ in 0..3 {
        cassette.save(&disk.recording).await.unwrap();
    }
    assert_eq!(cassette.load(disk.id()).await.unwrap(), disk.recording);
    assert_eq!(warnings.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_inventory_shows_what_is_whole_what_is_half_and_what_is_foreign() {
    let OnDisk { directory, cassette, recording } = OnDisk::new().await;
    let [tape_only, metadata_only] = <[Recording; 2]>::try_from(recordings(2).await).unwrap();
    let object = |tree: &str, recording: &Recording| {
        directory.path().join("tape_recorder_recordings").join(tree).join(recording.id().to_path())
    };
    for recording in [&tape_only, &metadata_only] {
        cassette.clone().read_only(false).save(recording).await.unwrap();
    }
    fs::remove_file(object("metadata", &tape_only)).unwrap();
    fs::remove_file(object("full", &metadata_only)).unwrap();
    fs::write(directory.path().join("tape_recorder_recordings/metadata/notes"), "mine").unwrap();

    let inventory = cassette.inventory().await.unwrap();
    let size = |tree: &str, recording| fs::metadata(object(tree, recording)).ok().map(|file| file.len());
    let mut expected = [&recording, &tape_only, &metadata_only]
        .map(|one| (one.id().clone(), size("full", one), size("metadata", one)));
    expected.sort();
    let found: Vec<_> =
        inventory.recordings.into_iter().map(|stored| (stored.id, stored.tape, stored.metadata)).collect();
    assert_eq!(found, expected);
    assert_eq!(inventory.strangers, ["tape_recorder_recordings/metadata/notes"]);
    assert_eq!(ObjectStoreCassette::memory().inventory().await.unwrap().recordings.len(), 0);
}

#[tokio::test]
async fn an_orphan_is_deleted_only_while_it_is_one_and_old_enough() {
    let OnDisk { directory, cassette, recording } = OnDisk::new().await;
    let cassette = cassette.read_only(false);
    let object = |tree: &str| {
        directory.path().join("tape_recorder_recordings").join(tree).join(recording.id().to_path())
    };
    let later = SystemTime::now() + Duration::from_secs(60);
    let before_it = SystemTime::now() - Duration::from_secs(60);
    for missing in ["metadata", "full"] {
        cassette.save(&recording).await.unwrap();
        assert!(!cassette.delete_orphan(recording.id(), later).await.unwrap(), "it is whole");
        fs::remove_file(object(missing)).unwrap();
        let listed = cassette.inventory().await.unwrap().recordings;
        assert!((before_it..later).contains(&listed[0].written_at), "{listed:?}");
        assert!(!cassette.delete_orphan(recording.id(), before_it).await.unwrap(), "it is new");
        assert_eq!(cassette.inventory().await.unwrap().recordings, listed);
        let refused = cassette.clone().read_only(true).delete_orphan(recording.id(), later).await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::ReadOnly);
        assert!(cassette.delete_orphan(recording.id(), later).await.unwrap());
        assert!(!cassette.delete_orphan(recording.id(), later).await.unwrap(), "it is gone");
        assert_eq!(cassette.inventory().await.unwrap().recordings, []);
    }
}
