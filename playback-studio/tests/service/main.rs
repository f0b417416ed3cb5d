//! A service's own command line, run as people run it: this program again, which then is that command line.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests may fail loudly"
)]

mod command;
mod reviewing;
mod running;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    if let Some(exit) = command::as_service() {
        return exit;
    }
    let test = |(name, run): (&str, fn())| {
        Trial::test(name, move || {
            run();
            Ok(())
        })
    };
    let tests = reviewing::TESTS.iter().chain(running::TESTS).copied().map(test).collect();
    libtest_mimic::run(&Arguments::from_args(), tests).exit_code()
}
