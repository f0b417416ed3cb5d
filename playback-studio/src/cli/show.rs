//! `show`: all there is to know of one recording.

use std::io::Write;
use std::time::Duration;

use playback_cassette::Opened;
use playback_core::{Call, End, Entry, Kind, Recording, Site, Tape, TapeParts, Value};
use serde_json::json;

use super::failure::{Exit, Stop};
use super::json;
use super::screen::{BAD, BOLD, CHANGED, DIM, Screen, painted};
use super::store::StoreArgs;
use super::value;
use super::words::{self, count, harmless, harmless_json};

/// How many characters wide the picture of the timeline is.
const PICTURE: usize = 20;

/// Shows a recording: its metadata, and every call with its time, its arguments and its answer
#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// The recording: its id, any end of it that only it has, `@last`, or a file
    #[arg(value_name = "ID")]
    id: String,

    /// Only the call of this number, whole; 0 is the operation itself
    #[arg(short, long, value_name = "NUMBER")]
    entry: Option<u32>,

    /// Long values whole, in place of their first lines
    #[arg(long)]
    full: bool,

    /// The calls with their times, and no values
    #[arg(short, long, conflicts_with_all = ["entry", "full", "json"])]
    timeline: bool,

    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(crate) async fn run(self, store: &StoreArgs, screen: &mut Screen) -> Result<Exit, Stop> {
        if let Some(number) = self.entry {
            let tape = alone(&store.look_into(&self.id).await?, number).await?;
            for call in tape.calls() {
                if self.json {
                    return print_json(&call_json(&call)?, screen);
                }
                write_call(&call, None, value::WHOLE, screen)?;
            }
            return Ok(Exit::Done);
        }
        let recording = store.load(&self.id).await?;
        if self.json {
            return print_json(&recording_json(&recording)?, screen);
        }
        header(&recording, screen)?;
        let lines = match (self.timeline, self.full) {
            (true, _) => 0,
            (_, true) => value::WHOLE,
            _ => value::LINES,
        };
        let whole = recording.metadata().duration;
        for call in recording.tape().calls() {
            if !screen.is_read() {
                break;
            }
            if lines > 0 {
                writeln!(screen)?;
            }
            write_call(&call, Some(whole), lines, screen)?;
        }
        Ok(Exit::Done)
    }
}

/// One call of a recording, on a tape of its own: of a large recording nothing else is read.
async fn alone(recording: &Opened, number: u32) -> Result<Tape, Stop> {
    let call = recording.calls().find(|call| call.order() == number).ok_or_else(|| {
        let last = recording.calls().next_back().map_or(0, |call| call.order());
        let id = recording.id();
        Stop::new(format!("recording {id} has no call number {number}; they are numbered from 0 to {last}"))
    })?;
    let mut bytes = call.argument_bytes().await?;
    let arguments = 0..bytes.len() as u64;
    let end = match call.result_bytes().await? {
        Some(result) => {
            bytes.extend(result);
            End::Returned(arguments.end..bytes.len() as u64)
        }
        None => call.end().clone(),
    };
    let entry = Entry {
        site: 0,
        lane: 1,
        order: number,
        arguments,
        end,
        started: call.started(),
        duration: call.duration(),
    };
    let site =
        Site { kind: call.kind(), alias: call.alias().into(), argument_names: call.argument_names().into() };
    let lanes = vec![Vec::new(), call.lane().to_vec()];
    Tape::new(TapeParts { sites: vec![site], lanes, entries: vec![entry], bytes })
        .map_err(|error| Stop::new(format!("call {number} of recording {}: {error}", recording.id())))
}

/// What a recording is called, and what is known of it.
pub(crate) fn header(recording: &Recording, screen: &mut Screen) -> Result<(), Stop> {
    let metadata = recording.metadata();
    writeln!(screen, "{}", painted(harmless(&recording.id().to_string()), BOLD))?;
    let by = match &metadata.service {
        Some(service) => harmless(&format!(", by {} {}", service.name, service.version)).into_owned(),
        None => String::new(),
    };
    writeln!(screen, "  recorded  {} UTC{by}", words::moment(metadata.recorded_at))?;
    let number = |kind| recording.tape().calls_of(kind).count();
    let inputs = count(number(Kind::Input), "input");
    let outputs = count(number(Kind::Output), "output");
    writeln!(screen, "  took      {}, with {inputs} and {outputs}", words::duration(metadata.duration))?;
    if metadata.incomplete {
        writeln!(screen, "  {}: the operation did not come to its end", painted("incomplete", BAD))?;
    } else if metadata.failed {
        writeln!(screen, "  {}: the operation returned an error", painted("failed", CHANGED))?;
    }
    for (name, value) in &metadata.fields {
        value::write(screen, &format!("  {}: ", harmless(name)), value, value::LINES)?;
    }
    Ok(())
}

/// What a call is called, in colours.
pub(crate) fn title(call: &Call<'_>) -> String {
    let kind = match call.kind() {
        Kind::Operation => "operation",
        Kind::Input => "input",
        Kind::Output => "output",
        Kind::Data => "data",
    };
    let lane = match call.lane() {
        [] => String::new(),
        lane => format!(" in lane {}", lane.iter().map(ToString::to_string).collect::<Vec<_>>().join(".")),
    };
    format!("{} {}{}", kind, painted(harmless(call.alias()), BOLD), painted(lane, DIM))
}

