//! Recording an operation: PARITY rows R1 to R14.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use futures::executor::block_on;
use playback_core::{
    DiscardReason, End, FinishedCall, Kind, Mode, Recorder, RecorderExt, RecordingStart, Service, Value,
    add_metadata, current_recording_id, discard_recording, input, mode, operation, output, play_data,
    record_data, replay_blocking,
};
use playback_testkit::{MemoryRecorder, record, record_blocking};
use serde::{Deserialize, Serialize, Serializer};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Order {
    id: u64,
    lines: Vec<String>,
}

/// A value that serde refuses.
struct Unwritable;

impl Serialize for Unwritable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("it is a socket"))
    }
}

/// A value whose serialisation panics.
struct Panicking;

impl Serialize for Panicking {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("no way")
    }
}

/// An operation with an input and an output.
fn checkout(order: &Order) -> Result<u64, String> {
    operation("Checkout").argument_names(&["order"]).args(&(order,)).run(|| {
        let price: u64 = input("shop.price").args(&(order.id,)).run(|| 40);
        output("shop.store").args(&(order.id, price)).run(|| ());
        if order.lines.is_empty() { Err(String::from("nothing to buy")) } else { Ok(price + 2) }
    })
}

fn order() -> Order {
    Order { id: 7, lines: vec![String::from("apple")] }
}

#[test]
fn an_operation_is_recorded_and_its_result_handed_through() {
    // R1
    let recorded = record_blocking(|| checkout(&order()));
    assert_eq!(recorded.result, Ok(42));
    let recording = recorded.recording();
    let told: Vec<String> = recording.tape().calls().map(|call| format!("{call:?}")).collect();
    assert_eq!(
        told,
        [
            r#"Operation Checkout(order: {id: 7, lines: ["apple"]}) -> Ok(42)"#,
            "Input shop.price(7) -> 40",
            "Output shop.store(7, 40) -> ()",
        ]
    );
    assert_eq!(recording.arguments::<(Order,)>().unwrap(), (order(),));
}

#[test]
fn an_async_operation_is_recorded_and_its_result_handed_through() {
    // R1, I17
    let recorded = block_on(record(async {
        operation("Sum")
            .args(&(1,))
            .run_async(async {
                let two: u8 = input("two").args(&()).run_async(async { 2 }).await;
                1 + two
            })
            .await
    }));
    assert_eq!(recorded.result, 3);
    let recording = recorded.recording();
    assert_eq!(recording.tape().operation().unwrap().result().unwrap(), Some(Value::from(3u8)));
    assert_eq!(recording.tape().calls_of(Kind::Input).count(), 1);
}

