//! Recordings as text: what goes in comes out, byte for byte, and what was edited wrongly is refused in its place.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod common;

use std::time::{Duration, SystemTime};

use common::{NOON, full_recording};
use futures::channel::oneshot;
use futures::executor::block_on;
use playback_cassette::{ErrorKind, Metadata, Recording, format, text};
use playback_core::{
    Context, End, Entry, Kind, Site, Tape, TapeParts, Value, input, operation, output, value,
};
use playback_testkit::{record, record_blocking};
use proptest::prelude::*;

/// What a text holds has the bytes of what it was made of, and the same text.
fn check(recording: &Recording) -> String {
    let written = text::encode(recording).unwrap();
    let read = text::decode("it", &written).unwrap_or_else(|error| panic!("{error}\n{written}"));
    assert_eq!(format::encode(&read).unwrap(), format::encode(recording).unwrap(), "{written}");
    assert_eq!(text::encode(&read).unwrap(), written);
    let head = text::decode_head("it", &written).unwrap();
    assert_eq!((&head.id, &head.metadata), (recording.id(), recording.metadata()));
    written
}

/// A recording without what a clock has measured.
fn timeless(recording: &Recording) -> Recording {
    let parts = recording.tape().parts().clone();
    let timeless = |entry| Entry { started: Duration::ZERO, duration: Duration::ZERO, ..entry };
    let entries = parts.entries.into_iter().map(timeless).collect();
    let mut metadata = recording.metadata().clone();
    metadata.duration = Duration::ZERO;
    Recording::new(recording.id().clone(), metadata, Tape::new(TapeParts { entries, ..parts }).unwrap())
}

fn checkout() -> Recording {
    let body = || {
        playback_core::add_metadata("customer", "c-17");
        playback_core::add_metadata("in parts", &(1, "two\nlines"));
        playback_core::record_data("cache.warm", &true);
        let discount: u64 = input("discount").argument_names(&["customer"]).args(&(7,)).run(|| 5);
        let note = "Dear customer,\n  thank you.\n";
        let mail = output("send mail").argument_names(&["to", "note"]).args(&("a@example.org", note));
        mail.run(|| ());
        let _unreachable = output("ping").run(|| Err::<(), _>("no route".to_owned()));
        Ok::<u64, String>(100 - discount)
    };
    let checkout = || operation("Checkout").argument_names(&["customer", "amount"]).args(&(7, 100)).run(body);
    timeless(&record_blocking(checkout).recording())
}

#[test]
fn a_value_stands_on_one_line_as_long_as_that_has_no_more_than_90_characters() {
    // `[10, 10, …]` and one number that makes up the length.
    let list = |length: usize| {
        let mut numbers = vec![10_u64; (length - 2) / 4 - 2];
        numbers.push(10_u64.pow((length - 2 - 4 * numbers.len()) as u32 - 1));
        numbers
    };
    for (length, on_one) in [(30, true), (80, true), (90, true), (91, false), (120, false)] {
        let written =
            check(&timeless(&record_blocking(|| operation("List").run(|| list(length))).recording()));
        let line = written.lines().find_map(|line| line.strip_prefix("  -> ")).unwrap();
        if on_one {
            assert_eq!((line.len(), line.ends_with(']')), (length, true), "{written}");
        } else {
            assert!(written.contains("\n  -> [\n    10,\n    10,\n"), "{length}: {written}");
        }
    }
}

