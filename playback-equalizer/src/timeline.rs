//! What a run and its replay did, in short: their calls side by side, as texts that are bounded.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use playback_core::{Call, End, Kind, MatchedBy, Playback, Recording, Value};
use serde::{Deserialize, Serialize};

use crate::same::same;
use crate::shown;

/// Calls that are kept of each sort, ordinary ones and others.
const KEPT: usize = 100;
/// Calls that are kept of each sort where nothing differs.
const KEPT_IN_BRIEF: usize = 30;
/// Characters that are shown of the arguments, and of the result.
const SHOWN: usize = 240;
/// Encoded values that are longer are not decoded to be shown, in bytes.
const LARGE: u64 = 256 * 1024;

/// What a run and its replay did, in short: the calls of both side by side, for people to look at.
///
/// It holds texts that are bounded in number and length, and no values, so that thousands can be kept.
///
/// ```
/// # use playback_core::{input, operation, replay};
/// use playback_equalizer::{Answer, Timeline};
///
/// async fn ask(town: &str, times: u64) {
///     let ask = async {
///         for _ in 0..times {
///             input("weather").argument_names(&["town"]).args(&(town,)).run_async(async { 21 }).await;
///         }
///     };
///     operation("Ask").run_async(ask).await
/// }
///
/// # futures::executor::block_on(async {
/// # let recording = playback_testkit::record(ask("Bern", 1)).await.recording();
/// // Recorded with one question, replayed with two.
/// let playback = replay(&recording, |_| Ok(ask("Bern", 2))).await?;
/// let timeline = Timeline::of(&playback);
/// let [operation, first, second] = timeline.steps.as_slice() else { panic!() };
/// assert_eq!((&*operation.alias, operation.answer), ("Ask", Answer::Expected));
/// assert_eq!(first.recorded.as_ref().unwrap().arguments.as_deref(), Some("(town: \"Bern\")"));
/// assert_eq!((&*second.alias, second.answer), ("weather", Answer::Reused));
/// # Ok::<(), playback_core::ReplayError>(()) }).unwrap();
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Timeline {
    /// The calls in the order in which they were recorded; those that were not recorded stand where the replay
    /// made them.
    pub steps: Vec<Step>,
    /// How many more calls there were than are kept.
    pub omitted: usize,
}

/// A call of the recorded run, of the replay, or of both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Step {
    /// What kind of call it is.
    pub kind: StepKind,
    /// The alias it has now, or had when it was recorded if it is made no more.
    pub alias: Arc<str>,
    /// Its number among the calls of its kind, alias and lane, from 0.
    pub number: usize,
    /// The numbers that lead to its lane, empty for the operation's own.
    pub lane: Vec<u32>,
    /// The recorded call; none for a call that was not recorded.
    pub recorded: Option<Moment>,
    /// The call in the replay; none if the replay did not make it.
    pub replayed: Option<Moment>,
    /// How the two belong together.
    pub answer: Answer,
}

/// The kind of a [`Step`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StepKind {
    /// The operation itself.
    Operation,
    /// A call that brought something in.
    Input,
    /// A call that sent something out.
    Output,
    /// A value that was kept beside the calls.
    Data,
}

/// One run of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Moment {
    /// When it began, after the beginning of the operation, in whole microseconds.
    #[serde(rename = "started_us", with = "micros")]
    pub started: Duration,
    /// How long it took, in whole microseconds.
    #[serde(rename = "duration_us", with = "micros")]
    pub duration: Duration,
    /// Whether it returned an `Err`, panicked, or was cancelled.
    pub failed: bool,
    /// The arguments as they are written in a call; none in brief, and where the recorded call has the same.
    pub arguments: Option<String>,
    /// The result, or how else it ended; none in brief, and where the recorded call has the same.
    pub result: Option<String>,
}

/// How a call of the replay got its answer, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Answer {
    /// The recorded call answered, in its turn.
    Expected,
    /// The recorded calls had run out, and the last answered again.
    Reused,
    /// A call answered that was recorded under a fallback alias.
    Fallback,
    /// A call answered that was recorded in another lane.
    OtherLane,
    /// A call answered whose arguments mean the same and are written otherwise.
    Equivalent,
    /// Nothing was recorded, and the body ran.
    Called,
    /// Nothing was recorded, and a policy gave the answer.
    Given,
    /// The replay never made the recorded call: an input was not read, an output is missing.
    Unused,
    /// The recording was not replayed to its end.
    NotReplayed,
}

impl Timeline {
    /// What a recorded run and its replay did.
    #[must_use]
    pub fn of(playback: &Playback) -> Self {
        Self::kept(pairs(playback), KEPT, show)
    }