#[test]
fn an_error_result_is_recorded_as_an_output_and_returned() {
    // R2
    let recorded = record_blocking(|| checkout(&Order { id: 7, lines: Vec::new() }));
    assert_eq!(recorded.result, Err(String::from("nothing to buy")));
    let recording = recorded.recording();
    let result = recording.tape().outputs().last().unwrap();
    assert_eq!(result.alias(), playback_core::RESULT_ALIAS);
    assert_eq!(result.value().unwrap().to_string(), r#"Err("nothing to buy")"#);
    assert!(recording.metadata().failed);
    assert!(!recording.metadata().incomplete);
}

#[test]
fn metadata_tell_category_times_failure_and_service() {
    // R3
    let recorder = MemoryRecorder::new().service("shop", "1.4.2");
    let begun = std::time::Instant::now();
    recorder.scope_blocking(|| checkout(&order())).unwrap();
    let lasted = begun.elapsed();
    let [recording] = &recorder.recordings()[..] else { panic!("one recording") };
    let metadata = recording.metadata();
    assert_eq!(metadata.category, "Checkout");
    assert_eq!(metadata.service, Some(Service { name: "shop".into(), version: "1.4.2".into() }));
    assert!(metadata.duration > Duration::ZERO && metadata.duration <= lasted);
    assert!(!metadata.failed);
    let operation = recording.tape().operation().unwrap();
    for call in recording.tape().calls() {
        assert!(call.started() + call.duration() <= operation.duration(), "{call:?} is within the operation");
    }
}

#[derive(Serialize)]
struct Fields {
    order: u64,
    doubled: u64,
}

fn fields(call: &FinishedCall<'_>) -> Result<Fields, Box<dyn std::error::Error>> {
    let (order,): (Order,) = call.arguments()?;
    let price: Result<u64, String> = call.result()?.ok_or("no result")?;
    Ok(Fields { order: order.id, doubled: price? * 2 })
}

#[test]
fn a_metadata_extractor_adds_fields_after_the_body_ran() {
    // R4
    let recording = record_blocking(|| {
        operation("Checkout").metadata(fields).args(&(order(),)).run(|| {
            add_metadata("customer", "c-17");
            Ok::<u64, String>(21)
        })
    })
    .recording();
    let expected = [("customer", Value::from("c-17")), ("doubled", 42u64.into()), ("order", 7u64.into())];
    let expected: BTreeMap<String, Value> = expected.map(|(key, value)| (key.to_owned(), value)).into();
    assert_eq!(recording.metadata().fields, expected);
}

#[test]
fn a_failing_or_panicking_metadata_extractor_is_skipped_and_the_recording_kept() {
    // R4
    let failing = |_: &FinishedCall<'_>| -> Result<Fields, String> { Err(String::from("no")) };
    let panicking = |_: &FinishedCall<'_>| -> Result<Fields, String> { panic!("no") };
    let without_names = |_: &FinishedCall<'_>| Ok::<_, String>(3);
    let recordings = record_blocking(|| {
        operation("A").metadata(failing).run(|| 1);
        operation("B").metadata(panicking).run(|| 2);
        operation("C").metadata(without_names).run(|| 3);
    })
    .recordings;
    assert_eq!(recordings.len(), 3);
    assert!(recordings.iter().all(|recording| recording.metadata().fields.is_empty()));
}

#[test]
fn without_a_recorder_an_operation_runs_untouched() {
    // R5: a recorder that is switched off starts nothing; see also playback-cassette's tests.
    #[derive(Clone)]
    struct Off;
    impl Recorder for Off {
        fn start(&self, _: &playback_core::OperationStart<'_>) -> Option<RecordingStart> {
            None
        }
        fn finish(&self, finished: playback_core::Finished) {
            panic!("nothing was started: {finished:?}")
        }
    }
    assert_eq!(checkout(&order()), Ok(42));
    assert_eq!(Off.scope_blocking(|| checkout(&order())), Ok(42));
}

#[test]
fn a_panicking_operation_is_saved_as_incomplete_and_panics_on() {
    // R6
    let recorder = MemoryRecorder::new();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        recorder.scope_blocking(|| {
            operation("Checkout").args(&(1,)).run(|| {
                let _: u8 = input("first").args(&()).run(|| 1);
                let _: u8 = input("second").args(&()).run(|| panic!("boom"));
            });
        });
    }));
    assert_eq!(panicked.unwrap_err().downcast_ref::<&str>(), Some(&"boom"));
    let [recording] = &recorder.recordings()[..] else { panic!("one recording") };
    assert!(recording.metadata().incomplete);
    let ends: Vec<(&str, bool)> =
        recording.tape().calls().map(|call| (call.alias(), *call.end() == End::Panicked)).collect();
    assert_eq!(ends, [("Checkout", true), ("first", false), ("second", true)]);
}

#[test]
fn a_dropped_operation_is_saved_as_incomplete() {
    // R6
    let recorder = MemoryRecorder::new();
    block_on(async {
        let waiting = operation("Checkout").args(&(1,)).run_async(async {
            let _: u8 = input("first").args(&()).run_async(async { 1 }).await;
            input("never").args(&(5,)).run_async(std::future::pending::<u8>()).await
        });
        let mut waiting = Box::pin(recorder.scope(waiting));
        assert!(futures::poll!(&mut waiting).is_pending());
    });
    assert!(recorder.recordings().is_empty(), "the operation began outside the scope");

    block_on(async {
        let mut waiting = Box::pin(recorder.scope(async {
            operation("Checkout")
                .args(&(1,))
                .run_async(async {
                    let _: u8 = input("first").args(&()).run_async(async { 1 }).await;
                    input("never").args(&(5,)).run_async(std::future::pending::<u8>()).await
                })
                .await
        }));
        assert!(futures::poll!(&mut waiting).is_pending());
    });
    let [recording] = &recorder.recordings()[..] else { panic!("one recording") };
    assert!(recording.metadata().incomplete);
    let told: Vec<String> = recording.tape().calls().map(|call| format!("{call:?}")).collect();
    assert_eq!(
        told,
        ["Operation Checkout(1) was cancelled", "Input first() -> 1", "Input never(5) was cancelled"]
    );
}

