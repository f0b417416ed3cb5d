//! The bench suite: `cargo bench -p playback-examples`. The README beside it says what each bench is.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]
#![allow(clippy::indexing_slicing, reason = "a bench that cannot go on ends")]

mod b1_off;
mod b2_encoding;
mod b3_decoding;
mod b4_recording;
mod b5_replaying;
mod basket;
mod order;
mod pairs;
mod peer;
mod table;

use std::process::ExitCode;

use table::Row;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// What a bench found.
type Outcome = Result<Vec<Row>, Error>;

/// All of them, by their names.
const BENCHES: [(&str, fn() -> Outcome); 5] = [
    ("B1", b1_off::run),
    ("B2", b2_encoding::run),
    ("B3", b3_decoding::run),
    ("B4", b4_recording::run),
    ("B5", b5_replaying::run),
];

fn main() -> ExitCode {
    // Cargo adds options of its own.
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let mut rows = Vec::new();
    for (name, run) in BENCHES {
        if !wanted.is_empty() && !wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(name)) {
            continue;
        }
        eprintln!("{name} …");
        match run() {
            Ok(found) => rows.extend(found),
            Err(error) => {
                eprintln!("{name} failed: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    println!("{}", table::markdown(&rows));
    ExitCode::SUCCESS
}
