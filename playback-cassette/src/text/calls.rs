//! The calls of a tape.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use playback_core::value::DecodeError;
use playback_core::{Call, End, Entry, Kind, Site, Tape, TapeParts, Value};

use super::head::{Head, read_duration};
use super::reader::{Line, Reader};
use super::writer;
use crate::Error;

pub(super) const KINDS: [(&str, Kind); 4] =
    [("operation", Kind::Operation), ("input", Kind::Input), ("output", Kind::Output), ("data", Kind::Data)];

const WORDS: [&str; 9] = ["at", "took", "lane", "order", "names", "arguments", "->", "cancelled", "panicked"];

/// How the operation's own lane is written.
const OWN_LANE: &str = "-";

pub(super) fn write(text: &mut String, tape: &Tape) -> Result<(), DecodeError> {
    let mut order = 0;
    for call in tape.calls() {
        write_call(text, &call, order)?;
        order = call.order().wrapping_add(1);
    }
    Ok(())
}

/// Writes the order of lanes and of the ends of calls, where they are not what the calls give.
pub(super) fn write_orders(text: &mut String, tape: &Tape) {
    let parts = tape.parts();
    let in_use = parts.entries.iter().filter_map(|entry| parts.lanes.get(entry.lane as usize));
    if parts.lanes != lanes_of(in_use.cloned()) {
        let lanes: Vec<String> = parts.lanes.iter().map(|lane| lane_text(lane)).collect();
        // Writing to a string cannot fail.
        let _ =
            writeln!(text, "lanes {}", if lanes.is_empty() { "none".to_owned() } else { lanes.join(", ") });
    }
    let mut began: Vec<usize> = (0..parts.entries.len()).collect();
    began.sort_by_key(|&at| parts.entries.get(at).map(|entry| entry.order));
    let mut numbers = vec![0; began.len()];
    for (number, at) in began.into_iter().enumerate() {
        if let Some(place) = numbers.get_mut(at) {
            *place = number;
        }
    }
    let kinds: Vec<Kind> = tape.calls().map(|call| call.kind()).collect();
    if numbers != usual_end(&kinds) {
        let numbers: Vec<String> = numbers.iter().map(|number| (number + 1).to_string()).collect();
        let _ = writeln!(text, "ended {}", numbers.join(", "));
    }
}

fn write_call(text: &mut String, call: &Call<'_>, next_order: u32) -> Result<(), DecodeError> {
    let kind = KINDS.iter().find(|(_, kind)| *kind == call.kind()).map_or("", |(word, _)| word);
    let _ = writeln!(text, "\n{kind} {}", writer::name(call.alias()));
    if call.order() != next_order {
        let _ = writeln!(text, "  order {}", call.order());
    }
    if !call.lane().is_empty() {
        let _ = writeln!(text, "  lane {}", lane_text(call.lane()));
    }
    if call.started() > Duration::ZERO {
        let _ = writeln!(text, "  at {:?}", call.started());
    }
    if call.duration() > Duration::ZERO {
        let _ = writeln!(text, "  took {:?}", call.duration());
    }
    write_arguments(text, call)?;
    match (call.result_bytes()?, call.end()) {
        (Some(result), _) => writer::encoded(text, "  -> ", &result),
        (None, End::Panicked) => text.push_str("  panicked\n"),
        (None, _) => text.push_str("  cancelled\n"),
    }
    Ok(())
}

fn write_arguments(text: &mut String, call: &Call<'_>) -> Result<(), DecodeError> {
    let names = call.argument_names();
    let bytes = &*call.argument_bytes()?;
    let values = match call.arguments() {
        Ok(Value::Seq(values)) if !names.is_empty() && names.len() == values.len() => values,
        _ => Vec::new(),
    };
    let mut again = Vec::new();
    let is_whole = Value::Seq(values.clone()).encode_into(&mut again).is_ok() && again == bytes;
    if !values.is_empty() && is_whole {
        for (name, value) in names.iter().zip(&values) {
            writer::value(text, &format!("  {}: ", argument_name(name)), value);
        }
        return Ok(());
    }
    if !names.is_empty() {
        let names: Vec<String> = names.iter().map(|name| argument_name(name)).collect();
        let _ = writeln!(text, "  names {}", names.join(", "));
    }
    if bytes != none(call.kind()) {
        writer::encoded(text, "  arguments ", bytes);
    }
    Ok(())
}

