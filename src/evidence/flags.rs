//! Feature flags that could switch the broken thing off.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::domain::identity::RepositoryPath;
use crate::domain::policy::LookFor;
use crate::failure::Failure;

use super::changed::Changed;
use super::globs::Globs;
use super::patterns::Patterns;
use super::{flag_calls, flag_files};

/// How many candidates are listed.
const LISTED: usize = 50;

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
    let mut candidates = BTreeSet::new();
    let mut unread = 0;
    for change in changed.paths.iter().filter(|change| change.after.is_some()) {
        let Some(path) = change.path() else { continue };
        // The earlier side is read only where something was found, which is seldom.
        let after = match changed.later_text(change)? {
            Ok(after) if after.is_empty() => continue,
            Ok(after) => after,
            Err(_) => {
                unread += 1;
                continue;
            }
        };
        let named = globs.match_any(path.as_bytes());
        let mut found: Vec<(usize, String, FlagSource)> = Vec::new();
        let keys = flag_files::keys(path.as_bytes(), &after, named);
        found.extend(keys.into_iter().map(|(line, key)| (line, key, FlagSource::FlagFile)));
        let key = |fit: super::patterns::Fit<'_>| Some((fit.line, fit.first_group?, FlagSource::Call));
        found.extend(patterns.find(&after).into_iter().filter_map(key));
        found.extend(flag_calls::keys(&after).into_iter().map(|(line, key)| (line, key, FlagSource::Call)));
        if found.is_empty() {
            continue;
        }
        let fresh = changed.text(change)?.map(|text| text.fresh_and_gone().0).unwrap_or_default();
        candidates.extend(found.into_iter().map(|(line, key, from)| {
            let stood_before = fresh.get(line - 1) != Some(&true);
            FlagCandidate { stood_before, path: path.clone(), line, key, from }
        }));
    }
    let truncated = candidates.len() > LISTED;
    let candidates = candidates.into_iter().take(LISTED).collect();
    Ok(FlagReport { candidates, unknown: changed.unknown.clone(), unread, truncated })
}
