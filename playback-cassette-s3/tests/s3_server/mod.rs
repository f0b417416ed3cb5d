//! An S3 server in the test process, which notes what it is asked. Of Google's protocol it understands enough.
#![allow(dead_code, reason = "each test file takes what it needs")]

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use playback_cassette_s3::{ObjectStoreCassette, ObjectStoreCassetteBuilder};
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tempfile::TempDir;
use tokio::net::TcpListener;

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    directory: TempDir,
    notes: Arc<Mutex<Notes>>,
}

#[derive(Default)]
struct Notes {
    asked: Vec<String>,
    /// The storage class of each put.
    classes: Vec<Option<String>>,
    /// What to answer the next requests, in place of what the server says.
    answers: VecDeque<(u16, String)>,
}

impl Server {
    /// With one bucket, `bkt`, for the key `AK` with the secret `SK`.
    pub(crate) async fn start() -> Self {
        Self::start_with(Some(SimpleAuth::from_single("AK", "SK"))).await
    }

    /// The same, for those who do not sign. It takes storage classes.
    pub(crate) async fn start_unsigned() -> Self {
        Self::start_with(None).await
    }

    async fn start_with(auth: Option<SimpleAuth>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("bkt")).unwrap();
        let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(directory.path()).unwrap());
        if let Some(auth) = auth {
            builder.set_auth(auth);
        }
        let service = builder.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let notes = Arc::new(Mutex::new(Notes::default()));
        tokio::spawn(serve(listener, service, directory.path().to_owned(), notes.clone()));
        Self { address, directory, notes }
    }

    /// A cassette in a place of the server, such as `bkt/prefix`, yet to be told what is not as it should be.
    pub(crate) fn builder(&self, place: &str) -> ObjectStoreCassetteBuilder {
        ObjectStoreCassette::builder(&format!("s3://{place}"))
            .endpoint(format!("http://{}", self.address))
            .allow_http(true)
            .region("us-east-1")
            .option("access_key_id", "AK")
            .option("secret_access_key", "SK")
            .option("disable_system_certificates", "true")
            .max_retries(2)
            .retry_pauses(Duration::from_millis(1), Duration::from_millis(2))
    }

    pub(crate) fn cassette(&self) -> ObjectStoreCassette {
        self.builder("bkt").build().unwrap().read_only(false)
    }

    /// What was asked since this was called last: the method, and what it was of.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.notes.lock().unwrap().asked)
    }

    /// The storage classes of all puts so far.
    pub(crate) fn classes(&self) -> Vec<Option<String>> {
        self.notes.lock().unwrap().classes.clone()
    }

    /// Answers the next request so, and those after it as told before.
    pub(crate) fn answer(&self, status: u16, code: &str, more: &str) {
        let body =
            format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>No.</Message>{more}</Error>");
        self.notes.lock().unwrap().answers.push_back((status, body));
    }

    /// Makes another bucket. The server walks through all of one for each listing.
    pub(crate) fn make_bucket(&self, name: &str) {
        std::fs::create_dir(self.directory.path().join(name)).unwrap();
    }

    /// Where an object of `bkt` is on disk.
    pub(crate) fn file(&self, key: &str) -> PathBuf {
        self.directory.path().join("bkt").join(key)
    }
}

async fn serve(listener: TcpListener, service: S3Service, buckets: PathBuf, notes: Arc<Mutex<Notes>>) {
    while let Ok((stream, _)) = listener.accept().await {
        // Otherwise an answer waits 40 ms for the client to confirm its head.
        stream.set_nodelay(true).unwrap();
        let (service, notes, buckets) = (service.clone(), notes.clone(), buckets.clone());
        let answer = service_fn(move |request: Request<Incoming>| {
            // The server makes a bucket when it is put into, which none other does.
            if !buckets.join(request.uri().path().split('/').nth(1).unwrap()).exists() {
                notes.lock().unwrap().answers.push_back((404, error("NoSuchBucket", "")));
            }
            answer(request, service.clone(), notes.clone())
        });
        tokio::spawn(async move {
            let server = auto::Builder::new(TokioExecutor::new());
            let _ = server.serve_connection(TokioIo::new(stream), answer).await;
        });
    }
}

async fn answer(
    mut request: Request<Incoming>,
    service: S3Service,
    notes: Arc<Mutex<Notes>>,
) -> Result<Response<s3s::Body>, Infallible> {
    // What Google's client says in words of its own, beside what it shares with S3.
    let headers = request.headers_mut();
    let strange: Vec<_> =
        headers.keys().filter(|name| name.as_str().starts_with("x-goog-")).cloned().collect();
    for name in strange {
        headers.remove(name);
    }
    if headers.get("authorization").is_some_and(|value| value.as_bytes().starts_with(b"Bearer")) {
        headers.remove("authorization");
    }
    let instead = {
        let mut notes = notes.lock().unwrap();
        notes.asked.push(name(&request));
        if *request.method() == Method::PUT {
            // The server knows the classes of old only.
            let class = request.headers_mut().remove("x-amz-storage-class");
            notes.classes.push(class.map(|class| class.to_str().unwrap().to_owned()));
        }
        notes.answers.pop_front()
    };
    let answer = match instead {
        Some((status, body)) => {
            let mut answer = Response::new(s3s::Body::from(body));
            *answer.status_mut() = StatusCode::from_u16(status).unwrap();
            answer
        }
        None => service.call(request.map(s3s::Body::from)).await.unwrap(),
    };
    Ok(answer)
}

fn error(code: &str, more: &str) -> String {
    format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>No.</Message>{more}</Error>")
}

fn name(request: &Request<Incoming>) -> String {
    let query = request.uri().query().unwrap_or_default();
    let path = request.uri().path();
    let what = match () {
        () if query.contains("list-type=2") && query.contains("delimiter") => "folders",
        () if query.contains("list-type=2") => "objects",
        () if query.contains("delete") => "delete",
        () if path.contains("/full/") => "tape",
        () if path.contains("/metadata/") => "metadata",
        () => path,
    };
    format!("{} {what}", request.method())
}
