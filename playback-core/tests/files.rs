//! Files that come in and go out: PARITY rows H4 to H6.
#![cfg(feature = "files")]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::path::Path;

use playback_core::files::{FileContent, FileInput, FileOutput};
use playback_core::{DiscardReason, Recording, ReplayError, input, operation, output, replay_blocking};
use playback_testkit::record_blocking;

/// Downloads a file: what is recorded is the number that the call returns and the file that it leaves.
fn download(path: &Path, root: &Path, live: Option<&[u8]>) -> u64 {
    input("download").args(&(7,)).handler_with(|| FileInput::new(path).within(root).limit_bytes(10)).run(
        || {
            if let Some(content) = live {
                fs::write(path, content).unwrap();
            }
            5
        },
    )
}

fn recorded<R>(body: impl FnOnce() -> R) -> Recording {
    let body = std::cell::Cell::new(Some(body));
    record_blocking(|| operation("Op").run(|| drop(body.take().map(|body| body())))).recording()
}

fn replayed<R>(recording: &Recording, body: impl FnOnce() -> R) -> Result<R, ReplayError> {
    let mut result = None;
    replay_blocking(recording, |_| {
        operation("Op").run(|| result = Some(body()));
        Ok(())
    })?;
    Ok(result.unwrap())
}

const BINARY: &[u8] = b"\0\xff\x1b[31m";

#[test]
fn the_file_that_an_input_leaves_is_written_again_on_replay() {
    // H4
    let (live, replay) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = live.path().join("report");
    let recording = recorded(|| download(&path, live.path(), Some(BINARY)));
    // Elsewhere, in a directory that is not there yet, and over a file that is.
    for _ in 0..2 {
        let path = replay.path().join("deep/er/report");
        assert_eq!(replayed(&recording, || download(&path, replay.path(), None)).unwrap(), 5);
        assert_eq!(fs::read(&path).unwrap(), BINARY);
        let beside: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert_eq!(beside.len(), 1, "nothing is left beside it");
    }
}

#[test]
fn an_input_that_left_no_file_leaves_none_on_replay() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("report");
    let recording = recorded(|| download(&path, directory.path(), None));
    assert_eq!(replayed(&recording, || download(&path, directory.path(), Some(BINARY))).unwrap(), 5);
    assert!(!path.exists());
}

#[test]
fn an_input_whose_file_cannot_be_read_is_not_recorded() {
    let directory = tempfile::tempdir().unwrap();
    let run = record_blocking(|| operation("Op").run(|| download(directory.path(), directory.path(), None)));
    assert_eq!(run.result, 5);
    let [(_, reason)] = &run.discarded[..] else { panic!("one is discarded") };
    assert!(
        matches!(reason, DiscardReason::Unencodable { error, .. } if error.contains("no regular file")),
        "{reason}"
    );
}

#[test]
fn a_replay_writes_nothing_outside_the_allowed_directory() {
    // H4
    let (outside, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = outside.path().join("report");
    let recording = recorded(|| download(&path, outside.path(), Some(BINARY)));
    let refused = |path: &Path, why: &str| {
        let error = replayed(&recording, || download(path, root.path(), None)).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    };
    fs::remove_file(&path).unwrap();
    refused(&path, "it is outside the allowed directory");
    let name = outside.path().file_name().unwrap();
    refused(&root.path().join("..").join(name).join("report"), "it has `..` in it");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(outside.path(), root.path().join("link")).unwrap();
        refused(&root.path().join("link/report"), "it is outside the allowed directory");
        refused(&root.path().join("link/new/report"), "it is outside the allowed directory");
        // One that leads to nothing yet makes nothing there.
        let nothing = outside.path().join("nothing");
        std::os::unix::fs::symlink(&nothing, root.path().join("dangling")).unwrap();
        for path in ["dangling/report", "dangling/new/report"] {
            replayed(&recording, || download(&root.path().join(path), root.path(), None)).unwrap_err();
        }
        let victim = outside.path().join("victim");
        fs::write(&victim, "precious").unwrap();
        std::os::unix::fs::symlink(&victim, root.path().join("report")).unwrap();
        replayed(&recording, || download(&root.path().join("report"), root.path(), None)).unwrap();
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious", "a link is replaced, and not followed");
        assert_eq!(fs::read(root.path().join("report")).unwrap(), BINARY);
        fs::remove_file(victim).unwrap();
    }
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
}

#[test]
fn the_content_of_a_file_is_what_an_output_sends() {
    // H5
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("report");
    let upload = |content: &[u8]| {
        fs::write(&path, content).unwrap();
        output("upload").handler_with(|| FileOutput::new(&path)).args(&(&path,)).run(|| ());
    };
    let recording = recorded(|| upload(BINARY));
    let sent = recording.tape().outputs().next().unwrap();
    let content: FileContent = sent.restore(&FileOutput::new("")).unwrap();
    assert_eq!((content.bytes(), content.size()), (Some(BINARY), BINARY.len() as u64));
    let copy = directory.path().join("copy");
    content.write_to(&copy).unwrap();
    assert_eq!(fs::read(&copy).unwrap(), BINARY);
    replayed(&recording, || upload(b"other")).unwrap();

    let run = record_blocking(|| {
        operation("Op")
            .run(|| output("upload").handler_with(|| FileOutput::new("/no/such")).args(&()).run(|| 3u8))
    });
    assert_eq!(run.result, 3);
    assert!(
        matches!(&run.discarded[0].1, DiscardReason::Unencodable { error, .. } if error.contains("/no/such"))
    );
}

#[test]
fn a_file_over_the_limit_is_recorded_as_a_marker_without_content() {
    // H6
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("report");
    let recording = recorded(|| download(&path, directory.path(), Some(&[1; 11])));
    let value = recording.tape().calls().nth(1).unwrap().result().unwrap().unwrap();
    assert_eq!(value.to_string(), "[5, Some({size: 11, content: None})]");
    let error = replayed(&recording, || download(&path, directory.path(), None)).unwrap_err().to_string();
    assert!(error.contains("being 11 bytes long; raise PLAYBACK_INTERCEPTED_FILE_SIZE_LIMIT"), "{error}");

    let upload =
        || output("upload").handler_with(|| FileOutput::new(&path).limit_bytes(3)).args(&()).run(|| ());
    let sent = recorded(upload);
    let content: FileContent = sent.tape().outputs().next().unwrap().restore(&FileOutput::new("")).unwrap();
    assert_eq!((content.size(), content.bytes()), (11, None));
    assert_eq!(FileContent::read(&path, 11).unwrap().bytes(), Some(&[1; 11][..]), "no more than the limit");
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_waited_for_and_not_read_without_end() {
    // A device without end, and a directory; a pipe that nobody writes to is neither.
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for path in [Path::new("/dev/zero"), directory.path(), &pipe] {
        let error = FileContent::read(path, u64::MAX).unwrap_err();
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (std::io::ErrorKind::InvalidInput, "it is no regular file")
        );
    }
}
