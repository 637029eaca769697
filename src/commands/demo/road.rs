//! The steps of the demonstration: what is typed, by whom, and how it must end.

/// Who types.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Who {
    /// On call, and the author of the fix.
    Ada,
    /// A colleague, who reads the analysis.
    Grace,
}

/// What is done.
pub(super) enum Act {
    /// A file is written.
    Write {
        /// Below the demonstration's directory.
        path: &'static str,
        /// Its whole content.
        text: &'static str,
    },
    /// A program is run.
    Run {
        /// `git` or `hotfix`.
        program: &'static str,
        /// Its arguments.
        arguments: Vec<&'static str>,
    },
}

/// One step.
pub(super) struct Step {
    /// What a person should know before it; empty for the steps between.
    pub(super) says: &'static str,
    /// Who types it.
    pub(super) who: Who,
    /// What it is.
    pub(super) act: Act,
    /// The exit code that it must end with.
    pub(super) exit: i32,
}

impl Who {
    /// The environment that makes git know this person and nothing of the machine's own configuration.
    pub(super) fn environment(self) -> Vec<(&'static str, &'static str)> {
        let (name, email) = match self {
            Self::Ada => ("Ada", "ada@example.com"),
            Self::Grace => ("Grace", "grace@example.com"),
        };
        vec![
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_AUTHOR_NAME", name),
            ("GIT_AUTHOR_EMAIL", email),
            ("GIT_COMMITTER_NAME", name),
            ("GIT_COMMITTER_EMAIL", email),
        ]
    }
}