/// A call with its time, and its values in so many lines each; `whole` is how long the operation took.
pub(crate) fn write_call(
    call: &Call<'_>,
    whole: Option<Duration>,
    lines: usize,
    screen: &mut Screen,
) -> Result<(), Stop> {
    let started = format!("+{}", words::duration(call.started()));
    let took = words::duration(call.duration());
    let picture = whole.map(|whole| picture(call, whole)).unwrap_or_default();
    writeln!(
        screen,
        "{:>3}  {started:>8}  {took:>7}  {}{}",
        call.order(),
        painted(picture, DIM),
        title(call)
    )?;
    if lines == 0 {
        return Ok(());
    }
    if call.kind() != Kind::Data {
        write_arguments(call, lines, screen)?;
    }
    write_end(call, lines, screen)
}

/// Where in the run a call was made, and how much of it.
fn picture(call: &Call<'_>, whole: Duration) -> String {
    if whole.is_zero() {
        return String::new();
    }
    let at = |time: Duration| {
        let at = time.as_nanos().saturating_mul(PICTURE as u128) / whole.as_nanos();
        usize::try_from(at).unwrap_or(PICTURE).min(PICTURE)
    };
    let from = at(call.started()).min(PICTURE - 1);
    let to = at(call.started().saturating_add(call.duration())).max(from + 1);
    format!("[{}{}{}]  ", " ".repeat(from), "=".repeat(to - from), " ".repeat(PICTURE - to))
}

fn write_arguments(call: &Call<'_>, lines: usize, screen: &mut Screen) -> Result<(), Stop> {
    match call.arguments() {
        Ok(Value::Unit) => {}
        Ok(Value::Seq(values))
            if call.argument_names().is_empty() || call.argument_names().len() == values.len() =>
        {
            for (at, one) in values.iter().enumerate() {
                let name = call.argument_names().get(at).map(|name| format!("{}: ", harmless(name)));
                value::write(screen, &format!("       {}", name.unwrap_or_default()), one, lines)?;
            }
        }
        // What a handler made of the arguments.
        Ok(prepared) => value::write(screen, "       ", &prepared, lines)?,
        Err(error) => {
            writeln!(screen, "       {}", painted(harmless(&unreadable("arguments", &error)), BAD))?
        }
    }
    Ok(())
}

fn write_end(call: &Call<'_>, lines: usize, screen: &mut Screen) -> Result<(), Stop> {
    match (call.result(), call.end()) {
        (Ok(Some(result)), _) => {
            let style = if result.is_error() { CHANGED } else { DIM };
            value::write(screen, &format!("    {} ", painted("->", style)), &result, lines)?;
        }
        (Ok(None), End::Panicked) => writeln!(screen, "    {}", painted("-> panicked", BAD))?,
        (Ok(None), _) => writeln!(screen, "    {}", painted("-> was cancelled", BAD))?,
        (Err(error), _) => writeln!(screen, "    {}", painted(harmless(&unreadable("result", &error)), BAD))?,
    }
    Ok(())
}

fn unreadable(what: &str, error: &playback_core::value::DecodeError) -> String {
    format!("the {what} cannot be read: {error}")
}

fn print_json(json: &serde_json::Value, screen: &mut Screen) -> Result<Exit, Stop> {
    let text = serde_json::to_string_pretty(json).map_err(|error| Stop::new(error.to_string()))?;
    writeln!(screen, "{}", harmless_json(&text))?;
    Ok(Exit::Done)
}

fn recording_json(recording: &Recording) -> Result<serde_json::Value, Stop> {
    let found = playback_cassette::Found::new(recording.id().clone(), recording.metadata().clone());
    let metadata = playback_cassette::format::metadata_to_json(&found)?;
    let metadata: serde_json::Value =
        serde_json::from_slice(&metadata).map_err(|error| Stop::new(error.to_string()))?;
    let calls: Result<Vec<_>, Stop> = recording.tape().calls().map(|call| call_json(&call)).collect();
    Ok(json!({ "id": recording.id().to_string(), "metadata": metadata, "calls": calls? }))
}

fn call_json(call: &Call<'_>) -> Result<serde_json::Value, Stop> {
    let failed =
        |what| move |error| Stop::new(format!("call {}: {}", call.order(), unreadable(what, &error)));
    let names: Vec<&str> = call.argument_names().iter().map(|name| &**name).collect();
    let arguments = call.arguments().map_err(failed("arguments"))?;
    let result = call.result().map_err(failed("result"))?;
    let ended = match call.end() {
        End::Returned(_) if call.failed() => "failed",
        End::Returned(_) => "returned",
        End::Cancelled => "cancelled",
        End::Panicked => "panicked",
    };
    Ok(json!({
        "number": call.order(),
        "kind": format!("{:?}", call.kind()).to_lowercase(),
        "alias": call.alias(),
        "lane": call.lane(),
        "started_ns": u64::try_from(call.started().as_nanos()).unwrap_or(u64::MAX),
        "duration_ns": u64::try_from(call.duration().as_nanos()).unwrap_or(u64::MAX),
        "argument_names": names,
        "arguments": json::of(&arguments),
        "ended": ended,
        "result": result.as_ref().map(json::of),
    }))
}
