//! A service whose recordings are the same in every run.

use std::time::Duration;

use futures::executor::block_on;
use playback_core::{Metadata, RecorderExt, Recording, RecordingId, Tape, Value, input, operation, output};
use playback_testkit::MemoryRecorder;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) sku: String,
    pub(crate) quantity: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Refused {
    Empty,
    Unknown { customer: u64 },
}

/// A checkout, which takes the discount from what would be a database.
pub(crate) async fn checkout(customer: u64, lines: Vec<Line>, discount: u64) -> Result<u64, Refused> {
    operation("Checkout")
        .argument_names(&["customer", "lines"])
        .args(&(customer, &lines))
        .run_async(async {
            if lines.is_empty() {
                return Err(Refused::Empty);
            }
            let found: Option<u64> = input("shop.discount")
                .argument_names(&["customer"])
                .args(&(customer,))
                .run_async(async { (customer < 90).then_some(discount) })
                .await;
            let found = found.ok_or(Refused::Unknown { customer })?;
            let mut total = 0;
            for line in &lines {
                let price: u64 = input("shop.price")
                    .argument_names(&["sku"])
                    .args(&(&line.sku,))
                    .run_async(async { line.sku.len() as u64 * 100 })
                    .await;
                total += price * line.quantity;
            }
            output("shop.store")
                .argument_names(&["customer", "total"])
                .args(&(customer, total - found))
                .run_async(async { 17_u64 })
                .await;
            Ok(total - found)
        })
        .await
}

pub(crate) fn lines(lines: &[(&str, u64)]) -> Vec<Line> {
    lines.iter().map(|(sku, quantity)| Line { sku: (*sku).to_owned(), quantity: *quantity }).collect()
}

/// Three checkouts and an order: one checkout with another discount, and one that was refused.
pub(crate) fn recordings() -> Vec<Recording> {
    let recorder = MemoryRecorder::new().service("shop", "1.4.2");
    recorder.scope_blocking(|| {
        let _ = block_on(checkout(7, lines(&[("tea", 2), ("bread", 1)]), 5));
        let _ = block_on(checkout(7, lines(&[("tea", 2), ("bread", 1), ("jam", 1)]), 25));
        let _ = block_on(checkout(99, lines(&[("tea", 1)]), 0));
        operation("orders/eu").args(&("a very long name ".repeat(20),)).run(|| vec![0_u8; 300]);
    });
    recorder
        .recordings()
        .into_iter()
        .enumerate()
        .map(|(at, recording)| at_a_set_time(at, &recording))
        .collect()
}

/// One recording of whatever is run, under a number of its own.
pub(crate) fn one<R>(number: usize, run: impl FnOnce() -> R) -> Recording {
    let recorder = MemoryRecorder::new();
    recorder.scope_blocking(run);
    at_a_set_time(number, &recorder.recordings()[0])
}

/// The same, with an id, times and durations that are the same in every run: each the day after the one before.
fn at_a_set_time(number: usize, recording: &Recording) -> Recording {
    let milliseconds = Duration::from_millis;
    let mut parts = recording.tape().parts().clone();
    for entry in &mut parts.entries {
        entry.started = milliseconds(u64::from(entry.order) * 2);
        entry.duration = milliseconds(1 + u64::from(entry.order) / 2);
    }
    let whole = milliseconds(2 * parts.entries.len() as u64);
    let operation = parts.sites.iter().position(|site| site.kind == playback_core::Kind::Operation).unwrap();
    parts
        .entries
        .iter_mut()
        .filter(|entry| entry.site as usize == operation)
        .for_each(|entry| entry.duration = whole);
    let old = recording.metadata();
    let mut metadata =
        Metadata::new(old.category.clone(), old.recorded_at + Duration::from_secs(number as u64 * 86_400));
    metadata.duration = whole;
    metadata.failed = old.failed;
    metadata.incomplete = old.incomplete;
    metadata.service.clone_from(&old.service);
    metadata.fields.clone_from(&old.fields);
    metadata.fields.insert("number".into(), Value::from(number));
    let day = format!("202601{:02}", number + 1);
    let id =
        RecordingId::new(&old.category, &day, &format!("01KDVDNA0000000000000000{:02}", number + 1)).unwrap();
    Recording::new(id, metadata, Tape::new(parts).unwrap())
}