#[test]
fn arguments_that_are_encoded_as_no_recorder_does_it_stand_as_they_are() {
    let bytes = value::encode(&(97_i8, 7_i8)).unwrap();
    assert_eq!(bytes[1..3], [3, 97], "an integer of one byte");
    // The same in two bytes, as it were.
    let longer = [&bytes[..1], &[5, 97], &bytes[3..]].concat();
    assert_eq!(value::decode_value(&longer).unwrap(), value::decode_value(&bytes).unwrap());
    for (bytes, is_named) in [(bytes, true), (longer, false)] {
        let recording = checkout();
        let mut parts = recording.tape().parts().clone();
        let end = parts.bytes.len() as u64;
        let input = parts
            .entries
            .iter_mut()
            .find(|entry| !parts.sites[entry.site as usize].argument_names.is_empty());
        input.unwrap().arguments = end..end + bytes.len() as u64;
        parts.bytes.extend(bytes);
        for site in &mut parts.sites {
            site.argument_names = ["one".into(), "two".into()].into();
        }
        let tape = Tape::new(parts).unwrap();
        let written =
            text::encode(&Recording::new(recording.id().clone(), recording.metadata().clone(), tape.clone()))
                .unwrap();
        let read = text::decode("it", &written).unwrap();
        let all = |tape: &Tape| {
            tape.calls().map(|call| call.argument_bytes().unwrap().to_vec()).collect::<Vec<_>>()
        };
        assert_eq!(all(read.tape()), all(&tape), "{written}");
        assert_eq!(written.contains("  one: 97\n  two: 7\n"), is_named, "{written}");
    }
}

#[test]
fn names_are_bare_where_that_can_be_read_and_in_quotes_where_it_cannot() {
    let written = |alias: &'static str| {
        let body = || input(alias).args(&(1,)).run(|| 2);
        check(&timeless(&record_blocking(|| operation("Names").run(body)).recording()))
    };
    for bare in ["discount", "a.b/c-d_e", "v1#tag", "@user", "${path}", "größe"] {
        assert!(written(bare).contains(&format!("\ninput {bare}\n")), "{bare}");
    }
    for quoted in ["#tag", "two words", "a\"b", "a=b", ""] {
        assert!(written(quoted).contains(&format!("\ninput {quoted:?}\n")), "{quoted}");
    }
}

#[test]
fn ids_of_all_categories_are_read_again_in_quotes_where_they_have_to_be() {
    let recording = checkout();
    for (category, is_quoted) in [
        ("Check out", false),
        ("\"quoted\"", true),
        ("\"half", true),
        ("half\"", false),
        (" in front", true),
        ("it's\\so", false),
        ("größe ☂", false),
        ("e\u{301}", true),
    ] {
        let id = recording.id().to_string().replacen("Checkout", category, 1);
        let Ok(id) = id.parse() else { panic!("{id} is no id") };
        let mut metadata = recording.metadata().clone();
        metadata.category = category.into();
        let written = check(&Recording::new(id, metadata, recording.tape().clone()));
        assert_eq!(written.contains("\nid \""), is_quoted || category.starts_with('"'), "{written}");
    }
}

#[test]
fn a_newer_version_is_named_with_the_file() {
    let newer = text::encode(&checkout()).unwrap().replacen("recording 1", "recording 2", 1);
    let error = text::decode("a.tape.txt", &newer).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NewerFormat);
    assert!(error.to_string().starts_with("a.tape.txt is of version 2 of recordings as text"), "{error}");
}

#[test]
fn a_category_that_is_not_the_ids_stands_in_the_head() {
    let recording = checkout();
    let mut metadata = recording.metadata().clone();
    metadata.category = "payments/Checkout".into();
    let written = check(&Recording::new(recording.id().clone(), metadata, recording.tape().clone()));
    assert!(written.contains("\ncategory \"payments/Checkout\"\n"), "{written}");
}

#[test]
fn a_recording_reads_as_what_happened() {
    let expected = r#"playback recording 1

id Checkout/20260101/01KDVDNA000000000000000001
recorded 2026-01-01T00:00:00Z
field customer = "c-17"
field "in parts" = [
  1,
  """
    two
    lines
    """,
]

operation Checkout
  customer: 7
  amount: 100
  -> Ok(95)

data cache.warm
  -> true

input discount
  customer: 7
  -> 5

output "send mail"
  to: "a@example.org"
  note: """
    Dear customer,
      thank you.

    """
  -> ()

output ping
  -> Err("no route")
"#;
    assert_eq!(check(&checkout()), expected);
}

