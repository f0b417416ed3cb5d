//! Making recordings anew of what their replays did.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::path::Path;
use std::time::{Duration, SystemTime};

use futures::executor::block_on;
use playback_cassette::{Cassette, ErrorKind, Fixtures, Recording};
use playback_core::{Value, input, operation, output, record_data};
use playback_equalizer::{Equalizer, Status, Tuning};
use playback_studio::{ACCEPTED_AT, Change, Decision, Review, clear_pending, set_pending};
use playback_testkit::{assert_recorded, record};

/// An operation that changes from version to version: another fee, an input and an output that come and go.
async fn checkout(amount: u64, version: u64) -> Result<u64, String> {
    let body = async move {
        record_data("version", &version);
        let discount: u64 = input("discount").args(&(amount,)).run_async(async { 5 }).await;
        if version == 1 {
            let _: u64 = input("old").args(&()).run_async(async { 1 }).await;
            output("log").args(&("old",)).run_async(async {}).await;
        }
        output("store")
            .argument_names(&["total"])
            .args(&(amount - discount + version,))
            .run_async(async {})
            .await;
        if version == 2 {
            let rate = input("rate").args(&()).call_when_missing().run_async(async { 4_u64 }).await;
            let mail = output("mail").args(&(rate,)).answer_when_unrecorded(|| "sent".to_owned());
            let _: String = mail.run_async(async { panic!("sent for real") }).await;
        }
        if version == 3 { Err("no more".to_owned()) } else { Ok(version) }
    };
    operation("Checkout").argument_names(&["amount"]).args(&(amount,)).run_async(body).await
}

fn tuning(version: u64) -> Tuning {
    Tuning::of(move |(amount,)| checkout(amount, version))
}

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

fn fixtures(directory: &Path, amounts: &[u64]) -> (Fixtures, Vec<Recording>) {
    let fixtures = Fixtures::writable(directory).unwrap();
    let record_all = async {
        for amount in amounts {
            checkout(*amount, 1).await.unwrap();
        }
    };
    let recordings = block_on(record(record_all)).recordings;
    for (recording, amount) in recordings.iter().zip(amounts) {
        fixtures.keep(recording, &format!("of {amount}")).unwrap();
    }
    (fixtures, recordings)
}

fn change(fixtures: &Fixtures, recording: &Recording, version: u64) -> Change {
    block_on(Change::propose(fixtures, recording.id(), &tuning(version), now())).unwrap().unwrap()
}

#[test]
fn an_accepted_recording_replays_equally_and_has_what_went_out_of_the_replay() {
    let directory = tempfile::tempdir().unwrap();
    let (fixtures, recordings) = fixtures(directory.path(), &[100]);
    for version in [2, 3] {
        let change = change(&fixtures, &recordings[0], version);
        let again = block_on(Equalizer::new(tuning(version)).compare(change.accepted.clone()));
        assert_eq!(again.status(), Status::Equal, "{again}");
        assert_eq!(change.accepted.id(), recordings[0].id());
        assert_eq!(change.accepted.metadata().failed, version == 3);
        assert_eq!(change.accepted.metadata().fields[ACCEPTED_AT].to_string(), "\"2027-01-15T08:00:00Z\"");
        let run = assert_recorded(&change.accepted).never_output("log");
        run.output("store").times(1).with_arguments(&(95 + version,));
        // What came in is kept, read or not.
        run.input("old").times(1).returned(&1);
        run.input("discount").times(1).returned(&5);
        if version == 2 {
            run.output("mail").with_arguments(&(4,)).returned(&"sent");
            run.input("rate").returned(&4);
        }
        let operation = |recording: &Recording| recording.tape().operation().unwrap().duration();
        assert_eq!(operation(&change.accepted), operation(&recordings[0]));
        assert_eq!(
            change.accepted.tape().calls().filter(|call| call.alias() == "version").count(),
            1,
            "data is the replay's"
        );
    }
}

