//! The options of `#[intercept_input]`.

use std::fmt::Write as _;

use futures::executor::block_on;
use playback_core::{HandlerError, MatchedBy, Prepare, Restore, intercept_input};
use serde::{Deserialize, Serialize};

use crate::{calls, in_operation, live, record, replay_on, round_trip};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Request {
    id: u64,
    customer: (String, u8),
}

fn request() -> Request {
    Request { id: 7, customer: ("ann".to_owned(), 3) }
}

struct Table {
    name: &'static str,
}

const REGION: &str = "eu";

impl Table {
    #[intercept_input("db.get/{self.name}/{REGION}")]
    fn get(&self, id: u64) -> String {
        live();
        format!("{}/{id}", self.name)
    }

    #[intercept_input(
        "db.find/{request.id:04}/{request.customer.0}/{r#type}/{{{flags:?}}}",
        skip(request, flags)
    )]
    async fn find(&mut self, request: Request, r#type: u8, flags: Vec<u8>) -> String {
        live();
        self.name = "moved";
        format!("{request:?}{type}{flags:?}")
    }
}

/// I5.
#[test]
fn an_alias_captures_arguments_and_fields() {
    let recording = round_trip(|| {
        let got = (Table { name: "a" }.get(1), Table { name: "b" }.get(1));
        (got, block_on(Table { name: "c" }.find(request(), 5, vec![6])))
    });
    let expected = ["db.get/a/eu(id) [1]", "db.get/b/eu(id) [1]", "db.find/0007/ann/5/{[6]}(type) [5]"];
    assert_eq!(calls(&recording), expected);
}

#[test]
fn an_alias_without_captures_is_the_text_with_its_braces() {
    #[intercept_input(alias = "{{plain}}")]
    fn plain() -> u8 {
        live();
        1
    }
    assert_eq!(calls(&round_trip(plain)), ["{plain}() ()"]);
}

#[intercept_input("all")]
fn all(a: u8, b: u8, c: u8) -> u8 {
    live();
    a + b + c
}

#[intercept_input("skip", skip(b))]
fn skip(a: u8, b: u8, c: u8) -> u8 {
    live();
    a + b + c
}

#[intercept_input("args", args(c, a))]
fn args(a: u8, b: u8, c: u8) -> u8 {
    live();
    a + b + c
}

#[intercept_input("none", args())]
fn none(a: u8, b: u8, c: u8) -> u8 {
    live();
    a + b + c
}

/// I4.
#[test]
fn all_some_or_none_of_the_arguments_enter_the_key() {
    let recording = round_trip(|| [all(1, 2, 3), skip(1, 2, 3), args(1, 2, 3), none(1, 2, 3)]);
    assert_eq!(
        calls(&recording),
        ["all(a, b, c) [1, 2, 3]", "skip(a, c) [1, 3]", "args(c, a) [3, 1]", "none() ()"]
    );

    // What is left out may differ on replay, what is not may not.
    let (_, recording) = record(|| in_operation(|| skip(1, 2, 3)));
    assert_eq!(replay_on(&recording, || skip(1, 9, 3)).0, Some(6));
    let (_, playback) = replay_on(&recording, || skip(1, 2, 4));
    assert!(playback.unwrap_err().to_string().contains("skip"));
}

/// Records text as what follows a prefix.
struct After<'a>(&'a str);

impl Prepare<String> for After<'_> {
    fn prepare<'a>(
        &'a self,
        value: &'a String,
    ) -> Result<Box<dyn erased_serde::Serialize + 'a>, HandlerError> {
        Ok(Box::new(value.strip_prefix(self.0).ok_or("another prefix")?))
    }
}

impl Restore<String> for After<'_> {
    fn restore(&self, recorded: &mut dyn erased_serde::Deserializer<'_>) -> Result<String, HandlerError> {
        Ok(format!("{}{}", self.0, erased_serde::deserialize::<String>(recorded)?))
    }
}

#[intercept_input("handled", handler = After(&prefix))]
fn handled(prefix: String) -> String {
    live();
    format!("{prefix}-suffix")
}

#[intercept_input("handled.async", handler = After(prefix))]
async fn handled_async(prefix: &str, text: String) -> String {
    live();
    prefix.to_owned() + &text
}

