//! What a ref is to releases, and whether a line's releases run in production already.

use std::collections::HashSet;

use crate::domain::identity::ObjectId;
use crate::domain::policy::{Branches, Policy};
use crate::domain::release::ReleaseName;
use crate::failure::Failure;
use crate::git::repository::Repository;
use crate::git::tags::TagTarget;

use super::globs::Globs;

/// What a ref is, by the policy's names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefKind {
    /// A release line.
    Line(LineName),
    /// A release tag, by its short name.
    Tag(String),
    /// Something else.
    Other,
}

/// A release line's name, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineName {
    /// The branch's short name; bytes that are not UTF-8 are replaced.
    pub short: String,
    /// The version that it is for; none for a branch on which every release is made, one after the other.
    pub version: Option<ReleaseName>,
}

/// What a ref is by its full name.
pub fn ref_kind(name: &[u8], policy: &Policy) -> Result<RefKind, Failure> {
    let branches = &policy.branches;
    let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
    if let Some(short) = name.strip_prefix(b"refs/heads/") {
        let is_line = short != branches.main.as_bytes() && Globs::new(&branches.release_lines)?.match_any(short);
        return Ok(if is_line { RefKind::Line(LineName::new(text(short))) } else { RefKind::Other });
    }
    match name.strip_prefix(b"refs/tags/") {
        Some(short) if Globs::new(&branches.release_tags)?.match_any(short) => Ok(RefKind::Tag(text(short))),
        Some(_) | None => Ok(RefKind::Other),
    }
}

impl LineName {
    /// A branch's short name, taken apart.
    pub fn new(short: String) -> Self {
        let version = ReleaseName::read(short.trim_end_matches(".x"));
        Self { short, version }
    }
}

/// A full release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Its tag.
    pub tag: String,
    /// The tag's name, taken apart.
    pub name: ReleaseName,
    /// Its commit.
    pub commit: ObjectId,
}

/// Every full release here: each tag that fits the policy's globs and reads as a version; a pre-release runs nowhere, and a tag
/// that leads to no commit here is none.
pub fn releases(repository: &Repository, branches: &Branches) -> Result<Vec<Release>, Failure> {
    let globs = Globs::new(&branches.release_tags)?;
    let mut releases = Vec::new();
    for tag in repository.tags()? {
        let name = ReleaseName::read(&tag.name).filter(|name| !name.version.is_pre_release());
        if let Some(name) = name
            && globs.match_any(tag.name.as_bytes())
            && let TagTarget::Commit(commit) = repository.tag_target(&tag)?
        {
            releases.push(Release { tag: tag.name, name, commit });
        }
    }
    Ok(releases)
}

/// The oldest release that has a commit, by its version; none where it is not released.
pub fn first_with<'r>(
    repository: &Repository,
    releases: &'r [Release],
    commit: ObjectId,
) -> Result<Option<&'r Release>, Failure> {
    let mut first: Option<&Release> = None;
    for release in releases {
        if first.is_none_or(|first| release.name.version < first.name.version)
            && repository.contains(release.commit, commit)?
        {
            first = Some(release);
        }
    }
    Ok(first)
}

/// What ran before a commit did: the newest release older than the one that brought it, among those that it stands on.
pub fn before<'r>(
    repository: &Repository,
    releases: &'r [Release],
    commit: ObjectId,
    brought: &ReleaseName,
) -> Result<Option<&'r Release>, Failure> {
    let Some(&parent) = repository.node(commit)?.parents.first() else { return Ok(None) };
    let is_older =
        |release: &&Release| release.name.component == brought.component && release.name.version < brought.version;
    let mut older: Vec<&Release> = releases.iter().filter(is_older).collect();
    older.sort_by(|a, b| b.name.version.cmp(&a.name.version));
    for release in older {
        if repository.contains(parent, release.commit)? {
            return Ok(Some(release));
        }
    }
    Ok(None)
}

/// Whether a line that stands at `tip` was released, so that what comes to it changes production.
///
/// A line that is named after a version was, once that version or a patch of it stands on it; one that bears the name of a
/// released version and does not hold that release pretends to be it. Any other was, once a release stands on its own commits,
/// those that are not on the first-parent line of `main`.
pub fn was_released(
    repository: &Repository,
    releases: &[Release],
    line: &LineName,
    tip: ObjectId,
    main: Option<ObjectId>,
) -> Result<bool, Failure> {
    if let Some(name) = &line.version {
        for release in releases.iter().filter(|release| name.version.is_line_of(&release.name.version)) {
            if release.name.component == name.component || repository.contains(tip, release.commit)? {
                return Ok(true);
            }
        }
    }
    stands_on_own(repository, releases, tip, main)
}

fn stands_on_own(
    repository: &Repository,
    releases: &[Release],
    tip: ObjectId,
    main: Option<ObjectId>,
) -> Result<bool, Failure> {
    let commits: HashSet<ObjectId> = releases.iter().map(|release| release.commit).collect();
    let mut mains = HashSet::new();
    let mut next = main;
    while let Some(commit) = next {
        mains.insert(commit);
        next = repository.step(commit)?.parent;
    }
    let mut next = Some(tip);
    while let Some(commit) = next {
        if commits.contains(&commit) {
            return Ok(true);
        }
        if mains.contains(&commit) {
            break;
        }
        next = repository.step(commit)?.parent;
    }
    Ok(false)
}

/// The commits that `tip` has and none of `known` has, oldest first. Exit 4 where there are more than anybody could look at.
pub fn beyond(repository: &Repository, tip: ObjectId, known: &[ObjectId]) -> Result<Vec<ObjectId>, Failure> {
    const MOST: usize = 10_000;
    let commits = repository.commits_between(known, tip)?;
    if commits.len() > MOST {
        let message =
            format!("{} brings {} commits, more than can be looked at one by one", tip.short(), commits.len());
        return Err(Failure::undecided(message)
            .hint("git log --oneline OLD..NEW    # a hotfix is a few commits: was the right branch named?"));
    }
    Ok(commits)
}
