//! Patterns of paths, and paths as keys and in order.
#![cfg(feature = "patterns")]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::borrow::Borrow;
use std::collections::{BTreeSet, HashSet};

use playback_core::Value;
use playback_core::value::{Name, Path, Pattern, Segment, Way};

/// Whether a pattern leads where a path does.
fn leads(pattern: &str, path: &Path) -> bool {
    let pattern: Pattern = pattern.parse().unwrap();
    let mut positions: Vec<usize> = pattern.reached_from(0).collect();
    for segment in path.segments() {
        let after = positions.iter().filter_map(|&position| pattern.after(position, Way::from(segment)));
        positions = after.flat_map(|position| pattern.reached_from(position)).collect();
    }
    positions.into_iter().any(|position| pattern.ends_at(position))
}

fn value() -> Value {
    r#"{id: 1, made_at: 2, order: Paid{at: 3, `a b`: [4, 5]}, byid: {0: 6, 7: 7, "made_at": 8, "x y": 9, 'c': 10}}"#
        .parse()
        .unwrap()
}

#[test]
fn a_pattern_leads_to_what_is_written_of_it_and_to_nothing_else() {
    let value = value();
    let cases: [(&str, &[&str]); 17] = [
        ("", &[""]),
        ("id", &["id"]),
        ("nothing", &[]),
        ("order.Paid.at", &["order.Paid.at"]),
        (r#"order.Paid."a b""#, &[r#"order.Paid."a b""#]),
        (r#"order.Paid."a b"[1]"#, &[r#"order.Paid."a b"[1]"#]),
        (r#"order.Paid."a b"[*]"#, &[r#"order.Paid."a b"[0]"#, r#"order.Paid."a b"[1]"#]),
        // A name leads to the entry of a map, and one like it does.
        ("byid.made_at", &[r#"byid["made_at"]"#]),
        ("byid.*_at", &[r#"byid["made_at"]"#]),
        ("*_at", &["made_at"]),
        // So does an index where the keys are numbers, and a key where they are texts.
        ("byid[7]", &["byid[7]"]),
        ("byid[0]", &["byid[0]"]),
        (r#"byid["x y"]"#, &[r#"byid["x y"]"#]),
        ("byid['c']", &["byid['c']"]),
        ("byid[*]", &["byid[0]", "byid[7]", r#"byid["made_at"]"#, r#"byid["x y"]"#, "byid['c']"]),
        ("**.made_at", &["made_at", r#"byid["made_at"]"#]),
        ("**[0]", &[r#"order.Paid."a b"[0]"#, "byid[0]"]),
    ];
    for (pattern, expected) in cases {
        let led: HashSet<String> = value
            .walk()
            .map(|(path, _)| path)
            .filter(|path| leads(pattern, path))
            .map(|path| path.to_string())
            .collect();
        assert_eq!(led, expected.iter().map(|&path| path.to_owned()).collect(), "{pattern}");
        assert_eq!(pattern.parse::<Pattern>().unwrap().to_string(), pattern);
    }
    assert_eq!((value.at("byid[7]"), value.at("byid[1]")), (Some(&7.into()), None));
    let by_index = Path::from(vec![Segment::Field("byid".into()), Segment::Index(7)]);
    assert_eq!(value.get(&by_index), Some(&7.into()), "an index is a key where the keys are numbers");
    let everywhere = value.walk().filter(|(path, _)| leads("**", path)).count();
    assert_eq!(everywhere, value.walk().count());
    let directly: Vec<String> = value
        .walk()
        .map(|(path, _)| path)
        .filter(|path| leads("*", path))
        .map(|path| path.to_string())
        .collect();
    assert_eq!(directly, ["id", "made_at", "order", "byid"]);
}

#[test]
fn a_text_that_is_no_pattern_says_where_and_what_would_be() {
    let deep = format!("{}a", "a.".repeat(200));
    let cases = [
        ("a..b", 1, "a name, * or **"),
        ("a[1", 1, "a closing ]"),
        (r#"a."b"#, 1, "a closing quote"),
        ("a***", 0, "** between dots"),
        ("a b", 1, ". or ["),
        ("a[b c]", 1, "a key such as"),
        (deep.as_str(), 255, "no value is deeper than 128 steps"),
    ];
    for (text, at, expected) in cases {
        let error = text.parse::<Pattern>().unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains(&format!("at byte {at};")), "{text:?}: {error}");
    }
}

#[test]
fn paths_can_be_gone_back_compared_ordered_and_used_as_keys() {
    let path = |text: &str| text.parse::<Path>().unwrap();
    let mut lines = path("lines[3].qty");
    assert!(
        lines.starts_with(&path("lines[3]")) && lines.starts_with(&Path::root()) && lines.starts_with(&lines)
    );
    assert!(!lines.starts_with(&path("lines[2]")) && !path("lines").starts_with(&lines));
    assert_eq!(lines.pop(), Some(Segment::Field("qty".into())));
    assert_eq!(lines, path("lines[3]"));
    assert_eq!((lines.pop(), lines.pop(), lines.pop()).2, None);
    assert!(lines.is_root());

    // What is written alike is the same key, whatever kind of step it is.
    let variant = Path::from(vec![Segment::Variant("a".into()), Segment::Key(3.into())]);
    let field = Path::from(vec![Segment::Field("a".into()), Segment::Index(3)]);
    assert_eq!(HashSet::from([variant.clone(), field.clone()]).len(), 1);
    assert_eq!(HashSet::from([path("a"), path("b"), path("a[0]"), path("a[1]")]).len(), 4);
    assert!(variant <= field && field <= variant);
    let ordered = ["", "a", "a.b", "a[2]", "a[10]", r#"a["x"]"#, "b"];
    let paths: BTreeSet<Path> = ordered.iter().rev().map(|text| path(text)).collect();
    assert_eq!(paths.iter().map(Path::to_string).collect::<Vec<_>>(), ordered);
    assert!(path("a") < path("b") && Segment::Index(2) < Segment::Index(10));
}

#[test]
fn a_name_stands_for_its_text() {
    let name = Name::from("qty");
    assert_eq!((name.as_ref(), name.as_str(), format!("{name:?}").as_str()), ("qty", "qty", "\"qty\""));
    let borrowed: &str = name.borrow();
    assert_eq!(borrowed, "qty");
    assert!(HashSet::from([name.clone()]).contains("qty") && BTreeSet::from([name]).contains("qty"));
}
