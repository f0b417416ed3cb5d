//! Rules that say what does not matter, one by one.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use playback_core::Value;
use playback_equalizer::{
    Comparator, Diff, Extracted, Part, Rule, RuleError, Rules, Sides, Structural, Tolerance, diff, diff_with,
};
use serde::Serialize;

fn of(value: &(impl Serialize + ?Sized)) -> Value {
    Value::of(value).unwrap()
}

fn shown(found: &Diff) -> Vec<String> {
    found.differences.iter().map(ToString::to_string).collect()
}

/// Values that differ without the rule, and not with it; and those that it leaves.
#[track_caller]
fn check(rule: &Rule, recorded: &Value, replayed: &Value, left: &[&str]) {
    assert_ne!(diff(recorded, replayed, 100), Diff::default(), "there is nothing to forgive");
    let rules = Rules::new().with(rule.clone());
    assert_eq!(shown(&diff_with(recorded, replayed, &rules, 100)), left);
    assert!(rules.usage()[0].found, "its place was not found");
    let forgave = rules.usage()[0].forgave;
    assert!(forgave > 0 || !left.is_empty(), "what it forgave was not counted");
}

fn fields(fields: &[(&str, Value)]) -> Value {
    Value::fields_of(fields.iter().map(|(name, value)| (*name, value.clone())))
}

fn line(id: u64, qty: u64) -> Value {
    fields(&[("id", id.into()), ("qty", qty.into())])
}

#[test]
fn what_is_ignored_does_not_matter_nor_whether_it_is_there() {
    let order = |at: &str, more: &[(&str, Value)]| {
        let mut all = vec![("total", 7.into()), ("meta", fields(&[("updated_at", at.into())]))];
        all.extend_from_slice(more);
        fields(&all)
    };
    let ignored = Rule::ignore("**.updated_at").unwrap();
    check(&ignored, &order("10:00", &[]), &order("10:01", &[]), &[]);
    check(&ignored, &order("10:00", &[]), &fields(&[("total", 7.into()), ("meta", fields(&[]))]), &[]);
    let meta = Rule::ignore("meta").unwrap();
    check(&meta, &order("10:00", &[("a", 1.into())]), &order("10:01", &[("a", 2.into())]), &["~ a: 1 -> 2"]);
}

#[test]
fn patterns_lead_where_they_say() {
    let value = |to: u64| {
        of(&Ok::<_, ()>(BTreeMap::from([
            ("lines", BTreeMap::from([("a b", vec![to, to]), ("ab_at", vec![to])])),
            ("other", BTreeMap::from([("7", vec![to])])),
        ])))
    };
    let left = |pattern: &str| {
        let rules = Rules::new().ignore(pattern).unwrap();
        diff_with(&value(1), &value(2), &rules, 100).count()
    };
    for (pattern, expected) in [
        ("", 0),
        ("**", 0),
        ("*", 0),
        ("Ok", 0),
        ("Err", 4),
        ("Ok.*", 0),
        ("Ok[*]", 0),
        ("Ok.lines", 1),
        ("Ok[\"lines\"]", 1),
        (".Ok.lines", 1),
        ("**.lines", 1),
        ("**.lines.**", 1),
        ("lines", 4),
        ("Ok.lines.\"a b\"", 2),
        ("Ok.lines[\"a b\"][*]", 2),
        ("Ok.lines[\"a b\"][1]", 3),
        ("**[0]", 1),
        ("**.**.**[0]", 1),
        ("**[1]", 3),
        ("Ok.lines.*_at", 3),
        ("Ok.l*s.*", 1),
        ("Ok.*.*[0]", 1),
        ("**.lines.**[0]", 2),
        ("Ok.other.\"7\"", 3),
        ("Ok.other[7]", 4),
    ] {
        assert_eq!(left(pattern), expected, "{pattern}");
    }
}

