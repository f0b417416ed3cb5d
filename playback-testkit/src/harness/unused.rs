//! Recordings that no test replays.

use std::collections::HashSet;
use std::sync::Arc;

use futures::StreamExt;
use libtest_mimic::{Failed, Trial};
use playback_cassette::{Error, Found, Query};
use playback_core::RecordingId;

use super::Replaying;

/// What the test is called.
const NAME: &str = "every recording is replayed";

/// A test that fails if the place has recordings that `query` does not find, and names them.
pub(super) fn trial(replaying: Replaying, query: Query) -> Trial {
    let query = Arc::new(query);
    Trial::test(NAME, move || {
        let failed = |error: Error| Failed::from(error.chain());
        let replayed: HashSet<RecordingId> =
            find(&replaying, &query).map_err(failed)?.into_iter().map(|found| found.id).collect();
        let mut unused = find(&replaying, &Query::new().include_incomplete(true)).map_err(failed)?;
        unused.retain(|found| !replayed.contains(&found.id));
        if unused.is_empty() {
            return Ok(());
        }
        unused.sort_by(|one, other| one.id.cmp(&other.id));
        let lines: Vec<String> = unused.iter().map(|found| line(&replaying, found)).collect();
        Err(format!(
            "recordings that no test replays:{}\nlook for them in the query, record them anew, or take them out",
            lines.concat()
        )
        .into())
    })
}

/// What can be read of what a query finds. What cannot is a test that fails, for itself.
fn find(replaying: &Replaying, query: &Query) -> Result<Vec<Found>, Error> {
    let found = async {
        replaying.cassette.find(query).filter_map(async |found| found.ok()).collect::<Vec<_>>().await
    };
    Ok(replaying.runtime()?.block_on(found))
}

fn line(replaying: &Replaying, found: &Found) -> String {
    let Found { id, metadata, .. } = found;
    let why = if metadata.incomplete { "it is incomplete" } else { "the query leaves it out" };
    match replaying.fixtures.as_ref().and_then(|fixtures| fixtures.path_of(id)) {
        Some(file) => format!("\n  {id}: {why} ({})", file.display()),
        None => format!("\n  {id}: {why}"),
    }
}
