//! A recording as text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use playback_cassette::{Found, Recording, format, text};
use playback_fuzz::within;

fuzz_target!(|input: &[u8]| {
    let edited = playback_fuzz::text(input);
    let head = within(512, input, || text::decode_head("it", &edited));
    let Ok(recording) = within(512, input, || text::decode("it", &edited)) else { return };
    let head = head.expect("what can be read has a head that can be");
    assert_eq!((&head.id, &head.metadata), (recording.id(), recording.metadata()));
    let Ok(bytes) = format::encode(&recording) else { return };
    let stored = format::decode("it", &bytes).expect("what was written can be read");
    assert_eq!(stored.tape(), recording.tape());
    // A store keeps the fields of the metadata as JSON, which has no names of variants but as texts.
    assert_eq!(metadata(&stored), metadata(&recording));
    let Ok(written) = text::encode(&recording) else { return };
    let again = text::decode("it", &written).expect("what was written can be read");
    assert_eq!(again, recording, "{written}");
    assert_eq!(text::encode(&again).expect("it could be before"), written);
});

fn metadata(recording: &Recording) -> Vec<u8> {
    let found = Found::new(recording.id().clone(), recording.metadata().clone());
    format::metadata_to_json(&found).expect("it could be before")
}