    /// The same without arguments and results, and with fewer calls: for replays that differ in nothing.
    #[must_use]
    pub fn brief(playback: &Playback) -> Self {
        Self::kept(pairs(playback), KEPT_IN_BRIEF, leave_out)
    }

    /// What a run did that was not replayed to its end.
    #[must_use]
    pub fn recorded(recording: &Recording) -> Self {
        let mut numbers = Numbers::default();
        let pairs = recording
            .tape()
            .calls()
            .map(|call| Pair { recorded: Some(call), ..Pair::new(call, &mut numbers, Answer::NotReplayed) });
        Self::kept(pairs.collect(), KEPT, show)
    }

    /// Shows what is kept, and no more: what a call holds is decoded to be shown.
    fn kept<'p>(
        mut pairs: Vec<Pair<'p>>,
        most: usize,
        show: impl Fn(Call<'p>, Option<Call<'p>>) -> Moment,
    ) -> Self {
        let all = pairs.len();
        let (mut ordinary, mut others) = (0, 0);
        pairs.retain(|pair| {
            let of_its_sort = if pair.answer.is_ordinary() { &mut ordinary } else { &mut others };
            *of_its_sort += 1;
            *of_its_sort <= most
        });
        let omitted = all - pairs.len();
        Self { omitted, steps: pairs.into_iter().map(|pair| pair.step(&show)).collect() }
    }
}

impl Step {
    /// Whether it was recorded, and replayed in its turn.
    #[must_use]
    pub fn is_ordinary(&self) -> bool {
        self.answer.is_ordinary()
    }
}

impl Answer {
    fn is_ordinary(self) -> bool {
        self == Self::Expected
    }
}

impl From<Kind> for StepKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Operation => Self::Operation,
            Kind::Input => Self::Input,
            Kind::Output => Self::Output,
            Kind::Data => Self::Data,
        }
    }
}

/// What a step is made of.
struct Pair<'p> {
    /// Gives the step its name.
    call: Call<'p>,
    number: usize,
    recorded: Option<Call<'p>>,
    replayed: Option<Call<'p>>,
    answer: Answer,
}

impl<'p> Pair<'p> {
    fn new(call: Call<'p>, numbers: &mut Numbers<'p>, answer: Answer) -> Self {
        Self { call, number: numbers.next(call), recorded: None, replayed: None, answer }
    }

    fn added((call, answer): (Call<'p>, Answer), numbers: &mut Numbers<'p>) -> Self {
        Self { replayed: Some(call), ..Self::new(call, numbers, answer) }
    }

    /// `show` shows one run of a call, beside the recorded one if there is one.
    fn step(self, show: impl Fn(Call<'p>, Option<Call<'p>>) -> Moment) -> Step {
        Step {
            kind: self.call.kind().into(),
            alias: Arc::clone(&self.call.site().alias),
            number: self.number,
            lane: self.call.lane().to_vec(),
            recorded: self.recorded.map(|recorded| show(recorded, None)),
            replayed: self.replayed.map(|replayed| show(replayed, self.recorded)),
            answer: self.answer,
        }
    }
}

/// The calls of both runs, in the order of the recording.
fn pairs(playback: &Playback) -> Vec<Pair<'_>> {
    in_step(playback).unwrap_or_else(|| by_answers(playback))
}

/// The same if the replay made all calls that were recorded, in their order, and no others, as most do.
fn in_step(playback: &Playback) -> Option<Vec<Pair<'_>>> {
    let (recorded, replayed) = (playback.recorded(), playback.replayed());
    if recorded.parts().entries.len() != replayed.parts().entries.len() {
        return None;
    }
    let mut matches = playback.matches();
    let mut numbers = Numbers::default();
    let mut pairs = Vec::with_capacity(recorded.parts().entries.len());
    for (recorded, replayed) in recorded.calls().zip(replayed.calls()) {
        let belong_together = match replayed.kind() {
            kind @ (Kind::Operation | Kind::Data) => {
                (kind, replayed.alias()) == (recorded.kind(), recorded.alias())
            }
            _ => {
                let (call, answered_by, by) = matches.next()?;
                call.order() == replayed.order()
                    && answered_by.is_some_and(|answered_by| answered_by.order() == recorded.order())
                    && Answer::from(by).is_ordinary()
            }
        };
        if !belong_together {
            return None;
        }
        let pair = Pair::new(replayed, &mut numbers, Answer::Expected);
        pairs.push(Pair { recorded: Some(recorded), replayed: Some(replayed), ..pair });
    }
    Some(pairs)
}

