//! Differences as they are shown to people.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{Sent, playback};
use playback_core::Value;
use playback_equalizer::{Criteria, Paint, diff};

#[track_caller]
fn check(recorded: impl Into<Value>, replayed: impl Into<Value>, expected: &str) {
    let recorded = Value::fields_of([("text", recorded.into())]);
    let replayed = Value::fields_of([("text", replayed.into())]);
    let found = diff(&recorded, &replayed, 10);
    assert_eq!(found.differences[0].styled(Paint::Plain).to_string(), expected);
}

#[test]
fn short_values_stand_side_by_side() {
    check("a", "b", r#"~ text: "a" -> "b""#);
    check(1, "b", r#"! text: 1 (integer) -> "b" (string)"#);
}

#[test]
fn long_texts_are_shown_by_the_words_that_differ() {
    let long =
        |words: &str| format!("the quick {words} jumps over the lazy dog, and then does so again and again");
    check(
        long("brown fox"),
        long("red fox"),
        r#"~ text: "the quick [-brown-]{+red+} fox jumps over the lazy dog, …""#,
    );
    check(
        long("fox"),
        long("fox \u{1b}[31m"),
        "~ text: \"the quick fox {+\\u{1b}[31m +}jumps over the lazy dog, and t…\"",
    );
    let far = |one: &str, other: &str| format!("{one} {} {other}", "word ".repeat(50));
    check(
        far("a", "b"),
        far("c", "d"),
        "~ text: \"[-a-]{+c+} word word word word word word…ord word word word word word  [-b-]{+d+}\"",
    );
}

#[test]
fn texts_of_many_lines_are_shown_by_the_lines_that_differ() {
    let lines = |changed: &[(usize, &str)]| {
        let mut lines: Vec<String> = (0..60).map(|at| format!("line {at}")).collect();
        changed.iter().for_each(|(at, text)| lines[*at] = (*text).to_owned());
        lines.join("\n")
    };
    check(
        lines(&[]),
        lines(&[(3, "new"), (50, "newer\t")]),
        "~ text: 4 lines differ\n  …\n    line 2\n  - line 3\n  + new\n    line 4\n  …\n    line 49\n  - line 50\n  + newer\\t\n    \
         line 51",
    );
    check("a\nb", "a\nb\nc", "~ text: 1 line differs\n  …\n    b\n  + c");
    let all: Vec<(usize, &str)> = (0..60).map(|at| (at, "new")).collect();
    let found = diff(&lines(&[]).into(), &lines(&all).into(), 10);
    let shown = found.differences[0].styled(Paint::Plain).to_string();
    assert_eq!(shown.lines().count(), 22);
    assert!(shown.ends_with("\n  and 100 more"), "{shown}");
}

#[test]
fn bytes_are_shown_from_where_they_differ() {
    let bytes = |at: usize, length: usize| {
        let mut bytes = vec![b'a'; length];
        bytes[at] = 0;
        Value::Bytes(bytes)
    };
    check(
        Value::Bytes(b"ab".to_vec()),
        Value::Bytes(b"ac\xff".to_vec()),
        r#"~ text: from byte 1: b"ab" -> b"ac\xff" (of 2, now 3)"#,
    );
    check(
        bytes(700, 1_000),
        bytes(701, 1_000),
        "~ text: from byte 700: …b\"aaaaaa\\x00aaaaaaaaaaaaaaaaa\"… -> …b\"aaaaaaa\\x00aaaaaaaaaaaaaaaa\"… (of 1000)",
    );
}

#[test]
fn what_is_shown_is_bounded_whatever_it_is() {
    let texts = [
        "x".repeat(200_000),
        "word ".repeat(40_000),
        (0..20_000).map(|at| format!("{at} ")).collect(),
        (0..20_000).map(|at| format!("{at}\n")).collect(),
        "\n".repeat(100_000),
        "\u{1b}".repeat(100_000),
    ];
    for one in &texts {
        for other in &texts {
            let found = diff(&one.as_str().into(), &other.as_str().into(), 10);
            for difference in found.differences {
                let shown = difference.styled(Paint::Ansi).to_string();
                assert!(shown.chars().count() < 6_000, "{}", shown.chars().count());
                assert!(shown.lines().count() <= 22);
            }
        }
    }
}

#[test]
fn colours_are_there_if_they_are_asked_for_and_say_nothing_else() {
    let verdict = Criteria::new().judge(&playback(
        &[Sent("a", 1), Sent("b", 1)],
        &[Sent("a", 2), Sent("c", 1)],
        Ok(0),
        Ok(0),
    ));
    let (plain, painted) =
        (verdict.styled(Paint::Plain).to_string(), verdict.styled(Paint::Ansi).to_string());
    assert_eq!(plain, verdict.to_string());
    assert!(painted.contains("\u{1b}[31m1\u{1b}[0m -> \u{1b}[32m2\u{1b}[0m"), "{painted:?}");
    let mut stripped = painted.clone();
    for code in ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[31m", "\u{1b}[32m", "\u{1b}[33m"] {
        stripped = stripped.replace(code, "");
    }
    assert_eq!(stripped, plain);
}
