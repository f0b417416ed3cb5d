//! Running a subject under valgrind.

use std::process::{Command, Stdio};

use crate::Error;

/// How often a subject runs in the shorter of two processes, so that caches of the code under test are filled.
const FEW: u64 = 200;

/// And how often in the longer one.
const MORE: u64 = 1200;

/// Whether valgrind is installed.
pub(crate) fn is_there() -> bool {
    Command::new("valgrind")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The instructions of one run.
pub(crate) fn instructions(subject: &str) -> Result<f64, Error> {
    a_run(subject, &["--tool=callgrind", "--callgrind-out-file=/dev/null"], "Collected : ")
}

/// The allocations of one run; one that grows counts again.
pub(crate) fn allocations(subject: &str) -> Result<f64, Error> {
    a_run(subject, &["--tool=memcheck", "--undef-value-errors=no", "--leak-check=no"], "total heap usage: ")
}

fn a_run(subject: &str, options: &[&str], before: &str) -> Result<f64, Error> {
    let (few, more) = (total(subject, FEW, options, before)?, total(subject, MORE, options, before)?);
    Ok((more - few) / (MORE - FEW) as f64)
}

/// What stands after `before` in what valgrind says of so many runs.
fn total(subject: &str, times: u64, options: &[&str], before: &str) -> Result<f64, Error> {
    let mut command = Command::new("valgrind");
    command.args(options).arg(std::env::current_exe()?).args(["--subject", subject, &times.to_string()]);
    let output = command.output().map_err(|error| format!("valgrind, which is to be installed: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let number = said.split_once(before).and_then(|(_, rest)| rest.split_whitespace().next());
    match number.map(|number| number.replace(',', "").parse()) {
        Some(Ok(total)) if output.status.success() => Ok(total),
        _ => Err(format!("{command:?} said:\n{said}").into()),
    }
}