/// An argument's name, in quotes where it is none that Rust has.
fn argument_name(name: &str) -> String {
    let bare = |c: char| c.is_alphanumeric() || c == '_';
    if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { format!("{name:?}") }
}

/// The encoded arguments of a call that has none.
fn none(kind: Kind) -> Vec<u8> {
    let mut bytes = Vec::new();
    if kind != Kind::Data {
        // Nothing is nested too deep here.
        let _ = Value::Unit.encode_into(&mut bytes);
    }
    bytes
}

fn lane_text(lane: &[u32]) -> String {
    match lane {
        [] => OWN_LANE.to_owned(),
        lane => lane.iter().map(ToString::to_string).collect::<Vec<_>>().join("."),
    }
}

/// The operation's own lane, and the others in the order in which they come.
fn lanes_of(lanes: impl Iterator<Item = Vec<u32>>) -> Vec<Vec<u32>> {
    let mut known = HashSet::from([Vec::new()]);
    let others = lanes.filter(|lane| known.insert(lane.clone()));
    std::iter::once(Vec::new()).chain(others.collect::<Vec<_>>()).collect()
}

/// The numbers of calls that ended in the order in which they began, but for the operation, which ended last.
fn usual_end(kinds: &[Kind]) -> Vec<usize> {
    let of = |is_operation: bool| {
        let numbered = kinds.iter().enumerate();
        numbered
            .filter(move |(_, kind)| (**kind == Kind::Operation) == is_operation)
            .map(|(number, _)| number)
    };
    of(false).chain(of(true)).collect()
}

/// A call as it is read.
struct ReadCall {
    kind: Kind,
    alias: String,
    order: u32,
    lane: Vec<u32>,
    started: Duration,
    duration: Duration,
    argument_names: Vec<String>,
    arguments: Option<Vec<u8>>,
    /// Arguments that stand on lines of their own.
    named: Vec<Value>,
    end: Option<ReadEnd>,
}

enum ReadEnd {
    Returned(Vec<u8>),
    Cancelled,
    Panicked,
}

pub(super) fn read(reader: &mut Reader<'_>, head: &Head<'_>) -> Result<TapeParts, Error> {
    let mut calls = Vec::new();
    let mut next_order = 0;
    let mut has_operation = false;
    while let Some(line) = reader.next() {
        let call = read_call(reader, line, next_order)?;
        if call.kind == Kind::Operation && std::mem::replace(&mut has_operation, true) {
            return Err(reader.expected(line.at, "another call; a recording has one operation"));
        }
        next_order = call.order.wrapping_add(1);
        calls.push(call);
    }
    let kinds: Vec<Kind> = calls.iter().map(|call| call.kind).collect();
    let ended = match head.ended {
        Some(line) => read_ended(reader, line, calls.len())?,
        None => usual_end(&kinds),
    };
    let in_use: Vec<Vec<u32>> =
        ended.iter().filter_map(|&at| calls.get(at)).map(|call| call.lane.clone()).collect();
    let lanes = match head.lanes {
        Some(Line { text: "none", .. }) => Vec::new(),
        Some(line) => line.parts().map(|part| read_lane(reader, part)).collect::<Result<_, _>>()?,
        None => lanes_of(in_use.into_iter()),
    };
    Ok(parts(&ended, &calls, lanes))
}

