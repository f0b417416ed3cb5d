//! What is counted: B1, B2 and B4, and what stands beside them.

use std::hint::black_box;

use playback_core::value::Encoder;
use playback_core::{RecorderExt, intercept_input};
use playback_testkit::MemoryRecorder;

use crate::order::Order;
use crate::{Error, basket};

/// A name, and what runs so often.
type Subject = (&'static str, fn(u64));

/// What is ours, and has bounds.
pub(crate) const OURS: [Subject; 5] = [
    ("B1/input", |times| repeat(times, input)),
    ("B2/1-line", |times| encode(1, times)),
    ("B2/20-lines", |times| encode(20, times)),
    ("B2/1000-lines", |times| encode(1000, times)),
    ("B4/operation-recorded", |times| MemoryRecorder::new().scope_blocking(|| repeat(times, basket::total))),
];

/// What stands beside it.
pub(crate) const OTHERS: [Subject; 5] = [
    ("B1/function", |times| repeat(times, function)),
    ("B2/1-line-postcard", |times| encode_with_postcard(1, times)),
    ("B2/20-lines-postcard", |times| encode_with_postcard(20, times)),
    ("B2/1000-lines-postcard", |times| encode_with_postcard(1000, times)),
    ("B4/operation-unmarked", |times| repeat(times, basket::plain::total)),
];

/// Runs a subject so often.
pub(crate) fn run(name: &str, times: &str) -> Result<(), Error> {
    let (_, subject) =
        OURS.iter().chain(&OTHERS).find(|(subject, _)| *subject == name).ok_or("there is no such subject")?;
    subject(times.parse()?);
    Ok(())
}

fn repeat<R>(times: u64, subject: impl Fn(u64) -> R) {
    for number in 0..times {
        black_box(subject(black_box(number)));
    }
}

#[inline(never)]
fn function(id: u64) -> u64 {
    id.rotate_left(7) ^ 0x9E37
}

#[intercept_input("counts.rate")]
#[inline(never)]
fn input(id: u64) -> u64 {
    id.rotate_left(7) ^ 0x9E37
}

fn encode(lines: usize, times: u64) {
    let (order, mut encoder, mut bytes) = (Order::of(lines), Encoder::new(), Vec::new());
    for _ in 0..times {
        bytes.clear();
        encoder.encode(black_box(&order), &mut bytes).expect("an order can be encoded");
        black_box(&bytes);
    }
}

fn encode_with_postcard(lines: usize, times: u64) {
    let (order, mut bytes) = (Order::of(lines), Vec::new());
    for _ in 0..times {
        bytes.clear();
        bytes = postcard::to_extend(black_box(&order), bytes).expect("an order can be encoded");
        black_box(&bytes);
    }
}
