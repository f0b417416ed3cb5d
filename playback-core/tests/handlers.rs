//! Data handlers and ready-made ones: PARITY rows H1 to H3.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::error::Error;
use std::fmt;
use std::io;

use playback_core::errors::RecordedError;
use playback_core::{
    DataHandler, DiscardReason, HandlerError, Playback, Prepare, Recording, ReplayError, ReplayErrorKind,
    Restore, errors, input, operation, output, replay_blocking,
};
use playback_testkit::record_blocking;

fn recorded<R>(body: impl Fn() -> R) -> Recording {
    record_blocking(|| {
        operation("Op").run(|| {
            body();
        })
    })
    .recording()
}

fn replayed<R>(recording: &Recording, body: impl Fn() -> R) -> Result<Playback, ReplayError> {
    replay_blocking(recording, |_| {
        operation("Op").run(|| {
            body();
        });
        Ok(())
    })
}

/// A connection: nothing that serde could write.
#[derive(Debug, PartialEq)]
struct Connection {
    address: String,
}

/// Records a connection by its address, checked against the one that was asked for.
struct ByAddress {
    expected: String,
}

impl Prepare<Connection> for ByAddress {
    fn prepare<'a>(
        &'a self,
        value: &'a Connection,
    ) -> Result<Box<dyn erased_serde::Serialize + 'a>, HandlerError> {
        if value.address != self.expected {
            return Err(format!("connected to {} instead of {}", value.address, self.expected).into());
        }
        Ok(Box::new(&value.address))
    }
}

impl Restore<Connection> for ByAddress {
    fn restore(&self, recorded: &mut dyn erased_serde::Deserializer<'_>) -> Result<Connection, HandlerError> {
        let address: String = erased_serde::deserialize(recorded)?;
        if address != self.expected {
            return Err(format!("recorded {address}").into());
        }
        Ok(Connection { address })
    }
}

fn connect(address: &str, live: &str) -> Connection {
    input("connect")
        .args(&())
        .handler_with(|| ByAddress { expected: address.to_owned() })
        .run(|| Connection { address: live.to_owned() })
}

#[test]
fn an_input_handler_prepares_and_restores_the_result_seeing_the_arguments() {
    // H1
    let recording = recorded(|| connect("db:1", "db:1"));
    let value = recording.tape().calls().nth(1).unwrap().result().unwrap().unwrap();
    assert_eq!(value.to_string(), r#""db:1""#);
    replayed(&recording, || assert_eq!(connect("db:1", "live").address, "db:1")).unwrap();
}

#[test]
fn an_input_handler_that_fails_discards_the_recording_or_fails_the_replay() {
    // H3
    let run = record_blocking(|| operation("Op").run(|| connect("db:1", "db:2").address));
    assert_eq!(run.result, "db:2", "the call's result still returns");
    let DiscardReason::Unencodable { alias, error } = &run.discarded[0].1 else {
        panic!("{:?}", run.discarded)
    };
    assert_eq!((alias.as_str(), error.as_str()), ("connect", "connected to db:2 instead of db:1"));

    let recording = recorded(|| connect("db:1", "db:1"));
    let error = replayed(&recording, || connect("db:3", "live")).unwrap_err();
    assert!(matches!(error.kind(), ReplayErrorKind::AnswerMismatch { .. }), "{error}");
    assert!(error.to_string().contains("recorded db:1"), "{error}");
}

/// Records the length of a text in place of the text.
struct Length;

impl Prepare<(&str,)> for Length {
    fn prepare<'a>(
        &'a self,
        value: &'a (&str,),
    ) -> Result<Box<dyn erased_serde::Serialize + 'a>, HandlerError> {
        if value.0.is_empty() {
            return Err("nothing to send".into());
        }
        Ok(Box::new((value.0.len(),)))
    }
}

impl Restore<usize> for Length {
    fn restore(&self, recorded: &mut dyn erased_serde::Deserializer<'_>) -> Result<usize, HandlerError> {
        Ok(erased_serde::deserialize::<(usize,)>(recorded)?.0)
    }
}

#[test]
fn an_output_handler_prepares_what_is_recorded_of_the_arguments_and_restores_it() {
    // H2
    let send = |text: &str| output("send").handler_with(|| Length).args(&(text,)).run(|| 1u8);
    let recording = recorded(|| send("four"));
    let playback = replayed(&recording, || send("seven.."));
    let playback = playback.unwrap();
    let lengths = [playback.recorded(), playback.replayed()].map(|tape| {
        let sent = tape.outputs().next().unwrap();
        sent.restore::<usize>(&Length).unwrap()
    });
    assert_eq!(lengths, [4, 7]);
}