#[test]
fn a_change_shows_the_differences_and_the_lines_that_change() {
    let directory = tempfile::tempdir().unwrap();
    let (fixtures, recordings) = fixtures(directory.path(), &[100]);
    let change = change(&fixtures, &recordings[0], 3);
    assert!(change.to_string().contains("total: 96 -> 98"), "{change}");
    let lines = change.lines().unwrap();
    assert!(lines.contains("\n-  total: 96\n+  total: 98\n"), "{lines}");
    assert!(lines.contains("\n+failed\n+field accepted_at = \"2027-01-15T08:00:00Z\"\n"), "{lines}");
    assert!(
        !lines.contains("took")
            || lines.lines().filter(|line| line.contains("took")).all(|line| !line.starts_with('+')),
        "{lines}"
    );
}

#[test]
fn what_is_equal_changes_nothing_and_what_cannot_be_replayed_cannot_be_accepted() {
    let directory = tempfile::tempdir().unwrap();
    let (fixtures, recordings) = fixtures(directory.path(), &[100]);
    let proposed = block_on(Change::propose(&fixtures, recordings[0].id(), &tuning(1), now())).unwrap();
    assert!(proposed.is_none());
    let other_input = Tuning::of(|(amount,): (u64,)| async move {
        operation("Checkout")
            .args(&(amount,))
            .run_async(async { input("unknown").args(&()).run_async(async { 1_u64 }).await })
            .await
    });
    let refused = block_on(Change::propose(&fixtures, recordings[0].id(), &other_input, now())).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Invalid);
    assert!(
        refused.to_string().contains("unknown") && refused.to_string().contains("record it anew"),
        "{refused}"
    );
}

#[test]
fn a_replay_that_could_not_be_compared_is_not_accepted() {
    let directory = tempfile::tempdir().unwrap();
    let (fixtures, recordings) = fixtures(directory.path(), &[100]);
    let broken = tuning(2).comparator(|_: &Value, _: &Value| Status::EqualizerFailure);
    let refused = block_on(Change::propose(&fixtures, recordings[0].id(), &broken, now())).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Invalid);
    assert!(refused.to_string().contains("there is no replay to accept"), "{refused}");
}

#[test]
fn pending_changes_are_accepted_rejected_and_skipped_one_by_one() {
    let directory = tempfile::tempdir().unwrap();
    let (fixtures, recordings) = fixtures(directory.path(), &[100, 200, 300]);
    for recording in &recordings {
        let file = set_pending(&fixtures, &change(&fixtures, recording, 2)).unwrap();
        assert!(file.to_str().unwrap().ends_with("00.tape.txt.pending"));
    }
    // Pending files are no recordings.
    assert_eq!(block_on(Fixtures::open(directory.path()).unwrap().categories()).unwrap().len(), 1);
    let review = Review::open(directory.path()).unwrap();
    let names: Vec<&str> = review.pending().iter().map(|pending| pending.name.as_str()).collect();
    assert_eq!(names, ["of 100.tape.txt", "of 200.tape.txt", "of 300.tape.txt"]);
    let mut decisions = [Decision::Accept, Decision::Reject, Decision::Skip].into_iter();
    let reviewed = review.each(|_| decisions.next().unwrap()).unwrap();
    let id = |at: usize| vec![recordings[at].id().clone()];
    assert_eq!((reviewed.accepted, reviewed.rejected, reviewed.skipped), (id(0), id(1), id(2)));

    let reopened = Fixtures::open(directory.path()).unwrap();
    let load = |at: usize| block_on(reopened.load(recordings[at].id())).unwrap();
    assert_recorded(&load(0)).returned(&Ok::<_, ()>(2));
    assert_recorded(&load(1)).returned(&Ok::<_, ()>(1));
    assert_eq!(reopened.path_of(recordings[0].id()), fixtures.path_of(recordings[0].id()));
    let left = Review::open(directory.path()).unwrap();
    assert_eq!(left.pending().len(), 1);
    clear_pending(&fixtures, recordings[2].id()).unwrap();
    assert!(Review::open(directory.path()).unwrap().pending().is_empty());
}

#[test]
fn all_can_be_decided_at_once_in_the_middle() {
    let directory = tempfile::tempdir().unwrap();
    let (fixtures, recordings) = fixtures(directory.path(), &[100, 200, 300]);
    for (decision, left) in [(Decision::SkipAll, 3), (Decision::RejectAll, 1), (Decision::AcceptAll, 0)] {
        for recording in &recordings {
            if left != 0 {
                set_pending(&fixtures, &change(&fixtures, recording, 2)).unwrap();
            }
        }
        let mut asked = 0;
        let first = if left == 1 { Decision::Skip } else { decision };
        let ask = |_: &playback_studio::Pending| {
            asked += 1;
            if asked == 1 { first } else { decision }
        };
        Review::open(directory.path()).unwrap().each(ask).unwrap();
        assert_eq!(asked, if left == 1 { 2 } else { 1 }, "{decision:?}");
        assert_eq!(Review::open(directory.path()).unwrap().pending().len(), left, "{decision:?}");
    }
}

