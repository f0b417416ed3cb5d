//! `ls`: what there is.

use std::collections::BTreeMap;
use std::io::Write;

use futures::StreamExt;
use playback_cassette::{Found, format};

use super::columns::{Cell, Columns, Side};
use super::failure::{Exit, Stop};
use super::inventory::inventory;
use super::screen::{BAD, CHANGED, Screen};
use super::select::Selection;
use super::store::{Access, Store, StoreArgs};
use super::words::{self, harmless_json};

/// How many recordings are listed, unless `--limit` says otherwise.
const LIMIT: usize = 50;

/// Lists the categories, or recordings
///
/// Without arguments: each category with the number of its recordings, their size and their days. With a category, a
/// condition or an order: the recordings, the newest first, 50 of them unless --limit says otherwise; `ls '*'` lists those of
/// all categories.
#[derive(Debug, clap::Args)]
pub(crate) struct Ls {
    /// Recordings of these categories; `*` stands for any text
    #[arg(id = "named", value_name = "CATEGORY")]
    categories: Vec<String>,

    #[command(flatten)]
    selection: Selection,

    /// As JSON, one object a line
    #[arg(long, conflicts_with = "ids")]
    json: bool,

    /// The ids of recordings and nothing else
    #[arg(long)]
    ids: bool,
}

impl Ls {
    pub(crate) async fn run(mut self, store: &StoreArgs, screen: &mut Screen) -> Result<Exit, Stop> {
        let store = store.open(Access::Read)?;
        self.selection.categories.append(&mut self.categories);
        if self.selection.is_unsaid() && !self.ids {
            return categories(&store, self.json, screen).await;
        }
        self.recordings(&store, screen).await
    }

    async fn recordings(&self, store: &Store, screen: &mut Screen) -> Result<Exit, Stop> {
        let limit = self.selection.limit.unwrap_or(if self.json || self.ids { usize::MAX } else { LIMIT });
        // One more is asked for, to know whether there are more.
        let query = self.selection.query().limit(limit.saturating_add(1));
        let mut found = store.cassette().find(&query);
        let (mut listed, mut exit, mut more) = (Vec::new(), Exit::Done, false);
        let mut number = 0;
        while screen.is_read()
            && let Some(found) = found.next().await
        {
            match found {
                Ok(_) if number == limit => more = self.selection.limit.is_none(),
                Ok(found) => {
                    number += 1;
                    match (self.ids, self.json) {
                        (true, _) => writeln!(screen, "{}", words::harmless(&found.id.to_string()))?,
                        (_, true) => json(&found, screen)?,
                        _ => listed.push(found),
                    }
                }
                Err(error) => {
                    screen.warn(&error.chain());
                    exit = Exit::Failed;
                }
            }
        }
        if self.ids || self.json {
            return Ok(exit);
        }
        if listed.is_empty() {
            screen.note(&format!("no recordings of that kind in {}", store.place()));
            return Ok(exit);
        }
        table(&listed).write(screen)?;
        if more {
            screen.note(&format!("the first {limit}; there are more, and --limit shows them"));
        }
        Ok(exit)
    }
}

fn json(found: &Found, screen: &mut Screen) -> Result<(), Stop> {
    let json = format::metadata_to_json(found)?;
    writeln!(screen, "{}", harmless_json(&String::from_utf8_lossy(&json)))?;
    Ok(())
}

/// A row for each recording.
pub(crate) fn table(found: &[Found]) -> Columns {
    let mut columns = Columns::new([
        ("recorded", Side::Left),
        ("took", Side::Right),
        ("size", Side::Right),
        ("id", Side::Left),
        ("", Side::Left),
    ]);
    for Found { id, metadata, size, .. } in found {
        let state = match (metadata.failed, metadata.incomplete) {
            (_, true) => Cell::styled("incomplete", BAD),
            (true, _) => Cell::styled("failed", CHANGED),
            _ => "".into(),
        };
        columns.row([
            words::moment(metadata.recorded_at).into(),
            words::duration(metadata.duration).into(),
            size.map(words::size).unwrap_or_default().into(),
            id.to_string().into(),
            state,
        ]);
    }
    columns
}

#[derive(Default)]
struct Category {
    recordings: usize,
    bytes: u64,
    /// The first and the last.
    days: Option<(String, String)>,
}

async fn categories(store: &Store, as_json: bool, screen: &mut Screen) -> Result<Exit, Stop> {
    let mut exit = Exit::Done;
    let inventory = inventory(store).await?;
    for problem in &inventory.unreadable {
        screen.warn(problem);
        exit = Exit::Failed;
    }
    let mut categories: BTreeMap<&str, Category> = BTreeMap::new();
    // What has no metadata is not there yet, or not any more.
    for stored in inventory.recordings.iter().filter(|stored| stored.metadata.is_some()) {
        let category = categories.entry(stored.id.category()).or_default();
        category.recordings += 1;
        category.bytes += stored.tape.unwrap_or(0);
        let day = stored.id.day().to_owned();
        let (first, _) = category.days.get_or_insert_with(|| (day.clone(), day.clone())).clone();
        // They come in the order of their ids, which is that of their days.
        category.days = Some((first, day));
    }
    if as_json {
        for (name, Category { recordings, bytes, days }) in &categories {
            let (first, last) = days.clone().unwrap_or_default();
            let json = serde_json::json!({
                "category": name, "recordings": recordings, "bytes": bytes,
                "first_day": words::day(&first), "last_day": words::day(&last),
            });
            writeln!(screen, "{}", harmless_json(&json.to_string()))?;
        }
        return Ok(exit);
    }
    if categories.is_empty() {
        screen.note(&format!("no recordings in {}", store.place()));
        return Ok(exit);
    }
    let mut columns = Columns::new([
        ("category", Side::Left),
        ("recordings", Side::Right),
        ("size", Side::Right),
        ("days", Side::Left),
    ]);
    for (name, category) in &categories {
        columns.row(row(name, category));
    }
    if categories.len() > 1 {
        let all = Category {
            recordings: categories.values().map(|category| category.recordings).sum(),
            bytes: categories.values().map(|category| category.bytes).sum(),
            days: None,
        };
        columns.row(row("all", &all));
    }
    columns.write(screen)?;
    Ok(exit)
}

fn row(name: &str, category: &Category) -> [Cell; 4] {
    let days = match &category.days {
        Some((first, last)) if first == last => words::day(first),
        Some((first, last)) => format!("{} to {}", words::day(first), words::day(last)),
        None => String::new(),
    };
    [name.into(), category.recordings.to_string().into(), words::size(category.bytes).into(), days.into()]
}