#[test]
fn what_is_no_pattern_says_where_it_goes_wrong() {
    for (pattern, expected) in [
        ("a.", "expected a name, * or ** at byte 1"),
        ("a[", "expected a closing ] at byte 1"),
        ("a[x y]", "expected [3], [*], a key such as [\"a b\"], or a name at byte 1"),
        ("a b", "expected . or [ at byte 1"),
        ("a.b**c", "expected ** between dots, or one * in a name, at byte 1"),
        ("\"a", "expected a closing quote at byte 0"),
    ] {
        let error = Rules::new().ignore(pattern).unwrap_err();
        assert!(matches!(error, RuleError::Pattern { .. }));
        let text = error.to_string();
        assert!(text.starts_with(&format!("`{pattern}` is no pattern of paths: {expected}")), "{text}");
    }
    assert!(matches!(Rule::unordered_by("a", "b[").unwrap_err(), RuleError::Key { .. }));
    assert!(matches!(Rule::replace("a", "(", "").unwrap_err(), RuleError::Regex { .. }));
    // One that would take all memory.
    assert!(matches!(Rule::replace("a", r"(\w{1000}){1000}", "").unwrap_err(), RuleError::Regex { .. }));
    for by in [-1.0, f64::NAN, f64::INFINITY] {
        let error = Rule::tolerance("a", Tolerance::absolute(by)).unwrap_err();
        assert!(matches!(error, RuleError::Tolerance { .. }));
    }
}

#[test]
fn a_list_without_an_order_is_compared_as_a_bag() {
    let unordered = Rule::unordered("").unwrap();
    check(&unordered, &of(&[1, 2, 3]), &of(&[3, 1, 2]), &[]);
    check(&unordered, &of(&[1, 2, 2]), &of(&[2, 1, 1]), &["~ [2]: 2 -> 1"]);
    check(&unordered, &of(&[1, 2]), &of(&[2, 3, 1]), &["+ [1]: 3"]);
    // What resembles each other most belongs together.
    let old = Value::Seq(vec![line(1, 5), line(2, 6), line(3, 7)]);
    let new = Value::Seq(vec![line(3, 7), line(2, 9), line(1, 5)]);
    check(&unordered, &old, &new, &["~ [1].qty: 6 -> 9"]);
    // Only the list itself: lists in it have an order.
    check(&unordered, &of(&[[1, 2], [3, 4]]), &of(&[[4, 3], [1, 2]]), &["> [1][1]: moved to [0]: 4"]);
    check(&Rule::unordered("**").unwrap(), &of(&[[1, 2], [3, 4]]), &of(&[[4, 3], [1, 2]]), &[]);
}

#[test]
fn elements_of_a_list_without_an_order_may_be_told_by_a_key() {
    let by_id = Rule::unordered_by("lines", "id").unwrap();
    let order = |lines: &[Value]| fields(&[("lines", lines.to_vec().into())]);
    let old = order(&[line(1, 5), line(2, 6), line(3, 7)]);
    check(
        &by_id,
        &old,
        &order(&[line(3, 7), line(1, 6), line(2, 5)]),
        &["~ lines[0].qty: 5 -> 6", "~ lines[1].qty: 6 -> 5"],
    );
    check(
        &by_id,
        &old,
        &order(&[line(3, 7), line(2, 6), line(4, 5), line(1, 5)]),
        &["+ lines[2]: {id: 4, qty: 5}"],
    );
    // What has no key is found by resemblance.
    let nameless = fields(&[("qty", 8.into()), ("note", "x".into())]);
    let renamed = fields(&[("qty", 8.into()), ("note", "y".into())]);
    check(
        &by_id,
        &order(&[nameless, line(1, 5)]),
        &order(&[line(1, 5), renamed]),
        &["~ lines[0].note: \"x\" -> \"y\""],
    );
}

#[test]
fn where_rules_would_make_more_differences_lists_are_read_without_them() {
    // By its key this is one line gone and another added; as it stands it is one that changed its id.
    let rules = Rules::new().unordered_by("", "id").unwrap();
    let (old, new) = (Value::Seq(vec![line(1, 5), line(2, 6)]), Value::Seq(vec![line(9, 5), line(2, 6)]));
    assert_eq!(shown(&diff_with(&old, &new, &rules, 10)), ["~ [0].id: 1 -> 9"]);
    // What was not made use of is not counted.
    assert_eq!(rules.usage()[0].forgave, 0);
}

