//! A report in its forms, and texts in it that would do harm if they were not escaped.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may fail loudly")]

mod common;

use common::{HOSTILE, difference, document, hostile, mixed, recording, report, unique};
use playback_studio::{Gate, Report};
use serde_json::{Value, json};

#[test]
fn the_forms_of_a_report_look_like_this() {
    let gate = Gate::default().accept_fixed();
    insta::assert_snapshot!("terminal", mixed().terminal());
    insta::assert_snapshot!("markdown", mixed().markdown(&gate));
    insta::assert_snapshot!("junit", mixed().junit(&gate));
    insta::assert_snapshot!("json", format!("{:#}", mixed().json()));
    let escapes = mixed().terminal().coloured(true).to_string().replace('\u{1b}', "ESC");
    insta::assert_snapshot!("coloured", escapes);
}

#[test]
fn hundreds_that_differ_in_the_same_place_are_one_group_with_three_examples() {
    let of = |number| vec![difference("value_changed", &format!("lines[{}].total", number % 10), "1", "2")];
    let recordings: Vec<Value> =
        (0..400).map(|number| recording("A", number, "different", &of(number))).collect();
    let text = report(&[("A", recordings)]).to_string();
    let examples = [0, 1, 2].map(unique).join(", ");
    assert!(text.contains(&format!(
        "  queue.send\n    ~ lines[*].total: 1 -> 2  (value changed)\n      in 400 recordings, such as {examples}\n"
    )), "{text}");
    assert_eq!(text.lines().count(), 7, "{text}");
}

#[test]
fn a_terminal_is_left_alone_whatever_was_recorded_and_columns_line_up() {
    let text = hostile().to_string();
    let acts = |c: char| c.is_control() && c != '\n' || "\u{202e}\u{200b}\u{feff}\u{2028}".contains(c);
    assert!(!text.contains(acts), "{text:?}");
    let report = report(&[
        ("注文", vec![recording("注文", 1, "equal", &[])]),
        ("Café", vec![recording("Café", 1, "fixed", &[])]),
    ]);
    let text = report.to_string();
    let table: Vec<&str> = text.lines().take(4).collect();
    use unicode_width::UnicodeWidthStr;
    assert!(table.iter().all(|line| line.width() == table[0].width()), "{text}");
}

#[test]
fn what_is_printed_of_a_huge_report_is_bounded() {
    let recordings: Vec<Value> = (0..500)
        .map(|number| {
            let differences: Vec<Value> = (0..10)
                .map(|at| {
                    difference(
                        "value_changed",
                        &format!("field_{}_{at}_x", char::from(b'a' + (number % 26) as u8)).repeat(20),
                        &"v".repeat(300),
                        "2",
                    )
                })
                .collect();
            recording("A", number, "different", &differences)
        })
        .collect();
    let names: Vec<String> =
        (0..1_000).map(|number| format!("category-{number:04}-{}", "-".repeat(180))).collect();
    let mut categories: Vec<(&str, Vec<Value>)> =
        names.iter().map(|name| (name.as_str(), vec![recording(name, 1, "failed", &[])])).collect();
    categories.push(("A", recordings));
    let mut report = report(&categories);
    for category in &mut report.categories {
        category.left_out = vec!["`".repeat(300); 10];
    }
    let markdown = report.markdown(&Gate::default()).to_string();
    assert!(markdown.len() <= 65_536, "{}", markdown.len());
    assert!(markdown.contains("categories have no room here"));
    assert!(markdown.contains("\nleft out:\n\n- <code>") && markdown.contains(" more\n"), "{markdown}");
    assert!(report.to_string().contains("\n  and of 961 more categories\n"), "{report}");
    assert_eq!(markdown.matches("<details>").count(), markdown.matches("</details>").count());
    let of_a = report.to_string().split("\ncategory-0000").next().unwrap().len();
    assert!(of_a < 250_000, "{of_a}");
}

