//! Examples of every command, for `--help` and the man pages. A test types each of them.

/// A command's words, and lines to type; a line may end in a comment.
pub const EXAMPLES: &[(&str, &[&str])] = &[
    ("init", &["hotfix init", "hotfix init --server-hook > hooks/update    # on the server, in the bare repository"]),
    ("policy", &["hotfix policy lint", "hotfix policy show"]),
    ("policy lint", &["hotfix policy lint", "hotfix policy lint policy/hotfix.yaml"]),
    ("policy show", &["hotfix policy show", "hotfix policy show --format json"]),
    ("policy schema", &["hotfix policy schema > hotfix.schema.json"]),
    ("policy test", &["hotfix policy test", "hotfix policy test policy/hotfix.yaml"]),
    ("policy diff", &["hotfix policy diff main policy/hotfix.yaml", "hotfix policy diff built-in main"]),
    ("policy trust", &["hotfix policy trust"]),
    ("policy replay", &["hotfix policy replay policy/hotfix.yaml"]),
    (
        "check",
        &[
            "hotfix check INC-42    # asks, one question at a time",
            "hotfix check INC-42 --set roll-back=yes",
            "hotfix check INC-42 --answers answers.yaml && deploy    # exits 0 only for the decision `hotfix`",
            "hotfix check INC-42 --again    # walk the ladder anew",
        ],
    ),
    ("start", &["hotfix start INC-42", "hotfix start INC-42 --from v1.5.0"]),
    (
        "fix",
        &[
            "hotfix fix INC-42    # the commits of its branch",
            "hotfix fix INC-42 main..HEAD --proof \"test=cargo test totals\" --guarded-by-flag no",
            "hotfix fix INC-42 --withdraw 1",
        ],
    ),
    ("scope", &["hotfix scope INC-42"]),
    (
        "approve",
        &[
            "hotfix approve INC-42",
            "hotfix approve INC-42 --reject --reason \"it drops the second price\"",
            "hotfix approve INC-42 --withdraw",
        ],
    ),
    ("override", &["hotfix override INC-42 --gate approval-missing --reason \"nobody is awake and the shop is down\""]),
    (
        "override review",
        &[
            "hotfix override review INC-42 --gate approval-missing --agree",
            "hotfix override review INC-42 --gate approval-missing --disagree --reason \"two of us were awake\"",
        ],
    ),
    ("deployed", &["hotfix deployed INC-42 --release v1.5.1", "hotfix deployed INC-42 --at 2026-01-31T03:20:00+01:00"]),
    ("restored", &["hotfix restored INC-42 --by hotfix", "hotfix restored INC-42 --by roll-back"]),
    (
        "verify",
        &[
            "hotfix verify INC-42",
            "hotfix verify --all    # from cron: opens again what was undone",
            "hotfix verify INC-42 --confirm main --reason \"rewritten by hand, I read both\"",
            "hotfix verify INC-42 --not-needed main --reason obsolete --evidence main",
        ],
    ),
    (
        "tested",
        &[
            "hotfix tested INC-42    # lists the gates that were skipped",
            "hotfix tested INC-42 tests=https://ci.example.com/42",
            "hotfix tested INC-42 --waive staging --reason \"there is none for this service\"",
        ],
    ),
    (
        "cause",
        &[
            "hotfix cause INC-42 --fixed-by main",
            "hotfix cause INC-42 --flag new-sums --owner ada@example.com --remove-by 2027-01-31",
        ],
    ),
    (
        "rca",
        &[
            "hotfix rca INC-42    # opens your editor",
            "hotfix rca INC-42 --template > rca.md",
            "hotfix rca INC-42 --from rca.md",
        ],
    ),
    ("rca accept", &["hotfix rca accept INC-42    # by somebody who did not write it"]),
    (
        "rca done",
        &[
            "hotfix rca done INC-42 1 --evidence https://example.com/pull/7",
            "hotfix rca done INC-42 flag --evidence \"removed by 3f2a1c9\"    # the flag that stayed off",
        ],
    ),
    ("severity", &["hotfix severity INC-42 sev2 --reason \"only the export is down\""]),
    ("close", &["hotfix close INC-42"]),
    ("reopen", &["hotfix reopen INC-42 --reason \"the sums are wrong again\""]),
    (
        "gate",
        &[
            "hotfix gate --change v1.5.0..hotfix/INC-42 --onto release/1.5    # what a pull request would bring",
            "hotfix gate --release v1.5.1",
            "hotfix gate --drift    # from cron: the drift of every release line",
        ],
    ),
    (
        "merged",
        &[
            "hotfix merged hotfix/INC-42",
            "hotfix merged v1.5.0..v1.5.1 --into main",
            "hotfix merged v1.5.0..v1.5.1 && git branch -D hotfix/INC-42    # exits 0 only for a proof",
        ],
    ),
    ("drift", &["hotfix drift release/1.5", "hotfix drift release/1.5 --into main"]),
    ("void", &["hotfix void INC-43 --reason false-alarm", "hotfix void INC-43 --reason duplicate-of INC-42"]),
    ("status", &["hotfix status", "hotfix status --overdue    # exits 1 if anything is"]),
    (
        "show",
        &[
            "hotfix show INC-42",
            "hotfix show INC-42 --format markdown    # for the ticket",
            "hotfix show INC-42 --format html > INC-42.html    # for the wiki",
        ],
    ),
    ("report", &["hotfix report", "hotfix report --since 2026-01-01 --format json"]),
    ("log", &["hotfix log", "hotfix log INC-42"]),
    ("keys", &["hotfix keys"]),
    (
        "keys revoke",
        &["hotfix keys revoke SHA256:uNiVztksCsDhcc0u9e8BrrQXVUpJZtmSvZVQiEBGBGo --reason \"the laptop was stolen\""],
    ),
    ("audit", &["hotfix audit", "hotfix audit --full --since 2026-01-01T00:00:00Z"]),
    ("audit export", &["hotfix audit export --for soc2 --since 2026-01-01 --to evidence"]),
    ("anchor", &["git tag -a v1.6.0 -m \"$(hotfix anchor)\""]),
    ("sync", &["hotfix sync", "hotfix sync --bundle ledger.bundle    # for somebody who can push"]),
    ("redact", &["hotfix redact 0190cd12 --text analysis"]),
    ("explain", &["hotfix explain not-merged-back", "hotfix explain"]),
    (
        "completions",
        &["source <(hotfix completions bash)", "hotfix completions fish > ~/.config/fish/completions/hotfix.fish"],
    ),
    ("man", &["hotfix man ~/.local/share/man/man1    # then: man hotfix"]),
    ("demo", &["hotfix demo", "hotfix demo /tmp/shop"]),
];

/// The part of `--help` with a command's examples; none for a command that has none.
pub fn help(command: &str) -> Option<String> {
    let (_, lines) = EXAMPLES.iter().find(|(name, _)| *name == command)?;
    Some(format!("Examples:\n  {}", lines.join("\n  ")))
}
