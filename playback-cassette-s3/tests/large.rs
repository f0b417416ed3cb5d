//! A recording much larger than memory: made, saved, and looked at, in a process whose memory is measured.
//!
//! The tests run this program once more as the process that is measured, so that neither a server nor another
//! test counts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

#[cfg(feature = "aws")]
mod s3_server;

use std::process::Command;
use std::thread;
use std::time::Duration;

use futures::StreamExt;
use playback_cassette::{Cassette, CassetteExt, Query, TapeRecorder};
use playback_cassette_s3::ObjectStoreCassette;
use playback_core::{Kind, RecorderExt, Value, operation, output};
use serde_bytes::Bytes;

const MIB: usize = 1 << 20;
/// What the process may take at most, in bytes.
const BOUND: usize = 64 * MIB;

/// How many mebibytes are recorded to disk, and to S3, whose server here takes its time.
const TO_DISK: usize = 1024;
#[cfg(feature = "aws")]
const TO_S3: usize = 160;

/// Where the process that is measured saves to.
const PLACE: &str = "PLAYBACK_TEST_PLACE";
/// A port of this machine that it reaches S3 at, if it does.
const PORT: &str = "PLAYBACK_TEST_PORT";

/// What no compression makes less: a mebibyte that is different for each number.
fn noise(number: usize, page: &mut [u8]) {
    let mut random = fastrand::Rng::with_seed(number as u64);
    // As few numbers as do: each block is compressed by itself, and finds nothing twice within itself.
    for eight in page.chunks_exact_mut(8) {
        eight.copy_from_slice(&random.u64(..).to_le_bytes());
    }
}

/// Makes a recording of so many outputs of a mebibyte, and looks at some of them.
async fn record_and_look(cassette: ObjectStoreCassette, outputs: usize) {
    let recorder = TapeRecorder::builder(cassette.clone()).max_recording_bytes(4096 * MIB).build();
    recorder.scope_blocking(|| {
        operation("Export").run(|| {
            let mut page = vec![0; MIB];
            for number in 0..outputs {
                noise(number, &mut page);
                output("upload").args(&(number, Bytes::new(&page))).run(|| number);
                // As a network would: at the pace of the disk.
                while recorder.stats().spilling_bytes > 4 * MIB as u64 {
                    thread::yield_now();
                }
            }
        });
    });
    recorder.close(Duration::from_secs(600)).await.unwrap();
    assert_eq!(recorder.stats().saved, 1, "{:?}", recorder.stats());

    let found = cassette.find(&Query::new()).next().await.unwrap().unwrap();
    assert!(found.size.unwrap() > (outputs * MIB) as u64, "it is as large as is said");
    let opened = cassette.open(&found.id).await.unwrap();
    for number in [outputs / 2, 0, outputs - 1] {
        let call = opened.calls().filter(|call| call.kind() == Kind::Output).nth(number).unwrap();
        let mut page = vec![0; MIB];
        noise(number, &mut page);
        assert_eq!(call.result().await.unwrap(), Some(Value::of(&number).unwrap()));
        let expected = Value::of(&(number, Bytes::new(&page))).unwrap();
        assert!(call.arguments().await.unwrap() == expected, "call {number} is what was sent");
    }
    println!("peak {}", peak().map_or("unknown".to_owned(), |bytes| bytes.to_string()));
}

/// The most memory that this process had, in bytes, if the system says.
fn peak() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<usize>().ok()? * 1024)
}

/// The peak of this program run once more, doing one of its tests.
fn measured(test: &str, place: &str, port: Option<u16>) -> Option<usize> {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", test, "--nocapture"]).env(PLACE, place);
    child.envs(port.map(|port| (PORT, port.to_string())));
    let output = child.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let peak = said.lines().find_map(|line| line.split_once("peak ")).expect("the process says its peak").1;
    let peak = peak.trim().parse().ok();
    match peak {
        Some(peak) => println!("{test}: {} MiB at most", peak / MIB),
        None => println!("skipped: this system does not say how much memory a process had"),
    }
    peak
}

#[tokio::test]
async fn a_recording_of_a_gibibyte_is_made_saved_to_disk_and_looked_at_in_64_mebibytes() {
    // C14
    if let Ok(place) = std::env::var(PLACE) {
        return record_and_look(ObjectStoreCassette::local(place).unwrap().read_only(false), TO_DISK).await;
    }
    let directory = tempfile::tempdir().unwrap();
    let test = "a_recording_of_a_gibibyte_is_made_saved_to_disk_and_looked_at_in_64_mebibytes";
    let peak = measured(test, directory.path().to_str().unwrap(), None);
    assert!(peak.is_none_or(|peak| peak < BOUND), "{peak:?} bytes");
    let cassette = ObjectStoreCassette::local(directory.path()).unwrap();
    assert_eq!(cassette.find_all(&Query::new()).await.unwrap().len(), 1);
}

#[cfg(feature = "aws")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_larger_than_memory_is_made_saved_to_s3_and_looked_at_in_64_mebibytes() {
    // C14
    if let (Ok(place), Ok(port)) = (std::env::var(PLACE), std::env::var(PORT)) {
        let cassette = ObjectStoreCassette::builder(&format!("s3://{place}"))
            .endpoint(format!("http://127.0.0.1:{port}"))
            .allow_http(true)
            .region("us-east-1")
            .option("access_key_id", "AK")
            .option("secret_access_key", "SK")
            .option("disable_system_certificates", "true");
        return record_and_look(cassette.build().unwrap().read_only(false), TO_S3).await;
    }
    let server = s3_server::Server::start().await;
    let port = server.address.port();
    let test = "a_recording_larger_than_memory_is_made_saved_to_s3_and_looked_at_in_64_mebibytes";
    let peak = tokio::task::spawn_blocking(move || measured(test, "bkt", Some(port))).await.unwrap();
    assert!(peak.is_none_or(|peak| peak < BOUND), "{peak:?} bytes");
}