#[test]
fn of_a_tape_that_no_recorder_laid_out_all_calls_come_back() {
    let recording = full_recording();
    let written = text::encode(&recording).unwrap();
    assert!(written.contains("\nended "), "{written}");
    let read = text::decode("it", &written).unwrap_or_else(|error| panic!("{error}\n{written}"));
    assert_eq!((read.id(), read.metadata()), (recording.id(), recording.metadata()));
    let all = |recording: &Recording| {
        let calls = recording.tape().calls();
        let all = calls.map(|call| {
            let result = call.result_bytes().unwrap().map(|bytes| bytes.to_vec());
            let values = (call.argument_bytes().unwrap().to_vec(), result);
            let times = (call.order(), call.started(), call.duration());
            let site = (call.kind(), call.alias().to_owned(), call.argument_names().to_vec());
            (site, call.lane().to_vec(), times, values, std::mem::discriminant(call.end()))
        });
        all.collect::<Vec<_>>()
    };
    assert_eq!(all(&read), all(&recording));
    assert_eq!(text::encode(&read).unwrap(), written);
}

#[test]
fn work_that_ran_at_the_same_time_comes_back_in_its_lanes_and_its_order() {
    let body = || {
        let bound: Vec<_> = (0..3)
            .map(|at| {
                Context::bind(move || {
                    let nested = Context::bind(move || output("nested").args(&(at,)).run(|| at));
                    input("outer").args(&(at,)).run(|| at) + nested()
                })
            })
            .collect();
        // The last that was bound runs first, and one never.
        bound.into_iter().skip(1).rev().map(|bound| bound()).sum::<u32>()
    };
    let recording = record_blocking(|| operation("Spread").run(body)).recording();
    let written = check(&recording);
    assert!(written.contains("\nlanes -, 0, 1, 2, 2.0, 1.0\n"), "{written}");
    assert!(written.contains("  lane 2.0\n"), "{written}");
    // Lanes that come in the order of their calls need no list.
    let written = text::encode(&checkout()).unwrap();
    let edited = written.replace("\ninput discount\n", "\ninput discount\n  lane 3.1\n");
    let edited = edited.replace("\noutput ping\n", "\noutput ping\n  lane 3.1\n");
    let read = text::decode("it", &edited).unwrap();
    let lanes: Vec<_> = read.tape().calls().map(|call| call.lane().to_vec()).collect();
    assert_eq!(lanes, [vec![], vec![], vec![3, 1], vec![], vec![3, 1]]);
    assert_eq!(text::encode(&read).unwrap(), edited);

    let recording = block_on(record(async {
        operation("Race")
            .args(&())
            .run_async(async {
                let first = input("first").args(&()).run_async(futures::future::pending::<()>());
                let second = input("second").args(&()).run_async(async {});
                let race = futures::future::select(Box::pin(first), Box::pin(second)).await;
                drop(race);
            })
            .await
    }))
    .recording();
    let written = check(&recording);
    // A call that waits is on the tape from then on, before what ends sooner.
    assert!(!written.contains("\nended "), "{written}");
    assert!(written.contains("  cancelled\n"), "{written}");
}

#[test]
fn calls_that_waited_for_each_other_come_back_with_the_same_bytes() {
    let (first, second) = (oneshot::channel::<()>(), oneshot::channel::<()>());
    let (end_first, first) = first;
    let (end_second, second) = second;
    let both = async move {
        let one = input("one").args(&("a",)).run_async(async move { first.await.map_or(0, |()| 1) });
        let two = output("two").args(&("b",)).run_async(async move {
            second.await.unwrap();
            end_first.send(()).unwrap();
            2
        });
        let three = async move { end_second.send(()).unwrap() };
        futures::future::join3(one, two, three).await;
    };
    let recording = block_on(record(async { operation("Join").args(&()).run_async(both).await })).recording();
    let calls: Vec<_> = recording.tape().calls().map(|call| call.result().unwrap()).collect();
    assert_eq!(calls, [Some(Value::Unit), Some(1.into()), Some(2.into())]);
    check(&recording);
}

