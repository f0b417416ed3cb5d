//! The attributes of `playback_core`, which re-exports them: depend on that crate, not on this one.
//!
//! ```
//! use playback_core::{intercept_input, intercept_output, operation, replay_blocking};
//!
//! #[operation(category = "Checkout")]
//! fn checkout(customer: u64, amount: u64) -> Result<u64, String> {
//!     let discount = discount(customer)?;
//!     Ok(store(customer, amount - discount))
//! }
//!
//! #[intercept_input("checkout.discount")]
//! fn discount(customer: u64) -> Result<u64, String> {
//!     if customer == 7 { Ok(5) } else { Err(format!("no customer {customer}")) } // a query, really
//! }
//!
//! #[intercept_output("checkout.store")]
//! fn store(customer: u64, total: u64) -> u64 {
//!     customer * 1000 + total // a write, really
//! }
//!
//! // In production a `TapeRecorder` records; in a test:
//! let recording = playback_testkit::record_blocking(|| checkout(7, 42)).recording();
//!
//! // Later: the query is answered from the recording, the write is captured and not made.
//! let playback = replay_blocking(&recording, |recording| {
//!     let (customer, amount) = recording.arguments()?;
//!     Ok(checkout(customer, amount))
//! })?;
//! let sent: Vec<_> = playback.replayed().outputs().map(|output| output.value().unwrap().to_string()).collect();
//! assert_eq!(sent, ["[7, 37]", "Ok(7037)"]);
//! # Ok::<(), playback_core::ReplayError>(())
//! ```
//!
//! # What an attribute does
//!
//! It writes the builder of `playback_core` around the body, as a person would, and nothing else:
//!
//! ```
//! # type Customer = String;
//! // #[intercept_input("checkout.customer")]
//! async fn customer(id: u64) -> Option<Customer> {
//!     let call = ::playback_core::input("checkout.customer").argument_names(&["id"]).args(&(&id,));
//!     call.run_async(async move { /* the body */ None }).await
//! }
//! ```
//!
//! # What they go on
//!
//! Functions and methods, async or not, with generics, borrowed arguments and any kind of `self`; bodies may
//! use `?` and `return`. So do functions whose body is one `Box::pin(async move { … })` or
//! `async move { … }.boxed()`, which is what `#[async_trait]` makes of its methods: the future is what is
//! recorded, when it runs. Other attributes of the function are kept, and those above are applied before.
//!
//! What cannot work is refused by a message that says what to write instead: `const fn`, functions of a foreign
//! ABI that cannot unwind, a returned `impl Trait`, and on an input or output a returned borrow.
//!
//! # Which arguments are recorded
//!
//! All of them but `self`, by the names that they bind: of `Path(id): Path<u64>` it is `id`, of `(a, b): (A, B)` both,
//! of `_: Context` none. `_context: Context` is a name like any other. They are recorded as they are when the function
//! is called, and have to be `Serialize`. `skip(a, b)` leaves some out; `args(b, a)` records these only, in this order.
//!
//! # Options that all have
//!
//! | option | what it says |
//! |---|---|
//! | `skip(a, b)`, `args(b, a)` | which arguments are recorded; one of the two |
//! | `crate = path` | where `playback_core` is, for crates that re-export it |
//!
//! An expression given to an option is evaluated when the function is called, before its body, and may use the
//! arguments; on an input or output only if the call is recorded or replayed. A handler cannot keep a borrow of an
//! argument that the body takes over. An `async` body does that with all that it names, so let a handler there own what
//! it needs, or let the function take a reference.
//!
//! # Floor plan
//!
//! | file | what it holds |
//! |---|---|
//! | `expand` | the expansion |
//! | `function` | reading the function |
//! | `arguments` | its parameters, and which are recorded |
//! | `boxed_future` | finding the `async` block in a function that returns a boxed future |
//! | `returned` | what a return type is made of |
//! | `options` | reading the options |
//! | `template` | aliases that capture arguments |
//! | `refuse`, `suggest` | what cannot work, and what was meant |
#![forbid(unsafe_code)]

mod arguments;
mod boxed_future;
mod expand;
mod function;
mod options;
mod refuse;
mod returned;
mod suggest;
mod template;

