//! The page in a real browser: it is loaded from a file, searched, filtered, and used by keyboard and pointer.
//!
//! Chromium is spoken to through a pair of pipes, so that no port is opened. Where it is not installed the tests say
//! so and pass, unless `PLAYBACK_REQUIRE_CHROMIUM` is set, as it is in continuous integration.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may fail loudly")]
#![allow(clippy::print_stdout, reason = "a time is for whoever looks")]

mod browser;
mod common;

use browser::Browser;
use common::{HOSTILE, difference, hostile, mixed, recording, report, unique};
use playback_studio::Report;

/// Shows a report in a browser, if there is one.
fn open(report: &Report) -> Option<Browser> {
    let mut browser = Browser::start()?;
    let path = browser.directory().join("report.html");
    report.write_html(&path).unwrap();
    browser.go(&format!("file://{}", path.display()));
    Some(browser)
}

const ROWS: &str = "document.querySelectorAll('#list .row').length";
const FOUND: &str = "document.getElementById('found').textContent";
const OPEN: &str =
    "document.getElementById('detail').hidden ? '' : document.querySelector('#detail .id').textContent";
const HASH: &str = "location.hash";

#[test]
fn the_page_shows_what_there_is_and_asks_nothing_of_any_network() {
    let Some(mut page) = open(&mixed()) else { return };
    assert_eq!(
        page.text("document.getElementById('summary').textContent"),
        "10 recordings of 2 categories · 1 equal · 1 fixed · 6 different · 1 failed · 1 equalizer failure"
    );
    assert_eq!(page.text(FOUND), "10 recordings");
    assert!(page.number(ROWS) > 0);
    assert_eq!(page.number("document.querySelectorAll('#groups > li').length"), 4);
    assert_eq!(page.number("document.querySelectorAll('#overview tbody tr').length"), 2);
    // A point for each recording that has both durations.
    let points = "[...document.querySelectorAll('#scatter .points')].map((path) => path.getAttribute('d').split('M').length - 1).join()";
    assert_eq!(page.text(points), "1,1,6,1,0");
    page.assert_quiet();
}

#[test]
fn recordings_are_searched_filtered_and_opened_by_keyboard_alone() {
    let Some(mut page) = open(&mixed()) else { return };
    page.keys("/");
    page.keys("bread");
    assert_eq!(page.text(FOUND), "1 of 10 recordings");
    page.key("Enter");
    page.key("Enter");
    assert_eq!(page.text(OPEN), format!("Quote/20260301/{}", unique(1)));
    assert_eq!(
        page.text("document.querySelector('#detail .new pre').textContent"),
        "Err(EmptyLine(\"bread\"))"
    );
    assert_eq!(
        page.number("document.querySelectorAll('#detail mark').length"),
        0,
        "nothing is the same in both"
    );
    assert_eq!(page.number("document.querySelectorAll('#detail .steps > li').length"), 2);
    page.key("Escape");
    assert_eq!(page.text(OPEN), "");
    assert_eq!(page.text("document.activeElement.id"), "list");

    // From one to the next, with what is open following, and no further than the last.
    page.evaluate("document.getElementById('clear').click()");
    page.keys("gjj");
    page.key("Enter");
    let third = page.text(OPEN);
    page.keys("j");
    let fourth = page.text(OPEN);
    assert_ne!(third, fourth);
    page.keys("k");
    assert_eq!(page.text(OPEN), third);
    page.keys("Gjjj");
    assert_eq!(page.text(OPEN), format!("Checkout/20260301/{}", unique(6)), "equal ones come last");
    page.assert_quiet();
}

#[test]
fn a_status_a_risk_a_category_and_a_group_filter_and_the_address_keeps_it() {
    let Some(mut page) = open(&mixed()) else { return };
    page.click("#statuses [data-status=different]");
    assert_eq!(page.text(FOUND), "6 of 10 recordings");
    page.click("#statuses [data-status=failed]");
    assert_eq!(page.text(FOUND), "7 of 10 recordings");
    page.evaluate("(() => { const it = document.getElementById('category'); it.value = 'Quote'; it.dispatchEvent(new Event('change')) })()");
    assert_eq!(page.text(FOUND), "2 of 10 recordings");
    page.evaluate("(() => { const it = document.getElementById('risk'); it.value = 'field_added'; it.dispatchEvent(new Event('change')) })()");
    assert_eq!(page.text(FOUND), "1 of 10 recordings");
    assert_eq!(page.text(HASH), "#?category=Quote&risk=field_added&status=different%2Cfailed");
    page.click("#clear");
    assert_eq!(page.text(FOUND), "10 recordings");
    // The group of the five that differ alike.
    page.click("#groups > li:nth-child(3) .foot button:last-child");
    assert_eq!(page.text(FOUND), "5 of 10 recordings with value changed at queue.send lines[*].total");

    let there = page.text("location.href");
    let path = there.split('#').next().unwrap().to_owned();
    page.go(&format!("{path}#Checkout/20260301/{}?q=945&status=different", unique(3)));
    assert_eq!(page.text(FOUND), "5 of 10 recordings");
    assert_eq!(page.text(OPEN), format!("Checkout/20260301/{}", unique(3)));
    // No group is called so, whatever lists have.
    for group in ["length", "at", "-1", "99"] {
        page.go(&format!("{path}#?group={group}"));
        assert_eq!(page.text(FOUND), "10 recordings", "{group}");
    }
    page.assert_quiet();
}