#[test]
fn calls_of_threads_that_end_in_another_order_than_they_began_come_back_as_they_began() {
    let body = || {
        let (first_began, began) = std::sync::mpsc::channel();
        let (end_first, second_ended) = std::sync::mpsc::channel();
        let first = Context::bind(move || {
            input("first").args(&()).run(|| {
                first_began.send(()).unwrap();
                second_ended.recv().unwrap();
                1
            })
        });
        let second = Context::bind(move || {
            began.recv().unwrap();
            let second: u32 = output("second").args(&()).run(|| 2);
            end_first.send(()).unwrap();
            second
        });
        std::thread::scope(|threads| {
            let (first, second) = (threads.spawn(first), threads.spawn(second));
            first.join().unwrap() + second.join().unwrap()
        })
    };
    let recording = record_blocking(|| operation("Overlap").run(body)).recording();
    let written = check(&recording);
    // Whichever ended first, the calls are on the tape as they began.
    assert!(!written.contains("\nended "), "{written}");
    assert!(written.find("\ninput first") < written.find("\noutput second"), "{written}");
}

#[test]
fn bytes_that_no_value_encodes_to_are_kept_as_they_are() {
    let id = "Odd/20260131/01KG8V3Q2E9T0000000000000A".parse().unwrap();
    let tape = Tape::new(TapeParts {
        // A number in a longer form than needed, and no value at all.
        bytes: vec![0x03, 0x05, 0xFF, 0xFF],
        sites: vec![Site {
            kind: Kind::Output,
            alias: "# odd\n".into(),
            argument_names: ["a b".into()].into(),
        }],
        lanes: vec![vec![]],
        entries: vec![Entry {
            site: 0,
            lane: 0,
            order: 3,
            arguments: 0..2,
            end: End::Returned(2..4),
            started: Duration::ZERO,
            duration: Duration::ZERO,
        }],
    });
    let metadata = Metadata::new("Odd", SystemTime::UNIX_EPOCH + NOON);
    let written = check(&Recording::new(id, metadata, tape.unwrap()));
    let call =
        "\noutput \"# odd\\n\"\n  order 3\n  names \"a b\"\n  arguments raw x\"0305\"\n  -> raw x\"ffff\"\n";
    assert!(written.ends_with(call), "{written}");
}

#[test]
fn a_text_may_be_edited_by_hand() {
    let edited = "playback recording 1\r\nid A b/20260101/01KDVDNA000000000000000001\r\n\
        # When nobody was there.\nrecorded 2026-01-01T01:00:00+01:00\n\
        operation \"A b\"\n  # None of it.\n\targuments ()\n  -> ( )\n\n\n\
        input x\n  k: {\n  a:1 }\n  took 1.5us\n\n  -> [\n  1,\n]\n";
    let read = text::decode("it", edited).unwrap();
    assert_eq!(read.id().category(), "A b");
    assert_eq!(read.metadata().recorded_at, checkout().metadata().recorded_at);
    let call = read.tape().calls().nth(1).unwrap();
    assert_eq!(call.duration(), Duration::from_nanos(1500));
    assert_eq!(format!("{call:?}"), "Input x(k: {a: 1}) -> [1]");
    check(&read);
}

