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
        must("branches", "branches: { main: main, release_tags: [\"v*\"] }"),
        must("facts", "facts: { severity: … }"),
        must("ladder", "ladder: { roll_back: …, flag_off: … }"),
        must("qualifies", "qualifies: { any: …, never: … }"),
        may("merge_back", "merge_back: { into: [main] }"),
        may("close_requires", "close_requires: { rca: accepted }"),
        may("identity", "identity: signed"),
    ],
};

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
    keys: &[must("question", "question: How bad is it?"), may("help", "help: …"), must("type", "type: bool")],
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
    keys: &[must("means", "means: tried and did not help"), must("evidence", "evidence: text")],
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
        may("never_goes_back", "never_goes_back: [\"CHANGELOG*\"]"),
        may("author_may_confirm", "author_may_confirm: false"),
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
/// What a rung's command may hold.
pub const PLACEHOLDERS: &[&str] = &["last_good", "production", "incident"];
/// Names that `--set` uses for something else than a fact.
pub const RESERVED: &[&str] = &["roll_back", "flag_off", "production", "started"];
