//! The global recorder. A process of its own, since a process has one.
#![allow(missing_docs, clippy::unwrap_used)]

use playback_core::{RecorderExt as _, operation, set_global_recorder};
use playback_testkit::MemoryRecorder;

#[test]
fn the_global_recorder_records_wherever_no_other_is_in_scope_and_is_set_once() {
    let run = |n: u8| operation("Op").args(&(n,)).run(|| ());
    let (global, scoped) = (MemoryRecorder::new(), MemoryRecorder::new());
    run(0);
    set_global_recorder(global.clone()).unwrap();
    run(1);
    std::thread::spawn(move || run(2)).join().unwrap();
    scoped.scope_blocking(|| run(3));
    let error = set_global_recorder(scoped.clone()).unwrap_err();
    assert!(error.to_string().contains("is set already"), "{error}");
    run(4);

    let recorded = |recorder: &MemoryRecorder| -> Vec<u8> {
        recorder.recordings().iter().map(|recording| recording.arguments::<(u8,)>().unwrap().0).collect()
    };
    assert_eq!((recorded(&global), recorded(&scoped)), (vec![1, 2, 4], vec![3]));
}
