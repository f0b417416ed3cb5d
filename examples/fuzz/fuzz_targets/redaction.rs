//! Files of rules for redaction, and texts that they are applied to.
#![no_main]

use libfuzzer_sys::fuzz_target;
use playback_core::Value;
use playback_core::redaction::{Key, Known, Part, Place, Redactor, Rule, Rules, Texts};
use playback_fuzz::{text, within};

fuzz_target!(|input: &[u8]| {
    let text = text(input);
    let (file, about) = text.split_once("\n===\n").unwrap_or(("", &text));
    // What is left of `a@b@c` may look like another address.
    let usual = [Texts::Cards, Texts::Bearers, Texts::Keys];
    let usual = usual.into_iter().map(Rule::text).fold(Rules::new(), Rules::with);
    let once = redacted(&usual, &Value::from(about));
    // What stands after a user in a URL may be a password only once a card or a key with spaces in it is masked.
    if !about.contains("://") {
        assert_eq!(redacted(&usual, &once), once, "what is masked stays as it is");
    }
    let read = within(64 << 10, input, || Rules::from_toml(file).map_err(|error| error.to_string()));
    let Ok(rules) = read else { return };
    let rules = rules.key(Key::new([7; 32]).expect("it is long enough"));
    let value = about.parse().unwrap_or_else(|_| Value::from(about));
    let instead = redacted(&rules, &value);
    assert_eq!(redacted(&rules, &value), instead, "the same for the same");
    let mut bytes = Vec::new();
    instead.encode_into(&mut bytes).expect("what is redacted can be written");
    bytes.clear();
    value.encode_into(&mut bytes).expect("it was no deeper than the other");
    assert!(rules.concerns(&place(), &bytes) || instead == value, "what rules change concerns them");
});

fn place() -> Place<'static> {
    Place::new(Part::Result, "crm.find")
}

fn redacted(rules: &Rules, value: &Value) -> Value {
    let mut value = value.clone();
    rules.redact(&place(), &mut value, &Known::default()).expect("there is a key");
    value
}
