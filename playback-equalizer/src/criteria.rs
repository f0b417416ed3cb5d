//! What is compared, and how.

use std::fmt;
use std::sync::Arc;

use playback_core::{Call, End, Playback, Recording, Tape, Value};
use serde::Serialize;

use crate::guard::guarded;
use crate::same::same_outputs;
use crate::{Comparator, Error, Extracted, Extractor, Rules, Sides, Status, Structural, Verdict, extract};

type DataExtractor = dyn Fn(&Recording) -> Result<Value, Error> + Send + Sync;

/// What of a run is compared, and how. By default [everything](extract::everything) that went out,
/// [structurally](Structural).
///
/// ```
/// use playback_equalizer::{Criteria, Structural, extract};
///
/// let only_the_result = Criteria::new().extractor(extract::result()).comparator(Structural::new().most(10));
/// # let _ = only_the_result;
/// ```
#[derive(Clone)]
pub struct Criteria {
    extractor: Arc<dyn Extractor>,
    comparator: Arc<dyn Comparator>,
    data: Option<Arc<DataExtractor>>,
    rules: Rules,
}

impl Criteria {
    /// Everything, structurally.
    #[must_use]
    pub fn new() -> Self {
        Self {
            extractor: Arc::new(extract::everything()),
            comparator: Arc::new(Structural::new()),
            data: None,
            rules: Rules::new(),
        }
    }

    /// Takes what is compared from both runs.
    #[must_use]
    pub fn extractor(mut self, extractor: impl Extractor + 'static) -> Self {
        self.extractor = Arc::new(extractor);
        self
    }

    /// Compares what was extracted.
    #[must_use]
    pub fn comparator(mut self, comparator: impl Comparator + 'static) -> Self {
        self.comparator = Arc::new(comparator);
        self
    }

    /// Adds rules that say what does not matter. What they are good for is counted in those that are given, so keep a
    /// clone of them to ask.
    ///
    /// The comparator [`Structural`] goes by them; one of your own finds them in [`Sides::rules`].
    #[must_use]
    pub fn rules(mut self, rules: &Rules) -> Self {
        self.rules = self.rules.and(rules);
        self
    }

    /// All rules that were added.
    #[must_use]
    pub fn all_rules(&self) -> &Rules {
        &self.rules
    }

    /// Takes from the recording what else the comparator is to know, such as a tolerance that was asked for.
    #[must_use]
    pub fn comparison_data<D, E>(
        mut self,
        data: impl Fn(&Recording) -> Result<D, E> + Send + Sync + 'static,
    ) -> Self
    where
        D: Serialize,
        E: Into<Error>,
    {
        self.data = Some(Arc::new(move |recording| Ok(Value::of(&data(recording).map_err(Into::into)?)?)));
        self
    }

    /// How a replay compares with its recording. What fails or panics on the way makes an
    /// [`EqualizerFailure`](crate::Status::EqualizerFailure) that says so.
    #[must_use]
    pub fn judge(&self, playback: &Playback) -> Verdict {
        guarded(|| self.compare(playback))
            .unwrap_or_else(|panic| Err(format!("comparing panicked: {panic}").into()))
            .unwrap_or_else(Verdict::failure)
    }

    /// What is compared of one run.
    pub(crate) fn extract(&self, tape: &Tape) -> Result<Extracted, Error> {
        guarded(|| self.extractor.extract(tape))
            .unwrap_or_else(|panic| Err(format!("extracting panicked: {panic}").into()))
    }

    fn compare(&self, playback: &Playback) -> Result<Verdict, Error> {
        if self.finds_the_same(playback) {
            if self.rules.is_looked_for() {
                let category = playback.recording().id().category();
                self.extractor.extract(playback.replayed())?.look_for(&self.rules, Some(category));
            }
            return Ok(Verdict::new(Status::Equal));
        }
        let extract = |side, tape| {
            self.extractor
                .extract(tape)
                .map_err(|error| format!("extracting of the {side} run failed: {error}"))
        };
        let recorded = extract("recorded", playback.recorded())?;
        let replayed = extract("replayed", playback.replayed())?;
        let data = match &self.data {
            Some(data) => data(playback.recording())
                .map_err(|error| format!("extracting the comparison data failed: {error}"))?,
            None => Value::Unit,
        };
        Ok(self.comparator.compare(&Sides {
            recorded_failed: failed(playback.recorded()),
            replayed_failed: failed(playback.replayed()),
            data: &data,
            category: Some(playback.recording().id().category()),
            rules: &self.rules,
            ..Sides::new(&recorded, &replayed)
        }))
    }

    /// Whether there is nothing to compare: most replays send what was recorded to the byte, and need not be decoded.
    fn finds_the_same(&self, playback: &Playback) -> bool {
        let (recorded, replayed) = (playback.recorded(), playback.replayed());
        self.data.is_none()
            && self.extractor.takes_what_went_out()
            && self.comparator.takes_same_for_equal()
            && same_outputs(recorded, replayed)
            && failed(recorded) == failed(replayed)
    }
}

impl Default for Criteria {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Criteria {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Criteria").finish_non_exhaustive()
    }
}

/// Whether the operation of a run returned an `Err` or panicked.
pub(crate) fn failed(tape: &Tape) -> bool {
    let failed = |operation: Call<'_>| operation.failed() || *operation.end() == End::Panicked;
    tape.operation().is_some_and(failed)
}
