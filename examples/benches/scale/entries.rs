//! With the entries of a recording.

use std::hint::black_box;

use playback_cassette::format;
use playback_core::{input, operation, replay_blocking};
use playback_testkit::{assert_replay, record_blocking};

use crate::Error;
use crate::growth::Growth;
use crate::pairs::{Side, in_turns};

const SIZES: [u64; 5] = [10, 100, 1_000, 10_000, 100_000];

pub(crate) fn run() -> Result<Growth, Error> {
    let names = ["recording", "replaying", "writing the file", "reading the file"];
    let mut growth = Growth::new("entries of a recording", "an entry", &names);
    for entries in SIZES {
        let recording = record_blocking(|| read(entries)).recording();
        let file = format::encode(&recording)?;
        let replay = || replay_blocking(&recording, |_| Ok(read(entries)));
        assert_replay(&replay()?).equal();
        let timings = in_turns(vec![
            Side::new("recording", || record_blocking(|| read(entries))),
            Side::new("replaying", replay),
            Side::new("writing", || format::encode(&recording)),
            Side::new("reading", || format::decode("the recording", &file)),
        ]);
        let each: Vec<_> = timings.iter().map(|timing| timing.least / entries as f64).collect();
        growth.add(entries, &each);
    }
    Ok(growth)
}

/// An operation of so many inputs.
fn read(entries: u64) -> u64 {
    operation("Entries").args(&(entries,)).run(|| {
        (0..entries)
            .map(|number| input("entries.price").args(&(number,)).run(|| black_box(number % 97)))
            .sum()
    })
}
