//! Whatever goes wrong with the store: no recording is half visible, none that was acknowledged is lost, and
//! no reader gets other bytes than were saved.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod faulty;
mod samples;

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;

use faulty::{Fault, Faulty};
use futures::StreamExt;
use futures::future::{Either, join, select};
use playback_cassette::{
    Cassette, CassetteExt, Error, ErrorKind, Found, Query, Recording, RecordingId, TapeRecorder,
};
use playback_cassette_s3::ObjectStoreCassette;
use playback_core::{RecorderExt, operation};
use samples::{id, recording};

/// Larger than what a tape keeps beside its index.
const LENGTH: u64 = 50_000;

/// What is asked of a cassette in which there are recordings 1 and 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    SaveNew,
    Replace,
    Delete,
    Load,
    LoadMetadata,
    Find,
    Categories,
}

const CALLS: [Call; 7] = [
    Call::SaveNew,
    Call::Replace,
    Call::Delete,
    Call::Load,
    Call::LoadMetadata,
    Call::Find,
    Call::Categories,
];

impl Call {
    /// Makes the call. What it reads must be right, however it ends.
    async fn make(self, cassette: &ObjectStoreCassette) -> Result<(), Error> {
        let first = recording(1, 0, LENGTH);
        match self {
            Self::SaveNew => cassette.save(&recording(3, 0, LENGTH)).await,
            Self::Replace => cassette.save(&recording(1, 1, LENGTH)).await,
            Self::Delete => cassette.delete(first.id()).await,
            Self::Load => {
                assert_eq!(cassette.load(first.id()).await?, first);
                Ok(())
            }
            Self::LoadMetadata => {
                assert_eq!(cassette.load_metadata(first.id()).await?, *first.metadata());
                Ok(())
            }
            Self::Find => {
                let found: Vec<Result<Found, Error>> = cassette.find(&Query::new()).collect().await;
                let (found, mut errors): (Vec<_>, Vec<_>) = found.into_iter().partition(Result::is_ok);
                let whole = errors.is_empty();
                let found: Vec<Found> = found.into_iter().map(Result::unwrap).collect();
                for found in &found {
                    let number = if found.id == id(1) { 1 } else { 2 };
                    let expected = recording(number, 0, LENGTH);
                    assert_eq!((&found.id, &found.metadata), (expected.id(), expected.metadata()));
                }
                assert!(!whole || found.len() == 2, "a part of them, and no word of the others");
                errors.pop().map_or(Ok(()), |error| error.map(|_| ()))
            }
            Self::Categories => {
                assert_eq!(cassette.categories().await?, ["orders/eu"]);
                Ok(())
            }
        }
    }

    /// What may be there afterwards, by id: versions, of which one must be found, unless none is among them.
    fn may_leave(self, done: bool) -> BTreeMap<RecordingId, Vec<Option<u64>>> {
        let mut versions =
            BTreeMap::from([(id(1), vec![Some(0)]), (id(2), vec![Some(0)]), (id(3), vec![None])]);
        let (changed, after) = match self {
            Self::SaveNew => (id(3), Some(0)),
            Self::Replace => (id(1), Some(1)),
            Self::Delete => (id(1), None),
            _ => return versions,
        };
        let versions_of_it = versions.get_mut(&changed).unwrap();
        versions_of_it.push(after);
        if done {
            versions_of_it.remove(0);
        }
        versions
    }
}

/// Checks what is visible against what may be.
async fn check(cassette: &ObjectStoreCassette, may_be: &BTreeMap<RecordingId, Vec<Option<u64>>>, case: &str) {
    let found = cassette.find_all(&Query::new()).await.unwrap();
    for (number, (id, versions)) in (1..).zip(may_be) {
        let Some(found) = found.iter().find(|found| found.id == *id) else {
            assert!(versions.contains(&None), "{case}: {id} is lost");
            continue;
        };
        let candidates: Vec<Recording> =
            versions.iter().flatten().map(|&version| recording(number, version, LENGTH)).collect();
        let loaded = cassette.load(id).await.unwrap_or_else(|error| panic!("{case}: {}", error.chain()));
        assert!(candidates.contains(&loaded), "{case}: {id} is none that was saved");
        assert!(candidates.iter().any(|one| *one.metadata() == found.metadata), "{case}: {found:?}");
    }
    assert!(found.iter().all(|found| may_be.contains_key(&found.id)), "{case}: {found:?}");
}

