//! B8: what an object store keeps of a recording, both of its objects, compressed as they are.

use std::sync::Arc;

use futures::executor::block_on;
use futures::{TryStreamExt, future};
use object_store::ObjectStore;
use object_store::memory::InMemory;
use playback_cassette::TapeRecorder;
use playback_cassette_s3::ObjectStoreCassette;
use playback_core::{RecorderExt, intercept_input, intercept_output, operation};

use crate::order::Order;
use crate::peer::Peer;
use crate::table::{Goal, Quantity, Row};
use crate::{Error, Outcome, basket};

/// Reads an order, and stores it.
pub(crate) struct Restock {
    pub(crate) order: Order,
}

impl Restock {
    #[operation(category = "Restock")]
    pub(crate) fn execute(&self) -> usize {
        self.store(&self.read(1))
    }

    #[intercept_input("restock.order")]
    fn read(&self, number: u64) -> Order {
        let _ = number;
        self.order.clone()
    }

    #[intercept_output("restock.store")]
    fn store(&self, order: &Order) -> usize {
        order.lines()
    }
}

pub(crate) fn run() -> Outcome {
    let Some(mut peer) = Peer::start()? else { return Ok(Vec::new()) };
    let restock = Restock { order: Order::of(20) };
    let mut rows = Vec::new();
    for (name, ours, asked) in [
        ("bytes of a recording of the operation", stored(|| basket::total(7))?, "bytes-of-basket"),
        ("bytes of one that reads and writes 20 lines", stored(|| restock.execute())?, "bytes-of-restock"),
    ] {
        let python = Quantity::Bytes(peer.ask(asked, 1)? as f64);
        let row = Row::new("B8", format!("{name}, against Python"), Quantity::Bytes(ours), python);
        rows.push(row.goal(Goal::AtMost(0.6)));
    }
    Ok(rows)
}

/// The bytes of all objects that recording `operation` leaves in a store.
fn stored<R>(operation: impl FnOnce() -> R) -> Result<f64, Error> {
    let store = Arc::new(InMemory::new());
    let recorder = TapeRecorder::new(ObjectStoreCassette::new(store.clone()).read_only(false));
    recorder.scope_blocking(operation);
    block_on(recorder.flush())?;
    let sizes = store.list(None).try_fold(0, |sum, object| future::ready(Ok(sum + object.size)));
    Ok(block_on(sizes)? as f64)
}
