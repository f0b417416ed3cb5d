//! Frames of zstd, decompressed without belief in what they say.

use std::fmt::Display;
use std::io::{self, Read as _};

use crate::Error;

/// No valid frame grows more than this: a block of it gives at most 128 KiB and takes 4 bytes at least.
pub(super) const MAX_RATIO: u64 = 32 * 1024;

/// How much may be set aside before it comes, as a multiple of the compressed length.
const TRUSTED_RATIO: usize = 256;

/// The largest window of a frame, as a power of two: 16 MiB. The levels in use take 2 MiB.
const MAX_WINDOW_LOG: u32 = 24;

/// Appends what `packed` decompresses to, which must be `raw` bytes. `what` is what errors call it.
pub(super) fn decompress(
    name: &str,
    what: &dyn Display,
    packed: &[u8],
    raw: u64,
    into: &mut Vec<u8>,
) -> Result<(), Error> {
    if raw > (packed.len() as u64).saturating_mul(MAX_RATIO) {
        return Err(lies(name, what, raw));
    }
    let before = into.len();
    let broken = |error| broken(name, what, error);
    let mut decoder = zstd::stream::read::Decoder::with_buffer(packed).map_err(broken)?;
    decoder.window_log_max(MAX_WINDOW_LOG).map_err(broken)?;
    // One more than is said, so that what is longer shows.
    decoder.take(raw.saturating_add(1)).read_to_end(into).map_err(broken)?;
    if (into.len() - before) as u64 == raw { Ok(()) } else { Err(lies(name, what, raw)) }
}

/// Room for `raw` bytes as far as `packed` makes them likely; past that, memory is taken as bytes come.
pub(super) fn reserved(raw: u64, packed: &[u8]) -> Vec<u8> {
    let trusted = packed.len().saturating_mul(TRUSTED_RATIO);
    let mut room = Vec::new();
    // Without it, growing finds out how much there is.
    let _ = room.try_reserve_exact(usize::try_from(raw).map_or(trusted, |raw| raw.min(trusted)));
    room
}

pub(super) fn lies(name: &str, what: &dyn Display, raw: u64) -> Error {
    Error::corrupt(name, format_args!("{what} is said to be {raw} bytes, and is not"))
}

pub(super) fn broken(name: &str, what: &dyn Display, error: io::Error) -> Error {
    Error::corrupt(name, format_args!("{what} cannot be decompressed")).with_source(error)
}
