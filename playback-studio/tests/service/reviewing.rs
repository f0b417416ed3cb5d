//! `review`, `accept` and `reject`.

use std::fs;
use std::process::Command;
use std::time::{Duration, SystemTime};

use futures::executor::block_on;
use playback_cassette::{CassetteExt, Fixtures, Query};
use playback_studio::{Change, Tuning, set_pending};

use crate::command::{Place, answered, checkout, has_script, unread};

pub(crate) const TESTS: &[(&str, fn())] = &[
    ("each_pending_change_is_shown_and_becomes_what_the_answer_says", each_is_asked_for),
    ("a_capital_letter_decides_all_that_follow", a_capital_decides_all),
    ("where_the_answers_end_all_stays_and_the_exit_code_tells", answers_end),
    ("what_nobody_reads_is_not_answered", nobody_reads),
    ("accept_and_reject_ask_nothing_and_take_ids", nothing_is_asked),
    ("a_recording_that_was_edited_since_is_left_alone_and_told", edited_since),
    ("a_terminal_is_asked_as_well", on_a_terminal),
    ("a_service_accepts_what_its_replays_do", accepted_by_replaying),
    ("who_quits_leaves_what_follows_as_it_is", quitting),
    ("a_replay_that_fails_is_told_and_the_others_go_on", a_failing_replay),
    ("what_makes_no_sense_is_refused_and_says_what_to_do", refused),
];

/// Checkouts, and beside them what they would become on version 2.
fn with_pending() -> Place {
    let place = Place::of_checkouts();
    let fixtures = Fixtures::writable(place.path()).unwrap();
    let tuning = Tuning::of(|(amount,)| checkout(amount, 2));
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    for found in block_on(fixtures.find_all(&Query::new())).unwrap() {
        let change = block_on(Change::propose(&fixtures, &found.id, &tuning, now)).unwrap().unwrap();
        set_pending(&fixtures, &change).unwrap();
    }
    place
}

fn are_pending(place: &Place) -> [bool; 3] {
    [0, 1, 2].map(|number| place.pending(number).exists())
}

fn each_is_asked_for() {
    let place = with_pending();
    let ran = place.playback(&["review"], "what?\na\nr\ns\n");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.starts_with("1 of 3: number 0.tape.txt\nCheckout/"), "{}", ran.out);
    assert!(ran.out.contains("\n-  total: 96\n+  total: 97\n"), "{}", ran.out);
    // The first is asked for twice, since the first answer is none, and shown once.
    assert_eq!((ran.out.matches("a accept").count(), ran.out.matches("total: 97").count()), (4, 1));
    assert_eq!(ran.err, "1 change accepted, 1 change rejected, 1 change left for later\n");
    assert_eq!(place.totals(), ["97", "196", "296"]);
    assert_eq!(are_pending(&place), [false, false, true]);
    // What was accepted replays equally on the new code.
    assert_eq!(place.run("2", &["compare", "-q"]).code, Some(1));
    assert_eq!(place.playback(&["accept"], "").code, Some(0));
    assert_eq!(place.totals(), ["97", "196", "297"]);
}

fn a_capital_decides_all() {
    for (answers, totals, pending) in [
        ("A\n", ["97", "197", "297"], [false; 3]),
        ("R\n", ["96", "196", "296"], [false; 3]),
        ("S\n", ["96", "196", "296"], [true; 3]),
        ("a\nq\n", ["97", "196", "296"], [false, true, true]),
        ("r\nA\n", ["96", "197", "297"], [false; 3]),
    ] {
        let place = with_pending();
        let ran = place.playback(&["review"], answers);
        assert_eq!(ran.code, Some(0), "{answers}: {ran:?}");
        assert_eq!(
            (place.totals(), are_pending(&place)),
            (totals.map(String::from).to_vec(), pending),
            "{answers}"
        );
    }
}

fn answers_end() {
    let place = with_pending();
    let ran = place.playback(&["review"], "a\n");
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains("the answers ended first"), "{ran:?}");
    assert_eq!(are_pending(&place), [false, true, true]);
}

fn nobody_reads() {
    let place = with_pending();
    let review = unread(place.service("1", &["review"]), "A\n");
    assert!(review.code == Some(1) && review.err.contains("nobody reads what is asked"), "{review:?}");
    assert_eq!(are_pending(&place), [true; 3]);
    assert_eq!(unread(place.service("1", &["accept"]), "").code, Some(0));
    assert_eq!(place.totals(), ["97", "197", "297"]);
}

