//! The commands and what they share.

use std::sync::Arc;

use clap::{ArgMatches, ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand};
use playback_equalizer::Tuner;

use super::failure::{Exit, Stop};
use super::screen::Screen;
use super::store::StoreArgs;
use super::{
    Cli, about, bench, compare, convert, copy, diff, id, ls, noise, remove, replay, review, scrub, show,
    stats, store, verify,
};

/// Looks at recordings of operations, copies them, and keeps them in order
#[derive(Debug, Parser)]
#[command(
    name = "playback",
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 110,
    disable_help_subcommand = true
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    store: StoreArgs,

    /// Colours: auto is on a terminal, unless NO_COLOR is set
    #[arg(long = "color", global = true, value_enum, value_name = "WHEN", default_value_t)]
    pub(crate) colour: ColorChoice,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Ls(ls::Ls),
    Show(show::Show),
    Diff(diff::Diff),
    Stats(stats::Stats),
    Verify(verify::Verify),
    Convert(convert::Convert),
    Review(review::Review),
    Accept(review::Accept),
    Reject(review::Reject),
    Pull(copy::Pull),
    Push(copy::Push),
    Rm(remove::Remove),
    Prune(remove::Prune),
    Scrub(scrub::Scrub),
    Completions(about::Completions),
    Man(about::Man),
    Compare(Box<compare::Compare>),
    Replay(replay::Replay),
    Bench(bench::Bench),
    Noise(noise::Noise),
    Report(Box<compare::Reports>),
}

/// What needs the code of a service.
const REPLAYING: [&str; 4] = ["compare", "replay", "bench", "noise"];

/// The whole command line; what replays is hidden where there is no code to replay.
pub(crate) fn command(name: &str, version: &str, replays: bool) -> clap::Command {
    let hide =
        |command: clap::Command, name| command.mut_subcommand(name, |replaying| replaying.hide(!replays));
    let hide_option = |command: clap::Command, name| {
        command.mut_subcommand(name, |command| command.mut_arg("replay", |replay| replay.hide(!replays)))
    };
    let command = REPLAYING.into_iter().fold(Arguments::command(), hide);
    let command = command.mut_subcommands(|command| with_examples_of(command, name));
    ["review", "accept"]
        .into_iter()
        .fold(command, hide_option)
        .name(name.to_owned())
        .bin_name(name.to_owned())
        .version(version.to_owned())
        .after_help(format!("{}\n\n{}\n\n{}", store::HELP, id::HELP, Exit::HELP))
}

/// Has the examples in a command's help name the command that people run.
fn with_examples_of(command: clap::Command, name: &str) -> clap::Command {
    let named =
        |text: &clap::builder::StyledStr| text.to_string().replace("`playback ", &format!("`{name} "));
    let (about, long_about) = (command.get_about().map(named), command.get_long_about().map(named));
    let command = about.into_iter().fold(command, clap::Command::about);
    long_about.into_iter().fold(command, clap::Command::long_about)
}

/// How a service's operations are replayed, if the command knows any.
fn tuner(cli: &Cli) -> Result<Arc<dyn Tuner>, Stop> {
    cli.tuner.clone().ok_or_else(|| {
        Stop::new(format!(
            "`{}` knows no code to replay; make a command line of your service's own, a `main` of ten lines: see \
             `playback_studio::cli`",
            cli.name
        ))
    })
}

impl Arguments {
    pub(crate) fn from(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Self::from_arg_matches(matches)
    }

    pub(crate) async fn run(self, cli: &Cli, screen: &mut Screen) -> Result<Exit, Stop> {
        let store = &self.store.of_command(&cli.name);
        let whole = || command(&cli.name, &cli.version, cli.tuner.is_some());
        match self.command {
            Command::Ls(ls) => ls.run(store, screen).await,
            Command::Show(show) => show.run(store, screen).await,
            Command::Diff(diff) => diff.run(store, screen).await,
            Command::Stats(stats) => stats.run(store, screen).await,
            Command::Verify(verify) => verify.run(store, screen).await,
            Command::Convert(convert) => convert.run(store, screen).await,
            Command::Review(review) => review.run(store, || tuner(cli), screen).await,
            Command::Accept(accept) => accept.run(store, || tuner(cli), screen).await,
            Command::Reject(reject) => reject.run(store, screen).await,
            Command::Pull(pull) => pull.run(store, screen).await,
            Command::Push(push) => push.run(store, screen).await,
            Command::Rm(remove) => remove.run(store, screen).await,
            Command::Prune(prune) => prune.run(store, screen).await,
            Command::Scrub(scrub) => scrub.run(store, screen).await,
            Command::Completions(completions) => completions.run(whole(), screen),
            Command::Compare(compare) => compare.run(store, tuner(cli)?, screen).await,
            Command::Replay(replay) => replay.run(store, &*tuner(cli)?, screen).await,
            Command::Bench(bench) => bench.run(store, &*tuner(cli)?, screen).await,
            Command::Noise(noise) => noise.run(store, &*tuner(cli)?, screen).await,
            Command::Report(reports) => reports.run(screen),
            Command::Man(man) => man.run(whole(), screen),
        }
    }
}
