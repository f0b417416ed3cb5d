//! Filters, of which queries are made, and what they are asked about.
#![no_main]

use std::time::SystemTime;

use libfuzzer_sys::fuzz_target;
use playback_cassette::{Filter, Metadata, Query, RecordingId};
use playback_core::Value;
use playback_fuzz::{text, within};

fuzz_target!(|input: &[u8]| {
    let text = text(input);
    let (filters, field) = text.split_once('\n').unwrap_or((&text, "17"));
    let Ok(filters) = within(512, input, || Filter::parse_list(filters)) else { return };
    let id: RecordingId = "Checkout/20260131/01KG8V3Q2E9T0000000000000A".parse().expect("it is one");
    let mut metadata = Metadata::new("Checkout", SystemTime::UNIX_EPOCH);
    if let Some(filter) = filters.first() {
        let value = field.parse().unwrap_or_else(|_| Value::from(field));
        metadata.fields.insert(filter.field().to_owned(), value);
    }
    let mut query = Query::new();
    for filter in filters {
        let shown = filter.to_string();
        let again: Filter = shown.parse().unwrap_or_else(|error| panic!("{shown}: {error}"));
        assert_eq!(again, filter, "{shown}");
        assert_eq!(again.matches(&id, &metadata), filter.matches(&id, &metadata));
        query = query.filter(filter);
    }
    let _ = query.to_string();
});
