//! A store in memory that is as far away as one in the cloud, and counts what it is asked.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// How many keys a page of a listing has.
pub(crate) const PAGE: usize = 1000;

/// A store, each request of which takes a while.
#[derive(Debug)]
pub(crate) struct Distant {
    pub(crate) store: Arc<InMemory>,
    pub(crate) latency: Duration,
    pub(crate) requests: Arc<AtomicU64>,
}

impl Distant {
    async fn request(&self) {
        travel(self.latency, &self.requests).await;
    }
}

async fn travel(latency: Duration, requests: &AtomicU64) {
    requests.fetch_add(1, Ordering::Relaxed);
    tokio::time::sleep(latency).await;
}

impl fmt::Display for Distant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the distant store")
    }
}

#[async_trait]
impl ObjectStore for Distant {
    async fn put_opts(&self, key: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.request().await;
        self.store.put_opts(key, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        key: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.request().await;
        self.store.put_multipart_opts(key, options).await
    }

    async fn get_opts(&self, key: &Path, options: GetOptions) -> Result<GetResult> {
        self.request().await;
        self.store.get_opts(key, options).await
    }

    fn delete_stream(&self, keys: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.store.delete_stream(keys)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (latency, requests) = (self.latency, self.requests.clone());
        let arrive = move |(number, key): (usize, _)| {
            let requests = requests.clone();
            async move {
                if number.is_multiple_of(PAGE) {
                    travel(latency, &requests).await;
                }
                key
            }
        };
        self.store.list(prefix).enumerate().then(arrive).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.request().await;
        self.store.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.request().await;
        self.store.copy_opts(from, to, options).await
    }
}
