//! The bytes are those of `src/value/FORMAT.md`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::collections::{BTreeMap, HashMap};

use playback_core::value::{DecodeErrorKind, Encoder, Name, Value, decode, decode_value, encode, is_error};
use serde::ser::SerializeSeq as _;
use serde::{Deserialize, Serialize};

/// Bytes as the specification shows them: two hexadecimal digits, or text in single quotes.
fn bytes_of(text: &str) -> Vec<u8> {
    text.split_whitespace()
        .flat_map(|token| match token.strip_prefix('\'') {
            Some(quoted) => quoted.trim_end_matches('\'').as_bytes().to_vec(),
            None => vec![u8::from_str_radix(token, 16).unwrap()],
        })
        .collect()
}

fn check(value: &(impl Serialize + ?Sized), expected: &str) {
    let expected = bytes_of(expected);
    assert_eq!(encode(value).unwrap(), expected, "written from the type");
    let tree = Value::of(value).unwrap();
    let mut bytes = Vec::new();
    tree.encode_into(&mut bytes).unwrap();
    assert_eq!(bytes, expected, "written from the tree {tree}");
    assert_eq!(decode_value(&expected).unwrap(), tree, "read");

    // An encoder that has seen the types writes the same; the third time it has seen them in two orders.
    let mut encoder = Encoder::new();
    for _ in 0..3 {
        let mut bytes = Vec::new();
        encoder.encode(value, &mut bytes).unwrap();
        assert_eq!(bytes, expected, "written by an encoder that was used before");
        encoder
            .encode(&[(Line { sku: "x", qty: 1 }, Ok::<_, ()>(Open), Err::<(), _>(Closed))], &mut bytes)
            .unwrap();
    }
}

#[derive(Serialize, Clone, Copy)]
struct Line {
    sku: &'static str,
    qty: u32,
}

#[derive(Serialize, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum State {
    Open,
    Closed,
}
use State::{Closed, Open};

#[derive(Serialize, PartialEq, Eq, Hash)]
#[serde(untagged)]
enum Key {
    State(State),
    Text(&'static str),
}

#[derive(Serialize)]
struct Node {
    next: Option<Box<Node>>,
}

#[test]
fn the_examples_of_the_specification_hold() {
    let spec = include_str!("../src/value/FORMAT.md");
    let mut examples = spec.split("```text\n").skip(1).map(|block| {
        let (_, lines) = block.split("```").next().unwrap().split_once("\n\n").unwrap();
        let bytes = lines.lines().map(|line| {
            // The columns end where two spaces stand after the last byte.
            line.trim_start()
                .split(' ')
                .take_while({
                    let mut gap = 0;
                    move |token| {
                        gap = if token.is_empty() { gap + 1 } else { 0 };
                        gap < 3 && (token.is_empty() || token.starts_with('\'') || is_hex(token))
                    }
                })
                .collect::<Vec<_>>()
                .join(" ")
        });
        bytes.collect::<Vec<_>>().join(" ")
    });
    check(&[Line { sku: "a", qty: 1 }, Line { sku: "b", qty: 300 }], &examples.next().unwrap());
    let map = HashMap::from([(Key::State(Open), Some(Open)), (Key::Text("x"), None)]);
    check(&(Ok::<_, ()>(Open), map, Ok::<_, ()>(Closed)), &examples.next().unwrap());
    assert!(examples.next().is_none());
}

fn is_hex(token: &str) -> bool {
    token.len() == 2
        && token.chars().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase())
        && u8::from_str_radix(token, 16).is_ok()
}

