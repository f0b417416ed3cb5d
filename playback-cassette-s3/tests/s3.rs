//! The cassette on a real S3 server, in the test process: layout, costs, storage classes, and what is said
//! when something is wrong.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod s3_server;
mod samples;

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use futures::StreamExt;
use playback_cassette::{
    Cassette, CassetteExt, Error, ErrorKind, Found, IdGenerator, Metadata, Query, Recording, TapeRecorder,
    format,
};
use playback_cassette_s3::ObjectStoreCassette;
use playback_core::{RecorderExt, operation};
use playback_testkit::{MemoryCassette, conformance};
use s3_server::Server;

/// A recording of an operation that returned so many bytes.
async fn recording(bytes: usize) -> Recording {
    let memory = MemoryCassette::new();
    let recorder = TapeRecorder::new(memory.clone());
    // Of bytes that no compression makes less.
    let mut random = fastrand::Rng::with_seed(bytes as u64);
    let result: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(bytes).collect();
    recorder.scope_blocking(|| operation("orders/eu").run(|| result));
    recorder.flush().await.unwrap();
    memory.load(&memory.ids()[0]).await.unwrap()
}

#[tokio::test]
async fn the_cassette_conforms_on_s3() {
    // C4
    let server = Server::start().await;
    let number = AtomicU32::new(0);
    conformance::cassette(async || {
        let bucket = format!("bucket{}", number.fetch_add(1, Ordering::Relaxed));
        server.make_bucket(&bucket);
        server.builder(&format!("{bucket}/conform/x")).build().unwrap().read_only(false)
    })
    .await;
}

