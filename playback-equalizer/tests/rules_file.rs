//! Rules in a file: what is read, what is refused and where, and that what is written is read again.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::time::Duration;

use common::{Sent, playback};
use futures::executor::block_on;
use playback_core::{Recording, operation, output};
use playback_equalizer::extract::{self, Extract};
use playback_equalizer::{
    Comparator, Criteria, Equalizer, Rule, Rules, RulesError, Sides, Status, Tolerance, Tuning, Verdict,
    diff_with,
};

const ALL: &str = r#"
ignore = ["**.updated_at", 'Ok."a b"["c"]']

[[unordered]]
path = "lines"

[[tolerance]]
path = "**.price"
relative = 1e-3
absolute = 1

[[unordered]]
path = "lines"
by = "id.main"
category = "Check*"
output = "checkout.store"

[[time]]
path = "**.created"
within = "1500ms"

[[replace]]
path = "**.url"
pattern = 'session="?\w+'

[ignore_case]           # one table alone will do
path = "**.email"

[[default_is_absent]]
path = ""
output = "result"
"#;

#[test]
fn every_rule_is_read_in_the_order_of_the_file_and_written_back() {
    let rules = Rules::from_toml(ALL).unwrap();
    let written = rules.to_string();
    let of = |text: &str| text.matches("[[").count();
    assert_eq!((rules.len(), of(&written)), (9, 9));
    assert_eq!(Rules::from_toml(&written).unwrap().to_string(), written);
    let each: Vec<String> = rules.iter().map(ToString::to_string).collect();
    let code = [
        Rule::ignore("**.updated_at"),
        Rule::ignore("Ok.\"a b\"[\"c\"]"),
        Rule::unordered("lines"),
        Rule::tolerance("**.price", Tolerance::relative(1e-3).or_absolute(1.0)),
        Rule::unordered_by("lines", "id.main").map(|rule| rule.category("Check*").output("checkout.store")),
        Rule::time_tolerance("**.created", Duration::from_millis(1_500)),
        Rule::replace("**.url", "session=\"?\\w+", ""),
        Rule::ignore_case("**.email"),
        Rule::default_is_absent("").map(|rule| rule.output("result")),
    ];
    assert_eq!(each, code.map(|rule| rule.unwrap().to_string()));
    let origins: Vec<_> = rules.iter().map(|rule| rule.origin().unwrap()).collect();
    assert_eq!(origins[..3], ["line 2", "line 2", "line 4"]);
    let in_short: Vec<_> = rules.iter().map(Rule::in_short).collect();
    assert_eq!(in_short[3], "tolerance \"**.price\", absolute 1.0, relative 0.001 (line 7)");
    assert_eq!(in_short[8], "default_is_absent \"\", output \"result\" (line 29)");
}

#[test]
fn durations_are_written_in_the_unit_that_suits_them() {
    for (text, written) in
        [("90s", "90s"), ("120s", "2m"), ("36 h", "36h"), ("48h", "2d"), ("1000us", "1ms"), ("0ns", "0s")]
    {
        let rules = Rules::from_toml(&format!("[[time]]\npath = \"\"\nwithin = \"{text}\"")).unwrap();
        assert!(rules.to_string().ends_with(&format!("within = \"{written}\"\n")), "{rules}");
    }
}