#[test]
fn an_operation_that_is_never_polled_leaves_nothing() {
    let recorder = MemoryRecorder::new();
    recorder.scope_blocking(|| drop(operation("Checkout").args(&(1,)).run_async(async { 1 })));
    assert!(recorder.recordings().is_empty());
    assert_eq!(recorder.discarded()[0].1, DiscardReason::NotRun);
}

#[test]
fn a_discarded_recording_is_dropped_and_the_operation_goes_on() {
    // R8
    let recorded = record_blocking(|| {
        operation("Checkout").args(&(1,)).run(|| {
            discard_recording();
            input("late").args(&()).run(|| 5)
        })
    });
    assert_eq!(recorded.result, 5);
    assert!(recorded.recordings.is_empty());
    assert_eq!(recorded.discarded[0].1, DiscardReason::Requested);
}

#[test]
fn the_id_of_the_recording_can_be_asked_for_inside_and_only_there() {
    // R9
    let asked = || operation("Ask").result_handler_with(|| AsText).args(&()).run(current_recording_id);
    let recorded = record_blocking(asked);
    let inside = recorded.result.clone();
    let recording = recorded.recording();
    assert_eq!(inside.as_ref(), Some(recording.id()));
    assert_eq!(current_recording_id(), None);
    let playback = replay_blocking(&recording, |_| Ok(asked())).unwrap();
    assert_eq!(
        playback.replayed().operation().unwrap().result_bytes().unwrap(),
        recording.tape().operation().unwrap().result_bytes().unwrap(),
        "the same id in replay"
    );
}

// An id is no value of serde's by itself.
struct AsText;
impl playback_core::Prepare<Option<playback_core::RecordingId>> for AsText {
    fn prepare<'a>(
        &'a self,
        value: &'a Option<playback_core::RecordingId>,
    ) -> Result<Box<dyn erased_serde::Serialize + 'a>, playback_core::HandlerError> {
        Ok(Box::new(value.as_ref().map(ToString::to_string)))
    }
}

#[test]
fn data_is_kept_and_fetched_on_replay_only() {
    // R10
    record_data("outside", &1);
    assert_eq!(play_data::<u8>("outside"), None);
    let run = || {
        operation("Data").args(&()).run(|| {
            let before: Option<Order> = play_data("order");
            record_data("order", &order());
            (before, play_data::<u8>("absent"))
        })
    };
    let recorded = record_blocking(run);
    assert_eq!(recorded.result, (None, None), "nothing to fetch while recording");
    let recording = recorded.recording();
    let data = recording.tape().data("order").unwrap();
    assert_eq!(data.result().unwrap(), Some(Value::of(&order()).unwrap()));
    assert_eq!(data.arguments().unwrap(), Value::Unit, "which is no mistake of the tape's");
    let playback = replay_blocking(&recording, |_| Ok(run())).unwrap();
    let replayed: (Option<Order>, Option<u8>) = playback.replayed().outputs().last().unwrap().to().unwrap();
    assert_eq!(replayed, (Some(order()), None));
    assert!(playback.replayed().data("order").is_some());
}

#[test]
fn the_mode_can_be_asked() {
    // R11
    assert_eq!(mode(), Mode::Off);
    let recorded = record_blocking(|| operation("Mode").args(&()).run(|| format!("{:?}", mode())));
    assert_eq!(recorded.result, "Recording");
    let playback =
        replay_blocking(&recorded.recording(), |_| Ok(operation("Mode").run(|| format!("{:?}", mode()))))
            .unwrap();
    assert_eq!(playback.replayed().outputs().last().unwrap().to::<String>().unwrap(), "Replaying");
}