#[test]
fn a_change_of_a_recording_that_is_gone_brings_it_back() {
    let directory = tempfile::tempdir().unwrap();
    let (fixtures, recordings) = fixtures(directory.path(), &[100]);
    set_pending(&fixtures, &change(&fixtures, &recordings[0], 2)).unwrap();
    block_on(fixtures.delete(recordings[0].id())).unwrap();
    let review = Review::open(directory.path()).unwrap();
    assert!(review.pending()[0].recorded.is_none());
    assert!(review.pending()[0].lines().unwrap().starts_with("playback recording 1"));
    review.each(|_| Decision::Accept).unwrap();
    assert!(directory.path().join("of 100.tape.txt").exists());
}

#[test]
fn a_change_of_a_recording_that_cannot_be_read_does_not_replace_it() {
    let directory = tempfile::tempdir().unwrap();
    let (fixtures, recordings) = fixtures(directory.path(), &[100]);
    set_pending(&fixtures, &change(&fixtures, &recordings[0], 2)).unwrap();
    let file = fixtures.path_of(recordings[0].id()).unwrap();
    let misspelt = std::fs::read_to_string(&file).unwrap().replacen("playback recording", "recording", 1);
    std::fs::write(&file, &misspelt).unwrap();
    let review = Review::open(directory.path()).unwrap();
    assert!(review.pending()[0].recorded.is_none());
    let refused = review.each(|_| Decision::Accept).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Invalid);
    assert!(refused.to_string().contains("mend or delete it first"), "{refused}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), misspelt);

    // Once it is out of the way, the change takes its place.
    std::fs::remove_file(&file).unwrap();
    review.each(|_| Decision::Accept).unwrap();
    assert!(file.exists());
}

#[test]
fn a_pending_change_of_a_recording_that_was_edited_since_is_not_accepted() {
    let directory = tempfile::tempdir().unwrap();
    let (fixtures, recordings) = fixtures(directory.path(), &[100]);
    set_pending(&fixtures, &change(&fixtures, &recordings[0], 2)).unwrap();
    assert!(!Review::open(directory.path()).unwrap().pending()[0].is_stale());
    let file = fixtures.path_of(recordings[0].id()).unwrap();
    let written = std::fs::read_to_string(&file).unwrap();
    // A comment is no edit of the recording.
    std::fs::write(&file, format!("{written}# seen\n")).unwrap();
    assert!(!Review::open(directory.path()).unwrap().pending()[0].is_stale());

    let edited = written.replace("total: 96", "total: 1");
    assert_ne!(edited, written);
    std::fs::write(&file, &edited).unwrap();
    let review = Review::open(directory.path()).unwrap();
    assert!(review.pending()[0].is_stale());
    let refused = review.each(|_| Decision::AcceptAll).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Invalid);
    assert_eq!(
        refused.to_string(),
        "of 100.tape.txt was changed after the change that is pending was made of it, and accepting that would undo \
         it; replay it again with PLAYBACK_ACCEPT=pending, or reject what is pending"
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), edited);
    assert_eq!(Review::open(directory.path()).unwrap().pending().len(), 1);

    // Nor is one that is edited while it is looked at.
    set_pending(&fixtures, &change(&fixtures, &recordings[0], 2)).unwrap();
    let review = Review::open(directory.path()).unwrap();
    assert!(!review.pending()[0].is_stale());
    std::fs::write(&file, &written).unwrap();
    assert_eq!(review.each(|_| Decision::Accept).unwrap_err().kind(), ErrorKind::Invalid);

    // Made of what is there now, it is accepted.
    set_pending(&fixtures, &change(&fixtures, &recordings[0], 2)).unwrap();
    let reviewed = Review::open(directory.path()).unwrap().each(|_| Decision::Accept).unwrap();
    assert_eq!(reviewed.accepted, [recordings[0].id().clone()]);
}