/// Functions that are `unsafe` stay so; a test, here because unsafe code is forbidden in the others.
///
/// ```
/// # #![deny(warnings, unsafe_op_in_unsafe_fn)]
/// /// # Safety
/// /// The pointer has to be valid.
/// #[playback_core::intercept_input("memory.read", skip(pointer))]
/// pub unsafe fn read(pointer: *const u8) -> u8 {
///     unsafe { *pointer }
/// }
///
/// let value = 7;
/// assert_eq!(unsafe { read(&value) }, 7);
/// ```
#[cfg(doctest)]
struct UnsafeFunctions;

use proc_macro::TokenStream;

use crate::options::Kind;

/// Marks a function as an operation: what is recorded, and replayed, as a whole.
///
/// ```
/// use playback_core::operation;
///
/// struct Checkout;
///
/// impl Checkout {
///     #[operation(category = "Checkout", skip(trace))]
///     async fn execute(&self, customer: u64, trace: &str) -> Result<u64, String> {
///         println!("{trace}");
///         Ok(customer + 1)
///     }
/// }
/// # futures::executor::block_on(async {
///
/// let recorded = playback_testkit::record(async { Checkout.execute(7, "t-1").await }).await;
/// assert_eq!(recorded.result, Ok(8));
/// assert_eq!(recorded.recording().arguments::<(u64,)>()?, (7,));
/// # Ok::<(), playback_core::ReplayError>(()) }).unwrap();
/// ```
///
/// # Options
///
/// | option | what it says |
/// |---|---|
/// | `category = "Checkout"`, or `"Checkout"` in front | the kind of operation; without it, the name of the function |
/// | `skip(a, b)`, `args(b, a)` | which arguments are recorded: all but these, or only these; never `self` |
/// | `metadata = function` | adds fields to the metadata: a function of the `FinishedCall` that returns a `Result` |
/// | `recorder = expression` | the recorder, instead of the one in scope or the global one |
/// | `sampling_rate = 0.1` | the share of runs to keep, 0 to 1 |
/// | `ignore_forced_sampling` | leaves the rate the only say, even where a run is forced |
/// | `sampling_key = request.customer` | what the run belongs to, by the text that it prints as: runs of one key are kept together |
/// | `skip_recording` | never records; the operation can still be replayed |
/// | `result_handler = expression` | what is recorded of the result: a `Prepare` of it |
/// | `crate = path` | where `playback_core` is, for crates that re-export it |
///
/// The result may be a borrow: it is written down, and never rebuilt.
///
/// ```
/// use std::collections::BTreeMap;
///
/// use playback_core::value::DecodeError;
/// use playback_core::{FinishedCall, operation};
///
/// #[operation("Count", metadata = fields, sampling_rate = 1.0)]
/// fn count(text: &str) -> usize {
///     text.split(' ').count()
/// }
///
/// fn fields(call: &FinishedCall<'_>) -> Result<BTreeMap<&'static str, usize>, DecodeError> {
///     let (text,): (String,) = call.arguments()?;
///     Ok(BTreeMap::from([("length", text.len())]))
/// }
///
/// let recording = playback_testkit::record_blocking(|| count("three red apples")).recording();
/// assert_eq!(recording.metadata().fields["length"].to_string(), "16");
/// ```
///
/// What all attributes have in common, and the functions that they go on, stands in the
/// [crate's documentation](https://docs.rs/playback-core-macros).
#[proc_macro_attribute]
pub fn operation(options: TokenStream, function: TokenStream) -> TokenStream {
    expand::expand(Kind::Operation, options.into(), function.into()).into()
}

