//! What is counted: B1 to B5, and what stands beside them.

use std::hint::black_box;

use playback_core::value::{self, Encoder};
use playback_core::{RecorderExt, intercept_input, replay_blocking};
use playback_testkit::{MemoryRecorder, record_blocking};

use crate::order::Order;
use crate::{Error, basket};

/// A name, and what runs so often.
type Subject = (&'static str, fn(u64));

/// What is ours, and has bounds.
pub(crate) const OURS: [Subject; 8] = [
    ("B1/input", |times| repeat(times, input)),
    ("B2/1-line", |times| encode(1, times)),
    ("B2/20-lines", |times| encode(20, times)),
    ("B2/1000-lines", |times| encode(1000, times)),
    ("B3/1-line", |times| decode(1, times)),
    ("B3/20-lines", |times| decode(20, times)),
    ("B4/operation-recorded", |times| MemoryRecorder::new().scope_blocking(|| repeat(times, basket::total))),
    ("B5/operation-replayed", replay),
];

/// What stands beside it.
pub(crate) const OTHERS: [Subject; 7] = [
    ("B1/function", |times| repeat(times, function)),
    ("B2/1-line-postcard", |times| encode_with_postcard(1, times)),
    ("B2/20-lines-postcard", |times| encode_with_postcard(20, times)),
    ("B2/1000-lines-postcard", |times| encode_with_postcard(1000, times)),
    ("B3/1-line-postcard", |times| decode_with_postcard(1, times)),
    ("B3/20-lines-postcard", |times| decode_with_postcard(20, times)),
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

fn decode(lines: usize, times: u64) {
    let bytes = value::encode(&Order::of(lines)).expect("an order can be encoded");
    for _ in 0..times {
        black_box(value::decode::<Order>(black_box(&bytes)).expect("an order can be decoded"));
    }
}

fn decode_with_postcard(lines: usize, times: u64) {
    let bytes = postcard::to_stdvec(&Order::of(lines)).expect("an order can be encoded");
    for _ in 0..times {
        black_box(postcard::from_bytes::<Order>(black_box(&bytes)).expect("an order can be decoded"));
    }
}

fn replay(times: u64) {
    let recording = record_blocking(|| basket::total(7)).recording();
    for _ in 0..times {
        let again = replay_blocking(black_box(&recording), |recording| {
            let (basket,) = recording.arguments()?;
            Ok(basket::total(basket))
        });
        black_box(again.expect("what was recorded can be replayed"));
    }
}
