//! The peer in Python: `peer.py` in a virtual environment under `target/`. Without Python or the package it is left out.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use crate::order::Order;
use crate::{Error, target};

const PACKAGE: &str = "playback-studio==0.3.38";

/// A running `peer.py`.
pub(crate) struct Peer {
    process: Child,
    asked: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    /// The peer, or none where it cannot be had, which is said once.
    pub(crate) fn start() -> Result<Option<Self>, Error> {
        static PYTHON: OnceLock<Result<PathBuf, String>> = OnceLock::new();
        let python = PYTHON
            .get_or_init(|| environment().inspect_err(|why| eprintln!("without the peer in Python: {why}")));
        let Ok(python) = python else { return Ok(None) };
        let mut process = Command::new(python)
            .args(["-W", "ignore", concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peer.py")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(mut asked), Some(answers)) = (process.stdin.take(), process.stdout.take()) else {
            return Err("the peer was started without pipes".into());
        };
        writeln!(asked, "{}", serde_json::to_string(&Order::of(20))?)?;
        Ok(Some(Self { process, asked, answers: BufReader::new(answers) }))
    }

    /// What the peer answers if asked for something, so many times.
    pub(crate) fn ask(&mut self, what: &str, times: u64) -> Result<u64, Error> {
        writeln!(self.asked, "{what} {times}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        answer.trim().parse().map_err(|_| format!("the peer answered `{answer}` to {what}").into())
    }

    /// How long the peer says something took, so many times.
    ///
    /// # Panics
    /// If the peer ended: it is asked in the middle of a measurement.
    #[allow(clippy::expect_used, reason = "a bench that cannot go on ends")]
    pub(crate) fn time(&mut self, what: &str, times: u64) -> Duration {
        Duration::from_nanos(self.ask(what, times).expect("the peer answers"))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It ends by itself at the end of its input, and nobody minds if it ended before.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The interpreter of an environment that has the package, made unless it is there.
fn environment() -> Result<PathBuf, String> {
    let directory = target().join("benches").join("python");
    let python = directory.join("bin").join("python");
    if !has_package(&python) {
        run(Command::new("python3").args(["-m", "venv"]).arg(&directory))?;
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet", PACKAGE]))?;
    }
    Ok(python)
}

fn has_package(python: &Path) -> bool {
    let import = ["-c", "import playback.tape_recorder"];
    Command::new(python).args(import).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim())),
    }
}
