//! Counts what the hot paths take, instructions and allocations, and holds them to `bounds.txt`.
//!
//! Counts do not depend on what else the machine does, so a test may be decided by them. Each subject runs in a process of
//! its own under valgrind, a few times and then more often; the difference is what the further runs took. So nothing has
//! to be marked or switched in the code, and the start of the process does not count.
//!
//!     cargo bench -p playback-counts                 counts, compares, and fails if a bound is passed
//!     cargo bench -p playback-counts -- --rebound    counts, and writes new bounds
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]
#![allow(clippy::expect_used, reason = "a count that cannot go on ends")]

#[allow(dead_code, reason = "the suite uses all of it")]
#[path = "../basket.rs"]
mod basket;
mod bounds;
#[allow(dead_code, reason = "the suite uses all of it")]
#[path = "../order.rs"]
mod order;
mod subjects;
mod valgrind;

use std::process::ExitCode;

use bounds::Bounds;
use subjects::{OTHERS, OURS};

type Error = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let done = match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => count().and_then(|counted| Bounds::read()?.hold(&counted)),
        ["--rebound"] => count().and_then(|counted| Bounds::of(&counted).write()),
        ["--subject", name, times] => subjects::run(name, times),
        _ => Err("arguments are none, or --rebound".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// What one run of a subject takes.
struct Counted {
    name: &'static str,
    instructions: f64,
    allocations: f64,
}

/// Counts all there is, and returns what is ours.
fn count() -> Result<Vec<Counted>, Error> {
    if !valgrind::is_there() {
        return Err("counting takes valgrind: apt-get install valgrind".into());
    }
    println!("{:<28} {:>12} {:>11}", "one run of", "instructions", "allocations");
    let counted = OURS.iter().map(|(name, _)| count_one(name)).collect();
    for (name, _) in OTHERS {
        count_one(name)?;
    }
    counted
}

fn count_one(name: &'static str) -> Result<Counted, Error> {
    let counted = Counted {
        name,
        instructions: valgrind::instructions(name)?,
        allocations: valgrind::allocations(name)?,
    };
    println!("{name:<28} {:>12.1} {:>11.2}", counted.instructions, counted.allocations);
    Ok(counted)
}
