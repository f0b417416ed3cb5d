//! What stands on the tape of a recording.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::time::Duration;

use playback_core::{FinishedCall, Kind, Tape, Value, input_with, operation, output_with, record_data};
use playback_testkit::record_blocking;

#[test]
fn an_alias_of_one_kind_stands_on_the_tape_once_however_many_there_are() {
    let record = |aliases: usize| {
        let run = || {
            for number in (0..aliases).chain(0..aliases) {
                let _: usize = input_with(|| format!("ask/{number}")).args(&(number,)).run(|| number);
                output_with(|| format!("ask/{number}")).args(&(number,)).run(|| ());
            }
        };
        record_blocking(|| operation("Op").run(run)).recording()
    };
    for aliases in [5, 15, 16, 17, 40] {
        let recording = record(aliases);
        assert_eq!(recording.tape().parts().sites.len(), 1 + 2 * aliases);
        for kind in [Kind::Input, Kind::Output] {
            let calls: Vec<_> = recording.tape().calls_of(kind).collect();
            assert_eq!(calls.len(), 2 * aliases);
            for (at, call) in calls.into_iter().enumerate() {
                assert_eq!(call.alias(), format!("ask/{}", at % aliases));
                assert_eq!(call.arguments().unwrap(), Value::Seq(vec![(at % aliases).into()]));
            }
        }
    }
}

#[test]
fn an_extractor_of_metadata_is_told_how_long_the_operation_took() {
    let lasted = |call: &FinishedCall<'_>| {
        let lasted = ("lasted".to_owned(), call.duration());
        Ok::<_, std::convert::Infallible>(BTreeMap::from([lasted]))
    };
    let run = || operation("Op").metadata(lasted).run(std::thread::yield_now);
    let recording = record_blocking(run).recording();
    let told: Duration = recording.metadata().fields["lasted"].to().unwrap();
    let duration = recording.metadata().duration;
    assert!(told > Duration::ZERO && told <= duration, "{told:?} of {duration:?}");
}

#[test]
fn the_lengths_of_values_are_those_of_their_bytes() {
    let run = || {
        record_data("key", "data");
        output_with(|| "sent".to_owned()).args(&("a text", 7)).run(|| vec![1, 2, 3]);
    };
    let recording = record_blocking(|| operation("Op").args(&("argument",)).run(run)).recording();
    let lengths = |tape: &Tape| -> Vec<(u64, u64)> {
        tape.calls().map(|call| (call.argument_length(), call.result_length())).collect()
    };
    let bytes = recording.tape().calls().map(|call| {
        let result = call.result_bytes().unwrap().unwrap();
        (call.argument_bytes().unwrap().len() as u64, result.len() as u64)
    });
    assert_eq!(lengths(recording.tape()), bytes.collect::<Vec<_>>());
    assert!(lengths(recording.tape()).iter().any(|(arguments, result)| *arguments > 5 && *result > 2));

    let dropped = record_blocking(|| {
        operation("Op").run(|| {
            let call = output_with(|| "never".to_owned()).args(&(1,)).run_async(std::future::pending::<u8>());
            let mut call = Box::pin(call);
            assert!(futures::executor::block_on(async { futures::poll!(&mut call) }).is_pending());
        });
    });
    let recording = dropped.recording();
    let call = recording.tape().calls_of(Kind::Output).next().unwrap();
    assert_eq!((call.result_length(), call.result_bytes().unwrap()), (0, None));
}
