//! What a hostile value costs in memory until it is refused.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::alloc::System;

use cap::Cap;
use playback_core::value::{MAX_DEPTH, Value, decode, decode_value, encode};
use serde::Deserialize;

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// What any of these may take, for each byte of its own and beside. An element of a tree or of a buffer takes 32 bytes, and
/// vectors grow by doubling; what was paid for at each level took thousands.
const EACH: usize = 128;
const BASE: usize = 64 << 10;

/// Read into a buffer first, as all that is `untagged` or `flatten`.
#[derive(Deserialize, Debug)]
#[serde(untagged)]
#[allow(dead_code, reason = "only refused")]
enum Buffered {
    Number(i64),
}

/// Reads it in each way there is. The peak is that of all so far: the smallest come first.
fn refused_within_bounds(what: &str, bytes: &[u8], damaged: bool) {
    let before = MEMORY.allocated();
    assert_eq!(decode_value(bytes).is_err(), damaged, "{what}");
    decode::<Buffered>(bytes).unwrap_err();
    assert_eq!(decode::<Value>(bytes).is_err(), damaged, "{what}");
    if damaged {
        decode::<serde_json::Value>(bytes).unwrap_err();
    }
    let taken = MEMORY.max_allocated() - before;
    assert!(taken <= BASE + EACH * bytes.len(), "{what} of {} bytes: {taken} bytes", bytes.len());
}

/// A tag, and a count that the bytes behind it could just hold.
fn announcing(tag: u8, size: usize, inside: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    let mut count = inside.len() / size;
    while count >= 0x80 {
        bytes.push(count as u8 | 0x80);
        count >>= 7;
    }
    bytes.push(count as u8);
    bytes.extend(inside);
    bytes
}

// One test: the memory is the whole process's.
#[test]
fn what_containers_announce_and_keys_repeat_inside_one_another_costs_no_more_than_what_is_there() {
    const SEQ: u8 = 0x0E;
    const MAP: u8 = 0x0F;
    const STRUCT: u8 = 0x10;
    const SHAPE_0: u8 = 0x20;
    let levels = MAX_DEPTH - 1;
    let units = vec![0; 3000];

    // 500 names of no letters, and structs of them inside one another.
    let names = [&[STRUCT, 0xF4, 0x03][..], &[0; 1000]].concat();
    let structs = [&[SEQ, 2][..], &names, &vec![SHAPE_0; levels - 1], &units[..500]].concat();
    refused_within_bounds("structs", &structs, true);

    let mut seqs = units.clone();
    let mut keys = units.clone();
    let mut values = units.clone();
    for _ in 0..levels {
        seqs = announcing(SEQ, 1, &seqs);
        keys = announcing(MAP, 2, &keys);
        values = announcing(MAP, 2, &[&[0], &values[..]].concat());
    }
    refused_within_bounds("sequences", &seqs, true);
    refused_within_bounds("maps in keys", &keys, true);
    refused_within_bounds("maps in values", &values, true);

    // Sound, but in the innermost key is what serde's buffers cannot hold.
    let mut key = Value::Seq([vec![Value::Unit; 3000], vec![Value::from(i128::MIN)]].concat());
    for _ in 0..levels - 1 {
        key = Value::Map(vec![(key, Value::Unit)]);
    }
    refused_within_bounds("keys", &encode(&key).unwrap(), false);

    // Read from JSON, a list of one has no room for four.
    let nested = ["[".repeat(100), "0".to_owned(), "]".repeat(100)].concat();
    let json = format!("[{}]", vec![nested; 100].join(","));
    let before = MEMORY.allocated();
    let value: Value = serde_json::from_str(&json).unwrap();
    let held = MEMORY.allocated() - before;
    assert!(held < 20 * json.len(), "{held} bytes for {}", json.len());
    drop(value);
}
