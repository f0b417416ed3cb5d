//! Who redacts: the [`Redactor`] trait, and which redactor is in force.

use std::collections::HashSet;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, OnceLock};

use crate::Value;
use crate::context::{self, InContext};

/// Changes what is recorded so that it holds no secrets, before it is taken down.
///
/// The redactor for production is [`Rules`](crate::redaction), behind the feature `redaction`; this trait is for those who
/// already have another. It is given copies: what it does never reaches the running code. It is called on the
/// thread of the service, for every value that is recorded. If it fails or panics, the recording is
/// [discarded](crate::DiscardReason::Unredactable).
///
/// On replay it is given what the code under replay sends and asks for, so that these match what was recorded. Such
/// values come out of a redacted recording, so what is redacted already is to be left as it is.
pub trait Redactor: fmt::Debug + Send + Sync {
    /// Whether a value there, of which the encoded bytes are given, may have to be changed. A `true` too many costs
    /// time, a `false` too many a secret.
    fn concerns(&self, place: &Place<'_>, encoded: &[u8]) -> bool {
        let _ = (place, encoded);
        true
    }

    /// Changes what must not be recorded. Values marked by [`Secret`](crate::redaction::Secret) that it leaves as they
    /// are become masks.
    ///
    /// # Errors
    /// [`Unredactable`]; the recording is discarded.
    fn redact(&self, place: &Place<'_>, value: &mut Value, known: &Known) -> Result<(), Unredactable>;

    /// Whether [`remember`](Self::remember) has anything to do.
    fn remembers(&self) -> bool {
        false
    }

    /// Puts down those parts of a recorded value that were redacted, where that cannot be told by looking at them.
    fn remember(&self, place: &Place<'_>, recorded: &Value, known: &mut Known) {
        let _ = (place, recorded, known);
    }
}

/// Where a value stands that is about to be recorded.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Place<'a> {
    /// What part of a recording it is.
    pub part: Part,
    /// The alias of the call; the category for the operation and its metadata, the key for data.
    pub alias: &'a str,
    /// The names of the arguments in their order, or nothing where they are not known.
    pub argument_names: &'a [&'a str],
}

/// A part of a recording that holds values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Part {
    /// The arguments of a call, or of the operation: a tuple.
    Arguments,
    /// The result of a call, or of the operation.
    Result,
    /// A value kept by [`record_data`](crate::record_data).
    Data,
    /// Fields of the metadata: a struct.
    Metadata,
    /// A value that an alias was made of, as its text shows it: a struct of the argument, in which the field stands that was
    /// captured, as `{"email": "ann@example.com"}` of the alias `"crm.get/{email}"`. What its text or number is changed into
    /// stands in the alias instead.
    Captured,
    /// A name made while the code ran: an alias, the key of data, the name of a field of the metadata. A string.
    Name,
}

impl<'a> Place<'a> {
    /// A place in a call whose arguments have no names.
    #[must_use]
    pub fn new(part: Part, alias: &'a str) -> Self {
        Self { part, alias, argument_names: &[] }
    }

    /// The same, with names of arguments.
    #[must_use]
    pub fn argument_names(mut self, names: &'a [&'a str]) -> Self {
        self.argument_names = names;
        self
    }
}

/// Values that are redacted already, though they do not look it.
#[derive(Debug, Default)]
pub struct Known {
    replaying: bool,
    values: HashSet<Value>,
}

impl Known {
    pub(crate) fn of_replay() -> Self {
        Self { replaying: true, ..Self::default() }
    }

    /// Whether this is a replay, whose values come out of a recording.
    #[must_use]
    pub fn is_replay(&self) -> bool {
        self.replaying
    }

    /// Whether a value is redacted already.
    #[must_use]
    pub fn contains(&self, value: &Value) -> bool {
        self.values.contains(value)
    }

    /// Puts down that a value is redacted already.
    pub fn insert(&mut self, value: Value) {
        self.values.insert(value);
    }
}

/// A value that cannot be redacted. It must not say what the value is, as it is logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unredactable(String);

impl Unredactable {
    /// Why it cannot be, without the value.
    #[must_use]
    pub fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl fmt::Display for Unredactable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unredactable {}

static GLOBAL: OnceLock<Arc<dyn Redactor>> = OnceLock::new();

/// Has everything that is recorded in this process redacted, whatever the recorder, and everything that is replayed
/// matched accordingly, wherever no other redactor is in scope.
///
/// Set it before the recorder: a recording is made by the redactor that is in force when its operation begins.
///
/// # Errors
/// [`GlobalRedactorSet`] if there is one already: a process has one, set at its start. Tests that want one each use
/// [`RedactorExt::scope`].
pub fn set_global_redactor(redactor: impl Redactor + 'static) -> Result<(), GlobalRedactorSet> {
    GLOBAL.set(Arc::new(redactor)).map_err(|_| GlobalRedactorSet)
}

/// A global redactor was set before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GlobalRedactorSet;

impl fmt::Display for GlobalRedactorSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a global redactor is set already; set it once, at the process's start, or use `redactor.scope(…)`"
        )
    }
}

impl std::error::Error for GlobalRedactorSet {}

/// The redactor in force here: the scoped one, else the global one.
pub(super) fn in_force() -> Option<Arc<dyn Redactor>> {
    context::scoped_redactor().or_else(|| GLOBAL.get().cloned())
}

/// What callers enjoy on every redactor that can be shared.
pub trait RedactorExt: Redactor + Clone + Sized + 'static {
    /// Runs `future` with this redactor in force, instead of the global one: for operations and replays that begin in
    /// it. It follows the future from thread to thread, as a recorder's [scope](crate::RecorderExt::scope) does.
    fn scope<F: Future>(&self, future: F) -> InContext<F> {
        context::with_redactor(Arc::new(self.clone())).bind_future(future)
    }

    /// Runs `body` with this redactor in force, instead of the global one.
    fn scope_blocking<R>(&self, body: impl FnOnce() -> R) -> R {
        context::with_redactor(Arc::new(self.clone())).run(body)
    }
}

impl<R: Redactor + Clone + 'static> RedactorExt for R {}

impl<R: Redactor + ?Sized> Redactor for Arc<R> {
    fn concerns(&self, place: &Place<'_>, encoded: &[u8]) -> bool {
        (**self).concerns(place, encoded)
    }

    fn redact(&self, place: &Place<'_>, value: &mut Value, known: &Known) -> Result<(), Unredactable> {
        (**self).redact(place, value, known)
    }

    fn remembers(&self) -> bool {
        (**self).remembers()
    }

    fn remember(&self, place: &Place<'_>, recorded: &Value, known: &mut Known) {
        (**self).remember(place, recorded, known);
    }
}
