//! Running the command, and stores to run it on.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use futures::executor::block_on;
use playback_cassette::{Cassette, Recording, format};
use playback_cassette_s3::ObjectStoreCassette;
use tempfile::TempDir;

use crate::shop;

/// What came of a run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ran {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: Option<i32>,
}

impl Ran {
    /// What was written, of a command that found nothing to object to.
    #[track_caller]
    pub(crate) fn done(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
    }

    /// What was said of what is wrong, of a command that failed.
    #[track_caller]
    pub(crate) fn failed(self) -> String {
        assert_eq!((self.code, self.out.as_str()), (Some(2), ""), "{self:?}");
        self.err
    }
}

/// A directory for a test, with a store in it.
pub(crate) struct Place {
    directory: TempDir,
}

impl Place {
    pub(crate) fn empty() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    /// The shop's recordings, as an object store keeps them.
    pub(crate) fn of_objects() -> Self {
        Self::of(&shop::recordings())
    }

    pub(crate) fn of(recordings: &[Recording]) -> Self {
        let place = Self::empty();
        let cassette = ObjectStoreCassette::local(place.path()).unwrap().read_only(false);
        recordings.iter().for_each(|recording| block_on_tokio(cassette.save(recording)).unwrap());
        place
    }

    /// The shop's recordings, as files.
    pub(crate) fn of_files() -> Self {
        let place = Self::empty();
        for (number, recording) in shop::recordings().iter().enumerate() {
            std::fs::write(place.path().join(format!("{number}.tape")), format::encode(recording).unwrap())
                .unwrap();
        }
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Where the objects of a recording are.
    pub(crate) fn object(&self, tree: &str, number: usize) -> PathBuf {
        let path = shop::recordings()[number].id().to_path();
        self.path().join("tape_recorder_recordings").join(tree).join(path)
    }

    /// Runs the command on the store here.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        ran(self.command(arguments).output().unwrap())
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = playback();
        command.env("PLAYBACK_STORE", self.path()).args(arguments);
        command
    }

    /// What came of a run, without where the test's directory is.
    pub(crate) fn run_here(&self, arguments: &[&str]) -> Ran {
        let here = self.path().to_str().unwrap();
        let Ran { out, err, code } = self.run(arguments);
        Ran { out: out.replace(here, "HERE"), err: err.replace(here, "HERE"), code }
    }
}

/// The command, without what the environment of the test may say.
pub(crate) fn playback() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_playback"));
    for variable in ["PLAYBACK_STORE", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"] {
        command.env_remove(variable);
    }
    command.env("RUST_BACKTRACE", "0").stdin(Stdio::null());
    command
}

pub(crate) fn ran(output: Output) -> Ran {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { out: text(output.stdout), err: text(output.stderr), code: output.status.code() }
}

/// How many bytes the tapes of so many of the shop's recordings take, as it is shown: what a change of their format
/// changes is no matter of the command line.
pub(crate) fn size(numbers: impl IntoIterator<Item = usize>) -> String {
    let recordings = shop::recordings();
    let bytes = |number: usize| format::encode(&recordings[number]).unwrap().len();
    format!("{} B", numbers.into_iter().map(bytes).sum::<usize>())
}

/// Runs what an object store does.
pub(crate) fn block_on_tokio<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let _entered = runtime.enter();
    block_on(future)
}
