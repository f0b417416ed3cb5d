//! Functions that return a boxed `async` block, by hand or by `#[async_trait]`: the block is what is recorded.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use futures::FutureExt as _;
use futures::executor::block_on;
use futures::future::{BoxFuture, LocalBoxFuture};
use playback_core::{intercept_input, intercept_output, operation};

use crate::{calls, live, record, round_trip};

#[async_trait]
trait Customers: Send + Sync {
    async fn name(&self, id: u64) -> Result<String, String>;
    async fn rename(&mut self, id: u64, names: (String, &str), context: &Context) -> u64;
    async fn close(self: Box<Self>, ids: Vec<u64>) -> usize;
    async fn shared(self: Arc<Self>, id: u64) -> u64;
    async fn count(table: &str) -> u64
    where
        Self: Sized;

    #[intercept_input("async_trait.default/{id}")]
    async fn default<T>(&self, id: u64, other: T) -> u64
    where
        T: serde::Serialize + Into<u64> + Send,
        Self: Sized,
    {
        live();
        std::future::ready(id + other.into()).await
    }
}

struct Context;

#[derive(Clone)]
struct Table {
    name: &'static str,
}

#[async_trait]
impl Customers for Table {
    #[intercept_input("{self.name}.name")]
    async fn name(&self, id: u64) -> Result<String, String> {
        live();
        let id = std::future::ready(id).await;
        if id == 0 {
            return Err(format!("none in {}", self.name));
        }
        Err("odd".to_owned()).or_else(|odd: String| if id % 2 == 1 { Err(odd) } else { Ok(()) })?;
        Ok(self.name.to_owned())
    }

    #[intercept_output("{self.name}.rename/{first}", skip(_context))]
    async fn rename(&mut self, id: u64, (mut first, second): (String, &str), _context: &Context) -> u64 {
        live();
        first += second;
        self.name = "renamed";
        id + first.len() as u64
    }

    #[intercept_output("close/{self.name}")]
    async fn close(self: Box<Self>, ids: Vec<u64>) -> usize {
        live();
        drop(self);
        ids.len()
    }

    #[operation(category = "Shared")]
    async fn shared(self: Arc<Self>, id: u64) -> u64 {
        id + self.name.len() as u64
    }

    #[intercept_input("count")]
    async fn count(table: &str) -> u64 {
        live();
        table.len() as u64
    }
}

#[test]
fn methods_of_an_async_trait_are_recorded_when_they_run() {
    let recording = round_trip(|| {
        let mut table = Table { name: "t" };
        block_on(async {
            let names = [table.name(0).await, table.name(1).await, table.name(2).await];
            let default = table.default(3, 4_u8).await;
            let renamed = table.rename(5, ("a".to_owned(), "b"), &Context).await;
            let closed = Box::new(Table { name: "c" }).close(vec![6]).await;
            (names, default, renamed, closed, Table::count("seven").await)
        })
    });
    let expected = [
        "t.name(id) [0]",
        "t.name(id) [1]",
        "t.name(id) [2]",
        "async_trait.default/3(id, other) [3, 4]",
        r#"t.rename/a(id, first, second) [5, "a", "b"]"#,
        "close/c(ids) [[6]]",
        r#"count(table) ["seven"]"#,
    ];
    assert_eq!(calls(&recording), expected);
    let failed: Vec<_> = recording.tape().calls().map(|call| call.failed()).take(4).collect();
    assert_eq!(failed, [false, true, true, false]);
}

#[test]
fn a_method_of_an_async_trait_is_an_operation() {
    let (sum, recording) = record(|| block_on(Arc::new(Table { name: "t" }).shared(6)));
    assert_eq!((sum, recording.arguments::<(u64,)>().unwrap()), (7, (6,)));
    let operation = recording.tape().operation().unwrap();
    assert_eq!((operation.alias(), operation.result().unwrap().unwrap().to::<u64>().unwrap()), ("Shared", 7));
}

#[test]
fn the_future_of_an_async_trait_stays_send() {
    fn assert_send<T: Send>(value: T) -> T {
        value
    }
    let customers: &dyn Fn() -> String = &|| block_on(assert_send(Table { name: "t" }.name(2))).unwrap();
    assert_eq!(customers(), "t");
}

#[async_trait(?Send)]
trait Local {
    async fn read(&self, first: u8, pair: (u8, u8), nothing: Context) -> u8;
}

#[async_trait(?Send)]
impl Local for std::rc::Rc<Table> {
    #[intercept_input("{self.name}.local")]
    async fn read(&self, first: u8, (low, high): (u8, u8), _: Context) -> u8 {
        live();
        first + low + high
    }
}

#[test]
fn patterns_are_found_behind_what_async_trait_makes_of_them() {
    let recording = round_trip(|| block_on(std::rc::Rc::new(Table { name: "t" }).read(1, (2, 3), Context)));
    assert_eq!(calls(&recording), ["t.local(first, low, high) [1, 2, 3]"]);
}

#[intercept_input("by_hand")]
fn by_hand<'a>(id: u64, name: &'a str) -> Pin<Box<dyn Future<Output = Result<String, String>> + Send + 'a>> {
    use std::future::ready;
    Box::pin(async move {
        live();
        if id == 0 {
            return Err("zero".into());
        }
        Ok(ready(format!("{name}/{id}")).await)
    })
}

#[intercept_input("by_hand.boxed")]
fn boxed(name: &str) -> BoxFuture<'_, usize> {
    async move {
        live();
        name.len()
    }
    .boxed()
}

#[intercept_output("by_hand.local")]
fn local(names: std::rc::Rc<str>) -> LocalBoxFuture<'static, usize> {
    async move {
        live();
        names.len()
    }
    .boxed_local()
}

struct Service;

impl Service {
    #[intercept_input("by_hand.borrowing")]
    fn borrowing<'a>(&'a self, name: &'a str) -> BoxFuture<'a, usize> {
        Box::pin(async {
            live();
            name.len()
        })
    }
}

trait Call {
    type Future;
    fn call(&mut self, id: u64) -> Self::Future;
}

impl Call for Service {
    type Future = BoxFuture<'static, Vec<u64>>;

    #[intercept_output("by_hand.hidden")]
    fn call(&mut self, id: u64) -> Self::Future {
        Box::pin(async move {
            live();
            if id == 0 {
                return Vec::new();
            }
            vec![id]
        })
    }
}

#[test]
fn futures_boxed_by_hand_are_recorded_when_they_run() {
    let recording = round_trip(|| {
        // Made and not run: not recorded.
        drop(by_hand(9, "n"));
        block_on(async {
            let names = (by_hand(0, "n").await, by_hand(1, "n").await);
            let lengths = (boxed("ab").await, local("abc".into()).await, Service.borrowing("abcd").await);
            (names, lengths, Service.call(0).await, Service.call(1).await)
        })
    });
    let expected = [
        r#"by_hand(id, name) [0, "n"]"#,
        r#"by_hand(id, name) [1, "n"]"#,
        r#"by_hand.boxed(name) ["ab"]"#,
        r#"by_hand.local(names) ["abc"]"#,
        r#"by_hand.borrowing(name) ["abcd"]"#,
        "by_hand.hidden(id) [0]",
        "by_hand.hidden(id) [1]",
    ];
    assert_eq!(calls(&recording), expected);
}
