//! B12: what depending on core costs: crates, and the seconds of a build from nothing, against serde with its derives.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::pairs::median;
use crate::table::{Goal, Quantity, Row};
use crate::{Error, Outcome};

/// How often each is built.
const ROUNDS: usize = 3;

const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

pub(crate) fn run() -> Outcome {
    let directory = crate::scratch()?;
    let core =
        |rest: &str| format!("playback-core = {{ path = {:?}{rest} }}", format!("{WORKSPACE}/playback-core"));
    let serde = package(directory.path(), "derives", r#"serde = { version = "1", features = ["derive"] }"#)?;
    let without = package(directory.path(), "without-macros", &core(", default-features = false"))?;
    let with = package(directory.path(), "with-macros", &core(""))?;

    let mut seconds = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (package, seconds) in [&serde, &without, &with].into_iter().zip(&mut seconds) {
            seconds.push(build(package)?);
        }
    }
    let ratio =
        |one: &[f64], other: &[f64]| median(one.iter().zip(other).map(|(one, other)| one / other).collect());
    let time = |seconds: &[f64]| Quantity::Nanoseconds(median(seconds.to_vec()) * 1e9);
    let row = |name: &str, ours: &[f64]| {
        let name = format!("building core {name}, against serde with derives");
        Row::new("B12", name, time(ours), time(&seconds[0])).ratio(ratio(ours, &seconds[0]))
    };
    let crates = |package: &Path| Ok::<_, Error>(Quantity::Count(crates(package)? as f64));
    let counted = |name: &str, package: &Path, most: f64| {
        let row = Row::new(
            "B12",
            format!("crates of core {name}, of those allowed"),
            crates(package)?,
            Quantity::Count(most),
        );
        Ok::<_, Error>(row)
    };
    Ok(vec![
        counted("without macros", &without, 12.0)?.goal(Goal::AtMost(1.0)),
        Row::new(
            "B12",
            "crates of core as it is by default, against serde with derives",
            crates(&with)?,
            crates(&serde)?,
        ),
        row("without macros", &seconds[1]),
        row("as it is by default", &seconds[2]).goal(Goal::AtMost(2.5)),
    ])
}

/// A package that depends on one thing, in the versions of this workspace.
fn package(directory: &Path, name: &str, dependency: &str) -> Result<PathBuf, Error> {
    let package = directory.join(name);
    fs::create_dir_all(package.join("src"))?;
    fs::write(package.join("src/lib.rs"), "")?;
    fs::copy(format!("{WORKSPACE}/Cargo.lock"), package.join("Cargo.lock"))?;
    let manifest = format!(
        "[package]\nname = {name:?}\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n{dependency}\n"
    );
    fs::write(package.join("Cargo.toml"), manifest)?;
    Ok(package)
}

fn cargo(package: &Path, arguments: &[&str]) -> Result<String, Error> {
    let mut command = Command::new(env!("CARGO"));
    command.args(arguments).arg("--offline").current_dir(package);
    // What cargo says to a bench is not for the builds that it starts.
    command.env_remove("CARGO_TARGET_DIR").env("CARGO_TARGET_DIR", package.join("target"));
    let output = command.output()?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}

/// The seconds of a build from nothing.
fn build(package: &Path) -> Result<f64, Error> {
    let target = package.join("target");
    if target.exists() {
        fs::remove_dir_all(target)?;
    }
    let began = Instant::now();
    cargo(package, &["build"])?;
    Ok(began.elapsed().as_secs_f64())
}

/// How many crates it is built with, without itself.
fn crates(package: &Path) -> Result<usize, Error> {
    let tree = cargo(package, &["tree", "-e", "normal", "--prefix", "none", "--no-dedupe"])?;
    let names: BTreeSet<_> = tree.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    Ok(names.len())
}
