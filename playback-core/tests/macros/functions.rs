//! Every kind of function: what can be marked, and which of its arguments are recorded.

use std::borrow::Cow;
use std::cell::Cell as NotSync;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;

use futures::executor::block_on;
use playback_core::{intercept_input, intercept_output, operation};
use serde::{Deserialize, Serialize};

use crate::{calls, live, record, round_trip};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Point {
    x: u8,
    y: u8,
}

struct Path<T>(T);

#[derive(Clone)]
struct Store {
    table: &'static str,
    reads: u32,
}

impl Store {
    const CUSTOMERS: Self = Self { table: "customers", reads: 0 };

    #[intercept_input("by_reference")]
    fn by_reference(&self, id: u64) -> String {
        live();
        format!("{}/{id}", self.table)
    }

    #[intercept_input("by_mutable_reference")]
    fn by_mutable_reference(&mut self, id: u64) -> u32 {
        live();
        self.reads += 1;
        self.reads + u32::try_from(id).unwrap()
    }

    #[intercept_input("by_value")]
    fn by_value(mut self, id: u64) -> u32 {
        live();
        self.reads += 2;
        self.reads + u32::try_from(id).unwrap()
    }

    #[intercept_input("by_arc")]
    fn by_arc(self: Arc<Self>, id: u64) -> String {
        live();
        format!("{}/{id}", self.table)
    }

    #[intercept_input("by_reference.async")]
    async fn by_reference_async(&self, id: u64) -> String {
        live();
        format!("{}/{id}", self.table)
    }

    #[intercept_input("by_mutable_reference.async")]
    async fn by_mutable_reference_async(&mut self, id: u64) -> u32 {
        live();
        self.reads += 1;
        self.reads + u32::try_from(id).unwrap()
    }

    #[intercept_input("by_value.async")]
    async fn by_value_async(mut self, id: u64) -> u32 {
        live();
        self.reads += 2;
        self.reads + u32::try_from(id).unwrap()
    }

    #[intercept_input("by_arc.async")]
    async fn by_arc_async(self: Arc<Self>, id: u64) -> String {
        live();
        format!("{}/{id}", self.table)
    }

    #[intercept_input("static_form")]
    fn static_form(table: &str, id: u64) -> String {
        live();
        format!("{table}/{id}")
    }

    #[intercept_output("static_output")]
    fn static_output(table: &str, id: u64) -> bool {
        live();
        table.len() as u64 == id
    }

    #[intercept_output("output")]
    fn output(&self, id: u64) -> bool {
        live();
        self.table.len() as u64 == id
    }

    /// A getter, which other languages have as a property.
    #[intercept_input("property")]
    fn table(&self) -> String {
        live();
        self.table.to_owned()
    }
}

/// I3, O5: `self` never enters the key, however it is taken.
#[test]
fn methods_are_recorded_without_self() {
    let recording = round_trip(|| {
        let mut store = Store::CUSTOMERS;
        let shared = Arc::new(store.clone());
        let strings = (store.by_reference(7), Arc::clone(&shared).by_arc(7));
        let numbers = (store.by_mutable_reference(7), store.clone().by_value(7), store.output(9));
        block_on(async {
            let strings_async = (store.by_reference_async(7).await, shared.by_arc_async(7).await);
            let numbers_async = (store.by_mutable_reference_async(7).await, store.by_value_async(7).await);
            (strings, numbers, strings_async, numbers_async)
        })
    });
    let expected = [
        "by_reference(id) [7]",
        "by_arc(id) [7]",
        "by_mutable_reference(id) [7]",
        "by_value(id) [7]",
        "output(id) [9]",
        "by_reference.async(id) [7]",
        "by_arc.async(id) [7]",
        "by_mutable_reference.async(id) [7]",
        "by_value.async(id) [7]",
    ];
    assert_eq!(calls(&recording), expected);
}

