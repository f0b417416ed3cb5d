//! A store in memory that goes wrong when and how it is told.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt};
use futures::{FutureExt, TryFutureExt, TryStreamExt};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, UploadPart,
};
use tokio::sync::Semaphore;

/// How a request goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The store cannot be reached.
    Fails,
    /// The store does as it is asked, and the answer is lost.
    FailsAfterwards,
    /// The store says no.
    Refuses,
    /// The store has no room left.
    IsFull,
    /// The store never answers, and whoever asked gives up.
    Hangs,
    /// The store does nothing until it is told to go on, and then as it is asked.
    IsSlow,
    /// The store does as it is asked and never answers.
    HangsAfterwards,
    /// Half of the answer comes, then the connection is cut.
    CutsOff,
    /// Half of the answer comes, and the store says that it is all. Listings are whole.
    EndsEarly,
}

impl Fault {
    /// All that end by themselves or never.
    pub(crate) const ALL: [Self; 8] = [
        Self::Fails,
        Self::FailsAfterwards,
        Self::Refuses,
        Self::IsFull,
        Self::Hangs,
        Self::HangsAfterwards,
        Self::CutsOff,
        Self::EndsEarly,
    ];

    fn error(self) -> Error {
        let kind = match self {
            Self::Refuses => {
                let source = "the policy of the bucket".into();
                return Error::PermissionDenied { path: "orders".into(), source };
            }
            Self::IsFull => io::ErrorKind::StorageFull,
            _ => io::ErrorKind::ConnectionReset,
        };
        Error::Generic { store: "faulty", source: io::Error::from(kind).into() }
    }
}

/// A store in memory, of which one request can be made to go wrong, or all.
#[derive(Debug, Clone)]
pub(crate) struct Faulty {
    store: Arc<InMemory>,
    state: Arc<Mutex<State>>,
    down: Arc<AtomicBool>,
    hanging: Arc<Semaphore>,
    slow: Arc<Semaphore>,
    aborted: Arc<AtomicUsize>,
    on_their_way: Arc<AtomicUsize>,
    most_on_their_way: Arc<AtomicUsize>,
}

/// An upload in parts, each of which is a request of the store.
#[derive(Debug)]
struct Upload {
    upload: Box<dyn MultipartUpload>,
    store: Faulty,
}

#[derive(Debug, Default)]
struct State {
    /// How many requests still go well, and what the one after them does.
    armed: Option<(usize, Fault)>,
    fired: bool,
}

impl Faulty {
    pub(crate) fn new() -> Self {
        Self {
            store: Arc::default(),
            state: Arc::default(),
            down: Arc::default(),
            hanging: Arc::new(Semaphore::new(0)),
            slow: Arc::new(Semaphore::new(0)),
            aborted: Arc::default(),
            on_their_way: Arc::default(),
            most_on_their_way: Arc::default(),
        }
    }

    /// Lets so many requests go well and one go wrong.
    pub(crate) fn arm(&self, after: usize, fault: Fault) {
        *self.state.lock().unwrap() = State { armed: Some((after, fault)), fired: false };
    }

    /// Lets all go well, and says whether one went wrong.
    pub(crate) fn disarm(&self) -> bool {
        std::mem::take(&mut *self.state.lock().unwrap()).fired
    }

    pub(crate) fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// Lets a request that is slow go on.
    pub(crate) fn go_on(&self) {
        self.slow.add_permits(1);
    }

    /// Comes when a request hangs or is slow.
    pub(crate) async fn hangs(&self) {
        self.hanging.acquire().await.unwrap().forget();
    }

    /// How many uploads were aborted.
    pub(crate) fn aborted(&self) -> usize {
        self.aborted.load(Ordering::SeqCst)
    }

    /// How many bytes of parts and objects were at most on their way at the same time.
    pub(crate) fn most_on_their_way(&self) -> usize {
        self.most_on_their_way.load(Ordering::SeqCst)
    }

    /// Lets others come between, while so many bytes are on their way.
    async fn carry(&self, bytes: usize) {
        let all = self.on_their_way.fetch_add(bytes, Ordering::SeqCst) + bytes;
        self.most_on_their_way.fetch_max(all, Ordering::SeqCst);
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        self.on_their_way.fetch_sub(bytes, Ordering::SeqCst);
    }

    /// What this request does.
    fn next(&self) -> Option<Fault> {
        if self.down.load(Ordering::SeqCst) {
            return Some(Fault::Fails);
        }
        let mut state = self.state.lock().unwrap();
        let (after, fault) = state.armed?;
        state.armed = (after > 0).then(|| (after - 1, fault));
        state.fired |= after == 0;
        (after == 0).then_some(fault)
    }

