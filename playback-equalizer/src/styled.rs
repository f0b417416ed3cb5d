//! Differences as a good test failure shows them.

use std::fmt;

use playback_core::Value;

use crate::difference::{Change, Difference, Grouped};
use crate::paint::{Ink, Paint};
use crate::shown;
use crate::text::{kind, sides};
use crate::verdict::Verdict;
use crate::words::{Piece, by_lines, by_words};

/// Texts of as many characters are shown by their words.
const LONG: usize = 40;
/// How many characters are shown of what is the same between words that differ.
const BETWEEN: usize = 30;
/// How many characters are shown of a difference by words.
const MOST_CHARACTERS: usize = 400;
/// How many lines are shown of a difference by lines.
const MOST_LINES: usize = 20;
/// How many bytes are shown, from a few before the first that differs.
const MOST_BYTES: usize = 24;

/// A difference as it is shown: of [`Difference::styled`].
#[derive(Debug, Clone, Copy)]
pub struct Styled<'d> {
    difference: &'d Difference,
    paint: Paint,
    /// How far further lines are put to the right.
    indent: usize,
}

impl Difference {
    /// The difference as a good test failure shows it: long texts by the words that differ or, if they have many
    /// lines, by the lines, bytes by their offset. More than one line in the second case only, and bounded always.
    ///
    /// ```
    /// # use playback_core::Value;
    /// use playback_equalizer::{Paint, diff};
    ///
    /// let text = |colour: &str| Value::from(format!("the quick {colour} fox jumps over the lazy dog"));
    /// let diff = diff(&text("brown"), &text("red"), 100);
    /// assert_eq!(
    ///     diff.differences[0].styled(Paint::Plain).to_string(),
    ///     r#"~ "the quick [-brown-]{+red+} fox jumps over the lazy dog""#
    /// );
    /// ```
    #[must_use]
    pub fn styled(&self, paint: Paint) -> Styled<'_> {
        Styled { difference: self, paint, indent: 0 }
    }
}

impl<'d> Styled<'d> {
    /// The same, with further lines put to the right by so many characters.
    #[must_use]
    pub fn indented(self, indent: usize) -> Self {
        Self { indent, ..self }
    }
}

impl Verdict {
    /// The verdict as [`Display`](fmt::Display) shows it, with colours if they are asked for.
    #[must_use]
    pub fn styled(&self, paint: Paint) -> impl fmt::Display + '_ {
        StyledVerdict { verdict: self, paint }
    }
}

struct StyledVerdict<'v> {
    verdict: &'v Verdict,
    paint: Paint,
}

impl fmt::Display for StyledVerdict<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Verdict { status, message, differences, omitted } = self.verdict;
        write!(f, "{status}")?;
        if let Some(message) = message {
            write!(f, ": {message}")?;
        }
        write!(f, "{}", Grouped { differences, omitted: *omitted, paint: self.paint })
    }
}

impl fmt::Display for Styled<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { path, change, .. } = self.difference;
        let ink = match change {
            Change::Added { .. } | Change::OutputAdded { .. } => Ink::Replayed,
            Change::Removed { .. } | Change::OutputMissing { .. } => Ink::Recorded,
            _ => Ink::Other,
        };
        write!(f, "{} ", self.paint.of(ink, change.sign()))?;
        if !path.is_root() {
            write!(f, "{}: ", self.paint.of(Ink::Path, path))?;
        }
        match change {
            Change::Changed { recorded, replayed } => self.changed(f, recorded, replayed),
            Change::TypeChanged { recorded, replayed } => {
                let [was, is] = sides(recorded, replayed);
                write!(f, "{} ({}) -> ", self.paint.of(Ink::Recorded, was), kind(recorded))?;
                write!(f, "{} ({})", self.paint.of(Ink::Replayed, is), kind(replayed))
            }
            other => write!(f, "{}", self.paint.of(ink, other)),
        }
    }
}

