//! The reader of root cause analyses: it never panics, and says what lacks.
#![no_main]

use hotfix::domain::event::RungName;
use hotfix::domain::rca::{self, Asked};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let incident = "INC-42".parse().expect("an id");
    let at = |text: &str| text.parse().expect("a moment");
    let asked = Asked {
        incident: &incident,
        gates: &[],
        rungs: vec![RungName::RollBack],
        started: at("2026-03-01T03:00:00+01:00"),
        now: at("2026-03-02T03:00:00+01:00"),
        people: vec!["Ada Lovelace".to_owned()],
    };
    if let Err(problems) = rca::read(text, &asked) {
        assert!(!problems.is_empty());
    }
});
