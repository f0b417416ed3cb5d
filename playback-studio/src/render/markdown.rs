//! A report as Markdown in GitHub's flavour, for a pull request.

use std::fmt::{self, Write};

use playback_core::RESULT_ALIAS;
use playback_equalizer::Status;

use crate::harmless::{harmless, one_line};
use crate::report::{CategoryReport, Counts, Gate, Group, Outcome, RecordingReport, Report};

/// How long a comment on GitHub may be is 65,536 characters; this many bytes are fewer, with room for a word more.
const LENGTH: usize = 64_000;
/// Beyond this many bytes of table there are no more rows, for names may be long; what follows has the other half.
const TABLE: usize = LENGTH / 2;
/// What a category may take in bytes, however many follow that will have no room then.
const SHARE: usize = 2_000;
/// Categories that have a row of their own.
const ROWS: usize = 200;
/// Groups that are listed of each category.
const GROUPS: usize = 50;
/// Recordings that are listed of each status and category.
const LISTED: usize = 5;
/// Lines of what was left out.
const LEFT_OUT: usize = 10;
/// Characters of one text of others.
const SHOWN: usize = 300;

/// A report as Markdown; see [`Report::markdown`].
#[derive(Debug, Clone, Copy)]
pub struct Markdown<'r> {
    report: &'r Report,
    gate: &'r Gate,
}

impl Report {
    /// The report as Markdown in GitHub's flavour, for a pull request or a job's summary: whether `gate` lets it
    /// pass, a table, and below it, to be unfolded, what differs in groups of what is alike. It fits in a comment,
    /// and what was recorded can neither format it nor mention anyone.
    #[must_use]
    pub fn markdown<'r>(&'r self, gate: &'r Gate) -> Markdown<'r> {
        Markdown { report: self, gate }
    }
}

impl fmt::Display for Markdown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.head();
        let sections: Vec<Section> =
            self.report.categories.iter().filter_map(|one| self.section(one)).collect();
        let needs: Vec<usize> =
            sections.iter().map(|section| section.written(&section.lines).len()).collect();
        let share = share(&needs, LENGTH.saturating_sub(text.len())).max(SHARE);
        let mut left_out = 0;
        for section in sections {
            match section.within(share.min(LENGTH.saturating_sub(text.len()))) {
                Some(section) => text.push_str(&section),
                None => left_out += 1,
            }
        }
        if left_out > 0 {
            let categories = if left_out == 1 { "category has" } else { "categories have" };
            let _ = writeln!(
                text,
                "\n{left_out} more {categories} no room here; other forms of this report have all."
            );
        }
        f.write_str(&text)
    }
}