#[test]
fn a_skipped_operation_is_not_recorded() {
    // R12
    let recorded = record_blocking(|| operation("Checkout").skip_recording().args(&(1,)).run(|| 3));
    assert_eq!(recorded.result, 3);
    assert!(recorded.recordings.is_empty() && recorded.discarded.is_empty());
}

#[test]
fn an_operation_inside_an_operation_is_part_of_it() {
    let recording = record_blocking(|| {
        operation("Outer").args(&()).run(|| {
            let inner: u64 = operation("Inner").args(&()).run(|| input("in").args(&()).run(|| 5));
            inner + 1
        })
    })
    .recording();
    assert_eq!(recording.id().category(), "Outer");
    assert_eq!(recording.tape().calls().map(|call| call.alias()).collect::<Vec<_>>(), ["Outer", "in"]);
}

#[test]
fn an_operation_inside_a_discarded_one_makes_no_recording_of_its_own() {
    // R8
    let recorded = record_blocking(|| {
        operation("Outer").args(&()).run(|| {
            discard_recording();
            let beside =
                playback_core::Context::bind(|| (operation("Bound").run(|| 1), mode() == Mode::Recording))();
            (beside, operation("Inner").run(|| 2), current_recording_id().is_some())
        })
    });
    assert_eq!(recorded.result, ((1, true), 2, true));
    assert!(recorded.recordings.is_empty(), "{:?}", recorded.recordings);
    assert_eq!(recorded.discarded.len(), 1);
}

#[test]
fn an_unencodable_argument_or_result_discards_the_recording_and_leaves_the_call_alone() {
    let check = |run: &dyn Fn() -> u8, alias: &str, error: &str| {
        let recorded = record_blocking(|| operation("Op").args(&()).run(run));
        assert_eq!(recorded.result, 5, "{alias}");
        assert!(recorded.recordings.is_empty(), "{alias}");
        let DiscardReason::Unencodable { alias: told, error: why } = &recorded.discarded[0].1 else {
            panic!("{:?}", recorded.discarded)
        };
        assert_eq!(told, alias);
        assert!(why.contains(error), "{why}");
    };
    check(&|| input("socket").args(&(1, Unwritable)).run(|| 5), "socket", "it is a socket");
    check(&|| output("panics").args(&(Panicking,)).run(|| 5), "panics", "it panicked: no way");
    check(
        &|| {
            output("later").args(&()).run(|| 1);
            output("earlier").args(&(Unwritable,)).run(|| 5)
        },
        "earlier",
        "it is a socket",
    );

    let recorded = record_blocking(|| operation("Op").args(&(Unwritable,)).run(|| 5));
    assert_eq!((recorded.result, recorded.recordings.len()), (5, 0), "the operation's own arguments");
}

#[test]
fn an_unwritable_result_of_an_operation_discards_its_recording_and_is_returned() {
    let recorded = record_blocking(|| operation("Op").args(&()).run(|| Unwritable));
    let Unwritable = recorded.result;
    assert!(matches!(&recorded.discarded[0].1, DiscardReason::Unencodable { alias, .. } if alias == "Op"));
}

#[test]
fn a_recording_past_its_budget_is_given_up() {
    let recorder = MemoryRecorder::new().max_bytes(10_000);
    let result = recorder.scope_blocking(|| {
        operation("Op").args(&()).run(|| {
            (0..100).map(|n| input("page").args(&(n,)).run(|| "x".repeat(1_000)).len()).sum::<usize>()
        })
    });
    assert_eq!(result, 100_000);
    assert_eq!(recorder.discarded()[0].1, DiscardReason::TooLarge { max_bytes: 10_000 });

    let recorder = MemoryRecorder::new().max_bytes(1_000);
    recorder.scope_blocking(|| operation("Op").run(|| "x".repeat(2_000)));
    assert_eq!(
        recorder.discarded()[0].1,
        DiscardReason::TooLarge { max_bytes: 1_000 },
        "the result counts as well"
    );
}