#[test]
fn a_mistake_is_told_with_its_place_and_what_would_be_right() {
    for (text, line, column, expected) in [
        ("ignore = [\"a\"", 1, 14, "this is not TOML: "),
        (
            "ignore = [\"a\"]\n[[ignore]]\npath = \"b\"",
            2,
            3,
            "this is not TOML: duplicate key; rules of one kind stand either in one list or each below a `[[…]]`",
        ),
        (
            "\n[[ignor]]\npath = \"a\"",
            2,
            3,
            "there is no kind of rule called `ignor`; did you mean `ignore`?",
        ),
        ("[[zzzzzz]]", 1, 3, "there is no kind of rule called `zzzzzz` (there are: ignore, unordered, "),
        (
            "[[ignore]]\npath = \"a\"\n  outptu = \"b\"",
            3,
            3,
            "there is no key of `ignore` called `outptu`; did you mean `output`? (there are: path, category, output)",
        ),
        (
            "[[tolerance]]\npath = \"a\"\nabsolut = 1",
            3,
            1,
            "there is no key of `tolerance` called `absolut`; did you mean `absolute`?",
        ),
        (
            "# é\n[[ignore]]\ncategory = \"é\"",
            2,
            1,
            "`ignore` needs the key `path`, as in `path = \"**.updated_at\"`",
        ),
        ("[[ignore]]\npath = \"a[\"", 2, 8, "`a[` is no pattern of paths: expected a closing ] at byte 1"),
        ("ignore = [\"a\", \"b.\"]", 1, 16, "`b.` is no pattern of paths"),
        (
            "ignore = [\"é\", 3]",
            1,
            16,
            "a rule is a path, as in `ignore = [\"**.id\"]`, or a table below `[[ignore]]`",
        ),
        ("[[ignore]]\npath = 3", 2, 8, "`path` is a text, in quotes; this is of type integer"),
        ("[[unordered]]\npath = \"a\"\nby = \"b[\"", 3, 6, "the elements of a list cannot be told by `b[`"),
        (
            "[[tolerance]]\npath = \"a\"",
            1,
            1,
            "`tolerance` needs the key `absolute`, as in `absolute = 0.01`",
        ),
        ("tolerance = [\"a\"]", 1, 14, "`tolerance` needs the key `absolute`"),
        ("[[tolerance]]\npath = \"a\"\nabsolute = \"1\"", 3, 12, "`absolute` is a decimal number"),
        ("[[tolerance]]\npath = \"a\"\nrelative = -0.5", 3, 12, "numbers cannot be allowed to be -0.5 apart"),
        ("[[tolerance]]\npath = \"a\"\nabsolute = inf", 3, 12, "numbers cannot be allowed to be inf apart"),
        (
            "[[time]]\npath = \"a\"\nwithin = \"5 weeks\"",
            3,
            10,
            "`5 weeks` is no duration; write a whole number and",
        ),
        ("[[time]]\npath = \"a\"\nwithin = \"99999999999999999999999999d\"", 3, 10, "`9999"),
        ("[[replace]]\npath = \"a\"\npattern = '('", 3, 11, "`(` is no regular expression"),
    ] {
        match Rules::from_toml(text).unwrap_err() {
            RulesError::Mistake { line: l, column: c, message, file: None } => {
                assert_eq!((l, c), (line, column), "{text}: {message}");
                assert!(message.starts_with(expected), "{text}: {message}");
            }
            other => panic!("{text}: {other}"),
        }
    }
}