#[test]
fn what_was_edited_wrongly_is_refused_with_its_place_and_what_was_expected() {
    let cases = [
        (
            "playback recording 1",
            "playback recoding 1",
            "line 1, column 1: expected `playback recording 1`, found `playback recoding 1`",
        ),
        (
            "\nid ",
            "\nie ",
            "line 3, column 1: expected one of `id`, `recorded`, `took`, `category`, `service`, `failed`, `incomplete`, `field`, `lanes`, `ended`, `operation`, `input`, `output`, `data` (did you mean `id`?), found `ie Checkout/20260101/01KDVDNA00000000000`",
        ),
        (
            "20260101/",
            "20261301/",
            "line 3, column 4: \"Checkout/20261301/01KDVDNA000000000000000001\" names no recording: the day `20261301` is not of the form YYYYMMDD",
        ),
        (
            "2026-01-01T",
            "2026-01-01 at ",
            "line 4, column 10: expected a time such as 2026-01-31T12:00:00Z, found `2026-01-01 at 00:00:00Z`",
        ),
        (
            "recorded 2026-01-01T00:00:00Z\n",
            "",
            "line 13, column 1: expected `recorded 2026-01-31T12:00:00Z` in the head, before the calls, found `operation Checkout`",
        ),
        (
            "customer = ",
            "customer ",
            "line 5, column 16: expected = and the value of the field, found `\"c-17\"`",
        ),
        (
            "input discount",
            "imput discount",
            "line 22, column 1: expected one of `operation`, `input`, `output`, `data` (did you mean `input`?), found `imput discount`",
        ),
        (
            "\"send mail\"",
            "send mail",
            "line 26, column 13: expected nothing behind the alias; quote it if it has blanks in it, found `mail`",
        ),
        ("amount: 100", "amount: 100 ]", "line 16, column 15: expected nothing behind the value, found `]`"),
        ("amount: 100", "amount: [100", "line 17, column 3: expected a comma or ], found \"-> Ok(95)\""),
        ("amount: 100", "amount:", "line 16, column 10: expected a value, found the end of the line"),
        (
            "  -> Ok(95)\n",
            "",
            "line 18, column 1: expected   -> and the result of the call before, or cancelled, or panicked, found `data cache.warm`",
        ),
        (
            "  -> Err(\"no route\")\n",
            "",
            "line 36, column 1: expected   -> and the result of the call before, or cancelled, or panicked, found the end",
        ),
        (
            "  -> true",
            "  -> true\n  took 1ms",
            "line 21, column 3: expected the next call, at the start of a line, behind the result, found `took 1ms`",
        ),
        (
            "  -> true",
            "  tok 1ms\n  -> true",
            "line 20, column 3: expected one of `NAME: value`, `at`, `took`, `lane`, `order`, `names`, `arguments`, `->`, `cancelled`, `panicked` (did you mean `took`?), found `tok 1ms`",
        ),
        (
            "  -> true",
            "  wholly else\n  -> true",
            "line 20, column 3: expected one of `NAME: value`, `at`, `took`, `lane`, `order`, `names`, `arguments`, `->`, `cancelled`, `panicked`, found `wholly else`",
        ),
        (
            "\noperation",
            "failed twice\n\noperation",
            "line 13, column 8: expected nothing behind `failed`, found `twice`",
        ),
        (
            "\noperation",
            "incomplete 1\n\noperation",
            "line 13, column 12: expected nothing behind `incomplete`, found `1`",
        ),
        (
            "field \"in parts\"",
            "field \"in \\parts\"",
            "line 6, column 12: expected an escape: \\n, \\r, \\t, \\0, \\\\, \\\", \\', \\` or \\u{…}, found \"parts\\\" = [\"",
        ),
        (
            "  -> true",
            "  names \"one\" two\n  -> true",
            "line 20, column 15: expected a comma or the end of the line, found `two`",
        ),
        (
            "  customer: 7\n  -> 5",
            "  arguments [7]\n  customer: 7\n  -> 5",
            "line 24, column 3: expected no argument by its name beside `names` or `arguments`, found `customer: 7`",
        ),
        (
            "  customer: 7\n  -> 5",
            "  names customer\n  customer: 7\n  -> 5",
            "line 24, column 3: expected no argument by its name beside `names` or `arguments`, found `customer: 7`",
        ),
        (
            "  -> true",
            "  took 1\n  -> true",
            "line 20, column 8: expected a duration such as 12.5µs, 3ms or 0.25s, in whole nanoseconds, found `1`",
        ),
        (
            "  -> true",
            "  lane 1,2\n  -> true",
            "line 20, column 8: expected a lane such as 0 or 2.1, or - for the operation's own, found `1,2`",
        ),
        (
            "  -> true",
            "  lane 1\n  lane 1\n  -> true",
            "line 21, column 3: `lane` stands twice; a call has one",
        ),
        (
            "  customer: 7\n  -> 5",
            "  customer: 7\n  names customer\n  -> 5",
            "line 24, column 3: expected no `names` or `arguments` beside arguments by their names, found `names customer`",
        ),
        (
            "  customer: 7\n  -> 5",
            "  customer: 7\n  arguments [7]\n  -> 5",
            "line 24, column 3: expected no `names` or `arguments` beside arguments by their names, found `arguments [7]`",
        ),
        (
            "output ping",
            "operation ping",
            "line 35, column 1: expected another call; a recording has one operation, found `operation ping`",
        ),
        (
            "\noperation",
            "ended 1, 2, 3, 3\n\noperation",
            "line 13, column 16: expected the number of a call, each from 1 to 5 once, found `3`",
        ),
        (
            "\noperation",
            "ended 1, 2, 3\n\noperation",
            "line 13, column 7: the list lacks call 4 of 5; add it, or take the line out",
        ),
    ];
    let written = text::encode(&checkout()).unwrap();
    let mut wrong = Vec::new();
    for (what, edited, message) in cases {
        let text = written.replacen(what, edited, 1);
        assert_ne!(text, written, "{what}");
        let error = text::decode("a.tape.txt", &text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        if error.to_string() != format!("a.tape.txt, {message}") {
            wrong.push(format!("{what:?} as {edited:?}:\n  {message}\n  {error}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let newer = written.replacen("recording 1", "recording 2", 1);
    let error = text::decode("a.tape.txt", &newer).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NewerFormat);
    assert!(error.to_string().contains("version 2") && error.to_string().contains("up to 1"), "{error}");
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Unit),
        any::<u64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-z\n ]{0,40}".prop_map(Value::from),
        proptest::collection::vec(any::<u8>(), 0..60).prop_map(Value::Bytes),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Seq),
            proptest::collection::vec((inner.clone(), inner.clone()), 0..4).prop_map(Value::map),
            proptest::collection::vec(("[a-c]|raw", inner), 0..4).prop_map(Value::fields_of),
        ]
    })
}