/// I1, H1.
#[test]
fn a_handler_made_of_the_arguments_says_what_is_recorded() {
    let recording =
        round_trip(|| (handled("p".to_owned()), block_on(handled_async("q", " away".to_owned()))));
    let results: Vec<_> =
        recording.tape().calls().map(|call| call.result().unwrap().unwrap().to_string()).collect();
    assert_eq!(results[1..], [r#""-suffix""#, r#"" away""#]);
}

/// What earlier versions of the code had.
mod old {
    use super::*;

    #[intercept_input("old.static")]
    pub(super) fn fixed(id: u8) -> u8 {
        live();
        id + 1
    }

    #[intercept_input("old/{table}")]
    pub(super) fn captured(table: &str, id: u8) -> u8 {
        live();
        id + table.len() as u8
    }
}

mod new {
    use super::*;

    #[intercept_input("new.static", fallback("older.static", "old.static"))]
    pub(super) fn fixed(id: u8) -> u8 {
        live();
        id
    }

    #[intercept_input("new/{table}", fallback("older", "old/{table}"))]
    pub(super) fn captured(table: String, id: u8) -> u8 {
        live();
        drop(table);
        id
    }

    #[intercept_input("new/{table}", fallback_with = aliases)]
    pub(super) fn computed(table: &str, id: u8) -> u8 {
        live();
        id + table.len() as u8
    }

    #[intercept_input("new/{table}", fallback_with = |table: &&str, _: &u8| vec![format!("old/{table}")])]
    pub(super) async fn computed_in_place(table: &str, id: u8) -> u8 {
        live();
        id + table.len() as u8
    }

    fn aliases(table: &str, id: &u8) -> Vec<String> {
        vec![format!("old/{table}/{id}"), format!("old/{table}")]
    }
}

/// I9.
#[test]
fn old_aliases_find_what_was_recorded_under_them() {
    let recorded =
        || (old::fixed(1), old::captured("abc", 2), old::captured("abc", 2), old::captured("abc", 2));
    let (_, recording) = record(|| in_operation(recorded));
    let (result, playback) = replay_on(&recording, || {
        let computed = (new::computed("abc", 2), block_on(new::computed_in_place("abc", 2)));
        (new::fixed(1), new::captured("abc".to_owned(), 2), computed.0, computed.1)
    });
    assert_eq!(result, Some((2, 5, 5, 5)));
    let playback = playback.unwrap();
    let by_fallback = |by| matches!(by, MatchedBy::Recorded(recorded) if recorded.fallback);
    assert!(playback.matches().all(|(_, _, by)| by_fallback(by)));
}

#[intercept_input("missing.default")]
fn missing_by_default(id: u64) -> u64 {
    live();
    id
}

#[intercept_input("missing.fail", missing = fail)]
fn missing_fails(id: u64) -> u64 {
    live();
    id
}

#[intercept_input("missing.call", missing = call)]
fn missing_calls(id: u64) -> u64 {
    live();
    id + 1
}

#[intercept_input("missing.value", missing = value(Ok(None)))]
fn missing_has_a_value(id: Vec<u64>) -> Result<Option<u64>, String> {
    live();
    Ok(Some(id.len() as u64))
}

#[intercept_input("missing.value.async", missing = value(format!("none of {}", names.len())))]
async fn missing_has_a_value_of_arguments(names: Vec<&str>) -> String {
    live();
    names.concat()
}

#[intercept_input("missing.with", skip(_b), missing = with(digits))]
fn missing_is_computed(a: u64, _b: u64, c: String) -> String {
    live();
    format!("{a}{c}")
}

#[intercept_input("missing.with.async", missing = with(|a: &u64| a + 1))]
async fn missing_is_computed_in_place(a: u64) -> u64 {
    live();
    a
}

fn digits(a: &u64, c: &str) -> String {
    let mut text = a.to_string();
    let _ = write!(text, "/{c}");
    text
}

/// I6, I7, I8.
#[test]
fn what_was_not_recorded_is_answered_as_the_code_says() {
    let (_, empty) = record(|| in_operation(|| ()));
    for refused in [missing_by_default, missing_fails] {
        let (returned, playback) = replay_on(&empty, || refused(1));
        assert!(returned.is_none());
        assert!(playback.unwrap_err().to_string().contains("missing."));
    }
    let before = crate::LIVE.get();
    let (result, playback) = replay_on(&empty, || missing_calls(1));
    assert_eq!((result, crate::LIVE.get()), (Some(2), before + 1));
    assert_eq!(playback.unwrap().matches().next().unwrap().2, MatchedBy::Called);

    assert_eq!(replay_on(&empty, || missing_has_a_value(vec![1])).0, Some(Ok(None)));
    let answered = replay_on(&empty, || block_on(missing_has_a_value_of_arguments(vec!["a", "b"]))).0;
    assert_eq!(answered.as_deref(), Some("none of 2"));
    let (result, playback) = replay_on(&empty, || missing_is_computed(1, 2, "c".to_owned()));
    assert_eq!(result.as_deref(), Some("1/c"));
    assert_eq!(playback.unwrap().matches().next().unwrap().2, MatchedBy::Given);
    assert_eq!(replay_on(&empty, || block_on(missing_is_computed_in_place(1))).0, Some(2));
    assert_eq!(crate::LIVE.get(), before + 1, "only `call` runs the body");
}

#[test]
fn what_was_recorded_comes_before_any_policy() {
    round_trip(|| {
        let sync =
            (missing_calls(1), missing_has_a_value(vec![1]), missing_is_computed(1, 2, "c".to_owned()));
        let names = block_on(missing_has_a_value_of_arguments(vec!["a", "b"]));
        (sync, names, block_on(missing_is_computed_in_place(1)))
    });
}

#[test]
fn nothing_is_evaluated_when_nothing_is_recorded() {
    struct Untouched;
    impl std::fmt::Display for Untouched {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("the alias was made")
        }
    }
    impl Serialize for Untouched {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("an argument was written")
        }
    }
    fn boom<T>() -> T {
        panic!("an option was evaluated")
    }

    #[intercept_input(
        "off/{argument}",
        fallback("old/{argument}"),
        handler = boom::<After<'static>>(),
        missing = value(boom())
    )]
    fn off(argument: Untouched) -> String {
        let _moved = argument;
        "live".to_owned()
    }

    assert_eq!(off(Untouched), "live");
}
