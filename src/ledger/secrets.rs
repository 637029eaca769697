//! Finds what must not be recorded: tokens, keys and passwords.

use crate::failure::Failure;

/// Refuses a text that holds a secret (exit 2), naming its kind and place, never the secret itself.
pub(super) fn refuse(name: &str, text: &str) -> Result<(), Failure> {
    match find(text) {
        None => Ok(()),
        Some(found) => Err(Failure::usage(format!(
            "the text '{name}' seems to hold {} (line {}, column {}); nothing was recorded",
            found.kind, found.line, found.column
        ))
        .hint("write it again without the secret (what the ledger holds is shared and kept), and rotate the secret if it was typed into a chat")),
    }
}

/// A secret that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What kind of secret it seems to be.
    pub kind: &'static str,
    /// The line, from 1.
    pub line: usize,
    /// The column, in characters, from 1.
    pub column: usize,
}

/// What well-known secrets look like. Prefixes are those that their makers document for scanners.
const SHAPES: &[(&str, &str)] = &[
    ("a private key", r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"),
    ("an AWS access key id", r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"),
    ("a GitHub token", r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})"),
    ("a GitLab token", r"\bgl(?:pat|ptt|rt|cbt|dt|ft|soat|agent)-[A-Za-z0-9_.-]{20,}"),
    ("a Slack token", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("a Slack webhook", r"hooks\.slack\.com/services/T[A-Za-z0-9]+/B[A-Za-z0-9]+/[A-Za-z0-9]+"),
    ("a Google API key", r"\bAIza[A-Za-z0-9_-]{35}"),
    ("a Stripe key", r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}"),
    ("an npm token", r"\bnpm_[A-Za-z0-9]{36}"),
    ("a PyPI token", r"\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{20,}"),
    ("an API key", r"\bsk-(?:proj-|ant-|svcacct-)?[A-Za-z0-9_-]{32,}"),
    ("a JSON web token", r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    ("a password in a URL", r"\b[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@]+:[^\s/@*<$\{]{3,}@"),
    ("an authorization header", r"(?i)\bauthorization\s*:\s*(?:bearer|basic|token)\s+[A-Za-z0-9+/=_.~-]{8,}"),
    (
        "a password or key",
        r#"(?i)(?:\b|_)(?:password|passwd|passphrase|pwd|secret|secret_?key|api_?key|access_?key|access_?token|auth_?token|private_?token)["']?\s*[=:]\s*["']?[^\s"'*<$\{,;]{6,}"#,
    ),
];

/// The first secret in a text, if there is one.
pub fn find(text: &str) -> Option<Found> {
    let first = SHAPES.iter().filter_map(|(kind, shape)| {
        // The shapes are constants, each compiled by a test.
        let place = regex::Regex::new(shape).ok()?.find(text)?.start();
        Some((place, *kind))
    });
    let (place, kind) = first.min()?;
    let before = &text[..place];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.matches('\n').count() + 1;
    Some(Found { kind, line, column: before[line_start..].chars().count() + 1 })
}