/// The parts of a tape, laid out as a recorder does it: call by call as they ended.
fn parts(ended: &[usize], calls: &[ReadCall], lanes: Vec<Vec<u32>>) -> TapeParts {
    let mut parts = TapeParts { lanes, ..TapeParts::default() };
    let mut sites: HashMap<(Kind, &str, &[String]), u32> = HashMap::new();
    let mut lanes: HashMap<Vec<u32>, u32> = HashMap::new();
    for (lane, at) in parts.lanes.iter().zip(0..) {
        lanes.entry(lane.clone()).or_insert(at);
    }
    for call in ended.iter().filter_map(|&at| calls.get(at)) {
        let next = u32::try_from(sites.len()).unwrap_or(u32::MAX);
        let site = *sites.entry((call.kind, &call.alias, &call.argument_names)).or_insert(next);
        if site == next {
            let argument_names = call.argument_names.iter().map(|name| Arc::from(name.as_str())).collect();
            parts.sites.push(Site { kind: call.kind, alias: call.alias.as_str().into(), argument_names });
        }
        let next = u32::try_from(parts.lanes.len()).unwrap_or(u32::MAX);
        let lane = *lanes.entry(call.lane.clone()).or_insert(next);
        if lane == next {
            parts.lanes.push(call.lane.clone());
        }
        let mut add = |bytes: &[u8]| {
            let start = parts.bytes.len() as u64;
            parts.bytes.extend_from_slice(bytes);
            start..parts.bytes.len() as u64
        };
        let arguments = add(call.arguments.as_deref().unwrap_or_default());
        let end = match &call.end {
            Some(ReadEnd::Returned(result)) => End::Returned(add(result)),
            Some(ReadEnd::Panicked) => End::Panicked,
            Some(ReadEnd::Cancelled) | None => End::Cancelled,
        };
        let ReadCall { order, started, duration, .. } = *call;
        parts.entries.push(Entry { site, lane, order, arguments, end, started, duration });
    }
    parts
}

fn read_call<'t>(reader: &mut Reader<'t>, head: Line<'t>, order: u32) -> Result<ReadCall, Error> {
    let (word, rest) = head.word();
    let words = KINDS.map(|(word, _)| word);
    let Some((_, kind)) = KINDS.into_iter().find(|(known, _)| *known == word) else {
        return Err(reader.unknown(head.at, word, &words));
    };
    if head.is_indented {
        return Err(reader.expected(head.at, "a call at the start of a line, which is not indented"));
    }
    let (alias, behind) =
        rest.name(reader, char::is_whitespace, "an alias, in quotes if it has blanks in it")?;
    if !behind.text.is_empty() {
        return Err(reader.expected(behind.at, "nothing behind the alias; quote it if it has blanks in it"));
    }
    let mut call = ReadCall {
        kind,
        alias,
        order,
        lane: Vec::new(),
        started: Duration::ZERO,
        duration: Duration::ZERO,
        argument_names: Vec::new(),
        arguments: None,
        named: Vec::new(),
        end: None,
    };
    let mut seen = HashSet::new();
    while let Some(line) = reader.peek().filter(|line| line.is_indented) {
        if call.end.is_some() {
            return Err(reader.expected(line.at, "the next call, at the start of a line, behind the result"));
        }
        read_part(reader, line, &mut call, &mut seen)?;
    }
    if call.end.is_none() {
        let at = reader.peek().map_or(usize::MAX, |line| line.at);
        let at = at.min(reader.length());
        return Err(reader.expected(at, "  -> and the result of the call before, or cancelled, or panicked"));
    }
    if !call.named.is_empty() {
        let named = Value::Seq(std::mem::take(&mut call.named));
        call.arguments = Some(encoded(reader, head, &named)?);
    }
    call.arguments.get_or_insert_with(|| none(kind));
    Ok(call)
}