#[test]
fn numbers_may_be_apart_absolutely_or_relatively() {
    let within = |tolerance, one: Value, other: Value| {
        let rules = Rules::new().tolerance("**", tolerance).unwrap();
        diff_with(&one, &other, &rules, 10).count() == 0
    };
    let (cent, percent) = (Tolerance::absolute(0.01), Tolerance::relative(0.01));
    assert!(within(cent, 1.00.into(), 1.01.into()));
    assert!(!within(cent, 1.00.into(), 1.02.into()));
    assert!(within(percent, of(&-200), of(&-202)));
    assert!(!within(percent, of(&-200), of(&-203)));
    assert!(within(cent.or_relative(0.01), of(&200), of(&202)));
    assert!(within(percent.or_absolute(5.0), of(&1), of(&6)));
    assert!(within(cent, "12.50".into(), "12.504".into()), "decimals as text");
    assert!(!within(cent, "1 apple".into(), "1 pear".into()));
    assert!(within(Tolerance::absolute(1.0), of(&(u64::MAX - 1)), of(&u64::MAX)));
    assert!(within(Tolerance::absolute(1.0), of(&u128::MAX), of(&(u128::MAX - 1))));
    assert!(within(Tolerance::absolute(1.0), 1.0_f32.into(), 1.5_f32.into()));
    for far in [f64::NAN, f64::INFINITY] {
        assert!(!within(Tolerance::relative(1.0).or_absolute(1e300), far.into(), 1.0.into()));
    }
    // Another type is another matter.
    assert!(!within(Tolerance::absolute(1.0), 1.into(), 1.0.into()));
    check(&Rule::tolerance("", cent).unwrap(), &of(&[Some(1.0)]), &of(&[Some(1.001)]), &[]);
}

#[test]
fn numbers_in_text_are_as_far_apart_as_they_are_written() {
    let within = |by, one: &str, other: &str| {
        let rules = Rules::new().tolerance("", Tolerance::absolute(by)).unwrap();
        diff_with(&one.into(), &other.into(), &rules, 10).count() == 0
    };
    // Ids that one and the same float is nearest to.
    let (one, next) = ("1234567890123456789", "1234567890123456790");
    assert!(!within(0.01, one, next) && within(1.0, one, next));
    let negative = |text: &str| format!("-{text}");
    assert!(!within(0.01, &negative(one), &negative(next)) && within(1.0, &negative(one), &negative(next)));
    for (one, other, apart) in [
        ("1.00", "1.01", 0.01),
        ("0.1", "-0.2", 0.3),
        (".5", "5.", 4.5),
        ("-1.5e3", "-1501", 1.0),
        ("+2E-3", "0.001", 1e-3),
        ("0.30000000000000004", "0.3", 4e-17),
        ("1234567890123456.789", "1234567890123456.790", 1e-3),
        ("1.2345678901234567890123456789", "1.2345678901234567890123456788", 1e-28),
        ("1e300", "1.5e300", 5e299),
        ("1e300", "1e-300", 1e300),
        ("0", "1e-300", 1e-300),
        ("7", "007", 0.0),
        ("1.5", "1.50", 0.0),
    ] {
        assert!(within(apart, one, other) && within(apart, other, one), "{one} and {other}");
        assert!(apart == 0.0 || !within(apart * 0.999, one, other), "{one} and {other}");
    }
    // What is too long to be told apart is no number, and neither is what only looks like one.
    let long = "1".repeat(40);
    for (one, other) in
        [(&*long, "1"), ("1e400", "1e401"), ("1e99999999999", "1"), ("1e", "1"), ("-", "1"), ("", "0")]
    {
        assert!(!within(f64::MAX, one, other), "{one} and {other}");
    }
}

#[test]
fn a_tolerance_holds_up_to_its_very_end() {
    // The product is less than 29.
    let percent = Rules::new().tolerance("", Tolerance::relative(0.29)).unwrap();
    for [one, other, further] in [[100, 71, 70].map(Value::from), ["100", "71", "70"].map(Value::from)] {
        assert_eq!(diff_with(&one, &other, &percent, 10).count(), 0);
        assert_eq!(diff_with(&one, &further, &percent, 10).count(), 1);
    }
    let half = Rules::new().tolerance("", Tolerance::absolute(0.5)).unwrap();
    for one in
        [of(&(1_u64 << 53)), of(&u64::MAX), of(&(i128::MAX - 1)), of(&(u128::MAX - 1)), of(&(i128::MIN))]
    {
        let next = one.as_integer().unwrap();
        let next = next.as_i128().map_or_else(|| of(&(next.as_u128().unwrap() + 1)), |next| of(&(next + 1)));
        assert_eq!(diff_with(&one, &next, &half, 10).count(), 1, "{one} and {next}");
    }
}

