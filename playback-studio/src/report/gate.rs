//! What a run fails on.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use playback_equalizer::{Risk, Slowdown, Status};

use super::RecordingReport;

/// How many times as slow replays may be where a slowdown fails and nothing else is said.
const DEFAULT_SLOWDOWN: f64 = 1.5;

/// What a run fails on; by default on all that is not equal, and on having compared nothing.
///
/// In code, one begins with the default and accepts some of it. As text, for a command line, one lists what to
/// fail on: `any` is the default, a `-` takes an item away again (a list that begins with one takes it from the
/// default), and `equalizer-failure>5%` fails once more than
/// that share of the recordings could not be compared; `slowdown>1.5` fails if the own code of a category's
/// operations takes more than that many times as long as it did, beyond chance, and at least a millisecond longer,
/// and `slowdown>1.5+20ms` if it takes at least so much longer.
///
/// ```
/// use playback_studio::{Gate, Risk};
///
/// let gate = Gate::default().accept(Risk::FieldAdded).accept_fixed();
/// assert_eq!(gate, "any,-field-added,-fixed".parse()?);
/// assert_eq!(gate, "-field-added,-fixed".parse()?);
///
/// let strict: Gate = "failed,output-missing,equalizer-failure>1%".parse()?;
/// assert_eq!(strict.to_string(), "output-missing,failed,equalizer-failure>1%");
/// # Ok::<(), playback_studio::UnknownFinding>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    items: BTreeSet<Item>,
    /// The share of recordings that may fail to be compared, in percent.
    failures: f64,
    /// How many times as slow the replays of a category may be.
    slowdown: f64,
    /// Slowdowns by less than this pass.
    floor: Duration,
}

/// What a run can fail on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Item {
    Risk(Risk),
    /// A difference without a class, as a comparator of one's own finds them, and differences that are not listed.
    Unclassed,
    Fixed,
    Failed,
    EqualizerFailure,
    Nothing,
    UnusedRule,
    Slowdown,
}

impl Item {
    const BESIDE_RISKS: [Self; 7] = [
        Self::Unclassed,
        Self::Fixed,
        Self::Failed,
        Self::EqualizerFailure,
        Self::Nothing,
        Self::UnusedRule,
        Self::Slowdown,
    ];

    fn all() -> impl Iterator<Item = Self> {
        Risk::ALL.into_iter().map(Self::Risk).chain(Self::BESIDE_RISKS)
    }

    /// Whether it is among what a gate fails on unless said otherwise.
    fn is_default(self) -> bool {
        !matches!(self, Self::UnusedRule | Self::Slowdown)
    }

    /// As it is written, with hyphens.
    fn name(self) -> String {
        let words = match self {
            Self::Risk(risk) => risk.as_str(),
            Self::Unclassed => "unclassed",
            Self::Fixed => "fixed",
            Self::Failed => "failed",
            Self::EqualizerFailure => "equalizer-failure",
            Self::Nothing => "nothing",
            Self::UnusedRule => "unused-rule",
            Self::Slowdown => "slowdown",
        };
        words.replace(' ', "-")
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            items: Item::all().filter(|item| item.is_default()).collect(),
            failures: 0.0,
            slowdown: DEFAULT_SLOWDOWN,
            floor: Slowdown::FLOOR,
        }
    }
}

impl Gate {
    /// Lets differences of this class pass.
    #[must_use]
    pub fn accept(self, risk: Risk) -> Self {
        self.without(Item::Risk(risk))
    }

    /// Lets recordings pass that are [`Fixed`](Status::Fixed), with all their differences.
    #[must_use]
    pub fn accept_fixed(self) -> Self {
        self.without(Item::Fixed)
    }

    /// Lets recordings pass that are [`Failed`](Status::Failed), with all their differences.
    #[must_use]
    pub fn accept_failed(self) -> Self {
        self.without(Item::Failed)
    }

