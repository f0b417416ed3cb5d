//! What a body may do, and that it is none the wiser.

use futures::executor::block_on;
use playback_core::{intercept_input, intercept_output};
use serde::{Deserialize, Serialize};

use crate::{calls, live, round_trip};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Refused {
    Number(String),
    Odd(u64),
}

impl From<std::num::ParseIntError> for Refused {
    fn from(error: std::num::ParseIntError) -> Self {
        Self::Number(error.to_string())
    }
}

#[intercept_input("fallible")]
fn fallible(text: &str) -> Result<u64, Refused> {
    live();
    let number: u64 = text.parse()?;
    if number % 2 == 1 {
        return Err(Refused::Odd(number));
    }
    for even in [2, 4] {
        if even == number {
            return Ok(even * 10);
        }
    }
    Ok(number)
}

#[intercept_output("fallible.async")]
async fn fallible_async(text: &str) -> Result<u64, Refused> {
    live();
    let number: u64 = text.parse()?;
    if number % 2 == 1 {
        return Err(Refused::Odd(number));
    }
    std::future::ready(Ok(number)).await
}

/// I2, O3.
#[test]
fn question_marks_and_early_returns_leave_the_function_and_no_more() {
    let texts = ["x", "3", "4", "6"];
    let recording = round_trip(|| {
        let sync: Vec<_> = texts.into_iter().map(fallible).collect();
        let answers: Vec<_> = texts.into_iter().map(|text| block_on(fallible_async(text))).collect();
        (sync, answers)
    });
    let failed = recording.tape().calls().filter(|call| call.failed()).count();
    assert_eq!(failed, 4);
    assert_eq!(fallible("3"), Err(Refused::Odd(3)));
    assert_eq!(fallible("4"), Ok(40));
}

#[intercept_output("unit")]
fn unit(id: u64) {
    live();
    if id == 0 {
        return;
    }
    let _ = id;
}

#[intercept_output("unit.async")]
async fn unit_async(id: u64) {
    live();
    if id == 0 {
        return;
    }
    std::future::ready(()).await;
}

#[test]
fn functions_may_return_nothing() {
    let recording = round_trip(|| {
        unit(0);
        unit(1);
        block_on(unit_async(0));
        block_on(unit_async(1));
    });
    assert_eq!(
        calls(&recording),
        ["unit(id) [0]", "unit(id) [1]", "unit.async(id) [0]", "unit.async(id) [1]"]
    );
}

#[intercept_input("coerced")]
fn coerced(id: u64) -> Result<Box<[u64]>, Box<Refused>> {
    live();
    if id == 0 { Err(Box::new(Refused::Odd(0))) } else { Ok(Box::new([id, id])) }
}

#[intercept_input("coerced.async")]
async fn coerced_async(id: u64) -> Box<[u64]> {
    live();
    if id == 0 {
        return Box::new([]);
    }
    Box::new([id, id])
}

#[test]
fn the_return_type_is_known_inside_the_body() {
    let recording =
        round_trip(|| (coerced(0), coerced(1), block_on(coerced_async(0)), block_on(coerced_async(1))));
    assert_eq!(calls(&recording).len(), 4);
}

#[intercept_input("never_reached")]
fn not_yet(id: u64) -> u64 {
    live();
    panic!("not read: {id}")
}

#[intercept_input("never_reached.async")]
async fn not_yet_async(id: u64) -> u64 {
    live();
    panic!("not read: {id}")
}

#[test]
fn a_body_may_diverge() {
    let panicked = std::panic::catch_unwind(|| not_yet(1)).unwrap_err();
    assert_eq!(panicked.downcast_ref::<String>().unwrap(), "not read: 1");
    let panicked = std::panic::catch_unwind(|| block_on(not_yet_async(2))).unwrap_err();
    assert_eq!(panicked.downcast_ref::<String>().unwrap(), "not read: 2");
}

#[intercept_input("recursive")]
fn factorial(n: u64) -> u64 {
    live();
    if n == 0 { 1 } else { n * factorial(n - 1) }
}

/// I12.
#[test]
fn a_recursive_interception_is_recorded_once() {
    let recording = round_trip(|| factorial(5));
    assert_eq!(calls(&recording), ["recursive(n) [5]"]);
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Point {
    x: u8,
    y: u8,
}

#[intercept_input("local_names.async")]
async fn local_names_async(id: u64) -> Option<Point> {
    #[derive(PartialEq)]
    struct Point(u64);
    enum Option {
        Some,
    }
    live();
    let Option::Some = Option::Some;
    (Point(id) == Point(1)).then_some(crate::bodies::Point { x: 1, y: 2 })
}

#[intercept_input("local_names")]
fn local_names(id: u64) -> Option<Point> {
    struct Point;
    live();
    let Point = Point;
    (id == 1).then_some(crate::bodies::Point { x: 1, y: 2 })
}

#[test]
fn names_that_a_body_defines_leave_the_return_type_alone() {
    let recording = round_trip(|| (block_on(local_names_async(1)), local_names(1)));
    assert_eq!(calls(&recording).len(), 2);
}