impl Markdown<'_> {
    /// The verdict and the table.
    fn head(self) -> String {
        let judgement = self.report.judge(self.gate);
        let sign = if judgement.outcome == Outcome::Passed { "✅" } else { "❌" };
        let mut text = format!("### {sign} Playback: {}\n\n", self.report.counts());
        for reason in judgement.reasons.iter().take(LISTED) {
            let _ = writeln!(text, "- {}", code(reason));
        }
        if judgement.reasons.len() > LISTED {
            let _ = writeln!(text, "- and {} more", judgement.reasons.len() - LISTED);
        }
        let categories = &self.report.categories;
        if categories.is_empty() {
            let nothing = self.report.nothing_found.as_deref().unwrap_or("nothing was replayed");
            return text + "\n" + &code(nothing) + "\n";
        }
        text.push_str(
            "\n| category | recordings | equal | fixed | different | failed | equalizer failures |\n",
        );
        text.push_str("|---|--:|--:|--:|--:|--:|--:|\n");
        let mut left_out = categories.len();
        for category in categories.iter().take(ROWS) {
            if text.len() > TABLE {
                break;
            }
            row(&mut text, &code(&category.category), &category.counts());
            left_out -= 1;
        }
        if left_out > 0 {
            let _ = writeln!(text, "| and {left_out} more | | | | | | |");
        }
        if categories.len() > 1 {
            row(&mut text, "all", &self.report.counts());
        }
        let unused: Vec<&str> = self.report.unused_rules().collect();
        if !unused.is_empty() {
            let listed: Vec<String> = unused.iter().take(LISTED).map(|rule| code(rule)).collect();
            let _ = writeln!(text, "\nrules that matched nothing, {}: {}", unused.len(), listed.join(", "));
        }
        self.left_out(&mut text);
        text
    }

    /// What there is and was not replayed, as far as there is room.
    fn left_out(self, text: &mut String) {
        let of = |one: &CategoryReport| {
            let name = code(&one.category);
            one.left_out.iter().map(move |text| format!("- {name}: {}\n", code(text))).collect::<Vec<_>>()
        };
        let lines: Vec<String> = self.report.categories.iter().flat_map(of).collect();
        if lines.is_empty() {
            return;
        }
        text.push_str("\nleft out:\n\n");
        let mut listed = 0;
        for line in lines.iter().take(LEFT_OUT) {
            if text.len() + line.len() > LENGTH {
                break;
            }
            text.push_str(line);
            listed += 1;
        }
        if listed < lines.len() {
            let _ = writeln!(text, "- and {} more", lines.len() - listed);
        }
    }

    /// What there is to say of a category, if anything.
    fn section(self, category: &CategoryReport) -> Option<Section> {
        let name = code(&category.category);
        if category.recordings.is_empty() && category.failures.is_empty() {
            let looked_for = code(&category.looked_for.join("; "));
            return Some(Section {
                summary: format!("{name}: no recordings; looked for {looked_for}"),
                lines: Vec::new(),
            });
        }
        let groups = category.groups();
        let mut lines = failures(&category.failures);
        lines.extend(category.told_by_message().flat_map(|(status, recordings)| list(status, &recordings)));
        let mut output = None;
        for group in groups.iter().take(GROUPS) {
            if output != Some(group.output) {
                output = Some(group.output);
                let heading = group.output.map(|alias| if alias == RESULT_ALIAS { "result" } else { alias });
                lines.extend(heading.map(|heading| format!("@@ {} @@", line(heading))));
            }
            lines.extend(described(group));
        }
        if groups.len() > GROUPS {
            lines.push(format!("# and {} more groups", groups.len() - GROUPS));
        }
        if category.omitted() > 0 {
            lines.push(format!("# and {} more differences that are not listed", category.omitted()));
        }
        lines.extend(failures(category.escapes()));
        if lines.is_empty() {
            return None;
        }
        let groups = match groups.len() {
            0 => String::new(),
            1 => ", 1 group of differences".to_owned(),
            several => format!(", {several} groups of differences"),
        };
        Some(Section { summary: format!("{name}: {}{groups}", category.counts()), lines })
    }
}

/// What there is to say of a category: a line, and others to be unfolded.
struct Section {
    summary: String,
    /// A diff.
    lines: Vec<String>,
}

impl Section {
    /// As many of its lines as there is room for, in bytes; none if there is no room for any.
    fn within(&self, room: usize) -> Option<String> {
        let whole = self.written(&self.lines);
        if whole.len() <= room {
            return Some(whole);
        }
        let more = |number: usize| format!("# and {number} lines more; other forms of this report have all");
        let mut length = self.written(&[more(self.lines.len())]).len();
        let fitting = self.lines.iter().take_while(|line| {
            length += line.len() + 1;
            length <= room
        });
        let mut lines: Vec<String> = fitting.cloned().collect();
        let left_out = self.lines.len() - lines.len();
        if lines.is_empty() {
            return None;
        }
        lines.push(more(left_out));
        Some(self.written(&lines))
    }