#[test]
fn of_many_groups_the_first_are_there_and_the_others_come_in_slices() {
    let of = |number| {
        recording(
            "A",
            number,
            "different",
            &[difference("value_changed", &"x".repeat(number as usize + 1), "1", "2")],
        )
    };
    let Some(mut page) = open(&report(&[("A", (0..120).map(of).collect())])) else { return };
    let shown = "[...document.querySelectorAll('#groups > li')].map((it) => it.dataset.group).join()";
    let button = "document.getElementById('more-groups').hidden ? '' : document.getElementById('more-groups').textContent";
    let first = |count: usize| (0..count).map(|at| at.to_string()).collect::<Vec<_>>().join(",");
    for (count, next) in [(6, "Show 100 of 114 more"), (106, "Show 14 more"), (120, "")] {
        assert_eq!(page.text(shown), first(count));
        assert_eq!(page.text(button), next);
        if next.is_empty() {
            break;
        }
        page.evaluate("document.getElementById('more-groups').click()");
        assert_eq!(page.number("Number(document.activeElement.closest('li').dataset.group)"), count as i64);
    }
    page.assert_quiet();
}

#[test]
fn invisible_characters_of_an_id_are_written_out() {
    let Some(mut page) =
        open(&report(&[("A\u{202e}\u{e0041}", vec![recording("A\u{202e}\u{e0041}", 1, "equal", &[])])]))
    else {
        return;
    };
    page.key("Enter");
    assert_eq!(page.text(OPEN), format!("A\\u{{202e}}\\u{{e0041}}/20260301/{}", unique(1)));
    page.assert_quiet();
}

#[test]
fn a_click_on_a_row_opens_it_and_the_way_back_closes_it() {
    let Some(mut page) = open(&mixed()) else { return };
    page.click("#list .row:nth-child(2)");
    assert_eq!(page.text(OPEN), format!("Quote/20260301/{}", unique(1)));
    let focused = page.text("document.activeElement.id");
    assert_eq!(focused, "detail");
    page.evaluate("history.back()");
    page.until(&format!("({OPEN}) === ''"));
    page.assert_quiet();
}

#[test]
fn light_and_dark_follow_the_machine_and_the_button() {
    let Some(mut page) = open(&mixed()) else { return };
    let paper = "getComputedStyle(document.body).backgroundColor";
    page.prefer("light");
    let light = page.text(paper);
    page.prefer("dark");
    let dark = page.text(paper);
    assert_ne!(light, dark);
    page.click("#theme");
    assert_eq!(page.text(paper), light);
    page.click("#theme");
    assert_eq!(page.text(paper), dark);
}

