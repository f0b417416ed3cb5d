//! Making fixtures of what was recorded.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use playback_cassette::{Cassette, CassetteExt, Fixtures, Query};

use super::{Request, Sent};

/// Writes, of each kind of visit, the recording of the last request into `directory`: as text, and called after what
/// the customer did. Returns the files. A directory of them is a test suite; see `tests/recordings.rs`.
///
/// Those that were broken off are left out.
///
/// # Errors
/// If a recording cannot be read, or a file cannot be written, or holds another recording.
pub async fn keep(
    cassette: &dyn Cassette,
    sent: &[Sent],
    directory: &Path,
) -> Result<Vec<PathBuf>, Box<dyn std::error::Error + Send + Sync>> {
    let fixtures = Fixtures::writable(directory)?;
    let answered = sent.iter().filter(|sent| sent.status.is_some());
    let wanted: BTreeMap<_, _> = answered.map(|sent| (sent.visit, sent)).collect();
    let mut files = Vec::new();
    for found in cassette.find_all(&Query::new()).await? {
        let recording = cassette.load(&found.id).await?;
        let request = Request::of(&recording)?;
        // Whoever clicks twice sends the same twice, and is refused once.
        let is_it = |sent: &&&Sent| sent.request == request && sent.refused() == recording.metadata().failed;
        if let Some(sent) = wanted.values().find(is_it) {
            files.push(fixtures.keep(&recording, &sent.visit.replace(", ", "-").replace(' ', "-"))?);
        }
    }
    files.sort();
    Ok(files)
}
