//! Where two texts differ: by words, and by lines.

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// How many words or lines of a text are looked at, after what both have at their beginning and their end.
const MOST: usize = 5_000;

/// A part of two texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece<'t> {
    /// Both have it.
    Same(&'t str),
    Removed(&'t str),
    Added(&'t str),
}

/// The words in which two texts differ; none if they have no word in common, or too many.
pub(crate) fn by_words<'t>(recorded: &'t str, replayed: &'t str) -> Option<Vec<Piece<'t>>> {
    let pieces = pieces(&words(recorded), &words(replayed))?;
    let is_word =
        |piece: &Piece<'_>| matches!(piece, Piece::Same(word) if word.contains(char::is_alphanumeric));
    pieces.iter().any(is_word).then_some(pieces)
}

/// The lines in which two texts differ; none if there are too many.
pub(crate) fn by_lines<'t>(recorded: &'t str, replayed: &'t str) -> Option<Vec<Piece<'t>>> {
    let lines = |text: &'t str| text.split('\n').collect::<Vec<_>>();
    pieces(&lines(recorded), &lines(replayed))
}

fn pieces<'t>(old: &[&'t str], new: &[&'t str]) -> Option<Vec<Piece<'t>>> {
    let start = old.iter().zip(new).take_while(|(one, other)| one == other).count();
    let (old_rest, new_rest) = (old.get(start..)?, new.get(start..)?);
    let end =
        old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(one, other)| one == other).count();
    let old_inner = old_rest.get(..old_rest.len() - end)?;
    let new_inner = new_rest.get(..new_rest.len() - end)?;
    if old_inner.len().max(new_inner.len()) > MOST {
        return None;
    }
    let mut pieces: Vec<Piece<'t>> = old.iter().take(start).map(|word| Piece::Same(word)).collect();
    for operation in capture_diff_slices(Algorithm::Myers, old_inner, new_inner) {
        let was = old_inner.get(operation.old_range()).unwrap_or_default();
        if let DiffOp::Equal { .. } = operation {
            pieces.extend(was.iter().map(|word| Piece::Same(word)));
        } else {
            pieces.extend(was.iter().map(|word| Piece::Removed(word)));
            let is = new_inner.get(operation.new_range()).unwrap_or_default();
            pieces.extend(is.iter().map(|word| Piece::Added(word)));
        }
    }
    pieces.extend(old_rest.iter().skip(old_inner.len()).map(|word| Piece::Same(word)));
    Some(pieces)
}

/// Words, and what stands between them, a character each.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len()).max(first.len_utf8());
        let (word, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        words.push(word);
        rest = after;
    }
    words
}
