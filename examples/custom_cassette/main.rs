//! A place of one's own for recordings: `cargo run -p playback-examples --example custom_cassette`.
//!
//! `cassette.rs` beside this file is the cassette, and `conforms.rs` the test that it is one.
#![allow(clippy::print_stdout, reason = "it shows what it does on the terminal")]

mod cassette;

use std::path::Path;

use cassette::SqliteCassette;
use playback_cassette::{CassetteExt, Query, TapeRecorder};
use playback_core::{RecorderExt, input, operation};

/// An operation with one input.
async fn greet(customer: u64) -> String {
    operation("Greet")
        .args(&(customer,))
        .run_async(async move {
            let name: String = input("name").args(&(customer,)).run_async(async { "Ada".to_owned() }).await;
            format!("Hello, {name}")
        })
        .await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/recordings.sqlite"));
    std::fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))?;
    let cassette = SqliteCassette::open(file)?;

    let recorder = TapeRecorder::new(cassette.clone());
    recorder.scope(greet(7)).await;
    recorder.flush().await?;

    for found in cassette.find_all(&Query::new().category("Greet").limit(3)).await? {
        let replay = cassette.replay(&found.id, |recording| {
            let (customer,) = recording.arguments()?;
            Ok(greet(customer))
        });
        println!("{} takes {} bytes and replays:", found.id, found.size.unwrap_or_default());
        for call in replay.await?.replayed().calls() {
            println!("   {call:?}");
        }
    }
    Ok(())
}
