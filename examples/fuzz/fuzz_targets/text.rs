//! A recording as text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use playback_cassette::{format, text};
use playback_fuzz::within;

fuzz_target!(|input: &[u8]| {
    let edited = playback_fuzz::text(input);
    let head = within(512, input, || text::decode_head("it", &edited));
    let Ok(recording) = within(512, input, || text::decode("it", &edited)) else { return };
    let head = head.expect("what can be read has a head that can be");
    assert_eq!((&head.id, &head.metadata), (recording.id(), recording.metadata()));
    let Ok(bytes) = format::encode(&recording) else { return };
    assert_eq!(format::decode("it", &bytes).expect("what was written can be read"), recording);
    let Ok(written) = text::encode(&recording) else { return };
    let again = text::decode("it", &written).expect("what was written can be read");
    assert_eq!(again, recording, "{written}");
    assert_eq!(text::encode(&again).expect("it could be before"), written);
});