    /// Lets differences pass that have no class: those that only a comparator of one's own knows, and those that
    /// are counted and not listed.
    #[must_use]
    pub fn accept_unclassed(self) -> Self {
        self.without(Item::Unclassed)
    }

    /// Lets a run pass of whose recordings up to `percent`, from 0 to 100, could not be compared. What is outside
    /// of that range counts as its end.
    #[must_use]
    pub fn accept_failures(mut self, percent: f64) -> Self {
        self.failures = if percent.is_nan() { 0.0 } else { percent.clamp(0.0, 100.0) };
        self
    }

    /// Lets a run pass that compared nothing, as a shard may.
    #[must_use]
    pub fn accept_nothing(self) -> Self {
        self.without(Item::Nothing)
    }

    /// Fails on a rule that is for no place of any recording.
    #[must_use]
    pub fn fail_on_unused_rules(mut self) -> Self {
        self.items.insert(Item::UnusedRule);
        self
    }

    /// Fails if the replays of a category are more than `threshold` times as slow as what was recorded, beyond
    /// chance, and not only by a [trifle](Self::slowdown_floor); see [`Speed::slowdown`](playback_equalizer::Speed::slowdown). What is no number of at least 0 counts
    /// as 0.
    #[must_use]
    pub fn fail_on_slowdown(mut self, threshold: f64) -> Self {
        self.items.insert(Item::Slowdown);
        self.slowdown = if threshold.is_nan() { 0.0 } else { threshold.max(0.0) };
        self
    }

    /// Lets slowdowns pass that are less than `floor` at the median; [`Slowdown::FLOOR`], unless said otherwise.
    #[must_use]
    pub fn slowdown_floor(mut self, floor: Duration) -> Self {
        self.floor = floor;
        self
    }

    /// How many times as slow the replays of a category may be, and by how much, if that is looked at.
    pub(super) fn slowdown(&self) -> Option<(f64, Duration)> {
        self.fails_on(Item::Slowdown).then_some((self.slowdown, self.floor))
    }

    /// Whether it lets a recording pass. One that is fixed or failed is judged as that, and one that is different
    /// by each of its differences. One that could not be compared does not pass; see
    /// [`accept_failures`](Self::accept_failures).
    #[must_use]
    pub fn passes(&self, recording: &RecordingReport) -> bool {
        match recording.status {
            Status::Equal => true,
            Status::Fixed => !self.fails_on(Item::Fixed),
            Status::Failed => !self.fails_on(Item::Failed),
            Status::EqualizerFailure => !self.fails_on(Item::EqualizerFailure),
            Status::Different => {
                let differences = &recording.differences;
                let unclassed = differences.is_empty() || recording.omitted > 0;
                let classed = differences.iter().all(|difference| self.passes_risk(difference.risk));
                classed && !(unclassed && self.fails_on(Item::Unclassed))
            }
        }
    }

    /// Whether it lets differences of a class pass.
    #[must_use]
    pub fn passes_risk(&self, risk: Risk) -> bool {
        !self.fails_on(Item::Risk(risk))
    }

    /// Whether it lets a run pass of whose recordings so many could not be compared.
    pub(crate) fn passes_failures(&self, failures: usize, total: usize) -> bool {
        let percent = 100.0 * approximate(failures) / approximate(total).max(1.0);
        failures == 0 || !self.fails_on(Item::EqualizerFailure) || percent <= self.failures
    }

    pub(super) fn fails_on(&self, item: Item) -> bool {
        self.items.contains(&item)
    }

    fn without(mut self, item: Item) -> Self {
        self.items.remove(&item);
        self
    }
}

