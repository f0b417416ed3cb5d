//! What the attributes refuse, and what they say instead.
//!
//! `TRYBUILD=overwrite cargo test -p playback-core --test refusals` writes the expected messages anew.
#![cfg(feature = "macros")]
#![allow(missing_docs)]

#[test]
fn what_cannot_work_is_refused_with_what_to_write_instead() {
    let cases = trybuild::TestCases::new();
    for case in ["alias", "arguments", "functions", "kinds", "options", "policies", "returned", "sampling"] {
        cases.compile_fail(format!("tests/refusals/{case}.rs"));
    }
}