#[test]
fn nothing_that_was_recorded_becomes_markup_or_runs() {
    let Some(mut page) = open(&hostile()) else { return };
    assert_eq!(page.number("document.scripts.length"), 2);
    assert_eq!(page.number("document.querySelectorAll('img, #page b, iframe, link').length"), 0);
    for at in 0..HOSTILE.len() {
        page.evaluate(&format!("location.hash = '#A/20260301/{}'", unique(at as u64)));
        page.until(&format!("({OPEN}) === 'A/20260301/{}'", unique(at as u64)));
        let shown = page.text("document.querySelector('#detail .message').textContent");
        assert!(!shown.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'), "{shown:?}");
    }
    assert_eq!(
        page.text("document.querySelector('#detail .message').textContent"),
        HOSTILE[10].replace('\u{2028}', "\\u{2028}").replace('\u{2029}', "\\u{2029}")
    );
    assert!(page.text("document.title").starts_with("Playback: "));
    page.assert_quiet();
}

#[test]
fn thousands_of_recordings_are_there_and_only_the_rows_in_sight_are_drawn() {
    let of = |number: u64| match number % 5 {
        0 => recording(
            "Checkout",
            number,
            "different",
            &[difference("value_changed", "total", &format!("{number}"), "0")],
        ),
        _ => recording("Checkout", number, "equal", &[]),
    };
    let report = report(&[("Checkout", (0..5_000).map(of).collect())]);
    let Some(mut page) = open(&report) else { return };
    assert_eq!(page.text(FOUND), "5,000 recordings");
    assert!(page.number(ROWS) < 100);
    page.evaluate("document.getElementById('list').focus()");
    page.keys("G");
    page.until(&format!("document.getElementById('row-4999') !== null && {ROWS} < 100"));
    page.keys("/");
    page.keys("4995");
    page.until(&format!("({FOUND}) === '1 of 5,000 recordings'"));
    page.assert_quiet();
    let load = page.number("Math.round(performance.getEntriesByType('navigation')[0].loadEventEnd)");
    println!("5,000 recordings were loaded after {load} ms");
}

#[test]
fn in_long_values_that_are_alike_what_differs_is_marked() {
    let differ = difference("value_changed", "text", "two pears\nand a plum", "two apples\nand a plum, too");
    let Some(mut page) = open(&report(&[("A", vec![recording("A", 1, "different", &[differ])])])) else {
        return;
    };
    page.key("Enter");
    let marks = |side: &str| {
        format!(
            "[...document.querySelectorAll('#detail .{side} mark')].map((it) => it.textContent).join('|')"
        )
    };
    assert_eq!(page.text(&marks("old")), "pears");
    assert_eq!(page.text(&marks("new")), "apples|, too");
}

#[test]
fn what_was_left_out_stands_above_the_list() {
    let mut report = mixed();
    let Some(mut page) = open(&report) else { return };
    assert!(!page.text("document.querySelector('#notes').textContent").contains("Left out"));
    report.categories[0].left_out = vec!["20 of 113".to_owned()];
    let Some(mut page) = open(&report) else { return };
    assert_eq!(page.text("document.querySelector('#notes').textContent"), "Left outCheckout: 20 of 113");
    page.assert_quiet();
}

#[test]
fn an_empty_report_says_so() {
    let Some(mut page) = open(&Report::default()) else { return };
    assert_eq!(page.text("document.querySelector('#list').textContent"), "No recording was replayed.");
    page.assert_quiet();
}

#[test]
fn on_a_narrow_screen_nothing_is_wider_than_the_screen_nor_is_an_open_recording() {
    let Some(mut page) = open(&mixed()) else { return };
    // Of what is as wide as it likes and can be moved below its edge, as the table was, the right end.
    let right = "Math.max(...[...document.querySelectorAll('#overview td, #detail *')]
        .filter((it) => it.getClientRects().length).map((it) => Math.ceil(it.getBoundingClientRect().right)))";
    for width in [360, 800, 1280] {
        page.resize(width, 900);
        for opened in [false, true] {
            if opened {
                page.evaluate(&format!("location.hash = '#Checkout/20260301/{}'", unique(1)));
                page.until(&format!("({OPEN}) !== ''"));
                page.evaluate("document.querySelectorAll('#detail details').forEach((it) => it.open = true)");
            }
            let wide = page.number("document.documentElement.scrollWidth");
            assert!(wide <= i64::from(width), "{wide} of {width}");
            let right = page.number(right);
            assert!(right <= i64::from(width), "{right} of {width}, {opened}");
        }
        page.key("Escape");
    }
    // What the heads of the table say stands beside each number where there are none.
    page.resize(360, 900);
    let shown = "getComputedStyle(document.querySelector('#overview td[data-of]'), '::before').content";
    let shown = page.text(shown);
    assert!(shown.contains("recordings"), "{shown}");
    page.assert_quiet();
}

#[test]
fn on_paper_stands_what_can_be_read_and_nothing_that_can_be_pressed_and_an_open_recording_alone() {
    let of = |number: u64| {
        let path = "x".repeat(number as usize + 1);
        recording("A", number, "different", &[difference("value_changed", &path, "1", "2")])
    };
    let Some(mut page) = open(&report(&[("A", (0..30).map(of).collect())])) else { return };
    page.prefer("dark");
    page.print();
    assert_eq!(page.text("getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)");
    let seen = |selector: &str| {
        format!(
            "[...document.querySelectorAll('{selector}')].filter((it) => it.getClientRects().length).length"
        )
    };
    assert_eq!(page.number(&seen("#groups > li")), 30);
    assert_eq!(page.number(&seen("#list .row")), 30);
    assert_eq!(page.number(&seen(".row .what")), 30);
    for pressed in ["#filters *", "#theme", ".switch", "#more-groups", ".act", ".keys"] {
        assert_eq!(page.number(&seen(pressed)), 0, "{pressed}");
    }
    page.evaluate(&format!("location.hash = '#A/20260301/{}'", unique(1)));
    page.until(&format!("({OPEN}) !== ''"));
    assert_eq!(page.number(&seen("header, main, #detail button")), 0);
    assert!(page.number(&seen("#detail .difference")) == 1 && page.number(&seen("#detail .steps > li")) == 2);
    page.assert_quiet();
}
