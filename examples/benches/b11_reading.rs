//! B11: one of ten thousand entries of a recording of 100 MB, against decompressing all of it.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::Command;

use playback_cassette::{Cassette, CassetteExt, Query};
use playback_cassette_s3::ObjectStoreCassette;
use playback_core::{RecordingId, Value, input, operation};
use playback_testkit::record_blocking;
use tokio::runtime::Runtime;

use crate::pairs::{Side, in_turns};
use crate::table::{Goal, Quantity, Row};
use crate::{Error, Outcome, memory};

const ENTRIES: u64 = 10_000;
const VALUE_BYTES: usize = 10_000;

/// The one that is read.
const ENTRY: usize = 7_000;

pub(crate) fn run() -> Outcome {
    let directory = crate::scratch()?;
    let (cassette, id, size) = make(directory.path())?;
    let compressed = directory.path().join("values.zst");

    let runtime = Runtime::new()?;
    let timings = in_turns(vec![
        Side::new("opened", || runtime.block_on(opened(&cassette, &id)).expect("it is there")),
        Side::new("loaded", || runtime.block_on(loaded(&cassette, &id)).expect("it is there")),
        Side::new("decompressed", || decompressed(&compressed).expect("it is there")),
    ]);
    let [ours, whole, other] = &timings[..] else { return Err("three sides, three timings".into()) };
    let name = "opening 100 MB and reading one of 10,000 entries, against decompressing all";
    let opening = Row::slower("B11", name, ours, other).goal(Goal::AtMost(1.1));
    let name = "loading 100 MB whole and reading one of 10,000 entries, against decompressing all";
    let loading = Row::slower("B11", name, whole, other);

    let mut rows = vec![opening, loading];
    for what in ["open", "load"] {
        let name = format!("peak memory of a process that does it by `{what}`, against the recording's size");
        let peak = peak(what, directory.path())?;
        let row = Row::new("B11", name, Quantity::Bytes(peak), Quantity::Bytes(size));
        rows.push(row.goal(Goal::AtMost(1.2)));
    }
    Ok(rows)
}

/// Opens or loads what [`make`] made, in a process that was started for it, and prints the most memory that took.
pub(crate) fn alone(what: &str, directory: &str) -> Result<(), Error> {
    let cassette = ObjectStoreCassette::local(Path::new(directory).join("store"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let found = runtime.block_on(cassette.find_all(&Query::new().limit(1)))?;
    let found = found.first().ok_or("there is a recording")?;
    let value = match what {
        "open" => runtime.block_on(opened(&cassette, &found.id))?,
        _ => runtime.block_on(loaded(&cassette, &found.id))?,
    };
    assert!(value.as_str().is_some_and(|text| text.len() == VALUE_BYTES), "it is the value");
    println!("{}", memory::peak_of("self")?);
    Ok(())
}

fn peak(what: &str, directory: &Path) -> Result<f64, Error> {
    let output = Command::new(std::env::current_exe()?).args(["--alone", what]).arg(directory).output()?;
    let printed = String::from_utf8_lossy(&output.stdout);
    printed
        .trim()
        .parse()
        .map_err(|_| format!("{what} alone: {}", String::from_utf8_lossy(&output.stderr)).into())
}

/// The recording in a cassette, how large its values are, and the same values compressed in one go.
fn make(directory: &Path) -> Result<(ObjectStoreCassette, RecordingId, f64), Error> {
    let read_all = || {
        operation("Large").run(|| {
            for number in 0..ENTRIES {
                input("large.value").args(&(number,)).run(|| text(number));
            }
        });
    };
    let recording = record_blocking(read_all).recording();
    let cassette = ObjectStoreCassette::local(directory.join("store"))?.read_only(false);
    Runtime::new()?.block_on(cassette.save(&recording))?;

    let compressed = BufWriter::new(File::create(directory.join("values.zst"))?);
    // The level of the blocks of a tape.
    let mut encoder = zstd::Encoder::new(compressed, 3)?;
    for call in recording.tape().calls() {
        encoder.write_all(&call.argument_bytes()?)?;
        encoder.write_all(text(u64::from(call.order())).as_bytes())?;
    }
    encoder.finish()?.flush()?;
    Ok((cassette, recording.id().clone(), recording.tape().size() as f64))
}

/// What services move about: words, numbers and ids.
fn text(number: u64) -> String {
    let mut random = fastrand::Rng::with_seed(number);
    let mut text = String::with_capacity(VALUE_BYTES + 100);
    while text.len() < VALUE_BYTES {
        let (id, price) = (random.u64(..), random.u32(..10_000));
        text.push_str(&format!("{{\"id\":\"{id:016x}\",\"price\":{price},\"currency\":\"EUR\"}},"));
    }
    text.truncate(VALUE_BYTES);
    text
}

async fn opened(cassette: &ObjectStoreCassette, id: &RecordingId) -> Result<Value, Error> {
    let opened = cassette.open(id).await?;
    let call = opened.calls().nth(ENTRY).ok_or("it has that many calls")?;
    Ok(call.result().await?.ok_or("it returned")?)
}

async fn loaded(cassette: &ObjectStoreCassette, id: &RecordingId) -> Result<Value, Error> {
    let recording = cassette.load(id).await?;
    let call = recording.tape().calls().nth(ENTRY).ok_or("it has that many calls")?;
    Ok(call.result()?.ok_or("it returned")?)
}

fn decompressed(file: &Path) -> io::Result<usize> {
    zstd::decode_all(&fs::read(file)?[..]).map(|bytes| bytes.len())
}
