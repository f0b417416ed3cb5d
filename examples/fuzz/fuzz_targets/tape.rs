//! A tape file: as bytes, and as an index and values of anyone's making under the right checksums, without which nothing
//! but the checksums would be tried.
#![no_main]

use libfuzzer_sys::fuzz_target;
use playback_cassette::format;
use playback_fuzz::within;

/// The most that a tape may take, in bytes.
const LIMIT: u64 = 1 << 20;

fuzz_target!(|input: &[u8]| {
    let Some((&form, rest)) = input.split_first() else { return };
    match form {
        0 => read(rest),
        // The values are behind the index, or in as many blocks of so many bytes as there are.
        1 => read(&file(rest, &[])),
        block => {
            let at = rest.len().min(usize::from(block) * 4);
            let (index, values) = rest.split_at(at);
            read(&file(index, &packed(values)));
        }
    }
});

fn read(bytes: &[u8]) {
    // No matter how little was sent, what it says is bounded by the limit.
    let small = within(LIMIT as usize / 1024, &[0; 1024], || format::decode_within("it", bytes, LIMIT).is_ok());
    let Ok(recording) = format::decode("it", bytes) else {
        assert!(!small);
        return;
    };
    for call in recording.tape().calls() {
        let _ = (call.arguments(), call.result());
    }
    let written = format::encode(&recording).expect("what was read can be written");
    let again = format::decode("it", &written).expect("what was written can be read");
    assert_eq!(again, recording);
    assert_eq!(format::encode(&again).expect("it could be before"), written);
    let text = playback_cassette::text::encode(&recording);
    if let Ok(text) = text {
        // Tapes that no recorder laid out come back call by call, and not byte by byte.
        playback_cassette::text::decode("it", &text).expect("what was written can be read");
    }
}

/// A tape file around an index, as `FORMAT.md` has it.
fn file(index: &[u8], blocks: &[u8]) -> Vec<u8> {
    let packed = packed(index);
    let mut bytes = b"\x89PBTAPE\n\x01\0".to_vec();
    bytes.extend((34 + packed.len() as u64 + blocks.len() as u64).to_le_bytes());
    bytes.extend((packed.len() as u32).to_le_bytes());
    bytes.extend((index.len() as u32).to_le_bytes());
    bytes.extend(crc32fast::hash(&packed).to_le_bytes());
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    bytes.extend(packed);
    bytes.extend_from_slice(blocks);
    bytes
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(bytes, 1).expect("there is memory")
}