#[tokio::test]
async fn no_fault_at_any_request_of_any_call_loses_or_shows_half_of_a_recording() {
    let mut fired = 0;
    for (fault, call) in Fault::ALL.into_iter().flat_map(|fault| CALLS.map(|call| (fault, call))) {
        for after in 0.. {
            let case = format!("{call:?}, whose request {after} {fault:?}");
            let store = Faulty::new();
            let cassette = ObjectStoreCassette::new(Arc::new(store.clone())).read_only(false);
            for number in [1, 2] {
                cassette.save(&recording(number, 0, LENGTH)).await.unwrap();
            }
            store.arm(after, fault);
            let outcome = match select(pin!(call.make(&cassette)), pin!(store.hangs())).await {
                Either::Left((outcome, _)) => Some(outcome),
                Either::Right(_) => None, // It was given up.
            };
            if !store.disarm() {
                outcome.unwrap().unwrap();
                break;
            }
            fired += 1;
            if let Some(Err(error)) = &outcome {
                // C9: what fails is not what is not there.
                assert_ne!(error.kind(), ErrorKind::NotFound, "{case}: {}", error.chain());
                if fault == Fault::Refuses {
                    assert_eq!(error.kind(), ErrorKind::Refused, "{case}: {}", error.chain());
                }
            }
            check(&cassette, &call.may_leave(matches!(outcome, Some(Ok(())))), &case).await;
            // Trying again is all it takes.
            let again = call.make(&cassette).await;
            if !matches!(call, Call::Load | Call::LoadMetadata | Call::Find | Call::Categories) {
                again.unwrap_or_else(|error| panic!("{case}, again: {}", error.chain()));
                check(&cassette, &call.may_leave(true), &case).await;
            }
        }
    }
    assert!(fired >= 100, "{fired} requests went wrong");
}

/// So large that a tape is sent in parts.
const IN_PARTS: u64 = 17 << 20;

#[tokio::test]
async fn no_fault_at_any_part_of_a_large_tape_loses_or_shows_half_of_a_recording() {
    // C14
    let (old, new) = (recording(1, 0, 1_000), recording(1, 1, IN_PARTS));
    let mut fired = 0;
    for fault in Fault::ALL {
        for after in 0.. {
            let case = format!("request {after} of a save in parts {fault:?}");
            let store = Faulty::new();
            let cassette = ObjectStoreCassette::new(Arc::new(store.clone())).read_only(false);
            cassette.save(&old).await.unwrap();
            store.arm(after, fault);
            let outcome = match select(cassette.save(&new), pin!(store.hangs())).await {
                Either::Left((outcome, _)) => Some(outcome),
                Either::Right(_) => None, // It was given up.
            };
            if !store.disarm() {
                outcome.unwrap().unwrap();
                assert!(cassette.load(new.id()).await.unwrap() == new, "{case}");
                break;
            }
            fired += 1;
            // Those that said no were told to forget the parts, and what was there is still there.
            let sent_parts = (1..=5).contains(&after);
            assert!(!sent_parts || outcome.is_none() || store.aborted() == 1, "{case}");
            assert_eq!(cassette.find_all(&Query::new()).await.unwrap().len(), 1, "{case}");
            let loaded = cassette.load(new.id()).await.unwrap();
            assert!(loaded == old || loaded == new, "{case}");
            cassette.save(&new).await.unwrap();
            assert!(cassette.load(new.id()).await.unwrap() == new, "{case}, again");
        }
    }
    // To begin, four parts, to complete, and the metadata.
    assert_eq!(fired, 7 * Fault::ALL.len());
}

#[tokio::test]
async fn many_large_tapes_saved_at_once_take_no_more_memory_than_a_few() {
    // C14
    let store = Faulty::new();
    let cassette = ObjectStoreCassette::new(Arc::new(store.clone())).read_only(false);
    // Some are sent in parts, and some whole.
    let length = |number: u64| if number.is_multiple_of(2) { IN_PARTS } else { 9 << 20 };
    let recordings: Vec<_> = (0..16).map(|number| recording(number, 0, length(number))).collect();
    let clones: Vec<_> = recordings.iter().map(|_| cassette.clone()).collect();
    let saves = recordings.iter().zip(&clones).map(|(recording, cassette)| cassette.save(recording));
    futures::future::try_join_all(saves).await.unwrap();
    let most = store.most_on_their_way();
    assert!((33 << 20..49 << 20).contains(&most), "{most} bytes");
    for recording in &recordings {
        assert!(cassette.load(recording.id()).await.unwrap() == *recording);
    }
}

