//! Every kind of value that serde can express comes back as it was, with and without the tree between.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Debug;
use std::net::IpAddr;
use std::num::NonZeroU8;
use std::ops::{Range, RangeInclusive};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use playback_core::value::{Value, decode, decode_value, encode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// One value on all ways there are: `printed` is what it is as a tree.
fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T, printed: &str) {
    let bytes = encode(&value).unwrap();
    let tree = Value::of(&value).unwrap();
    let mut tree_bytes = Vec::new();
    tree.encode_into(&mut tree_bytes).unwrap();

    assert_eq!(tree.to_string(), printed, "{value:?}");
    assert_eq!(tree_bytes, bytes, "the tree of {value:?} has other bytes");
    assert_eq!(decode_value(&bytes).unwrap(), tree, "the bytes of {value:?} are another tree");
    assert_eq!(decode::<T>(&bytes).unwrap(), value, "read from bytes");
    assert_eq!(tree.to::<T>().unwrap(), value, "read from the tree");
    assert_eq!(
        decode::<Option<T>>(&encode(&Some(&value)).unwrap()).unwrap().as_ref(),
        Some(&value),
        "as an option"
    );

    // Inside a buffer of serde's (an internally tagged enum), where the type is not known when the value is read.
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    #[serde(tag = "kind")]
    enum Buffered<T> {
        Only { value: Option<T> },
    }
    // (serde's buffer knows no integers of 128 bits, whatever the format.)
    if !std::any::type_name::<T>().ends_with("128") {
        let buffered = Buffered::Only { value: Some(value) };
        assert_eq!(decode::<Buffered<T>>(&encode(&buffered).unwrap()).unwrap(), buffered, "through a buffer");
    }
}

