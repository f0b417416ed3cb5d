//! A report as one HTML page.

use std::fmt::{self, Write};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use playback_equalizer::{Risk, Slowdown};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::report::{CategoryReport, Group, Json, Report};

const PAGE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");

/// A report as one HTML page; see [`Report::html`].
#[derive(Debug, Clone, Copy)]
pub struct Html<'r> {
    report: &'r Report,
}

impl Report {
    /// The report as one HTML page that needs nothing else: no server, no network. It has what the other forms
    /// have, and each recording with its differences and with what both runs did, to be searched and filtered.
    ///
    /// What was recorded stands in it as data, never as markup, and a policy in the page keeps the browser from
    /// running or loading anything but the page's own script. An address with `#{id}` opens that recording.
    #[must_use]
    pub fn html(&self) -> Html<'_> {
        Html { report: self }
    }
}

/// What the page shows.
#[derive(Serialize)]
struct Data<'r> {
    report: Json<'r>,
    groups: Vec<Alike<'r>>,
    speeds: Vec<Option<Told>>,
}

/// A [`Group`] whose recordings are numbers: over all categories, in their order.
#[derive(Serialize)]
struct Alike<'r> {
    category: &'r str,
    output: Option<&'r str>,
    pattern: &'r str,
    risk: String,
    sign: char,
    change: &'r str,
    recorded: Option<&'r str>,
    replayed: Option<&'r str>,
    recordings: Vec<usize>,
}

/// How fast the replays of a category were.
#[derive(Serialize)]
struct Told {
    ratio: f64,
    told: String,
}

impl fmt::Display for Html<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let data = serde_json::to_string(&self.data()).map_err(|_| fmt::Error)?;
        let policy = format!(
            "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
            hash(STYLE),
            hash(SCRIPT)
        );
        // From the start to the end, so that nothing is put into what was put in.
        let mut rest = PAGE;
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((name, after)) = after.split_once("}}") else { break };
            f.write_str(before)?;
            match name {
                "policy" => f.write_str(&policy)?,
                "style" => f.write_str(STYLE)?,
                "script" => f.write_str(SCRIPT)?,
                "title" => write!(f, "{}", self.report.counts())?,
                "text" => write!(AsText(f), "{}", self.report)?,
                "data" => write!(InScript(f), "{data}")?,
                other => f.write_str(other)?,
            }
            rest = after;
        }
        f.write_str(rest)
    }
}

impl<'r> Html<'r> {
    fn data(self) -> Data<'r> {
        let categories = &self.report.categories;
        let mut first = 0;
        let mut groups = Vec::new();
        for category in categories {
            groups.extend(category.groups().iter().filter_map(|group| alike(category, group, first)));
            first += category.recordings.len();
        }
        let rank = |group: &Alike<'_>| group.recordings.len();
        groups.sort_by_key(|(risk, group)| std::cmp::Reverse((*risk, rank(group))));
        Data {
            report: self.report.json(),
            groups: groups.into_iter().map(|(_, group)| group).collect(),
            speeds: categories.iter().map(speed).collect(),
        }
    }
}

fn alike<'r>(category: &'r CategoryReport, group: &Group<'r>, first: usize) -> Option<(Risk, Alike<'r>)> {
    let example = group.example()?;
    let number = |id| category.recordings.binary_search_by(|other| other.id.cmp(id)).ok();
    let alike = Alike {
        category: &category.category,
        output: group.output,
        pattern: group.pattern,
        risk: group.risk.as_str().replace(' ', "_"),
        sign: example.sign,
        change: &example.change,
        recorded: example.recorded.as_deref(),
        replayed: example.replayed.as_deref(),
        recordings: group.recordings().filter_map(|one| Some(first + number(&one.id)?)).collect(),
    };
    Some((group.risk, alike))
}

fn speed(category: &CategoryReport) -> Option<Told> {
    let speed = category.speed()?;
    let told = match speed.slowdown(0.0).as_ref().map(Slowdown::to_string) {
        Some(told) => {
            let told = told.replace(" as slow", " as long");
            format!(
                "the replays' own code took {told}; replays beside each other slow one another, -j 1 or bench measures"
            )
        }
        None => format!("of {} recordings, too few to tell from chance", speed.pairs),
    };
    Some(Told { ratio: speed.ratio, told })
}

/// A text's hash as a policy names it.
fn hash(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text)))
}

/// Writes JSON so that nothing in it can end the element that it stands in: in JSON these characters occur in
/// strings only, where they can be written as numbers.
struct InScript<'a, 'f>(&'a mut fmt::Formatter<'f>);

impl fmt::Write for InScript<'_, '_> {
    fn write_str(&mut self, json: &str) -> fmt::Result {
        escaped(self.0, json, |c| match c {
            '<' => Some("\\u003c"),
            '>' => Some("\\u003e"),
            '&' => Some("\\u0026"),
            _ => None,
        })
    }
}

/// Writes text so that none of it is markup.
struct AsText<'a, 'f>(&'a mut fmt::Formatter<'f>);

impl fmt::Write for AsText<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        escaped(self.0, text, |c| match c {
            '<' => Some("&lt;"),
            '>' => Some("&gt;"),
            '&' => Some("&amp;"),
            '"' => Some("&quot;"),
            _ => None,
        })
    }
}

fn escaped(
    f: &mut fmt::Formatter<'_>,
    text: &str,
    instead: impl Fn(char) -> Option<&'static str>,
) -> fmt::Result {
    let mut plain = 0;
    for (at, c) in text.char_indices() {
        if let Some(instead) = instead(c) {
            f.write_str(text.get(plain..at).unwrap_or_default())?;
            f.write_str(instead)?;
            plain = at + c.len_utf8();
        }
    }
    f.write_str(text.get(plain..).unwrap_or_default())
}
