//! Values as text: what is printed reads back as the same, and what is wrong is refused in its place.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

use playback_core::Value;
use playback_core::value::{MAX_DEPTH, Path};

fn variant(name: &str, payload: Option<Value>) -> Value {
    Value::Variant(name.into(), payload.map(Box::new))
}

#[test]
fn either_form_of_a_value_reads_back_as_the_same() {
    let values = [
        Value::Unit,
        Value::None,
        Value::Some(Box::new(Value::None)),
        Value::from(u128::MAX),
        Value::from(i128::MIN),
        Value::from(-0.0),
        Value::from(1e300),
        Value::from(f64::NAN),
        Value::from(f32::NAN),
        Value::from(f32::NEG_INFINITY),
        Value::from(0.1_f32),
        Value::from('\''),
        Value::from('`'),
        Value::from("two\nlines"),
        Value::from("\n"),
        Value::from(" \n \n\"\"\"\"\n\\\r\n\t é \u{301}'\"\n"),
        Value::F64(f64::INFINITY),
        Value::F64(f64::NEG_INFINITY),
        Value::F64(f64::NAN),
        Value::F32(f32::INFINITY),
        Value::F32(f32::NEG_INFINITY),
        Value::F32(f32::NAN),
        Value::Bytes(Vec::new()),
        Value::Bytes((0..=255).collect()),
        Value::Bytes(b"{\n  \"a\": 1 \n}\xff\"\"\"".to_vec()),
        Value::Bytes(vec![b'"'; 5]),
        Value::map([]),
        Value::fields_of::<&str>([]),
        Value::fields_of([("a", 1.into()), ("a", 2.into()), ("true", 3.into()), ("", 4.into())]),
        Value::map([
            (variant("a", None), 1.into()),
            (Value::None, 2.into()),
            (Value::from("a\nb"), 3.into()),
        ]),
        Value::map([(Value::map([(variant("a b", None), 1.into())]), Value::map([]))]),
        variant("Some", Some(1.into())),
        variant("None", None),
        variant("b", None),
        variant("x", Some(Value::Unit)),
        variant("a`b\n", Some(Value::Seq(Vec::new()))),
        variant("Map", Some(Value::map([]))),
        variant("Nested", Some(variant("Struct", Some(Value::fields_of([("a", Value::from("x\ny"))]))))),
    ];
    for value in values.iter().cloned().chain([Value::Seq(values.to_vec())]) {
        for text in [value.to_string(), format!("{value:#}"), format!("{value:#}").replace('\n', "\r\n")] {
            let read: Value = text.parse().unwrap_or_else(|error| panic!("{text}\n{error}"));
            assert_eq!(read, value, "{text}");
        }
        assert!(!value.to_string().contains('\n'));
    }
}

#[test]
fn texts_and_bytes_of_several_lines_stand_in_blocks() {
    let value = Value::fields_of([
        ("note", Value::from("say \"hi\" \n\n  and \"\"\"\n")),
        ("body", Value::Bytes(b"{\n\xff}".to_vec())),
        ("data", Value::Bytes((0..40).collect())),
    ]);
    let text = r#"{
  note: """
    say "hi"\x20

      and ""\"

    """,
  body: b"""
    {
    \xff}
    """,
  data: x"
    000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
    2021222324252627",
}"#;
    assert_eq!(format!("{value:#}"), text);
    assert_eq!(text.parse(), Ok(value));
}

