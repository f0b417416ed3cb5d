//! The cassette with Google's client, on the S3 server in the test process, whose protocol is nearly the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod s3_server;

use std::sync::atomic::{AtomicU32, Ordering};

use playback_cassette::{Cassette, ErrorKind};
use playback_cassette_s3::ObjectStoreCassette;
use playback_testkit::conformance;
use s3_server::Server;

fn open(server: &Server, place: &str) -> ObjectStoreCassette {
    // Without a key, the client asks the machine's metadata service for a token.
    let key = format!(
        r#"{{"gcs_base_url":"http://{}","disable_oauth":true,"client_email":"","private_key":"","private_key_id":""}}"#,
        server.address
    );
    let builder = ObjectStoreCassette::builder(&format!("gs://{place}")).option("service_account_key", key);
    let builder = builder.endpoint(format!("http://{}", server.address)).allow_http(true).max_retries(1);
    builder.option("disable_system_certificates", "true").build().unwrap().read_only(false)
}

#[tokio::test]
async fn the_cassette_conforms_with_googles_client() {
    // C4
    let server = Server::start_unsigned().await;
    let number = AtomicU32::new(0);
    conformance::cassette(async || {
        let bucket = format!("bucket{}", number.fetch_add(1, Ordering::Relaxed));
        server.make_bucket(&bucket);
        open(&server, &format!("{bucket}/a b/x"))
    })
    .await;
}

#[tokio::test]
async fn a_missing_bucket_of_google_says_that_it_is_the_bucket() {
    let server = Server::start_unsigned().await;
    let cassette = open(&server, "nowhere");
    let error = cassette.categories().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{}", error.chain());
    assert_eq!(
        error.to_string(),
        format!(
            "cannot list the categories: the bucket `nowhere` at http://{} does not exist; make it, or check its \
             name in the address",
            server.address
        )
    );
}
