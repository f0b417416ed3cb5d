//! The global redactor. A process of its own, since a process has one.
#![cfg(feature = "redaction")]
#![allow(missing_docs, clippy::unwrap_used)]

use playback_core::operation;
use playback_core::redaction::{RedactorExt as _, Rule, Rules, set_global_redactor};
use playback_testkit::record_blocking;

#[test]
fn the_global_redactor_redacts_wherever_no_other_is_in_force_and_is_set_once() {
    let run = || record_blocking(|| operation("Op").args(&("hunter2",)).run(|| ())).recording();
    let argument = move || run().arguments::<(String,)>().unwrap().0;
    let mask = |text: &str| Rules::new().with(Rule::matching("hunter2").unwrap().mask_with(text));
    assert_eq!(argument(), "hunter2");
    set_global_redactor(mask("global")).unwrap();
    assert_eq!(argument(), "global");
    assert_eq!(std::thread::spawn(argument).join().unwrap(), "global");
    assert_eq!(mask("scoped").scope_blocking(argument), "scoped");
    let error = set_global_redactor(mask("other")).unwrap_err().to_string();
    assert!(error.contains("is set already") && error.contains("scope"), "{error}");
    assert_eq!(argument(), "global");
}
