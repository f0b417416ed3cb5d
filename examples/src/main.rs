//! The story of a change, told on the terminal: `cargo run -p playback-examples`.
#![allow(clippy::print_stdout, reason = "it tells a story on the terminal")]

use std::path::Path;

use playback_cassette::{Cassette, CassetteExt, Order, Query};
use playback_examples::pricing;
use playback_examples::recording::{Error, Place, Served, record_a_day};
use playback_examples::reports::write_reports;
use playback_examples::tuner::studio;
use playback_studio::{Gate, Risk};

/// Emptied at the start of every run; nothing else is touched.
const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/recordings");
/// Where reports are written.
const REPORTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/reports");

#[tokio::main]
async fn main() -> Result<(), Error> {
    let place = Place::empty(DIRECTORY)?;

    println!("1. A shop serves a day's requests on a SQLite database, and every one is recorded.\n");
    for served in record_a_day(&place).await? {
        println!("   {}", line(&served));
    }

    println!("\n2. This is what was recorded of the first, in target/recordings:\n");
    let cassette = place.cassette()?;
    let first = Query::new().category("Checkout").order(Order::OldestFirst).limit(1);
    for found in cassette.find_all(&first).await? {
        println!("   {}", found.id);
        for call in cassette.load(&found.id).await?.tape().calls() {
            println!("   {call:?}");
        }
    }

    // The database was closed after the recording. Should anything still try to run for real, it is refused.
    playback_core::refuse_escapes();

    println!(
        "\n3. All of them replayed on the same code, without a database. What comes in is answered from the"
    );
    println!("   recordings, what goes out is captured and compared.\n");
    print(&studio(&place, pricing::v1::price)?.play().await.to_string());

    println!(
        "\n4. All of them replayed on the code that is to be released, examples/src/pricing/v2.rs. What would it"
    );
    println!(
        "   change? Discounts are rounded otherwise, members earn points, one refusal is gone, one is new.\n"
    );
    let report = studio(&place, pricing::v2::price)?.play().await;
    print(&report.to_string());

    println!("\n   Nothing was sold twice: no request, no query and no order was made in 3 and 4.");

    println!(
        "\n5. The same report in its other forms, in target/reports, and what a pipeline makes of it:\n"
    );
    for path in write_reports(&report, Path::new(REPORTS))? {
        println!("   {}", path.file_name().unwrap_or_default().display());
    }
    // Points are new and wanted, and that a refusal is gone is fine. The rest is for somebody to look at.
    let gate = Gate::default().accept(Risk::FieldAdded).accept_fixed();
    let judgement = report.judge(&gate);
    println!("\n   {judgement}: exit code {}", judgement.outcome.code());
    Ok(())
}

fn line(Served { operation, request, outcome }: &Served) -> String {
    let items: Vec<String> =
        request.items.iter().map(|(sku, quantity)| format!("{quantity} {sku}")).collect();
    let asked = format!("{operation:<9} customer {:>2}: {}", request.customer_id, items.join(", "));
    match outcome {
        Ok((Some(number), total)) => format!("{asked:<48} {total:>5} cents, order {number}"),
        Ok((None, total)) => format!("{asked:<48} {total:>5} cents"),
        Err(error) => format!("{asked:<48} refused: {error}"),
    }
}

fn print(report: &str) {
    report.lines().for_each(|line| println!("{}", format!("   {line}").trim_end()));
}
