//! What is there of a category and is not replayed, in words.

use futures::StreamExt;
use futures::stream;
use playback_cassette::{Found, Query};

use super::select::Selection;
use super::store::Store;
use crate::Report;

/// How far the recordings of a category are counted, since each is looked at.
const COUNTED: usize = 1_000;
/// How many categories are counted at the same time.
const CONCURRENT: usize = 8;

/// Says in a report what was not replayed of its categories.
pub(crate) async fn note(report: &mut Report, selection: &Selection, store: &Store) {
    let names: Vec<String> = report.categories.iter().map(|category| category.category.clone()).collect();
    let texts: Vec<Vec<String>> = stream::iter(names)
        .map(|name| of_category(name, selection, store))
        .buffered(CONCURRENT)
        .collect()
        .await;
    for (category, texts) in report.categories.iter_mut().zip(texts) {
        category.left_out.extend(texts);
    }
}

/// What is not replayed of a category: what is beyond a limit that nobody gave, and the incomplete recordings. What
/// cannot be read was said when it was looked for.
pub(crate) async fn of_category(name: String, selection: &Selection, store: &Store) -> Vec<String> {
    let counts = Counts::of(name, &selection.to_replay(store), store).await;
    let limit = selection.limit_unsaid(store).filter(|limit| *limit < counts.matching);
    let beyond = limit.map(|limit| {
        let (which, how) = selection.sampled();
        let matching = counts.shown(counts.matching);
        format!("{which}{limit} of {matching}{how}; --limit replays more")
    });
    let incomplete = (counts.incomplete > 0).then(|| {
        let (number, command) = (counts.shown(counts.incomplete), store.command());
        format!(
            "{number} incomplete, whose operation panicked or was cancelled; `{command} ls --filter incomplete=true` \
             lists them"
        )
    });
    beyond.into_iter().chain(incomplete).collect()
}

/// How many recordings of a category there are.
#[derive(Default)]
struct Counts {
    /// Those that the query finds, limit aside.
    matching: usize,
    /// Those that it would find if they were complete.
    incomplete: usize,
}

impl Counts {
    async fn of(category: String, query: &Query, store: &Store) -> Self {
        let query = query.clone().category(category);
        let all = query.clone().include_incomplete(true).limit(COUNTED);
        let mut found = store.cassette().find(&all);
        let mut counts = Self::default();
        while let Some(found) = found.next().await {
            match found {
                Ok(Found { id, metadata, .. }) if query.matches(&id, &metadata) => counts.matching += 1,
                Ok(_) => counts.incomplete += 1,
                Err(_) => {}
            }
        }
        counts
    }

    /// A number of them, which may be more where not all were counted.
    fn shown(&self, number: usize) -> String {
        let all = self.matching + self.incomplete;
        if all < COUNTED { number.to_string() } else { format!("{number} or more") }
    }
}
