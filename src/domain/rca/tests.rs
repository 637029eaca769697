use super::*;
use crate::domain::policy::{BUILT_IN, read as read_policy};

fn asked<'a>(incident: &'a IncidentId, gates: &'a [NormalGate]) -> Asked<'a> {
    let moment = |text: &str| Moment::parse_from_rfc3339(text).expect("a moment");
    Asked {
        incident,
        gates,
        rungs: vec![RungName::RollBack],
        started: moment("2026-03-01T03:00:00+00:00"),
        now: moment("2026-03-02T10:00:00+00:00"),
        people: vec!["Ada".to_owned()],
    }
}

const GOOD: &str = "---
code_cause: true
trigger: 0123456789
detected: 2026-03-01T03:05:00+00:00
detected_by: a customer's call
escaped_gate: tests
check: cargo test totals
contributing: [the sum had no test, the reviewer saw 900 lines]
timeline:
  - { at: 2026-03-01T03:00:00+00:00, what: deployed, source: https://ci.example.com/1 }
  - { at: 2026-03-01T03:05:00+00:00, what: somebody called, source: the call log }
actions:
  - { what: a test that sums three prices, for: tests, kind: prevent, owner: Ada, due: 2026-03-20, verified_by: it fails on v1.5.0 }
  - { what: keep old columns for a release, for: roll-back, kind: mitigate, owner: Bob, due: 2026-03-30, verified_by: a drill, link: https://x.example/2 }
---
## Summary
The sum of an order left its first item out.
## Impact
All orders of forty minutes were too cheap.
## Root cause
A loop that skipped a heading was moved to where there is none.
## The gate that should have caught it
No unit test sums more than one price.
## Why rolling back was no way
A column had been dropped that the old release reads.
";

/// What is wrong with the good analysis after one replacement, or its warnings.
fn told(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from:?} stands nowhere");
    let policy = read_policy(BUILT_IN.as_bytes(), "built-in").expect("a policy");
    let id = "INC-1".parse().expect("an id");
    match read(&GOOD.replacen(from, to, 1), &asked(&id, &policy.normal_gates)) {
        Ok(analysis) => format!("ok {}", analysis.warnings.join("; ")).trim_end().to_owned(),
        Err(problems) => problems.join("; "),
    }
}

#[test]
fn a_good_analysis_is_read() {
    let policy = read_policy(BUILT_IN.as_bytes(), "built-in").expect("a policy");
    let id = "INC-1".parse().expect("an id");
    let asked = asked(&id, &policy.normal_gates);
    for text in [GOOD.to_owned(), GOOD.replace('\n', "\r\n")] {
        let analysis = read(&text, &asked).expect("an analysis");
        assert_eq!((analysis.no_code_cause, analysis.escaped_gate.as_str()), (false, "tests"));
        assert_eq!(analysis.cited, ["0123456789"]);
        assert_eq!(analysis.actions.len(), 2);
        assert_eq!(analysis.actions[1].link.as_deref(), Some("https://x.example/2"));
        assert_eq!(analysis.warnings, [""; 0]);
    }
}

#[test]
fn each_thing_that_lacks_is_named() {
    for (from, to, expected) in [
        (
            "code_cause: true",
            "code_cause: perhaps",
            "the front matter does not say `code_cause: true` or `code_cause: false`",
        ),
        ("trigger: 0123456789\n", "trigger:\n", "`trigger` names no commit that brought the fault in"),
        (
            "detected: 2026-03-01T03:05:00+00:00",
            "detected: yesterday",
            "the front matter lacks `detected`: a time with an offset, such as 2026-11-23T03:10:00+01:00",
        ),
        ("detected: 2026-03-01", "detected: 2026-03-09", "`detected` has not come yet"),
        ("detected_by: a customer's call", "detected_by: TBD", "`detected_by` holds the placeholder \"TBD\""),
        (
            "escaped_gate: tests",
            "escaped_gate: luck",
            "`escaped_gate` names none of the policy's gates: review, tests, staging, alert, none-existed",
        ),
        (
            "escaped_gate: tests",
            "escaped_gate: staging",
            "no action with `kind: prevent` is `for: staging`, the gate that let it through",
        ),
        ("check: cargo test totals", "check:", "`check` is empty"),
        (
            "for: tests, kind: prevent",
            "for: tests, kind: detect",
            "no action with `kind: prevent` is `for: tests`, the gate that let it through",
        ),
        (
            "for: roll-back",
            "for: tests",
            "rolling back was no way, and no action is `for: roll-back`, so that it is one next time",
        ),
        (
            "for: roll-back",
            "for: hope",
            "action 2: `for` is none of review, tests, staging, alert, none-existed, roll-back, flag-off; rolling back was no way, and no action is `for: roll-back`, so that it is one next time",
        ),
        (
            "owner: Bob",
            "owner:",
            "action 2 lacks `owner`: who does it?; rolling back was no way, and no action is `for: roll-back`, so that it is one next time",
        ),
        (
            "due: 2026-03-30",
            "due: 2026-03-01",
            "action 2: `due` 2026-03-01 is past; rolling back was no way, and no action is `for: roll-back`, so that it is one next time",
        ),
        (
            "verified_by: a drill",
            "verified_by: TODO",
            "action 2: `verified_by` is a placeholder; rolling back was no way, and no action is `for: roll-back`, so that it is one next time",
        ),
        (
            "verified_by: a drill",
            "verify: a drill",
            "action 2 has the key \"verify\", which means nothing; action 2 lacks `verified_by`; rolling back was no way, and no action is `for: roll-back`, so that it is one next time",
        ),
        ("at: 2026-03-01T03:05", "at: 2026-03-01T02:05", "entry 2 of the timeline is earlier than the one above it"),
        ("at: 2026-03-01T03:05", "at: 2026-03-05T03:05", "entry 2 of the timeline has not come yet"),
        (", source: the call log", "", "entry 2 of the timeline lacks `source`"),
        ("## Impact\nAll orders of forty minutes were too cheap.\n", "", "the section `## Impact` is missing"),
        ("All orders of forty minutes were too cheap.", "", "the section `## Impact` is empty"),
        ("All orders of forty minutes were too cheap.", "<!-- Who? -->", "the section `## Impact` is empty"),
        (
            "All orders of forty minutes were too cheap.",
            "Some.",
            "`## Impact` has fewer than 20 characters, and says too little",
        ),
        (
            "All orders of forty minutes were too cheap.",
            "The impact was large: TODO",
            "`## Impact` holds the placeholder \"TODO\"",
        ),
        ("## Why rolling back was no way", "## Why", "the section `## Why rolling back was no way` is missing"),
        ("---\ncode_cause", "code_cause", "line 1: the file has no front matter"),
    ] {
        assert_eq!(told(from, to), expected, "{from:?} -> {to:?}");
    }
}

#[test]
fn what_is_only_pointed_out_keeps_nothing_from_being_recorded() {
    for (from, to, expected) in [
        ("code_cause: true\ntrigger: 0123456789", "code_cause: false\ntrigger:", "ok"),
        (
            "[the sum had no test, the reviewer saw 900 lines]",
            "[one]",
            "ok fewer than two contributing factors: an accident hardly ever has one cause",
        ),
        (
            "A loop that",
            "Human error: a loop that",
            "ok \"human error\" is where an analysis begins, not where it ends: what let it through?",
        ),
        (
            "A loop that",
            "Ada moved a loop that",
            "ok Ada stands where the cause should: say what made it possible for anybody",
        ),
        (
            "the sum had no test",
            "Ada forgot to test",
            "ok \"forgot to\" is where an analysis begins, not where it ends: what let it through?; Ada stands where the cause should: say what made it possible for anybody",
        ),
        ("A loop that", "The method todolist() holds a loop that", "ok"),
        ("A loop that", "In Canada a loop that", "ok"),
    ] {
        assert_eq!(told(from, to), expected, "{from:?} -> {to:?}");
    }
}

#[test]
fn the_template_names_what_is_to_be_filled_in_and_is_no_analysis() {
    let policy = read_policy(BUILT_IN.as_bytes(), "built-in").expect("a policy");
    let id = "INC-1".parse().expect("an id");
    let asked = asked(&id, &policy.normal_gates);
    let template = template(&asked);
    let problems = read(&template, &asked).expect_err("it is empty");
    assert!(problems.len() > 10 && problems.iter().all(|problem| !problem.starts_with("line ")), "{problems:#?}");
    assert!(template.contains("review, tests, staging, alert, none-existed") && template.contains("for: roll-back"));
    for odd in ["no front matter", "---\ncode_cause: true\n---\n<!-- never ends\n## Summary", "---\n- a\n---\n"] {
        assert!(read(odd, &asked).is_err());
    }
}
