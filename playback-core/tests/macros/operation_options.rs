//! The options of `#[operation]`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures::executor::block_on;
use playback_core::value::DecodeError;
use playback_core::{
    Finished, FinishedCall, HandlerError, OperationStart, Prepare, Recorder, RecorderExt, RecordingStart,
    SamplingKey, operation, replay, replay_blocking,
};
use playback_testkit::MemoryRecorder;

use crate::record;

#[operation]
fn named_for_itself(id: u64) -> u64 {
    id
}

#[operation()]
async fn r#match(id: u64) -> u64 {
    id
}

#[operation(category = "Orders & more")]
async fn category(id: u64) -> u64 {
    id
}

#[operation("In front")]
fn category_in_front(id: u64) -> u64 {
    id
}

#[test]
fn the_category_is_stated_or_the_name_of_the_function() {
    let recordings = [
        ("named_for_itself", record(|| named_for_itself(1))),
        ("match", record(|| block_on(r#match(1)))),
        ("Orders & more", record(|| block_on(category(1)))),
        ("In front", record(|| category_in_front(1))),
    ];
    for (expected, (returned, recording)) in recordings {
        assert_eq!(returned, 1);
        assert_eq!(recording.id().category(), expected);
        assert_eq!(recording.metadata().category, expected);
    }
}

struct Orders;

impl Orders {
    #[operation(category = "Skip", skip(context))]
    fn skip(&self, id: u64, context: std::thread::ThreadId, page: u8) -> u64 {
        let _ = context;
        id + u64::from(page)
    }

    #[operation(category = "Args", args(page))]
    async fn args(&self, id: u64, context: std::thread::ThreadId, page: u8) -> u64 {
        let _ = context;
        id + u64::from(page)
    }
}

/// R1, R2, I3 for operations.
#[test]
fn the_recorded_arguments_are_those_that_are_asked_for() {
    let thread = std::thread::current().id();
    let (sum, recording) = record(|| Orders.skip(1, thread, 2));
    assert_eq!((sum, recording.arguments::<(u64, u8)>().unwrap()), (3, (1, 2)));
    assert_eq!(*recording.tape().operation().unwrap().argument_names(), ["id".into(), "page".into()]);

    let (sum, recording) = record(|| block_on(Orders.args(1, thread, 2)));
    assert_eq!((sum, recording.arguments::<(u8,)>().unwrap()), (3, (2,)));
}

#[test]
fn an_operation_is_replayed_on_its_arguments() {
    #[operation]
    async fn greet(name: String, times: usize) -> String {
        name.repeat(times)
    }
    #[operation]
    fn greet_blocking(name: &str) -> String {
        name.to_uppercase()
    }
    let (_, recording) = record(|| block_on(greet("ab".to_owned(), 2)));
    let playback = block_on(replay(&recording, |recording| {
        let (name, times) = recording.arguments()?;
        Ok(greet(name, times))
    }))
    .unwrap();
    assert_eq!(playback.replayed().operation().unwrap().result().unwrap().unwrap().to_string(), r#""abab""#);

    let (_, recording) = record(|| greet_blocking("ab"));
    let playback = replay_blocking(&recording, |recording| {
        let (name,): (String,) = recording.arguments()?;
        Ok(greet_blocking(&name))
    })
    .unwrap();
    assert_eq!(playback.replayed().operation().unwrap().result().unwrap().unwrap().to_string(), r#""AB""#);
}

fn fields(call: &FinishedCall<'_>) -> Result<BTreeMap<&'static str, String>, DecodeError> {
    let (customer, _amount): (String, u64) = call.arguments()?;
    Ok(BTreeMap::from([("customer", customer)]))
}

#[operation(category = "Metadata", metadata = fields)]
fn with_metadata(customer: &str, amount: u64) -> u64 {
    customer.len() as u64 + amount
}

#[operation(metadata = |call: &FinishedCall<'_>| Ok::<_, String>(BTreeMap::from([("failed", call.failed())])))]
async fn with_metadata_in_place() -> Result<(), String> {
    Err("no".to_owned())
}

/// R4.
#[test]
fn metadata_is_extracted_from_the_finished_call() {
    let (_, recording) = record(|| with_metadata("ann", 1));
    assert_eq!(recording.metadata().fields["customer"].to_string(), r#""ann""#);
    let (_, recording) = record(|| block_on(with_metadata_in_place()));
    assert_eq!(recording.metadata().fields["failed"].to_string(), "true");
}

struct Service {
    recorder: MemoryRecorder,
}

impl Service {
    #[operation(category = "Own recorder", recorder = self.recorder.clone())]
    async fn of_its_own(&self, id: u64) -> u64 {
        id
    }

    #[operation(category = "Dyn recorder", recorder = Arc::clone(recorder), skip(recorder))]
    fn of_an_argument(recorder: &Arc<dyn Recorder>, id: u64) -> u64 {
        id
    }
}

#[test]
fn an_operation_may_have_a_recorder_of_its_own() {
    let (own, scoped) = (MemoryRecorder::new(), MemoryRecorder::new());
    let service = Service { recorder: own.clone() };
    block_on(scoped.scope(service.of_its_own(1)));
    let given: Arc<dyn Recorder> = Arc::new(own.clone());
    scoped.scope_blocking(|| Service::of_an_argument(&given, 1));
    let categories: Vec<_> = own.recordings().iter().map(|it| it.id().category().to_owned()).collect();
    assert_eq!(categories, ["Own recorder", "Dyn recorder"]);
    assert!(scoped.recordings().is_empty());
}

#[operation(category = "Rate", sampling_rate = 0.25)]
fn sampled(id: u64) -> u64 {
    id
}

const HALF: f64 = 0.5;

#[operation(category = "Ignoring", sampling_rate = HALF, ignore_forced_sampling)]
async fn ignoring() {}

#[operation(category = "Whole", sampling_rate = 1)]
fn whole() {}

struct Order {
    customer: String,
}

#[operation(category = "Keyed", sampling_key = order.customer, skip(order))]
async fn keyed(order: Order) -> String {
    order.customer
}

#[operation(category = "Skipped", skip_recording)]
fn skipped(id: u64) -> u64 {
    id
}

/// Records nothing and keeps what it was asked: category, sampling rate, whether forcing is ignored, and the key.
#[derive(Clone, Default)]
struct Asked(Arc<Mutex<Vec<Question>>>);

type Question = (String, Option<f64>, bool, Option<SamplingKey>);

impl Recorder for Asked {
    fn start(&self, operation: &OperationStart<'_>) -> Option<RecordingStart> {
        let OperationStart { category, sampling_rate, ignores_forced_sampling, sampling_key, .. } =
            *operation;
        let question = (category.to_owned(), sampling_rate, ignores_forced_sampling, sampling_key);
        self.0.lock().unwrap().push(question);
        None
    }

    fn finish(&self, finished: Finished) {
        panic!("nothing was begun, and yet {finished:?}");
    }
}

/// R12.
#[test]
fn sampling_is_put_to_the_recorder_and_a_skipped_operation_is_not() {
    let asked = Asked::default();
    asked.scope_blocking(|| {
        sampled(1);
        block_on(ignoring());
        whole();
        assert_eq!(skipped(5), 5);
        assert_eq!(block_on(keyed(Order { customer: "Ada".to_owned() })), "Ada");
    });
    let ada = Some(SamplingKey::of("Ada"));
    let expected = [
        ("Rate", Some(0.25), false, None),
        ("Ignoring", Some(0.5), true, None),
        ("Whole", Some(1.0), false, None),
        ("Keyed", None, false, ada),
    ];
    let expected = expected.map(|(category, rate, ignores, key)| (category.to_owned(), rate, ignores, key));
    assert_eq!(*asked.0.lock().unwrap(), expected);
}

/// Records how many there are, of what serde cannot write.
struct Count;

impl Prepare<Vec<std::thread::ThreadId>> for Count {
    fn prepare<'a>(
        &'a self,
        value: &'a Vec<std::thread::ThreadId>,
    ) -> Result<Box<dyn erased_serde::Serialize + 'a>, HandlerError> {
        Ok(Box::new(value.len()))
    }
}

#[operation(category = "Handled", result_handler = Count)]
fn handled() -> Vec<std::thread::ThreadId> {
    vec![std::thread::current().id()]
}

#[operation(category = "Handled", result_handler = Count)]
async fn handled_async() -> Vec<std::thread::ThreadId> {
    Vec::new()
}

#[test]
fn a_handler_says_what_is_recorded_of_the_result() {
    for (run, count) in [((|| drop(handled())) as fn(), "1"), (|| drop(block_on(handled_async())), "0")] {
        let ((), recording) = record(run);
        assert_eq!(recording.tape().operation().unwrap().result().unwrap().unwrap().to_string(), count);
    }
}

#[test]
fn an_operation_inside_an_operation_is_part_of_it() {
    #[operation]
    fn outer() -> u64 {
        named_for_itself(1) + 1
    }
    let (_, recording) = record(outer);
    assert_eq!(recording.id().category(), "outer");
    assert_eq!(recording.tape().calls().count(), 1);
}
