//! `replay`: one recording in the foreground, for a debugger.

use std::io::Write;

use playback_core::{Call, Recording};
use playback_equalizer::{Run, Status, Tuner, Tuning};

use super::failure::{Exit, Stop};
use super::screen::{BAD, BOLD, CHANGED, Screen, painted};
use super::show::{header, title, write_call};
use super::store::StoreArgs;
use super::value;
use super::words::{self, harmless_lines};

/// Replays one recording in the foreground, so that a debugger stops in it, and says what came of it
///
/// The operation runs on the main thread and may take as long as it likes. The exit code is 0 if the replay is equal
/// to what was recorded, 1 if not, and 2 if there is no telling.
#[derive(Debug, clap::Args)]
pub(crate) struct Replay {
    /// The recording: its id, any end of it that only it has, `@last`, or a file
    #[arg(value_name = "ID")]
    id: String,

    /// Shows all calls of the replay with their values
    #[arg(long)]
    calls: bool,
}

impl Replay {
    pub(crate) async fn run(
        self,
        store: &StoreArgs,
        tuner: &dyn Tuner,
        screen: &mut Screen,
    ) -> Result<Exit, Stop> {
        let recording = store.load(&self.id).await?;
        let tuning = tuning(tuner, &recording)?;
        playback_core::refuse_escapes();
        header(&recording, screen)?;
        // What the operation prints stands below.
        screen.flush()?;
        let playback = match tuning.play(recording.clone()).await {
            Ok(playback) => playback,
            Err(error) => {
                writeln!(
                    screen,
                    "\n{}\n{}",
                    painted("the replay failed", BAD),
                    harmless_lines(&error.to_string())
                )?;
                return Ok(Exit::Failed);
            }
        };
        if self.calls {
            let whole = playback.replayed_duration();
            for call in playback.replayed().calls() {
                writeln!(screen)?;
                write_call(&call, Some(whole), value::LINES, screen)?;
            }
        }
        let (recorded, replayed) = (Run::recorded(&recording), Run::replayed(&playback));
        let own =
            |run: Run| format!("{}, own code {}", words::duration(run.duration), words::duration(run.own));
        writeln!(screen, "\n  recorded  {}\n  replayed  {}", own(recorded), own(replayed))?;
        list("recorded inputs that were not read", playback.unread_inputs(), screen)?;
        list("recorded outputs that were not sent", playback.missing_outputs(), screen)?;
        list("outputs that were not recorded", playback.added_outputs(), screen)?;
        for escape in playback.escapes() {
            writeln!(screen, "  {}", painted(harmless_lines(&escape.to_string()), BAD))?;
        }
        let verdict = tuning.judge(&playback);
        let style = match verdict.status {
            Status::Equal => BOLD,
            Status::Fixed | Status::Different => CHANGED,
            Status::Failed | Status::EqualizerFailure => BAD,
        };
        let text = harmless_lines(&verdict.to_string());
        let (first, rest) = text.split_once('\n').map_or((text.as_str(), ""), |(first, rest)| (first, rest));
        writeln!(screen, "\n{}", painted(first, style))?;
        if !rest.is_empty() {
            writeln!(screen, "{rest}")?;
        }
        Ok(match verdict.status {
            Status::EqualizerFailure => Exit::Failed,
            _ if !playback.escapes().is_empty() => Exit::Failed,
            Status::Equal => Exit::Done,
            _ => Exit::Findings,
        })
    }
}

/// How a recording is replayed.
pub(crate) fn tuning(tuner: &dyn Tuner, recording: &Recording) -> Result<Tuning, Stop> {
    let category = recording.id().category();
    Tuning::of_category(tuner, category).map_err(|error| Stop::new(error.to_string()))
}

fn list<'c>(what: &str, calls: impl Iterator<Item = Call<'c>>, screen: &mut Screen) -> Result<(), Stop> {
    let calls: Vec<_> = calls.collect();
    if !calls.is_empty() {
        writeln!(screen, "  {what}:")?;
    }
    for call in calls {
        writeln!(screen, "    {}, call {}", title(&call), call.order())?;
    }
    Ok(())
}
