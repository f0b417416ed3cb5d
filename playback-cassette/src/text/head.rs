//! The head: what is known of a recording without its calls.

use std::fmt::Write as _;
use std::time::Duration;

use playback_core::{Metadata, Recording, RecordingId, Service, Value};

use super::reader::{Line, Reader};
use super::{TEXT_VERSION, calls, duration, writer};
use crate::timestamp::{from_text, to_text};
use crate::{Error, ErrorKind};

/// What the first line begins with.
const MAGIC: &str = "playback recording ";

const WORDS: [&str; 10] =
    ["id", "recorded", "took", "category", "service", "failed", "incomplete", "field", "lanes", "ended"];

/// All that stands before the first call.
pub(super) struct Head<'t> {
    pub(super) id: RecordingId,
    pub(super) metadata: Metadata,
    /// The lanes in their order, where it is not that of the calls.
    pub(super) lanes: Option<Line<'t>>,
    /// The numbers of the calls in the order in which they ended, where it is not that in which they began.
    pub(super) ended: Option<Line<'t>>,
}

pub(super) fn write(recording: &Recording) -> Result<String, Error> {
    let (id, metadata) = (recording.id(), recording.metadata());
    let recorded_at = to_text(metadata.recorded_at).ok_or_else(|| {
        let message = format!("recording {id} was made in no year from 0 to 9999; check the clock");
        Error::new(ErrorKind::Invalid, message)
    })?;
    let mut text = format!("{MAGIC}{TEXT_VERSION}\n\nid {}\nrecorded {recorded_at}\n", writer_id(id));
    // Writing to a string cannot fail.
    if metadata.duration > Duration::ZERO {
        let _ = writeln!(text, "took {:?}", metadata.duration);
    }
    if metadata.category != id.category() {
        let _ = writeln!(text, "category {:?}", metadata.category);
    }
    if let Some(Service { name, version }) = &metadata.service {
        let _ = writeln!(text, "service {name:?} {version:?}");
    }
    for (word, _) in
        [("failed", metadata.failed), ("incomplete", metadata.incomplete)].iter().filter(|(_, is)| *is)
    {
        let _ = writeln!(text, "{word}");
    }
    for (name, value) in &metadata.fields {
        writer::value(&mut text, &format!("field {} = ", writer::name(name)), value);
    }
    calls::write_orders(&mut text, recording.tape());
    Ok(text)
}

/// An id as it is, if a line can hold it.
fn writer_id(id: &RecordingId) -> String {
    let text = id.to_string();
    let plain = |c: char| matches!(c, '"' | '\'' | '\\') || c.escape_debug().len() == 1;
    if text == text.trim() && !text.starts_with('"') && text.chars().all(plain) {
        text
    } else {
        format!("{text:?}")
    }
}

impl<'t> Head<'t> {
    pub(super) fn read(reader: &mut Reader<'t>) -> Result<Self, Error> {
        read_version(reader)?;
        let (mut id, mut recorded_at, mut category) = (None, None, None);
        let mut metadata = Metadata::new("", std::time::SystemTime::UNIX_EPOCH);
        let (mut lanes, mut ended) = (None, None);
        let mut seen = Vec::new();
        while let Some(line) = reader.peek().filter(|line| !super::begins_call(line.text)) {
            let (word, rest) = line.word();
            if word != "field" && seen.contains(&word) {
                return Err(reader.error(line.at, format_args!("`{word}` stands twice; a recording has one")));
            }
            seen.push(word);
            if word != "field" {
                reader.next();
            }
            match word {
                "id" => {
                    let (text, _) = rest.name(reader, |_| false, "an id, `{category}/{YYYYMMDD}/{ulid}`")?;
                    let refuse = |error: playback_core::InvalidId| reader.error(rest.at, error);
                    id = Some(text.parse::<RecordingId>().map_err(refuse)?);
                }
                "recorded" => {
                    let refuse = || reader.expected(rest.at, "a time such as 2026-01-31T12:00:00Z");
                    recorded_at = Some(from_text(rest.text).ok_or_else(refuse)?);
                }
                "took" => metadata.duration = read_duration(reader, rest)?,
                "category" => category = Some(quoted(reader, rest)?.0),
                "service" => {
                    let (name, rest) = quoted(reader, rest)?;
                    let (version, _) = quoted(reader, rest)?;
                    metadata.service = Some(Service { name, version });
                }
                "failed" | "incomplete" if !rest.text.is_empty() => {
                    return Err(reader.expected(rest.at, format_args!("nothing behind `{word}`")));
                }
                "failed" => metadata.failed = true,
                "incomplete" => metadata.incomplete = true,
                "field" => {
                    let (name, value) = read_field(reader, rest)?;
                    metadata.fields.insert(name, value);
                }
                "lanes" => lanes = Some(rest),
                "ended" => ended = Some(rest),
                _ => {
                    let calls = calls::KINDS.iter().map(|(word, _)| *word);
                    let known: Vec<&str> = WORDS.into_iter().chain(calls).collect();
                    return Err(reader.unknown(line.at, word, &known));
                }
            }
        }
        let end = reader.peek().map_or(reader.length(), |line| line.at);
        let missing =
            |what: &str| reader.expected(end, format_args!("`{what}` in the head, before the calls"));
        let id: RecordingId = id.ok_or_else(|| missing("id {category}/{YYYYMMDD}/{ulid}"))?;
        metadata.recorded_at = recorded_at.ok_or_else(|| missing("recorded 2026-01-31T12:00:00Z"))?;
        metadata.category = category.unwrap_or_else(|| id.category().to_owned());
        Ok(Self { id, metadata, lanes, ended })
    }
}

fn read_version(reader: &mut Reader<'_>) -> Result<(), Error> {
    let line = reader.next();
    let at = line.map_or(0, |line| line.at);
    let version =
        line.and_then(|line| line.text.strip_prefix(MAGIC)).and_then(|text| text.trim().parse().ok());
    match version {
        None | Some(0) => Err(reader.expected(at, format_args!("`{MAGIC}{TEXT_VERSION}`"))),
        Some(1..=TEXT_VERSION) => Ok(()),
        Some(newer) => {
            let message = format!(
                "{} is of version {newer} of recordings as text, and this version of playback reads up to \
                 {TEXT_VERSION}; update it",
                reader.name()
            );
            Err(Error::new(ErrorKind::NewerFormat, message))
        }
    }
}

pub(super) fn read_duration(reader: &Reader<'_>, line: Line<'_>) -> Result<Duration, Error> {
    duration::read(line.text).ok_or_else(|| reader.expected(line.at, duration::EXPECTED))
}

fn quoted<'t>(reader: &Reader<'t>, line: Line<'t>) -> Result<(String, Line<'t>), Error> {
    line.name(reader, char::is_whitespace, "a text in quotes")
}

fn read_field<'t>(reader: &mut Reader<'t>, line: Line<'t>) -> Result<(String, Value), Error> {
    let is_end = |c: char| c.is_whitespace() || c == '=';
    let (name, rest) = line.name(reader, is_end, "the name of a field, such as `customer = 7`")?;
    if !rest.text.starts_with('=') {
        return Err(reader.expected(rest.at, "= and the value of the field"));
    }
    Ok((name, reader.value(rest.behind(1))?))
}
