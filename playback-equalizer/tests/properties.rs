//! What holds of every difference, whatever the values.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use playback_core::Value;
use playback_core::value::Path;
use playback_equalizer::{Change, Diff, Rule, Rules, Tolerance, diff, diff_with};
use proptest::collection::vec;
use proptest::prelude::*;

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::None),
        any::<bool>().prop_map(Value::from),
        (-3_i64..3).prop_map(Value::from),
        (0_u8..4).prop_map(|quarters| Value::from(f64::from(quarters) / 4.0)),
        "[abA]{0,2}".prop_map(Value::from),
        vec(any::<u8>(), 0..3).prop_map(Value::Bytes),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            3 => vec(inner.clone(), 0..6).prop_map(Value::Seq),
            2 => entries(inner.clone()).prop_map(Value::fields_of),
            1 => entries(inner.clone())
                .prop_map(|entries| Value::map(entries.into_iter().map(|(key, value)| (key.into(), value)))),
            1 => ("Ok|Err|Paid", inner.clone())
                .prop_map(|(name, inner)| Value::Variant(name.as_str().into(), Some(Box::new(inner)))),
            1 => inner.prop_map(|inner| Value::Some(Box::new(inner))),
        ]
    })
}

/// Fields or entries in the order of their names, some of which may be there more than once.
fn entries(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Vec<(String, Value)>> {
    vec(("[abc]", inner), 0..4).prop_map(|mut entries| {
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        entries
    })
}

fn rule() -> impl Strategy<Value = Rule> {
    let pattern =
        vec(prop_oneof!["a", "b", "\\*", "\\*\\*", "Ok", "Paid"], 0..4).prop_map(|steps| steps.join("."));
    let pattern =
        (pattern, prop_oneof![Just(""), Just("[*]"), Just("[0]")]).prop_map(|(path, end)| path + end);
    (pattern, 0..8_u8).prop_map(|(pattern, kind)| {
        let rule = match kind {
            0 => Rule::ignore(&pattern),
            1 => Rule::unordered(&pattern),
            2 => Rule::unordered_by(&pattern, "a"),
            3 => Rule::tolerance(&pattern, Tolerance::absolute(0.5).or_relative(0.5)),
            4 => Rule::replace(&pattern, "a+", "b"),
            5 => Rule::ignore_case(&pattern),
            _ => Rule::default_is_absent(&pattern),
        };
        rule.unwrap()
    })
}

/// How many values there are inside a value, itself among them.
fn size(value: &Value) -> usize {
    value.walk().count()
}

fn all(recorded: &Value, replayed: &Value) -> Diff {
    let found = diff(recorded, replayed, usize::MAX);
    assert_eq!(found.omitted, 0);
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_value_does_not_differ_from_itself(value in value(), rules in vec(rule(), 0..3)) {
        prop_assert_eq!(diff(&value, &value, 10), Diff::default());
        let rules = Rules::from_iter(rules);
        prop_assert_eq!(diff_with(&value, &value, &rules, 10), Diff::default());
    }

    #[test]
    fn what_differs_is_found(recorded in value(), replayed in value()) {
        prop_assert_eq!(all(&recorded, &replayed).count() == 0, recorded == replayed);
    }

    #[test]
    fn an_entry_more_or_less_is_found(
        entries in entries((0_u64..3).prop_map(Value::from)), at in any::<prop::sample::Index>()
    ) {
        prop_assume!(!entries.is_empty());
        let mut fewer = entries.clone();
        fewer.remove(at.index(entries.len()));
        let [map, fewer_map] = [&entries, &fewer].map(|entries| {
            Value::map(entries.iter().map(|(key, value)| (key.as_str().into(), value.clone())))
        });
        let (fields, fewer_fields) = (Value::fields_of(entries), Value::fields_of(fewer));
        for (one, other) in [(&map, &fewer_map), (&fields, &fewer_fields)] {
            prop_assert!(all(one, other).count() > 0);
            prop_assert_eq!(all(one, other).count(), all(other, one).count());
        }
    }

    #[test]
    fn there_are_no_more_differences_than_values(recorded in value(), replayed in value(), most in 0..5_usize) {
        let whole = all(&recorded, &replayed);
        prop_assert!(whole.count() <= size(&recorded) + size(&replayed));
        let cut = diff(&recorded, &replayed, most);
        prop_assert!(cut.differences.len() <= most);
        prop_assert_eq!(cut.count(), whole.count());
    }

    #[test]
    fn rules_never_make_more_differences(
        recorded in value(), replayed in value(), rules in vec(rule(), 1..4)
    ) {
        let rules = Rules::from_iter(rules);
        let with = diff_with(&recorded, &replayed, &rules, usize::MAX);
        prop_assert!(with.count() <= all(&recorded, &replayed).count());
        // What is forgiven, and nothing else, is counted. Where elements have no order, others may be compared with each
        // other, which may leave fewer differences with nothing forgiven.
        let forgave: u64 = rules.usage().iter().map(|usage| usage.forgave).sum();
        let pairs_others = rules.to_string().contains("[[unordered]]");
        prop_assert!(forgave > 0 || pairs_others || with.count() == all(&recorded, &replayed).count());
    }

    #[test]
    fn what_is_told_of_is_there(recorded in value(), replayed in value()) {
        for difference in all(&recorded, &replayed).differences {
            // All that is at a path: a field may be there more than once.
            let there = |side: &Value, path: &Path| -> Vec<Value> {
                let mut there = vec![side];
                for segment in path.segments() {
                    let step = Path::from(vec![segment.clone()]);
                    let inside = there.iter().flat_map(|value| value.walk().filter(|(path, _)| *path == step));
                    there = inside.map(|(_, value)| value).collect();
                }
                there.into_iter().map(|value| value.without_some().clone()).collect()
            };
            match &difference.change {
                Change::Added { replayed: added } => {
                    // Its number is that of the replay, and those further out are of the recording.
                    let mut outer = difference.path.clone();
                    prop_assert!(outer.pop().is_some());
                    prop_assert!(!there(&recorded, &outer).is_empty());
                    prop_assert!(replayed.walk().any(|(_, value)| value == added));
                }
                change => {
                    let was = change.recorded().map(|was| was.without_some().clone());
                    prop_assert!(was.is_some_and(|was| there(&recorded, &difference.path).contains(&was)));
                    let is = change.replayed();
                    prop_assert!(is.is_none_or(|is| replayed.walk().any(|(_, value)| value.without_some() == is.without_some())));
                }
            }
        }
    }

    #[test]
    fn rules_are_read_as_they_are_written(rules in vec(rule(), 0..4)) {
        let written = Rules::from_iter(rules).to_string();
        prop_assert_eq!(Rules::from_toml(&written).unwrap().to_string(), written);
    }

    #[test]
    fn no_text_is_too_odd_for_a_file_of_rules(text in "(\\[\\[(ignore|time|tolerance)\\]\\]\n)?(path|within|by|é) ?= ?(\"[*.\\[\\]a\"]*\"|[0-9a-z.]+)\n?.{0,20}") {
        drop(Rules::from_toml(&text));
    }

    #[test]
    fn a_pattern_is_refused_or_used(pattern in "[*.\\[\\]\"'a0\\\\é]{0,12}", recorded in value(), replayed in value()) {
        if let Ok(rules) = Rules::new().ignore(&pattern) {
            prop_assert!(diff_with(&recorded, &replayed, &rules, 10).count() <= all(&recorded, &replayed).count());
        }
    }
}
