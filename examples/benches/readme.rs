//! The README of the benches, parts of which they write.

use std::path::PathBuf;
use std::process::Command;

use crate::Error;

/// Where the benches are.
pub(crate) fn directory() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/benches"))
}

/// Puts `text` in place of what stands between the marks of a part.
pub(crate) fn write(part: &str, text: &str) -> Result<(), Error> {
    let file = directory().join("README.md");
    let readme = std::fs::read_to_string(&file)?;
    let (begin, end) = (format!("<!-- begin: {part} -->\n"), format!("<!-- end: {part} -->\n"));
    let (before, rest) = readme.split_once(&begin).ok_or_else(|| format!("the README has no {begin}"))?;
    let (_, after) = rest.split_once(&end).ok_or_else(|| format!("the README has no {end}"))?;
    Ok(std::fs::write(file, format!("{before}{begin}\n{}\n\n{end}{after}", text.trim()))?)
}

/// What was measured, and where, as a sentence.
pub(crate) fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let gib = file("/proc/meminfo", "MemTotal:").and_then(|kib| kib.split(' ').next()?.parse::<f64>().ok());
    let system = file("/etc/os-release", "PRETTY_NAME=").unwrap_or_else(|| std::env::consts::OS.to_owned());
    let words = [
        Some(format!("{cores} cores")),
        file("/proc/cpuinfo", "model name\t:"),
        gib.map(|kib| format!("{:.0} GiB", kib / f64::from(1 << 20))),
        Some(system.trim_matches('"').to_owned()),
        said("rustc", &["--version"])
            .and_then(|version| Some(format!("Rust {}", version.split(' ').nth(1)?))),
    ];
    let machine: Vec<_> = words.into_iter().flatten().collect();
    let commit = said("git", &["rev-parse", "--short", "HEAD"]).unwrap_or_else(|| "no commit".to_owned());
    let day = said("date", &["-u", "+%Y-%m-%d"]).unwrap_or_default();
    format!("Commit {commit}, {day}, on {}.\n", machine.join(", "))
}

/// What follows `name` in the first line that starts with it.
fn file(path: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    text.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
}

fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).current_dir(directory()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