#[test]
fn of_categories_that_have_too_much_to_say_for_a_comment_each_says_the_worst_line_by_line() {
    // No two of the same pattern, in which numbers do not count.
    let long = |number: u64, at: usize| {
        let letter = |number: u64| char::from(b'a' + (number % 26) as u8);
        let path =
            format!("{}{}{}{}", "p".repeat(250), letter(number), letter(number / 26), letter(at as u64));
        difference("value_changed", &path, &"1".repeat(250), &"2".repeat(250))
    };
    let recordings = |name: &str| {
        let mut all: Vec<Value> = (0..60)
            .map(|number| recording(name, number, "different", &[long(number, 0), long(number, 1)]))
            .collect();
        all.push(recording(name, 60, "failed", &[]));
        all
    };
    let few = vec![recording("C", 1, "different", &[difference("value_changed", "c", "1", "2")])];
    let report = report(&[("A", recordings("A")), ("B", recordings("B")), ("C", few)]);
    let markdown = report.markdown(&Gate::default()).to_string();
    assert!((60_000..=65_536).contains(&markdown.len()), "{}", markdown.len());
    let (_, inside) = parts(&markdown);
    let whole: Vec<&String> = inside.iter().filter(|line| line.starts_with("# and ")).collect();
    assert_eq!(whole.len(), 2, "{whole:?}");
    assert!(whole.iter().all(|line| line.ends_with(" lines more; other forms of this report have all")));
    // Each has what is worst at first, and about as much as the other; the one that is short is whole.
    assert_eq!(inside.iter().filter(|line| line.starts_with("! ")).count(), 2);
    let [a, b] = ["A", "B"].map(|name| {
        let from = markdown.find(&format!("<summary><code>{name}</code>")).unwrap();
        let (section, _) = markdown[from..].split_once("</details>").unwrap();
        section.len()
    });
    assert!(a.abs_diff(b) < 2_000, "{a} {b}");
    assert!(markdown.contains("# c (value changed) in 01KJJ") && !markdown.contains("no room here"));
}

/// Text between tags of our own, and lines of code in fences.
fn parts(markdown: &str) -> (String, Vec<String>) {
    let (mut outside, mut inside, mut fence) = (String::new(), Vec::new(), None::<String>);
    for line in markdown.lines() {
        match &fence {
            None if line.starts_with("```") => fence = Some(line.trim_end_matches("diff").to_owned()),
            Some(open) if line == open => fence = None,
            Some(open) => {
                assert!(
                    !line.trim_start().starts_with(open.as_str()),
                    "a fence is closed from inside: {line}"
                );
                inside.push(line.to_owned());
            }
            None => outside.push_str(&format!("{line}\n")),
        }
    }
    assert!(fence.is_none(), "a fence is left open");
    (outside, inside)
}

#[test]
fn what_no_listed_difference_explains_stands_in_markdown_as_on_a_terminal() {
    let changed = || difference("value_changed", "a", "1", "2");
    let mut by_comparator: Vec<_> = (1..=8).map(|number| recording("A", number, "different", &[])).collect();
    by_comparator[1]["message"] = json!(null);
    let mut of_many = recording("B", 9, "different", &[changed()]);
    of_many["omitted"] = json!(7);
    let mut escaped = recording("C", 10, "equal", &[]);
    escaped["escapes"] = json!(["input `db` ran for real"]);
    let report = report(&[("A", by_comparator), ("B", vec![of_many]), ("C", vec![escaped.clone(), escaped])]);
    let (markdown, terminal) = (report.markdown(&Gate::default()).to_string(), report.to_string());
    let (_, markdown) = parts(&markdown);
    for line in [
        format!("{} different: what is different of 1", unique(1)),
        format!("{} different", unique(2)),
        "and 3 more different".to_owned(),
        "and 7 more differences that are not listed".to_owned(),
        "input `db` ran for real".to_owned(),
    ] {
        let is_line = |shown: &str| shown.trim_start_matches(['!', '#', ' ']) == line;
        assert_eq!(terminal.lines().filter(|shown| is_line(shown)).count(), 1, "{line}: {terminal}");
        assert_eq!(markdown.iter().filter(|shown| is_line(shown)).count(), 1, "{line}: {markdown:#?}");
    }
}