/// A count as a float, off by less than one in four billion.
fn approximate(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

/// The list that it is read from.
impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.items.is_empty() {
            return f.write_str("none");
        }
        let item = |item: &Item| match item {
            Item::EqualizerFailure if self.failures > 0.0 => format!("{}>{}%", item.name(), self.failures),
            Item::Slowdown if self.floor != Slowdown::FLOOR => {
                format!("{}>{}+{:?}", item.name(), self.slowdown, self.floor)
            }
            Item::Slowdown => format!("{}>{}", item.name(), self.slowdown),
            item => item.name(),
        };
        f.write_str(&self.items.iter().map(item).collect::<Vec<_>>().join(","))
    }
}

/// Reads a list of what to fail on, as in `any,-field-added,unused-rule`, or `-field-added,unused-rule` in short.
impl FromStr for Gate {
    type Err = UnknownFinding;

    fn from_str(text: &str) -> Result<Self, UnknownFinding> {
        let mut gate = Self::default();
        // Of nothing, nothing could be taken away: all would pass.
        if !text.trim_start().starts_with('-') {
            gate.items.clear();
        }
        for word in text.split(',').map(str::trim) {
            let (name, is_taken_away) = match word.strip_prefix('-') {
                Some(name) => (name, true),
                None => (word, false),
            };
            let (name, limit) = match name.split_once('>') {
                Some((name, limit)) => (name, Some(limit)),
                None => (name, None),
            };
            let unknown = || UnknownFinding { word: word.to_owned() };
            let named = items(&name.trim().replace('_', "-")).ok_or_else(unknown)?;
            if let Some(limit) = limit {
                let number = |text: &str, most: f64| {
                    text.trim()
                        .parse()
                        .ok()
                        .filter(|number| (0.0..=most).contains(number))
                        .ok_or_else(unknown)
                };
                match named.as_slice() {
                    _ if is_taken_away => return Err(unknown()),
                    [Item::EqualizerFailure] => {
                        gate.failures = number(limit.trim().strip_suffix('%').ok_or_else(unknown)?, 100.0)?;
                    }
                    [Item::Slowdown] => {
                        let (times, floor) = match limit.split_once('+') {
                            Some((times, floor)) => (times, duration(floor.trim()).ok_or_else(unknown)?),
                            None => (limit, Slowdown::FLOOR),
                        };
                        (gate.slowdown, gate.floor) = (number(times, f64::MAX)?, floor);
                    }
                    _ => return Err(unknown()),
                }
            }
            if is_taken_away {
                gate.items.retain(|item| !named.contains(item));
            } else {
                gate.items.extend(named);
            }
        }
        Ok(gate)
    }
}

/// A duration, as `{:?}` writes it: `1.5s`, `20ms`, `5µs`, or `5us`.
fn duration(text: &str) -> Option<Duration> {
    const UNITS: [(&str, f64); 5] = [("ns", 1e-9), ("µs", 1e-6), ("us", 1e-6), ("ms", 1e-3), ("s", 1.0)];
    let (number, seconds) =
        UNITS.into_iter().find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)))?;
    Duration::try_from_secs_f64(number.trim().parse::<f64>().ok()? * seconds).ok()
}

/// The items that a name stands for.
fn items(name: &str) -> Option<Vec<Item>> {
    let is_difference = |item: &Item| matches!(item, Item::Risk(_) | Item::Unclassed);
    match name {
        "any" => Some(Item::all().filter(|item| item.is_default()).collect()),
        "none" => Some(Vec::new()),
        "different" => Some(Item::all().filter(is_difference).collect()),
        name => Item::all().find(|item| item.name() == name).map(|item| vec![item]),
    }
}

/// A word that is nothing that a run can fail on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFinding {
    word: String,
}

impl fmt::Display for UnknownFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<String> = Item::all().map(Item::name).collect();
        write!(
            f,
            "{:?} is nothing that a run can fail on; there are: any, none, different, {}; and \
             `equalizer-failure>5%`, `slowdown>1.5` and `slowdown>1.5+20ms` for less of it, and a `-` before what is not to fail",
            self.word,
            known.join(", ")
        )
    }
}

impl std::error::Error for UnknownFinding {}
