//! Every commit of a release line, and whether the target holds it.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Serialize;

use crate::domain::event::Change;
use crate::domain::fate::Fate;
use crate::domain::identity::{ObjectId, RepositoryPath};
use crate::domain::merge_back::Verdict;
use crate::failure::Failure;
use crate::git::repository::Repository;
use crate::git::trial::{Conflict, Trial};

use super::by_hand::by_hand;
use super::fix::Fix;
use super::line::{Line, at_once};
use super::search::{Options, search};
use super::target::Target;

/// One commit of the line.
#[derive(Clone, Debug, Serialize)]
pub struct Drifted {
    /// The commit.
    pub commit: ObjectId,
    /// Its first line.
    pub summary: String,
    /// Whether the target holds it.
    pub verdict: Verdict,
    /// Whether it only changes what never goes back.
    pub ignored: bool,
    /// By which commit it landed there, or the likeliest candidate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub landing: Option<ObjectId>,
    /// The paths of what is missing.
    pub missing: Vec<RepositoryPath>,
}

/// The commits of the line since it left the target's own, oldest first; of its merges those in which a person changed
/// something. What was merged into the target is asked for too: the merge may have dropped it, and a revert taken it back.
pub fn commits(repository: &Repository, line: ObjectId, into: ObjectId) -> Result<Vec<ObjectId>, Failure> {
    let target = Target::new(repository, into, &|| false);
    let fork = target.meet(line)?.map(|number| target.id(number));
    let commits = repository.commits_between(&[fork.unwrap_or(into)], line)?;
    // The target's line itself may have been merged into this one since: what came by that is not the line's own.
    let (mut open, mut own) = (vec![line], HashSet::new());
    let all: HashSet<ObjectId> = commits.iter().copied().collect();
    while let Some(commit) = open.pop() {
        if all.contains(&commit) && target.number(commit).is_none() && own.insert(commit) {
            open.extend(repository.node(commit)?.parents);
        }
    }
    let mut kept = Vec::with_capacity(own.len());
    for commit in commits.into_iter().filter(|commit| own.contains(commit)) {
        let node = repository.node(commit)?;
        if node.parents.len() < 2 || !by_hand(repository, &node)?.is_empty() {
            kept.push(commit);
        }
    }
    Ok(kept)
}

/// Judges each commit by itself, on this many threads, each with its own handle: libgit2's serve one thread.
///
/// The target's line is read once. Commits that change the same file are judged one after another, by the same thread as far
/// as may be: they look at the same versions of it.
pub fn judge(
    repository: &Repository,
    threads: usize,
    into: ObjectId,
    commits: &[ObjectId],
    options: &Options,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<Drifted>, Failure> {
    let line = Line::read(&Target::new(repository, into, &stop), commits, threads, stop)?;
    let path = repository.common_directory();
    let share = commits.len().div_ceil(threads.max(1)).max(1);
    let shares: Vec<&[ObjectId]> = commits.chunks(share).collect();
    let mut fixes = at_once(&shares, |commits| {
        let repository = Repository::discover(&path)?;
        commits.iter().map(|commit| fix_of(&repository, *commit)).collect::<Result<Vec<_>, _>>()
    })?
    .concat();
    fixes.sort_by(|a, b| a.changes.first().map(Change::path).cmp(&b.changes.first().map(Change::path)));
    let next = AtomicUsize::new(0);
    let parts: Vec<&[Fix]> = fixes.chunks((share / PARTS).max(1)).collect();
    let work = |_: &usize| {
        let repository = Repository::discover(&path)?;
        let target = Target::new(&repository, into, &stop).on(&line);
        let mut drifted = HashMap::new();
        while let Some(part) = parts.get(next.fetch_add(1, Ordering::Relaxed)) {
            for fix in *part {
                drifted.extend(judge_one(&target, fix, options)?.map(|one| (one.commit, one)));
            }
        }
        Ok(drifted)
    };
    let workers: Vec<usize> = (0..threads.max(1)).collect();
    let mut drifted: HashMap<ObjectId, Drifted> = at_once(&workers, work)?.into_iter().flatten().collect();
    Ok(commits.iter().filter_map(|commit| drifted.remove(commit)).collect())
}

/// Into so many parts a thread's share of the work is divided, so that none is left waiting for the other.
const PARTS: usize = 8;

/// A commit's own change; of a merge only what a person did, if there is any.
fn fix_of(repository: &Repository, commit: ObjectId) -> Result<Fix, Failure> {
    let mut fix = Fix::of_commits(repository, &[commit])?;
    let node = repository.node(commit)?;
    if node.parents.len() > 1 {
        let by_hand = by_hand(repository, &node)?;
        if !by_hand.is_empty() {
            fix.changes.retain(|change| by_hand.iter().any(|file| change.path() == Some(&file.path)));
        }
    }
    Ok(fix)
}

fn judge_one(target: &Target<'_>, fix: &Fix, options: &Options) -> Result<Option<Drifted>, Failure> {
    target.check_time()?;
    let report = search(target, fix, options)?;
    let ignored = !report.hunks.is_empty() && report.hunks.iter().all(|hunk| hunk.fate == Fate::Ignored);
    let Some(&commit) = fix.commits.first() else { return Ok(None) };
    let candidate = report.candidates.first().map(|candidate| candidate.commit);
    let mut missing: Vec<RepositoryPath> = report.missing.into_iter().map(|part| part.path).collect();
    missing.dedup();
    Ok(Some(Drifted {
        commit,
        summary: target.repository.message(commit)?.summary().to_owned(),
        verdict: report.verdict,
        ignored,
        landing: report.landings.first().map(|landing| landing.commit).or(candidate),
        missing,
    }))
}

/// What merging the target into the standing line would come to.
#[derive(Clone, Debug, Serialize)]
pub struct MergeForecast {
    /// Whether it merges cleanly.
    pub clean: bool,
    /// What stands in the way.
    pub conflicts: Vec<Conflict>,
}

/// Merges the target into the line in memory. None where both have no common history.
pub fn merge_into_line(
    repository: &Repository,
    line: ObjectId,
    into: ObjectId,
) -> Result<Option<MergeForecast>, Failure> {
    let Some(base) = repository.merge_base(line, into)? else { return Ok(None) };
    let tree = |commit: ObjectId| repository.node(commit).map(|node| node.tree);
    let conflicts = Trial::new(repository)?.conflicts(tree(base)?, tree(line)?, tree(into)?)?;
    Ok(Some(MergeForecast { clean: conflicts.is_empty(), conflicts }))
}
