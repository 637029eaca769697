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

/// The longest name that an event holds, in bytes.
const LONGEST_NAME: usize = 200;

/// Exit 2 where a name that would stand in the event itself is no name, or looks like a secret: what an event holds stays for good.
pub(super) fn refuse_in_name(name: &str) -> Result<(), Failure> {
    // What looks like a ref needs no search, and nearly every name does.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._/-".contains(&byte);
    if name.len() <= 32 && name.bytes().all(plain) {
        return Ok(());
    }
    if name.len() > LONGEST_NAME || name.contains('\n') {
        return Err(Failure::usage(format!("a name has at most {LONGEST_NAME} bytes and one line"))
            .hint("name it shortly; what must be explained belongs in the analysis"));
    }
    refuse("name", name)
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> Option<&'static str> {
        find(text).map(|found| found.kind)
    }

    #[test]
    fn every_shape_compiles() {
        for (kind, shape) in SHAPES {
            assert!(regex::Regex::new(shape).is_ok(), "{kind}: {shape}");
        }
    }

    #[test]
    fn well_known_secrets_are_found() {
        // Put together here, so that no scanner takes this file for a leak.
        let x = |count: usize| "x7Q".repeat(count).chars().take(count).collect::<String>();
        let cases = [
            ("a private key", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl".to_owned()),
            ("a private key", "-----BEGIN PGP PRIVATE KEY BLOCK-----".to_owned()),
            ("an AWS access key id", format!("key AKIA{} was used", "ABCDEFGH23456777")),
            ("a GitHub token", format!("ghp_{}", x(36))),
            ("a GitHub token", format!("github_pat_{}", x(30))),
            ("a GitLab token", format!("glpat-{}", x(20))),
            ("a Slack token", format!("xoxb-{}", "1234567890-abc")),
            ("a Google API key", format!("AIza{}", x(35))),
            ("a Stripe key", format!("sk_live_{}", x(24))),
            ("an npm token", format!("npm_{}", x(36))),
            ("a JSON web token", format!("eyJ{}.eyJ{}.{}", x(20), x(30), x(40))),
            ("a password in a URL", "postgres://app:hunter22@db.example.org/x".to_owned()),
            ("an authorization header", format!("curl -H 'Authorization: Bearer {}'", x(12))),
            ("a password or key", "the job ran with PASSWORD=correcthorse".to_owned()),
            ("a password or key", "DB_PASSWORD: 'correcthorse'".to_owned()),
            ("a password or key", "{\"api_key\": \"correcthorse\"}".to_owned()),
        ];
        for (expected, text) in cases {
            assert_eq!(kind(&text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_people_write_in_an_analysis_is_no_secret() {
        let texts = [
            "The password reset page returned 500 for everyone.",
            "We rotated the secret: see RUN-12 for how.",
            "password: ***** was logged",
            "set PASSWORD=$DB_PASSWORD or password=<your password>",
            "https://ci.example.org/builds/4711?branch=hotfix/INC-42",
            "https://example.org:8443/path and ssh://git@example.org/x",
            "commit 00ff10a0b1c2d3e4f5061728394a5b6c7d8e9fa0 on main, task-force, risk-based-approach-to-releases",
            "the token bucket: 500 requests a second",
        ];
        for text in texts {
            assert_eq!(kind(text), None, "{text}");
        }
    }

    #[test]
    fn the_place_is_told_and_the_secret_is_not() {
        let text = "first\nzweite Zeile mit ü: password=correcthorse";
        assert_eq!(find(text).map(|found| (found.line, found.column)), Some((2, 21)));
        let failure = refuse("analysis", text).expect_err("it is refused");
        assert_eq!(failure.kind, crate::failure::FailureKind::Usage);
        let shown = failure.to_string();
        assert!(shown.contains("line 2, column 21") && !shown.contains("correcthorse"), "{shown}");
    }
}
