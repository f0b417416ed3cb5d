//! The service, its command line, and a directory of its recordings.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use futures::executor::block_on;
use playback_cassette::{Cassette, Fixtures};
use playback_cassette_s3::ObjectStoreCassette;
use playback_core::{input, operation, output};
use playback_studio::cli::Cli;
use playback_studio::{Error, Tuning};
use tempfile::TempDir;

/// Set where this program is the service: `async` for one whose `main` is, and else the version of its code.
const SERVICE: &str = "PLAYBACK_TEST_SERVICE";

/// The service's command line, where this process is that.
pub(crate) fn as_service() -> Option<ExitCode> {
    let version = std::env::var(SERVICE).ok()?;
    let cli = Cli::new(tuner(version.parse().unwrap_or(1))).name("service");
    if version == "async" {
        return Some(tokio::runtime::Runtime::new().unwrap().block_on(async { cli.run() }));
    }
    Some(cli.run())
}

fn tuner(version: u64) -> impl Fn(&str) -> Result<Tuning, Error> + Send + Sync + 'static {
    move |category| match category {
        "Checkout" => Ok(Tuning::of(move |(amount,)| checkout(amount, version))),
        "Ticket" => Ok(Tuning::blocking(|recording| {
            let (name,) = recording.arguments::<(String,)>()?;
            Ok(ticket(&name))
        })),
        "Wait" => Ok(Tuning::blocking(|recording| {
            let (number,) = recording.arguments::<(u64,)>()?;
            Ok(wait(number, || {
                if number > 0 {
                    eprintln!("waiting");
                    std::io::stdin().read_exact(&mut [0]).unwrap();
                }
            }))
        })),
        other => Err(format!("the service has no operation {other}").into()),
    }
}

/// From version to version, it takes another fee.
pub(crate) async fn checkout(amount: u64, version: u64) -> u64 {
    let body = async move {
        let discount: u64 = input("discount").args(&(amount,)).run_async(async { 5 }).await;
        let total = amount - discount + version;
        output("store").argument_names(&["total"]).args(&(total,)).run_async(async {}).await;
        total
    };
    operation("Checkout").argument_names(&["amount"]).args(&(amount,)).run_async(body).await
}

/// Draws a number that no input was made of.
pub(crate) fn ticket(name: &str) -> (String, u64) {
    static DRAWN: AtomicU64 = AtomicU64::new(0);
    operation("Ticket").args(&(name,)).run(|| (name.to_owned(), DRAWN.fetch_add(1_000, Ordering::Relaxed)))
}

/// Replayed, it waits for a byte of the standard input if its number is not 0.
pub(crate) fn wait(number: u64, body: impl FnOnce()) -> u64 {
    operation("Wait").args(&(number,)).run(|| {
        body();
        number
    })
}

#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: Option<i32>,
}

/// A directory of recordings.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn of(record: impl FnOnce()) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let fixtures = Fixtures::writable(directory.path()).unwrap();
        for (number, recording) in playback_testkit::record_blocking(record).recordings.iter().enumerate() {
            fixtures.keep(recording, &format!("number {number}")).unwrap();
        }
        Self(directory)
    }

    /// The same, as an object store keeps them.
    pub(crate) fn of_objects(record: impl FnOnce()) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let cassette = ObjectStoreCassette::local(directory.path()).unwrap().read_only(false);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        for recording in &playback_testkit::record_blocking(record).recordings {
            runtime.block_on(cassette.save(recording)).unwrap();
        }
        Self(directory)
    }

    /// Checkouts of version 1 of the code, of 100, 200 and 300.
    pub(crate) fn of_checkouts() -> Self {
        Self::of(|| {
            for amount in [100, 200, 300] {
                block_on(checkout(amount, 1));
            }
        })
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn file(&self, number: usize) -> PathBuf {
        self.path().join(format!("number {number}.tape.txt"))
    }

    pub(crate) fn pending(&self, number: usize) -> PathBuf {
        self.path().join(format!("number {number}.tape.txt.pending"))
    }

    /// What the totals are in the files of the checkouts.
    pub(crate) fn totals(&self) -> Vec<String> {
        let total = |number| {
            let text = fs::read_to_string(self.file(number)).unwrap();
            text.lines().find_map(|line| line.trim().strip_prefix("total: ")).unwrap().to_owned()
        };
        (0..3).map(total).collect()
    }

    /// The command line of the service on a version of its code.
    pub(crate) fn service(&self, version: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.env(SERVICE, version).env("PLAYBACK_STORE", self.path()).env("NO_COLOR", "1").args(arguments);
        for variable in [
            "PLAYBACK_SHARD",
            "CI_NODE_INDEX",
            "CIRCLE_NODE_INDEX",
            "BUILDKITE_PARALLEL_JOB",
            "JOB_COMPLETION_INDEX",
        ] {
            command.env_remove(variable);
        }
        command.stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, version: &str, arguments: &[&str]) -> Ran {
        ran(self.service(version, arguments).output().unwrap())
    }

    /// The command `playback`, to which the answers are given.
    pub(crate) fn playback(&self, arguments: &[&str], answers: &str) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_playback"));
        command.env("PLAYBACK_STORE", self.path()).env("NO_COLOR", "1").args(arguments);
        answered(command, answers)
    }
}

/// Runs a command on a pipe that nobody reads, and gives it the answers.
pub(crate) fn unread(mut command: Command, answers: &str) -> Ran {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut child = command.stdin(Stdio::piped()).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(answers.as_bytes());
    ran(child.wait_with_output().unwrap())
}

/// Whether there is the command that makes a terminal, as Linux has it.
pub(crate) fn has_script() -> bool {
    let runs = Command::new("script").arg("--version").output().is_ok_and(|output| output.status.success());
    cfg!(target_os = "linux") && runs
}

/// Runs a command, to which the answers are given.
pub(crate) fn answered(mut command: Command, answers: &str) -> Ran {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It may end before it has read them all.
    let _ = child.stdin.take().unwrap().write_all(answers.as_bytes());
    ran(child.wait_with_output().unwrap())
}

fn ran(output: Output) -> Ran {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { out: text(output.stdout), err: text(output.stderr), code: output.status.code() }
}
