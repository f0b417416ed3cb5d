//! What holds for all values and all bytes.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::collections::{BTreeMap, HashMap};

use playback_core::value::{Encoder, Path, Value, decode, decode_value, encode, is_error};
use proptest::collection::{btree_map, hash_map, vec};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

fn name() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-c]{1,2}", 1 => any::<String>()]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Unit),
        Just(Value::None),
        any::<bool>().prop_map(Value::from),
        any::<u8>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i128>().prop_map(Value::from),
        any::<u128>().prop_map(Value::from),
        any::<f32>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<char>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-z]{0,100}".prop_map(Value::from),
        vec(any::<u8>(), 0..10).prop_map(Value::Bytes),
        name().prop_map(|name| Value::Variant(name.as_str().into(), None)),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        prop_oneof![
            inner.clone().prop_map(|value| Value::Some(Box::new(value))),
            vec(inner.clone(), 0..6).prop_map(Value::Seq),
            vec((inner.clone(), inner.clone()), 0..6).prop_map(Value::map),
            vec((name(), inner.clone()), 0..4).prop_map(Value::fields_of),
            (name(), inner)
                .prop_map(|(name, value)| Value::Variant(name.as_str().into(), Some(Box::new(value)))),
        ]
    })
}

#[derive(Serialize, Deserialize, Debug, PartialEq, Clone)]
struct Rich {
    id: u32,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    note: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    price: Option<f64>,
    state: State,
    by_name: HashMap<String, State>,
    by_state: BTreeMap<State, Vec<Rich>>,
    children: Vec<Rich>,
    wide: (i128, u64, i8, char),
}

#[derive(Serialize, Deserialize, Debug, PartialEq, Eq, PartialOrd, Ord, Clone)]
enum State {
    Open,
    Numbered(u32),
    Pair(i16, Option<String>),
    Point { x: i32, y: i32 },
    Wrapped(Result<Option<Option<bool>>, ()>),
}

fn state() -> impl Strategy<Value = State> {
    prop_oneof![
        Just(State::Open),
        any::<u32>().prop_map(State::Numbered),
        any::<(i16, Option<String>)>().prop_map(|(a, b)| State::Pair(a, b)),
        any::<(i32, i32)>().prop_map(|(x, y)| State::Point { x, y }),
        any::<Result<Option<Option<bool>>, ()>>().prop_map(State::Wrapped),
    ]
}

fn rich() -> impl Strategy<Value = Rich> {
    let fields = || {
        (
            any::<u32>(),
            any::<Option<String>>(),
            proptest::option::of(-1e9..1e9_f64),
            state(),
            hash_map(any::<String>(), state(), 0..4),
            any::<(i128, u64, i8, char)>(),
        )
    };
    let leaf = fields().prop_map(|(id, note, price, state, by_name, wide)| Rich {
        id,
        note,
        price,
        state,
        by_name,
        by_state: BTreeMap::new(),
        children: vec![],
        wide,
    });
    leaf.prop_recursive(3, 24, 4, move |inner| {
        (fields(), btree_map(state(), vec(inner.clone(), 0..3), 0..3), vec(inner, 0..4)).prop_map(
            |((id, note, price, state, by_name, wide), by_state, children)| Rich {
                id,
                note,
                price,
                state,
                by_name,
                by_state,
                children,
                wide,
            },
        )
    })
}

fn bytes_of(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.encode_into(&mut bytes).unwrap();
    bytes
}

/// Everything that reads bytes; that it returns is what is tested.
fn read_in_all_ways(bytes: &[u8]) {
    let tree = decode_value(bytes);
    if let Ok(tree) = &tree {
        // What could be read can be written, in the proper form, which reads as the same.
        assert_eq!(&decode_value(&bytes_of(tree)).unwrap(), tree);
        let _shown = format!("{tree} {tree:#}");
        assert_eq!(tree.is_error(), is_error(bytes));
    }
    assert_eq!(tree.is_ok(), decode::<serde::de::IgnoredAny>(bytes).is_ok());
    let _read = decode::<Rich>(bytes);
    let _read = decode::<Vec<State>>(bytes);
    let _read = decode::<serde_json::Value>(bytes);
    let _read = decode::<Value>(bytes);
}