#[test]
fn leaves_take_the_shortest_form() {
    check(&(), "00");
    check(&false, "01");
    check(&true, "02");
    check(&0_i128, "80");
    check(&63, "BF");
    check(&64, "03 40");
    check(&128, "03 80 01");
    check(&u64::MAX, "03 FF FF FF FF FF FF FF FF FF 01");
    check(&-1, "04 00");
    check(&i64::MIN, "04 FF FF FF FF FF FF FF FF 7F");
    check(&(-(1_i128 << 64)), "04 FF FF FF FF FF FF FF FF FF 01");
    check(&(1_u128 << 64), "05 80 80 80 80 80 80 80 80 80 02");
    check(&(-(1_i128 << 64) - 1), "06 80 80 80 80 80 80 80 80 80 02");
    check(&u128::MAX, "05 FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF 03");
    check(&i128::MIN, "06 FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF 01");
    check(&1.0_f32, "07 00 00 80 3F");
    check(&0.1_f64, "08 9A 99 99 99 99 99 B9 3F");
    check(&1.5_f64, "14 00 00 F8 3F");
    check(&-0.0_f64, "14 00 00 00 80");
    check(&f64::INFINITY, "14 00 00 F0 7F");
    check(&f64::NAN, "14 00 00 F8 7F");
    check(&f64::from_bits(1), "08 01 00 00 00 00 00 00 00");
    check(&f64::from_bits(1 << 32), "14 01 00 00 00");
    check(&f64::from_bits(1 << 31), "08 00 00 00 80 00 00 00 00");
    check(&f32::NAN, "07 00 00 C0 7F");
    check(&'ä', "09 E4 01");
    check("", "40");
    check(&"x".repeat(63), &format!("7F '{}'", "x".repeat(63)));
    check(&"x".repeat(64), &format!("0A 40 '{}'", "x".repeat(64)));
    check(serde_bytes::Bytes::new(b"ab"), "0B 02 'ab'");
    check(&None::<()>, "0C");
    check(&Some(Some(1)), "0D 0D 81");
    check(&[[1], [2]], "C2 C1 81 C1 82");
    check(&[(); 15], &format!("CF{}", " 00".repeat(15)));
    check(&[(); 16], &format!("0E 10{}", " 00".repeat(16)));
    let map = |entries| (0..entries).map(|n| (n, ())).collect::<BTreeMap<_, _>>();
    let entries = |count: u8| (0..count).map(|n| format!(" {:02X} 00", 0x80 + n)).collect::<String>();
    check(&map(0), "D0");
    check(&map(15), &format!("DF{}", entries(15)));
    check(&map(16), &format!("0F 10{}", entries(16)));
}

#[test]
fn many_and_long_names_are_defined_in_the_long_form() {
    /// A struct of any names, with units as values.
    struct Names(Vec<&'static str>);
    impl Serialize for Names {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeStruct;
            let mut fields = serializer.serialize_struct("Names", self.0.len())?;
            self.0.iter().try_for_each(|name| fields.serialize_field(name, &()))?;
            fields.end()
        }
    }
    let letters = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q"];
    let units = |count: usize| " 00".repeat(count);
    check(&Names(letters[..3].to_vec()), "E2 00 00 'abc' 00 00 00");
    check(
        &Names(letters[..16].to_vec()),
        &format!("EF{} '{}'{}", units(8), letters[..16].concat(), units(16)),
    );
    let lengths = " 01".repeat(17);
    check(&Names(letters.to_vec()), &format!("10 11{lengths} '{}'{}", letters.concat(), units(17)));
    check(&Names(vec!["sixteen_bytes_ä", "b"]), "E1 0F 'sixteen_bytes_äb' 00 00");
    check(&Names(vec!["seventeen_bytes_x", "b"]), "10 02 11 01 'seventeen_bytes_xb' 00 00");
    check(&Names(vec!["a", ""]), "10 02 01 00 'a' 00 00");
    check(&Names(vec![]), "10 00");
}