#[test]
fn a_file_is_named_in_its_mistakes_and_its_rules_know_where_they_stand() {
    let dir = std::env::temp_dir().join(format!("playback-rules-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let file = dir.join("rules.toml");
    std::fs::write(&file, "ignore = [\n  \"a\",\n  \"b[\",\n]").unwrap();
    let error = Rules::load(&file).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{}:3:3: `b[` is no pattern", file.display())), "{error}");
    std::fs::write(&file, "ignore = [\n  \"a\",\n]").unwrap();
    let rules = Rules::load(&file).unwrap();
    assert_eq!(rules.iter().next().unwrap().origin(), Some(&*format!("{}:2", file.display())));
    let missing = Rules::load(dir.join("none.toml")).unwrap_err();
    assert!(matches!(missing, RulesError::Read { .. }));
    std::fs::remove_dir_all(&dir).unwrap();
}

async fn checkout(lines: Vec<u64>, at: u64, reverse: bool) -> Result<u64, String> {
    operation("Checkout")
        .args(&(lines.clone(),))
        .run_async(async move {
            let mut sorted = lines.clone();
            if reverse {
                sorted.reverse();
            }
            output("store")
                .argument_names(&["lines", "at"])
                .args(&(sorted, at))
                .answer_when_unrecorded(|| ())
                .run(|| ());
            for number in 0..(at % 3) {
                output("metrics").args(&(number,)).answer_when_unrecorded(|| ()).run(|| ());
            }
            Ok(lines.iter().sum())
        })
        .await
}

fn recording() -> Recording {
    block_on(playback_testkit::record(checkout(vec![1, 2, 3], 0, false))).recording()
}

#[test]
fn rules_of_a_file_make_a_different_replay_equal_and_count_what_they_were_good_for() {
    let replays = || Tuning::of(|(lines,)| checkout(lines, 2, true));
    let compare = |tuning: Tuning| block_on(Equalizer::new(tuning).compare(recording()));
    let without = compare(replays());
    assert_eq!(without.status(), Status::Different);
    assert_eq!(without.verdict.differences.len(), 5);
    let rules = Rules::from_toml(
        r#"
        [[ignore]]
        path = "Ok.total"
        [[ignore]]
        path = "at"
        output = "store"
        category = "Checkout"
        [[unordered]]
        path = "lines"
        [[ignore]]
        path = "**"
        output = "metr*"
        [[ignore]]
        path = "at"
        category = "Refund"
        "#,
    )
    .unwrap();
    let with = compare(replays().rules(&rules));
    assert_eq!(with.verdict.to_string(), "equal");
    let forgave: Vec<u64> = rules.usage().iter().map(|usage| usage.forgave).collect();
    assert_eq!(forgave, [0, 1, 1, 2, 0]);
    let unused: Vec<_> = rules.unused().into_iter().map(|rule| rule.origin().unwrap()).collect();
    assert_eq!(unused, ["line 2", "line 13"]);
}

#[test]
fn paths_begin_at_the_output_whatever_is_extracted_of_it() {
    let replay = playback(&[Sent("a", 1)], &[Sent("a", 2)], Ok(0), Ok(0));
    let judge = |pattern: &str, extractor: Extract| {
        let rules = Rules::new().ignore(pattern).unwrap();
        let verdict = Criteria::new().extractor(extractor).rules(&rules).judge(&replay);
        (verdict.status, rules.unused().len())
    };
    for extractor in [extract::everything(), extract::outputs("a"), extract::argument("a", 0)] {
        assert_eq!(judge("value", extractor.clone()), (Status::Equal, 0));
        assert_eq!(judge("*", extractor.clone()), (Status::Equal, 0));
        assert_eq!(judge("[0]", extractor), (Status::Different, 1));
    }
}

#[test]
fn a_comparator_of_ones_own_finds_the_rules_too() {
    let replay = playback(&[], &[], Ok(10), Ok(12));
    struct Counting;
    impl Comparator for Counting {
        fn compare(&self, sides: &Sides<'_>) -> Verdict {
            let diff = diff_with(&sides.recorded.value(), &sides.replayed.value(), sides.rules, 10);
            if diff.count() == 0 { Status::Equal.into() } else { Status::Different.into() }
        }
    }
    let criteria = || Criteria::new().extractor(extract::result()).comparator(Counting);
    assert_eq!(criteria().judge(&replay).status, Status::Different);
    let rules = Rules::new().tolerance("Ok", Tolerance::absolute(2.0)).unwrap();
    assert_eq!(criteria().rules(&rules).judge(&replay).status, Status::Equal);
    assert_eq!(rules.usage()[0].forgave, 1);
}

#[test]
fn a_hostile_file_is_refused() {
    for text in
        ["ignore = ".to_owned() + &"[".repeat(100_000), "[".repeat(100_000), "a.".repeat(100_000) + "b = 1"]
    {
        assert!(matches!(Rules::from_toml(&text).unwrap_err(), RulesError::Mistake { .. }));
    }
}

#[test]
fn the_result_is_an_output_that_rules_may_be_for() {
    let tuning = |output: &str| {
        let rule = Rule::tolerance("**", Tolerance::absolute(5.0)).unwrap().output(output);
        Tuning::of(|(lines,)| checkout(lines, 0, false)).rules(&Rules::new().with(rule))
    };
    let replay = playback(&[Sent("a", 1)], &[Sent("a", 1)], Ok(10), Ok(12));
    assert_eq!(tuning("result").judge(&replay).status, Status::Equal);
    assert_eq!(tuning("a").judge(&replay).status, Status::Different);
    // An output that happens to have that alias is none of its business.
    let replay = playback(&[Sent("result", 1)], &[Sent("result", 2)], Ok(10), Ok(10));
    assert_eq!(tuning("result").judge(&replay).status, Status::Different);
    assert_eq!(tuning("resul?").judge(&replay).status, Status::Equal);
}