#[test]
fn elements_within_a_tolerance_are_aligned() {
    let rule = Rule::tolerance("**", Tolerance::absolute(0.1)).unwrap();
    let old: Vec<f64> = (0..40).map(f64::from).collect();
    let mut new: Vec<f64> = old.iter().map(|number| number + 0.01).collect();
    new.insert(5, 77.0);
    check(&rule, &of(&old), &of(&new), &["+ [5]: 77.0"]);
    new.reverse();
    let rules = Rules::new().with(rule).unordered("").unwrap();
    assert_eq!(shown(&diff_with(&of(&old), &of(&new), &rules, 10)), ["+ [35]: 77.0"]);
}

#[test]
fn times_may_be_apart() {
    let seconds = |seconds| Rule::time_tolerance("**", Duration::from_secs(seconds)).unwrap();
    let (one, other) = ("2026-01-31T10:00:00Z", "2026-01-31T11:00:04.5+01:00");
    check(&seconds(5), &one.into(), &other.into(), &[]);
    check(
        &seconds(4),
        &one.into(),
        &other.into(),
        &["~ \"2026-01-31T10:00:00Z\" -> \"2026-01-31T11:00:04.5+01:00\""],
    );
    check(&seconds(1), &"2026-01-31 10:00:00".into(), &"2026-01-31T10:00:01".into(), &[]);
    check(&seconds(1), &"2026-01-31 10:00:00.5 +00:00".into(), &"2026-01-31T10:00:01Z".into(), &[]);
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
    check(&seconds(5), &of(&now), &of(&(now + Duration::from_millis(5_000))), &[]);
    check(&seconds(5), &of(&Duration::from_millis(900)), &of(&Duration::from_millis(1_100)), &[]);
    // A point in time is no length of time, and what has no offset is nowhere known.
    let rules = Rules::new().with(seconds(1_000_000_000_000));
    for (one, other) in [
        (of(&now), of(&Duration::from_secs(1))),
        ("2026-01-31T10:00:00".into(), "2026-01-31T10:00:00Z".into()),
        ("2026-01-31T10:00:00Z".into(), "soon".into()),
    ] {
        assert_eq!(diff_with(&one, &other, &rules, 10).count().min(1), 1);
    }
}

#[test]
fn an_offset_counts_however_it_is_written() {
    let apart = |seconds, one: &str, other: &str| {
        let rules = Rules::new().time_tolerance("", Duration::from_secs(seconds)).unwrap();
        diff_with(&one.into(), &other.into(), &rules, 10).count() == 1
    };
    let hour = 3_600;
    for (one, other, hours) in [
        ("2026-01-31T10:00:00+0100", "2026-01-31T10:00:00+0900", 8),
        ("2026-01-31T10:00Z", "2026-01-31T10:00+09:00", 9),
        ("2026-01-31T10:00:00+01", "2026-01-31T10:00:00Z", 1),
        ("20260131T100000Z", "20260131T100000-0130", 2),
        ("2026-01-31 10:00:00 +0100", "2026-01-31T08:00:00Z", 1),
    ] {
        assert!(!apart(hours * hour, one, other), "{one} and {other}");
        assert!(apart((hours - 1) * hour, one, other), "{one} and {other}");
    }
    // What has an offset is no time of somewhere, even if it is none that there is.
    for one in [
        "2026-01-31T10:00:00+0100",
        "2026-01-31T10:00Z",
        "2026-01-31T10:00:00+99:00",
        "2026-01-31T10:00:00+0199",
    ] {
        assert!(apart(u64::MAX, one, "2026-01-31T10:00:00"), "{one}");
    }
    assert!(apart(u64::MAX, "2026-01-31T10:00:00+30:00", "2026-01-31T10:00:00+31:00"));
}

