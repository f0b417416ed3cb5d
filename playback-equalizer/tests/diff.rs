//! Where two values differ, case by case.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail loudly"
)]

use std::collections::BTreeMap;

use playback_core::Value;
use playback_core::value::Segment;
use playback_equalizer::{Change, Diff, Rules, diff, diff_with};
use serde::Serialize;

#[derive(Serialize)]
struct Order {
    id: u32,
    lines: Vec<Line>,
    note: Option<&'static str>,
}

#[derive(Serialize)]
struct Line {
    sku: &'static str,
    qty: u32,
    /// Goes with the article.
    price: usize,
}

fn line(sku: &'static str, qty: u32) -> Line {
    Line { sku, qty, price: 100 * sku.len() }
}

fn of(value: &(impl Serialize + ?Sized)) -> Value {
    Value::of(value).unwrap()
}

#[track_caller]
fn check(recorded: &(impl Serialize + ?Sized), replayed: &(impl Serialize + ?Sized), expected: &[&str]) {
    let found = diff(&of(recorded), &of(replayed), 1_000);
    let found: Vec<String> = found.differences.iter().map(ToString::to_string).collect();
    assert_eq!(found, expected);
}

fn lines(skus: &[&'static str]) -> Vec<Line> {
    skus.iter().map(|sku| line(sku, 1)).collect()
}

#[test]
fn equal_values_do_not_differ() {
    check(&(1, "a", Some(2.5)), &(1, "a", Some(2.5)), &[]);
    check(&f64::NAN, &f64::NAN, &[]);
    // Widths of integers may change between versions of the code.
    check(&7_u8, &7_i64, &[]);
}

#[test]
fn a_changed_leaf_is_named_by_its_path() {
    let order = |qty| Order { id: 7, lines: vec![line("a", qty)], note: None };
    check(&order(2), &order(3), &["~ lines[0].qty: 2 -> 3"]);
    check(&1, &2, &["~ 1 -> 2"]);
    check(&Ok::<_, ()>(1), &Ok::<_, ()>(2), &["~ Ok: 1 -> 2"]);
}

#[test]
fn fields_are_compared_by_name_and_not_by_order() {
    let one = Value::fields_of([("a", 1.into()), ("b", 2.into())]);
    let other = Value::fields_of([("b", 2.into()), ("a", 1.into())]);
    assert_eq!(diff(&one, &other, 10).differences, []);
}

#[test]
fn elements_are_found_again_whatever_the_order_of_their_fields() {
    let one = |at: u64| Value::fields_of([("a", at.into()), ("b", 2.into())]);
    let other = |at: u64| Value::fields_of([("b", 2.into()), ("a", at.into())]);
    let old = Value::Seq((0..200).map(one).collect());
    let new = Value::Seq(std::iter::once(999).chain(0..200).map(other).collect());
    let found = diff(&old, &new, 10);
    assert_eq!(found.omitted, 0);
    let found: Vec<String> = found.differences.iter().map(ToString::to_string).collect();
    assert_eq!(found, ["+ [0]: {b: 2, a: 999}"]);
}

#[test]
fn added_and_removed_fields_and_entries_are_told_from_changed_ones() {
    #[derive(Serialize)]
    struct Old {
        a: u8,
        b: u8,
    }
    #[derive(Serialize)]
    struct New {
        b: u8,
        c: u8,
    }
    check(&Old { a: 1, b: 2 }, &New { b: 3, c: 4 }, &["- a: 1", "~ b: 2 -> 3", "+ c: 4"]);
    check(
        &BTreeMap::from([("a", 1), ("b", 2)]),
        &BTreeMap::from([("b", 3), ("c", 4)]),
        &["- [\"a\"]: 1", "~ [\"b\"]: 2 -> 3", "+ [\"c\"]: 4"],
    );
}

#[test]
fn a_key_or_a_field_that_is_there_more_than_once_counts_as_often_as_it_is_there() {
    let of = |entries: &[(&'static str, u64)]| {
        let entries = || entries.iter().map(|(key, value)| (*key, Value::from(*value)));
        [Value::fields_of(entries()), Value::map(entries().map(|(key, value)| (key.into(), value)))]
    };
    let check = |recorded: &[(&'static str, u64)], replayed: &[(&'static str, u64)], expected: &[&str]| {
        for (recorded, replayed) in of(recorded).iter().zip(&of(replayed)) {
            let found = diff(recorded, replayed, 10).differences;
            // A field is shown as its name, and an entry as its key.
            let found = found.iter().map(|one| one.to_string().replace("[\"", "").replace("\"]", ""));
            assert_eq!(found.collect::<Vec<_>>(), expected, "{recorded} and {replayed}");
        }
    };
    let twice = [("a", 1), ("a", 2), ("b", 3)];
    check(&twice, &twice, &[]);
    check(&[("a", 1)], &[("a", 1), ("a", 2)], &["+ a: 2"]);
    check(&[("a", 1)], &[("a", 1), ("a", 1)], &["+ a: 1"]);
    check(&[("a", 1), ("a", 1)], &[("a", 1)], &["- a: 1"]);
    // The first is compared with the first, and the second with the second, whatever stands between them.
    check(&twice, &[("b", 3), ("a", 1), ("a", 5)], &["~ a: 2 -> 5"]);
    check(&twice, &[("a", 2), ("a", 1), ("b", 3)], &["~ a: 1 -> 2", "~ a: 2 -> 1"]);
    check(&twice, &[("a", 1), ("c", 4), ("c", 5)], &["- a: 2", "- b: 3", "+ c: 4", "+ c: 5"]);
}

#[test]
fn elements_with_repeated_fields_are_found_again() {
    let [one, other] = [[1, 2], [2, 1]].map(|of| Value::fields_of(of.map(|number| ("a", number.into()))));
    let unordered = Rules::new().unordered("").unwrap();
    let (old, new) = (vec![one.clone(), other.clone()], vec![other, one]);
    assert_eq!(diff_with(&old.into(), &new.into(), &unordered, 10), Diff::default());
}

#[test]
fn another_type_is_told_from_another_value() {
    check(&3, &"3", &["! 3 (integer) -> \"3\" (string)"]);
    check(&3, &Some(3), &["! 3 (integer) -> Some(3) (option)"]);
    check(&None::<u8>, &Some(3), &["~ None -> Some(3)"]);
    check(&Ok::<_, &str>(3), &Err::<u8, _>("no"), &["~ Ok(3) -> Err(\"no\")"]);
}

#[test]
fn one_inserted_element_is_one_difference() {
    let many: Vec<u32> = (0..500).collect();
    let mut more = many.clone();
    more.insert(3, 9_999);
    check(&many, &more, &["+ [3]: 9999"]);
    check(&more, &many, &["- [3]: 9999"]);
}

#[test]
fn a_change_beside_an_insertion_is_found_in_the_element_that_it_is_in() {
    let old = lines(&["bread", "milk", "tea"]);
    let mut new = lines(&["bread", "jam", "milk", "tea"]);
    new[2].qty = 5;
    check(&old, &new, &["+ [1]: {sku: \"jam\", qty: 1, price: 300}", "~ [1].qty: 1 -> 5"]);
}

#[test]
fn elements_that_all_changed_are_paired_by_resemblance() {
    let old = lines(&["bread", "milk", "tea"]);
    let mut new = lines(&["jam", "bread", "milk", "tea"]);
    new.iter_mut().for_each(|line| line.qty = 2);
    check(
        &old,
        &new,
        &[
            "+ [0]: {sku: \"jam\", qty: 2, price: 300}",
            "~ [0].qty: 1 -> 2",
            "~ [1].qty: 1 -> 2",
            "~ [2].qty: 1 -> 2",
        ],
    );
}

#[test]
fn a_list_of_changed_elements_that_moved_up_by_one_is_aligned() {
    let old = lines(&["bread", "milk", "sugar"]);
    let mut new = lines(&["jam", "bread", "milk"]);
    new.iter_mut().for_each(|line| line.qty = 2);
    check(
        &old,
        &new,
        &[
            "+ [0]: {sku: \"jam\", qty: 2, price: 300}",
            "~ [0].qty: 1 -> 2",
            "~ [1].qty: 1 -> 2",
            "- [2]: {sku: \"sugar\", qty: 1, price: 500}",
        ],
    );
}

#[test]
fn short_lists_that_differ_as_much_as_they_stand_are_read_as_they_stand() {
    check(&(1, 2), &(2, 3), &["~ [0]: 1 -> 2", "~ [1]: 2 -> 3"]);
}

#[test]
fn an_element_that_moved_is_one_difference() {
    check(&[1, 2, 3, 4, 5], &[5, 1, 2, 3, 4], &["> [4]: moved to [0]: 5"]);
    check(&["a", "b"], &["b", "a"], &["> [1]: moved to [0]: \"b\""]);
    let old = lines(&["bread", "milk", "tea"]);
    check(
        &old,
        &lines(&["tea", "bread", "milk"]),
        &["> [2]: moved to [0]: {sku: \"tea\", qty: 1, price: 300}"],
    );
    // Also among others that changed.
    let mut new = lines(&["tea", "bread", "milk"]);
    new[1].qty = 9;
    check(&old, &new, &["~ [0].qty: 1 -> 9", "> [2]: moved to [0]: {sku: \"tea\", qty: 1, price: 300}"]);
    // The same as often as it is there, and no more.
    check(&["a", "a", "b"], &["b", "a"], &["> [0]: moved to [1]: \"a\"", "- [1]: \"a\""]);
}

#[test]
fn a_repeated_element_more_is_one_difference() {
    check(&vec!["a"; 50], &vec!["a"; 51], &["+ [50]: \"a\""]);
}

#[test]
fn what_is_found_is_bounded_and_the_rest_is_counted() {
    let old: Vec<u32> = (0..300).collect();
    let new: Vec<u32> = (1_000..1_300).collect();
    let found = diff(&of(&old), &of(&new), 10);
    assert_eq!((found.differences.len(), found.omitted), (10, 290));
}

#[test]
fn long_values_are_shown_where_they_differ() {
    let text = |end: &str| format!("{}{end}", "x".repeat(1_000));
    let found = diff(&of(&text("apple")), &of(&text("pear")), 10);
    let shown = found.differences[0].to_string();
    assert!(shown.contains("xapple\" -> …") && shown.contains("xpear\""), "{shown}");
    assert!(shown.chars().count() < 120, "{shown}");
    // The values themselves are whole.
    assert_eq!(found.differences[0].change.recorded(), Some(&of(&text("apple"))));
}

#[test]
fn applying_what_was_found_makes_one_list_of_the_other() {
    // A small generator of its own, so that a failure can be repeated.
    let mut state = 42_u64;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for _ in 0..2_000 {
        let list =
            |next: &mut dyn FnMut(u64) -> u64| -> Vec<u64> { (0..next(12)).map(|_| next(5)).collect() };
        let (old, new) = (list(&mut next), list(&mut next));
        let found = diff(&of(&old), &of(&new), 100);
        assert_eq!(found.omitted, 0);
        assert_eq!(apply(&old, &found.differences), new, "{old:?} -> {new:?}: {:?}", found.differences);
        assert!(found.differences.len() <= old.len().max(new.len()) + old.len().min(new.len()));
    }
}

/// The list that comes of changing and removing by the old numbers, and then adding by the new ones.
fn apply(old: &[u64], differences: &[playback_equalizer::Difference]) -> Vec<u64> {
    let mut slots: Vec<Option<u64>> = old.iter().copied().map(Some).collect();
    let mut added = BTreeMap::new();
    for difference in differences {
        let [Segment::Index(at)] = difference.path.segments() else {
            panic!("not in the list: {difference}")
        };
        match &difference.change {
            Change::Changed { replayed, .. } => slots[*at] = replayed.as_u64(),
            Change::Removed { .. } => slots[*at] = None,
            Change::Added { replayed } => drop(added.insert(*at, replayed.as_u64().unwrap())),
            Change::Moved { to, value, .. } => {
                slots[*at] = None;
                added.insert(*to, value.as_u64().unwrap());
            }
            other => panic!("not a change of a list: {other:?}"),
        }
    }
    let mut list: Vec<u64> = slots.into_iter().flatten().collect();
    added.into_iter().for_each(|(at, value)| list.insert(at, value));
    list
}

#[test]
fn long_lists_in_quite_another_order_are_compared() {
    let old: Vec<u64> = (0..20_000).collect();
    let mut new = old.clone();
    new.sort_by_key(|number| number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let found = diff(&of(&old), &of(&new), 10);
    assert!(found.count() < 20_000, "{}", found.count());
    // Of few kinds, too, where nothing is a landmark.
    let old: Vec<u64> = (0..20_000_u64).map(|at| at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 63).collect();
    let new: Vec<u64> = (0..20_000_u64).map(|at| at.wrapping_mul(0xc2b2_ae3d_27d4_eb4f) >> 63).collect();
    assert!(diff(&of(&old), &of(&new), 10).count() < 20_000);
}

#[test]
fn long_lists_that_have_nothing_in_common_are_compared() {
    let old: Vec<u32> = (0..100_000).collect();
    let new: Vec<u32> = (1_000_000..1_090_000).collect();
    let found = diff(&of(&old), &of(&new), 10);
    assert_eq!(found.differences.len() + found.omitted, 100_000);
}