/// A call of some kind, in a lane of its own or not, of these arguments and with that result.
type Made = (bool, bool, String, Vec<Value>, Value);

fn make((is_input, is_bound, alias, arguments, result): Made) {
    let names: &'static [&'static str] = if arguments.len() == 2 { &["one", "two"] } else { &[] };
    let call = move || {
        if is_input {
            input(alias).argument_names(names).args(&arguments).run(|| result);
        } else {
            output(alias).argument_names(names).args(&arguments).run(|| result);
        }
    };
    if is_bound { Context::bind(call)() } else { call() }
}

proptest! {
    #[test]
    fn whatever_was_recorded_comes_back_byte_for_byte(
        calls in proptest::collection::vec(
            (any::<bool>(), any::<bool>(), prop_oneof!["[a-c]", any::<String>()], proptest::collection::vec(value(), 0..3), value()),
            0..8,
        ),
        field in any::<(String, Vec<u8>)>(),
        arguments in value(),
    ) {
        let body = || {
            playback_core::add_metadata("a field", &field);
            calls.into_iter().for_each(make);
        };
        let recording = record_blocking(|| operation("Anything").args(&arguments).run(body)).recording();
        // Through a tape file, which keeps the fields of metadata as JSON.
        check(&format::decode("it", &format::encode(&recording).unwrap()).unwrap());
    }

    #[test]
    fn damaged_text_is_read_or_refused(
        at in any::<prop::sample::Index>(),
        length in 0..20_usize,
        with in any::<String>(),
    ) {
        let mut text: Vec<char> = text::encode(&checkout()).unwrap().chars().collect();
        let at = at.index(text.len());
        text.splice(at..(at + length).min(text.len()), with.chars());
        let _read = text::decode("it", &text.iter().collect::<String>());
    }
}
