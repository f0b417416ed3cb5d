//! How much memory a process has taken.

use crate::Error;

/// The most memory that a process, `self` or one of a number, ever had at a time, in bytes.
pub(crate) fn peak_of(process: &str) -> Result<u64, Error> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: u64 = line.and_then(|line| line.split_whitespace().next()).ok_or("no VmHWM")?.parse()?;
    Ok(kib * 1024)
}
