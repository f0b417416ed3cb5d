//! The command `playback`: see [`playback_studio::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    playback_studio::cli::Cli::without_tuner().run()
}