/// Marks a function as an input: it brings something into the operation that calls it. On replay the
/// recorded result for its alias and arguments is returned, and the body does not run.
///
/// ```
/// use playback_core::intercept_input;
///
/// struct Table {
///     name: &'static str,
/// }
///
/// impl Table {
///     // Two tables are told apart by the alias, since `self` is never recorded.
///     #[intercept_input("db.get/{self.name}", missing = value(None))]
///     async fn get(&self, id: u64) -> Option<String> {
///         Some(format!("row {id} of {}", self.name)) // a query, really
///     }
/// }
/// # futures::executor::block_on(async {
///
/// // Outside of a recording and a replay, nothing is there.
/// assert_eq!(Table { name: "customers" }.get(7).await.as_deref(), Some("row 7 of customers"));
/// # });
/// ```
///
/// # Options
///
/// | option | what it says |
/// |---|---|
/// | `"alias"` in front, or `alias = "…"` | the name in the recording; required |
/// | `skip(a, b)`, `args(b, a)` | which arguments make the key: all but these, or only these; never `self` |
/// | `handler = expression` | how the result is recorded and made again: a `DataHandler` of it |
/// | `fallback("old", "older/{table}")` | aliases that older recordings may have the call under |
/// | `fallback_with = function` | the same, by a function of the recorded arguments that returns `Vec<String>` |
/// | `missing = fail` | nothing recorded: the replay fails and says why. This is the default |
/// | `missing = call` | nothing recorded: the body runs |
/// | `missing = value(expression)` | nothing recorded: this is the answer |
/// | `missing = with(function)` | nothing recorded: the function of the recorded arguments answers; what it calls runs for real |
/// | `crate = path` | where `playback_core` is, for crates that re-export it |
///
/// An alias captures arguments, fields of them, fields of `self`, and constants: `{table}`, `{self.region}`,
/// `{request.customer.0:04}`, `{REGION}`. A brace is written `{{` or `}}`.
///
/// A function of the recorded arguments takes each by reference; it may be a closure that states their types.
///
/// ```
/// use playback_core::{intercept_input, operation, replay_blocking};
///
/// #[intercept_input("rates.read", args(currency), fallback("fx.{currency}"), missing = with(default_rate))]
/// fn rate(currency: &str, attempt: u8) -> f64 {
///     f64::from(attempt)
/// }
///
/// fn default_rate(currency: &str) -> f64 {
///     if currency == "EUR" { 1.0 } else { 0.0 }
/// }
///
/// #[operation]
/// fn convert(amount: f64, currency: &str) -> f64 {
///     amount * rate(currency, 1)
/// }
///
/// let recording = playback_testkit::record_blocking(|| convert(4.0, "USD")).recording();
/// // The code asks for another currency now, of which nothing was recorded.
/// let playback = replay_blocking(&recording, |_| Ok(convert(4.0, "EUR")))?;
/// assert_eq!(playback.unread_inputs().count(), 1);
/// assert_eq!(playback.replayed().operation().unwrap().result().unwrap().unwrap().to_string(), "4.0");
/// # Ok::<(), playback_core::ReplayError>(())
/// ```
///
/// What all attributes have in common, and the functions that they go on, stands in the
/// [crate's documentation](https://docs.rs/playback-core-macros).
#[proc_macro_attribute]
pub fn intercept_input(options: TokenStream, function: TokenStream) -> TokenStream {
    expand::expand(Kind::Input, options.into(), function.into()).into()
}

/// Marks a function as an output: it sends something out of the operation that calls it. On replay its
/// arguments are captured, to be compared with the recorded ones, its recorded answer is returned, and the body
/// does not run.
///
/// ```
/// use playback_core::intercept_output;
///
/// #[intercept_output("receipts.send", skip(connection), unrecorded = value(Ok(())))]
/// async fn send(connection: &mut Vec<String>, receipt: &str) -> Result<(), String> {
///     connection.push(receipt.to_owned()); // a message, really
///     Ok(())
/// }
/// # futures::executor::block_on(async {
///
/// // Outside of a recording and a replay, nothing is there.
/// let mut connection = Vec::new();
/// send(&mut connection, "receipt 7").await?;
/// assert_eq!(connection, ["receipt 7"]);
/// # Ok::<(), String>(()) }).unwrap();
/// ```
///
/// # Options
///
/// | option | what it says |
/// |---|---|
/// | `"alias"` in front, or `alias = "…"` | the name in the recording; required |
/// | `skip(a, b)`, `args(b, a)` | what was sent: all arguments but these, or only these; never `self` |
/// | `handler = expression` | what is recorded of the arguments: a `Prepare` of the tuple of references to them |
/// | `result_handler = expression` | how the answer is recorded and made again: a `DataHandler` of it |
/// | `fallback("old", "older/{table}")` | aliases that older recordings may have the call under |
/// | `fallback_with = function` | the same, by a function of the recorded arguments that returns `Vec<String>` |
/// | `unrecorded = fail` | no answer recorded: the replay fails and says why. This is the default |
/// | `unrecorded = value(expression)` | no answer recorded: this is the answer |
/// | `crate = path` | where `playback_core` is, for crates that re-export it |
///
/// An alias captures arguments as that of an input does: `"queue.send/{self.topic}"`.
///
/// What all attributes have in common, and the functions that they go on, stands in the
/// [crate's documentation](https://docs.rs/playback-core-macros).
#[proc_macro_attribute]
pub fn intercept_output(options: TokenStream, function: TokenStream) -> TokenStream {
    expand::expand(Kind::Output, options.into(), function.into()).into()
}
