//! The comparator that compares everything.

use playback_core::value::Path;

use crate::comparator::{Comparator, Sides};
use crate::diff::{Diff, Found, Reading, compare};
use crate::pairs::{Pair, pairs};
use crate::{Change, Difference, Status, Verdict};

/// Compares all that was extracted, field by field, but for what [`Sides::rules`] say does not matter. The
/// comparator where no other is given.
///
/// The outputs of an alias are aligned as a list is, so that one that was put before others is one difference. Those
/// of one lane are compared with those of the same lane; what is left over of an alias then finds its like in other
/// lanes, so that an output that was moved to a task of its own is the same output. Where one side failed and the
/// other did not, the verdict is [`Status::Fixed`] or [`Status::Failed`].
///
/// ```
/// # use playback_core::Value;
/// use playback_equalizer::{Comparator, Extracted, Sides, Status, Structural};
///
/// let recorded = Extracted::from(Value::fields_of([("total", Value::from(4_200))]));
/// let replayed = Extracted::from(Value::fields_of([("total", Value::from(3_990))]));
/// let verdict = Structural::new().compare(&Sides::new(&recorded, &replayed));
/// assert_eq!(verdict.status, Status::Different);
/// assert_eq!(verdict.differences[0].to_string(), "~ total: 4200 -> 3990");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Structural {
    most: usize,
}

impl Structural {
    /// Differences that are listed of one comparison, unless [`most`](Self::most) says otherwise.
    pub const DEFAULT_MOST: usize = 100;

    /// A comparator that lists up to [`DEFAULT_MOST`](Self::DEFAULT_MOST) differences.
    #[must_use]
    pub fn new() -> Self {
        Self { most: Self::DEFAULT_MOST }
    }

    /// How many differences are listed of one comparison; more are counted only.
    #[must_use]
    pub fn most(mut self, most: usize) -> Self {
        self.most = most;
        self
    }
}

impl Default for Structural {
    fn default() -> Self {
        Self::new()
    }
}

impl Comparator for Structural {
    fn compare(&self, sides: &Sides<'_>) -> Verdict {
        let found = Found::best(sides.rules, |reading| self.read(sides, reading));
        sides.rules.count(&found.forgave);
        sides.recorded.look_for(sides.rules, sides.category);
        sides.replayed.look_for(sides.rules, sides.category);
        let Diff { differences, omitted } = found.diff;
        let verdict =
            match (sides.recorded_failed, sides.replayed_failed) {
                (true, false) => Verdict::new(Status::Fixed)
                    .with_message("the recorded run failed, and the replay did not"),
                (false, true) => Verdict::new(Status::Failed)
                    .with_message("the replay failed, and the recorded run did not"),
                _ if differences.is_empty() && omitted == 0 => Verdict::new(Status::Equal),
                _ => Verdict::new(Status::Different).with_message(count(differences.len() + omitted)),
            };
        Verdict { omitted, ..verdict.with_differences(differences) }
    }

    fn takes_same_for_equal(&self) -> bool {
        true
    }
}

impl Structural {
    fn read(&self, sides: &Sides<'_>, reading: Reading) -> Found {
        let mut found = Found::default();
        for pair in pairs(sides, reading) {
            let room = self.most.saturating_sub(found.diff.differences.len());
            found.take(pair.differences(sides, room, reading), self.most);
        }
        found
    }
}

impl Pair<'_> {
    fn differences(&self, sides: &Sides<'_>, most: usize, reading: Reading) -> Found {
        let Some(part) = self.replayed.or(self.recorded) else { return Found::default() };
        let lens = part.lens(sides.rules, sides.category);
        let mut found = Found::default();
        match (self.recorded, self.replayed) {
            (Some(recorded), Some(replayed)) => {
                let names = part.argument_names.as_deref();
                found = compare(&recorded.value, &replayed.value, names, &lens, most, reading);
            }
            _ => match (lens.ignores(), self.recorded) {
                (Some(rule), _) => found.forgave(rule),
                (None, Some(recorded)) => {
                    found.add(Change::OutputMissing { recorded: recorded.value.clone() }, most);
                }
                (None, None) => found.add(Change::OutputAdded { replayed: part.value.clone() }, most),
            },
        }
        for difference in &mut found.diff.differences {
            difference.output.clone_from(&part.output);
            let inside = difference.path.segments().iter();
            difference.path = part.path.segments().iter().chain(inside).cloned().collect();
        }
        found
    }
}

impl Found {
    fn add(&mut self, change: Change, most: usize) {
        let one = Diff { differences: vec![Difference::new(Path::root(), change)], omitted: 0 };
        self.take(Self { diff: one, ..Self::default() }, most);
    }
}

fn count(differences: usize) -> String {
    if differences == 1 { "1 difference".to_owned() } else { format!("{differences} differences") }
}
