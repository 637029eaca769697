//! Hotfixes that nobody recorded: what came to a release line after its first release and belongs to no incident.

use std::collections::{HashMap, HashSet};

use crate::domain::event::FixAttached;
use crate::domain::identity::{Moment, ObjectId, RepositoryPath};
use crate::domain::policy::Policy;
use crate::domain::release::{ReleaseName, Version};
use crate::failure::Failure;
use crate::git::commits::CommitLine;
use crate::git::repository::Repository;

use super::attribution::{Attribution, Belongs};
use super::globs::Globs;
use super::shipped::{self, Release};

/// How many commits of a branch that was merged into a line are looked at.
const LONGEST_BRANCH: usize = 1_000;

/// A change of production that no incident owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unrecorded {
    /// The commit.
    pub commit: CommitLine,
    /// The release line, as it is shown; none where only a release has it.
    pub line: Option<String>,
    /// The newest commit of that line or release.
    pub tip: ObjectId,
    /// The first release tag on the line that has it; none while it is not released.
    pub tag: Option<String>,
}

/// What changed production.
#[derive(Debug, Default)]
pub struct Found {
    /// What no incident owns.
    pub unrecorded: Vec<Unrecorded>,
    /// What needs no incident, for the policy says that it never goes back: each commit, with those paths.
    pub let_through: Vec<(ObjectId, Vec<RepositoryPath>)>,
}

/// A commit that changed production, the first release that has it, and, where no incident need own it, the paths for which
/// the policy says so.
type Came = (ObjectId, Option<String>, Option<Vec<RepositoryPath>>);

/// The commits on the release lines, and in releases that are on none, committed since `since`, that are no part of `fixes`, oldest first on each line.
///
/// A line's own commits are those on its first-parent line that are not on main's own. What came to it before a patch release, or
/// after its newest release, changed production; what prepared a release that is no patch is a planned one. A branch that was
/// merged into the line belongs to it if it forked from it; one that forked from main is planned too. What only changes paths
/// that never go back (a version bump) is no fix. `deployed` is what ran beside the full releases. Exit 4 where an object is
/// missing.
pub fn unrecorded(
    repository: &Repository,
    policy: &Policy,
    fixes: &[&FixAttached],
    deployed: Vec<Release>,
    since: Moment,
) -> Result<Found, Failure> {
    let never_goes_back = Globs::new(&policy.merge_back.never_goes_back)?;
    let mut releases = shipped::releases(repository, &policy.branches)?;
    releases.extend(deployed);
    let look = Look::new(repository, policy, &releases, Attribution::new(repository, fixes, &never_goes_back))?;
    let lines = Globs::new(&policy.branches.release_lines)?;
    let mut places: Vec<(String, Option<String>, ObjectId)> = Vec::new();
    for branch in repository.shared_branches()? {
        if branch.short == policy.branches.main || !lines.match_any(branch.short.as_bytes()) {
            continue;
        }
        places.push((branch.short.clone(), Some(branch.shown().to_owned()), repository.tip(&branch)?));
    }
    // A release runs whether its branch is here or gone. The newest first: it has most of what the others have.
    releases.sort_by(|a, b| b.name.version.cmp(&a.name.version).then_with(|| a.tag.cmp(&b.tag)));
    places.extend(releases.iter().map(|release| (release.tag.clone(), None, release.commit)));
    let (mut found, mut walked) = (Found::default(), HashSet::new());
    for (name, line, tip) in places {
        if line.is_none() && walked.contains(&tip) {
            continue;
        }
        for (commit, tag, never) in look.on_line(&name, tip, &mut walked)? {
            let commit = repository.commit_line(commit)?;
            let is_known = found.unrecorded.iter().any(|known| known.commit.id == commit.id)
                || found.let_through.iter().any(|(known, _)| *known == commit.id);
            if commit.at < since || is_known {
                continue;
            }
            match never {
                Some(paths) => found.let_through.push((commit.id, paths)),
                None => found.unrecorded.push(Unrecorded { commit, line: line.clone(), tip, tag }),
            }
        }
    }
    Ok(found)
}

struct Look<'r, 'f> {
    repository: &'r Repository,
    /// Main's own line.
    main: HashSet<ObjectId>,
    /// The full releases, by commit.
    releases: HashMap<ObjectId, (String, Version)>,
    attribution: Attribution<'r, 'f>,
}

impl<'r, 'f> Look<'r, 'f> {
    fn new(
        repository: &'r Repository,
        policy: &Policy,
        releases: &[Release],
        attribution: Attribution<'r, 'f>,
    ) -> Result<Self, Failure> {
        let main = mains(repository, &policy.branches.main)?;
        let version = |release: &Release| (release.tag.clone(), release.name.version.clone());
        let releases = releases.iter().map(|release| (release.commit, version(release)));
        Ok(Self { repository, main, releases: releases.collect(), attribution })
    }

