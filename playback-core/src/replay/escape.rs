//! Interceptions that run outside any context while only replays are live: they belong to one of them, and
//! cannot tell to which.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::session::Session;
use super::stop;
use crate::Kind;
use crate::context;
use crate::redaction::InForce;

/// What is told of a name that the code made, where a redactor is in force: what it was made of is not known here.
pub(crate) const WITHHELD_ALIAS: &str = "(an alias made while the code ran)";

/// The replays that are live in the process.
static REPLAYS: Mutex<Vec<Weak<Session>>> = Mutex::new(Vec::new());

/// An interception that was reached from a task or thread that is not bound to its replay, so that it ran
/// for real, or was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Escape {
    /// Whether it is an input or an output.
    pub kind: Kind,
    /// The alias of the interception.
    pub alias: String,
    /// Whether it was refused, because the process is given over to replaying; see
    /// [`refuse_escapes`](crate::refuse_escapes).
    pub refused: bool,
}

impl Escape {
    /// An escape that was told of from elsewhere, as from another process.
    #[must_use]
    pub fn new(kind: Kind, alias: impl Into<String>, refused: bool) -> Self {
        Self { kind, alias: alias.into(), refused }
    }
}

impl fmt::Display for Escape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.kind == Kind::Output { "output" } else { "input" };
        let what = if self.refused { "was refused" } else { "ran for real" };
        write!(
            f,
            "{kind} `{}` was reached outside the replay and {what}; bind the task that calls it: \
             `tokio::spawn(task.in_current_context())`, or `thread::spawn(Context::bind(closure))`",
            self.alias
        )
    }
}

/// Counts a replay among those that an escape may belong to.
pub(super) fn watch(session: &Arc<Session>) {
    let mut replays = lock();
    replays.retain(|replay| replay.strong_count() > 0);
    replays.push(Arc::downgrade(session));
}

/// Looks at an interception outside any context. Whether it is to run; what is refused does not even return, but for one
/// that a guard makes while its thread unwinds, where a second panic would abort the process.
pub(crate) fn may_escape(kind: Kind, alias: impl FnOnce() -> Cow<'static, str>) -> bool {
    let refused = context::refuses_escapes();
    if !refused && !context::only_replays() {
        return true;
    }
    let replays: Vec<Arc<Session>> = lock().iter().filter_map(Weak::upgrade).collect();
    let live: Vec<Arc<Session>> = replays.into_iter().filter(|session| !session.is_over()).collect();
    if live.is_empty() && !refused {
        return true;
    }
    let alias = alias();
    let named = |alias: &str| Escape { kind, alias: alias.to_owned(), refused };
    let (mut told, mut escape) = (named(&alias), named(&alias));
    if let Cow::Owned(made) = &alias {
        let redacting = live.iter().find(|session| session.redacts());
        if redacting.is_some() || !InForce::here().is_none() {
            told = named(WITHHELD_ALIAS);
        }
        if let Some(redacted) = redacting.and_then(|session| session.redacted_name(made)) {
            escape = named(&redacted);
        }
    }
    let mut is_new = live.is_empty();
    live.iter().for_each(|session| is_new |= session.add_escape(&escape));
    if is_new {
        tracing::warn!(alias = %told.alias, refused, "{told}");
    }
    if refused && !std::thread::panicking() {
        stop();
    }
    !refused
}

fn lock() -> std::sync::MutexGuard<'static, Vec<Weak<Session>>> {
    REPLAYS.lock().unwrap_or_else(PoisonError::into_inner)
}
