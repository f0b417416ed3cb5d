//! A tape file: as bytes, and as an index and values of anyone's making under the right checksums, without which nothing
//! but the checksums would be tried.
#![no_main]

use libfuzzer_sys::fuzz_target;
use playback_cassette::format;
use playback_fuzz::within;

/// That of the index.
const DICTIONARY: &[u8] = include_bytes!("../../../playback-cassette/src/format/dictionary.zdict");

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
    let small =
        within(LIMIT as usize / 1024, &[0; 1024], || format::decode_within("it", bytes, LIMIT).is_ok());
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
    // In which the first four bytes of a frame do not stand.
    let front = indexed(index).split_off(4);
    let mut bytes = b"\x89PBT\x01".to_vec();
    for length in [blocks.len(), front.len(), index.len()] {
        varint(length, &mut bytes);
    }
    let checksum = crc32fast::hash(&[bytes.as_slice(), &front].concat());
    bytes.extend(checksum.to_le_bytes());
    bytes.extend(front);
    bytes.extend_from_slice(blocks);
    bytes
}

fn varint(mut number: usize, bytes: &mut Vec<u8>) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn indexed(bytes: &[u8]) -> Vec<u8> {
    let compressor = zstd::bulk::Compressor::with_dictionary(1, DICTIONARY);
    compressor.and_then(|mut compressor| compressor.compress(bytes)).expect("there is memory")
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(bytes, 1).expect("there is memory")
}
