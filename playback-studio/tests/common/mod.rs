//! Reports to test with.
#![allow(dead_code, reason = "each test file uses a part of it")]

use playback_studio::Report;
use serde_json::{Value, json};

/// The unique part of an id.
pub(crate) fn unique(number: u64) -> String {
    format!("01KJJ{number:021}")
}

/// A recording of `category`, of a status, that differs as `differences` say.
pub(crate) fn recording(category: &str, number: u64, status: &str, differences: &[Value]) -> Value {
    let failed =
        |side: &str| (status == "failed" && side == "replayed") || (status == "fixed" && side == "recorded");
    let run =
        |side: &str, took: u64| json!({"duration_us": took, "own_us": took / 2, "failed": failed(side)});
    let moment = |arguments: &str| json!({"started_us": 10, "duration_us": 20, "failed": false, "arguments": arguments, "result": "Ok(1)"});
    json!({
        "id": format!("{category}/20260301/{}", unique(number)),
        "status": status,
        "message": (status != "equal").then(|| format!("what is {status} of {number}")),
        "differences": differences,
        "omitted": 0,
        "recorded": run("recorded", 1_500 + number),
        "replayed": (status != "equalizer_failure").then(|| run("replayed", 700 + number)),
        "escapes": [],
        "timeline": {"omitted": 0, "steps": [
            {"kind": "operation", "alias": category, "number": 0, "lane": [], "recorded": moment("()"),
             "replayed": moment("()"), "answer": "expected"},
            {"kind": "output", "alias": "queue.send", "number": 0, "lane": [2, 0], "recorded": moment("(value: 7)"),
             "replayed": null, "answer": "unused"},
        ]},
    })
}

/// A difference at a path of the output `queue.send`.
pub(crate) fn difference(risk: &str, path: &str, recorded: &str, replayed: &str) -> Value {
    json!({
        "risk": risk, "sign": "~", "output": "queue.send", "place": "queue.send #1", "path": path,
        "pattern": path.replace(char::is_numeric, "*"), "change": format!("{recorded} -> {replayed}"),
        "recorded": recorded, "replayed": replayed,
    })
}

/// A report as JSON, of categories and their recordings.
pub(crate) fn document(categories: &[(&str, Vec<Value>)]) -> Value {
    let category = |(name, recordings): &(&str, Vec<Value>)| {
        json!({"category": name, "looked_for": ["20 recordings of the last 7 days"], "nothing_found": null,
               "failures": [], "recordings": recordings})
    };
    json!({
        "format": "playback-report", "version": 1, "failures": [], "nothing_found": null, "interrupted": false,
        "rules": {}, "categories": categories.iter().map(category).collect::<Vec<_>>(),
    })
}

pub(crate) fn report(categories: &[(&str, Vec<Value>)]) -> Report {
    Report::from_json(&document(categories).to_string()).unwrap()
}

/// One recording of each status, and others that differ alike.
pub(crate) fn mixed() -> Report {
    let total = |number: u64| difference("value_changed", &format!("lines[{number}].total"), "947", "945");
    let mut checkouts: Vec<Value> =
        (1..=5).map(|number| recording("Checkout", number, "different", &[total(number)])).collect();
    checkouts.push(recording("Checkout", 6, "equal", &[]));
    checkouts.push(recording("Checkout", 7, "equalizer_failure", &[]));
    let to_error = difference("success_became_error", "", "Ok{total: 1250}", "Err(EmptyLine(\"bread\"))");
    let to_success = difference("error_became_success", "", "Err(TooMany)", "Ok{total: 11880}");
    let added = difference("field_added", "points", "", "Some(9)");
    report(&[
        ("Checkout", checkouts),
        (
            "Quote",
            vec![
                recording("Quote", 1, "failed", &[to_error]),
                recording("Quote", 2, "fixed", &[to_success]),
                recording("Quote", 3, "different", &[added]),
            ],
        ),
    ])
}

/// Texts that do harm where they are not escaped.
pub(crate) const HOSTILE: &[&str] = &[
    "</script><script>document.title = 'taken'</script>",
    "<img src=x onerror=\"document.title='taken'\">",
    "<!--<script>",
    "]]>&amp;&lt;",
    "`` ``` ```` @everyone #1 [a](javascript:alert(1)) | a | b |",
    "@octocat **bold** _it_ ~~no~~ <details> https://example.com",
    "\u{1b}[2J\u{1b}]0;taken\u{7}\r\u{8}\u{0}\u{9b}31m",
    "user\u{202e}nimda\u{200b}\u{feff}",
    "two\nlines\n```\n| x |\n<b>",
    "{{data}}{{script}}",
    "$& $1 \\u003c \u{2028}\u{2029}",
];

/// A report every text of which is hostile.
pub(crate) fn hostile() -> Report {
    let recordings: Vec<Value> = HOSTILE
        .iter()
        .enumerate()
        .map(|(at, text)| {
            let mut one =
                recording("A", at as u64, "different", &[difference("value_changed", text, text, "1")]);
            one["message"] = json!(text);
            one["escapes"] = json!([text]);
            one["differences"][0]["output"] = json!(text);
            one["differences"][0]["place"] = json!(text);
            one["timeline"]["steps"][1]["alias"] = json!(text);
            one["timeline"]["steps"][1]["recorded"]["arguments"] = json!(text);
            one
        })
        .collect();
    let mut document = document(&[("A", recordings), ("<b>@everyone</b>|", vec![])]);
    document["failures"] = json!(HOSTILE);
    document["categories"][0]["failures"] = json!(HOSTILE);
    document["categories"][0]["left_out"] = json!(HOSTILE);
    document["categories"][1]["nothing_found"] = json!("no <i>recordings</i>");
    document["rules"] = HOSTILE.iter().map(|text| ((*text).to_owned(), json!(false))).collect();
    Report::from_json(&document.to_string()).unwrap()
}