impl Step {
    fn run(who: Who, program: &'static str, arguments: &[&'static str]) -> Self {
        Self { says: "", who, act: Act::Run { program, arguments: arguments.to_vec() }, exit: 0 }
    }

    fn git(arguments: &[&'static str]) -> Self {
        Self::run(Who::Ada, "git", arguments)
    }

    fn hotfix(arguments: &[&'static str]) -> Self {
        Self::run(Who::Ada, "hotfix", arguments)
    }

    fn write(path: &'static str, text: &'static str) -> Self {
        Self { says: "", who: Who::Ada, act: Act::Write { path, text }, exit: 0 }
    }

    fn saying(mut self, says: &'static str) -> Self {
        self.says = says;
        self
    }

    fn exits(mut self, exit: i32) -> Self {
        self.exit = exit;
        self
    }

    fn by(mut self, who: Who) -> Self {
        self.who = who;
        self
    }

    /// The command as a person types it.
    pub(super) fn shown(&self, program: &str, arguments: &[&str]) -> String {
        // Only what a shell would take apart is quoted; `--set key=value` is read more easily without.
        let plain = |word: &str| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=./:".contains(&byte));
        let quoted = |word: &str| match shlex::try_quote(word) {
            Ok(quoted) if !plain(word) => quoted.into_owned(),
            Ok(_) | Err(_) => word.to_owned(),
        };
        let words: Vec<String> = std::iter::once(program).chain(arguments.iter().copied()).map(quoted).collect();
        let line = words.join(" ");
        match self.who {
            Who::Ada => line,
            Who::Grace => format!("{line}    # typed by Grace"),
        }
    }
}

const SHOP: &str = "fn total(prices: &[u64]) -> u64 {\n    prices.iter().sum()\n}\n\nfn shipping(weight: u64) -> u64 {\n    weight * 2\n}\n";
const BROKEN: &str = "fn total(prices: &[u64]) -> u64 {\n    prices.iter().skip(1).sum()\n}\n\nfn shipping(weight: u64) -> u64 {\n    weight * 2\n}\n";
const MOVED_ON: &str = "//! The shop.\n\nfn total(prices: &[u64]) -> u64 {\n    prices.iter().skip(1).sum()\n}\n\nfn shipping(weight: u64) -> u64 {\n    weight * 3\n}\n";
const MIGRATION: &str = "ALTER TABLE orders DROP COLUMN old_total;\n";
const ANALYSIS: &str = "---\ncode_cause: true\ntrigger: v1.5.0\ndetected: 2026-01-01T03:05:00Z\ndetected_by: a customer's call\nescaped_gate: tests\ncheck: cargo test totals\ncontributing: [the sum had no test, the reviewer saw 900 lines]\ntimeline:\n  - { at: 2026-01-01T03:00:00Z, what: deployed, source: the deployment's log }\nactions:\n  - { what: a test that sums three prices, for: tests, kind: prevent, owner: Ada, due: 2199-01-01, verified_by: it fails on the old code }\n  - { what: keep what the old release reads, for: roll-back, kind: mitigate, owner: Grace, due: 2199-02-01, verified_by: a drill }\n  - { what: a flag around the sums, for: flag-off, kind: mitigate, owner: Grace, due: 2199-02-01, verified_by: a drill }\n---\n## Summary\nThe sum of an order left its first item out, so every order was too cheap.\n## Impact\nAll orders of forty minutes, about a thousand of them.\n## Root cause\nA loop that skipped the heading of a price list was moved to where there is no heading.\n## The gate that should have caught it\nThe unit tests: none of them sums more than one price.\n## Why rolling back was no way\nA column had been dropped that the old release reads.\n## Why switching off was no way\nNo flag guards the sums, and there is no shop without them.\n";

/// The whole road.
pub(super) fn steps() -> Vec<Step> {
    let mut steps = before();
    steps.extend(decide());
    steps.extend(fix());
    steps.extend(close());
    steps
}

fn before() -> Vec<Step> {
    vec![
        Step::git(&["init", "--quiet", "-b", "main"]).saying("A shop with a release line."),
        Step::write("shop.rs", SHOP),
        Step::git(&["add", "."]),
        Step::git(&["commit", "--quiet", "-m", "The shop"]),
        Step::git(&["tag", "v1.4.0"]),
        Step::write("shop.rs", BROKEN),
        Step::write("db/migrate/7_totals.sql", MIGRATION),
        Step::git(&["add", "."]),
        Step::git(&["commit", "--quiet", "-m", "Sum faster, and drop what nobody reads"]),
        Step::git(&["tag", "v1.5.0"]),
        Step::git(&["branch", "release/1.5"]),
        Step::write("shop.rs", MOVED_ON).saying("Main moves on."),
        Step::git(&["commit", "--quiet", "--all", "-m", "Dearer shipping"]),
    ]
}

fn decide() -> Vec<Step> {
    vec![
        Step::hotfix(&["check", "INC-42"])
            .exits(3)
            .saying("Orders are too cheap. In a terminal this asks, one question at a time; a script is told what it wants to know."),
        Step::hotfix(&[
            "check",
            "INC-42",
            "--set",
            "roll-back=schema-changed",
            "--set",
            "roll-back.evidence=db/migrate/7_totals.sql",
            "--set",
            "flag-off=no-flag",
            "--set",
            "severity=sev2",
            "--set",
            "why_now=money",
            "--set",
            "data_at_risk=no",
            "--set",
            "affected=most",
            "--set",
            "workaround=none",
        ])
        .saying("Going back is blocked, and no flag guards it."),
    ]
}

fn fix() -> Vec<Step> {
    vec![
        Step::hotfix(&["start", "INC-42"]).saying("The fix starts from exactly what production runs."),
        Step::write("shop.rs", SHOP),
        Step::git(&["commit", "--quiet", "--all", "-m", "INC-42: sum every price"]),
        Step::hotfix(&["fix", "INC-42", "--proof", "test=cargo test totals", "--guarded-by-flag", "no"]),
        Step::hotfix(&["approve", "INC-42"]).exits(1).saying("Nobody approves their own fix."),
        Step::hotfix(&["approve", "INC-42"]).by(Who::Grace),
        Step::git(&["switch", "--quiet", "release/1.5"]),
        Step::git(&["merge", "--quiet", "--ff-only", "hotfix/INC-42"]),
        Step::git(&["tag", "v1.5.1"]),
        Step::hotfix(&["deployed", "INC-42", "--release", "v1.5.1"]),
        Step::hotfix(&["restored", "INC-42", "--by", "hotfix"]),
    ]
}

fn close() -> Vec<Step> {
    vec![
        Step::hotfix(&["close", "INC-42"])
            .exits(1)
            .saying("Production is up, and everybody is tired. Here the next release would bring the bug back."),
        Step::git(&["switch", "--quiet", "main"]),
        Step::git(&["cherry-pick", "-x", "hotfix/INC-42"]),
        Step::hotfix(&["verify", "INC-42"]),
        Step::write(".git/rca.md", ANALYSIS),
        Step::hotfix(&["rca", "INC-42", "--from", ".git/rca.md"]),
        Step::hotfix(&["rca", "accept", "INC-42"]).exits(1).saying("Nobody accepts their own analysis."),
        Step::hotfix(&["rca", "accept", "INC-42"]).by(Who::Grace),
        Step::hotfix(&["close", "INC-42"]).saying("Now it can go."),
        Step::hotfix(&["log", "INC-42"]),
    ]
}
