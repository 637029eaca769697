//! Feature flags that could switch the broken thing off.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::domain::identity::RepositoryPath;
use crate::domain::policy::LookFor;
use crate::failure::Failure;

use super::changed::Changed;
use super::flag_files;
use super::globs::Globs;
use super::patterns::Patterns;

/// How many candidates are listed.
const LISTED: usize = 50;

/// Calls of the OpenFeature SDKs: `getBooleanValue("key")`, `client.get_string_details("key")`, `BooleanValue(ctx, "key")`,
/// `fetch_boolean_value(flag_key: "key")`, `useFlag('key')`.
const CALLS: &[&str] = &[
    r#"(?i-u)\b(?:get|fetch|use)_?(?:bool(?:ean)?|string|number|int(?:eger)?|float|double|object|struct)_?(?:flag_?)?(?:value|details)(?:_?async)?(?:::)?(?:<[^>\n]{0,40}>)?\(\s*(?:flag_?key\s*[:=]\s*)?["'`]([^"'`\s]{1,128})["'`]"#,
    r#"(?-u)\.(?:Boolean|String|Float|Int|Object)(?:Value|ValueDetails)?\(\s*[A-Za-z_.]{1,40}(?:\(\))?,\s*"([^"\s]{1,128})""#,
    r#"(?-u)\buseFlag\(\s*["'`]([^"'`\s]{1,128})["'`]"#,
];

/// What every call of the built-in patterns has in it, whatever its case: a file without is not searched.
const SIGNS: &[&[u8]] = &[b"value", b"details", b"boolean(", b"useflag(", b"string(", b"float(", b"int(", b"object("];

/// Flag candidates in what production changed since the last good release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FlagReport {
    /// The candidates: those on new lines first, then by path and line.
    pub candidates: Vec<FlagCandidate>,
    /// Why nothing is known, or not all was looked at.
    pub unknown: Option<String>,
    /// How many files were too large to be looked into, or are not in this clone.
    pub unread: usize,
    /// Whether more was found than is listed.
    pub truncated: bool,
}

/// A flag that may switch the broken thing off.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct FlagCandidate {
    /// Whether its line is not new since the last good release.
    pub stood_before: bool,
    /// The file.
    pub path: RepositoryPath,
    /// The line, from 1.
    pub line: usize,
    /// The flag's key.
    pub key: String,
    /// Where it was seen.
    pub from: FlagSource,
}

/// Where a flag's key was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FlagSource {
    /// In a flag file.
    FlagFile,
    /// In a call that reads it.
    Call,
}

/// Looks for flags in the files that changed since the last good release: keys of flag files (the policy's paths, and any JSON
/// or YAML that looks like flagd's), and calls that fit the policy's patterns (the first group is the key) or an OpenFeature SDK.
///
/// Exit 4 for a malformed glob or pattern, or a damaged object.
pub fn flags(changed: &Changed<'_>, look_for: &LookFor) -> Result<FlagReport, Failure> {
    let globs = Globs::new(&look_for.paths)?;
    let patterns = Patterns::new(&look_for.patterns)?;
    let calls = Patterns::new(CALLS)?;
    let mut candidates = BTreeSet::new();
    let mut unread = 0;
    for change in changed.paths.iter().filter(|change| change.after.is_some()) {
        let Some(path) = change.path() else { continue };
        let text = match changed.text(change)? {
            Ok(text) if text.after.is_empty() => continue,
            Ok(text) => text,
            Err(_) => {
                unread += 1;
                continue;
            }
        };
        let named = globs.match_any(path.as_bytes());
        let mut found: Vec<(usize, String, FlagSource)> = Vec::new();
        let keys = flag_files::keys(path.as_bytes(), &text.after, named);
        found.extend(keys.into_iter().map(|(line, key)| (line, key, FlagSource::FlagFile)));
        let mut fits = patterns.find(&text.after);
        if has_sign(&text.after) {
            fits.extend(calls.find(&text.after));
        }
        let key = |fit: super::patterns::Fit<'_>| Some((fit.line, fit.first_group?, FlagSource::Call));
        found.extend(fits.into_iter().filter_map(key));
        if found.is_empty() {
            continue;
        }
        let (fresh, _) = text.fresh_and_gone();
        candidates.extend(found.into_iter().map(|(line, key, from)| {
            let stood_before = fresh.get(line - 1) != Some(&true);
            FlagCandidate { stood_before, path: path.clone(), line, key, from }
        }));
    }
    let truncated = candidates.len() > LISTED;
    let candidates = candidates.into_iter().take(LISTED).collect();
    Ok(FlagReport { candidates, unknown: changed.unknown.clone(), unread, truncated })
}

fn has_sign(text: &[u8]) -> bool {
    // One pass over the text for all signs: every sign ends in one of four bytes, so only there is anything compared.
    text.iter().enumerate().any(|(at, byte)| {
        matches!(byte, b'(' | b'e' | b'E' | b's' | b'S')
            && SIGNS.iter().any(|sign| {
                (at + 1).checked_sub(sign.len()).is_some_and(|start| text[start..=at].eq_ignore_ascii_case(sign))
            })
    })
}