#[tokio::test]
async fn the_path_of_a_url_is_the_prefix_of_keys() {
    // C5
    let server = Server::start().await;
    let cassette = server.builder("bkt/team%20a/eu/").build().unwrap().read_only(false);
    let recording = recording(10).await;
    cassette.save(&recording).await.unwrap();
    let path = recording.id().to_path();
    for tree in ["full", "metadata"] {
        assert!(
            server.file(&format!("tape_recorder_recordings/team a/eu/{tree}/{path}")).is_file(),
            "{tree}"
        );
    }
    let same = server.builder("bkt/team%20a").build().unwrap().key_prefix("eu").unwrap();
    assert_eq!(same.load(recording.id()).await.unwrap(), recording);
    assert!(server.cassette().find_all(&Query::new()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_service_records_to_s3_and_reads_from_it() {
    let server = Server::start().await;
    let recorder = TapeRecorder::new(server.cassette());
    for number in 0..20 {
        recorder.scope(async { operation("Checkout").run_async(async move { number }).await }).await;
    }
    recorder.close(Duration::from_secs(60)).await.unwrap();
    assert_eq!(recorder.stats().saved, 20);
    assert_eq!(server.cassette().find_all(&Query::new()).await.unwrap().len(), 20);
}

#[tokio::test]
async fn no_call_asks_more_of_s3_than_is_documented() {
    let server = Server::start().await;
    let cassette = server.cassette();
    let recording = recording(10).await;
    let id = recording.id();
    let cost = |call: &str| {
        let asked = server.asked();
        println!("{call}: {} requests: {}", asked.len(), asked.join(", "));
        asked
    };
    cassette.save(&recording).await.unwrap();
    assert_eq!(cost("save"), ["PUT tape", "PUT metadata"]);
    cassette.load(id).await.unwrap();
    assert_eq!(cost("load"), ["GET tape"]);
    cassette.load_metadata(id).await.unwrap();
    assert_eq!(cost("load_metadata"), ["GET metadata"]);
    cassette.find_all(&Query::new().category("orders/eu").limit(1)).await.unwrap();
    assert_eq!(cost("find"), ["GET folders", "GET objects", "GET metadata"]);
    cassette.categories().await.unwrap();
    assert_eq!(cost("categories"), ["GET folders"]);
    cassette.delete(id).await.unwrap();
    assert_eq!(cost("delete").len(), 2);
}

/// Puts the metadata of so many recordings of one day into the server, and nothing else.
fn fill(server: &Server, count: u32) {
    let ids = IdGenerator::seeded(1);
    let day = SystemTime::UNIX_EPOCH + Duration::from_secs(1_769_860_800);
    for number in 0..count {
        let at = day + Duration::from_secs(number.into());
        let id = ids.generate("Many", at).unwrap();
        let mut metadata = Metadata::new("Many", at);
        metadata.fields.insert("number".into(), number.into());
        let file = server.file(&format!("tape_recorder_recordings/metadata/{}", id.to_path()));
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, format::metadata_to_json(&Found::new(id, metadata)).unwrap()).unwrap();
    }
}

#[tokio::test]
async fn a_lookup_asks_once_per_page_and_once_per_candidate_and_stops_when_it_has_enough() {
    // F6
    let server = Server::start().await;
    fill(&server, 1100);
    let cassette = server.cassette();
    let count = |what: &str, asked: &[String]| asked.iter().filter(|asked| *asked == what).count();
    let find = async |query: Query| {
        let found = cassette.find_all(&query.category("Many")).await.unwrap().len();
        let asked = server.asked();
        let costs =
            (count("GET folders", &asked), count("GET objects", &asked), count("GET metadata", &asked));
        println!("{found} found: {costs:?} listings of days, pages, candidates");
        assert_eq!(costs.0 + costs.1 + costs.2, asked.len());
        (found, costs)
    };
    assert_eq!(find(Query::new().limit(5)).await, (5, (1, 2, 5)));
    assert_eq!(find(Query::new()).await, (1100, (1, 2, 1100)));
    assert_eq!(find(Query::since(SystemTime::now() + Duration::from_secs(86_400))).await, (0, (1, 0, 0)));
    // Newest first, so the hundredth candidate is the first that matches, and at most 64 are read at a time.
    let (found, (days, pages, candidates)) = find(Query::new().field("number", 1000).limit(1)).await;
    assert_eq!((found, days, pages), (1, 1, 2));
    assert!((100..164).contains(&candidates), "{candidates}");
    // What nobody polls for is not asked, beside what was on its way when the lookup before had enough.
    assert!(cassette.find(&Query::new().category("Many")).next().await.unwrap().is_ok());
    let asked = server.asked();
    assert!(count("GET metadata", &asked) <= 2 * 64, "{asked:?}");
}

#[tokio::test]
async fn a_large_tape_is_sent_in_parts_and_its_calls_are_fetched_by_range() {
    // C14
    let server = Server::start_unsigned().await;
    let cassette = server.builder("bkt").option("skip_signature", "true").build().unwrap().read_only(false);
    let recording = samples::recording(1, 0, 20 << 20);
    cassette.infrequent_access_over(100).save(&recording).await.unwrap();
    let parts = ["PUT tape"; 5];
    let expected = [&["POST tape"][..], &parts, &["POST tape", "PUT metadata"]].concat();
    assert_eq!(server.asked(), expected);

    let cassette = server.builder("bkt").option("skip_signature", "true").build().unwrap();
    let opened = cassette.open(recording.id()).await.unwrap();
    assert_eq!(server.asked(), ["GET tape"], "the calls are known by one request");
    let operation = opened.operation().unwrap();
    let expected = recording.tape().operation().unwrap().argument_bytes().unwrap();
    assert!(operation.argument_bytes().await.unwrap() == *expected);
    assert!(operation.result_bytes().await.unwrap().unwrap() == *expected);
    assert_eq!(server.asked(), ["GET tape"], "both are in one block");
    let loaded = cassette.load(recording.id()).await.unwrap();
    assert!(loaded.tape().stored().is_some() && loaded == recording);
    assert_eq!(server.asked(), ["GET tape"]);
}

#[tokio::test]
async fn large_tapes_go_to_the_class_for_infrequent_access_and_small_ones_and_metadata_do_not() {
    // C8
    let server = Server::start_unsigned().await;
    let open = || server.builder("bkt").option("skip_signature", "true").build().unwrap().read_only(false);
    let cassette = open().infrequent_access_over(100);
    cassette.save(&recording(10).await).await.unwrap();
    cassette.save(&recording(200_000).await).await.unwrap();
    open().save(&recording(200_001).await).await.unwrap();
    let rare = Some("STANDARD_IA".to_owned());
    assert_eq!(server.classes(), [None, None, rare, None, None, None]);
}

#[tokio::test]
async fn a_transient_cassette_deletes_all_under_its_prefix_when_it_is_closed() {
    // C6
    let server = Server::start().await;
    let (mine, other) = (recording(10).await, recording(11).await);
    server.cassette().save(&other).await.unwrap();
    let open = || server.builder("bkt/mine").build().unwrap().transient(true);
    open().read_only(false).save(&mine).await.unwrap();
    open().close().await.unwrap();
    assert_eq!(
        open().find_all(&Query::new()).await.unwrap().len(),
        1,
        "one for reading only deletes nothing"
    );
    open().transient(false).read_only(false).close().await.unwrap();
    assert_eq!(open().find_all(&Query::new()).await.unwrap().len(), 1);

    server.asked();
    open().read_only(false).close().await.unwrap();
    println!("closing a transient one: {:?}", server.asked());
    assert!(open().find_all(&Query::new()).await.unwrap().is_empty());
    assert_eq!(open().load(mine.id()).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(server.cassette().load(other.id()).await.unwrap(), other, "what is beside it stays");
    open().read_only(false).close().await.unwrap();
}

/// What saving, loading and looking for a recording say, which has to be of one kind and end in the same way.
#[track_caller]
fn check(kind: ErrorKind, place: &str, says: &str, errors: [(&str, Error); 3]) {
    for (act, error) in errors {
        assert_eq!(error.to_string(), format!("cannot {act}: {place} {says}"), "{}", error.chain());
        assert_eq!(error.kind(), kind, "{}", error.chain());
    }
}

async fn errors(cassette: &ObjectStoreCassette) -> [(&'static str, Error); 3] {
    let recording = recording(10).await;
    let cassette = cassette.clone().read_only(false);
    let errors = [
        cassette.save(&recording).await.unwrap_err(),
        cassette.load(recording.id()).await.unwrap_err(),
        cassette.find_all(&Query::new()).await.unwrap_err(),
    ];
    let id: &'static str = recording.id().to_string().leak();
    let [save, load, find] = errors;
    [
        (format!("save recording {id}").leak(), save),
        (format!("load recording {id}").leak(), load),
        ("list the categories", find),
    ]
}

#[tokio::test]
async fn a_missing_bucket_says_that_it_is_the_bucket() {
    let server = Server::start().await;
    let cassette = server.builder("nowhere").build().unwrap();
    let place = format!("the bucket `nowhere` at http://{}", server.address);
    let says = "does not exist; make it, or check its name in the address";
    check(ErrorKind::Invalid, &place, says, errors(&cassette).await);
}

#[tokio::test]
async fn a_missing_recording_is_not_a_missing_bucket() {
    // C9
    let server = Server::start().await;
    let id = recording(10).await.id().clone();
    for error in [
        server.cassette().load(&id).await.unwrap_err(),
        server.cassette().load_metadata(&id).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::NotFound, "{}", error.chain());
        let place = format!("the bucket `bkt` at http://{}", server.address);
        assert_eq!(
            error.to_string(),
            format!("there is no recording {id} in {place}; `find` lists those that there are")
        );
    }
}

#[tokio::test]
async fn wrong_credentials_and_missing_permission_say_which_it_is() {
    // C9
    let server = Server::start().await;
    let place = format!("the bucket `bkt` at http://{}", server.address);
    let credentials =
        "does not accept the credentials; check that they are right, not expired, and those of this store";
    for (name, value) in [("secret_access_key", "wrong"), ("access_key_id", "nobody")] {
        let cassette = server.builder("bkt").option(name, value).build().unwrap();
        check(ErrorKind::Refused, &place, credentials, errors(&cassette).await);
    }
    let permission = "does not permit it; give these credentials the permission to list, read and, for recording, \
                      write and delete";
    let cassette = server.builder("bkt").option("skip_signature", "true").build().unwrap();
    check(ErrorKind::Refused, &place, permission, errors(&cassette).await);
}

#[tokio::test]
async fn every_code_of_the_clouds_is_a_kind_that_says_what_to_do() {
    let server = Server::start().await;
    let cassette = server.cassette();
    let id = recording(10).await.id().clone();
    for (status, code, kind, says) in [
        (404, "NoSuchKey", ErrorKind::NotFound, "there is no recording"),
        (404, "BlobNotFound", ErrorKind::NotFound, "there is no recording"),
        (404, "NoSuchBucket", ErrorKind::Invalid, "does not exist; make it"),
        (404, "ContainerNotFound", ErrorKind::Invalid, "does not exist; make it"),
        (403, "AccessDenied", ErrorKind::Refused, "give these credentials the permission"),
        (403, "AuthorizationPermissionMismatch", ErrorKind::Refused, "give these credentials the permission"),
        (403, "SomethingNew", ErrorKind::Refused, "give these credentials the permission"),
        (403, "InvalidAccessKeyId", ErrorKind::Refused, "does not accept the credentials"),
        (403, "AuthenticationFailed", ErrorKind::Refused, "does not accept the credentials"),
        (400, "ExpiredToken", ErrorKind::Refused, "does not accept the credentials"),
        (401, "SomethingNew", ErrorKind::Refused, "does not accept the credentials"),
        (403, "RequestTimeTooSkewed", ErrorKind::Refused, "set the clock right"),
        (400, "InvalidRequest", ErrorKind::Other, "refuses the request"),
    ] {
        server.answer(status, code, "");
        let error = cassette.load(&id).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{status} {code}: {}", error.chain());
        assert!(error.to_string().contains(says), "{status} {code}: {error}");
        assert!(error.chain().contains(code), "what the store said stands beneath: {}", error.chain());
    }
}

#[tokio::test]
async fn a_wrong_region_names_the_right_one() {
    let server = Server::start().await;
    let place = format!("the bucket `bkt` at http://{}", server.address);
    let says = "is in another region; name its region by the option `region` or by `AWS_REGION`";
    for _ in 0..3 {
        server.answer(400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>");
    }
    check(
        ErrorKind::Invalid,
        &place,
        &format!("{says} (it is in `eu-west-1`)"),
        errors(&server.cassette()).await,
    );
    for _ in 0..3 {
        server.answer(301, "PermanentRedirect", "");
    }
    check(ErrorKind::Invalid, &place, says, errors(&server.cassette()).await);
}

#[tokio::test]
async fn a_server_that_is_not_there_or_out_of_order_is_unreachable() {
    let server = Server::start().await;
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let cassette = server.builder("bkt").endpoint(format!("http://{closed}")).build().unwrap();
    let place = format!("the bucket `bkt` at http://{closed}");
    let says = "does not answer as it should; check its address and the way to it, and try again";
    check(ErrorKind::Unreachable, &place, says, errors(&cassette).await);
    // A key that looks like the address where Azure's machines get their tokens.
    let id = "identity/20260131/01KG8V3Q2E9T0000000000000A".parse().unwrap();
    assert_eq!(cassette.load_metadata(&id).await.unwrap_err().kind(), ErrorKind::Unreachable);

    let place = format!("the bucket `bkt` at http://{}", server.address);
    for _ in 0..9 {
        server.answer(503, "SlowDown", "");
    }
    server.asked();
    let says = "is overloaded or out of order; try again later, or ask less at a time";
    check(ErrorKind::Unreachable, &place, says, errors(&server.cassette()).await);
    assert_eq!(server.asked().len(), 9, "each of the three is tried again twice");
}

#[tokio::test]
async fn what_fails_for_a_moment_is_tried_again() {
    let server = Server::start().await;
    let recording = recording(10).await;
    for _ in 0..2 {
        server.answer(500, "InternalError", "");
    }
    server.cassette().save(&recording).await.unwrap();
    assert_eq!(server.asked().len(), 4);
    assert_eq!(server.cassette().load(recording.id()).await.unwrap(), recording);
}

#[tokio::test]
async fn where_there_are_no_credentials_the_error_says_so() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let cassette = ObjectStoreCassette::builder("s3://bkt")
        .option("metadata_endpoint", format!("http://{closed}"))
        .allow_http(true)
        .max_retries(0)
        .build()
        .unwrap();
    let says = "needs credentials, and there are none: set them in the environment or as options, or run where the \
                machine has a role";
    check(ErrorKind::Refused, "the bucket `bkt`", says, errors(&cassette).await);
}

#[tokio::test]
async fn an_endpoint_without_encryption_has_to_be_allowed() {
    let server = Server::start().await;
    let cassette = server.builder("bkt").allow_http(false).build().unwrap();
    let place = format!("the bucket `bkt` at http://{}", server.address);
    let says = "has an endpoint of `http`; use `https`, or allow it by `.allow_http(true)`";
    check(ErrorKind::Invalid, &place, says, errors(&cassette).await);
}

#[tokio::test]
async fn damaged_objects_are_reported_by_id_and_the_lookup_goes_on() {
    let server = Server::start().await;
    let cassette = server.cassette();
    let (damaged, tapeless, whole) = (recording(10).await, recording(11).await, recording(12).await);
    for recording in [&damaged, &tapeless, &whole] {
        cassette.save(recording).await.unwrap();
    }
    let file = |tree: &str, recording: &Recording| {
        server.file(&format!("tape_recorder_recordings/{tree}/{}", recording.id().to_path()))
    };
    std::fs::write(file("metadata", &damaged), "gibberish").unwrap();
    std::fs::remove_file(file("full", &tapeless)).unwrap();

    let items: Vec<_> = cassette.find(&Query::new()).collect().await;
    let (found, errors): (Vec<_>, Vec<_>) = items.into_iter().partition(Result::is_ok);
    let mut found: Vec<_> = found.into_iter().map(|found| found.unwrap().id).collect();
    let mut expected = vec![tapeless.id().clone(), whole.id().clone()];
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    let error = errors.into_iter().next().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.to_string().contains(&damaged.id().to_string()), "{error}");

    let loaded: Vec<_> = cassette.load_all(found).collect().await;
    for (id, loaded) in loaded {
        match loaded {
            Ok(loaded) => assert_eq!(loaded, whole),
            Err(error) => {
                assert_eq!(id, *tapeless.id());
                assert_eq!(error.kind(), ErrorKind::NotFound);
                assert!(error.to_string().contains(&id.to_string()), "{error}");
            }
        }
    }
}

#[test]
fn options_and_addresses_that_make_no_sense_are_refused_without_telling_secrets() {
    for (url, option, expected) in [
        (
            "s3://bkt",
            "no_such",
            "`no_such` is no option of S3; the crate `object_store` documents those that there are",
        ),
        (
            "s3://AK:secret@bkt/x",
            "region",
            "a URL `s3://…` of a cassette is a bucket and a prefix only; give credentials by the environment and \
             options by `ObjectStoreCassette::builder`",
        ),
        ("s3:///x", "region", "`s3:///x` names no bucket; write `s3://bucket/prefix`"),
        ("memory://", "region", "a store of the scheme `memory` has no options; leave them out"),
    ] {
        let error = ObjectStoreCassette::builder(url).option(option, "x").build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert_eq!(error.to_string(), expected);
    }
    // A secret key may have slashes in it, which end what is before the path.
    for url in [
        "s3://AK:hidden/hidden@bkt/x",
        "s3://AK:12/hidden@bkt/x",
        "s3:/AK:hidden@bkt/x",
        "s3:///AK:hidden@bkt/x",
        "s3://bkt/x?secret=hidden",
        "s3://bkt/x#hidden",
        "s3://bkt/x//hidden@y",
    ] {
        let error = ObjectStoreCassette::from_url(url).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{url}");
        assert!(
            error.to_string().contains("`s3://…`") && !error.chain().contains("hidden"),
            "{}",
            error.chain()
        );
    }
    let debug = format!(
        "{:?}",
        ObjectStoreCassette::builder("s3://AK:hidden@bkt").option("secret_access_key", "hidden")
    );
    assert!(!debug.contains("hidden"), "{debug}");
}
