//! How this repository names its branches and tags, so that a first policy fits it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::failure::Failure;
use crate::git::repository::Repository;

use super::trusted_ref::{default_branch, remotes};

/// The names found in a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Conventions {
    /// The branch where every fix must end.
    pub main: String,
    /// Globs of the release lines; empty where none was found.
    pub release_lines: Vec<String>,
    /// Globs of the release tags; empty where none was found.
    pub release_tags: Vec<String>,
    /// The branch that is production where the team works by git-flow.
    pub production_branch: Option<String>,
}

/// The most globs that are written; more are noise.
const MOST: usize = 8;

/// Looks at the branches and tags that this clone has. Exit 4 where git can't list them.
pub fn conventions(repository: &Repository) -> Result<Conventions, Failure> {
    let default = default_branch(repository)?.map(|default| default.branch.short);
    let mut branches: Vec<String> = repository.local_branches()?.into_iter().map(|branch| branch.short).collect();
    for remote in remotes(repository)? {
        branches.extend(repository.fetched_branches(&remote)?.into_iter().map(|branch| branch.short));
    }
    let tags: Vec<String> = repository.tags()?.into_iter().map(|tag| tag.name).collect();
    let main = default.or_else(|| repository.head_branch().map(|branch| branch.short));
    Ok(from_names(main.unwrap_or_else(|| "main".to_owned()), &branches, &tags))
}

/// The conventions that some names show, of which one is the default branch.
fn from_names(default: String, branches: &[String], tags: &[String]) -> Conventions {
    let has = |name: &str| branches.iter().any(|branch| branch == name);
    // Git-flow: work meets on develop, and main (or master) is what runs.
    let production_branch = match default.as_str() {
        "develop" => ["main", "master"].into_iter().find(|name| has(name)).map(str::to_owned),
        "main" | "master" if has("develop") => Some(default.clone()),
        _ => None,
    };
    let main = if production_branch.is_some() { "develop".to_owned() } else { default };
    let mut release_lines = most_frequent(branches.iter().filter_map(|branch| line_glob(branch)));
    if let Some(production) = &production_branch {
        release_lines.insert(0, production.clone());
    }
    let mut release_tags = most_frequent(tags.iter().filter_map(|tag| tag_glob(tag, &DOTTED)));
    if release_tags.is_empty() {
        release_tags = most_frequent(tags.iter().filter_map(|tag| tag_glob(tag, &NUMBERED)));
    }
    Conventions { main, release_lines, release_tags, production_branch }
}

fn most_frequent(globs: impl Iterator<Item = String>) -> Vec<String> {
    let mut counts = BTreeMap::<String, usize>::new();
    globs.for_each(|glob| *counts.entry(glob).or_default() += 1);
    let mut counted: Vec<(String, usize)> = counts.into_iter().collect();
    counted.sort_by(|(one, ones), (other, others)| others.cmp(ones).then(one.cmp(other)));
    counted.into_iter().map(|(glob, _)| glob).take(MOST).collect()
}

macro_rules! pattern {
    ($name:ident $pattern:literal) => {
        static $name: LazyLock<Regex> = LazyLock::new(|| Regex::new($pattern).expect("a valid pattern"));
    };
}

// `v1.2.3`, `shop-1.2.0-rc.1`; the prefix must not end in a digit or a dot, which would be part of the version.
pattern!(DOTTED r"^((?:[^0-9{}]|[0-9][^0-9.{}])*?)[0-9]+(?:\.[0-9]+)+(?:[-+.]?[A-Za-z0-9.+-]*)$");
// `release-20260131`, `build7`.
pattern!(NUMBERED r"^([^0-9{}]*)[0-9]+$");
// `release/1.4`, `releases/2026-01`, `stable-3`.
pattern!(WORDED r"^((?:release|releases|rel|stable|support|maint|maintenance)[/-])[^/{}]*[0-9][^/{}]*$");
// `1.4.x`, `v1.4`, `shop-1.4.x`, `stable/1.4`, `1.4-stable`; not `feature/x-1.2`.
pattern!(VERSIONED r"^([A-Za-z-]*?)[0-9]+(?:\.[0-9]+)*(\.x|-stable|-maintenance)$");
pattern!(BARE r"^(v?)[0-9]+\.[0-9]+(?:\.[0-9]+)?$");

/// How branches of work in progress begin: `fix-broadcast-1.38.x` is no release line.
const TOPICS: &[&str] =
    &["fix-", "hotfix-", "bugfix-", "feature-", "feat-", "backport-", "test-", "docs-", "ci-", "wip-"];

fn tag_glob(tag: &str, pattern: &Regex) -> Option<String> {
    pattern.captures(tag).map(|found| format!("{}[0-9]*", &found[1]))
}

fn line_glob(branch: &str) -> Option<String> {
    if let Some(found) = WORDED.captures(branch) {
        return Some(format!("{}*", &found[1]));
    }
    if let Some(found) =
        VERSIONED.captures(branch).filter(|found| !TOPICS.iter().any(|topic| found[1].starts_with(topic)))
    {
        return Some(format!("{}*{}", &found[1], &found[2]));
    }
    BARE.captures(branch).map(|found| format!("{}[0-9]*", &found[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Default branch, branches and tags, and then main, release lines and release tags that follow from them.
    const CASES: &[[&str; 6]] = &[
        ["main", "main release/1.3 release/1.4 feature/x-1.2", "v1.3.0 v1.4.1-rc.1", "main", "release/*", "v[0-9]*"],
        [
            "master",
            "master tokio-1.47.x tokio-1.43.x alice/fix fix-channel-1.38.x",
            "tokio-1.47.0 tokio-util-0.7.1 tokio-1.47.1",
            "master",
            "tokio-*.x",
            "tokio-[0-9]* tokio-util-[0-9]*",
        ],
        ["main", "release-3.5 dependabot/go/x-1.2", "v3.5.1 api/v3.5.1", "main", "release-*", "api/v[0-9]* v[0-9]*"],
        ["develop", "develop main", "1.0.0", "develop", "main", "[0-9]*"],
        ["master", "develop master release/2", "", "develop", "master release/*", ""],
        ["trunk", "trunk", "build7 build8 latest", "trunk", "", "build[0-9]*"],
        ["main", "main 1.2.x v2.0 3.1-stable", "nightly", "main", "*-stable *.x v[0-9]*", ""],
    ];

    #[test]
    fn names_become_globs() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        for [default, branches, tags, main, lines, releases] in CASES {
            let found = from_names((*default).to_owned(), &words(branches), &words(tags));
            let expected = ((*main).to_owned(), words(lines), words(releases));
            assert_eq!((found.main, found.release_lines, found.release_tags), expected, "{branches} {tags}");
        }
    }
}
