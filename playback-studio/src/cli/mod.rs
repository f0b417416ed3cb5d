//! The command line: on any store of recordings, and with a tuner on the service's code.
//!
//! The command `playback` comes with the crate. What replays needs the code, so it comes as a library: this is
//! the whole `main` of a service's own command line, say `src/bin/checkout-replay.rs`.
//!
//! ```no_run
//! # async fn checkout(customer: u64, amount: u64) -> u64 { amount }
//! use playback_studio::cli::Cli;
//! use playback_studio::{Error, Tuning};
//!
//! fn main() -> std::process::ExitCode {
//!     let tuner = |category: &str| match category {
//!         "Checkout" => Ok(Tuning::of(|(customer, amount)| checkout(customer, amount))),
//!         other => Err(Error::from(format!("no operation is called {other}"))),
//!     };
//!     Cli::new(tuner).name("checkout-replay").run()
//! }
//! ```
//!
//! # Floor plan
//!
//! | module | what it holds |
//! |---|---|
//! | `arguments` | the commands and what they share |
//! | `failure` | how a command ends: exit codes |
//! | `store` | opening a store: an object store, or files in a directory |
//! | `id`, `ending`, `when`, `select` | ids, times and conditions as people write them |
//! | `screen`, `columns`, `value`, `words`, `json` | how things are shown, harmless to terminals |
//! | `ls`, `inventory`, `stats`, `verify` | looking at a store |
//! | `show`, `diff` | looking at recordings |
//! | `form`, `convert` | the file of a recording, as a tape and as text |
//! | `copy`, `remove`, `scrub` | changing a store |
//! | `review` | changes of recordings: looked at, accepted, rejected |
//! | `compare`, `left_out`, `replay`, `bench`, `noise` | replaying: many and what of them is not, one for a debugger, one time after time, to find what differs on its own |
//! | `about` | completions and man pages |

mod about;
mod arguments;
mod bench;
mod columns;
mod compare;
mod convert;
mod copy;
mod diff;
mod ending;
mod failure;
mod form;
mod id;
mod inventory;
mod json;
mod left_out;
mod ls;
mod noise;
mod remove;
mod replay;
mod review;
mod screen;
mod scrub;
mod select;
mod show;
mod stats;
mod store;
mod value;
mod verify;
mod when;
mod words;

use std::ffi::OsString;
use std::fmt;
use std::process::ExitCode;
use std::sync::Arc;

use playback_equalizer::Tuner;

use arguments::Arguments;
use failure::Exit;
use screen::Screen;

/// A command line for recordings: all of `playback`'s commands, and with a tuner those that replay.
///
/// See the [module's example](self).
#[derive(Clone)]
#[must_use]
pub struct Cli {
    name: String,
    version: String,
    tuner: Option<Arc<dyn Tuner>>,
}

/// The whole command line of a service: `Cli::new(tuner).run()`.
#[must_use]
pub fn main(tuner: impl Tuner + 'static) -> ExitCode {
    Cli::new(tuner).run()
}

impl Cli {
    /// The command line of a service, whose operations are replayed as `tuner` says.
    pub fn new(tuner: impl Tuner + 'static) -> Self {
        Self { tuner: Some(Arc::new(tuner)), ..Self::without_tuner() }
    }

    /// A command line that knows no code, and so replays nothing: that of `playback` itself.
    pub fn without_tuner() -> Self {
        Self { name: "playback".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned(), tuner: None }
    }

    /// What the command is called in its help; `playback`, unless said otherwise.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// What `--version` says; the version of playback, unless said otherwise.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// Runs what the process's arguments ask for, on a tokio runtime of its own, and gives the exit code that
    /// `main` returns. Operations run on that runtime; a foreground replay on the calling thread.
    ///
    /// In an async `main`, [`run_async`](Self::run_async) does it on the runtime that is there.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
            Ok(runtime) if tokio::runtime::Handle::try_current().is_err() => runtime,
            Ok(runtime) => {
                runtime.shutdown_background();
                return refuse("`Cli::run` was called within a tokio runtime; call `Cli::run_async` there");
            }
            Err(error) => return refuse(&format!("no tokio runtime can be made: {error}")),
        };
        runtime.block_on(self.run_async())
    }

    /// As [`run`](Self::run), on the tokio runtime that it is awaited on, which needs time and I/O enabled.
    pub async fn run_async(self) -> ExitCode {
        self.run_with(std::env::args_os()).await.into()
    }

    async fn run_with(self, arguments: impl IntoIterator<Item = OsString>) -> Exit {
        let matches = match arguments::command(&self.name, &self.version, self.tuner.is_some())
            .try_get_matches_from(arguments)
        {
            Ok(matches) => matches,
            // Help and version are no errors, and go to the standard output.
            Err(error) => {
                let is_error = error.use_stderr();
                let _ = error.print();
                return if is_error { Exit::Failed } else { Exit::Done };
            }
        };
        let arguments = match Arguments::from(&matches) {
            Ok(arguments) => arguments,
            Err(error) => {
                let _ = error.print();
                return Exit::Failed;
            }
        };
        let mut screen = Screen::new(arguments.colour);
        let done = arguments.run(&self, &mut screen).await;
        let written = screen.end();
        done.and_then(|exit| written.map(|()| exit)).unwrap_or_else(|stop| {
            screen.fail(&stop.to_string());
            Exit::Failed
        })
    }
}

impl fmt::Debug for Cli {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cli")
            .field("name", &self.name)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

fn refuse(message: &str) -> ExitCode {
    Screen::new(clap::ColorChoice::Auto).fail(message);
    Exit::Failed.into()
}
