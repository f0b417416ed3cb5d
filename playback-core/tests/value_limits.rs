//! Depth and size have limits, and no input gets past them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::cell::Cell;
use std::collections::BTreeMap;

use playback_core::value::{
    DecodeErrorKind, EncodeErrorKind, Encoder, MAX_DEPTH, Value, decode, decode_value, encode,
};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Debug, PartialEq)]
enum Nested {
    End,
    List(Vec<Nested>),
    Map(BTreeMap<u8, Nested>),
    Boxed(Option<Box<Nested>>),
    Field { inner: Box<Nested> },
}

fn nested(levels: usize, wrap: fn(Nested) -> Nested) -> Nested {
    (0..levels).fold(Nested::End, |inner, _| wrap(inner))
}

#[test]
fn every_container_counts_and_the_limit_is_the_same_everywhere() {
    // Each of these is two containers: the variant and what is in it.
    let wraps: [fn(Nested) -> Nested; 4] = [
        |inner| Nested::List(vec![inner]),
        |inner| Nested::Map(BTreeMap::from([(1, inner)])),
        |inner| Nested::Boxed(Some(Box::new(inner))),
        |inner| Nested::Field { inner: Box::new(inner) },
    ];
    for wrap in wraps {
        let deepest = nested(MAX_DEPTH / 2, wrap);
        let bytes = encode(&deepest).unwrap();
        assert_eq!(decode::<Nested>(&bytes).unwrap(), deepest);
        decode::<IgnoredAny>(&bytes).unwrap();
        let tree = decode_value(&bytes).unwrap();
        assert_eq!(Value::of(&deepest).unwrap(), tree);
        assert_eq!(tree.to::<Nested>().unwrap(), deepest);

        // One level more, around what can just be written.
        let too_deep = Value::Seq(vec![tree]);
        let mut out = b"before".to_vec();
        let error = too_deep.encode_into(&mut out).unwrap_err();
        assert_eq!(error.kind(), EncodeErrorKind::TooDeep);
        assert_eq!(error.message(), "nested deeper than 128 levels");
        assert_eq!(out, b"before");
        assert_eq!(too_deep.to::<IgnoredAny>().unwrap_err().kind(), DecodeErrorKind::TooDeep);
        assert_eq!(encode(&[&deepest]).unwrap_err().kind(), EncodeErrorKind::TooDeep);
        assert_eq!(Value::of(&[&deepest]).unwrap_err().kind(), EncodeErrorKind::TooDeep);

        let bytes = [&[0x0E, 1], &bytes[..]].concat();
        assert_eq!(decode_value(&bytes).unwrap_err().kind(), DecodeErrorKind::TooDeep);
        assert_eq!(decode::<IgnoredAny>(&bytes).unwrap_err().kind(), DecodeErrorKind::TooDeep);
        assert_eq!(decode::<Vec<Nested>>(&bytes).unwrap_err().kind(), DecodeErrorKind::TooDeep);
        assert_eq!(decode::<Value>(&bytes).unwrap_err().kind(), DecodeErrorKind::TooDeep);
    }
}

#[test]
fn the_error_of_a_value_that_is_too_deep_names_the_path() {
    let error = encode(&nested(65, |inner| Nested::Field { inner: Box::new(inner) })).unwrap_err();
    assert!(error.to_string().starts_with("Field.inner.Field.inner."), "{error}");
    assert!(error.to_string().ends_with(".Field.inner: nested deeper than 128 levels"), "{error}");
}

#[test]
fn deep_input_does_not_exhaust_the_stack() {
    #[derive(Deserialize, Debug)]
    #[allow(dead_code, reason = "only refused")]
    struct Forever(Option<Box<Forever>>);
    #[derive(Deserialize, Debug)]
    #[allow(dead_code, reason = "only refused")]
    struct Tuple(Option<Box<Tuple>>, u8);

    let long = [&[0x0E, 1][..], &[0x0F, 1, 0x80], &[0x0F, 1], &[0x10, 1, 1, b'a']];
    let short = [&[0xC1][..], &[0xD1, 0x80], &[0xD1], &[0xE0, 0, b'a'], &[0x0D], &[0x12, 1, b'a']];
    for unit in long.into_iter().chain(short) {
        let bytes = unit.repeat(1_000_000);
        assert!(decode_value(&bytes).is_err());
        assert!(decode::<IgnoredAny>(&bytes).is_err());
        assert!(decode::<serde_json::Value>(&bytes).is_err());
        assert!(decode::<Nested>(&bytes).is_err());
        assert!(decode::<Forever>(&bytes).is_err());
        assert!(decode::<u8>(&bytes).is_err());
    }
    // A value that every level of the type takes for its content.
    assert_eq!(decode::<Forever>(&[0x81]).unwrap_err().kind(), DecodeErrorKind::TooDeep);
    assert_eq!(decode::<Tuple>(&[0x81]).unwrap_err().kind(), DecodeErrorKind::TooDeep);
}

/// A sequence of numbers that counts how many of them were asked for.
struct Counting<'a> {
    numbers: std::ops::Range<u32>,
    asked: &'a Cell<u32>,
}

impl Serialize for Counting<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.numbers.clone().inspect(|_| self.asked.set(self.asked.get() + 1)))
    }
}

