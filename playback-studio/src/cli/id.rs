//! Ids as people write them.

use playback_cassette::RecordingId;

use super::failure::Stop;

/// What `--help` says of ids.
pub(crate) const HELP: &str = "\
Ids:
  Checkout/20260131/01KG8V3Q2E9T0000000000000A   a whole id
  0000A                                          any end that only one id has; a whole unique part is found fastest
  @last, @last~2, Checkout/@last                 the newest, the third newest, that of a category
  ./one.tape                                     a file, for commands that read one recording";

/// A recording that is asked for.
#[derive(Debug, PartialEq)]
pub(crate) enum Wanted {
    Whole(RecordingId),
    /// The newest, or the one so many before it.
    Last {
        category: Option<String>,
        back: usize,
    },
    End(String),
}

pub(crate) fn parse(text: &str) -> Result<Wanted, Stop> {
    if let Ok(id) = text.parse() {
        return Ok(Wanted::Whole(id));
    }
    if text.is_empty() {
        return Err(Stop::new("an empty text names no recording; write an id, an end of one, or `@last`"));
    }
    let (category, last) = match text.rsplit_once('/') {
        Some((category, last)) if last.starts_with('@') => (Some(category.to_owned()), last),
        _ => (None, text),
    };
    if !last.starts_with('@') {
        return Ok(Wanted::End(text.to_owned()));
    }
    let back = match last.strip_prefix("@last") {
        Some("") => Some(0),
        Some(back) => {
            back.strip_prefix('~').and_then(|back| back.parse().ok()).filter(|back| *back < usize::MAX)
        }
        None => None,
    };
    let wrong = || {
        Stop::new(format!("`{text}` names no recording; write `@last`, or `@last~2` for the third newest"))
    };
    Ok(Wanted::Last { category, back: back.ok_or_else(wrong)? })
}

/// Whether an id ends in a text. The case of the unique part does not matter.
pub(crate) fn ends_in(id: &RecordingId, end: &str) -> bool {
    let whole = id.to_string();
    let from = whole.len().checked_sub(end.len()).and_then(|from| whole.get(from..));
    let unique_from = whole.len() - id.unique().len();
    from.is_some_and(|tail| {
        let in_category = tail.len().saturating_sub(whole.len() - unique_from);
        tail.eq_ignore_ascii_case(end) && tail.get(..in_category) == end.get(..in_category)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_people_write_them() {
        let last =
            |category: Option<&str>, back| Wanted::Last { category: category.map(str::to_owned), back };
        let id = "Checkout/20260131/01KG8V3Q2E9T0000000000000A";
        for (text, wanted) in [
            (id, Wanted::Whole(id.parse().unwrap())),
            ("0A", Wanted::End("0A".into())),
            (
                "20260131/01KG8V3Q2E9T0000000000000A",
                Wanted::End("20260131/01KG8V3Q2E9T0000000000000A".into()),
            ),
            ("@last", last(None, 0)),
            ("@last~2", last(None, 2)),
            ("orders/eu/@last~1", last(Some("orders/eu"), 1)),
        ] {
            assert_eq!(parse(text).unwrap(), wanted, "{text}");
        }
        for text in ["", "@", "@first", "@last~", "@last~-1", "@last2", "@last~99999999999999999999999"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_end_of_an_id_may_be_of_any_length() {
        let id: RecordingId = "orders/eu/20260131/01KG8V3Q2E9T0000000000000A".parse().unwrap();
        for end in
            ["A", "a", "0000a", "31/01KG8V3q2E9T0000000000000A", "eu/20260131/01KG8V3Q2E9T0000000000000A"]
        {
            assert!(ends_in(&id, end), "{end}");
        }
        for end in [
            "B",
            "EU/20260131/01KG8V3Q2E9T0000000000000A",
            "an orders/eu/20260131/01KG8V3Q2E9T0000000000000A",
        ] {
            assert!(!ends_in(&id, end), "{end}");
        }
    }
}