/// A line of a call, and those below that belong to it.
fn read_part<'t>(
    reader: &mut Reader<'t>,
    line: Line<'t>,
    call: &mut ReadCall,
    seen: &mut HashSet<&'t str>,
) -> Result<(), Error> {
    if let Some((name, rest)) = argument(reader, line)? {
        if call.arguments.is_some() || seen.contains("names") {
            return Err(reader.expected(line.at, "no argument by its name beside `names` or `arguments`"));
        }
        call.argument_names.push(name);
        call.named.push(reader.value(rest)?);
        return Ok(());
    }
    let (word, rest) = line.word();
    if !seen.insert(word) {
        return Err(reader.error(line.at, format_args!("`{word}` stands twice; a call has one")));
    }
    match word {
        "arguments" if call.named.is_empty() => {
            call.arguments = Some(read_encoded(reader, rest)?);
            return Ok(());
        }
        "->" => {
            call.end = Some(ReadEnd::Returned(read_encoded(reader, rest)?));
            return Ok(());
        }
        _ => reader.next(),
    };
    match word {
        "at" => call.started = read_duration(reader, rest)?,
        "took" => call.duration = read_duration(reader, rest)?,
        "lane" => call.lane = read_lane(reader, rest)?,
        "order" => {
            let refuse = |_| reader.expected(rest.at, "a number from 0 to 4294967295");
            call.order = rest.text.parse().map_err(refuse)?;
        }
        "names" if call.named.is_empty() => {
            let mut rest = rest;
            loop {
                let (name, behind) =
                    rest.name(reader, |c| c == ',', "the names of arguments, with commas between")?;
                call.argument_names.push(name);
                match behind.text.strip_prefix(',') {
                    Some(_) => rest = behind.behind(1),
                    None if behind.text.is_empty() => break,
                    None => return Err(reader.expected(behind.at, "a comma or the end of the line")),
                }
            }
        }
        "names" | "arguments" => {
            return Err(reader.expected(line.at, "no `names` or `arguments` beside arguments by their names"));
        }
        "cancelled" => call.end = Some(ReadEnd::Cancelled),
        "panicked" => call.end = Some(ReadEnd::Panicked),
        _ => return Err(reader.unknown(line.at, word, &[&["NAME: value"], WORDS.as_slice()].concat())),
    }
    Ok(())
}

/// The name of an argument and what stands behind its colon, if a line is one.
fn argument<'t>(reader: &Reader<'t>, line: Line<'t>) -> Result<Option<(String, Line<'t>)>, Error> {
    let is_end = |c: char| !c.is_alphanumeric() && c != '_';
    if !line.text.starts_with('"') && line.text.starts_with(is_end) {
        return Ok(None);
    }
    let (name, rest) = line.name(reader, is_end, "the name of an argument")?;
    if rest.text.starts_with(':') {
        return Ok(Some((name, rest.behind(1))));
    }
    if line.text.starts_with('"') {
        return Err(reader.expected(rest.at, "a colon behind the name of the argument"));
    }
    Ok(None)
}

/// A value as its bytes, or bytes as they are.
fn read_encoded<'t>(reader: &mut Reader<'t>, line: Line<'t>) -> Result<Vec<u8>, Error> {
    let raw = line.text.strip_prefix("raw ").filter(|rest| rest.trim_start().starts_with("x\""));
    let value = reader.value(if raw.is_some() { line.behind("raw ".len()) } else { line })?;
    match value {
        Value::Bytes(bytes) if raw.is_some() => Ok(bytes),
        value => encoded(reader, line, &value),
    }
}

fn encoded(reader: &Reader<'_>, line: Line<'_>, value: &Value) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    value.encode_into(&mut bytes).map_err(|error| reader.error(line.at, error))?;
    Ok(bytes)
}

fn read_lane(reader: &Reader<'_>, line: Line<'_>) -> Result<Vec<u32>, Error> {
    if line.text == OWN_LANE {
        return Ok(Vec::new());
    }
    let numbers: Result<Vec<u32>, _> = line.text.split('.').map(str::parse).collect();
    numbers.map_err(|_| reader.expected(line.at, "a lane such as 0 or 2.1, or - for the operation's own"))
}

/// The list of the numbers of calls as they ended, counted from 0.
fn read_ended(reader: &Reader<'_>, line: Line<'_>, calls: usize) -> Result<Vec<usize>, Error> {
    let mut ended = Vec::new();
    let mut left: HashSet<usize> = (0..calls).collect();
    for part in line.parts() {
        let number = part.text.parse().ok().and_then(|number: usize| number.checked_sub(1));
        match number.filter(|number| left.remove(number)) {
            Some(number) => ended.push(number),
            None => {
                let expected = format!("the number of a call, each from 1 to {calls} once");
                return Err(reader.expected(part.at, expected));
            }
        }
    }
    if left.is_empty() {
        return Ok(ended);
    }
    let missing = left.iter().min().map_or(0, |number| number + 1);
    let what = format!("the list lacks call {missing} of {calls}; add it, or take the line out");
    Err(reader.error(line.at, what))
}