/// I3, O5: the static form keeps every argument.
#[test]
fn associated_functions_are_recorded_with_all_arguments() {
    let recording = round_trip(|| (Store::static_form("orders", 7), Store::static_output("orders", 6)));
    assert_eq!(
        calls(&recording),
        [r#"static_form(table, id) ["orders", 7]"#, r#"static_output(table, id) ["orders", 6]"#]
    );
}

/// I16.
#[test]
fn a_getter_is_an_input_like_any_other() {
    let recording = round_trip(|| Store::CUSTOMERS.table());
    assert_eq!(calls(&recording), ["property() ()"]);
}

/// R14.
#[test]
fn free_and_associated_functions_are_operations() {
    #[operation]
    fn free(id: u64) -> u64 {
        id + 1
    }
    struct Unit;
    impl Unit {
        #[operation]
        async fn associated(id: u64) -> u64 {
            id + 2
        }
        #[operation]
        fn method(&self, id: u64) -> u64 {
            id + 3
        }
    }
    let runs: [fn() -> u64; 3] = [|| free(1), || block_on(Unit::associated(1)), || Unit.method(1)];
    for (run, name, result) in [(runs[0], "free", 2), (runs[1], "associated", 3), (runs[2], "method", 4)] {
        let (returned, recording) = record(run);
        let call = recording.tape().operation().unwrap();
        assert_eq!((returned, call.alias()), (result, name));
        assert_eq!(recording.arguments::<(u64,)>().unwrap(), (1,), "{name}");
        assert_eq!(call.result().unwrap().unwrap().to::<u64>().unwrap(), result, "{name}");
    }
}

#[intercept_input("generic")]
fn generic<K, V, const N: usize>(keys: &[K; N], value: &V) -> BTreeMap<String, String>
where
    K: Display + Serialize,
    [K; N]: Serialize,
    V: ToString + Serialize + ?Sized,
{
    live();
    keys.iter().map(|key| (key.to_string(), value.to_string())).collect()
}

#[intercept_input("generic.async")]
async fn generic_async<T: Serialize + for<'de> Deserialize<'de> + Clone>(value: &T) -> Vec<T> {
    live();
    vec![value.clone(), value.clone()]
}

#[test]
fn generic_functions_are_recorded_for_each_type() {
    let recording = round_trip(|| {
        let pairs = (generic(&["a", "b"], "c"), generic(&[1, 2], &3.5));
        (pairs, block_on(generic_async(&7)), block_on(generic_async(&"x".to_owned())))
    });
    let expected = [
        r#"generic(keys, value) [["a", "b"], "c"]"#,
        "generic(keys, value) [[1, 2], 3.5]",
        "generic.async(value) [7]",
        r#"generic.async(value) ["x"]"#,
    ];
    assert_eq!(calls(&recording), expected);
}

struct Session<'s> {
    name: &'s str,
}

impl<'s> Session<'s> {
    #[intercept_input("lifetimes")]
    fn read<'k>(&self, key: &'k str, others: &[Cow<'k, str>], count: &u8) -> Cow<'static, str> {
        live();
        Cow::Owned(format!("{}:{key}:{}:{count}", self.name, others.concat()))
    }

    #[intercept_input("lifetimes.async")]
    async fn read_async<'k>(&self, key: &'k str, also: Option<&'s str>) -> String
    where
        's: 'k,
    {
        live();
        format!("{}:{key}:{also:?}", self.name)
    }

    /// The result of an operation is written down and never rebuilt, so that it may borrow.
    #[operation]
    fn borrow(&self, prefix: &str) -> &'s str {
        self.name.strip_prefix(prefix).unwrap_or(self.name)
    }

    #[operation]
    async fn borrow_async<'a>(&'a mut self, _prefix: &str) -> Option<&'a mut &'s str> {
        Some(&mut self.name)
    }
}

#[test]
fn arguments_may_borrow() {
    let recording = round_trip(|| {
        let session = Session { name: "s" };
        let read = session.read("k", &["a".into(), "b".into()], &4);
        (read, block_on(session.read_async("k", Some("o"))))
    });
    let expected = [
        r#"lifetimes(key, others, count) ["k", ["a", "b"], 4]"#,
        r#"lifetimes.async(key, also) ["k", Some("o")]"#,
    ];
    assert_eq!(calls(&recording), expected);
}

