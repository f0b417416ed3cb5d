//! What was recorded by an older version of the code reads as a newer one's types, or says where it does not.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

use playback_core::value::{DecodeErrorKind, Value, decode, encode};
use serde::de::DeserializeOwned;
use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Serialize};

/// What was written as `then` reads as `now`, from bytes and from the tree.
fn reads<T: DeserializeOwned + PartialEq + Debug>(then: impl Serialize, now: T) {
    let bytes = encode(&then).unwrap();
    let tree = Value::of(&then).unwrap();
    assert_eq!(decode::<T>(&bytes).unwrap(), now, "from the bytes of {tree}");
    assert_eq!(tree.to::<T>().unwrap(), now, "from the tree {tree}");
    // What comes after it is read as well as if nothing had changed.
    let followed = encode(&(&then, "next", &then)).unwrap();
    let (first, next, second): (T, String, T) = decode(&followed).unwrap();
    assert_eq!((&first, next.as_str(), &second), (&now, "next", &now));
}

/// What was written as `then` does not read as a `T`, and the error says this.
fn refuses<T: DeserializeOwned + Debug>(then: impl Serialize, message: &str) {
    let bytes = encode(&then).unwrap();
    let error = decode::<T>(&bytes).unwrap_err();
    assert_eq!(error.to_string(), message);
    assert_eq!(error.kind(), DecodeErrorKind::Mismatch);
    assert_eq!(Value::of(&then).unwrap().to::<T>().unwrap_err().to_string(), message);
}

#[derive(Serialize, Deserialize, PartialEq, Debug, Clone)]
struct Line {
    sku: String,
    qty: u32,
}

fn line() -> Line {
    Line { sku: "a".into(), qty: 3 }
}