#[test]
fn strings_may_be_compared_after_a_regular_expression_and_without_case() {
    let replace = Rule::replace("**.url", r"session=\w+", "session=…").unwrap();
    let page = |url: &str| fields(&[("url", url.into())]);
    check(&replace, &page("/a?session=8f3"), &page("/a?session=c01"), &[]);
    check(
        &replace,
        &page("/a?session=8f3"),
        &page("/b?session=c01"),
        &["~ url: \"/a?session=8f3\" -> \"/b?session=c01\""],
    );
    check(&Rule::replace("", r"(\d+)-\d+", "$1").unwrap(), &"7-1".into(), &"7-2".into(), &[]);
    check(&Rule::ignore_case("").unwrap(), &"Ünal@X.org".into(), &"ünal@x.ORG".into(), &[]);
    // Several together, and each is counted.
    let rules = Rules::new().ignore_case("**").unwrap().with(replace);
    assert_eq!(diff_with(&page("/A?session=1"), &page("/a?session=2"), &rules, 10).count(), 0);
    assert_eq!(rules.usage().iter().map(|usage| usage.forgave).collect::<Vec<_>>(), [1, 1]);
}

#[test]
fn elements_whose_text_matters_less_are_aligned() {
    let old: Vec<String> = (0..300).map(|at| format!("{at} session=a{at}")).collect();
    let mut new: Vec<String> = (0..300).map(|at| format!("{at} session=b{at}")).collect();
    new.insert(100, "new".to_owned());
    check(&Rule::replace("**", r"session=\w+", "").unwrap(), &of(&old), &of(&new), &["+ [100]: \"new\""]);
}

#[test]
fn a_default_may_be_the_same_as_nothing() {
    let rule = Rule::default_is_absent("**").unwrap();
    let empty = fields(&[]);
    let defaults: [Value; 8] = [
        Value::None,
        false.into(),
        0.into(),
        0.0.into(),
        "".into(),
        Value::Seq(Vec::new()),
        Value::map([]),
        fields(&[("inner", 0.into())]),
    ];
    for default in defaults {
        check(&rule, &fields(&[("a", default.clone())]), &empty, &[]);
        check(&rule, &empty, &fields(&[("a", default.clone())]), &[]);
        if default != Value::None {
            check(&rule, &fields(&[("a", default)]), &fields(&[("a", Value::None)]), &[]);
        }
    }
    check(&rule, &empty, &fields(&[("a", 1.into())]), &["+ a: 1"]);
    check(&rule, &empty, &fields(&[("a", Some(0).into())]), &["+ a: Some(0)"]);
    check(
        &rule,
        &fields(&[("a", 0.into())]),
        &fields(&[("a", "".into())]),
        &["! a: 0 (integer) -> \"\" (string)"],
    );
}

#[test]
fn an_element_of_a_list_is_no_field_that_may_be_absent() {
    let rule = Rule::default_is_absent("**").unwrap();
    check(&rule, &of(&[3, 0, 5]), &of(&[3, 5]), &["- [1]: 0"]);
    check(&rule, &of(&["a"]), &of(&["", "a"]), &["+ [0]: \"\""]);
    check(&rule, &of(&[0; 2]), &of(&[0; 3]), &["+ [2]: 0"]);
    let unordered = Rules::new().with(rule.clone()).unordered("").unwrap();
    assert_eq!(shown(&diff_with(&of(&[3, 0, 5]), &of(&[5, 3]), &unordered, 10)), ["- [1]: 0"]);
    // What is inside of one is.
    check(&rule, &Value::Seq(vec![line(7, 0)]), &Value::Seq(vec![fields(&[("id", 7.into())])]), &[]);
    check(&Rule::ignore("[*]").unwrap(), &of(&[3, 0, 5]), &of(&[3, 5]), &[]);
}

