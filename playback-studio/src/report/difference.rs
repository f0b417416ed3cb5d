//! One place at which a replay differs, as texts.

use playback_core::value::{Path, Segment};
use playback_core::{RESULT_ALIAS, Value};
use playback_equalizer::{Difference, Risk, shown};
use serde::{Deserialize, Serialize};

use super::words;

/// Characters of a value that are kept.
const LONG: usize = 2_000;
/// Characters of a value that are kept where there are many already.
const SHORT: usize = 80;
/// Characters that are kept of a change on one line, and of a path.
const LINE: usize = 400;

/// One place at which a replay differs: a [`Difference`] as bounded texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DifferenceReport {
    /// What it may mean.
    #[serde(with = "words::one")]
    pub risk: Risk,
    /// The kind of change as one character; see [`Change::sign`](playback_equalizer::Change::sign).
    #[serde(deserialize_with = "words::sign::deserialize")]
    pub sign: char,
    /// The output's alias, [`RESULT_ALIAS`] for the operation's result; none for values that did not come of an
    /// output.
    pub output: Option<String>,
    /// Which output of the alias it is in, in words, such as `shop.store #2`.
    pub place: String,
    /// Where in that output; empty for all of it.
    pub path: String,
    /// The same, with `[*]` for the numbers of list elements: what differs in the same place in other recordings
    /// has the same pattern.
    pub pattern: String,
    /// What changed into what, on one line, cut to where it differs.
    pub change: String,
    /// What was recorded, if anything.
    pub recorded: Option<String>,
    /// What is there now, if anything.
    pub replayed: Option<String>,
}

impl DifferenceReport {
    /// What is kept of a difference; `in_full` if its values may be long.
    pub(super) fn of(difference: &Difference, in_full: bool) -> Self {
        let Difference { output, path, change, .. } = difference;
        let most = if in_full { LONG } else { SHORT };
        // On several lines only where one would be too long to read.
        let side = |value: &Value| {
            let line = shown(value, most);
            if line.chars().nth(SHORT).is_some() { shown(format_args!("{value:#}"), most) } else { line }
        };
        let place = match output {
            Some(key) if key.alias == RESULT_ALIAS => "result".to_owned(),
            Some(key) => key.to_string(),
            None => String::new(),
        };
        Self {
            risk: difference.risk(),
            sign: change.sign(),
            output: output.as_ref().map(|key| key.alias.clone()),
            place,
            path: shown(path, LINE),
            pattern: shown(pattern(difference), LINE),
            change: shown(change, LINE),
            recorded: change.recorded().map(side),
            replayed: change.replayed().map(side),
        }
    }

    /// How much there is of its values, in bytes.
    pub(super) fn size(&self) -> usize {
        [&self.recorded, &self.replayed].into_iter().flatten().map(String::len).sum()
    }

    /// The difference on one line, without its output: `~ lines[3].qty: 2 -> 3`.
    #[must_use]
    pub fn line(&self) -> String {
        let Self { sign, path, change, .. } = self;
        if path.is_empty() { format!("{sign} {change}") } else { format!("{sign} {path}: {change}") }
    }
}

/// The path of a difference, with `[*]` for the numbers of list elements. The number of an argument stays.
fn pattern(difference: &Difference) -> String {
    let is_of_arguments = difference.output.as_ref().is_some_and(|output| output.alias != RESULT_ALIAS);
    let arguments = usize::from(is_of_arguments);
    let (mut path, mut printed, mut text) = (Path::root(), 0, String::new());
    for (at, segment) in difference.path.segments().iter().enumerate() {
        path.push(segment.clone());
        let whole = path.to_string();
        let is_element = matches!(segment, Segment::Index(_)) && at >= arguments;
        text.push_str(if is_element { "[*]" } else { whole.get(printed..).unwrap_or_default() });
        printed = whole.len();
    }
    text
}
