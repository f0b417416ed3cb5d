//! `compare`: many recordings replayed, and reported.

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{Either, select};
use playback_equalizer::{Error, Rules, Tuner, Tuning};

use super::failure::{Exit, Stop};
use super::left_out;
use super::screen::Screen;
use super::select::Selection;
use super::store::{Access, Store, StoreArgs};
use crate::report::shards;
use crate::{Gate, Progress, Report, Shard, Studio, Workers, stop_on_ctrl_c};

/// Replays recordings, compares each with what was recorded, and reports
///
/// Of an object store those of the last seven days, unless --since or --until says otherwise, and 20 of each category,
/// unless --limit does, which holds for each; of a directory of files all. The report says what was left out.
#[derive(Debug, clap::Args)]
pub(crate) struct Compare {
    /// These recordings and no others: their ids, or any ends of them that only one has
    #[arg(value_name = "ID")]
    ids: Vec<String>,

    #[command(flatten)]
    selection: Selection,

    /// Only this part of the recordings, such as 3/8; `auto` is the one that the CI names
    #[arg(long, value_name = "NUMBER/OF")]
    shard: Option<String>,

    /// How many are replayed at the same time; twice as many as there are cores and 8 at the least, unless said otherwise:
    /// some wait for what they load
    #[arg(short, long, value_name = "COUNT")]
    jobs: Option<NonZeroUsize>,

    /// Replays in processes of their own, as many as --jobs says: code that aborts then costs one recording, not the run
    #[arg(long)]
    workers: bool,

    /// How long one replay may take, such as 30s
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration, default_value = "1m")]
    time_limit: Duration,

    /// Differences that do not matter, as a file of rules says
    #[arg(long, value_name = "FILE")]
    rules: Vec<PathBuf>,

    #[command(flatten)]
    output: ReportArgs,
}

/// Works with reports that were written
#[derive(Debug, clap::Args)]
pub(crate) struct Reports {
    #[command(subcommand)]
    command: ReportCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ReportCommand {
    /// Makes one report of those of all shards
    ///
    /// One that is missing is named, and makes the exit code 2. Recordings that several reports have are kept once.
    Merge {
        /// The reports, as --json wrote them
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,

        /// Only warns of shards that are missing, as where others are merged later
        #[arg(long)]
        partial: bool,

        #[command(flatten)]
        output: ReportArgs,
    },
}

/// What becomes of a report.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Report")]
struct ReportArgs {
    /// Writes the report as one page that needs nothing else
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Writes the report as JSON, which `report merge` reads
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Writes the report as JUnit's XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,

    /// Writes a summary for a pull request
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,

    /// What makes the exit code 1: `any`, less some as in any,-field-added, or a list as in failed,output-missing
    #[arg(long, value_name = "LIST", default_value = "any", allow_hyphen_values = true)]
    fail_on: Gate,

    /// Prints no report, only whether it passes
    #[arg(short, long)]
    quiet: bool,
}

impl Compare {
    pub(crate) async fn run(
        self,
        store: &StoreArgs,
        tuner: Arc<dyn Tuner>,
        screen: &mut Screen,
    ) -> Result<Exit, Stop> {
        let store = store.open(Access::Read)?;
        let mut studio = self.studio(&store, tuner).await?;
        // This process does nothing but replay.
        playback_core::refuse_escapes();
        let progress = if self.output.quiet { Progress::quiet() } else { Progress::auto() };
        // Without it Ctrl-C ends the process at once, which is no reason not to begin.
        let mut report = match stop_on_ctrl_c() {
            Err(_) => studio.play_with(progress).await,
            Ok(stop) => {
                let stopped = stop.stopped();
                studio = studio.stop(stop);
                match select(pin!(studio.play_with(progress)), pin!(stopped)).await {
                    Either::Left((report, _)) => report,
                    Either::Right(((), playing)) => {
                        screen.note(
                            "interrupted: what is in work is ended, and reported; once more ends at once",
                        );
                        playing.await
                    }
                }
            }
        };
        if self.ids.is_empty() && !report.interrupted {
            left_out::note(&mut report, &self.selection, &store).await;
        }
        self.output.publish(&report, screen)
    }