#[test]
fn a_value_past_its_limit_gives_the_recording_up_before_it_is_written_whole() {
    /// Refuses to be serialized whole.
    struct Endless;
    impl serde::Serialize for Endless {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_seq((0_u32..).take_while(|n| {
                assert!(*n < 100_000, "it is written to its end");
                true
            }))
        }
    }
    let discarded = |recorder: MemoryRecorder, body: &dyn Fn()| {
        recorder.scope_blocking(|| operation("Op").args(&("small",)).run(body));
        let [(_, reason)] = &recorder.discarded()[..] else { panic!("one is discarded") };
        reason.clone()
    };
    let bounded = || MemoryRecorder::new().max_value_bytes(1_000);
    let too_large = |alias: &str| DiscardReason::ValueTooLarge { alias: alias.to_owned(), max_bytes: 1_000 };
    assert_eq!(discarded(bounded(), &|| input("ask").args(&(Endless,)).run(|| ())), too_large("ask"));
    assert_eq!(discarded(bounded(), &|| drop(input("get").run(|| "x".repeat(1_001)))), too_large("get"));
    assert_eq!(discarded(bounded(), &|| output("send").args(&(Endless,)).run(|| ())), too_large("send"));
    assert_eq!(discarded(bounded(), &|| record_data("data", &Endless)), too_large("data"));
    let recorder = bounded();
    recorder.scope_blocking(|| operation("Op").run(|| "x".repeat(1_001)));
    assert_eq!(recorder.discarded()[0].1, too_large("Op"));
    assert_eq!(too_large("Op").to_string(), "a value of `Op` is larger than the limit of 1000 bytes");

    // What alone is past the bound of the whole recording is not written to its end, either.
    let recorder = MemoryRecorder::new().max_bytes(2_000);
    assert_eq!(
        discarded(recorder, &|| input("ask").args(&(Endless,)).run(|| ())),
        DiscardReason::TooLarge { max_bytes: 2_000 }
    );

    // Many values that are each within it are not bounded together.
    let recorder = bounded();
    recorder.scope_blocking(|| {
        operation("Op").run(|| (0..10).for_each(|_| drop(input("get").run(|| "x".repeat(900)))));
    });
    assert_eq!((recorder.recordings().len(), recorder.discarded().len()), (1, 0));
}

#[test]
fn a_recording_that_must_be_forced_is_kept_only_then() {
    // S2; rates are TapeRecorder's, see playback-cassette.
    let recorder = MemoryRecorder::new().only_if_forced();
    recorder.scope_blocking(|| {
        operation("Op").args(&(1,)).run(|| ());
        operation("Op").args(&(2,)).run(playback_core::force_sample_recording);
    });
    let kept: Vec<(u8,)> = recorder.recordings().iter().map(|kept| kept.arguments().unwrap()).collect();
    assert_eq!(kept, [(2,)]);
    assert_eq!(recorder.discarded()[0].1, DiscardReason::SampledOut);
}

#[test]
fn an_operation_can_name_its_recorder() {
    let (own, scoped) = (MemoryRecorder::new(), MemoryRecorder::new());
    scoped.scope_blocking(|| operation("Op").recorder_with(|| own.clone()).args(&()).run(|| ()));
    assert_eq!((own.recordings().len(), scoped.recordings().len()), (1, 0));
}

#[test]
fn a_recording_that_makes_more_calls_than_its_limit_is_given_up() {
    let recorder = MemoryRecorder::new().max_calls(3);
    let run = |calls: u32| {
        recorder.scope_blocking(|| {
            operation("Op").run(|| {
                for n in 0..calls {
                    match n % 3 {
                        0 => input("in").args(&(n,)).run(|| ()),
                        1 => output("out").args(&(n,)).run(|| ()),
                        _ => playback_core::record_data("kept", &n),
                    }
                }
                calls
            })
        })
    };
    assert_eq!((run(3), recorder.recordings().len()), (3, 1), "the operation itself is not counted");
    assert_eq!((run(4), run(1_000), recorder.recordings().len()), (4, 1_000, 1));
    let given_up: Vec<_> = recorder.discarded().into_iter().map(|(_, reason)| reason).collect();
    assert_eq!(given_up, vec![DiscardReason::TooManyCalls { max: 3 }; 2]);
    assert_eq!(given_up[0].to_string(), "it made more calls than its limit of 3");
}