#[test]
fn longer_forms_are_read() {
    let cases = [
        ("03 05", "5"),
        ("03 7F", "127"),
        ("0E 01 81", "[1]"),
        ("0F 01 41 'a' 81", r#"{"a": 1}"#),
        ("10 01 01 'a' 81", "{a: 1}"),
        ("E0 F0 'a' 81", "{a: 1}"),
        ("03 85 00", "5"),
        ("05 05", "5"),
        ("06 00", "-1"),
        ("0A 01 'a'", r#""a""#),
        ("0A 81 00 'a'", r#""a""#),
        ("0E 02 11 01 'A' 13 00", "[A, A]"),
        ("0F 02 41 'b' 81 41 'a' 82", r#"{"a": 2, "b": 1}"#),
        ("08 01 00 00 00 00 00 F0 FF", "NaN"),
        ("08 00 00 00 00 00 00 F8 3F", "1.5"),
        ("14 01 00 F0 FF", "NaN"),
    ];
    for (bytes, printed) in cases {
        assert_eq!(decode_value(&bytes_of(bytes)).unwrap().to_string(), printed);
    }
    assert_eq!(
        decode_value(&bytes_of("0F 02 41 'b' 81 41 'a' 82")).unwrap(),
        Value::of(&BTreeMap::from([("a", 2), ("b", 1)])).unwrap()
    );
}

#[test]
fn shapes_are_numbered_where_they_end() {
    let node = |next| Node { next };
    // A struct inside another of its shape cannot refer to it, but what comes after both can.
    check(&(node(Some(Box::new(node(None)))), node(None)), "C2 E0 03 'next' 0D E0 03 'next' 0C 20 0C");
    // The inner definition took the number 0, the outer the number 1: the next new shape is 2.
    check(
        &(node(Some(Box::new(node(None)))), Line { sku: "a", qty: 1 }, Line { sku: "a", qty: 1 }),
        "C3 E0 03 'next' 0D E0 03 'next' 0C E1 22 'skuqty' 41 'a' 81 22 41 'a' 81",
    );
    // A variant counts before its payload.
    check(&Ok::<_, ()>(Ok::<_, ()>(Ok::<_, ()>(1))), "12 02 'Ok' 20 20 81");
    // Types do not matter, only names.
    #[derive(Serialize)]
    struct Other {
        sku: (),
        qty: (),
    }
    check(&(Line { sku: "a", qty: 1 }, Other { sku: (), qty: () }), "C2 E1 22 'skuqty' 41 'a' 81 20 00 00");
    // A name is a different shape in each of its roles.
    #[derive(Serialize)]
    enum Roles {
        A,
        #[serde(rename = "A")]
        Payload(u8),
        #[serde(rename = "A")]
        Struct {
            #[serde(rename = "A")]
            a: u8,
        },
    }
    check(
        &[Roles::A, Roles::Payload(1), Roles::Struct { a: 2 }, Roles::Struct { a: 3 }, Roles::A],
        "C5 11 01 'A' 12 01 'A' 81 21 E0 00 'A' 82 21 22 83 20",
    );
}

#[test]
fn a_struct_that_leaves_out_fields_has_several_shapes() {
    #[derive(Serialize)]
    struct Skipping {
        #[serde(skip_serializing_if = "Option::is_none")]
        a: Option<u8>,
        #[serde(skip_serializing_if = "Option::is_none")]
        b: Option<u8>,
    }
    let a = || Skipping { a: Some(1), b: None };
    let b = || Skipping { a: None, b: Some(2) };
    let both = || Skipping { a: Some(1), b: Some(2) };
    let neither = || Skipping { a: None, b: None };
    check(
        &[a(), b(), a(), both(), b(), neither(), both(), neither()],
        "C8 E0 00 'a' 0D 81 E0 00 'b' 0D 82 20 0D 81 E1 00 'ab' 0D 81 0D 82 21 0D 82 10 00 22 0D 81 0D 82 23",
    );
}

#[test]
fn shapes_of_an_entry_of_a_map_end_with_it() {
    check(
        &(BTreeMap::from([(1, Open), (2, Open)]), Open, BTreeMap::from([(1, Open)]), Open),
        "C4 D2 81 11 04 'Open' 82 11 04 'Open' 11 04 'Open' D1 81 20 20",
    );
    // A key sees its own shapes only, its value those from before the map.
    check(
        &(Open, BTreeMap::from([((Open, Open, Closed), (Open, Closed, Closed))]), Closed),
        "C3 11 04 'Open' D1 C3 11 04 'Open' 20 11 06 'Closed' C3 20 11 06 'Closed' 21 11 06 'Closed'",
    );
    // Also for a map in a key.
    check(
        &(Open, BTreeMap::from([(BTreeMap::from([(Open, Open)]), Open)]), Open),
        "C3 11 04 'Open' D1 D1 11 04 'Open' 11 04 'Open' 20 20",
    );
}

#[test]
fn a_shape_is_hidden_in_a_key_also_behind_a_map_that_is_in_it() {
    let of_one = |value| Value::fields_of([("a", value)]);
    let key = Value::Seq(vec![Value::map([(1.into(), 2.into())]), of_one(1.into())]);
    let one = of_one(1.into());
    // Written by one encoder from the same names, so that it may guess.
    let value = Value::Seq(vec![one.clone(), one.clone(), Value::map([(key, one.clone())]), one]);
    let mut bytes = Vec::new();
    value.encode_into(&mut bytes).unwrap();
    assert_eq!(decode_value(&bytes).unwrap(), value);
    check(
        &(Open, Open, BTreeMap::from([((BTreeMap::from([(1, 2)]), Open, Open), Open)])),
        "C3 11 04 'Open' 20 D1 C3 D1 81 82 11 04 'Open' 20 20",
    );
}

#[test]
fn names_that_are_alike_are_one_shape_wherever_they_stand_in_memory() {
    let fields =
        |names: &[&Name]| Value::Struct(names.iter().map(|&name| (name.clone(), Value::from(1))).collect());
    let fresh = |value: &Value| value.to_string().parse::<Value>().unwrap();
    let [a, b, c, d] = ["a", "b", "c", "d"].map(Name::from);
    let other_b = Name::from("b");
    // The first name is the same memory, and what follows is not, or is another name.
    let structs = [
        fields(&[&d]),
        fields(&[&a, &b, &c]),
        fields(&[&a, &b, &c]),
        fields(&[&a, &other_b, &c]),
        fields(&[&a, &b, &d]),
        fields(&[&a, &b, &c]),
        fields(&[&a, &other_b, &d]),
        fields(&[&a, &b]),
    ];
    let many = (0..300).map(|n| Value::fields_of([(n.to_string(), Value::from(1))]));
    let structs = Value::Seq(structs.into_iter().chain(many.clone()).chain(many).collect());
    let encoded = |value: &Value| {
        let mut bytes = Vec::new();
        value.encode_into(&mut bytes).unwrap();
        bytes
    };
    let bytes = encoded(&structs);
    assert_eq!(bytes, encoded(&fresh(&structs)));
    assert_eq!(bytes, encoded(&decode_value(&bytes).unwrap()));
    assert_eq!(decode_value(&bytes).unwrap(), structs);
}

/// A variant of any name.
#[derive(Clone, Copy)]
struct Named(&'static str);
impl Serialize for Named {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit_variant("", 0, self.0)
    }
}

#[test]
fn the_table_of_shapes_ends_at_256() {
    let names: Vec<&'static str> = (0..300).map(|n| &*n.to_string().leak()).collect();
    let twice: Vec<_> = names.iter().chain(&names).map(|name| Named(name)).collect();
    let mut expected = vec![0x0E, 0xD8, 0x04];
    let define = |out: &mut Vec<u8>, name: &str| {
        out.extend([0x11, u8::try_from(name.len()).unwrap()]);
        out.extend(name.bytes());
    };
    names.iter().for_each(|name| define(&mut expected, name));
    (0..32).for_each(|n| expected.push(0x20 + n));
    (32..128).for_each(|n| expected.extend([0x13, n]));
    (128..256_u16).for_each(|n| expected.extend([0x13, u8::try_from(n - 128).unwrap() | 0x80, 1]));
    names[256..].iter().for_each(|name| define(&mut expected, name));
    assert_eq!(encode(&twice).unwrap(), expected);
    let tree = decode_value(&expected).unwrap();
    assert_eq!(tree, Value::of(&twice).unwrap());
    assert_eq!(tree.as_seq().unwrap().len(), 600);
    assert_eq!(tree.at("[599]"), Some(&Value::Variant("299".into(), None)));
    let mut bytes = Vec::new();
    tree.encode_into(&mut bytes).unwrap();
    assert_eq!(bytes, expected);
}

#[test]
fn the_table_of_shapes_of_a_key_ends_at_256_as_well_and_nobody_refers_past_it() {
    let names: Vec<&'static str> = (0..300).map(|n| &*n.to_string().leak()).collect();
    let named = |names: &[&'static str]| names.iter().map(|name| Named(name)).collect::<Vec<_>>();
    // Many outside, and many inside, each within the bound: a key is written as if it stood alone.
    let key = (named(&names[200..]), named(&names[200..]));
    let encoded = encode(&(named(&names[..200]), MapOfOne(&key))).unwrap();
    assert!(encoded.ends_with(&[encode(&key).unwrap(), encode(&1).unwrap()].concat()));
    let tree = decode_value(&encoded).unwrap();
    assert_eq!(tree.at("[1]").unwrap().as_map().unwrap()[0].0, Value::of(&key).unwrap());

    let mut bytes = encode(&named(&names[..257])).unwrap();
    bytes[1] += 1;
    let refers =
        |number: u8| [&bytes[..], &[0x13, number | 0x80, if number < 0x80 { 1 } else { 2 }]].concat();
    assert!(decode_value(&refers(0x7F)).is_ok(), "shape 255");
    let error = decode_value(&refers(0x80)).unwrap_err();
    assert!(error.to_string().contains("shape 256, which is not defined"), "{error}");
}

/// A map with one entry, whose key cannot be ordered.
struct MapOfOne<'a, K>(&'a K);
impl<K: Serialize> Serialize for MapOfOne<'_, K> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(self.0, 1)])
    }
}

#[test]
fn keys_are_in_order_at_the_very_end_of_what_is_written() {
    let encoded = |value: &Value| {
        let mut bytes = Vec::new();
        value.encode_into(&mut bytes).unwrap();
        bytes
    };
    // A struct of a new shape has its header put in before it, and no room is left behind it then.
    let of_new_shape = |name: &str| encoded(&Value::fields_of([(name, Value::from(1))]));
    let keys: [Value; 7] =
        [3.into(), "".into(), "a".into(), "aa".into(), "ab".into(), "b".into(), 'a'.into()];
    for (at, low) in keys.iter().enumerate() {
        for high in &keys[at + 1..] {
            let entry = |key: &Value, name: &str| (key.clone(), Value::fields_of([(name, Value::from(1))]));
            let bytes = encoded(&Value::Map(vec![entry(high, "h"), entry(low, "l")]));
            let expected =
                [vec![0xD2], encoded(low), of_new_shape("l"), encoded(high), of_new_shape("h")].concat();
            assert_eq!(bytes, expected, "{low} and {high}");
        }
    }
}

#[test]
fn a_length_that_is_told_late_is_written_as_one_that_was_known() {
    struct Late(u32);
    impl Serialize for Late {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut elements = serializer.serialize_seq(None)?;
            (0..self.0).try_for_each(|n| elements.serialize_element(&n))?;
            elements.end()
        }
    }
    for length in [0, 1, 15, 16, 17, 127, 128] {
        let known: Vec<u32> = (0..length).collect();
        assert_eq!(encode(&Late(length)).unwrap(), encode(&known).unwrap(), "of {length}");
    }
}

#[test]
fn an_encoder_that_has_seen_thousands_of_shapes_writes_the_same() {
    #[derive(Serialize)]
    struct Holder {
        names: Vec<Named>,
    }
    // More than an encoder has room for, so that they take the room of the struct around them and of each other; the
    // last to have taken it are the first to need it again.
    let names: Vec<_> = (0..6000).map(|n| Named(n.to_string().leak())).collect();
    let value = (Holder { names: names.clone() }, names.iter().rev().collect::<Vec<_>>());
    let mut expected = Vec::new();
    Value::of(&value).unwrap().encode_into(&mut expected).unwrap();
    let mut encoder = Encoder::new();
    for _ in 0..3 {
        let mut bytes = Vec::new();
        encoder.encode(&value, &mut bytes).unwrap();
        assert!(bytes == expected);
    }
}

#[test]
fn entries_of_a_map_are_in_the_order_of_their_keys() {
    struct Unordered(Vec<(Value, u8)>);
    impl Serialize for Unordered {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
        }
    }
    let keys = [
        Value::from(i128::MIN),
        Value::from(-300),
        Value::from(-1),
        Value::from(0),
        Value::from(127),
        Value::from(128),
        Value::from(u128::MAX),
        Value::from(""),
        Value::from("a"),
        Value::from("a\0"),
        Value::from("a\0\0\0\0\0\0"),
        Value::from("a\0\0\0\0\0\0\0"),
        Value::from("aaaaaaaa"),
        Value::from("a".repeat(70)),
        Value::from("a".repeat(70) + "b"),
        Value::from("aaaaaaab"),
        Value::from("ab"),
        Value::from("b".repeat(70)),
        Value::from("z"),
        Value::from(()),
        Value::from(false),
        Value::from('a'),
        Value::None,
        Value::from(1.5),
        Value::Seq(vec![Value::from(1)]),
    ];
    let sorted: Vec<_> = keys.iter().cloned().zip(0..).collect();
    let expected = encode(&Unordered(sorted.clone())).unwrap();
    let in_order: Vec<u8> = sorted
        .iter()
        .flat_map(|(key, value)| [encode(key).unwrap(), encode(value).unwrap()])
        .flatten()
        .collect();
    assert!(expected.ends_with(&in_order), "the order is that of the bytes");
    let tree = decode_value(&expected).unwrap();
    assert_eq!(tree.as_map().unwrap().iter().map(|(key, _)| key.clone()).collect::<Vec<_>>(), keys);
    for stride in [7, 11, 13, 17, 19] {
        let shuffled: Vec<_> = (0..keys.len()).map(|n| sorted[n * stride % keys.len()].clone()).collect();
        assert_eq!(encode(&Unordered(shuffled.clone())).unwrap(), expected);
        let entries = shuffled.into_iter().map(|(key, value)| (key, value.into()));
        assert_eq!(Value::map(entries.clone()), tree);
        let mut bytes = Vec::new();
        Value::Map(entries.collect()).encode_into(&mut bytes).unwrap();
        assert_eq!(bytes, expected);
    }
    let twins = Unordered(vec![("b".into(), 1), ("a".into(), 2), ("b".into(), 3), ("a".into(), 4)]);
    assert_eq!(Value::of(&twins).unwrap().to_string(), r#"{"a": 2, "a": 4, "b": 1, "b": 3}"#);
}

#[test]
fn hash_maps_give_the_same_bytes_in_every_order() {
    for size in [0, 1, 2, 3, 20, 500] {
        let entry =
            |n: usize| (format!("key {n}"), (Open, HashMap::from([((n, Open), Line { sku: "a", qty: 1 })])));
        let expected = encode(&(0..size).map(entry).collect::<BTreeMap<_, _>>()).unwrap();
        for _ in 0..5 {
            let map: HashMap<_, _> = (0..size).map(entry).collect();
            assert_eq!(encode(&map).unwrap(), expected);
        }
    }
}

#[test]
fn what_is_no_value_is_refused_with_the_place() {
    let cases = [
        ("", "the value is cut short: more is announced than follows at byte 0"),
        ("15", "the unknown tag 0x15 ends at byte 1"),
        ("14 00 00 00", "the value is cut short: more is announced than follows at byte 1"),
        ("1F", "the unknown tag 0x1f ends at byte 1"),
        ("F0", "the unknown tag 0xf0 ends at byte 1"),
        ("FF", "the unknown tag 0xff ends at byte 1"),
        ("00 00", "1 byte too many follows the value at byte 1"),
        ("00 00 00", "2 bytes too many follow the value at byte 1"),
        ("41", "the value is cut short: more is announced than follows at byte 1"),
        ("41 FF", "a string that is not UTF-8 ends at byte 2"),
        ("03 FF FF FF FF FF FF FF FF FF 02", "a number above 64 bits ends at byte 11"),
        ("03 80 80 80 80 80 80 80 80 80 80", "a number above 64 bits ends at byte 11"),
        (
            "05 FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF 04",
            "a number above 128 bits ends at byte 20",
        ),
        (
            "06 FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF 02",
            "an integer below -2^127 ends at byte 20",
        ),
        ("09 80 B0 03", "a number that is no character ends at byte 4"),
        ("20", "a reference to shape 0, which is not defined, ends at byte 1"),
        (
            "13 80 80 80 80 80 80 80 80 80 01",
            "a reference to shape 9223372036854775808, which is not defined, ends at byte 11",
        ),
        ("0E FF FF FF FF 0F 00", "the value is cut short: more is announced than follows at byte 6"),
        ("0F 02 81 81", "the value is cut short: more is announced than follows at byte 2"),
        ("C1", "the value is cut short: more is announced than follows at byte 1"),
        ("D1 81", "the value is cut short: more is announced than follows at byte 1"),
        ("10 02 01 'a'", "the value is cut short: more is announced than follows at byte 2"),
        ("E1", "the value is cut short: more is announced than follows at byte 1"),
        ("E1 00 'a'", "the value is cut short: more is announced than follows at byte 2"),
        ("E1 00 'ab' 81", "the value is cut short: more is announced than follows at byte 4"),
        ("E0 00 FF 81", "a string that is not UTF-8 ends at byte 3"),
        ("E1 00 C3 A4 81 81", "a name that is not UTF-8 ends at byte 4"),
        ("0E 02 81 15", "[1]: the unknown tag 0x15 ends at byte 4"),
        ("10 01 01 'a' 0F 01 41 'k' 15", r#"a["k"]: the unknown tag 0x15 ends at byte 9"#),
    ];
    for (bytes, message) in cases {
        let error = decode_value(&bytes_of(bytes)).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!(error.kind(), DecodeErrorKind::Corrupt);
        let error = decode::<serde::de::IgnoredAny>(&bytes_of(bytes)).unwrap_err();
        assert_eq!(
            (error.message(), error.kind()),
            (message.rsplit("]: ").next().unwrap(), DecodeErrorKind::Corrupt)
        );
    }
}

#[test]
fn the_error_of_a_result_shows_in_its_first_bytes() {
    #[derive(Serialize)]
    enum Own {
        Err,
        Error(u8),
    }
    let cases = [
        (encode(&Err::<(), _>("x")), true),
        (encode(&Err::<(), _>(())), true),
        (encode(&Ok::<_, ()>("Err")), false),
        (encode("Err"), false),
        (encode(&Own::Err), false),
        (encode(&Own::Error(1)), false),
        (encode(&Some(Err::<(), _>("x"))), false),
    ];
    for (bytes, expected) in cases {
        let bytes = bytes.unwrap();
        assert_eq!(is_error(&bytes), expected);
        assert_eq!(decode_value(&bytes).unwrap().is_error(), expected);
    }
    assert!(!is_error(&[]));
    assert!(!is_error(&[0x12, 0xFF]));
}

#[test]
fn an_encoder_appends() {
    let mut out = b"before".to_vec();
    Encoder::new().encode(&[HashMap::from([(2, Open), (1, Open)])], &mut out).unwrap();
    assert_eq!(
        out.strip_prefix(b"before").unwrap(),
        encode(&[BTreeMap::from([(1, Open), (2, Open)])]).unwrap()
    );
    let mut out = b"before".to_vec();
    Value::of(&Line { sku: "a", qty: 1 }).unwrap().encode_into(&mut out).unwrap();
    assert_eq!(out.strip_prefix(b"before").unwrap(), encode(&Line { sku: "a", qty: 1 }).unwrap());
}

#[test]
fn an_encoder_survives_a_type_that_panics() {
    struct Panics;
    impl Serialize for Panics {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            std::panic::resume_unwind(Box::new("no"))
        }
    }
    let (mut encoder, mut out) = (Encoder::new(), b"before".to_vec());
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        encoder.encode(&(Line { sku: "a", qty: 1 }, BTreeMap::from([(1, Panics)])), &mut out)
    }));
    assert!(result.is_err());
    assert!(out.starts_with(b"before"));
    out.clear();
    encoder.encode(&Line { sku: "a", qty: 1 }, &mut out).unwrap();
    assert_eq!(out, encode(&Line { sku: "a", qty: 1 }).unwrap());
}

