//! The bench suite: `bash examples/benches/run`. The README beside it says what each bench is.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a bench that cannot go on ends"
)]

mod b10_saving;
mod b11_reading;
mod b12_depending;
mod b1_off;
mod b2_encoding;
mod b3_decoding;
mod b4_recording;
mod b5_replaying;
mod b6_comparing;
mod b7_serving;
mod b8_bytes;
mod b9_finding;
mod basket;
mod distant;
mod many;
mod memory;
mod order;
#[allow(dead_code, reason = "what scale uses of it")]
mod pairs;
mod peer;
mod readme;
#[path = "../../playback-cassette-s3/tests/s3_server/mod.rs"]
mod s3_server;
#[path = "counts/subjects.rs"]
mod subjects;
mod table;
#[path = "counts/valgrind.rs"]
mod valgrind;

use std::path::PathBuf;
use std::process::ExitCode;

use table::Row;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// What a bench found.
type Outcome = Result<Vec<Row>, Error>;

/// A name, and what measures it.
type Bench = (&'static str, fn() -> Outcome);

const BENCHES: [Bench; 12] = [
    ("B1", b1_off::run),
    ("B2", b2_encoding::run),
    ("B3", b3_decoding::run),
    ("B4", b4_recording::run),
    ("B5", b5_replaying::run),
    ("B6", b6_comparing::run),
    ("B7", b7_serving::run),
    ("B8", b8_bytes::run),
    ("B9", b9_finding::run),
    ("B10", b10_saving::run),
    ("B11", b11_reading::run),
    ("B12", b12_depending::run),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match &arguments[..] {
        [alone, what, directory] if alone == "--alone" => b11_reading::alone(what, directory),
        [subject, name, times] if subject == "--subject" => subjects::run(name, times),
        _ => measure(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the benches that are named, or all, and prints the table.
fn measure(arguments: &[String]) -> Result<(), Error> {
    // Cargo adds options of its own.
    let (options, wanted): (Vec<&String>, Vec<&String>) =
        arguments.iter().partition(|one| one.starts_with('-'));
    let to_readme = options.iter().any(|option| *option == "--readme");
    if let Some(unknown) =
        wanted.iter().find(|wanted| BENCHES.iter().all(|(name, _)| !wanted.eq_ignore_ascii_case(name)))
    {
        return Err(format!("no bench is called {unknown}; there are B1 to B{}", BENCHES.len()).into());
    }
    let (mut rows, mut failed) = (Vec::new(), Vec::new());
    for (name, run) in BENCHES {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(name)) {
            eprintln!("{name} …");
            match run() {
                Ok(found) => rows.extend(found),
                Err(error) => failed.push(format!("{name} failed: {error}")),
            }
        }
    }
    let directory = target().join("benches");
    std::fs::create_dir_all(&directory)?;
    std::fs::write(directory.join("results.json"), serde_json::to_vec_pretty(&rows)?)?;
    let table = table::markdown(&rows);
    println!("{table}");
    if to_readme {
        readme::write("results", &format!("{}\n{table}", readme::machine()))?;
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n").into()) }
}

/// Cargo's directory of what it builds.
fn target() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("..")
}

/// A directory of its own, gone when it is dropped.
fn scratch() -> Result<tempfile::TempDir, Error> {
    Ok(tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?)
}