#[test]
fn markdown_is_formatted_by_nothing_that_was_recorded_and_mentions_nobody() {
    let markdown = hostile().markdown(&Gate::default()).to_string();
    let (outside, inside) = parts(&markdown);
    for tag in ["<code>", "</code>", "<details>", "</details>", "<summary>", "</summary>"] {
        assert!(outside.contains(tag));
    }
    let ours = ["code", "details", "summary"].map(|tag| [format!("<{tag}>"), format!("</{tag}>")]).concat();
    let bare = ours.iter().fold(outside.clone(), |text, tag| text.replace(tag, ""));
    for markup in ['<', '@', '`', '*', '_', '[', '\\', '~'] {
        assert!(!bare.contains(markup), "{markup} in {bare}");
    }
    assert!(!bare.contains("https://"), "{bare}");
    for row in outside.lines().filter(|line| line.starts_with('|')) {
        assert_eq!(row.matches('|').count(), 8, "{row}");
    }
    assert!(inside.iter().all(|line| line.starts_with(['-', '+', '!', '#', '@'])), "{inside:?}");
    assert!(inside.iter().any(|line| line.contains("@octocat")));
    assert!(!markdown.contains(|c: char| c.is_control() && c != '\n'));
}

#[test]
fn junit_has_a_test_for_each_recording_and_is_xml_whatever_was_recorded() {
    let gate = Gate::default().accept_fixed();
    let read = |report: &Report| {
        quick_junit::Report::deserialize_from_str(&report.junit(&gate).to_string()).unwrap()
    };
    let xml = read(&mixed());
    assert_eq!((xml.tests, xml.failures, xml.errors), (10, 7, 1));
    let suites: Vec<(&str, usize)> =
        xml.test_suites.iter().map(|suite| (suite.name.as_str(), suite.test_cases.len())).collect();
    assert_eq!(suites, [("Checkout", 7), ("Quote", 3)]);
    let case = &xml.test_suites[0].test_cases[0];
    assert_eq!(case.name.as_str(), format!("20260301/{}", unique(1)));
    assert_eq!(case.classname.as_ref().unwrap().as_str(), "Checkout");
    assert_eq!(case.time, Some(std::time::Duration::from_millis(1)));

    let xml = read(&hostile());
    assert_eq!(xml.errors, 2 * HOSTILE.len());
    assert_eq!(xml.failures, HOSTILE.len());
}

#[test]
fn what_stands_in_a_page_cannot_leave_its_place_and_is_the_report() {
    for report in [mixed(), hostile(), Report::default()] {
        let page = report.html().to_string();
        assert_eq!(page.matches("</script").count(), 2);
        assert_eq!(page.matches("<script").count(), 2);
        let (_, data) = page.split_once("id=\"data\">").unwrap();
        let (data, _) = data.split_once("</script>").unwrap();
        let data: Value = serde_json::from_str(data).unwrap();
        assert_eq!(Report::from_json(&data["report"].to_string()).unwrap(), report);
        let (_, shown) = page.split_once("<noscript>").unwrap();
        let (shown, _) = shown.split_once("</noscript>").unwrap();
        assert_eq!(shown.matches('<').count(), 6, "{shown}");
    }
    let page = mixed().html().to_string();
    assert!(page.contains("default-src &#39;none&#39;") || page.contains("default-src 'none'"));
    assert!(
        !page.contains("http://")
            || page.matches("http://").all(|_| page.contains("http://www.w3.org/2000/svg"))
    );
    assert!(!page.contains("https://"));
}

#[test]
fn an_interrupted_run_and_failures_stand_in_every_form() {
    let mut document = document(&[("A", vec![recording("A", 1, "equal", &[])])]);
    document["interrupted"] = json!(true);
    document["failures"] = json!(["the store is gone"]);
    document["categories"][0]["failures"] = json!(["no tuning"]);
    document["categories"][0]["left_out"] = json!(["100 incomplete"]);
    document["rules"] = json!({"**.at": false});
    let report = Report::from_json(&document.to_string()).unwrap();
    let gate = Gate::default();
    for text in [report.to_string(), report.markdown(&gate).to_string(), report.html().to_string()] {
        for part in ["interrupted", "the store is gone", "no tuning", "100 incomplete", "at"] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
    let junit = report.junit(&gate).to_string();
    assert!(junit.contains("the store is gone") && junit.contains("no tuning"), "{junit}");
}
