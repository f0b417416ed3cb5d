//! Stores on S3: a server in this process, and the command beside it.

use std::process::Stdio;

use playback_cassette::Cassette;

use crate::run::{Place, Ran, playback, ran};
use crate::s3_server::Server;
use crate::shop;

/// Runs the command on a bucket of the server, which goes on serving meanwhile.
async fn run(server: &Server, arguments: &[&str]) -> Ran {
    let mut command = playback();
    command
        .env("PLAYBACK_STORE", "s3://bkt/team")
        .env("AWS_ACCESS_KEY_ID", "AK")
        .env("AWS_SECRET_ACCESS_KEY", "SK")
        .env("AWS_REGION", "us-east-1")
        .args(["-o", &format!("endpoint=http://{}", server.address), "-o", "allow_http=true"])
        .args(["-o", "disable_system_certificates=true"])
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    ran(output.await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_is_listed_shown_and_pulled_as_a_directory_is() {
    let server = Server::start().await;
    let cassette = server.builder("bkt/team").build().unwrap().read_only(false);
    for recording in shop::recordings() {
        cassette.save(&recording).await.unwrap();
    }
    // On a thread where a runtime may end.
    let local = tokio::task::spawn_blocking(Place::of_objects).await.unwrap();
    for arguments in
        [&["ls", "*"][..], &["ls", "*", "--ids"], &["show", "01"], &["show", "02", "--entry", "1"]]
    {
        assert_eq!(run(&server, arguments).await.done(), local.run(arguments).done(), "{arguments:?}");
    }

    let pulled = Place::empty();
    let to = pulled.path().to_str().unwrap();
    run(&server, &["pull", "s3://bkt/team", "--all", "--store", to]).await.done();
    let shown = |place: &Place| place.run(&["show", "03"]).done();
    assert_eq!(shown(&pulled), shown(&local));
    assert!(pulled.run(&["verify"]).err.contains("4 sound, no problems"));

    let refused = run(&server, &["show", "77"]).await.failed();
    assert!(refused.contains("s3://bkt/team"), "{refused}");
}
