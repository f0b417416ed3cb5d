//! A report as text for a terminal.

use std::collections::BTreeSet;
use std::fmt;

use playback_core::{RESULT_ALIAS, RecordingId};
use playback_equalizer::{Comparison, Status};

use crate::groups::Group;
use crate::report::{CategoryReport, Counts, Report};

/// Comparisons that are listed of each status and category.
const LISTED: usize = 5;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.interrupted {
            writeln!(f, "interrupted; this is what was done until then")?;
        }
        for failure in &self.failures {
            writeln!(f, "{failure}")?;
        }
        if self.categories.is_empty() {
            return if self.failures.is_empty() { writeln!(f, "nothing was replayed") } else { Ok(()) };
        }
        table(f, self)?;
        self.categories.iter().try_for_each(|category| below(f, category))
    }
}

/// A row for each category, and one for all of them.
fn table(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    let heads = ["recordings", "equal", "fixed", "different", "failed", "equalizer failures"];
    let longest = report.categories.iter().map(|category| category.category.chars().count()).max();
    let width = longest.unwrap_or(0).max("category".len());
    write!(f, "{:width$}", "category")?;
    heads.iter().try_for_each(|head| write!(f, "  {head}"))?;
    writeln!(f)?;
    let row = |f: &mut fmt::Formatter<'_>, name: &str, counts: &Counts| {
        write!(f, "{name:width$}")?;
        let numbers = std::iter::once(counts.total()).chain(Status::ALL.map(|status| counts.of(status)));
        heads.iter().zip(numbers).try_for_each(|(head, number)| {
            let width = head.len();
            if number == 0 { write!(f, "  {:>width$}", "-") } else { write!(f, "  {number:>width$}") }
        })?;
        writeln!(f)
    };
    report.categories.iter().try_for_each(|category| row(f, &category.category, &category.counts()))?;
    if report.categories.len() > 1 {
        row(f, "all", &report.counts())?;
    }
    Ok(())
}

/// What there is to say of a category.
fn below(f: &mut fmt::Formatter<'_>, category: &CategoryReport) -> fmt::Result {
    let CategoryReport { category: name, nothing_found, comparisons, failures, .. } = category;
    let equal = category.counts().of(Status::Equal);
    if let Some(nothing_found) = nothing_found {
        return writeln!(f, "\n{name}: {nothing_found}");
    }
    if equal < comparisons.len() || !failures.is_empty() {
        writeln!(f, "\n{name}")?;
    }
    for failure in failures {
        writeln!(f, "  {failure}")?;
    }
    for status in [Status::EqualizerFailure, Status::Failed, Status::Fixed] {
        list(f, comparisons.iter().filter(|comparison| comparison.status() == status).collect())?;
    }
    groups(f, &category.groups())?;
    let omitted: usize = comparisons.iter().map(|comparison| comparison.verdict.omitted).sum();
    if omitted > 0 {
        writeln!(f, "  and {omitted} more differences that are not listed")?;
    }
    // Of several replays that are live at the same time, each has it.
    let escapes: BTreeSet<String> =
        comparisons.iter().flat_map(|comparison| &comparison.escapes).map(ToString::to_string).collect();
    escapes.iter().try_for_each(|escape| writeln!(f, "  {escape}"))
}

/// Comparisons of one status, with their messages.
fn list(f: &mut fmt::Formatter<'_>, comparisons: Vec<&Comparison>) -> fmt::Result {
    for comparison in comparisons.iter().take(LISTED) {
        write!(f, "  {} {}", comparison.id.unique(), comparison.status())?;
        match &comparison.verdict.message {
            Some(message) => writeln!(f, ": {}", message.replace('\n', "\n    "))?,
            None => writeln!(f)?,
        }
    }
    match comparisons.get(LISTED..) {
        Some([first, more @ ..]) => writeln!(f, "  and {} more {}", 1 + more.len(), first.status()),
        _ => Ok(()),
    }
}

/// Differences that are alike, below the outputs that they are in.
fn groups(f: &mut fmt::Formatter<'_>, groups: &[Group<'_>]) -> fmt::Result {
    let mut output = None;
    for group in groups {
        if output != Some(group.output) {
            output = Some(group.output);
            match group.output {
                Some(RESULT_ALIAS) => writeln!(f, "  result")?,
                Some(alias) => writeln!(f, "  {alias}")?,
                None => {}
            }
        }
        let Some((id, difference)) = group.found.first() else { continue };
        let recordings = group.recordings();
        write!(f, "    {} ", difference.change.sign())?;
        if !group.path.is_empty() {
            write!(f, "{}: ", group.path)?;
        }
        write!(f, "{}  ", difference.change)?;
        writeln!(f, "({})", found_in(recordings, id))?;
    }
    Ok(())
}

fn found_in(recordings: usize, first: &RecordingId) -> String {
    match recordings {
        1 => format!("in {}", first.unique()),
        several => format!("in {several} recordings, {} the first", first.unique()),
    }
}
