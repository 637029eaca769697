use super::super::{BUILT_IN, read};
use super::*;

fn policy(text: &str) -> Policy {
    read(text.as_bytes(), "p.yaml").unwrap_or_else(|problems| panic!("{problems}"))
}

/// The built-in policy without its own tests, so that any part of it can change.
fn base() -> String {
    BUILT_IN.split("\ntests: ").next().expect("a policy").to_owned()
}

#[test]
fn nothing_changed_is_nothing_said() {
    assert_eq!(changes(&policy(BUILT_IN), &policy(BUILT_IN)), []);
}

/// What is replaced in the built-in policy, by what, what is then said, and which way it goes.
const TABLE: &[(&str, &str, &str, Direction)] = &[
    (
        "severity: sev2, affected",
        "severity: [sev2, sev3], affected",
        "severity sev3 now qualifies under users-stuck",
        Loosens,
    ),
    (
        "affected: [most, many], workaround",
        "affected: most, workaround",
        "affected many no longer qualifies under users-stuck",
        Tightens,
    ),
    (
        "when: { severity: sev4 } }",
        "when: { severity: sev4, data_at_risk: false } }",
        "blemish now asks for data_at_risk: no",
        Loosens,
    ),
    (
        "    data-at-risk:     { means: Data is in danger, when: { data_at_risk: true } }\n",
        "",
        "data-at-risk: no longer qualifies (Data is in danger)",
        Tightens,
    ),
    (
        "    blemish:          { means: A blemish can wait, when: { severity: sev4 } }\n",
        "",
        "blemish: no longer never qualifies (A blemish can wait)",
        Loosens,
    ),
    (
        "      dependency-moved:             { means: Another system already relies on the new version, evidence: link }\n",
        "",
        "rolling back can no longer be passed because: dependency-moved",
        Tightens,
    ),
    (
        "evidence: link }",
        "evidence: none }",
        "rolling back, dependency-moved: wants evidence: no, and was yes",
        Loosens,
    ),
    (
        "evidence: path, owes_action: true",
        "evidence: path",
        "rolling back, schema-changed: owes an action: no, and was yes",
        Loosens,
    ),
    ("into: [main, newer_release_lines]", "into: [main]", "must reach: newerreleaselines is gone", Loosens),
    ("\"VERSION\"]", "\"VERSION\", \"*.lock\"]", "never goes back: *.lock is new", Loosens),
    (
        "  never_goes_back:",
        "  changed_since: accept\n  never_goes_back:",
        "what changed of a fix since it landed: accept, and was weigh",
        Loosens,
    ),
    ("rca: accepted ", "rca: recorded ", "the analysis: recorded, and was accepted", Loosens),
    ("deployed: true", "deployed: false", "when it was deployed: no, and was yes", Loosens),
    ("files: 10", "files: 5", "files: 5, and was 10", Tightens),
    ("  files: 10\n", "", "files: no limit, and was 10", Loosens),
    ("needs: { anyone: 1 }", "needs: { anyone: 2 }", "2 × anyone, and was 1", Tightens),
    (
        "nobody_awake_after: 30m",
        "nobody_awake_after: 10m",
        "one approval is enough after 10m, and was after 30m",
        Loosens,
    ),
    ("reason_at_least: 20", "reason_at_least: 60", "the shortest reason: 60 characters, and was 20", Tightens),
    ("expires_after: 24h", "expires_after: 4h", "an override holds for: 4h, and was 1d", Tightens),
    ("merge_back: 2d", "merge_back: 3d", "the merge-back: 3d, and was 2d", Loosens),
    (
        "when_overdue: { note: true }",
        "when_overdue: {}",
        "while something is overdue, a note: no, and was yes",
        Loosens,
    ),
    ("window: 30d", "window: 60d", "looked back over: 60d, and was 30d", Tightens),
    ("[{ from: 3, note: true }]", "[{ from: 2, note: true }]", "from 2 points on, a note: yes, and was no", Tightens),
    ("author: true }", "author: false }", "an author may close: no, and was yes", Tightens),
    ("given_by: proof }", "given_by: proof, owed: false }", "tests is owed: no, and was yes", Loosens),
];

#[test]
fn each_change_is_told_with_its_direction_and_the_way_back_goes_the_other_way() {
    for (from, to, words, direction) in TABLE {
        let text = base();
        assert!(text.contains(from), "{from:?} stands nowhere");
        let (old, new) = (policy(&text), policy(&text.replacen(from, to, 1).replace("version: 1", "version: 2")));
        let told = changes(&old, &new);
        assert_eq!(told.len(), 1, "{to:?}: {told:#?}");
        assert_eq!((told[0].words.as_str(), told[0].direction), (*words, *direction), "{to:?}");
        let back = changes(&new, &old);
        let other = if *direction == Loosens { Tightens } else { Loosens };
        assert!(back.iter().any(|change| change.direction == other), "{to:?}: {back:#?}");
    }
}