#[test]
fn a_text_by_hand_may_be_laid_out_in_any_way() {
    let text = "{id :7,\n\n tags:{\"a\" : [ 1 ,2,] , \"b\":[]},paid: Paid{ at: Some( 3 ) } , none: ( ) , \
                empty: { : }, hex: x\" 0A ff\n\"}";
    let value: Value = text.parse().unwrap();
    assert_eq!(
        value.to_string(),
        r#"{id: 7, tags: {"a": [1, 2], "b": []}, paid: Paid{at: Some(3)}, none: (), empty: {:}, hex: x"0aff"}"#
    );
    let unordered: Value = r#"{"b": 1, 2: 2, "a": 3}"#.parse().unwrap();
    assert_eq!(unordered.to_string(), r#"{2: 2, "a": 3, "b": 1}"#);
}

#[test]
fn what_is_no_value_is_refused_with_its_place_and_what_was_expected_there() {
    let cases = [
        ("", "line 1, column 1: expected a value, found the end"),
        ("[1, 2", "line 1, column 6: expected a comma or ], found the end"),
        ("[1\n,é, é2 }", "line 2, column 8: expected a comma or ], found \"}\""),
        ("{a: 1\n b: 2}", "line 2, column 2: expected a comma or }, found \"b: 2}\""),
        (
            "{a: 1, \"b\": 2}",
            "line 1, column 8: expected the name of a field, behind others, found \"\\\"b\\\": 2}\"",
        ),
        (
            "{\"a\": 1, B: 2}",
            "line 1, column 10: expected a key and not a field, behind others; a unit variant as a key stands in \
             parentheses, found \"B: 2}\"",
        ),
        ("{1 2}", "line 1, column 4: expected a colon behind the key, found \"2}\""),
        ("[%]", "line 1, column 2: expected a value, found \"%]\""),
        (
            "\"\"\"\r\n  a\\q\r\n  bc\r\n  \"\"\"",
            "line 2, column 5: expected an escape: \\n, \\r, \\t, \\0, \\\\, \\\", \\', \\` or \\u{…}, found \"q\\r\"",
        ),
        (
            "\"\"\"\n  a\\qbc\n  \"\"\"",
            "line 2, column 5: expected an escape: \\n, \\r, \\t, \\0, \\\\, \\\", \\', \\` or \\u{…}, found \"qbc\"",
        ),
        ("1 2", "line 1, column 3: expected nothing behind the value, found \"2\""),
        (
            "1x",
            "line 1, column 1: expected an integer from -2^127 to 2^128-1 or a float such as 1.5, 1e20, 1.5_f32 or \
             -inf, found \"1x\"",
        ),
        ("\"a", "line 1, column 3: expected a closing quote, found the end"),
        ("'ab'", "line 1, column 1: expected one character in quotes, found \"'ab'\""),
        ("x\"0g\"", "line 1, column 3: expected two hexadecimal digits or a closing quote, found \"0g\\\"\""),
        (
            "b\"é\"",
            "line 1, column 3: expected an ASCII character, \\xNN, or a closing quote, found \"é\\\"\"",
        ),
        ("Some", "line 1, column 5: expected ( behind Some, found the end"),
        (
            "\"\"\"\n  a\n b\n  \"\"\"",
            "line 3, column 1: expected a line indented as far as the closing \"\"\", found \" b\"",
        ),
        (
            "\"\"\"\n  a\n  b\\q\n  \"\"\"",
            "line 3, column 5: expected an escape: \\n, \\r, \\t, \\0, \\\\, \\\", \\', \\` or \\u{…}, found \"q\"",
        ),
        ("\"\"\" a\n\"\"\"", "line 1, column 5: expected a new line behind the opening \"\"\", found \"a\""),
        ("\"\"\"\na", "line 2, column 2: expected a line with the closing \"\"\", found the end"),
    ];
    for (text, message) in cases {
        let error = text.parse::<Value>().unwrap_err();
        assert_eq!(error.to_string(), message, "{text}");
        assert_eq!(message.split(' ').nth(1), Some(format!("{},", error.line()).as_str()), "{text}");
    }
}

#[test]
fn depth_is_limited_as_everywhere_and_hostile_text_is_refused() {
    let deepest = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let value: Value = deepest(MAX_DEPTH).parse().unwrap();
    let mut bytes = Vec::new();
    value.encode_into(&mut bytes).unwrap();
    for opening in ["[", "{a:", "Some(", "V[", "V{a:", "{[", "(", "`"] {
        assert!(opening.repeat(100_000).parse::<Value>().is_err());
    }
    let beside = format!("[{}]", "[[]],[],".repeat(MAX_DEPTH));
    assert_eq!(
        beside.parse::<Value>().unwrap().as_seq().unwrap().len(),
        2 * MAX_DEPTH,
        "what is beside is not deeper"
    );
    let error = deepest(MAX_DEPTH + 1).parse::<Value>().unwrap_err();
    assert_eq!((error.at(), error.line(), error.column()), (MAX_DEPTH, 1, MAX_DEPTH + 1));
    assert!(error.reason().starts_with("expected nothing nested deeper than 128 levels"));
}

#[test]
fn a_variant_of_any_name_is_found_by_the_path_that_is_printed() {
    let key = variant("in transit", None);
    let map = Value::map([(key, 7.into())]);
    let (path, _) = map.walk().nth(1).unwrap();
    assert_eq!(path.to_string(), "[`in transit`]");
    assert_eq!(path.to_string().parse::<Path>().unwrap(), path);
}