impl Styled<'_> {
    fn changed(&self, f: &mut fmt::Formatter<'_>, recorded: &Value, replayed: &Value) -> fmt::Result {
        match (recorded, replayed) {
            (Value::String(was), Value::String(is)) => {
                if (was.contains('\n') || is.contains('\n'))
                    && let Some(lines) = by_lines(was, is)
                {
                    return self.lines(f, &lines);
                }
                let is_long = |text: &str| text.chars().nth(LONG).is_some();
                if (is_long(was) || is_long(is))
                    && let Some(words) = by_words(was, is)
                {
                    return self.words(f, &words);
                }
            }
            (Value::Bytes(was), Value::Bytes(is)) => return self.bytes(f, was, is),
            _ => {}
        }
        let [was, is] = sides(recorded, replayed);
        write!(f, "{} -> {}", self.paint.of(Ink::Recorded, was), self.paint.of(Ink::Replayed, is))
    }

    fn words(&self, f: &mut fmt::Formatter<'_>, words: &[Piece<'_>]) -> fmt::Result {
        let runs = runs(words);
        let (last, mut left) = (runs.len().saturating_sub(1), MOST_CHARACTERS);
        f.write_str("\"")?;
        for (at, run) in runs.iter().enumerate() {
            if left == 0 {
                return f.write_str("…\"");
            }
            let text = match run {
                Run::Same(text) => between(text, at > 0, at < last),
                Run::Removed(text) | Run::Added(text) => shown(text.escape_debug(), left),
            };
            left = left.saturating_sub(text.chars().count());
            match run {
                Run::Same(_) => f.write_str(&text)?,
                Run::Removed(_) => write!(f, "{}", self.paint.of(Ink::Recorded, format_args!("[-{text}-]")))?,
                Run::Added(_) => write!(f, "{}", self.paint.of(Ink::Replayed, format_args!("{{+{text}+}}")))?,
            }
        }
        f.write_str("\"")
    }

    fn lines(&self, f: &mut fmt::Formatter<'_>, lines: &[Piece<'_>]) -> fmt::Result {
        let changed = |piece: Option<&Piece<'_>>| piece.is_some_and(|piece| !matches!(piece, Piece::Same(_)));
        let all = lines.iter().filter(|piece| changed(Some(piece))).count();
        let plural = if all == 1 { "" } else { "s" };
        write!(f, "{all} line{plural} differ{}", if all == 1 { "s" } else { "" })?;
        let (mut printed, mut told, mut skipped) = (0, 0, false);
        for (at, piece) in lines.iter().enumerate() {
            let beside = at.checked_sub(1).is_some_and(|before| changed(lines.get(before)))
                || changed(lines.get(at + 1));
            let is_changed = changed(Some(piece));
            if !is_changed && !beside {
                skipped = true;
                continue;
            }
            if printed == MOST_LINES {
                return write!(f, "\n{:1$}  and {2} more", "", self.indent, all - told);
            }
            if skipped {
                write!(f, "\n{:1$}  …", "", self.indent)?;
                skipped = false;
            }
            let (ink, sign, text) = match piece {
                Piece::Same(text) => (None, ' ', text),
                Piece::Removed(text) => (Some(Ink::Recorded), '-', text),
                Piece::Added(text) => (Some(Ink::Replayed), '+', text),
            };
            let line = format!("{sign} {}", shown(text.escape_debug(), 160));
            write!(f, "\n{:1$}  ", "", self.indent)?;
            match ink {
                Some(ink) => write!(f, "{}", self.paint.of(ink, line))?,
                None => f.write_str(line.trim_end())?,
            }
            printed += 1;
            told += usize::from(is_changed);
        }
        Ok(())
    }

    fn bytes(&self, f: &mut fmt::Formatter<'_>, was: &[u8], is: &[u8]) -> fmt::Result {
        let first = was.iter().zip(is).take_while(|(one, other)| one == other).count();
        let from = first.saturating_sub(MOST_BYTES / 4);
        let part = |bytes: &[u8]| {
            let part: Vec<u8> = bytes.iter().skip(from).take(MOST_BYTES).copied().collect();
            let before = if from > 0 { "…" } else { "" };
            let after = if bytes.len() > from + MOST_BYTES { "…" } else { "" };
            format!("{before}b\"{}\"{after}", part.escape_ascii())
        };
        let (was_part, is_part) = (part(was), part(is));
        write!(f, "from byte {first}: {}", self.paint.of(Ink::Recorded, was_part))?;
        write!(f, " -> {}", self.paint.of(Ink::Replayed, is_part))?;
        match (was.len(), is.len()) {
            (was, is) if was == is => write!(f, " (of {was})"),
            (was, is) => write!(f, " (of {was}, now {is})"),
        }
    }
}

/// Pieces of one kind that stand together.
enum Run {
    Same(String),
    Removed(String),
    Added(String),
}

fn runs(pieces: &[Piece<'_>]) -> Vec<Run> {
    let mut runs = Vec::new();
    for piece in pieces {
        match (piece, runs.last_mut()) {
            (Piece::Same(more), Some(Run::Same(text)))
            | (Piece::Removed(more), Some(Run::Removed(text)))
            | (Piece::Added(more), Some(Run::Added(text))) => text.push_str(more),
            (Piece::Same(text), _) => runs.push(Run::Same((*text).to_owned())),
            (Piece::Removed(text), _) => runs.push(Run::Removed((*text).to_owned())),
            (Piece::Added(text), _) => runs.push(Run::Added((*text).to_owned())),
        }
    }
    runs
}

/// What is the same, cut to what stands beside what differs: at its beginning, at its end.
fn between(text: &str, has_before: bool, has_after: bool) -> String {
    let count = text.chars().count();
    let (start, end) = (if has_before { BETWEEN } else { 0 }, if has_after { BETWEEN } else { 0 });
    if count <= start + end + 1 {
        return text.escape_debug().to_string();
    }
    let first: String = text.chars().take(start).collect();
    let last: String = text.chars().skip(count - end).collect();
    format!("{}…{}", first.escape_debug(), last.escape_debug())
}
