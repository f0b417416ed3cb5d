//! A comparison on its way from a worker process: plain data, of which the values are their encoded bytes.

use std::time::Duration;

use playback_core::value::{DecodeError, EncodeError, Path, Segment, decode, decode_value, encode};
use playback_core::{Escape, Kind, OutputKey, RecordingId, Value};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::comparison::Run;
use crate::{Change, Comparison, Difference, Rules, Status, Timeline, Verdict};

/// What a worker answers.
#[derive(Serialize, Deserialize)]
pub(super) struct Answer {
    status: u8,
    message: Option<String>,
    differences: Vec<WireDifference>,
    omitted: usize,
    recorded: Option<WireRun>,
    replayed: Option<WireRun>,
    escapes: Vec<WireEscape>,
    timeline: Timeline,
    /// What the rules were good for, in their order: whether there was a place for each, and how often it forgave.
    usage: Vec<(bool, u64)>,
    /// A replay blocks a thread of the worker for good: it is of no more use.
    pub(super) spent: bool,
}

#[derive(Serialize, Deserialize)]
struct WireRun {
    duration: Duration,
    own: Duration,
    failed: bool,
}

#[derive(Serialize, Deserialize)]
struct WireEscape {
    output: bool,
    alias: String,
    refused: bool,
}

#[derive(Serialize, Deserialize)]
struct WireDifference {
    output: Option<(String, Vec<u32>, usize)>,
    path: Vec<WireSegment>,
    change: WireChange,
}

#[derive(Serialize, Deserialize)]
enum WireSegment {
    Field(String),
    Index(usize),
    Key(ByteBuf),
    Variant(String),
}

#[derive(Serialize, Deserialize)]
enum WireChange {
    Changed(ByteBuf, ByteBuf),
    TypeChanged(ByteBuf, ByteBuf),
    Added(ByteBuf),
    Removed(ByteBuf),
    Moved(usize, usize, ByteBuf),
    OutputAdded(ByteBuf),
    OutputMissing(ByteBuf),
}

impl Answer {
    pub(super) fn of(comparison: &Comparison, usage: Vec<(bool, u64)>, spent: bool) -> Self {
        let run = |run: &Run| WireRun { duration: run.duration, own: run.own, failed: run.failed };
        let escape = |escape: &Escape| WireEscape {
            output: escape.kind == Kind::Output,
            alias: escape.alias.clone(),
            refused: escape.refused,
        };
        let Verdict { status, message, differences, omitted, .. } = &comparison.verdict;
        let at = Status::ALL.iter().position(|known| known == status).unwrap_or_default();
        Self {
            status: u8::try_from(at).unwrap_or_default(),
            message: message.clone(),
            differences: differences.iter().map(of_difference).collect(),
            omitted: *omitted,
            recorded: comparison.recorded.as_ref().map(run),
            replayed: comparison.replayed.as_ref().map(run),
            escapes: comparison.escapes.iter().map(escape).collect(),
            timeline: comparison.timeline.clone(),
            usage,
            spent,
        }
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        encode(self)
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode(bytes)
    }

    /// Adds what the worker's rules were good for to the same rules of this process.
    pub(super) fn count(&self, rules: &Rules) {
        // Rules that are not the same, as `main` may make them of what changes, have nothing to do with each other.
        if self.usage.len() == rules.len() {
            rules.add_usage(self.usage.iter().copied());
        }
    }

    pub(super) fn into_comparison(self, id: RecordingId) -> Result<Comparison, DecodeError> {
        let run = |WireRun { duration, own, failed }| Run { duration, own, failed };
        let escape = |WireEscape { output, alias, refused }| {
            Escape::new(if output { Kind::Output } else { Kind::Input }, alias, refused)
        };
        let status = Status::ALL.get(usize::from(self.status)).copied().unwrap_or(Status::EqualizerFailure);
        let mut verdict = Verdict::new(status)
            .with_differences(self.differences.into_iter().map(to_difference).collect::<Result<_, _>>()?);
        verdict.message = self.message;
        verdict.omitted = self.omitted;
        Ok(Comparison {
            id,
            verdict,
            recorded: self.recorded.map(run),
            replayed: self.replayed.map(run),
            escapes: self.escapes.into_iter().map(escape).collect(),
            timeline: self.timeline,
            playback: None,
        })
    }
}

