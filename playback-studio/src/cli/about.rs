//! `completions` and `man`: what packagers and shells ask for.

use std::io::Write;
use std::path::PathBuf;

use clap_complete::Shell;

use super::failure::{Exit, Stop};
use super::form;
use super::screen::Screen;

/// Prints the completions for a shell, such as `playback completions bash > /etc/bash_completion.d/playback`
#[derive(Debug, clap::Args)]
pub(crate) struct Completions {
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the man page, or writes those of all commands to a directory
#[derive(Debug, clap::Args)]
pub(crate) struct Man {
    /// Where to write the pages of all commands
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

impl Completions {
    pub(crate) fn run(&self, mut command: clap::Command, screen: &mut Screen) -> Result<Exit, Stop> {
        let name = command.get_name().to_owned();
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, name, &mut script);
        screen.write_all(&script)?;
        Ok(Exit::Done)
    }
}

impl Man {
    pub(crate) fn run(&self, command: clap::Command, screen: &mut Screen) -> Result<Exit, Stop> {
        match &self.to {
            None => {
                let mut page = Vec::new();
                clap_mangen::Man::new(command).render(&mut page)?;
                screen.write_all(&page)?;
            }
            Some(directory) => {
                let failed = |error| {
                    form::failed("write man pages to", directory, "name one that you may write to", error)
                };
                std::fs::create_dir_all(directory)
                    .and_then(|()| clap_mangen::generate_to(command, directory))
                    .map_err(failed)?;
            }
        }
        Ok(Exit::Done)
    }
}
