//! `noise`: rules for what differs on its own.

use std::collections::BTreeMap;
use std::io::Write;
use std::num::NonZeroUsize;

use futures::{StreamExt, future};
use playback_cassette::{CassetteExt, RecordingId};
use playback_equalizer::{Tuner, Tuning, noise};

use super::failure::{Exit, Stop};
use super::left_out;
use super::screen::Screen;
use super::select::Which;
use super::store::{Access, Store, StoreArgs};
use super::words::harmless_json;

/// Replays recordings several times on the same code, and prints rules for what differs all the same
///
/// The rules are TOML, with what was seen as comments, to be read and kept: `noise > rules.toml`, and then `compare
/// --rules rules.toml`. Of an object store those of the last seven days are replayed, unless --since or --until says
/// otherwise, and 20 of each category, unless --limit does, which holds for each; of a directory of files all.
#[derive(Debug, clap::Args)]
pub(crate) struct Noise {
    #[command(flatten)]
    which: Which,

    /// How often each is replayed; twice at least
    #[arg(long, value_name = "COUNT", default_value = "3")]
    times: NonZeroUsize,
}

impl Noise {
    pub(crate) async fn run(
        self,
        store: &StoreArgs,
        tuner: &dyn Tuner,
        screen: &mut Screen,
    ) -> Result<Exit, Stop> {
        let store = store.open(Access::Read)?;
        let mut exit = Exit::Done;
        let mut of_category: BTreeMap<String, Vec<RecordingId>> = BTreeMap::new();
        for id in self.wanted(&store, &mut exit, screen).await? {
            of_category.entry(id.category().to_owned()).or_default().push(id);
        }
        playback_core::refuse_escapes();
        let mut all = noise::Noise::default();
        for (category, ids) in of_category {
            let tuning =
                Tuning::of_category(tuner, &category).map_err(|error| Stop::new(error.to_string()))?;
            let mut unreadable = Vec::new();
            let recordings = store.cassette().load_all(ids).filter_map(|(_, loaded)| {
                future::ready(loaded.map_err(|error| unreadable.push(error.chain())).ok())
            });
            let learned = noise::learn(&tuning, recordings, self.times.get()).await;
            for message in unreadable {
                screen.warn(&message);
                exit = Exit::Failed;
            }
            all.recordings += learned.recordings;
            all.places.extend(learned.places);
            all.failures.extend(learned.failures);
        }
        if all.recordings == 0 {
            screen.note(&format!("no recordings of that kind in {}", store.place()));
            return Ok(exit.max(Exit::Nothing));
        }
        // TOML has the escapes of JSON.
        write!(screen, "{}", harmless_json(&all.to_string()))?;
        Ok(if all.failures.is_empty() { exit } else { Exit::Failed })
    }

    async fn wanted(
        &self,
        store: &Store,
        exit: &mut Exit,
        screen: &mut Screen,
    ) -> Result<Vec<RecordingId>, Stop> {
        if self.which.names_some() {
            let (found, _) = self.which.find(store, screen).await?;
            return Ok(found.into_iter().map(|found| found.id).collect());
        }
        let selection = &self.which.selection;
        let categories = match selection.categories.is_empty() {
            true => store.cassette().categories().await?,
            false => selection.categories_in(store).await?,
        };
        let mut ids = Vec::new();
        for category in categories {
            let query = selection.to_replay(store).category(&category);
            let mut found = store.cassette().find(&query);
            while let Some(found) = found.next().await {
                match found {
                    Ok(found) => ids.push(found.id),
                    Err(error) => {
                        screen.warn(&error.chain());
                        *exit = Exit::Failed;
                    }
                }
            }
            for text in left_out::of_category(category.clone(), selection, store).await {
                screen.note(&format!("left out of {category}: {text}"));
            }
        }
        Ok(ids)
    }
}