fn nothing_is_asked() {
    let place = with_pending();
    let id = |number| {
        let text = fs::read_to_string(place.file(number)).unwrap();
        text.lines()
            .find_map(|line| line.split_whitespace().find(|word| word.starts_with("Checkout/")))
            .unwrap()
            .to_owned()
    };
    let rejected = place.playback(&["reject", &id(0)], "");
    assert_eq!((rejected.code, rejected.err.as_str()), (Some(0), "1 change rejected\n"));
    assert!(rejected.out.contains("+  total: 97"), "{rejected:?}");
    let accepted = place.playback(&["accept", "--quiet", &id(1)], "");
    assert_eq!((accepted.code, accepted.out.as_str()), (Some(0), ""), "{accepted:?}");
    assert_eq!(place.totals(), ["96", "197", "296"]);
    assert_eq!(are_pending(&place), [false, false, true]);
    let all = place.playback(&["accept", "--category", "Check*"], "");
    assert_eq!(all.err, "1 change accepted\n");
    let none = place.playback(&["review"], "");
    assert_eq!(none.code, Some(0));
    assert!(
        none.err.contains("no changes are pending") && none.err.contains("PLAYBACK_ACCEPT=pending"),
        "{none:?}"
    );
}

fn edited_since() {
    let place = with_pending();
    let text = fs::read_to_string(place.file(1)).unwrap();
    fs::write(place.file(1), text.replace("total: 196", "total: 1")).unwrap();
    let ran = place.playback(&["accept", "-q"], "");
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("warning: number 1.tape.txt was edited"), "{ran:?}");
    assert!(ran.err.ends_with("2 changes accepted, 1 change left for later\n"), "{ran:?}");
    assert_eq!(
        (place.totals(), are_pending(&place)),
        (["97", "1", "297"].map(String::from).to_vec(), [false, true, false])
    );
    assert_eq!(place.playback(&["reject", "-q"], "").code, Some(0));
    assert_eq!(are_pending(&place), [false; 3]);
}

fn on_a_terminal() {
    if !has_script() {
        println!("skipped: there is no `script` here to make a terminal");
        return;
    }
    let place = with_pending();
    let mut command = Command::new("script");
    command.env("PLAYBACK_STORE", place.path()).env("TERM", "xterm").env_remove("NO_COLOR");
    command.args(["-qec", &format!("'{}' review", env!("CARGO_BIN_EXE_playback")), "/dev/null"]);
    let ran = answered(command, "a\nR\n");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.out.contains("a, r, s, q, A, R or S? ") && ran.out.contains("\u{1b}[32m+  total: 97"),
        "{ran:?}"
    );
    assert_eq!(place.totals(), ["97", "196", "296"]);
    assert_eq!(are_pending(&place), [false; 3]);
}

fn accepted_by_replaying() {
    let place = with_pending();
    let ran = place.run("3", &["accept", "--replay", "--quiet"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.err, "0 equal\n3 changes accepted\n");
    assert_eq!(place.totals(), ["98", "198", "298"]);
    // What was pending was of another replay.
    assert_eq!(are_pending(&place), [false; 3]);
    assert_eq!(place.run("3", &["compare", "-q"]).code, Some(0));
    let before = fs::read_to_string(place.file(0)).unwrap();
    assert_eq!(place.run("3", &["accept", "--replay"]).err, "3 equal\n");
    assert_eq!(fs::read_to_string(place.file(0)).unwrap(), before);

    let ran = answered(place.service("1", &["review", "--replay"]), "r\na\nq\n");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("\n-  total: 98\n+  total: 96\n"), "{ran:?}");
    assert_eq!(place.totals(), ["98", "196", "298"]);
}

fn quitting() {
    let place = with_pending();
    assert_eq!(place.playback(&["review"], "a\nq\n").code, Some(0));
    assert_eq!(are_pending(&place), [false, true, true]);
    // The first is another on version 1, and the others are equal: were they replayed, nothing would be pending.
    let ran = answered(place.service("1", &["review", "--replay"]), "q\n");
    assert_eq!((ran.code, are_pending(&place)), (Some(0), [false, true, true]), "{ran:?}");
    assert_eq!(ran.err, "0 equal, 2 not replayed\n1 change left for later\n");
    assert_eq!(place.totals(), ["97", "196", "296"]);
}

fn a_failing_replay() {
    let place = Place::of_checkouts();
    let text = fs::read_to_string(place.file(1)).unwrap();
    fs::write(place.file(1), text.replace("input discount", "input another")).unwrap();
    let ran = place.run("2", &["accept", "--replay", "-q"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("warning: ") && ran.err.contains("there is no replay to accept"), "{ran:?}");
    assert_eq!(place.totals(), ["97", "196", "297"]);
}

fn refused() {
    let place = Place::of_checkouts();
    let ran = place.playback(&["accept", "--replay"], "");
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("knows no code to replay"), "{ran:?}");
    let ran = place.run("1", &["review", "--store", "memory://"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("only recordings in files"), "{ran:?}");
    fs::write(place.pending(0), "nonsense").unwrap();
    let ran = place.playback(&["review"], "");
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("number 0.tape.txt.pending"), "{ran:?}");
}
