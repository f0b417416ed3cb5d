//! `stats`: what makes recordings big.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::Write;

use futures::StreamExt;
use futures::stream;
use playback_cassette::Opened;
use playback_core::Kind;

use super::columns::{Columns, Side};
use super::failure::{Exit, Stop};
use super::screen::Screen;
use super::select::Selection;
use super::store::{Access, StoreArgs};
use super::words::{self, count, harmless, harmless_json};

/// How many of the largest recordings are listed.
const LARGEST: usize = 5;
/// How many recordings are read at the same time.
const CONCURRENT: usize = 8;

/// Shows what makes recordings big: bytes by category and alias
///
/// Sizes are those of the recorded values before compression. The calls of all recordings are read, unless
/// conditions leave some out; the values of large ones are not.
#[derive(Debug, clap::Args)]
pub(crate) struct Stats {
    #[command(flatten)]
    selection: Selection,

    /// As JSON, one object for each category and alias a line
    #[arg(long)]
    json: bool,
}

/// Of all calls of an alias.
#[derive(Default)]
struct Sum {
    calls: usize,
    arguments: u64,
    results: u64,
}

impl Sum {
    fn bytes(&self) -> u64 {
        self.arguments + self.results
    }
}

type Sums = BTreeMap<(String, Kind, String), Sum>;

impl Stats {
    pub(crate) async fn run(self, store: &StoreArgs, screen: &mut Screen) -> Result<Exit, Stop> {
        let store = store.open(Access::Read)?;
        let (found, mut exit) = self.selection.find(&store, screen).await;
        let mut sums = Sums::new();
        let mut read = 0;
        // What the values are is not asked, only how large they are.
        let cassette = store.cassette();
        let mut recordings = stream::iter(&found).map(|found| cassette.open(&found.id)).buffered(CONCURRENT);
        while let Some(recording) = recordings.next().await {
            match recording {
                Ok(recording) => {
                    read += 1;
                    add(&recording, &mut sums);
                }
                Err(error) => {
                    screen.warn(&error.chain());
                    exit = Exit::Failed;
                }
            }
        }
        let mut sums: Vec<_> = sums.into_iter().collect();
        sums.sort_by_key(|(_, sum)| Reverse(sum.bytes()));
        if self.json {
            for ((category, kind, alias), sum) in &sums {
                let json = serde_json::json!({
                    "category": category, "kind": word(*kind), "alias": alias,
                    "calls": sum.calls, "argument_bytes": sum.arguments, "result_bytes": sum.results,
                });
                writeln!(screen, "{}", harmless_json(&json.to_string()))?;
            }
            return Ok(exit);
        }
        if found.is_empty() {
            screen.note(&format!("no recordings of that kind in {}", store.place()));
            return Ok(exit);
        }
        let all: u64 = sums.iter().map(|(_, sum)| sum.bytes()).sum();
        table(&sums, all).write(screen)?;
        let stored: u64 = found.iter().filter_map(|found| found.size).sum();
        let (all, kept) = (words::size(all), words::size(stored));
        writeln!(screen, "\n{}: {all} of values, kept in {kept}", count(read, "recording"))?;
        drop(recordings);
        let mut found = found;
        found.sort_by_key(|found| Reverse(found.size));
        for found in found.iter().take(LARGEST) {
            let size = found.size.map(words::size).unwrap_or_default();
            writeln!(screen, "{size:>10}  {}", harmless(&found.id.to_string()))?;
        }
        Ok(exit)
    }
}

fn add(recording: &Opened, sums: &mut Sums) {
    for call in recording.calls() {
        let key = (recording.id().category().to_owned(), call.kind(), call.alias().to_owned());
        let sum = sums.entry(key).or_default();
        sum.calls += 1;
        sum.arguments += call.argument_length();
        sum.results += call.result_length();
    }
}

fn table(sums: &[((String, Kind, String), Sum)], all: u64) -> Columns {
    let mut columns = Columns::new([
        ("category", Side::Left),
        ("kind", Side::Left),
        ("alias", Side::Left),
        ("calls", Side::Right),
        ("arguments", Side::Right),
        ("results", Side::Right),
        ("share", Side::Right),
    ]);
    for ((category, kind, alias), sum) in sums {
        // The alias of an operation is its category.
        let alias = if *kind == Kind::Operation { "" } else { alias };
        columns.row([
            category.into(),
            word(*kind).into(),
            alias.into(),
            sum.calls.to_string().into(),
            words::size(sum.arguments).into(),
            words::size(sum.results).into(),
            format!("{} %", (sum.bytes() * 100 + all / 2) / all.max(1)).into(),
        ]);
    }
    columns
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Operation => "operation",
        Kind::Input => "input",
        Kind::Output => "output",
        Kind::Data => "data",
    }
}
