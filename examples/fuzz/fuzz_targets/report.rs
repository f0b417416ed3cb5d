//! Reports that others wrote, and all forms in which they are shown.
#![no_main]

use libfuzzer_sys::fuzz_target;
use playback_fuzz::{text, within};
use playback_studio::{Gate, Report};

fuzz_target!(|input: &[u8]| {
    let text = text(input);
    let (gate, document) = text.split_once('\n').unwrap_or(("any", &text));
    let gate: Gate = gate.parse().unwrap_or_default();
    assert_eq!(gate.to_string().parse::<Gate>().ok().map(|gate| gate.to_string()), Some(gate.to_string()));
    let Ok(report) = within(512, input, || Report::from_json(document)) else { return };
    let again = Report::from_json(&report.json().to_string()).expect("what was written can be read");
    assert_eq!(again, report);
    assert_eq!(Report::from_json(&format!("{:#}", report.json())).ok().as_ref(), Some(&report));
    let _ = report.judge(&gate).to_string();
    let terminal = report.terminal().to_string();
    assert!(!terminal.contains(|c: char| c.is_control() && c != '\n'), "{terminal:?}");
    assert!(report.junit(&gate).to_string().ends_with("</testsuites>\n"));
    let _ = report.markdown(&gate).to_string();
    let page = report.html().to_string();
    let shell = Report::default().html().to_string();
    assert_eq!(page.matches("</script").count(), shell.matches("</script").count());
    assert_eq!(page.matches('<').count(), shell.matches('<').count(), "nothing of it is markup");
});
