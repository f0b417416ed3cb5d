//! Recorded values, laid out for people.

use std::io::{self, Write};

use playback_core::Value;
use unicode_width::UnicodeWidthStr;

use super::screen::{DIM, painted};
use super::words::harmless;

/// How many lines of a value are shown, unless it is asked for whole.
pub(crate) const LINES: usize = 40;
/// A value is shown whole.
pub(crate) const WHOLE: usize = usize::MAX;

/// What fits into so many columns stands on one line.
const WIDTH: usize = 100;
/// How many characters are shown of a line, unless the value is asked for whole.
const LENGTH: usize = 400;

/// Writes a value behind `before`, and what does not fit on that line below it, further in. Values are
/// printed with whatever acts on a terminal escaped; lines of a text in blocks may be commands to a CI service.
pub(crate) fn write(out: &mut impl Write, before: &str, value: &Value, lines: usize) -> io::Result<()> {
    let plain = anstream::adapter::strip_str(before).to_string();
    let indent = plain.len() - plain.trim_start().len();
    let on_one = value.to_string();
    let text = if plain.width() + on_one.width() <= WIDTH { on_one } else { format!("{value:#}") };
    let all = text.lines().count();
    // The cut would take no less than it leaves.
    let shown = if all <= lines.saturating_add(3) { all } else { lines };
    for (at, line) in text.lines().take(shown).enumerate() {
        let line = harmless(line);
        if at == 0 {
            write!(out, "{before}")?
        } else {
            write!(out, "{:indent$}", "")?
        }
        match line.char_indices().nth(LENGTH) {
            Some((end, _)) if lines != WHOLE => {
                let more = line.len() - end;
                let cut = painted(format!("… {more} bytes more"), DIM);
                writeln!(out, "{}{cut}", line.get(..end).unwrap_or_default())?;
            }
            _ => writeln!(out, "{line}")?,
        }
    }
    if shown < all {
        let more = painted(format!("… {} lines more; --full or --entry shows them", all - shown), DIM);
        writeln!(out, "{:indent$}{more}", "")?;
    }
    Ok(())
}
