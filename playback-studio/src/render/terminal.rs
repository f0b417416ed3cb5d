//! A report as text for a terminal.

use std::fmt;

use anstyle::{AnsiColor, Style};
use playback_core::RESULT_ALIAS;
use playback_equalizer::{Slowdown, Status};
use unicode_width::UnicodeWidthStr;

use crate::harmless::{harmless, one_line};
use crate::report::{CategoryReport, Counts, Group, RecordingReport, Report};

/// Recordings that are listed of each status and category.
const LISTED: usize = 5;
/// How many times as slow replays are that it is told of.
const SLOW: f64 = 1.5;
/// Categories of which it is listed what was left out.
const LEFT_OUT: usize = 40;
/// Groups that are listed of each category.
const GROUPS: usize = 40;
/// Failures and escapes that are listed of each category.
const FAILURES: usize = 20;

/// A report as text for a terminal; see [`Report::terminal`].
#[derive(Debug, Clone, Copy)]
pub struct Terminal<'r> {
    report: &'r Report,
    coloured: bool,
}

impl Report {
    /// The report as text for a terminal: a table, and below it what differs, in groups of what is alike. Its
    /// length is bounded, and what was recorded cannot act on the terminal.
    #[must_use]
    pub fn terminal(&self) -> Terminal<'_> {
        Terminal { report: self, coloured: false }
    }
}

impl Terminal<'_> {
    /// With colours, by ANSI's escape codes, if the terminal shows them. Nothing is told by colour alone.
    #[must_use]
    pub fn coloured(mut self, coloured: bool) -> Self {
        self.coloured = coloured;
        self
    }

    fn style(self, style: Style) -> Style {
        if self.coloured { style } else { Style::new() }
    }
}

/// As [`Report::terminal`], without colours.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.terminal().fmt(f)
    }
}

impl fmt::Display for Terminal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { categories, failures, nothing_found, interrupted, .. } = self.report;
        if *interrupted {
            writeln!(f, "interrupted; this is what was done until then")?;
        }
        self.failures(f, "", failures)?;
        if categories.is_empty() {
            let nothing = nothing_found.as_deref().unwrap_or("nothing was replayed");
            return if failures.is_empty() { writeln!(f, "{}", harmless(nothing)) } else { Ok(()) };
        }
        self.table(f)?;
        categories.iter().try_for_each(|category| self.category(f, category))?;
        self.left_out(f)?;
        let unused: Vec<&str> = self.report.unused_rules().collect();
        if !unused.is_empty() {
            writeln!(f, "\nrules that matched nothing")?;
            unused.iter().try_for_each(|rule| writeln!(f, "  {}", one_line(rule)))?;
        }
        Ok(())
    }
}

