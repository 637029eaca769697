//! The keys of the policy's YAML, section by section: what the reader accepts and what the schema must say.

/// One section: a map with fixed keys.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Its name in messages, such as `ladder.roll_back`.
    pub name: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
}

/// One key of a section.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The key.
    pub name: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// A line that would do, for the way out.
    pub example: &'static str,
}

const fn must(name: &'static str, example: &'static str) -> Key {
    Key { name, required: true, example }
}

const fn may(name: &'static str, example: &'static str) -> Key {
    Key { name, required: false, example }
}

/// The whole document.
pub const POLICY: Shape = Shape {
    name: "the policy",
    keys: &[
        must("format", "format: 1"),
        must("name", "name: our-team"),
        must("version", "version: 1"),
        may("effective", "effective: 2026-01-31"),
        may("extends", "extends: policy/base.yaml"),
        may("merge_back", "merge_back: { into: [main] }"),
        may("close_requires", "close_requires: { rca: accepted }"),
        may("identity", "identity: signed"),
        may("roles", "roles: { incident-lead: { members: [ada@example.com] } }"),
        may("scope", "scope: { files: 10, lines: 200 }"),
        may("approvals", "approvals: { needs: { anyone: 1 } }"),
        may("overrides", "overrides: { by: [anyone], reason_at_least: 20 }"),
        may("normal_gates", "normal_gates: { tests: { means: The whole test suite passed } }"),
        may("deadlines", "deadlines: { merge_back: 2d, rca: 5d }"),
        may("budget", "budget: { window: 30d, steps: [{ from: 3, note: true }] }"),
        may("who_closes", "who_closes: { role: anyone, author: false }"),
        may("tests", "tests: { a-friday: { given: { why_now: weekend-ahead }, expect: normal-release } }"),
    ],
};

/// A role.
pub const ROLE: Shape = Shape {
    name: "the role",
    keys: &[may("members", "members: [ada@example.com]"), may("members_from", "members_from: .github/CODEOWNERS")],
};

/// `scope`.
pub const SCOPE: Shape = Shape {
    name: "scope",
    keys: &[
        may("files", "files: 10"),
        may("lines", "lines: 200"),
        may("not_counted", "not_counted: [\"tests/**\"]"),
        may("forbidden", "forbidden: [\"**/migrations/**\"]"),
        may("unneeded", "unneeded: name"),
    ],
};

/// `approvals`.
pub const APPROVALS: Shape = Shape {
    name: "approvals",
    keys: &[
        must("needs", "needs: { anyone: 1 }"),
        may("also", "also: { the-worst: { when: { severity: sev1 }, needs: { incident-lead: 1 } } }"),
        may("author_may_approve", "author_may_approve: false"),
        may("nobody_awake_after", "nobody_awake_after: 30m"),
    ],
};

/// Approvals that some cases need.
pub const ALSO: Shape = Shape {
    name: "the case",
    keys: &[must("when", "when: { severity: sev1 }"), must("needs", "needs: { incident-lead: 1 }")],
};

/// `overrides`.
pub const OVERRIDES: Shape = Shape {
    name: "overrides",
    keys: &[
        may("by", "by: [incident-lead]"),
        may("reason_at_least", "reason_at_least: 20"),
        may("expires_after", "expires_after: 24h"),
        may("review_by", "review_by: anyone"),
        may("never_skip", "never_skip: [scope-exceeded]"),
    ],
};

/// A gate that a normal change passes.
pub const NORMAL_GATE: Shape = Shape {
    name: "the gate",
    keys: &[
        must("means", "means: The whole test suite passed"),
        may("given_by", "given_by: proof"),
        may("owed", "owed: true"),
        may("waive_by", "waive_by: incident-lead"),
    ],
};

/// `deadlines`.
pub const DEADLINES: Shape = Shape {
    name: "deadlines",
    keys: &[
        may("merge_back", "merge_back: 2d"),
        may("rca", "rca: 5d"),
        may("override_review", "override_review: 3d"),
        may("late_approval", "late_approval: 1d"),
        may("normal_gates", "normal_gates: 3d"),
        may("evidence", "evidence: 3d"),
        may("when_overdue", "when_overdue: { note: true }"),
    ],
};

/// What is demanded beside the usual.
pub const DEMAND: Shape =
    Shape { name: "the demand", keys: &[may("note", "note: true"), may("approval", "approval: incident-lead")] };

/// `budget`.
pub const BUDGET: Shape = Shape {
    name: "budget",
    keys: &[
        must("window", "window: 30d"),
        may("hotfix", "hotfix: 1"),
        may("override", "override: 1"),
        must("steps", "steps: [{ from: 3, note: true }]"),
        may("not_when", "not_when: { data_at_risk: true }"),
    ],
};

/// A step of the budget.
pub const BUDGET_STEP: Shape = Shape {
    name: "the step",
    keys: &[must("from", "from: 3"), may("note", "note: true"), may("approval", "approval: incident-lead")],
};

/// `who_closes`.
pub const WHO_CLOSES: Shape =
    Shape { name: "who_closes", keys: &[may("role", "role: incident-lead"), may("author", "author: false")] };

/// A probe.
pub const PROBE: Shape = Shape {
    name: "the probe",
    keys: &[
        must("run", "run: [ops/error-rate, --last, 5m]"),
        may("timeout_seconds", "timeout_seconds: 5"),
        may("field", "field: data.rate"),
        may("measured_at", "measured_at: data.at"),
        may("fresh_for", "fresh_for: 5m"),
    ],
};

