//! Files of rules for comparing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use playback_core::Value;
use playback_equalizer::{Rules, diff_with};
use playback_fuzz::{text, within};

fuzz_target!(|input: &[u8]| {
    let text = text(input);
    // A compiled regular expression is bounded, and not by its length.
    let rules = within(64 << 10, input, || Rules::from_toml(&text).map_err(|error| error.to_string()));
    let Ok(rules) = rules else { return };
    let written = rules.to_string();
    let again = Rules::from_toml(&written).unwrap_or_else(|error| panic!("{written}: {error}"));
    assert_eq!(again.to_string(), written);
    let one: Value = r#"{a: [1, 2.5, "x"], b: {"k": Some("2026-01-31T10:00:00Z")}, c: V{id: 1}}"#
        .parse()
        .expect("it is one");
    let other: Value = r#"{a: ["X", 2, 1], b: {"k": Some("2026-01-31T10:00:01Z")}, c: V{id: 2}}"#
        .parse()
        .expect("it is one");
    let _ = diff_with(&one, &other, &rules, 100).count();
});
