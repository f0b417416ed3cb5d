//! The metadata beside a tape.
#![no_main]

use libfuzzer_sys::fuzz_target;
use playback_cassette::format::{metadata_from_json, metadata_to_json};
use playback_fuzz::within;

fuzz_target!(|json: &[u8]| {
    let Ok(found) = within(256, json, || metadata_from_json("it", json)) else { return };
    // A time may be read that could not be written: one of no calendar.
    let Ok(written) = metadata_to_json(&found) else { return };
    let again = metadata_from_json("it", &written).expect("what was written can be read");
    assert_eq!(again, found);
    assert_eq!(metadata_to_json(&again).expect("it could be before"), written);
});
