//! Writing files whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Writes a file whole or not at all: readers see the old one, if there is one, until the new one is complete. One that
/// is there is an error, unless it is to be replaced; no other file is touched.
pub(crate) fn write_whole(
    path: &Path,
    replace: bool,
    write: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>,
) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".playback-");
    // A temporary file is its owner's alone; this is to be as readable as any other.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let file = builder.tempfile_in(directory_of(path))?;
    let mut writer = BufWriter::new(file.as_file());
    write(&mut writer)?;
    writer.flush()?;
    drop(writer);
    let written = if replace { file.persist(path) } else { file.persist_noclobber(path) };
    written.map(drop).map_err(|error| error.error)
}

/// The directory that a file is in.
pub(crate) fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
