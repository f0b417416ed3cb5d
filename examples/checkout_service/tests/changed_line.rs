//! One changed line makes a recorded test fail, with a diff worth reading.
//!
//! This target runs itself once more, as `recordings.rs` would run on the changed line, and reads what that says.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests may fail loudly")]

use std::process::{Command, ExitCode};

use libtest_mimic::{Arguments, Trial};
use playback_examples::checkout_service::pricing::Tariff;
use playback_examples::checkout_service::tuner::ServiceTuner;
use playback_testkit::harness::Harness;

const RECORDINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/checkout_service/recordings");

/// Set in the process that runs on the changed line.
const CHANGED: &str = "CHECKOUT_SERVICE_CHANGED";

fn main() -> ExitCode {
    if std::env::var_os(CHANGED).is_some() {
        // As if the line in `pricing.rs` were this one.
        let changed = Tariff { free_shipping_from: 6_000, ..Tariff::CURRENT };
        return Harness::directory(RECORDINGS, ServiceTuner::new(changed)).main();
    }
    let test = Trial::test("one_changed_line_fails_the_recording_that_it_changes_and_says_how", || {
        one_changed_line();
        Ok(())
    });
    libtest_mimic::run(&Arguments::from_args(), vec![test]).exit_code()
}

fn one_changed_line() {
    let mut harness = Command::new(std::env::current_exe().unwrap());
    let output =
        harness.env(CHANGED, "1").env_remove("PLAYBACK_ACCEPT").arg("--color=never").output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("15 passed; 1 failed"), "{said}");

    let (_, failure) = said.split_once(" is different: ").unwrap_or_else(|| panic!("{said}"));
    let failure: Vec<_> = failure.lines().take_while(|line| !line.is_empty()).collect();
    assert_eq!(
        failure,
        [
            "6 differences",
            "  database.keep_order #1",
            "    ~ order.total.shipping: 0 -> 540",
            "    ~ order.total.due: 5344 -> 5884",
            "    ~ order.total.tax: 853 -> 939",
            "  result",
            "    ~ Ok.total.shipping: 0 -> 540",
            "    ~ Ok.total.due: 5344 -> 5884",
            "    ~ Ok.total.tax: 853 -> 939",
            "(recorded -> replayed)",
            "in checkout_service/recordings/buys-enough-for-free-shipping.tape.txt",
            "if the change is wanted: PLAYBACK_ACCEPT=pending, and review it",
        ]
    );
}