/// The same of any replay.
fn by_answers(playback: &Playback) -> Vec<Pair<'_>> {
    let recorded: Vec<Call<'_>> = playback.recorded().calls().collect();
    let mut replays = Replays::of(playback, &recorded);
    let mut numbers = Numbers::default();
    let mut recorded_numbers = Numbers::default();
    let mut pairs = Vec::with_capacity(recorded.len());
    // Calls of the replay that answer to no recorded call of their own stand after the one before them.
    pairs.extend(replays.after(None).into_iter().map(|call| Pair::added(call, &mut numbers)));
    for (place, recorded) in recorded.into_iter().enumerate() {
        let pair = match replays.first.get(place).copied().flatten() {
            Some((replayed, answer)) => {
                Pair { replayed: Some(replayed), ..Pair::new(replayed, &mut numbers, answer) }
            }
            None => Pair::new(recorded, &mut recorded_numbers, Answer::Unused),
        };
        pairs.push(Pair { recorded: Some(recorded), ..pair });
        pairs.extend(replays.after(Some(place)).into_iter().map(|call| Pair::added(call, &mut numbers)));
    }
    pairs
}

/// The calls of a replay, by the places among the recorded calls of those that they belong to.
struct Replays<'p> {
    /// For each recorded call, the first that it answered.
    first: Vec<Option<(Call<'p>, Answer)>>,
    /// The others, by the recorded call that stands before them.
    others: BTreeMap<Option<usize>, Vec<(Call<'p>, Answer)>>,
}

impl<'p> Replays<'p> {
    fn of(playback: &'p Playback, recorded: &[Call<'p>]) -> Self {
        let mut matched: Vec<_> = playback.matches().collect();
        matched.sort_unstable_by_key(|(replayed, ..)| replayed.order());
        let mut matched = matched.into_iter().peekable();
        let mut replays = Self { first: vec![None; recorded.len()], others: BTreeMap::new() };
        let mut before = None;
        let mut data: BTreeMap<&str, VecDeque<Call<'p>>> = BTreeMap::new();
        for recorded in playback.recorded().calls_of(Kind::Data) {
            data.entry(recorded.alias()).or_default().push_back(recorded);
        }
        for call in playback.replayed().calls() {
            while matched.next_if(|(replayed, ..)| replayed.order() < call.order()).is_some() {}
            let its = matched.next_if(|(replayed, ..)| replayed.order() == call.order());
            let (of, answer) = match (call.kind(), its) {
                (_, Some((_, recorded, by))) => (recorded, Answer::from(by)),
                (Kind::Operation, None) => (playback.recorded().operation(), Answer::Expected),
                (Kind::Data, None) => {
                    let recorded = data.get_mut(call.alias()).and_then(VecDeque::pop_front);
                    (recorded, if recorded.is_some() { Answer::Expected } else { Answer::Called })
                }
                (_, None) => (None, Answer::Called),
            };
            let place = of.and_then(|of| recorded.binary_search_by_key(&of.order(), Call::order).ok());
            let first = place.and_then(|place| replays.first.get_mut(place));
            match first.filter(|first| answer != Answer::Reused && first.is_none()) {
                Some(first) => {
                    *first = Some((call, answer));
                    before = place;
                }
                None => replays.others.entry(before).or_default().push((call, answer)),
            }
        }
        replays
    }

    fn after(&mut self, recorded: Option<usize>) -> Vec<(Call<'p>, Answer)> {
        self.others.remove(&recorded).unwrap_or_default()
    }
}

impl From<MatchedBy> for Answer {
    fn from(by: MatchedBy) -> Self {
        match by {
            MatchedBy::Recorded(by) if by.reused => Self::Reused,
            MatchedBy::Recorded(by) if by.fallback => Self::Fallback,
            MatchedBy::Recorded(by) if by.other_lane => Self::OtherLane,
            MatchedBy::Recorded(by) if by.equivalent => Self::Equivalent,
            MatchedBy::Recorded(_) => Self::Expected,
            MatchedBy::Given => Self::Given,
            // What matching may know in the future was not recorded either.
            MatchedBy::Called | _ => Self::Called,
        }
    }
}

/// Counts calls by kind, alias and lane.
#[derive(Default)]
struct Numbers<'t>(BTreeMap<(Kind, &'t str, &'t [u32]), usize>);

impl<'t> Numbers<'t> {
    fn next(&mut self, call: Call<'t>) -> usize {
        let next = self.0.entry((call.kind(), call.alias(), call.lane())).or_default();
        let number = *next;
        *next += 1;
        number
    }
}

fn leave_out(call: Call<'_>, _: Option<Call<'_>>) -> Moment {
    let whole = |duration: Duration| Duration::from_micros(micros::of(duration));
    Moment {
        started: whole(call.started()),
        duration: whole(call.duration()),
        failed: call.failed() || !matches!(call.end(), End::Returned(_)),
        arguments: None,
        result: None,
    }
}

