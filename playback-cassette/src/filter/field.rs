//! What a recording has under the name of a field.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::time::{Duration, SystemTime};

use playback_core::{Metadata, RecordingId};
use serde_json::Value as Json;

use super::compare::{as_json, compare};
use crate::timestamp::{from_text, to_text};

/// What a recording has under the name of a field.
pub(super) enum Actual<'a> {
    Absent,
    Text(Cow<'a, str>),
    Duration(Duration),
    Time(SystemTime),
    Json(Json),
}

/// What the field called `name` is of a recording.
pub(super) fn resolve<'a>(name: &str, id: &'a RecordingId, metadata: &'a Metadata) -> Actual<'a> {
    let service = metadata.service.as_ref();
    let text = |text: Option<&'a str>| text.map_or(Actual::Absent, |text| Actual::Text(text.into()));
    match name {
        "id" => Actual::Text(id.to_string().into()),
        "category" => text(Some(id.category())),
        "recorded_at" => Actual::Time(metadata.recorded_at),
        "duration" => Actual::Duration(metadata.duration),
        "failed" => Actual::Json(metadata.failed.into()),
        "incomplete" => Actual::Json(metadata.incomplete.into()),
        "service" => text(service.map(|service| service.name.as_str())),
        "service.version" => text(service.map(|service| service.version.as_str())),
        name => own_field(name.strip_prefix("fields.").unwrap_or(name), metadata),
    }
}

/// What can be asked of a field; `None` for anything. `pattern` is whether `wanted` may hold wildcards.
pub(super) fn refusal(name: &str, wanted: &Json, pattern: bool) -> Option<&'static str> {
    let (fits, expected) = match name {
        "failed" | "incomplete" => (wanted.is_boolean(), "`true` or `false`"),
        "duration" => (
            to_duration(wanted).is_some(),
            "a number of seconds, or one with its unit, such as `250ms` or `1.5s`",
        ),
        "recorded_at" => {
            let is_pattern = wanted.as_str().is_some_and(|text| pattern && text.contains(['*', '?']));
            let expected = "a time such as `2026-01-31T10:00:00Z` or a day such as `2026-01-31`";
            (is_pattern || to_time(wanted).is_some(), expected)
        }
        name if is_text(name) => (wanted.is_string() || wanted.is_null(), "a text"),
        _ => return None,
    };
    (!fits).then_some(expected)
}

/// Whether the field is text by nature, so that `1.4` asked of it is no number.
pub(super) fn is_text(name: &str) -> bool {
    matches!(name, "id" | "category" | "recorded_at" | "service" | "service.version")
}

fn own_field(name: &str, metadata: &Metadata) -> Actual<'static> {
    let found = splits(name).find_map(|(first, rest)| {
        let value = as_json(metadata.fields.get(first)?)?;
        match rest {
            Some(rest) => below(&value, rest).cloned(),
            None => Some(value),
        }
    });
    match found {
        None | Some(Json::Null) => Actual::Absent,
        Some(value) => Actual::Json(value),
    }
}

/// What is at `path` in a value: by names in objects, by numbers in lists.
fn below<'v>(value: &'v Json, path: &str) -> Option<&'v Json> {
    splits(path).find_map(|(first, rest)| {
        let member = match value {
            Json::Object(members) => members.get(first)?,
            Json::Array(members) => members.get(first.parse::<usize>().ok()?)?,
            _ => return None,
        };
        match rest {
            Some(rest) => below(member, rest),
            None => Some(member),
        }
    })
}

/// A path as the first name and the rest, in all ways: a name may have dots in it. The whole comes first.
fn splits(path: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let dots = path.match_indices('.').filter_map(|(dot, _)| {
        let (first, rest) = path.split_at_checked(dot)?;
        Some((first, rest.strip_prefix('.')))
    });
    std::iter::once((path, None)).chain(dots)
}

impl Actual<'_> {
    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// As a text that a pattern can be laid on.
    pub(super) fn as_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Json(Json::String(text)) => Some(Cow::Borrowed(text)),
            Self::Time(time) => to_text(*time).map(Cow::Owned),
            Self::Absent | Self::Duration(_) | Self::Json(_) => None,
        }
    }

    /// How it stands to what is asked for, if the two can be compared.
    pub(super) fn compare(&self, wanted: &Json, needs_order: bool) -> Option<Ordering> {
        match self {
            Self::Absent => None,
            Self::Text(text) => wanted.as_str().map(|wanted| (**text).cmp(wanted)),
            Self::Duration(duration) => to_duration(wanted).map(|wanted| wanted.compared_to(*duration)),
            Self::Time(time) => to_time(wanted).map(|wanted| time.cmp(&wanted)),
            Self::Json(value) => compare(value, wanted, needs_order),
        }
    }
}

/// A duration that is asked for.
enum Wanted {
    Negative,
    Exactly(Duration),
    /// Longer than a machine can express.
    Longer,
}

impl Wanted {
    fn compared_to(&self, actual: Duration) -> Ordering {
        match self {
            Self::Negative => Ordering::Greater,
            Self::Exactly(wanted) => actual.cmp(wanted),
            Self::Longer => Ordering::Less,
        }
    }
}

fn to_duration(wanted: &Json) -> Option<Wanted> {
    let seconds = match wanted {
        Json::Number(seconds) => seconds.as_f64()?,
        Json::String(text) => {
            let (number, unit) = text.split_at_checked(text.find(char::is_alphabetic)?)?;
            number.trim_end().parse::<f64>().ok()? * seconds_of(unit)?
        }
        _ => return None,
    };
    Some(match Duration::try_from_secs_f64(seconds) {
        Ok(duration) => Wanted::Exactly(duration),
        Err(_) if seconds < 0.0 => Wanted::Negative,
        Err(_) => Wanted::Longer,
    })
}

fn seconds_of(unit: &str) -> Option<f64> {
    Some(match unit {
        "ns" => 1e-9,
        "us" | "µs" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return None,
    })
}

fn to_time(wanted: &Json) -> Option<SystemTime> {
    let text = wanted.as_str()?;
    from_text(text).or_else(|| from_text(&format!("{text}T00:00:00Z")))
}