impl Terminal<'_> {
    /// A row for each category, and one for all of them.
    fn table(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let categories = &self.report.categories;
        let names: Vec<_> = categories.iter().map(|category| one_line(&category.category)).collect();
        let longest = names.iter().map(|name| name.width()).max().unwrap_or(0);
        let width = longest.max("category".len());
        let bold = self.style(Style::new().bold());
        write!(f, "{bold}{:width$}", "category")?;
        let heads = ["recordings"].into_iter().chain(Status::ALL.map(head));
        heads.clone().try_for_each(|head| write!(f, "  {head}"))?;
        writeln!(f, "{bold:#}")?;
        let row = |f: &mut fmt::Formatter<'_>, name: &str, counts: &Counts| {
            write!(f, "{name}{:1$}", "", width - name.width())?;
            write!(f, "  {:>1$}", Number(counts.total()), "recordings".len())?;
            for status in Status::ALL {
                let (count, width) = (counts.of(status), head(status).len());
                let style = if count > 0 { self.style(colour(status)) } else { Style::new() };
                write!(f, "  {style}{:>width$}{style:#}", Number(count))?;
            }
            writeln!(f)
        };
        for (category, name) in categories.iter().zip(&names) {
            row(f, name, &category.counts())?;
        }
        if categories.len() > 1 {
            row(f, "all", &self.report.counts())?;
        }
        Ok(())
    }

    /// What there is to say of a category.
    fn category(self, f: &mut fmt::Formatter<'_>, category: &CategoryReport) -> fmt::Result {
        let CategoryReport { category: name, nothing_found, recordings, failures, .. } = category;
        let name = one_line(name);
        if let Some(nothing_found) = nothing_found {
            writeln!(f, "\n{name}: {}", indented(nothing_found, "  "))?;
        }
        let (slowdown, escapes) = (category.slowdown(SLOW, Slowdown::FLOOR), category.escapes());
        if category.counts().of(Status::Equal) < recordings.len()
            || !failures.is_empty()
            || slowdown.is_some()
            || !escapes.is_empty()
        {
            let bold = self.style(Style::new().bold());
            writeln!(f, "\n{bold}{name}{bold:#}")?;
        }
        self.failures(f, "  ", failures)?;
        category.told_by_message().try_for_each(|(status, recordings)| self.list(f, status, &recordings))?;
        self.groups(f, &category.groups())?;
        if category.omitted() > 0 {
            writeln!(f, "  and {} more differences that are not listed", category.omitted())?;
        }
        if let Some(slowdown) = slowdown {
            writeln!(
                f,
                "  timing: its own code was {slowdown}; replays beside each other slow one another, `-j 1` or `bench` \
                 measures"
            )?;
        }
        self.failures(f, "  ", escapes)
    }

    /// What there is and was not replayed.
    fn left_out(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |category: &CategoryReport| !category.left_out.is_empty();
        let categories: Vec<_> = self.report.categories.iter().filter(|one| of(one)).collect();
        if categories.is_empty() {
            return Ok(());
        }
        writeln!(f, "\nleft out")?;
        for category in categories.iter().take(LEFT_OUT) {
            for text in category.left_out.iter().take(LISTED) {
                writeln!(f, "  {}: {}", one_line(&category.category), one_line(text))?;
            }
        }
        match categories.len().saturating_sub(LEFT_OUT) {
            0 => Ok(()),
            more => writeln!(f, "  and of {more} more categories"),
        }
    }

    fn failures<'t>(
        self,
        f: &mut fmt::Formatter<'_>,
        indent: &str,
        failures: impl IntoIterator<Item = &'t String, IntoIter: ExactSizeIterator>,
    ) -> fmt::Result {
        let mut failures = failures.into_iter();
        let style = self.style(colour(Status::EqualizerFailure));
        for failure in failures.by_ref().take(FAILURES) {
            writeln!(f, "{indent}{style}{}{style:#}", indented(failure, indent))?;
        }
        match failures.len() {
            0 => Ok(()),
            more => writeln!(f, "{indent}and {more} more"),
        }
    }

    /// Recordings of one status, with their messages.
    fn list(
        self,
        f: &mut fmt::Formatter<'_>,
        status: Status,
        recordings: &[&RecordingReport],
    ) -> fmt::Result {
        let style = self.style(colour(status));
        for recording in recordings.iter().take(LISTED) {
            write!(f, "  {} {style}{status}{style:#}", recording.id.unique())?;
            match &recording.message {
                Some(message) => writeln!(f, ": {}", indented(message, "    "))?,
                None => writeln!(f)?,
            }
        }
        match recordings.len().saturating_sub(LISTED) {
            0 => Ok(()),
            more => writeln!(f, "  and {more} more {status}"),
        }
    }

    /// Differences that are alike, below the outputs that they are in.
    fn groups(self, f: &mut fmt::Formatter<'_>, groups: &[Group<'_>]) -> fmt::Result {
        let dim = self.style(Style::new().dimmed());
        let mut output = None;
        for group in groups.iter().take(GROUPS) {
            if output != Some(group.output) {
                output = Some(group.output);
                match group.output {
                    Some(RESULT_ALIAS) => writeln!(f, "  result")?,
                    Some(alias) => writeln!(f, "  {}", one_line(alias))?,
                    None => {}
                }
            }
            let Some(example) = group.example() else { continue };
            let style = self.style(sign_colour(example.sign));
            write!(f, "    {style}{}{style:#} ", example.sign)?;
            if !group.pattern.is_empty() {
                write!(f, "{}: ", one_line(group.pattern))?;
            }
            writeln!(f, "{}  {dim}({}){dim:#}", one_line(&example.change), group.risk)?;
            let recordings = group.recordings().count();
            let examples: Vec<&str> =
                group.recordings().take(Group::EXAMPLES).map(|recording| recording.id.unique()).collect();
            let examples = examples.join(", ");
            match recordings {
                1 => writeln!(f, "      {dim}in {examples}{dim:#}")?,
                _ if recordings <= Group::EXAMPLES => {
                    writeln!(f, "      {dim}in {recordings} recordings: {examples}{dim:#}")?;
                }
                _ => writeln!(f, "      {dim}in {recordings} recordings, such as {examples}{dim:#}")?,
            }
        }
        match groups.len().saturating_sub(GROUPS) {
            0 => Ok(()),
            more => {
                writeln!(f, "  and {more} more groups of differences, which other forms of this report have")
            }
        }
    }
}

/// The head of the column of a status.
fn head(status: Status) -> &'static str {
    if status == Status::EqualizerFailure { "equalizer failures" } else { status.as_str() }
}

/// A number in a table, where none is a dash.
struct Number(usize);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 { f.pad("-") } else { self.0.fmt(f) }
    }
}

fn indented(text: &str, indent: &str) -> String {
    harmless(text).replace('\n', &format!("\n{indent}"))
}

fn colour(status: Status) -> Style {
    match status {
        Status::Equal => AnsiColor::Green.on_default(),
        Status::Fixed => AnsiColor::Cyan.on_default(),
        Status::Different => AnsiColor::Yellow.on_default(),
        Status::Failed | Status::EqualizerFailure => AnsiColor::Red.on_default(),
    }
}

fn sign_colour(sign: char) -> Style {
    match sign {
        '+' => AnsiColor::Green.on_default(),
        '-' => AnsiColor::Red.on_default(),
        _ => AnsiColor::Yellow.on_default(),
    }
}