#[test]
fn an_argument_with_a_name_is_a_field_that_may_be_absent() {
    let left = |names: &[&str], added: Value| {
        let part = |values: Vec<Value>| {
            let mut part = Part::from(Value::Seq(values));
            part.argument_names = Some(names.iter().map(|name| Arc::from(*name)).collect());
            Extracted::from(vec![part])
        };
        let (recorded, replayed) = (part(vec![7.into()]), part(vec![7.into(), added]));
        let rules = Rules::new().default_is_absent("**").unwrap();
        let mut sides = Sides::new(&recorded, &replayed);
        sides.rules = &rules;
        let verdict = Structural::new().compare(&sides);
        verdict.differences.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(left(&["customer", "note"], Value::None), [""; 0]);
    assert_eq!(left(&["customer", "note"], "x".into()), ["+ note: \"x\""]);
    assert_eq!(left(&[], Value::None), ["+ [1]: None"]);
}

#[test]
fn rules_that_matched_nothing_are_told_from_those_that_were_not_needed() {
    let rules = Rules::new()
        .ignore("**.updated_at")
        .and_then(|rules| rules.ignore("**.updatde_at"))
        .and_then(|rules| rules.ignore("total"))
        .unwrap();
    let order = |at: &str| fields(&[("total", 7.into()), ("updated_at", at.into())]);
    let clone = rules.clone();
    assert_eq!(rules.unused().len(), 3);
    assert_eq!(diff_with(&order("a"), &order("b"), &clone, 10).count(), 0);
    assert_eq!(diff_with(&order("a"), &order("c"), &clone, 10).count(), 0);
    let unused: Vec<String> = rules.unused().into_iter().map(ToString::to_string).collect();
    assert_eq!(unused, ["[[ignore]]\npath = \"**.updatde_at\"\n"]);
    assert_eq!(rules.usage().iter().map(|usage| usage.forgave).collect::<Vec<_>>(), [2, 0, 0]);
    // What was counted elsewhere is added.
    let usage: Vec<_> = rules.usage().iter().map(|usage| (usage.found, usage.forgave)).collect();
    let elsewhere = Rules::from_iter(rules.iter().cloned());
    elsewhere.add_usage(usage);
    assert_eq!(elsewhere.unused().len(), 1);
    assert_eq!(elsewhere.usage()[0].forgave, 2);
}

#[test]
fn a_place_is_found_where_nothing_differs() {
    let rules = Rules::new().ignore("a.b[*].c").unwrap();
    let value = of(&BTreeMap::from([("a", BTreeMap::from([("b", [BTreeMap::from([("c", 1)])])]))]));
    assert_eq!(diff_with(&value, &value, &rules, 10), Diff::default());
    assert!(rules.unused().is_empty());
}

#[test]
fn hostile_patterns_and_values_take_no_time() {
    // Without care the first takes more steps than there are atoms: at each level either `**` may take it.
    let pattern = "**.a.".repeat(40) + "b";
    let rules = Rules::new().ignore(&pattern).unwrap();
    let deep = |end: u64| (0..100).fold(Value::from(end), |inside, _| fields(&[("a", inside)]));
    assert_eq!(diff_with(&deep(1), &deep(2), &rules, 10).count(), 1);
    let rules = Rules::new().ignore(&format!("**.{}b", "*a".repeat(1_000))).unwrap();
    let name = "a".repeat(1_000);
    let value = |end: u64| fields(&[(name.as_str(), end.into())]);
    assert_eq!(diff_with(&value(1), &value(2), &rules, 10).count(), 1);
    // No value is that deep.
    assert!(Rules::new().ignore(&"a.".repeat(1_000)).is_err());
    assert!(Rules::new().ignore(&"[".repeat(100_000)).is_err());
    // Lists of lists of lists, all changed, where nothing is like anything.
    let rules = Rules::new()
        .unordered("**")
        .and_then(|rules| rules.tolerance("**", Tolerance::absolute(0.5)))
        .unwrap();
    let nested = |by: f64| {
        let mut next = by;
        let mut number = || {
            next += 3.0;
            next
        };
        let mut list =
            |_: usize| -> Vec<Vec<f64>> { (0..12).map(|_| (0..12).map(|_| number()).collect()).collect() };
        of(&(0..12).map(&mut list).collect::<Vec<_>>())
    };
    assert!(diff_with(&nested(0.0), &nested(100_000.0), &rules, 10).count() > 0);
    let old: Vec<f64> = (0..20_000).map(f64::from).collect();
    let new: Vec<f64> = old.iter().rev().map(|number| number + 0.25).collect();
    assert_eq!(diff_with(&of(&old), &of(&new), &rules, 10).count(), 0);
}