/// Bytes among which most are tags, and few announce much.
fn many_tags() -> impl Strategy<Value = u8> {
    prop_oneof![0..0x24_u8, 0x40..0x44_u8, 0x80..0x84_u8, 0xC0..0xC4_u8, 0xD0..0xD4_u8, 0xE0..0xE4_u8]
}

proptest! {
    #[test]
    fn a_tree_comes_back_from_its_bytes(value in value()) {
        let bytes = bytes_of(&value);
        prop_assert_eq!(decode_value(&bytes).unwrap(), value.clone());
        prop_assert!(decode::<serde::de::IgnoredAny>(&bytes).is_ok());
        prop_assert_eq!(is_error(&bytes), value.is_error());
    }

    #[test]
    fn a_tree_comes_back_from_its_text(value in value()) {
        for text in [value.to_string(), format!("{value:#}")] {
            let read: Value = text.parse().unwrap();
            prop_assert_eq!(bytes_of(&read), bytes_of(&value), "{}", text);
        }
    }

    #[test]
    fn any_text_and_any_damage_to_one_is_read_or_refused(
        value in value(),
        text in any::<String>(),
        at in any::<prop::sample::Index>(),
    ) {
        let _read = text.parse::<Value>();
        let mut printed: Vec<char> = format!("{value:#}").chars().collect();
        let at = at.index(printed.len());
        printed.splice(at..=at, text.chars());
        if let Err(error) = printed.iter().collect::<String>().parse::<Value>() {
            prop_assert!(error.line() >= 1 && error.column() >= 1);
        }
    }

    #[test]
    fn equal_trees_have_equal_bytes_and_others_have_not(a in value(), b in value()) {
        prop_assert_eq!(a == b, bytes_of(&a) == bytes_of(&b));
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
    }

    #[test]
    fn a_type_and_its_tree_have_the_same_bytes(values in vec(rich(), 1..4)) {
        let mut encoder = Encoder::new();
        for value in &values {
            let bytes = encode(value).unwrap();
            let tree = Value::of(value).unwrap();
            prop_assert_eq!(&bytes_of(&tree), &bytes);
            prop_assert_eq!(&decode_value(&bytes).unwrap(), &tree);
            prop_assert_eq!(&decode::<Rich>(&bytes).unwrap(), value);
            prop_assert_eq!(&tree.to::<Rich>().unwrap(), value);

            // What an encoder has seen before does not show, nor the order of a hash map.
            let mut again = Vec::new();
            encoder.encode(value, &mut again).unwrap();
            prop_assert_eq!(&again, &bytes);
            let rehashed = Rich { by_name: value.by_name.clone().into_iter().collect(), ..value.clone() };
            prop_assert_eq!(&encode(&rehashed).unwrap(), &bytes);
        }
    }

    #[test]
    fn every_walked_path_finds_its_value(value in value()) {
        for (path, found) in value.walk() {
            // Of fields with one name only the first can be found.
            if let Some(other) = value.get(&path).filter(|other| *other != found) {
                let again = value.walk().find(|(earlier, _)| *earlier == path).unwrap();
                prop_assert_eq!(again.1, other);
            }
            if let Ok(parsed) = path.to_string().parse::<Path>() {
                prop_assert_eq!(parsed.to_string(), path.to_string());
            }
        }
    }

    #[test]
    fn arbitrary_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..200)) {
        read_in_all_ways(&bytes);
    }

    #[test]
    fn bytes_of_many_tags_are_read_or_refused(bytes in vec(many_tags(), 0..200)) {
        read_in_all_ways(&bytes);
    }

    #[test]
    fn damaged_bytes_are_read_or_refused(
        value in prop_oneof![rich().prop_map(|rich| encode(&rich).unwrap()), value().prop_map(|value| bytes_of(&value))],
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        end in any::<prop::sample::Index>(),
    ) {
        let mut bytes = value;
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        read_in_all_ways(&bytes);
        bytes.truncate(end.index(bytes.len()));
        read_in_all_ways(&bytes);
    }
}
