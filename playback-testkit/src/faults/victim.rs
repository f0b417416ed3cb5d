//! A process that is killed, whose disk is full, or that runs out of file handles.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::process::Output;
use std::process::{Child, Command, Stdio};

/// Says to a process that it is the one that suffers, and where.
const DIRECTORY: &str = "PLAYBACK_TEST_DIRECTORY";

/// This test program once more, as the process that suffers: it runs the same test, which asks
/// [`directory`](Self::directory) which of the two it is.
///
/// ```no_run
/// use playback_testkit::faults::Victim;
///
/// # fn write_until_killed(_: &std::path::Path) -> ! { loop {} }
/// # fn main() -> std::io::Result<()> {
/// // In the test `killed_it_leaves_nothing_half`:
/// if let Some(directory) = Victim::directory() {
///     write_until_killed(&directory);
/// }
/// # let directory = std::path::Path::new("");
/// let mut victim = Victim::of("killed_it_leaves_nothing_half", directory).spawn()?;
/// // Once it has said on its standard output that it has done something:
/// victim.kill()?;
/// victim.wait()?;
/// // Look at what is in the directory.
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Victim {
    test: String,
    directory: PathBuf,
    environment: Vec<(OsString, OsString)>,
}

impl Victim {
    /// The process that runs the test of this name, as `--exact` takes it, in a directory.
    #[must_use]
    pub fn of(test: &str, directory: &Path) -> Self {
        Self { test: test.to_owned(), directory: directory.to_owned(), environment: Vec::new() }
    }

    /// The directory that the process has been given, if this is the one that suffers.
    #[must_use]
    pub fn directory() -> Option<PathBuf> {
        std::env::var_os(DIRECTORY).map(PathBuf::from)
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Starts it. What it prints comes through a pipe, which has to be held on to, or else its printing fails.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn spawn(&self) -> io::Result<Child> {
        let mut command = Command::new(std::env::current_exe()?);
        self.prepare(&mut command).stdout(Stdio::piped()).spawn()
    }

    /// Runs it to its end with files that cannot grow past about 100 KiB, and gives what it printed. That stands in for
    /// a full disk: the write fails in the middle, and no one's permission is needed to set it up.
    ///
    /// # Errors
    /// If it cannot be started.
    #[cfg(unix)]
    pub fn run_on_a_full_disk(&self) -> io::Result<Output> {
        // In blocks of 512 or 1,024 bytes.
        self.run_after("trap '' XFSZ; ulimit -f 100")
    }

    /// Runs it to its end with so many file handles at the most, and gives what it printed. Sockets are file handles, too,
    /// and so are the few that a process has from the start.
    ///
    /// # Errors
    /// If it cannot be started.
    #[cfg(unix)]
    pub fn run_with_file_handles(&self, handles: u32) -> io::Result<Output> {
        self.run_after(&format!("ulimit -n {handles}"))
    }

    /// Runs it to its end under what a line of shell sets up.
    #[cfg(unix)]
    fn run_after(&self, line: &str) -> io::Result<Output> {
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("{line} && exec \"$0\" \"$@\"")).arg(std::env::current_exe()?);
        self.prepare(&mut command).output()
    }

    fn prepare<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        let environment = self.environment.iter().map(|(name, value)| (name, value));
        command.args(["--exact", &self.test, "--nocapture"]).env(DIRECTORY, &self.directory).envs(environment)
    }
}
