//! `bench`: how long an operation takes on one recording, time after time.

use std::io::Write;
use std::num::NonZeroUsize;
use std::time::Duration;

use playback_equalizer::{Run, Tuner};
use serde_json::json;

use super::columns::{Columns, Side};
use super::failure::{Exit, Stop};
use super::replay::tuning;
use super::screen::{BOLD, Screen, painted};
use super::store::StoreArgs;
use super::words::{self, harmless, harmless_json};

/// Replays one recording time after time, and says how long the operation takes
///
/// One after another, in the foreground. Inputs are answered at once, so what is measured is the operation's code and
/// its interceptions; own code is without these. Build with --release to know what production would see.
#[derive(Debug, clap::Args)]
pub(crate) struct Bench {
    /// The recording: its id, any end of it that only it has, `@last`, or a file
    #[arg(value_name = "ID")]
    id: String,

    /// How many replays are measured
    #[arg(long, value_name = "COUNT", default_value = "100")]
    runs: NonZeroUsize,

    /// How many replays go before those that are measured
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    warm_up: usize,

    /// As JSON, in nanoseconds
    #[arg(long)]
    json: bool,
}

impl Bench {
    pub(crate) async fn run(
        self,
        store: &StoreArgs,
        tuner: &dyn Tuner,
        screen: &mut Screen,
    ) -> Result<Exit, Stop> {
        let recording = store.load(&self.id).await?;
        let tuning = tuning(tuner, &recording)?;
        playback_core::refuse_escapes();
        let (mut durations, mut own) = (Vec::new(), Vec::new());
        for number in 0..self.warm_up.saturating_add(self.runs.get()) {
            let playback = tuning.play(recording.clone()).await.map_err(|error| {
                Stop::new(format!("replay {} of {} failed: {error}", number + 1, recording.id()))
            })?;
            if number >= self.warm_up {
                let run = Run::replayed(&playback);
                durations.push(run.duration);
                own.push(run.own);
            }
        }
        durations.sort();
        own.sort();
        let recorded = Run::recorded(&recording);
        if self.json {
            let summary = |sorted: &[Duration]| {
                let [min, median, max] = spread(sorted).map(nanoseconds);
                json!({ "min": min, "median": median, "max": max })
            };
            let recorded =
                json!({ "duration": nanoseconds(recorded.duration), "own": nanoseconds(recorded.own) });
            let json = json!({
                "id": recording.id().to_string(), "runs": self.runs, "recorded": recorded,
                "duration": summary(&durations), "own": summary(&own),
            });
            writeln!(screen, "{}", harmless_json(&json.to_string()))?;
            return Ok(Exit::Done);
        }
        writeln!(screen, "{}", painted(harmless(&recording.id().to_string()), BOLD))?;
        let mut columns = Columns::new([
            ("", Side::Left),
            ("recorded", Side::Right),
            ("min", Side::Right),
            ("median", Side::Right),
            ("max", Side::Right),
        ]);
        for (what, recorded, sorted) in
            [("operation", recorded.duration, &durations), ("own code", recorded.own, &own)]
        {
            let [min, median, max] = spread(sorted).map(|time| words::duration(time).into());
            columns.row([what.into(), words::duration(recorded).into(), min, median, max]);
        }
        columns.write(screen)?;
        Ok(Exit::Done)
    }
}

/// The least, the median and the most of a sorted list: of an even number, the median is the lower one of the two.
fn spread(sorted: &[Duration]) -> [Duration; 3] {
    let middle = sorted.len().saturating_sub(1) / 2;
    [sorted.first(), sorted.get(middle), sorted.last()].map(|time| time.copied().unwrap_or_default())
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
