//! What a worker process answers. An input that begins with a brace is the text of a value, which stands for its bytes:
//! changes of it are more often still an answer.
#![no_main]

use std::borrow::Cow;

use libfuzzer_sys::fuzz_target;
use playback_core::Value;
use playback_fuzz::{text, within};

fuzz_target!(|input: &[u8]| {
    let Some(message) = message(input) else { return };
    let answer = within(512, &message, || playback_equalizer::fuzzed_answer(&message));
    let Some((comparison, again)) = answer else { return };
    let _ = comparison.to_string();
    let (_, once_more) = playback_equalizer::fuzzed_answer(&again).expect("what was written can be read");
    assert_eq!(once_more, again);
});

fn message(input: &[u8]) -> Option<Cow<'_, [u8]>> {
    if !input.starts_with(b"{") {
        return Some(input.into());
    }
    let mut message = Vec::new();
    text(input).parse::<Value>().ok()?.encode_into(&mut message).ok()?;
    Some(message.into())
}
