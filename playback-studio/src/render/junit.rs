//! A report as JUnit's XML, which continuous integration shows as tests.

use std::fmt;

use playback_equalizer::Status;
use quick_junit::{NonSuccessKind, Report as Xml, TestCase, TestCaseStatus, TestSuite};

use crate::harmless::{harmless, one_line};
use crate::report::{CategoryReport, Gate, RecordingReport, Report};

/// A report as JUnit's XML; see [`Report::junit`].
#[derive(Debug, Clone, Copy)]
pub struct Junit<'r> {
    report: &'r Report,
    gate: &'r Gate,
    /// Whether the gate tolerates as many recordings as could not be compared.
    tolerates_failures: bool,
}

impl Report {
    /// The report as JUnit's XML: a suite for each category and a test for each recording, which fails if `gate`
    /// does not let it pass, with what differs. A recording that could not be compared is an error, unless the gate
    /// tolerates as many, and so is what went wrong with a category. What else fails the run, such as that it was
    /// interrupted, or compared nothing, is a test of the suite `playback`: some test fails if and only if the gate
    /// does.
    #[must_use]
    pub fn junit<'r>(&'r self, gate: &'r Gate) -> Junit<'r> {
        let counts = self.counts();
        let tolerates_failures = gate.passes_failures(counts.of(Status::EqualizerFailure), counts.total());
        Junit { report: self, gate, tolerates_failures }
    }
}

impl fmt::Display for Junit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut xml = Xml::new("playback");
        let mut whole = TestSuite::new("playback");
        let reasons = self.report.judge_whole(self.gate).reasons;
        whole.add_test_cases(errors("playback", &self.report.failures));
        whole.add_test_cases(numbered("playback", "finding", NonSuccessKind::Failure, &reasons));
        if !whole.test_cases.is_empty() {
            xml.add_test_suite(whole);
        }
        xml.add_test_suites(self.report.categories.iter().map(|category| self.suite(category)));
        f.write_str(&xml.to_string().map_err(|_| fmt::Error)?)
    }
}

impl Junit<'_> {
    fn suite(self, category: &CategoryReport) -> TestSuite {
        let name = one_line(&category.category);
        let mut suite = TestSuite::new(&*name);
        suite.add_test_cases(errors(&name, &category.failures));
        suite.add_test_cases(category.recordings.iter().map(|recording| self.case(recording)));
        suite
    }

    fn case(self, recording: &RecordingReport) -> TestCase {
        let tolerated = recording.status == Status::EqualizerFailure && self.tolerates_failures;
        let passes = tolerated || self.gate.passes(recording);
        let mut status = match recording.status {
            _ if passes => TestCaseStatus::success(),
            Status::EqualizerFailure => TestCaseStatus::non_success(NonSuccessKind::Error),
            _ => TestCaseStatus::non_success(NonSuccessKind::Failure),
        };
        let text = text(recording);
        if !passes {
            let message = recording.message.as_deref().unwrap_or(recording.status.as_str());
            status.set_type(recording.status.as_str()).set_message(harmless(message)).set_description(&*text);
        }
        let mut case = TestCase::new(recording.name(), status);
        case.set_classname(one_line(recording.id.category()));
        if let Some(replayed) = recording.replayed {
            case.set_time(replayed.duration);
        }
        if passes && recording.status != Status::Equal {
            case.set_system_out(format!("accepted, though it is {}\n{text}", recording.status));
        }
        case
    }
}

/// What went wrong beside single recordings, each as a test that could not run.
fn errors<'t>(class: &'t str, failures: &'t [String]) -> impl Iterator<Item = TestCase> + 't {
    numbered(class, "failure", NonSuccessKind::Error, failures)
}

/// Texts as tests that do not pass, named `finding 1` and so on.
fn numbered<'t>(
    class: &'t str,
    what: &'t str,
    kind: NonSuccessKind,
    texts: &'t [String],
) -> impl Iterator<Item = TestCase> + 't {
    texts.iter().enumerate().map(move |(at, text)| {
        let mut status = TestCaseStatus::non_success(kind);
        status.set_type(what).set_message(harmless(text));
        let mut case = TestCase::new(format!("{what} {}", at + 1), status);
        case.set_classname(class);
        case
    })
}

/// What differs, below the outputs that it is in.
fn text(recording: &RecordingReport) -> String {
    let mut text = format!("{} is {}", recording.id, recording.status);
    if let Some(message) = &recording.message {
        text.push_str(": ");
        text.push_str(&harmless(message));
    }
    let mut place = "";
    for difference in &recording.differences {
        if place != difference.place {
            place = &difference.place;
            text.push_str(&format!("\n  {}", one_line(place)));
        }
        text.push_str(&format!("\n    {}  ({})", one_line(&difference.line()), difference.risk));
    }
    if recording.omitted > 0 {
        text.push_str(&format!("\n    and {} more", recording.omitted));
    }
    for escape in &recording.escapes {
        text.push_str(&format!("\n  {}", harmless(escape)));
    }
    text
}