#[test]
fn a_raw_json_value_comes_back() {
    // serde_json's `RawValue` writes a struct and asks for a newtype, both by this name.
    #[derive(Serialize)]
    struct Written {
        #[serde(rename = "$serde_json::private::RawValue")]
        text: &'static str,
    }
    #[derive(Debug, PartialEq)]
    struct Raw(String);
    impl<'de> Deserialize<'de> for Raw {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Visitor;
            impl<'de> serde::de::Visitor<'de> for Visitor {
                type Value = Raw;
                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("any valid JSON value")
                }
                fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
                    Ok(Raw(map.next_entry::<String, String>()?.unwrap().1))
                }
            }
            deserializer.deserialize_newtype_struct("$serde_json::private::RawValue", Visitor)
        }
    }
    assert_eq!(decode::<Raw>(&encode(&Written { text: "[1]" }).unwrap()).unwrap(), Raw("[1]".into()));
}

#[test]
fn entries_that_someone_else_wrote_in_another_order_are_in_the_same_order() {
    for (bytes, printed) in [
        ("D2 82 81 81 82", "{1: 2, 2: 1}"),
        ("D2 03 80 01 81 81 82", "{1: 2, 128: 1}"),
        ("D2 41 'b' 81 41 'a' 82", r#"{"a": 2, "b": 1}"#),
        ("D3 00 81 41 'a' 82 81 83", r#"{1: 3, "a": 2, (): 1}"#),
    ] {
        assert_eq!(decode_value(&bytes_of(bytes)).unwrap().to_string(), printed);
    }
}

#[test]
fn keys_that_someone_else_wrote_in_other_bytes_are_in_the_same_order() {
    // {NaN as no encoder writes it: true, 1.5: false}, and {[5, in a byte more than it takes]: true, [1]: false}.
    let nan = [0x0F, 2, 0x07, 0, 0, 0xA0, 0x7F, 0x02, 0x07, 0, 0, 0xC0, 0x3F, 0x01];
    let lists = [0x0F, 2, 0x0E, 1, 0x03, 0x05, 0x02, 0x0E, 1, 0x81, 0x01];
    for bytes in [&nan[..], &lists] {
        let Ok(value) = decode_value(bytes) else { panic!("{bytes:02x?} is a map") };
        let mut again = Vec::new();
        value.encode_into(&mut again).unwrap();
        assert_eq!(decode_value(&again).unwrap(), value, "{bytes:02x?}");
    }
}
