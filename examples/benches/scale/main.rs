//! How cost grows: with the entries of a recording, the size of a value, the recordings of a store, and what runs at the
//! same time. Prints a table; with `--readme` it writes it, and the plot `scale.svg`, into the README of the benches.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a bench that cannot go on ends"
)]

mod growth;
#[path = "../many.rs"]
mod many;
#[allow(dead_code, reason = "the suite uses all of it")]
#[path = "../pairs.rs"]
mod pairs;
mod plot;
#[path = "../readme.rs"]
mod readme;
#[allow(dead_code, reason = "the suite uses all of it")]
#[path = "../table.rs"]
mod table;

mod at_once;
mod entries;
mod recordings;
mod values;

use std::process::ExitCode;

use growth::Growth;

type Error = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    match measure(std::env::args().any(|argument| argument == "--readme")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(to_readme: bool) -> Result<(), Error> {
    let grown = [entries::run, values::run, recordings::run, at_once::run]
        .map(|run: fn() -> Result<Growth, Error>| run());
    let grown = grown.into_iter().collect::<Result<Vec<_>, _>>()?;
    let tables: Vec<_> = grown.iter().map(Growth::markdown).collect();
    let text = tables.join("\n");
    println!("{text}");
    if to_readme {
        plot::draw(&grown, readme::directory().join("scale.svg"))?;
        readme::write(
            "scale",
            &format!("{}\n![The costs of the table, as curves](scale.svg)\n\n{text}", readme::machine()),
        )?;
    }
    Ok(())
}