    fn written(&self, lines: &[String]) -> String {
        let summary = &self.summary;
        if lines.is_empty() {
            return format!("\n{summary}\n");
        }
        let fence = fence(&self.lines);
        format!(
            "\n<details><summary>{summary}</summary>\n\n{fence}diff\n{}\n{fence}\n\n</details>\n",
            lines.join("\n")
        )
    }
}

/// The most that each may have of a room, where those that need less leave the rest to the others.
fn share(needs: &[usize], mut room: usize) -> usize {
    let mut needs = needs.to_vec();
    needs.sort_unstable();
    for (at, need) in needs.iter().enumerate() {
        let share = room / (needs.len() - at);
        if *need > share {
            return share;
        }
        room -= need;
    }
    usize::MAX
}

fn row(text: &mut String, name: &str, counts: &Counts) {
    // Writing to a string cannot fail.
    let _ = write!(text, "| {name} | {} |", counts.total());
    for status in Status::ALL {
        let _ = match counts.of(status) {
            0 => write!(text, " |"),
            count => write!(text, " {count} |"),
        };
    }
    text.push('\n');
}

fn failures<'t>(failures: impl IntoIterator<Item = &'t String, IntoIter: ExactSizeIterator>) -> Vec<String> {
    let mut failures = failures.into_iter();
    let mut lines: Vec<String> =
        failures.by_ref().take(LISTED).map(|failure| format!("! {}", line(failure))).collect();
    if failures.len() > 0 {
        lines.push(format!("! and {} more", failures.len()));
    }
    lines
}

fn list(status: Status, recordings: &[&RecordingReport]) -> Vec<String> {
    let one = |recording: &&RecordingReport| match &recording.message {
        Some(message) => format!("! {} {status}: {}", recording.id.unique(), line(message)),
        None => format!("! {} {status}", recording.id.unique()),
    };
    let mut lines: Vec<String> = recordings.iter().take(LISTED).map(one).collect();
    if recordings.len() > LISTED {
        lines.push(format!("! and {} more {status}", recordings.len() - LISTED));
    }
    lines
}

/// A group as lines of a diff.
fn described(group: &Group<'_>) -> Vec<String> {
    let Some(example) = group.example() else { return Vec::new() };
    let recordings = group.recordings().count();
    let examples: Vec<&str> =
        group.recordings().take(Group::EXAMPLES).map(|recording| recording.id.unique()).collect();
    let found = match recordings {
        1 => "in".to_owned(),
        several => format!("in {several} recordings:"),
    };
    let path = if group.pattern.is_empty() { "all of it" } else { group.pattern };
    let mut lines = vec![format!("# {} ({}) {found} {}", line(path), group.risk, examples.join(", "))];
    let sides = [('-', &example.recorded), ('+', &example.replayed)];
    lines.extend(
        sides.into_iter().filter_map(|(sign, side)| Some(format!("{sign} {}", line(side.as_ref()?)))),
    );
    lines
}

/// A text of others on one line of a block of code.
fn line(text: &str) -> String {
    cut(&one_line(text))
}

/// A text of others between other text: each character that could be markup is written as its number, which means
/// the character and is never markup. Inside `<code>` nobody is mentioned and nothing is linked.
fn code(text: &str) -> String {
    let text = cut(&harmless(text).replace('\n', " "));
    let mut escaped = String::from("<code>");
    for c in text.chars() {
        if c.is_ascii_punctuation() && !matches!(c, ',' | ';' | '/' | '(' | ')' | '=') {
            let _ = write!(escaped, "&#{};", u32::from(c));
        } else {
            escaped.push(c);
        }
    }
    escaped + "</code>"
}

fn cut(text: &str) -> String {
    playback_equalizer::shown(text, SHOWN)
}

/// A fence that no line can close.
fn fence(lines: &[String]) -> String {
    let longest = lines.iter().flat_map(|line| line.split(|c| c != '`')).map(str::len).max();
    "`".repeat(longest.unwrap_or(0).max(2) + 1)
}
