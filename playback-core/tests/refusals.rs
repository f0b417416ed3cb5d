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

/// The wording of these errors is the compiler's, which changes from version to version.
const WORDED_BY: &str = "rustc 1.95.";

#[test]
fn an_error_in_what_a_user_wrote_points_at_what_the_user_wrote() {
    let compiler = std::process::Command::new("rustc").arg("--version").output();
    let version =
        compiler.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    if !version.starts_with(WORDED_BY) {
        println!("skipped: the expected messages are those of {WORDED_BY}x, and this is {}", version.trim());
        return;
    }
    trybuild::TestCases::new().compile_fail("tests/refusals/spans.rs");
}