    /// Does what is asked, or does not, and answers or does not.
    async fn run<T>(&self, request: impl Future<Output = Result<T>>) -> Result<T> {
        let fault = self.next();
        self.go_wrong(fault, request).await
    }

    async fn go_wrong<T>(&self, fault: Option<Fault>, request: impl Future<Output = Result<T>>) -> Result<T> {
        match fault {
            None => request.await,
            Some(Fault::Hangs) => self.hang().await,
            Some(Fault::IsSlow) => {
                self.hanging.add_permits(1);
                self.slow.acquire().await.unwrap().forget();
                request.await
            }
            Some(Fault::HangsAfterwards) => {
                request.await?;
                self.hang().await
            }
            Some(fault @ (Fault::FailsAfterwards | Fault::CutsOff | Fault::EndsEarly)) => {
                request.await?;
                Err(fault.error())
            }
            Some(fault) => Err(fault.error()),
        }
    }

    async fn hang<T>(&self) -> Result<T> {
        self.hanging.add_permits(1);
        std::future::pending().await
    }
}

/// Half of what an answer holds, and then the end, with an error or without.
async fn cut(whole: GetResult, end: Option<Error>) -> Result<GetResult> {
    let (meta, range, attributes, extensions) =
        (whole.meta.clone(), whole.range.clone(), whole.attributes.clone(), whole.extensions.clone());
    let bytes = whole.bytes().await?;
    let half = bytes.slice(..bytes.len() / 2);
    let payload = GetResultPayload::Stream(stream::iter([Ok(half)].into_iter().chain(end.map(Err))).boxed());
    Ok(GetResult { payload, meta, range, attributes, extensions })
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the faulty store")
    }
}

#[async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(&self, key: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.carry(payload.content_length()).await;
        self.run(self.store.put_opts(key, payload, options)).await
    }

    async fn put_multipart_opts(
        &self,
        key: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let upload = self.run(self.store.put_multipart_opts(key, options)).await?;
        Ok(Box::new(Upload { upload, store: self.clone() }))
    }

    async fn get_opts(&self, key: &Path, options: GetOptions) -> Result<GetResult> {
        match self.next() {
            Some(fault @ Fault::CutsOff) => {
                cut(self.store.get_opts(key, options).await?, Some(fault.error())).await
            }
            Some(Fault::EndsEarly) => cut(self.store.get_opts(key, options).await?, None).await,
            fault => self.go_wrong(fault, self.store.get_opts(key, options)).await,
        }
    }

    fn delete_stream(&self, keys: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let faulty = self.clone();
        let delete = move |key: Result<Path>| {
            let faulty = faulty.clone();
            async move {
                let one = stream::iter([key]).boxed();
                let deleted = faulty.store.delete_stream(one);
                faulty
                    .run(async { deleted.try_collect::<Vec<_>>().await })
                    .await
                    .map(|mut keys| keys.remove(0))
            }
        };
        keys.then(delete).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (faulty, listed) = (self.clone(), self.store.list(prefix));
        let list = async move {
            let fault = faulty.next();
            let all: Vec<ObjectMeta> = listed.try_collect().await?;
            let half = all.len().div_ceil(2);
            let part = |end: Option<Error>| {
                stream::iter(all.iter().take(half).cloned().map(Ok).chain(end.map(Err)).collect::<Vec<_>>())
            };
            match fault {
                Some(fault @ Fault::CutsOff) => Ok(part(Some(fault.error()))),
                None | Some(Fault::EndsEarly) => {
                    Ok(stream::iter(all.into_iter().map(Ok).collect::<Vec<_>>()))
                }
                fault => faulty.go_wrong(fault, async { Ok(part(None)) }).await,
            }
        };
        list.try_flatten_stream().boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        match self.next() {
            Some(Fault::EndsEarly) => self.store.list_with_delimiter(prefix).await,
            fault => self.go_wrong(fault, self.store.list_with_delimiter(prefix)).await,
        }
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.run(self.store.copy_opts(from, to, options)).await
    }
}

#[async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let (store, bytes) = (self.store.clone(), data.content_length());
        let part = self.upload.put_part(data);
        async move {
            store.carry(bytes).await;
            store.run(part).await
        }
        .boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        self.store.run(self.upload.complete()).await
    }

    async fn abort(&mut self) -> Result<()> {
        self.store.aborted.fetch_add(1, Ordering::SeqCst);
        self.store.run(self.upload.abort()).await
    }
}