#[test]
fn an_output_handler_that_fails_discards_the_recording_or_fails_the_replay() {
    // H3
    let send = |text: &str| output("send").handler_with(|| Length).args(&(text,)).run(|| 1u8);
    let run = record_blocking(|| operation("Op").run(|| send("")));
    assert_eq!(run.result, 1);
    assert!(
        matches!(&run.discarded[0].1, DiscardReason::Unencodable { error, .. } if error == "nothing to send")
    );
    let error = replayed(&recorded(|| send("four")), || send("")).unwrap_err();
    assert!(matches!(error.kind(), ReplayErrorKind::Unencodable { alias, .. } if alias == "send"), "{error}");
}

#[test]
fn an_answer_can_have_a_handler_of_its_own() {
    let send = |live: &str| {
        let answer: Result<u8, Box<dyn Error + Send + Sync>> =
            output("send").args(&(1,)).result_handler_with(errors::boxed).run(|| Err(live.into()));
        answer.unwrap_err().to_string()
    };
    let recording = recorded(|| send("full"));
    replayed(&recording, || assert_eq!(send("live"), "full")).unwrap();
}

#[test]
fn handlers_are_dyn_compatible() {
    let handler: Box<dyn DataHandler<Connection>> = Box::new(ByAddress { expected: String::from("db:1") });
    let handler = std::cell::Cell::new(Some(handler));
    let recording = record_blocking(|| {
        operation("Op").run(|| {
            let connect = input("connect").args(&()).handler_with(|| handler.take().unwrap());
            connect.run(|| Connection { address: String::from("db:1") }).address
        })
    })
    .recording();
    assert_eq!(recording.tape().calls().nth(1).unwrap().result().unwrap().unwrap().to_string(), r#""db:1""#);
}

/// An error with a cause.
#[derive(Debug)]
struct Outer(io::Error);

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "outer")
    }
}

impl Error for Outer {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

fn chain(error: &dyn Error) -> Vec<String> {
    let mut messages = vec![error.to_string()];
    messages.extend(error.source().map(chain).unwrap_or_default());
    messages
}

#[test]
fn boxed_errors_keep_their_messages_and_those_of_their_sources() {
    type Boxed = Result<u8, Box<dyn Error + Send + Sync>>;
    let ask = |live: fn() -> Boxed| -> Boxed { input("ask").args(&()).handler_with(errors::boxed).run(live) };
    let recording = recorded(|| ask(|| Err(Box::new(Outer(io::Error::other("inner"))))));
    replayed(&recording, || {
        let error = ask(|| Ok(1)).unwrap_err();
        assert_eq!(chain(error.as_ref()), ["outer", "inner"]);
        assert!(error.downcast_ref::<RecordedError>().is_some());
    })
    .unwrap();
    let fine = recorded(|| ask(|| Ok(7)));
    replayed(&fine, || assert_eq!(ask(|| Ok(1)).unwrap(), 7)).unwrap();
}

#[test]
fn io_errors_keep_kind_code_and_messages() {
    let ask = |live: fn() -> io::Result<u8>| input("ask").args(&()).handler_with(errors::io).run(live);
    let check = |live: fn() -> io::Result<u8>| {
        let (expected, recording) = (live().unwrap_err(), recorded(|| ask(live)));
        assert!(recording.tape().calls().nth(1).unwrap().failed());
        replayed(&recording, || {
            let error = ask(|| Ok(1)).unwrap_err();
            assert_eq!((error.kind(), error.raw_os_error()), (expected.kind(), expected.raw_os_error()));
            assert_eq!(error.to_string(), expected.to_string());
        })
        .unwrap();
    };
    check(|| std::fs::read("/no/such/file").map(|_| 1));
    check(|| Err(io::Error::new(io::ErrorKind::TimedOut, "after 3 s")));
    check(|| Err(io::Error::other("whatever")));
    check(|| Err(io::ErrorKind::UnexpectedEof.into()));
}

#[test]
fn an_error_with_a_message_can_be_made_of_it_again() {
    #[derive(Debug, PartialEq)]
    struct Refused(String);
    impl fmt::Display for Refused {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(&self.0)
        }
    }
    let ask = |live: Result<u8, Refused>| {
        input("ask").args(&()).handler_with(|| errors::text(Refused)).run(|| live)
    };
    let recording = recorded(|| ask(Err(Refused(String::from("closed")))));
    replayed(&recording, || assert_eq!(ask(Ok(1)), Err(Refused(String::from("closed"))))).unwrap();
}

#[cfg(feature = "anyhow")]
#[test]
fn anyhow_errors_keep_their_chain() {
    use anyhow::Context as _;
    let ask =
        |live: fn() -> anyhow::Result<u8>| input("ask").args(&()).handler_with(errors::anyhow).run(live);
    let recording = recorded(|| ask(|| Err(io::Error::other("disk")).context("reading").context("starting")));
    replayed(&recording, || {
        let error = ask(|| Ok(1)).unwrap_err();
        assert_eq!(format!("{error:#}"), "starting: reading: disk");
    })
    .unwrap();
}
