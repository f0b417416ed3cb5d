//! Rules of many calls at once.

use futures::future::{join, join_all};
use playback_cassette::{Cassette, Query};
use playback_core::Recording;

use super::broken::{Broken, Outcome, delete, ensure, find, ids, load, loads_as, save, save_all, well};
use super::sample::{Sample, noise, noon, with_bytes};
use super::{OnOne, Rule, rules};

pub(super) const RULES: [Rule<OnOne>; 4] = rules![on one:
    "many saves and loads at once do not mix" => many_at_once,
    "of two writers of one id, one wins, whole" => two_writers,
    "what is found while others save is whole" => found_is_whole,
    "saving, deleting and finding at once leaves what it should" => all_at_once,
];

/// So many recordings of one category and time, each with other bytes.
fn recordings(count: u8) -> Result<Vec<Recording>, Broken> {
    let sample = Sample::new();
    let one =
        |number| with_bytes(&sample.id("Checkout", noon())?, noon(), vec![number; 100 * usize::from(number)]);
    (0..count).map(one).collect()
}

async fn many_at_once(cassette: &dyn Cassette) -> Outcome {
    let recordings = recordings(50)?;
    all(recordings.iter().map(|recording| save(cassette, recording))).await?;
    all(recordings.iter().chain(recordings.iter().rev()).map(|recording| loads_as(cassette, recording))).await
}

async fn two_writers(cassette: &dyn Cassette) -> Outcome {
    let id = Sample::new().id("Checkout", noon())?;
    let long = with_bytes(&id, noon(), noise(200_000))?;
    let short = with_bytes(&id, noon(), vec![7])?;
    for _ in 0..5 {
        let (one, other) = join(save(cassette, &long), save(cassette, &short)).await;
        one.and(other)?;
        let loaded = load(cassette, &id).await?;
        ensure(loaded == long || loaded == short, || {
            format!("two writers of {id} left a recording that neither of them wrote: {loaded:?}")
        })?;
        let found = ids(cassette, &Query::new()).await?;
        ensure(found == [id.clone()], || format!("two writers of {id} left {found:?} to be found"))?;
    }
    Ok(())
}

async fn found_is_whole(cassette: &dyn Cassette) -> Outcome {
    let recordings = recordings(30)?;
    let look = async {
        for _ in 0..10 {
            for found in find(cassette, &Query::new()).await? {
                let Some(saved) = recordings.iter().find(|recording| *recording.id() == found.id) else {
                    return Err(Broken(format!("{} is found, and was never saved", found.id)));
                };
                loads_as(cassette, saved).await?;
            }
        }
        Ok(())
    };
    let (saved, looked) = join(save_all(cassette, &recordings), look).await;
    saved.and(looked)
}

async fn all_at_once(cassette: &dyn Cassette) -> Outcome {
    let recordings = recordings(40)?;
    let (gone, stay) = recordings.split_at(20);
    save_all(cassette, gone).await?;
    let delete_them = all(gone.iter().map(|recording| delete(cassette, recording.id())));
    let save_them = all(stay.iter().map(|recording| save(cassette, recording)));
    let look = async { well("finding", find_leniently(cassette).await) };
    let ((deleted, saved), looked) = join(join(delete_them, save_them), look).await;
    deleted.and(saved).and(looked)?;
    let mut found = ids(cassette, &Query::new()).await?;
    found.sort();
    let mut expected: Vec<_> = stay.iter().map(|recording| recording.id().clone()).collect();
    expected.sort();
    super::broken::same("what is left, sorted,", &found, &expected)
}

/// Looks while recordings go: one that is gone between being listed and being read is no error.
async fn find_leniently(cassette: &dyn Cassette) -> Result<(), playback_cassette::Error> {
    use playback_cassette::CassetteExt;
    cassette.find_all(&Query::new()).await.map(|_| ())
}

async fn all(calls: impl Iterator<Item = impl Future<Output = Outcome>>) -> Outcome {
    join_all(calls).await.into_iter().collect()
}