    async fn studio(&self, store: &Store, tuner: Arc<dyn Tuner>) -> Result<Studio, Stop> {
        let mut rules = Rules::new();
        for file in &self.rules {
            rules = rules.and(&Rules::load(file).map_err(|error| Stop::new(error.to_string()))?);
        }
        let tuner =
            move |category: &str| -> Result<Tuning, Error> { Ok(tuner.tune(category)?.rules(&rules)) };
        let mut studio = Studio::new(store.shared(), tuner).time_limit(self.time_limit);
        studio = match (self.ids.is_empty(), self.selection.is_unsaid()) {
            (false, false) => {
                return Err(Stop::new("ids and conditions exclude each other; give one of them"));
            }
            (false, true) => {
                let mut ids = Vec::new();
                for text in &self.ids {
                    ids.push(store.resolve(text).await?);
                }
                studio.recordings(ids)
            }
            (true, _) => self.wanted(studio, store).await?,
        };
        if let Some(jobs) = self.jobs {
            studio = studio.concurrency(jobs);
        }
        if self.workers {
            studio = studio.workers(Workers::new());
        }
        if let Some(shard) = self.shard()? {
            studio = studio.shard(shard);
        }
        Ok(studio)
    }

    async fn wanted(&self, studio: Studio, store: &Store) -> Result<Studio, Stop> {
        let studio = studio.lookup(self.selection.to_replay(store));
        let categories = self.selection.categories_in(store).await?;
        Ok(if categories.is_empty() && self.selection.categories.is_empty() {
            studio
        } else {
            studio.categories(categories)
        })
    }

    fn shard(&self) -> Result<Option<Shard>, Stop> {
        let shard = match self.shard.as_deref() {
            None => Ok(None),
            Some("auto") => Shard::from_env(),
            Some(shard) => shard.parse().map(Some),
        };
        shard.map_err(|error| Stop::new(error.to_string()))
    }
}

impl Reports {
    pub(crate) fn run(self, screen: &mut Screen) -> Result<Exit, Stop> {
        let ReportCommand::Merge { files, partial, output } = self.command;
        let mut whole = Report::default();
        for file in files {
            whole.merge(Report::read_json(file).map_err(|error| Stop::new(error.to_string()))?);
        }
        if whole.shards.doubled().next().is_some() {
            let doubled = shards::listed(whole.shards.doubled());
            screen.warn(&format!("there is more than one report of {doubled}; each recording is kept once"));
        }
        if !whole.shards.is_complete() {
            let missing = missing(&whole);
            match partial {
                true => screen.warn(&missing),
                // A failure of the run, in all forms of the report: what is not there was not equal.
                false => whole.fail(missing),
            }
        }
        output.publish(&whole, screen)
    }
}

/// Which shards are missing, and of which categories if not of all.
fn missing(whole: &Report) -> String {
    let shards = shards::listed(whole.shards.missing());
    let of = match whole.shards.incomplete().count() {
        0 => String::new(),
        all if all == whole.categories.len() => String::new(),
        _ => format!(" of {}", shards::listed(whole.shards.incomplete())),
    };
    // Each lists the categories of the store for itself, unless it is told.
    let hint =
        if of.is_empty() { "" } else { ", or name the categories by `--category`, lest one be new to some" };
    format!(
        "there is no report of the shards {shards}{of}; see why they wrote none, and merge those too{hint}"
    )
}

impl ReportArgs {
    /// Prints the report, writes the files that are asked for, and says whether it passes.
    fn publish(&self, report: &Report, screen: &mut Screen) -> Result<Exit, Stop> {
        let Self { html, json, junit, markdown, fail_on, quiet } = self;
        let written = [
            html.as_ref().map(|file| report.write_html(file)),
            json.as_ref().map(|file| report.write_json(file)),
            junit.as_ref().map(|file| report.write_junit(file, fail_on)),
            markdown.as_ref().map(|file| report.write_markdown(file, fail_on)),
        ];
        for written in written.into_iter().flatten() {
            written.map_err(|error| Stop::new(error.to_string()))?;
        }
        let judgement = report.judge(fail_on);
        if !quiet {
            write!(screen, "{}", report.terminal().coloured(true))?;
        }
        screen.note(&judgement.to_string());
        Ok(judgement.outcome.into())
    }
}
