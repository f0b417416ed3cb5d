//! The options of `#[intercept_output]`.

use futures::executor::block_on;
use playback_core::{HandlerError, MatchedBy, Prepare, Restore, intercept_output};

use crate::{calls, in_operation, live, record, replay_on, round_trip};

struct Topic(&'static str);

impl Topic {
    #[intercept_output("queue.send/{self.0}", skip(secret))]
    fn send(&self, id: u64, secret: &str) -> usize {
        live();
        secret.len()
    }

    #[intercept_output(alias = "queue.sends", args(id))]
    async fn send_async(&self, secret: String, id: u64) -> usize {
        live();
        secret.len() + self.0.len()
    }
}

/// O1, O2, I4, I5.
#[test]
fn the_recorded_arguments_are_what_was_sent_and_are_captured_again() {
    let recording = round_trip(|| {
        let sent = (Topic("a").send(1, "x"), Topic("a").send(1, "xy"), Topic("b").send(1, "xyz"));
        (sent, block_on(Topic("c").send_async("x".to_owned(), 1)))
    });
    let expected =
        ["queue.send/a(id) [1]", "queue.send/a(id) [1]", "queue.send/b(id) [1]", "queue.sends(id) [1]"];
    assert_eq!(calls(&recording), expected);

    // Other arguments are no obstacle; they are what a comparison finds.
    let (answers, playback) = replay_on(&recording, || (Topic("a").send(5, ""), Topic("a").send(6, "")));
    assert_eq!(answers, Some((1, 2)));
    let playback = playback.unwrap();
    let sent: Vec<_> =
        playback.replayed().outputs().map(|output| output.value().unwrap().to_string()).collect();
    assert_eq!(sent[..2], ["[5]", "[6]"]);
    assert_eq!(playback.missing_outputs().count(), 2);
}

/// Records that something was sent, and its length.
struct LengthOf(&'static str);

impl Prepare<(&String, &u64)> for LengthOf {
    fn prepare<'a>(
        &'a self,
        &(text, id): &'a (&String, &u64),
    ) -> Result<Box<dyn erased_serde::Serialize + 'a>, HandlerError> {
        Ok(Box::new((self.0, text.len(), id)))
    }
}

/// Records a length as text.
struct Digits {
    sign: char,
}

impl Prepare<usize> for Digits {
    fn prepare<'a>(
        &'a self,
        value: &'a usize,
    ) -> Result<Box<dyn erased_serde::Serialize + 'a>, HandlerError> {
        Ok(Box::new(format!("{}{value}", self.sign)))
    }
}

impl Restore<usize> for Digits {
    fn restore(&self, recorded: &mut dyn erased_serde::Deserializer<'_>) -> Result<usize, HandlerError> {
        let text: String = erased_serde::deserialize(recorded)?;
        Ok(text.strip_prefix(self.sign).ok_or("another sign")?.parse()?)
    }
}

#[intercept_output("handled", handler = LengthOf("length"), result_handler = Digits { sign })]
fn handled(text: String, id: u64, #[cfg(any())] absent: u8) -> usize {
    live();
    text.len() + usize::try_from(id).unwrap()
}

#[allow(non_upper_case_globals, reason = "a free name in an option is looked up where the attribute stands")]
const sign: char = '+';

#[intercept_output("handled.async", skip(_context), handler = LengthOf("async"), result_handler = Digits { sign: '#' })]
async fn handled_async(_context: std::thread::ThreadId, text: String, id: u64) -> usize {
    live();
    text.len() + usize::try_from(id).unwrap()
}

/// H1, H2.
#[test]
fn handlers_say_what_is_recorded_of_arguments_and_answer() {
    let thread = std::thread::current().id();
    let recording =
        round_trip(|| (handled("abc".to_owned(), 1), block_on(handled_async(thread, "ab".to_owned(), 2))));
    assert_eq!(
        calls(&recording),
        [r#"handled(text, id) ["length", 3, 1]"#, r#"handled.async(text, id) ["async", 2, 2]"#]
    );
    let answers: Vec<_> =
        recording.tape().calls().map(|call| call.result().unwrap().unwrap().to_string()).collect();
    assert_eq!(answers[1..], [r#""+4""#, r##""#4""##]);
}

mod versions {
    use super::*;

    #[intercept_output("old.send")]
    pub(super) fn old(id: u64) -> u64 {
        live();
        id + 1
    }

    #[intercept_output("new.send", fallback("older.send", "old.send"))]
    pub(super) fn new(id: u64) -> u64 {
        live();
        id
    }

    #[intercept_output("new.send/{topic}", skip(topic), fallback("{topic}.send"))]
    pub(super) async fn captured(topic: &str, id: u64) -> u64 {
        live();
        id + topic.len() as u64
    }

    #[intercept_output("new.send/{topic}", fallback_with = aliases)]
    pub(super) fn computed(topic: String, id: u64) -> u64 {
        live();
        id + topic.len() as u64
    }

    fn aliases(topic: &str, _id: &u64) -> Vec<String> {
        vec![format!("{topic}.send")]
    }
}

/// I9, for outputs.
#[test]
fn old_aliases_find_the_answers_recorded_under_them() {
    let (_, recording) = record(|| in_operation(|| [versions::old(1), versions::old(2)]));
    let versions: [fn(u64) -> u64; 3] = [
        versions::new,
        |id| block_on(versions::captured("old", id)),
        |id| versions::computed("old".to_owned(), id),
    ];
    for new in versions {
        let (answers, playback) = replay_on(&recording, || [new(7), new(8)]);
        assert_eq!(answers, Some([2, 3]));
        assert_eq!(playback.unwrap().missing_outputs().count(), 0);
    }
}

#[intercept_output("unrecorded.default")]
fn unrecorded_by_default(id: u64) -> u64 {
    live();
    id
}

#[intercept_output("unrecorded.fail", unrecorded = fail)]
fn unrecorded_fails(id: u64) -> u64 {
    live();
    id
}

#[intercept_output("unrecorded.value", unrecorded = value(text.len() as u64 + 1))]
fn unrecorded_has_an_answer(text: String) -> u64 {
    live();
    drop(text);
    0
}

#[intercept_output("unrecorded.value.async", unrecorded = value(Err("none".into())))]
async fn unrecorded_has_an_answer_async(id: u64) -> Result<u64, String> {
    live();
    Ok(id)
}

/// O4, O6.
#[test]
fn an_output_without_a_recorded_answer_is_answered_as_the_code_says() {
    let (_, empty) = record(|| in_operation(|| ()));
    for refused in [unrecorded_by_default, unrecorded_fails] {
        let (returned, playback) = replay_on(&empty, || refused(1));
        assert!(returned.is_none());
        assert!(playback.unwrap_err().to_string().contains("unrecorded."));
    }
    let before = crate::LIVE.get();
    let (answer, playback) = replay_on(&empty, || unrecorded_has_an_answer("abc".to_owned()));
    assert_eq!((answer, crate::LIVE.get()), (Some(4), before));
    let playback = playback.unwrap();
    assert_eq!(playback.added_outputs().count(), 1);
    assert_eq!(playback.matches().next().unwrap().2, MatchedBy::Given);
    let (answer, _) = replay_on(&empty, || block_on(unrecorded_has_an_answer_async(1)));
    assert_eq!(answer, Some(Err("none".to_owned())));
}