/// What a worker's answer says, and the same answer anew: for the fuzz targets, which nothing else can lead here.
#[cfg(fuzzing)]
pub fn fuzzed_answer(message: &[u8]) -> Option<(Comparison, Vec<u8>)> {
    let answer = Answer::decode(message).ok()?;
    answer.count(&Rules::new());
    let (usage, spent) = (answer.usage.clone(), answer.spent);
    let id = "Checkout/20260131/01KG8V3Q2E9T0000000000000A".parse().ok()?;
    let comparison = answer.into_comparison(id).ok()?;
    let again = Answer::of(&comparison, usage, spent).encode().ok()?;
    Some((comparison, again))
}

fn of_difference(difference: &Difference) -> WireDifference {
    let segment = |segment: &Segment| match segment {
        Segment::Field(name) => WireSegment::Field(name.as_str().to_owned()),
        Segment::Index(index) => WireSegment::Index(*index),
        Segment::Key(key) => WireSegment::Key(bytes(key)),
        Segment::Variant(name) => WireSegment::Variant(name.as_str().to_owned()),
    };
    let change = match &difference.change {
        Change::Changed { recorded, replayed } => WireChange::Changed(bytes(recorded), bytes(replayed)),
        Change::TypeChanged { recorded, replayed } => {
            WireChange::TypeChanged(bytes(recorded), bytes(replayed))
        }
        Change::Added { replayed } => WireChange::Added(bytes(replayed)),
        Change::Removed { recorded } => WireChange::Removed(bytes(recorded)),
        Change::Moved { from, to, value } => WireChange::Moved(*from, *to, bytes(value)),
        Change::OutputAdded { replayed } => WireChange::OutputAdded(bytes(replayed)),
        Change::OutputMissing { recorded } => WireChange::OutputMissing(bytes(recorded)),
    };
    let output = difference.output.as_ref();
    WireDifference {
        output: output.map(|OutputKey { alias, lane, number }| (alias.clone(), lane.clone(), *number)),
        path: difference.path.segments().iter().map(segment).collect(),
        change,
    }
}

fn to_difference(difference: WireDifference) -> Result<Difference, DecodeError> {
    let mut path = Path::root();
    for segment in difference.path {
        path.push(match segment {
            WireSegment::Field(name) => Segment::Field(name.into()),
            WireSegment::Index(index) => Segment::Index(index),
            WireSegment::Key(key) => Segment::Key(decode_value(&key)?),
            WireSegment::Variant(name) => Segment::Variant(name.into()),
        });
    }
    let value = |bytes: ByteBuf| decode_value(&bytes);
    let change = match difference.change {
        WireChange::Changed(recorded, replayed) => {
            Change::Changed { recorded: value(recorded)?, replayed: value(replayed)? }
        }
        WireChange::TypeChanged(recorded, replayed) => {
            Change::TypeChanged { recorded: value(recorded)?, replayed: value(replayed)? }
        }
        WireChange::Added(replayed) => Change::Added { replayed: value(replayed)? },
        WireChange::Removed(recorded) => Change::Removed { recorded: value(recorded)? },
        WireChange::Moved(from, to, moved) => Change::Moved { from, to, value: value(moved)? },
        WireChange::OutputAdded(replayed) => Change::OutputAdded { replayed: value(replayed)? },
        WireChange::OutputMissing(recorded) => Change::OutputMissing { recorded: value(recorded)? },
    };
    let output = difference.output.map(|(alias, lane, number)| OutputKey { alias, lane, number });
    let mut told = Difference::new(path, change);
    told.output = output;
    Ok(told)
}

/// The bytes of a value; of one that is nested too deeply to be encoded, those of what it is shown as.
fn bytes(value: &Value) -> ByteBuf {
    let mut bytes = Vec::new();
    if value.encode_into(&mut bytes).is_err() {
        bytes = encode(&crate::shown(value, 1_000)).unwrap_or_default();
    }
    ByteBuf::from(bytes)
}
