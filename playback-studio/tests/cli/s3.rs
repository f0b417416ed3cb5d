//! Stores on S3: a server in this process, and the command beside it.

use std::process::Stdio;

use playback_cassette::{Cassette, CassetteExt, Query};

use crate::run::{Place, Ran, playback, ran};
use crate::s3_server::Server;
use crate::{scrub, shop};

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

#[tokio::test(flavor = "multi_thread")]
async fn what_rules_find_in_a_bucket_is_scrubbed_there() {
    let server = Server::start().await;
    let cassette = server.builder("bkt/team").build().unwrap().read_only(false);
    for recording in scrub::recordings() {
        cassette.save(&recording).await.unwrap();
    }
    let rules = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(rules.path(), scrub::RULES).unwrap();
    let unasked = ["scrub", "--rules", rules.path().to_str().unwrap(), "--all"];
    let asked = [&unasked[..], &["--yes"]].concat();
    let puts = || server.asked().into_iter().filter(|asked| asked.starts_with("PUT")).count();
    puts();

    let said = run(&server, &unasked).await.done();
    assert_eq!((said.lines().count(), puts()), (2, 0), "{said}");
    assert_eq!(leaks(&cassette).await, scrub::SECRETS);

    // A tape and its metadata for each of the two.
    assert_eq!((run(&server, &asked).await.done(), puts()), (said, 4));
    assert_eq!(leaks(&cassette).await, [""; 0]);
    assert_eq!((run(&server, &asked).await.done(), puts()), (String::new(), 0));
}

/// The secrets that are in any recording.
async fn leaks(cassette: &impl Cassette) -> Vec<&'static str> {
    let mut all = Vec::new();
    for found in cassette.find_all(&Query::new()).await.unwrap() {
        let recording = cassette.load(&found.id).await.unwrap();
        all.extend(format!("{found:?} {recording:?}").into_bytes());
        all.extend_from_slice(&recording.tape().parts().bytes);
    }
    let is_there = |secret: &&str| all.windows(secret.len()).any(|window| window == secret.as_bytes());
    scrub::SECRETS.into_iter().filter(is_there).collect()
}