#[tokio::test]
async fn what_is_cut_short_is_an_error_that_says_so() {
    let store = Faulty::new();
    let cassette = ObjectStoreCassette::new(Arc::new(store.clone())).read_only(false);
    cassette.save(&recording(1, 0, LENGTH)).await.unwrap();
    store.arm(0, Fault::EndsEarly);
    let error = cassette.load(&id(1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.to_string().contains("is truncated after "), "{error}");
    store.arm(0, Fault::EndsEarly);
    let error = cassette.load_metadata(&id(1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
}

#[tokio::test]
async fn a_store_that_is_down_at_the_start_is_used_once_it_is_back() {
    let store = Faulty::new();
    store.set_down(true);
    let cassette = ObjectStoreCassette::new(Arc::new(store.clone())).read_only(false);
    let recorder = TapeRecorder::new(cassette.clone());
    let record = |result: u64| recorder.scope_blocking(|| operation("orders/eu").run(|| result));
    assert_eq!(record(1), 1, "the service does not notice");
    assert_eq!(recorder.flush().await.unwrap_err().failed, 1);
    assert!(cassette.find_all(&Query::new()).await.is_err());
    assert!(cassette.categories().await.is_err());

    store.set_down(false);
    assert!(cassette.find_all(&Query::new()).await.unwrap().is_empty(), "nothing of what failed is visible");
    assert_eq!(record(2), 2);
    recorder.flush().await.unwrap();
    assert_eq!(cassette.find_all(&Query::new()).await.unwrap().len(), 1);
    assert_eq!((recorder.stats().saved, recorder.stats().failed), (1, 1));
}

#[tokio::test]
async fn a_slow_answer_holds_up_no_one_else_and_counts_when_it_comes() {
    // The tape, then the metadata.
    for after in [0, 1] {
        let store = Faulty::new();
        let cassette = ObjectStoreCassette::new(Arc::new(store.clone())).read_only(false);
        let (slow, other) = (recording(1, 0, LENGTH), recording(2, 0, LENGTH));
        store.arm(after, Fault::IsSlow);
        let mut saving = cassette.save(&slow);
        if let Either::Left((saved, _)) = select(&mut saving, pin!(store.hangs())).await {
            panic!("it was slow, and is {saved:?}");
        }
        cassette.save(&other).await.unwrap();
        assert_eq!(cassette.load(other.id()).await.unwrap(), other);
        let found = cassette.find_all(&Query::new()).await.unwrap();
        assert_eq!(found.iter().map(|found| &found.id).collect::<Vec<_>>(), [other.id()]);

        store.go_on();
        saving.await.unwrap();
        assert_eq!(cassette.load(slow.id()).await.unwrap(), slow);
        assert_eq!(cassette.find_all(&Query::new()).await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn two_writers_of_one_id_leave_one_recording_whichever_of_them_fails() {
    for fault in Fault::ALL {
        for after in 0..4 {
            let store = Faulty::new();
            let cassette = ObjectStoreCassette::new(Arc::new(store.clone())).read_only(false);
            let versions = [recording(1, 0, LENGTH), recording(1, 1, LENGTH)];
            store.arm(after, fault);
            let both = join(cassette.save(&versions[0]), cassette.save(&versions[1]));
            let outcome = match select(pin!(both), pin!(store.hangs())).await {
                Either::Left((outcome, _)) => Some(outcome),
                Either::Right(_) => None,
            };
            assert!(store.disarm());
            let case = format!("request {after} {fault:?}: {outcome:?}");
            let acknowledged = matches!(&outcome, Some((one, other)) if one.is_ok() || other.is_ok());
            let found = cassette.find_all(&Query::new()).await.unwrap();
            assert!(found.len() == 1 || (!acknowledged && found.is_empty()), "{case}: {found:?}");
            for found in found {
                let loaded = cassette.load(&found.id).await.unwrap_or_else(|error| panic!("{case}: {error}"));
                assert!(versions.contains(&loaded), "{case}");
            }
        }
    }
}