#[test]
fn fields_may_be_added_removed_reordered_and_renamed() {
    #[derive(Deserialize, PartialEq, Debug)]
    struct Added {
        sku: String,
        #[serde(default)]
        price: u32,
        note: Option<String>,
        qty: u32,
    }
    #[derive(Deserialize, PartialEq, Debug)]
    struct Reordered {
        qty: u32,
        sku: String,
    }
    #[derive(Deserialize, PartialEq, Debug)]
    struct Removed {
        qty: u32,
    }
    #[derive(Deserialize, PartialEq, Debug)]
    struct Renamed {
        #[serde(alias = "sku")]
        article: String,
        #[serde(rename = "qty")]
        quantity: u32,
    }
    #[derive(Deserialize, PartialEq, Debug)]
    #[serde(default)]
    struct Defaults {
        sku: String,
        weight: u8,
    }
    impl Default for Defaults {
        fn default() -> Self {
            Defaults { sku: "none".into(), weight: 9 }
        }
    }
    #[derive(Deserialize, PartialEq, Debug)]
    struct Gathered {
        sku: String,
        #[serde(flatten)]
        rest: BTreeMap<String, Value>,
    }
    #[derive(Deserialize, PartialEq, Debug)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only refused")]
    struct Strict {
        qty: u32,
    }

    reads(line(), Added { sku: "a".into(), price: 0, note: None, qty: 3 });
    reads(
        vec![line(), line()],
        vec![Reordered { qty: 3, sku: "a".into() }, Reordered { qty: 3, sku: "a".into() }],
    );
    reads(vec![line(), line()], vec![Removed { qty: 3 }, Removed { qty: 3 }]);
    reads(line(), Renamed { article: "a".into(), quantity: 3 });
    reads(line(), Defaults { sku: "a".into(), weight: 9 });
    reads(line(), Gathered { sku: "a".into(), rest: BTreeMap::from([("qty".into(), Value::from(3))]) });
    // What is skipped defines shapes that what follows refers to.
    reads(((line(), Ok::<_, ()>(line())), line()), (serde::de::IgnoredAny, line()));
    refuses::<Vec<Line>>([Removed2 { qty: 3 }], r#"[0]: missing field "sku""#);
    refuses::<Strict>(line(), r#"unknown field "sku", expected "qty""#);
}

#[derive(Serialize)]
struct Removed2 {
    qty: u32,
}

#[test]
fn options_come_and_go() {
    reads(7, Some(7));
    reads(7, Some(Some(7)));
    reads(Some(7), 7);
    reads(Some(Some(7)), 7);
    reads(Some("a"), "a".to_owned());
    reads(Some(line()), line());
    reads(line(), Some(line()));
    reads(Some(vec![Some(1)]), vec![1]);
    reads(Some(Ok::<_, ()>(1)), Ok::<_, ()>(1));
    reads(Some((1, 2)), [1, 2]);
    reads(Some(1.5), 1.5);
    reads(Some(serde_bytes::Bytes::new(b"a")), serde_bytes::ByteBuf::from(*b"a"));
    reads((), None::<u8>);
    refuses::<u8>(None::<u8>, "expected u8, found none");
    refuses::<Line>(None::<u8>, "expected struct Line, found none");
}

#[test]
fn numbers_widen_and_narrow_if_they_fit() {
    reads(7_u8, 7_i128);
    reads(7_i64, 7_u8);
    reads(300_u16, 300_i64);
    reads(-1_i8, -1_i64);
    reads(-128_i64, -128_i8);
    reads(-300_i128, -300_i16);
    reads(u64::MAX, u128::from(u64::MAX));
    reads(u64::MAX, i128::from(u64::MAX));
    reads(u128::from(u64::MAX), u64::MAX);
    reads(i128::from(i64::MIN), i64::MIN);
    reads(3, 3.0_f64);
    reads(-3, -3.0_f32);
    reads(1_u64 << 60, (1_u64 << 60) as f64);
    reads(1_u128 << 127, (1_u128 << 127) as f32);
    reads(1.5_f32, 1.5_f64);
    reads(1.5_f64, 1.5_f32);
    refuses::<u8>(300, "expected u8, found integer 300");
    refuses::<u8>(-1, "expected u8, found integer -1");
    refuses::<i8>(200, "expected i8, found integer 200");
    refuses::<u64>(-1_i128, "expected u64, found integer -1");
    refuses::<i64>(u64::MAX, "expected i64, found integer 18446744073709551615");
    refuses::<u128>(-5, "expected u128, found integer -5");
    refuses::<i128>(u128::MAX, "expected i128, found u128");
    refuses::<u64>(
        u128::MAX,
        "expected u64, found integer `340282366920938463463374607431768211455` as u128",
    );
    refuses::<f64>(
        (1_u64 << 53) + 1,
        "expected a float of 64 bits that holds it exactly, found integer 9007199254740993",
    );
    refuses::<f32>(
        u128::MAX,
        &format!("expected a float of 32 bits that holds it exactly, found integer {}", u128::MAX),
    );
    refuses::<u8>(1.0, "expected u8, found float 1.0");
    refuses::<bool>(1, "expected a boolean, found integer 1");
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
enum Then {
    Plain,
    Other,
    New(u8),
    Pair(u8, u8),
    Fields { a: u8 },
}

#[derive(Deserialize, PartialEq, Debug)]
enum Now {
    #[serde(alias = "Plain")]
    Simple,
    Added,
    New(u8, #[serde(default)] u8),
    Pair(Pair),
    Other {
        #[serde(default)]
        a: u8,
    },
    Fields,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Pair(u8, u8);

#[derive(Deserialize, PartialEq, Debug)]
enum Rest {
    Plain,
    #[serde(other)]
    Unknown,
}

/// The names of variants, as keys of a map.
#[derive(Serialize, PartialEq, Eq, Hash)]
enum Name {
    New,
}

/// A struct that reads as a variant.
#[derive(Serialize)]
#[allow(non_snake_case)]
struct OneField {
    New: u8,
}

#[test]
fn variants_change() {
    reads(Then::Plain, Now::Simple);
    reads("Added", Now::Added);
    reads(Then::New(1), Now::New(1, 0));
    reads(Then::Pair(1, 2), Now::Pair(Pair(1, 2)));
    reads(Then::Other, Now::Other { a: 0 });
    reads(Then::Fields { a: 1 }, Now::Fields);
    reads(Then::Fields { a: 1 }, Rest::Unknown);
    reads(vec![Then::Pair(1, 2), Then::Plain], vec![Rest::Unknown, Rest::Plain]);
    reads(Then::Plain, "Plain".to_owned());
    reads("Plain", Then::Plain);
    reads(HashMap::from([("New", 1)]), Then::New(1));
    reads(HashMap::from([(Name::New, 1)]), Then::New(1));
    reads(OneField { New: 1 }, Then::New(1));
    refuses::<Then>(line(), "expected enum Then, found a map or struct");
    reads(HashMap::from([("Fields", HashMap::from([("a", 1)]))]), Then::Fields { a: 1 });
    reads(Then::New(1), HashMap::from([("New".to_owned(), 1)]));
    reads(Then::New(1), serde_json::json!({"New": 1}));
    reads(Then::Plain, serde_json::json!("Plain"));
    refuses::<Rest>(7, "expected enum Rest, found integer 7");
    refuses::<Vec<Now>>(
        ["Gone"],
        r#"[0]: unknown variant "Gone", expected one of "Plain", "Simple", "Added", "New", "Pair", "Other", "Fields""#,
    );
    refuses::<Then>(
        Ok::<_, ()>(1),
        r#"unknown variant "Ok", expected one of "Plain", "Other", "New", "Pair", "Fields""#,
    );
    refuses::<Result<u8, u8>>(Ok::<_, ()>("x"), r#"Ok: expected u8, found string "x""#);
    refuses::<Result<Line, u8>>(Ok::<_, ()>(Removed2 { qty: 1 }), r#"Ok: missing field "sku""#);
    refuses::<Then>("New", "expected u8, found unit");
}

#[test]
fn structs_maps_tuples_newtypes_and_bytes_stand_for_each_other() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Id(u64);
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct IdWithMore(u64, #[serde(default)] u8);

    reads(Id(7), 7);
    reads(7, Id(7));
    reads(7, Some(Id(7)));
    reads(Id(7), IdWithMore(7, 0));
    reads((1, 2), Pair(1, 2));
    reads(Pair(1, 2), vec![1, 2]);
    reads([1, 2], (1, 2));
    reads(HashMap::from([("qty", 3)]), BTreeMap::from([("qty".to_owned(), 3)]));
    reads(BTreeMap::from([("sku", Value::from("a")), ("qty", Value::from(3))]), line());
    reads(
        Line { sku: "a".into(), qty: 3 },
        BTreeMap::from([("sku".to_owned(), Value::from("a")), ("qty".to_owned(), Value::from(3))]),
    );
    reads(("a", 3), line());
    reads(serde_json::json!({"sku": "a", "qty": 3, "more": [null]}), line());
    reads(line(), serde_json::json!({"sku": "a", "qty": 3}));
    reads(serde_bytes::Bytes::new(b"ab"), vec![b'a', b'b']);
    reads(serde_bytes::Bytes::new(b"ab"), [b'a', b'b']);
    reads(vec![b'a', b'b'], serde_bytes::ByteBuf::from(*b"ab"));
    reads("ab", serde_bytes::ByteBuf::from(*b"ab"));
    reads('a', "a".to_owned());
    reads("a", 'a');
    refuses::<(u8, u8)>([1, 2, 3], "found 1 more than expected");
    refuses::<(u8, u8)>([1], "expected a tuple of size 2, found 1 element");
    refuses::<[u8; 3]>(serde_bytes::Bytes::new(b"abcd"), "expected fewer bytes, found 4");
    refuses::<char>("ab", r#"expected a character, found string "ab""#);
    refuses::<String>(7, "expected a string, found integer 7");
}

#[test]
fn errors_name_the_path() {
    #[derive(Serialize, Deserialize, Debug)]
    struct Order<L, M: Ord> {
        lines: Vec<L>,
        tags: BTreeMap<M, Option<L>>,
    }
    #[derive(Serialize, Debug)]
    struct OldLine {
        qty: &'static str,
    }
    #[derive(Deserialize, Debug)]
    #[allow(dead_code, reason = "only refused")]
    struct NewLine {
        qty: u32,
    }
    let old = |qty| OldLine { qty };
    refuses::<Order<NewLine, u8>>(
        Order::<_, u8> { lines: vec![old("x")], tags: BTreeMap::new() },
        r#"lines[0].qty: expected u32, found string "x""#,
    );
    refuses::<Order<NewLine, String>>(
        Order { lines: vec![], tags: BTreeMap::from([("a b", Some(old("y")))]) },
        r#"tags["a b"].qty: expected u32, found string "y""#,
    );
    refuses::<Order<NewLine, (u8, bool)>>(
        Order { lines: vec![], tags: BTreeMap::from([((7, true), Some(old("y")))]) },
        r#"tags[[7, true]].qty: expected u32, found string "y""#,
    );
    refuses::<Order<NewLine, u8>>(
        Order::<OldLine, _> { lines: vec![], tags: BTreeMap::from([("k", None)]) },
        r#"tags["k"]: expected u8, found string "k""#,
    );
    refuses::<Vec<Result<(u8, NewLine), ()>>>(
        [Ok::<_, ()>((1, old("z")))],
        r#"[0].Ok[1].qty: expected u32, found string "z""#,
    );
    refuses::<u8>(
        "x".repeat(1000),
        &format!("expected u8, found string \"{}\"… (1000 bytes)", "x".repeat(40)),
    );
    refuses::<u8>("\u{1b}[31m", r#"expected u8, found string "\u{1b}[31m""#);
    refuses::<u8>(serde_bytes::Bytes::new(b"abc"), "expected u8, found 3 bytes");
    refuses::<u8>([1], "expected u8, found a sequence");
    refuses::<u8>(line(), "expected u8, found a map or struct");
    refuses::<u8>((), "expected u8, found unit");
    refuses::<u8>('x', r#"expected u8, found string "x""#);

    let error = decode::<Vec<u8>>(&encode(&["x"]).unwrap()).unwrap_err();
    assert_eq!(
        (error.path().to_string().as_str(), error.message()),
        ("[0]", r#"expected u8, found string "x""#)
    );
}

#[test]
fn a_value_of_another_kind_is_refused_whatever_comes_after_it() {
    // What follows is long enough to be read as a part of it.
    let behind = "x".repeat(100);
    fn refused<T: DeserializeOwned + Debug>(value: impl Serialize, behind: &str) {
        let shown = Value::of(&value).unwrap();
        let error = decode::<(T, String)>(&encode(&(value, behind)).unwrap()).unwrap_err();
        assert!(error.to_string().starts_with("[0]: expected "), "{shown}: {error}");
    }
    for number in 0..64_u8 {
        refused::<String>(number, &behind);
    }
    for count in 0..16_u8 {
        refused::<String>(vec![0; count.into()], &behind);
        refused::<Vec<u8>>((0..count).map(|n| (n, n)).collect::<BTreeMap<_, _>>(), &behind);
    }
    #[derive(Serialize)]
    struct Two {
        a: u8,
        b: u8,
    }
    refused::<Vec<u8>>(Two { a: 1, b: 2 }, &behind);
    refused::<BTreeMap<String, u8>>(vec![1; 15], &behind);

    // A text is no reference to a struct, however many there were.
    struct Named(&'static str);
    impl Serialize for Named {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut fields = serializer.serialize_struct("", 1)?;
            fields.serialize_field(self.0, &1_u8)?;
            fields.end()
        }
    }
    let structs: Vec<Named> = (0..40).map(|n| Named(format!("f{n}").leak())).collect();
    #[derive(Deserialize, Debug)]
    struct Any {}
    for length in 0..8 {
        let bytes = encode(&(&structs, "y".repeat(length), &behind)).unwrap();
        let error = decode::<(Vec<BTreeMap<String, u8>>, Any, String)>(&bytes).unwrap_err();
        assert!(error.to_string().starts_with("[1]: expected "), "{length}: {error}");
    }
    // Nor is what no version writes a struct.
    for tag in 0xF0..=0xFF_u8 {
        let bytes: Vec<u8> = std::iter::once(tag).chain([0; 8]).chain([b'x'; 4000]).collect();
        let error = decode::<Any>(&bytes).unwrap_err();
        assert!(error.to_string().contains("unknown tag"), "{error}");
    }
    // A struct reads as a map, and no further than it goes.
    let read: (BTreeMap<String, u8>, String) =
        decode(&encode(&(OneField { New: 1 }, &behind)).unwrap()).unwrap();
    assert_eq!(read, (BTreeMap::from([("New".to_owned(), 1)]), behind));
}

/// Reads the first entry of a map and leaves the others.
#[derive(Debug)]
struct First;

impl<'de> Deserialize<'de> for First {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reads;
        impl<'de> serde::de::Visitor<'de> for Reads {
            type Value = First;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<First, A::Error> {
                map.next_entry::<String, u8>()?;
                Ok(First)
            }
        }
        deserializer.deserialize_map(Reads)
    }
}

#[test]
fn a_type_that_leaves_entries_of_a_map_or_a_struct_is_told_so() {
    #[derive(Serialize)]
    struct Two {
        a: u8,
        b: u8,
    }
    let of_struct = decode::<(First, u8)>(&encode(&(Two { a: 1, b: 2 }, 3)).unwrap()).unwrap_err();
    let of_map =
        decode::<(First, u8)>(&encode(&(BTreeMap::from([("a", 1), ("b", 2)]), 3)).unwrap()).unwrap_err();
    for error in [of_struct, of_map] {
        assert_eq!(error.kind(), DecodeErrorKind::Mismatch, "{error}");
        assert!(error.to_string().starts_with("[0]: "), "{error}");
    }
}

#[test]
fn errors_of_erased_types_name_the_path_too() {
    let bytes = encode(&[line(), line()]).unwrap();
    let mut decoder = playback_core::value::Decoder::new(&bytes);
    let mut erased = <dyn erased_serde::Deserializer>::erase(&mut decoder);
    let error = erased_serde::deserialize::<Vec<BTreeMap<String, String>>>(&mut erased).unwrap_err();
    assert_eq!(error.to_string(), "[0].qty: expected a string, found integer 3");

    let erased: Box<dyn erased_serde::Serialize> = Box::new(vec![line(), line()]);
    assert_eq!(encode(&erased).unwrap(), bytes);
    assert_eq!(Value::of(&*erased).unwrap(), Value::of(&[line(), line()]).unwrap());
}

#[test]
fn a_type_that_refuses_to_be_written_says_where() {
    struct Refusing;
    impl Serialize for Refusing {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("no price today"))
        }
    }
    #[derive(Serialize)]
    enum Price {
        Unknown { price: Refusing },
        Newtype(Refusing),
        Tuple(u8, Refusing),
    }
    let cases = [
        (Price::Unknown { price: Refusing }, r#"[1]["k"].Unknown.price: no price today"#),
        (Price::Newtype(Refusing), r#"[1]["k"].Newtype: no price today"#),
        (Price::Tuple(1, Refusing), r#"[1]["k"].Tuple[1]: no price today"#),
    ];
    let mut encoder = playback_core::value::Encoder::new();
    for (price, message) in cases {
        let mut out = b"before".to_vec();
        let value = (line(), BTreeMap::from([("k", price)]));
        let error = encoder.encode(&value, &mut out).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!(out, b"before");
        assert_eq!(Value::of(&value).unwrap_err().to_string(), message);
        // The encoder is as good as new.
        out.clear();
        encoder.encode(&(line(), line()), &mut out).unwrap();
        assert_eq!(out, encode(&(line(), line())).unwrap());
    }
}