#[test]
fn the_result_of_an_operation_may_borrow() {
    let (name, recording) = record(|| Session { name: "abc" }.borrow("a"));
    assert_eq!((name, recording.tape().operation().unwrap().alias()), ("bc", "borrow"));

    let mut session = Session { name: "abc" };
    record(|| **block_on(session.borrow_async("a")).as_mut().unwrap() = "d");
    assert_eq!(session.name, "d");
}

#[intercept_input("impl_trait", skip(read))]
fn impl_trait(key: impl Into<String> + Serialize, read: impl FnOnce(String) -> u64) -> u64 {
    live();
    read(key.into())
}

#[intercept_input("impl_trait.async", skip(read))]
async fn impl_trait_async<F: Future<Output = u64>>(
    key: impl AsRef<str> + Serialize,
    read: impl Fn(&str) -> F,
) -> u64 {
    live();
    read(key.as_ref()).await
}

#[test]
fn arguments_may_be_of_impl_trait() {
    let recording = round_trip(|| {
        let length = impl_trait("three", |key| key.len() as u64);
        (length, block_on(impl_trait_async("four", |key| std::future::ready(key.len() as u64))))
    });
    assert_eq!(calls(&recording), [r#"impl_trait(key) ["three"]"#, r#"impl_trait.async(key) ["four"]"#]);
}

#[intercept_input("patterns")]
fn patterns(
    Path(id): Path<u64>,
    (a, (_, b)): (u8, (u8, u8)),
    Point { x, y: height }: Point,
    [first, ..]: [u8; 3],
    &referred: &u8,
    whole @ (_, _): (u8, u8),
) -> u64 {
    live();
    id + u64::from(a + b + x + height + first + referred + whole.0)
}

#[intercept_input("names")]
fn names(mut changed: u8, referring: u8, r#type: u8, _: std::thread::ThreadId, _unused: u8) -> u8 {
    live();
    changed += 1;
    changed + referring + r#type
}

#[intercept_input("patterns.async")]
async fn patterns_async(Path(mut id): Path<u64>, (a, _): (u8, u8), _: std::thread::ThreadId) -> u64 {
    live();
    id += 1;
    id + u64::from(a)
}

#[test]
fn patterns_are_recorded_by_the_names_they_bind() {
    let recording = round_trip(|| {
        let thread = std::thread::current().id();
        let sum = patterns(Path(1), (2, (9, 3)), Point { x: 4, y: 5 }, [6, 0, 0], &7, (8, 8));
        (sum, names(1, 2, 3, thread, 4), block_on(patterns_async(Path(1), (2, 3), thread)))
    });
    let expected = [
        "patterns(id, a, b, x, height, first, referred, whole) [1, 2, 3, 4, 5, 6, 7, [8, 8]]",
        "names(changed, referring, type, _unused) [1, 2, 3, 4]",
        "patterns.async(id, a) [1, 2]",
    ];
    assert_eq!(calls(&recording), expected);
}

#[intercept_input("conditions")]
fn conditions(id: u64, #[cfg(not(test))] absent: Missing, #[cfg(test)] present: u8) -> u64 {
    live();
    id + u64::from(present)
}

#[test]
fn parameters_that_are_configured_away_are_not_recorded() {
    let recording = round_trip(|| conditions(1, 2));
    assert_eq!(calls(&recording), ["conditions(id, present) [1, 2]"]);
}

/// An argument that is moved into the body, and one that cannot be shared between threads.
#[intercept_output("moved")]
async fn moved(text: String, cell: NotSync<u8>) -> String {
    live();
    std::future::ready(()).await;
    cell.set(cell.get() + 1);
    text + "!"
}

#[intercept_input("moved.input")]
async fn moved_input(text: String, cell: NotSync<u8>) -> String {
    live();
    std::future::ready(()).await;
    cell.set(cell.get() + 1);
    text + "!"
}

#[operation(category = "Moved")]
async fn moved_operation(text: String, cell: NotSync<u8>) -> String {
    moved(text, cell).await
}

#[test]
fn futures_stay_send_when_an_argument_is_not_sync() {
    fn assert_send<T: Send>(value: T) -> T {
        value
    }
    let cell = || NotSync::new(1);
    let recording = round_trip(|| {
        let output = block_on(assert_send(moved("a".to_owned(), cell())));
        (output, block_on(assert_send(moved_input("a".to_owned(), cell()))))
    });
    assert_eq!(calls(&recording), [r#"moved(text, cell) ["a", 1]"#, r#"moved.input(text, cell) ["a", 1]"#]);
    let (_, recording) = record(|| block_on(assert_send(moved_operation("a".to_owned(), cell()))));
    assert_eq!(recording.arguments::<(String, u8)>().unwrap(), ("a".to_owned(), 1));
}

trait Shop {
    fn fee(&self) -> u64;

    #[intercept_input("trait.default")]
    fn price(&self, id: u64) -> u64
    where
        Self: Sized,
    {
        live();
        id + self.fee()
    }

    fn stock(&self, id: u64) -> u64;
}

impl Shop for Store {
    fn fee(&self) -> u64 {
        100
    }

    #[intercept_input("trait.impl")]
    fn stock(&self, id: u64) -> u64 {
        live();
        id + Self::CUSTOMERS.fee()
    }
}

#[test]
fn trait_methods_with_a_body_are_recorded() {
    let recording = round_trip(|| {
        let shop: &dyn Shop = &Store::CUSTOMERS;
        (Store::CUSTOMERS.price(1), shop.stock(2))
    });
    assert_eq!(calls(&recording), ["trait.default(id) [1]", "trait.impl(id) [2]"]);
}

/// Documented and marked, before and after.
#[deprecated = "for the test"]
#[must_use]
#[intercept_input("attributes")]
#[inline(never)]
#[doc = "More."]
pub(crate) fn attributed(id: u64) -> u64 {
    #![allow(non_snake_case, reason = "to be kept, or the next line is a warning")]
    live();
    let Shouted = id + 1;
    Shouted * 2
}

#[test]
#[expect(deprecated, reason = "the attribute is kept")]
fn other_attributes_are_kept() {
    let recording = round_trip(|| attributed(1));
    assert_eq!(calls(&recording), ["attributes(id) [1]"]);
}

#[intercept_input("shadowing")]
fn shadowing(call: u64, result: u64, arguments: u64, __playback: u64, __result: u64) -> u64 {
    live();
    call + result + arguments + __playback + __result
}

#[intercept_input("shadowing.async")]
async fn shadowing_async(call: u64, result: u64, arguments: u64, __playback: u64, __result: u64) -> u64 {
    live();
    call + result + arguments + __playback + __result
}

#[test]
fn no_name_of_an_argument_is_taken_by_the_expansion() {
    let recording = round_trip(|| (shadowing(1, 2, 4, 8, 16), block_on(shadowing_async(1, 2, 4, 8, 16))));
    let names = "(call, result, arguments, __playback, __result) [1, 2, 4, 8, 16]";
    assert_eq!(calls(&recording), [format!("shadowing{names}"), format!("shadowing.async{names}")]);
}

macro_rules! readers {
    ($($name:ident($argument:ident: $type:ty) -> $returned:ty = $alias:literal;)*) => {$(
        #[intercept_input($alias)]
        fn $name($argument: $type, from_macro: u8) -> $returned {
            live();
            $argument + <$returned>::from(from_macro)
        }
    )*};
}

readers! {
    read_short(id: u16) -> u16 = "short/{id}";
    read_long(id: u64) -> u64 = "long/{id}";
}

#[test]
fn functions_made_by_a_macro_are_recorded() {
    let recording = round_trip(|| (read_short(1, 2), read_long(3, 4)));
    assert_eq!(calls(&recording), ["short/1(id, from_macro) [1, 2]", "long/3(id, from_macro) [3, 4]"]);
}