#[test]
fn a_value_past_its_limit_is_not_encoded_to_its_end() {
    let asked = Cell::new(0);
    let mut encoder = Encoder::new();
    encoder.limit(Some(10_000));
    let mut out = b"before".to_vec();
    let error =
        encoder.encode(&("a", Counting { numbers: 0..10_000_000, asked: &asked }), &mut out).unwrap_err();
    assert_eq!(error.kind(), EncodeErrorKind::TooLarge);
    assert_eq!(error.message(), "encoded, it is larger than 10000 bytes");
    assert_eq!(out, b"before");
    assert!((3_000..20_000).contains(&asked.get()), "{} were asked for", asked.get());

    // One string is not copied at all.
    let text = "x".repeat(100_000_000);
    assert_eq!(encoder.encode(&text, &mut out).unwrap_err().kind(), EncodeErrorKind::TooLarge);
    assert!(out.capacity() < 100_000, "{} bytes of room", out.capacity());

    // The limit is of each value, and exact.
    for value in [vec!["y".repeat(63); 100], vec!["y".repeat(1000); 10], vec![String::new(); 500], vec![]] {
        let bytes = encode(&value).unwrap();
        let mut out = vec![0; 20_000];
        encoder.limit(Some(bytes.len()));
        encoder.encode(&value, &mut out).unwrap();
        assert_eq!(out[20_000..], bytes);
        encoder.limit(Some(bytes.len() - 1));
        assert_eq!(encoder.encode(&value, &mut out).unwrap_err().kind(), EncodeErrorKind::TooLarge);
        assert_eq!(out.len(), 20_000 + bytes.len());
    }
    encoder.limit(None);
    encoder.encode(&text, &mut out).unwrap();
}

#[test]
fn a_count_alone_costs_nothing() {
    // 128 sequences inside each other, each claiming as many elements as there are bytes.
    let claim = 1 << 20;
    let mut bytes = Vec::new();
    for _ in 0..MAX_DEPTH {
        bytes.extend([
            0x0E,
            0x80 | (claim & 0x7F) as u8,
            0x80 | ((claim >> 7) & 0x7F) as u8,
            (claim >> 14) as u8,
        ]);
    }
    bytes.resize(bytes.len() + claim, 0x15);
    assert!(decode_value(&bytes).unwrap_err().to_string().ends_with("the unknown tag 0x15 ends at byte 513"));
    assert!(decode::<IgnoredAny>(&bytes).is_err());
}

#[test]
fn a_long_name_is_not_multiplied() {
    // A struct of one long name, and as many references to it as are allowed a type.
    let name = "n".repeat(100_000);
    let mut bytes = vec![0x0E, 0xC9, 0x01, 0x10, 1, 0xA0, 0x8D, 0x06];
    bytes.extend(name.bytes());
    bytes.push(0);
    bytes.extend([0x20, 0].repeat(200));
    let value = decode_value(&bytes).unwrap();
    let names: std::collections::HashSet<_> =
        value.as_seq().unwrap().iter().map(|element| element.fields().unwrap()[0].0.as_ptr()).collect();
    assert_eq!((value.as_seq().unwrap().len(), names.len()), (201, 1));
}

#[test]
fn a_long_name_is_not_multiplied_for_those_who_copy_names_either() {
    // With a hundred thousand references a map of strings, as of `serde_json::Value`, would have as many copies of 100,000
    // bytes.
    let name = "n".repeat(100_000);
    let value = |references: usize| {
        let mut bytes = vec![0x0E];
        push_varint(&mut bytes, references + 1);
        bytes.extend([0x10, 1]);
        push_varint(&mut bytes, name.len());
        bytes.extend(name.bytes());
        bytes.push(0);
        bytes.extend([0x20, 0].repeat(references));
        bytes
    };
    let many = value(100_000);
    for error in [
        decode_value(&many).unwrap_err(),
        decode::<serde_json::Value>(&many).unwrap_err(),
        decode::<Vec<BTreeMap<String, ()>>>(&many).unwrap_err(),
        decode::<IgnoredAny>(&many).unwrap_err(),
    ] {
        assert!(
            error.to_string().contains("long names are repeated more often than any encoder would"),
            "{error}"
        );
    }
    // A few of them are what some type may have.
    let few = decode::<Vec<BTreeMap<String, ()>>>(&value(200)).unwrap();
    assert_eq!((few.len(), few[200].contains_key(&name)), (201, true));
    // A tree has the name once.
    let tree = decode_value(&value(200)).unwrap();
    let names: std::collections::HashSet<_> =
        tree.as_seq().unwrap().iter().map(|element| element.fields().unwrap()[0].0.as_ptr()).collect();
    assert_eq!((tree.as_seq().unwrap().len(), names.len()), (201, 1));
}

fn push_varint(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push((number & 0x7F) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

#[test]
fn what_is_wrong_inside_a_key_is_named_by_the_outermost_key() {
    type Keyed<K> = BTreeMap<K, u8>;
    let keyed: Keyed<Keyed<Keyed<i64>>> = [([([(-1, 2)].into(), 3)].into(), 4)].into();
    let bytes = encode(&vec![keyed]).unwrap();
    let error = decode::<Vec<Keyed<Keyed<Keyed<u64>>>>>(&bytes).unwrap_err();
    assert_eq!(error.to_string(), "[0][{{-1: 2}: 3}]: expected u64, found integer -1");
    let error = decode::<Vec<Keyed<Keyed<BTreeMap<i64, bool>>>>>(&bytes).unwrap_err();
    assert_eq!(error.to_string(), "[0][{{-1: 2}: 3}]: expected a boolean, found integer 2");
    // In the value behind such a key, entries are named again.
    type Behind<V> = BTreeMap<Keyed<u8>, BTreeMap<u8, V>>;
    let behind: Behind<i64> = [([(1, 2)].into(), [(3, -4)].into())].into();
    let error = decode::<Behind<u64>>(&encode(&behind).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "[{1: 2}][3]: expected u64, found integer -4");
}