#[test]
fn scalars_round_trip() {
    check((), "()");
    check(true, "true");
    check(false, "false");
    check(0_u8, "0");
    check(127_u8, "127");
    check(128_u8, "128");
    check(u8::MAX, "255");
    check(i8::MIN, "-128");
    check(u16::MAX, "65535");
    check(i16::MIN, "-32768");
    check(u32::MAX, "4294967295");
    check(i32::MIN, "-2147483648");
    check(-1_i32, "-1");
    check(u64::MAX, "18446744073709551615");
    check(i64::MIN, "-9223372036854775808");
    check(i64::MAX, "9223372036854775807");
    check(u128::MAX, "340282366920938463463374607431768211455");
    check(i128::MIN, "-170141183460469231731687303715884105728");
    check(u128::from(u64::MAX), "18446744073709551615");
    check(7_u128, "7");
    check(-7_i128, "-7");
    check(usize::MAX as u64, "18446744073709551615");
    check(NonZeroU8::new(3).unwrap(), "3");
    check(1.5_f32, "1.5_f32");
    check(f32::MIN_POSITIVE, "1.1754944e-38_f32");
    check(0.1_f64, "0.1");
    check(f64::INFINITY, "inf");
    check(f64::NEG_INFINITY, "-inf");
    check(f32::INFINITY, "inf_f32");
    check(-0.0_f64, "-0.0");
    check('a', "'a'");
    check('\u{10FFFF}', "'\\u{10ffff}'");
    check(String::new(), r#""""#);
    check("ä\n\"\u{1b}[31m".to_owned(), r#""ä\n\"\u{1b}[31m""#);
    check("x".repeat(63), &format!("{:?}", "x".repeat(63)));
    check("x".repeat(64), &format!("{:?}", "x".repeat(64)));
    check("x".repeat(300), &format!("{:?}", "x".repeat(300)));
}

#[test]
fn a_negative_zero_and_a_nan_keep_what_they_are() {
    assert!(decode::<f64>(&encode(&-0.0).unwrap()).unwrap().is_sign_negative());
    assert!(decode::<f32>(&encode(&-0.0_f32).unwrap()).unwrap().is_sign_negative());
    assert!(decode::<f64>(&encode(&f64::NAN).unwrap()).unwrap().is_nan());
    assert!(decode::<f32>(&encode(&f32::NAN).unwrap()).unwrap().is_nan());
    let payloads = [0x7FF8_0000_0000_0000, 0xFFF8_0000_0000_0001, 0x7FF0_0000_0000_0001];
    for bits in payloads {
        assert_eq!(encode(&f64::from_bits(bits)).unwrap(), [0x14, 0, 0, 0xF8, 0x7F]);
    }
}

#[test]
fn containers_round_trip() {
    check(Vec::<u8>::new(), "[]");
    check(vec![1_u8, 2, 3], "[1, 2, 3]");
    check(vec![vec!["a".to_owned()], vec![]], r#"[["a"], []]"#);
    check((0..200_u32).collect::<Vec<_>>(), &format!("{:?}", (0..200).collect::<Vec<_>>()));
    check([1_u8; 3], "[1, 1, 1]");
    check((1_u8, "a".to_owned(), 1.5), r#"[1, "a", 1.5]"#);
    check(((1,), ((), 2)), "[[1], [(), 2]]");
    check(None::<u8>, "None");
    check(Some(1), "Some(1)");
    check(Some(None::<u8>), "Some(None)");
    check(Some(Some(1)), "Some(Some(1))");
    check(Some(()), "Some(())");
    check(vec![None, Some(None), Some(Some(()))], "[None, Some(None), Some(Some(()))]");
    check(Box::new(1), "1");
    check(Rc::new(1), "1");
    check(Arc::<str>::from("a"), r#""a""#);
    check(Cow::<str>::Owned("a".into()), r#""a""#);
    check(BTreeSet::from([3, 1, 2]), "[1, 2, 3]");
    check(BTreeMap::from([("b".to_owned(), 1), ("a".to_owned(), 2)]), r#"{"a": 2, "b": 1}"#);
    check(BTreeMap::from([(300, 'a'), (-1, 'b'), (7, 'c')]), "{-1: 'b', 7: 'c', 300: 'a'}");
    check(
        BTreeMap::from([((1, "a".to_owned()), 1), ((0, "b".to_owned()), 2)]),
        r#"{[0, "b"]: 2, [1, "a"]: 1}"#,
    );
    check(BTreeMap::from([(Some(1), 1), (None, 2)]), "{None: 2, Some(1): 1}");
    check(BTreeMap::from([(true, 1), (false, 2)]), "{false: 2, true: 1}");
    check(BTreeMap::from([((), BTreeMap::from([('x', ())]))]), "{(): {'x': ()}}");
    check((0..100).map(|n| (n.to_string(), n)).collect::<HashMap<_, _>>(), &{
        let sorted: BTreeMap<_, _> = (0..100).map(|n| (n.to_string(), n)).collect();
        format!("{sorted:?}")
    });
    check(serde_bytes::ByteBuf::from([0, 255, b'a']), r#"x"00ff61""#);
    check(serde_bytes::ByteBuf::from(vec![]), r#"b"""#);
}

#[test]
fn types_of_the_standard_library_round_trip() {
    check(Ok::<u8, String>(1), "Ok(1)");
    check(Err::<u8, String>("no".into()), r#"Err("no")"#);
    check(Ok::<(), ()>(()), "Ok(())");
    check(Range { start: 1, end: 3 }, "{start: 1, end: 3}");
    check(RangeInclusive::new('a', 'c'), "{start: 'a', end: 'c'}");
    check(Duration::from_millis(1500), "{secs: 1, nanos: 500000000}");
    check(SystemTime::UNIX_EPOCH + Duration::from_secs(9), "{secs_since_epoch: 9, nanos_since_epoch: 0}");
    check("127.0.0.1".parse::<IpAddr>().unwrap(), r#""127.0.0.1""#);
    check("[::1]:80".parse::<std::net::SocketAddr>().unwrap(), r#""[::1]:80""#);
    check(std::path::PathBuf::from("/a"), r#""/a""#);
    check(std::num::Wrapping(5), "5");
    check(std::cmp::Reverse(5), "5");
    check(std::ops::Bound::Excluded(3), "Excluded(3)");
    check(std::marker::PhantomData::<u8>, "()");
}

#[test]
fn types_of_other_crates_round_trip_as_people_write_them() {
    let id = "67e55044-10b1-426f-9247-bb680e5fe0c8";
    check(id.parse::<uuid::Uuid>().unwrap(), &format!("{id:?}"));
    check(url::Url::parse("https://example.com/a?b=1").unwrap(), r#""https://example.com/a?b=1""#);
    check(time::macros::date!(2026 - 01 - 02), r#""2026-01-02""#);
    check(time::macros::datetime!(2026-01-02 03:04:05.6 UTC), r#""2026-01-02 03:04:05.6 +00:00:00""#);
    check(serde_json::json!(null), "()");
    check(
        serde_json::json!({"a": [1, -1, 1.5, null, true, {"b": "c"}]}),
        r#"{"a": [1, -1, 1.5, (), true, {"b": "c"}]}"#,
    );
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Unit;

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Empty {}

#[derive(Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord, Debug, Clone)]
struct Newtype(u32);

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Tuple(u32, String);

#[derive(Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord, Debug, Clone)]
struct Point {
    x: i32,
    y: i32,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Skipping {
    id: u8,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    a: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    b: Option<u8>,
    #[serde(skip)]
    never: u8,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
struct Renamed {
    first_name: u8,
    #[serde(rename = "a b")]
    other: u8,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Flattened {
    id: u8,
    #[serde(flatten)]
    point: Point,
    #[serde(flatten)]
    rest: BTreeMap<String, External>,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Tree {
    name: String,
    children: Vec<Tree>,
    parent: Option<Box<Tree>>,
}

#[test]
fn structs_round_trip() {
    check(Unit, "()");
    check(Empty {}, "{}");
    check(Newtype(7), "7");
    check(Tuple(7, "a".into()), r#"[7, "a"]"#);
    check(Point { x: 1, y: -1 }, "{x: 1, y: -1}");
    check(vec![Point { x: 1, y: -1 }, Point { x: 2, y: -2 }], "[{x: 1, y: -1}, {x: 2, y: -2}]");
    check(Skipping { id: 1, a: None, b: None, never: 0 }, "{id: 1}");
    check(
        vec![
            Skipping { id: 1, a: Some(1), b: None, never: 0 },
            Skipping { id: 2, a: None, b: Some(2), never: 0 },
            Skipping { id: 3, a: None, b: None, never: 0 },
            Skipping { id: 4, a: Some(3), b: Some(4), never: 0 },
            Skipping { id: 5, a: None, b: Some(5), never: 0 },
        ],
        "[{id: 1, a: Some(1)}, {id: 2, b: Some(2)}, {id: 3}, {id: 4, a: Some(3), b: Some(4)}, {id: 5, b: Some(5)}]",
    );
    check(Renamed { first_name: 1, other: 2 }, "{FIRST-NAME: 1, `a b`: 2}");
    check(
        Flattened {
            id: 1,
            point: Point { x: 2, y: 3 },
            rest: BTreeMap::from([("u".into(), External::Unit), ("n".into(), External::Newtype(4))]),
        },
        r#"{"id": 1, "n": Newtype(4), "u": Unit, "x": 2, "y": 3}"#,
    );
    let leaf = |name: &str| Tree { name: name.into(), children: vec![], parent: None };
    check(
        Tree { name: "a".into(), children: vec![leaf("b"), leaf("c")], parent: Some(Box::new(leaf("d"))) },
        r#"{name: "a", children: [{name: "b", children: [], parent: None}, {name: "c", children: [], parent: None}], parent: Some({name: "d", children: [], parent: None})}"#,
    );
    check(BTreeMap::from([(Point { x: 1, y: 2 }, Point { x: 3, y: 4 })]), "{{x: 1, y: 2}: {x: 3, y: 4}}");
    check(
        vec![BTreeMap::from([(Point { x: 1, y: 2 }, Newtype(1)), (Point { x: 0, y: 300 }, Newtype(2))]); 2],
        "[{{x: 0, y: 300}: 2, {x: 1, y: 2}: 1}, {{x: 0, y: 300}: 2, {x: 1, y: 2}: 1}]",
    );
}

#[derive(Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord, Debug, Clone)]
enum External {
    Unit,
    Newtype(u8),
    Option(Option<u8>),
    Tuple(u8, String),
    Struct { a: u8 },
    Empty {},
    Nested(Box<External>),
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(tag = "type")]
enum Internal {
    Unit,
    Newtype(Point),
    Struct { a: Option<u8>, b: Vec<External> },
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Unit,
    Newtype(u8),
    Tuple(u8, u8),
    Struct { a: u8 },
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(untagged)]
enum Untagged {
    Unit,
    Number(u8),
    Negative(i64),
    Text(String),
    Pair(u8, External),
    Struct { a: External },
}

#[test]
fn enums_of_all_taggings_round_trip() {
    check(External::Unit, "Unit");
    check(External::Newtype(1), "Newtype(1)");
    check(External::Option(None), "Option(None)");
    check(External::Option(Some(1)), "Option(Some(1))");
    check(External::Tuple(1, "a".into()), r#"Tuple[1, "a"]"#);
    check(External::Struct { a: 1 }, "Struct{a: 1}");
    check(External::Empty {}, "Empty{}");
    check(External::Nested(Box::new(External::Nested(Box::new(External::Unit)))), "Nested(Nested(Unit))");
    check(
        vec![
            External::Unit,
            External::Newtype(1),
            External::Unit,
            External::Newtype(2),
            External::Struct { a: 1 },
        ],
        "[Unit, Newtype(1), Unit, Newtype(2), Struct{a: 1}]",
    );
    check(BTreeMap::from([(External::Unit, 1), (External::Newtype(3), 2)]), "{(Unit): 1, Newtype(3): 2}");
    check(Internal::Unit, r#"{type: "Unit"}"#);
    check(Internal::Newtype(Point { x: 1, y: 2 }), r#"{type: "Newtype", x: 1, y: 2}"#);
    check(
        Internal::Struct { a: None, b: vec![External::Unit, External::Tuple(1, "b".into())] },
        r#"{type: "Struct", a: None, b: [Unit, Tuple[1, "b"]]}"#,
    );
    check(Adjacent::Unit, "{t: Unit}");
    check(Adjacent::Newtype(1), "{t: Newtype, c: 1}");
    check(Adjacent::Tuple(1, 2), "{t: Tuple, c: [1, 2]}");
    check(Adjacent::Struct { a: 1 }, "{t: Struct, c: {a: 1}}");
    check(Untagged::Unit, "()");
    check(Untagged::Number(1), "1");
    check(Untagged::Negative(-1), "-1");
    check(Untagged::Text("a".into()), r#""a""#);
    check(Untagged::Pair(1, External::Unit), "[1, Unit]");
    check(Untagged::Struct { a: External::Struct { a: 1 } }, "{a: Struct{a: 1}}");
    check(Untagged::Struct { a: External::Unit }, "{a: Unit}");
}

#[test]
fn sequences_and_maps_of_unknown_or_wrong_length_are_written_whole() {
    struct Claims(Option<usize>, usize);

    impl Serialize for Claims {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeSeq;
            let mut seq = serializer.serialize_seq(self.0)?;
            (0..self.1).try_for_each(|n| seq.serialize_element(&n))?;
            seq.end()
        }
    }

    struct ClaimsMap(Option<usize>, usize);

    impl Serialize for ClaimsMap {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeMap;
            let mut map = serializer.serialize_map(self.0)?;
            (0..self.1).rev().try_for_each(|n| map.serialize_entry(&n, &Claims(self.0, 1)))?;
            map.end()
        }
    }

    for actual in [0, 1, 5, 127, 128, 300, 20_000] {
        let honest = encode(&(0..actual).collect::<Vec<_>>()).unwrap();
        let honest_map = encode(&(0..actual).map(|n| (n, [0])).collect::<BTreeMap<_, _>>()).unwrap();
        for claimed in [None, Some(0), Some(1), Some(127), Some(128), Some(usize::MAX)] {
            assert_eq!(encode(&Claims(claimed, actual)).unwrap(), honest, "{actual} claimed as {claimed:?}");
            assert_eq!(
                encode(&ClaimsMap(claimed, actual)).unwrap(),
                honest_map,
                "{actual} claimed as {claimed:?}"
            );
        }
    }
}

#[test]
fn strings_and_bytes_can_be_borrowed() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Borrowed<'a> {
        text: &'a str,
        #[serde(with = "serde_bytes")]
        bytes: &'a [u8],
        #[serde(borrow)]
        cow: Cow<'a, str>,
    }
    let value = Borrowed { text: "a", bytes: b"b", cow: "c".into() };
    let bytes = encode(&value).unwrap();
    let read: Borrowed = decode(&bytes).unwrap();
    assert_eq!(read, value);
    assert!(matches!(read.cow, Cow::Borrowed(_)));
    assert!(bytes.as_ptr_range().contains(&read.text.as_ptr()));
}
