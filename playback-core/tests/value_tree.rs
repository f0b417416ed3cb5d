//! Values are printed, compared, walked and looked up.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap};
use std::hash::{Hash, Hasher};

use playback_core::value::{Integer, Name, Path, Segment, Value};
use serde::Serialize;

#[derive(Serialize)]
struct Order {
    id: u32,
    lines: Vec<Line>,
    status: Status,
    tags: BTreeMap<&'static str, Option<Line>>,
}

#[derive(Serialize)]
struct Line {
    sku: &'static str,
    qty: u32,
}

#[derive(Serialize)]
enum Status {
    Paid {
        at: u32,
    },
    #[serde(rename = "in transit")]
    Sent(Line),
}

fn order() -> Value {
    Value::of(&Order {
        id: 7,
        lines: vec![Line { sku: "a", qty: 1 }, Line { sku: "b", qty: 2 }],
        status: Status::Paid { at: 3 },
        tags: BTreeMap::from([("a b", Some(Line { sku: "c", qty: 4 })), ("none", None)]),
    })
    .unwrap()
}

#[test]
fn a_value_prints_on_one_line() {
    assert_eq!(
        order().to_string(),
        r#"{id: 7, lines: [{sku: "a", qty: 1}, {sku: "b", qty: 2}], status: Paid{at: 3}, tags: {"a b": Some({sku: "c", qty: 4}), "none": None}}"#
    );
    let cases = [
        (Value::of(&Status::Sent(Line { sku: "a", qty: 1 })).unwrap(), r#"`in transit`{sku: "a", qty: 1}"#),
        (Value::from("\u{1b}[31m\u{202e}\0\r\n\"'"), r#""\u{1b}[31m\u{202e}\0\r\n\"'""#),
        (Value::from('\u{7}'), r"'\u{7}'"),
        (Value::Bytes(vec![0x1b, b'"', b'a', 0xFF]), r#"x"1b2261ff""#),
        (Value::Bytes(b"a \"b\"\n\x01".to_vec()), r#"b"a \"b\"\n\x01""#),
        (Value::Variant("\u{1b}".into(), None), r"`\u{1b}`"),
        (Value::map([(Value::Variant("Open".into(), None), 1.into())]), "{(Open): 1}"),
        (Value::Variant("None".into(), None), "`None`"),
        (Value::Variant("`a\"b'".into(), None), r#"`\`a"b'`"#),
        (Value::fields_of([("1a", ().into()), ("a-b", ().into())]), "{`1a`: (), a-b: ()}"),
        (Value::of(&(1.0, f32::NAN, -f64::INFINITY)).unwrap(), "[1.0, NaN_f32, -inf]"),
        (Value::of(&(HashMap::<u8, u8>::new(), Vec::<u8>::new())).unwrap(), "[{:}, []]"),
        (Value::fields_of::<&str>([]), "{}"),
        (Value::of(&(Ok::<_, ()>((1, 2)), Ok::<_, ()>(Some(())))).unwrap(), "[Ok[1, 2], Ok(Some(()))]"),
    ];
    for (value, printed) in cases {
        assert_eq!(value.to_string(), printed);
        assert!(!format!("{value:#}").contains('\u{1b}'));
    }
}

#[test]
fn a_value_prints_on_many_lines_where_it_is_long() {
    let expected = r#"{
  id: 7,
  lines: [{sku: "a", qty: 1}, {sku: "b", qty: 2}],
  status: Paid{at: 3},
  tags: {"a b": Some({sku: "c", qty: 4}), "none": None},
}"#;
    assert_eq!(format!("{:#}", order()), expected);
    assert_eq!(format!("{:#}", Value::of(&(Vec::<u8>::new(),)).unwrap()), "[[]]");
    assert_eq!(format!("{:#}", Value::from(1)), "1");
    assert_eq!(format!("{:#}", Value::Seq(vec![Value::Bytes(b"text".to_vec())])), r#"[b"text"]"#);
    assert_eq!(format!("{:#}", Value::Bytes(vec![0xFF; 32])), format!("x\"{}\"", "ff".repeat(32)));
    assert_eq!(
        format!("{:#}", Value::map([("a\nb".into(), 1.into())])),
        "{\n  \"a\\nb\": 1,\n}",
        "a key is on one line"
    );
    let two_lines = Value::Seq(vec![Value::Bytes(b"a\nb".to_vec())]);
    assert_eq!(format!("{two_lines:#}"), "[\n  b\"\"\"\n    a\n    b\n    \"\"\",\n]");
    let lines =
        Value::of(&[Line { sku: "of some length", qty: 1 }, Line { sku: "of some length, too", qty: 1 }]);
    assert_eq!(
        format!("{:#}", lines.unwrap()),
        "[\n  {sku: \"of some length\", qty: 1},\n  {sku: \"of some length, too\", qty: 1},\n]"
    );
}

#[test]
fn a_path_finds_what_walking_finds() {
    let order = order();
    let walked: Vec<_> = order.walk().map(|(path, value)| (path.to_string(), value.to_string())).collect();
    let paths: Vec<_> = walked.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "",
            "id",
            "lines",
            "lines[0]",
            "lines[0].sku",
            "lines[0].qty",
            "lines[1]",
            "lines[1].sku",
            "lines[1].qty",
            "status",
            "status.Paid",
            "status.Paid.at",
            "tags",
            r#"tags["a b"]"#,
            r#"tags["a b"].sku"#,
            r#"tags["a b"].qty"#,
            r#"tags["none"]"#,
        ]
    );
    for (path, value) in order.walk() {
        assert_eq!(order.get(&path), Some(value), "{path}");
        assert_eq!(order.at(&path.to_string()), Some(value), "{path} as text");
        assert_eq!(path.to_string().parse(), Ok(path));
    }
    for nowhere in [
        "lines[2]",
        "lines.sku",
        "status.Sent",
        "id[0]",
        "tags[0]",
        "nothing",
        "[0]",
        "status.Paid.at.x",
        "a b",
    ] {
        assert_eq!(order.at(nowhere), None, "{nowhere}");
    }
    assert_eq!(order.at("tags.none"), Some(&Value::None));
}

#[test]
fn paths_are_read_as_they_are_written() {
    let field = |name: &str| Segment::Field(name.into());
    let cases = [
        (vec![], ""),
        (vec![field("lines"), Segment::Index(3), field("qty")], "lines[3].qty"),
        (vec![Segment::Index(0), Segment::Index(1)], "[0][1]"),
        (vec![field("a b"), field("c.d"), field("")], r##"."a b"."c.d"."""##),
        (vec![field("x"), field("naïve-kebab_$1")], "x.naïve-kebab_$1"),
        (vec![field("1")], r#"."1""#),
        (vec![field("tags"), Segment::Key("a \"b\"\n]".into())], r#"tags["a \"b\"\n]"]"#),
        (vec![field("byid"), Segment::Key(7.into())], "byid[7]"),
        (vec![Segment::Key((-7).into())], "[-7]"),
        (vec![Segment::Key(u128::MAX.into())], "[340282366920938463463374607431768211455]"),
        (
            vec![Segment::Key('\''.into()), Segment::Key(true.into()), Segment::Key(Value::None)],
            r"['\''][true][None]",
        ),
        (vec![Segment::Key("\u{1b}".into())], r#"["\u{1b}"]"#),
        (
            vec![Segment::Key(Value::Variant("Open".into(), None)), Segment::Variant("Paid".into())],
            "[Open].Paid",
        ),
    ];
    for (segments, text) in cases {
        let path = Path::from(segments);
        assert_eq!(path.to_string(), text);
        assert_eq!(text.parse(), Ok(path));
    }
}

#[test]
fn a_text_that_is_no_path_says_where() {
    let cases = [
        ("a.", 2, "a name"),
        (".", 1, "a name"),
        ("a b", 1, ". or ["),
        ("a[", 2, "an index or a map key (a string, integer, character, boolean or unit variant)"),
        ("a[1", 3, "]"),
        ("a[1.5]", 3, "]"),
        ("a[\"x]", 5, "a closing quote"),
        (r#"a["\x"]"#, 4, r#"an escape: \n, \r, \t, \0, \\, \", \', \` or \u{…}"#),
        (r#"a["\u{110000}"]"#, 4, r#"an escape: \n, \r, \t, \0, \\, \", \', \` or \u{…}"#),
        ("a['xy']", 2, "one character in quotes"),
        ("a[1-2]", 5, "an integer from -2^127 to 2^128-1"),
        ("a[[1]]", 2, "an index or a map key (a string, integer, character, boolean or unit variant)"),
    ];
    for (text, at, expected) in cases {
        let error = text.parse::<Path>().unwrap_err();
        assert_eq!(error.at(), at, "{text}");
        let message = format!(
            "{text:?} is no path: expected {expected} at byte {at}; a path looks like lines[3].qty or tags[\"a\"]"
        );
        assert_eq!(error.to_string(), message);
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[test]
fn values_are_ordered_and_hashed() {
    let ascending = [
        Value::Unit,
        Value::from(false),
        Value::from(true),
        Value::from(i128::MIN),
        Value::from(-1),
        Value::from(0),
        Value::from(u128::MAX),
        Value::F32(-0.0),
        Value::F32(0.0),
        Value::F64(f64::NEG_INFINITY),
        Value::F64(-0.0),
        Value::F64(0.0),
        Value::F64(f64::NAN),
        Value::from('a'),
        Value::from('b'),
        Value::from("a"),
        Value::from("b"),
        Value::Bytes(vec![1]),
        Value::None,
        Value::from(Some(1)),
        Value::Seq(vec![]),
        Value::Seq(vec![1.into()]),
        Value::map([("a".into(), 1.into())]),
        Value::fields_of([("a", 1.into())]),
        Value::fields_of([("b", 0.into())]),
        Value::Variant("a".into(), None),
        Value::Variant("a".into(), Some(Box::new(Value::Unit))),
    ];
    for (i, a) in ascending.iter().enumerate() {
        for (j, b) in ascending.iter().enumerate() {
            assert_eq!((a.cmp(b), a.partial_cmp(b)), (i.cmp(&j), Some(i.cmp(&j))), "{a} and {b}");
            assert_eq!(hash(a) == hash(b), i == j, "{a} and {b}");
        }
    }
    let other_nan = Value::F64(f64::from_bits(0xFFF8_0000_0000_0001));
    assert_eq!(other_nan, Value::F64(f64::NAN));
    assert_eq!(hash(&other_nan), hash(&Value::F64(f64::NAN)));
}

#[test]
fn integers_convert_exactly() {
    let numbers = [
        i128::MIN,
        -(1 << 64),
        -(1 << 63) - 1,
        -(1 << 63),
        -1,
        0,
        1,
        255,
        (1 << 63) - 1,
        1 << 63,
        (1 << 64) - 1,
        1 << 64,
        i128::MAX,
    ];
    for (position, number) in numbers.into_iter().enumerate() {
        let integer = Integer::from(number);
        assert_eq!(integer.to_string(), number.to_string());
        assert_eq!(number.to_string().parse(), Ok(integer));
        assert_eq!(integer.as_i64(), i64::try_from(number).ok(), "{number}");
        assert_eq!(integer.as_u64(), u64::try_from(number).ok(), "{number}");
        assert_eq!(integer.as_i128(), Some(number));
        assert_eq!(integer.as_u128(), u128::try_from(number).ok(), "{number}");
        assert_eq!(u8::try_from(integer).ok(), u8::try_from(number).ok(), "{number}");
        assert_eq!(i8::try_from(integer).ok(), i8::try_from(number).ok(), "{number}");
        for (other, number) in numbers.into_iter().enumerate() {
            assert_eq!(integer.cmp(&number.into()), position.cmp(&other));
        }
    }
    assert_eq!(Integer::from(u128::MAX).to_string(), u128::MAX.to_string());
    assert_eq!(u128::MAX.to_string().parse(), Ok(Integer::from(u128::MAX)));
    assert!(Integer::from(u128::MAX) > Integer::from(i128::MAX));
    assert_eq!(Integer::from(u128::MAX).as_i128(), None);
    assert_eq!(std::mem::size_of::<Value>(), 32);
}

#[test]
fn values_have_a_natural_form_in_other_formats() {
    let json = r#"{"id":7,"lines":[{"sku":"a","qty":1},{"sku":"b","qty":2}],"status":{"Paid":{"at":3}},"tags":{"a b":{"sku":"c","qty":4},"none":null}}"#;
    assert_eq!(serde_json::to_string(&order()).unwrap(), json);
    let read: Value = serde_json::from_str(json).unwrap();
    assert_eq!(read.at("lines[1].sku"), Some(&Value::from("b")));
    assert_eq!(read.at("tags.none"), Some(&Value::Unit));
    assert_eq!(
        serde_json::to_string(&read.at("lines").unwrap()).unwrap(),
        r#"[{"qty":1,"sku":"a"},{"qty":2,"sku":"b"}]"#
    );
    assert_eq!(
        serde_json::to_string(&Value::of(&(-1, u64::MAX, 1.5, 'a', Status::Paid { at: 1 })).unwrap())
            .unwrap(),
        r#"[-1,18446744073709551615,1.5,"a",{"Paid":{"at":1}}]"#
    );
    assert_eq!(serde_json::to_string(&Value::Variant("Open".into(), None)).unwrap(), r#""Open""#);
    // Through our own bytes too, for types that hold values.
    assert_eq!(
        Value::of(&order()).unwrap().to_string(),
        format!(
            "{{{}}}",
            [
                r#""id": 7"#,
                r#""lines": [{"qty": 1, "sku": "a"}, {"qty": 2, "sku": "b"}]"#,
                r#""status": {"Paid": {"at": 3}}"#,
                r#""tags": {"a b": Some({"qty": 4, "sku": "c"}), "none": None}"#,
            ]
            .join(", ")
        )
    );
}

#[test]
fn accessors_give_what_is_there_and_nothing_else() {
    let order = order();
    assert_eq!(order.at("id").and_then(Value::as_u64), Some(7));
    assert_eq!(order.at("id").and_then(Value::as_i64), Some(7));
    assert_eq!(order.at("id").and_then(Value::as_f64), None);
    assert_eq!(order.at("lines[0].sku").and_then(Value::as_str), Some("a"));
    assert_eq!(order.at("lines").and_then(Value::as_seq).map(<[_]>::len), Some(2));
    assert_eq!(order.at("tags").and_then(Value::as_map).map(<[_]>::len), Some(2));
    assert_eq!(
        order.fields().unwrap().iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["id", "lines", "status", "tags"]
    );
    assert_eq!(order.at("status").and_then(Value::as_variant).map(|(name, _)| name), Some("Paid"));
    assert_eq!(order.at(r#"tags["a b"]"#).unwrap().without_some().fields().map(<[_]>::len), Some(2));
    assert_eq!(Value::from(true).as_bool(), Some(true));
    assert_eq!(Value::from(1.5_f32).as_f64(), Some(1.5));
    assert_eq!(Value::from(0.1).as_f64(), Some(0.1));
    assert_eq!(Value::from('a').as_char(), Some('a'));
    assert_eq!(Value::Bytes(vec![1]).as_bytes(), Some(&[1][..]));
    assert_eq!(Value::Unit.as_bool(), None);
    assert_eq!(Value::from(-1).as_u64(), None);
    assert_eq!(Name::from("a"), "a");
}

#[test]
fn names_are_shared_between_instances_of_a_shape() {
    let value = Value::of(&[Line { sku: "a", qty: 1 }, Line { sku: "b", qty: 2 }]).unwrap();
    let name = |at: &str| value.at(at).unwrap().fields().unwrap()[0].0.as_ptr();
    assert_eq!(name("[0]"), name("[1]"));
}