    /// The unowned commits of a line that changed production, oldest first; `walked` is what was met on the way.
    fn on_line(&self, name: &str, tip: ObjectId, walked: &mut HashSet<ObjectId>) -> Result<Vec<Came>, Failure> {
        // Newest first, down to the fork from main.
        let (mut line, mut fork, mut next) = (Vec::new(), None, Some(tip));
        while let Some(commit) = next {
            if self.main.contains(&commit) {
                fork = Some(commit);
                break;
            }
            line.push(commit);
            next = self.repository.step(commit)?.parent;
        }
        walked.extend(&line);
        let on_line: HashSet<_> = line.iter().copied().chain(fork).collect();
        let mut found = Vec::new();
        let mut release = None;
        for (at, &commit) in line.iter().enumerate() {
            release = self.releases.get(&commit).or(release);
            let changed_production = match release {
                Some((_, version)) => version.is_patch() && self.was_released(name, &line[at + 1..], fork),
                None => self.was_released(name, &line[at..], fork),
            };
            if !changed_production {
                continue;
            }
            let parents = self.repository.node(commit)?.parents;
            let brought = match parents.as_slice() {
                [_, merged @ ..] if !merged.is_empty() => {
                    let branches = merged.iter().map(|&side| self.branch_from_line(side, &on_line));
                    branches.collect::<Result<Vec<_>, _>>()?.concat()
                }
                _ => vec![commit],
            };
            for commit in brought {
                let never = match self.attribution.of(commit)? {
                    Belongs::To(_) => continue,
                    Belongs::Nobody { .. } => None,
                    Belongs::Carried => Some(self.attribution.never_goes_back(commit)?),
                };
                // What changes nothing is not worth a word.
                if never.as_ref().is_none_or(|paths| !paths.is_empty()) {
                    found.push((commit, release.map(|(tag, _)| tag.clone()), never));
                }
            }
        }
        found.reverse();
        Ok(found)
    }

    /// Whether a release of the line stands on one of its commits, or where it forked: a line that is named after another
    /// version than that one was made for the next release.
    fn was_released(&self, name: &str, below: &[ObjectId], fork: Option<ObjectId>) -> bool {
        let is_this_line = |version: &Version| {
            ReleaseName::read(name.trim_end_matches(".x")).is_none_or(|line| version.is_on_line_of(&line.version))
        };
        below.iter().any(|commit| self.releases.contains_key(commit))
            || fork.and_then(|fork| self.releases.get(&fork)).is_some_and(|(_, version)| is_this_line(version))
    }

    /// The commits of a merged branch, newest first, if it forked from the line; none if it came from main.
    fn branch_from_line(&self, side: ObjectId, line: &HashSet<ObjectId>) -> Result<Vec<ObjectId>, Failure> {
        let (mut commits, mut next) = (Vec::new(), Some(side));
        while let Some(commit) = next {
            if line.contains(&commit) {
                return Ok(commits);
            }
            if self.main.contains(&commit) || commits.len() == LONGEST_BRANCH {
                break;
            }
            let node = self.repository.node(commit)?;
            if node.parents.len() < 2 {
                commits.push(commit);
            }
            next = node.parents.first().copied();
        }
        Ok(Vec::new())
    }
}

/// Main's own line: its first parents, and those of what it was before a merge of it into somebody's branch became main, as
/// `git pull && git push` makes it. Only the words of such a merge tell it from one of a hotfix branch.
fn mains(repository: &Repository, name: &str) -> Result<HashSet<ObjectId>, Failure> {
    let mut mains = HashSet::new();
    let mut tips: Vec<ObjectId> =
        repository.shared_branch(name)?.map(|main| repository.tip(&main)).transpose()?.into_iter().collect();
    while let Some(tip) = tips.pop() {
        let mut next = Some(tip);
        while let Some(commit) = next.filter(|commit| !mains.contains(commit)) {
            mains.insert(commit);
            let step = repository.step(commit)?;
            if let Some(merged) = step.merged
                && says_it_merged(&repository.commit_line(commit)?.subject, name)
            {
                tips.push(merged);
            }
            next = step.parent;
        }
    }
    Ok(mains)
}

/// Whether the first line of a merge's message, as git writes it, says that a branch of that name was merged.
fn says_it_merged(subject: &str, name: &str) -> bool {
    let quoted = |before: &str| Some(subject.strip_prefix(before)?.split_once('\'')?.0);
    let of_remote = || quoted("Merge remote-tracking branch '")?.split_once('/').map(|(_, branch)| branch);
    quoted("Merge branch '").or_else(of_remote) == Some(name)
}
