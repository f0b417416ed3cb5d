//! The texts of values, of paths and of patterns of paths.
#![no_main]

use libfuzzer_sys::fuzz_target;
use playback_core::Value;
use playback_core::value::{Path, Pattern};
use playback_fuzz::{text, within};

fuzz_target!(|input: &[u8]| {
    let text = text(input);
    if let Ok(value) = within(160, input, || text.parse::<Value>()) {
        for shown in [value.to_string(), format!("{value:#}")] {
            assert_eq!(shown.parse::<Value>().as_ref(), Ok(&value), "{shown}");
        }
    }
    if let Ok((value, rest)) = Value::parse_start(&text) {
        assert!(text.ends_with(rest));
        let _ = value.walk().count();
    }
    if let Ok(path) = within(160, input, || text.parse::<Path>()) {
        let shown = path.to_string();
        assert_eq!(shown.parse::<Path>().as_ref(), Ok(&path), "{shown}");
    }
    if let Ok(pattern) = within(320, input, || text.parse::<Pattern>()) {
        let shown = pattern.to_string();
        let again = shown.parse::<Pattern>().expect("what was written can be read");
        assert_eq!(again.to_string(), shown);
        let _ = pattern.reached_from(0).any(|position| pattern.ends_at(position));
    }
});
