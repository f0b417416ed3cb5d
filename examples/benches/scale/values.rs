//! With the size of a value.

use playback_cassette::format;
use playback_core::{input, operation, replay_blocking};
use playback_testkit::record_blocking;

use crate::Error;
use crate::growth::Growth;
use crate::pairs::{Side, in_turns};

const SIZES: [u64; 8] = [10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

pub(crate) fn run() -> Result<Growth, Error> {
    let names = ["recording", "replaying", "writing the file", "reading the file"];
    let mut growth = Growth::new("bytes of a value", "a byte", &names);
    for bytes in SIZES {
        // What is read is made before, so that its making does not count; a copy of it does.
        let text = text(bytes as usize);
        let recording = record_blocking(|| read(&text)).recording();
        let file = format::encode(&recording)?;
        let timings = in_turns(vec![
            Side::new("recording", || record_blocking(|| read(&text))),
            Side::new("replaying", || replay_blocking(&recording, |_| Ok(read("")))),
            Side::new("writing", || format::encode(&recording)),
            Side::new("reading", || format::decode("the recording", &file)),
        ]);
        let each: Vec<_> = timings.iter().map(|timing| timing.least / bytes as f64).collect();
        growth.add(bytes, &each);
    }
    Ok(growth)
}

/// An operation with one input.
fn read(text: &str) -> usize {
    operation("Values").run(|| input("values.text").run(|| text.to_owned()).len())
}

/// Words and numbers, so many bytes.
fn text(bytes: usize) -> String {
    let mut random = fastrand::Rng::with_seed(7);
    let mut text = String::with_capacity(bytes + 50);
    while text.len() < bytes {
        text.push_str(&format!("{{\"id\":\"{:016x}\",\"currency\":\"EUR\"}},", random.u64(..)));
    }
    text.truncate(bytes);
    text
}