fn show(call: Call<'_>, recorded: Option<Call<'_>>) -> Moment {
    let same_arguments =
        recorded.is_some_and(|recorded| same(&recorded.argument_bytes(), &call.argument_bytes()));
    let same_result = recorded.is_some_and(|recorded| ended_alike(recorded, call));
    Moment {
        arguments: (!same_arguments && call.kind() != Kind::Data).then(|| arguments(call)),
        result: (!same_result).then(|| result(call)),
        ..leave_out(call, None)
    }
}

/// Whether two calls ended in the same way, with the same result if they returned.
fn ended_alike(one: Call<'_>, other: Call<'_>) -> bool {
    match (one.end(), other.end()) {
        (End::Returned(_), End::Returned(_)) => same(&one.result_bytes(), &other.result_bytes()),
        (one, other) => one == other,
    }
}

fn arguments(call: Call<'_>) -> String {
    if call.argument_length() > LARGE {
        return format!("({} bytes)", call.argument_length());
    }
    match call.arguments() {
        Ok(values) => shown(Arguments { names: call.argument_names(), values: &values }, SHOWN),
        Err(error) => shown(error, SHOWN),
    }
}

fn result(call: Call<'_>) -> String {
    match call.end() {
        End::Cancelled => return "was cancelled".to_owned(),
        End::Panicked => return "panicked".to_owned(),
        End::Returned(_) => {}
    }
    if call.result_length() > LARGE {
        return format!("({} bytes)", call.result_length());
    }
    match call.result() {
        Ok(Some(value)) => shown(value, SHOWN),
        Ok(None) => String::new(),
        Err(error) => shown(error, SHOWN),
    }
}

/// Arguments as a call is written: `(id: 7, 3)`.
struct Arguments<'a> {
    names: &'a [Arc<str>],
    values: &'a Value,
}

impl fmt::Display for Arguments<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = match self.values {
            Value::Unit => &[],
            Value::Seq(values) => values.as_slice(),
            other => std::slice::from_ref(other),
        };
        f.write_str("(")?;
        for (at, value) in values.iter().enumerate() {
            if at > 0 {
                f.write_str(", ")?;
            }
            if let Some(name) = self.names.get(at).filter(|name| !name.is_empty()) {
                write!(f, "{name}: ")?;
            }
            write!(f, "{value}")?;
        }
        f.write_str(")")
    }
}

/// Durations as whole microseconds.
mod micros {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn of(duration: Duration) -> u64 {
        u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
    }

    pub(super) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(of(*duration))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_micros)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_replay_in_step_is_the_same_by_its_answers() {
        let run = |more: bool| {
            playback_core::operation("Run").run(|| {
                for at in [3, 1, 3] {
                    let read = playback_core::input("read").args(&(at,)).call_when_missing();
                    let read: u64 = read.run(|| at * 10);
                    playback_core::record_data("data", &at);
                    playback_core::output("sent").args(&(read,)).run(|| ());
                }
                if more {
                    let read: u64 = playback_core::input("read").args(&(1,)).run(|| 10);
                    playback_core::output("sent").args(&(read,)).answer_when_unrecorded(|| ()).run(|| ());
                }
                more
            })
        };
        let recording = playback_testkit::record_blocking(|| assert!(!run(false))).recording();
        let replayed = |more| playback_core::replay_blocking(&recording, |_| Ok(run(more))).unwrap();
        let steps = |pairs: Vec<Pair<'_>>| pairs.into_iter().map(|pair| pair.step(show)).collect::<Vec<_>>();
        let playback = replayed(false);
        let in_step = steps(in_step(&playback).unwrap());
        assert_eq!((in_step.len(), &in_step), (10, &steps(by_answers(&playback))));
        assert!(super::in_step(&replayed(true)).is_none());
    }

    #[test]
    fn calls_that_are_not_kept_are_not_shown() {
        let recording = playback_testkit::record_blocking(|| {
            playback_core::operation("Run").run(|| {
                for at in 0..50 {
                    playback_core::record_data("data", &at);
                }
            });
        })
        .recording();
        let mut numbers = Numbers::default();
        let pairs = recording
            .tape()
            .calls()
            .map(|call| Pair { recorded: Some(call), ..Pair::new(call, &mut numbers, Answer::NotReplayed) });
        let times = Cell::new(0);
        let timeline = Timeline::kept(pairs.collect(), 10, |call, recorded| {
            times.set(times.get() + 1);
            show(call, recorded)
        });
        assert_eq!((timeline.steps.len(), timeline.omitted, times.get()), (10, 41, 10));
    }
}