/// A test of the policy.
pub const TEST: Shape = Shape {
    name: "the test",
    keys: &[
        must("given", "given: { severity: sev1 }"),
        may("at", "at: 2026-01-31"),
        may("budget_used", "budget_used: 2"),
        may("overdue", "overdue: true"),
        must("expect", "expect: hotfix"),
        may("rule", "rule: production-down"),
        may("approvals", "approvals: { anyone: 1 }"),
        may("note", "note: true"),
    ],
};

/// What a policy has more that extends no other one; one that does may have it.
pub const POLICY_ALONE: &[Key] = &[
    must("branches", "branches: { main: main, release_tags: [\"v*\"] }"),
    must("facts", "facts: { severity: … }"),
    must("ladder", "ladder: { roll_back: …, flag_off: … }"),
    must("qualifies", "qualifies: { any: …, never: … }"),
];

/// `branches`.
pub const BRANCHES: Shape = Shape {
    name: "branches",
    keys: &[
        must("main", "main: main"),
        may("release_lines", "release_lines: [\"release/*\"]"),
        may("hotfix", "hotfix: hotfix/{incident}"),
        must("release_tags", "release_tags: [\"v*\"]"),
    ],
};

/// Any fact; what else it has depends on its type.
pub const FACT: Shape = Shape {
    name: "the fact",
    keys: &[
        must("question", "question: How bad is it?"),
        may("help", "help: …"),
        must("type", "type: bool"),
        may("probe", "probe: { run: [ops/error-rate] }"),
    ],
};

/// What a `one_of` fact has more.
pub const ONE_OF: Shape =
    Shape { name: "the fact", keys: &[must("choices", "choices: { sev1: production is down, sev2: … }")] };

/// What a `number` fact has more.
pub const NUMBER: Shape = Shape {
    name: "the fact",
    keys: &[must("unit", "unit: percent"), may("at_least", "at_least: 0"), may("at_most", "at_most: 100")],
};

/// `ladder`.
pub const LADDER: Shape = Shape {
    name: "ladder",
    keys: &[
        must("roll_back", "roll_back: { question: …, no_because: … }"),
        must("flag_off", "flag_off: { question: …, no_because: … }"),
    ],
};

/// A rung of the ladder.
pub const RUNG: Shape = Shape {
    name: "the rung",
    keys: &[
        must("question", "question: Can you go back to the last good release?"),
        may("help", "help: …"),
        may("commands", "commands: [\"deploy {last_good}\"]"),
        must("no_because", "no_because: { tried: { means: tried and did not help, evidence: text } }"),
        may("look_for", "look_for: { paths: [\"**/migrations/**\"] }"),
    ],
};

/// Where a rung looks.
pub const LOOK_FOR: Shape = Shape {
    name: "look_for",
    keys: &[may("paths", "paths: [\"**/migrations/**\"]"), may("patterns", "patterns: ['isEnabled\\(\"([^\"]+)\"']")],
};

/// A reason to pass a rung.
pub const REASON: Shape = Shape {
    name: "the reason",
    keys: &[
        must("means", "means: tried and did not help"),
        must("evidence", "evidence: text"),
        may("owes_action", "owes_action: true"),
    ],
};

/// `qualifies`.
pub const QUALIFIES: Shape = Shape {
    name: "qualifies",
    keys: &[must("any", "any: { production-down: … }"), must("never", "never: { soft-deadline: … }")],
};

/// A rule.
pub const RULE: Shape = Shape {
    name: "the rule",
    keys: &[must("means", "means: production is down"), must("when", "when: { severity: sev1 }")],
};

/// A condition on a number.
pub const RANGE: Shape =
    Shape { name: "the condition", keys: &[may("at_least", "at_least: 5"), may("at_most", "at_most: 50")] };

/// `merge_back`.
pub const MERGE_BACK: Shape = Shape {
    name: "merge_back",
    keys: &[
        may("into", "into: [main, newer_release_lines]"),
        may("never_goes_back", "never_goes_back: [CHANGELOG.md]"),
        may("author_may_confirm", "author_may_confirm: false"),
        may("changed_since", "changed_since: weigh"),
    ],
};

/// `close_requires`.
pub const CLOSE_REQUIRES: Shape = Shape {
    name: "close_requires",
    keys: &[
        may("merge_back", "merge_back: true"),
        may("restored", "restored: true"),
        may("deployed", "deployed: true"),
        may("evidence", "evidence: true"),
        may("rca", "rca: accepted"),
    ],
};

/// `identity`, where it says more than one word.
pub const IDENTITY: Shape =
    Shape { name: "identity", keys: &[must("signed_after", "signed_after: 0190163d-8694-739b-aea5-966c26f8ad90")] };

/// The types of facts.
pub const TYPES: &[&str] = &["one_of", "bool", "number", "text"];
/// The kinds of evidence.
pub const EVIDENCE: &[&str] = &["none", "link", "commit", "path", "text"];
/// How far the root cause analysis must have come.
pub const RCA: &[&str] = &["none", "recorded", "accepted"];
/// Which events count.
pub const IDENTITIES: &[&str] = &["signed", "unverified"];
/// What is done about what a fix does not need.
pub const UNNEEDED: &[&str] = &["name", "refuse"];
/// What makes a gate done without a word of its own.
pub const GIVEN_BY: &[&str] = &["approval", "proof"];
/// What a test may expect.
pub const VERDICTS: &[&str] = &["roll-back", "flag-off", "hotfix", "normal-release", "undecided", "not-in-force"];
/// Names that an analysis uses for something else than a gate.
pub const NO_GATES: &[&str] = &["none-existed", "roll-back", "flag-off"];
/// What a rung's command may hold.
pub const PLACEHOLDERS: &[&str] = &["last_good", "production", "incident"];
/// Names that `--set` uses for something else than a fact.
pub const RESERVED: &[&str] = &["roll_back", "flag_off", "production", "started", "note"];
