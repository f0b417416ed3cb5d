//! The bytes of a value, read with its type and without.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use playback_core::Value;
use playback_core::value::{decode, decode_value};
use playback_fuzz::within;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

/// One of each that serde has.
#[derive(Serialize, Deserialize)]
struct All {
    flag: bool,
    #[serde(default)]
    small: i8,
    #[serde(alias = "large", default)]
    wide: u128,
    #[serde(default)]
    float: f32,
    #[serde(default)]
    letter: char,
    #[serde(default)]
    text: String,
    #[serde(default, with = "serde_bytes")]
    bytes: Vec<u8>,
    #[serde(default)]
    inner: Option<Box<All>>,
    #[serde(default)]
    list: Vec<(u8, Choice)>,
    #[serde(default)]
    keys: BTreeMap<(u16, String), Untagged>,
    #[serde(flatten)]
    rest: BTreeMap<String, serde_json::Value>,
}

#[derive(Serialize, Deserialize)]
enum Choice {
    Nothing,
    One(f64),
    Two(u8, String),
    Named { a: (), b: Option<i64> },
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(i128),
    Text(String),
    List(Vec<Untagged>),
}

fuzz_target!(|bytes: &[u8]| {
    within(1 << 10, bytes, || {
        let _ = decode::<All>(bytes);
        let _ = decode::<Untagged>(bytes);
        let _ = decode::<serde_json::Value>(bytes);
    });
    let tree = within(160, bytes, || decode_value(bytes));
    assert_eq!(tree.is_ok(), decode::<IgnoredAny>(bytes).is_ok(), "both read it or neither");
    let Ok(tree) = tree else { return };
    let mut again = Vec::new();
    tree.encode_into(&mut again).expect("what was read can be written");
    assert_eq!(decode_value(&again).expect("what was written can be read"), tree);
    let mut same = Vec::new();
    tree.encode_into(&mut same).expect("it could be before");
    assert_eq!(again, same);
    // With the type, from the bytes and from the tree.
    let (direct, by_tree) = (decode::<All>(&again), tree.to::<All>());
    assert_eq!(direct.is_ok(), by_tree.is_ok());
    if let (Ok(direct), Ok(by_tree)) = (direct, by_tree) {
        assert_eq!(Value::of(&direct).ok(), Value::of(&by_tree).ok());
    }
});
