//! The cassette on Google Cloud Storage and Azure, where a test is given an address of them:
//!
//! ```console
//! $ azurite-blob --inMemoryPersistence --blobPort 10000 --silent --skipApiVersionCheck
//! $ PLAYBACK_TEST_AZURE=az://container AZURE_STORAGE_USE_EMULATOR=true \
//!       cargo test -p playback-cassette-s3 --features azure --test clouds
//! $ PLAYBACK_TEST_GCS=gs://bucket GOOGLE_SERVICE_ACCOUNT_KEY=… \
//!       cargo test -p playback-cassette-s3 --features gcp --test clouds
//! $ PLAYBACK_TEST_S3=s3://bucket AWS_ENDPOINT_URL=http://127.0.0.1:9000 AWS_ALLOW_HTTP=true … \
//!       cargo test -p playback-cassette-s3 --features aws --test clouds
//! ```
//!
//! The bucket or container has to be there. What a test leaves in it is under `playback-test/`.
#![cfg(any(feature = "aws", feature = "azure", feature = "gcp"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use playback_cassette::{Cassette, ErrorKind};
use playback_cassette_s3::ObjectStoreCassette;
use playback_testkit::conformance;

async fn conforms_at(variable: &str) {
    let Ok(url) = std::env::var(variable) else {
        println!("skipped: {variable} names no bucket to test with");
        return;
    };
    let run = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    let number = AtomicU32::new(0);
    conformance::cassette(async || {
        let prefix = format!("playback-test/{run}/{}", number.fetch_add(1, Ordering::Relaxed));
        ObjectStoreCassette::from_url(&url).unwrap().key_prefix(&prefix).unwrap().read_only(false)
    })
    .await;
    let mut nowhere = url::Url::parse(&url).unwrap();
    nowhere.set_host(Some("playback-test-nowhere")).unwrap();
    let cassette = ObjectStoreCassette::from_url(nowhere.as_str()).unwrap();
    for error in [
        cassette.categories().await.unwrap_err(),
        cassette.load(&"Checkout/20260131/01KG8V3Q2E9T0000000000000A".parse().unwrap()).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Invalid, "{}", error.chain());
        assert!(error.to_string().contains("does not exist; make it"), "{}", error.chain());
    }
    for number in 0..number.into_inner() {
        let prefix = format!("playback-test/{run}/{number}");
        let mine = ObjectStoreCassette::from_url(&url).unwrap().key_prefix(&prefix).unwrap();
        mine.read_only(false).transient(true).close().await.unwrap();
    }
}

#[cfg(feature = "aws")]
#[tokio::test]
async fn the_cassette_conforms_on_any_s3_that_is_named() {
    conforms_at("PLAYBACK_TEST_S3").await;
}

#[cfg(feature = "gcp")]
#[tokio::test]
async fn the_cassette_conforms_on_google_cloud_storage_if_it_is_named() {
    conforms_at("PLAYBACK_TEST_GCS").await;
}

#[cfg(feature = "azure")]
#[tokio::test]
async fn the_cassette_conforms_on_azure_if_it_is_named() {
    conforms_at("PLAYBACK_TEST_AZURE").await;
}
