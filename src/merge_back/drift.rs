//! Every commit of a release line, and whether the target holds it.

use serde::Serialize;

use crate::domain::event::Side;
use crate::domain::identity::{ObjectId, RepositoryPath};
use crate::domain::merge_back::Verdict;
use crate::failure::Failure;
use crate::git::repository::Repository;
use crate::git::trial::{Conflict, Trial};

use super::fix::Fix;
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

/// The commits (no merges) that the line has and the target does not contain, oldest first.
pub fn commits(repository: &Repository, line: ObjectId, into: ObjectId) -> Result<Vec<ObjectId>, Failure> {
    let mut commits = repository.commits_between(&[into], line)?;
    let mut kept = Vec::with_capacity(commits.len());
    for commit in commits.drain(..) {
        if repository.node(commit)?.parents.len() < 2 {
            kept.push(commit);
        }
    }
    Ok(kept)
}

/// Judges each commit by itself, on this many threads, each with its own handle: libgit2's serve one thread.
///
/// The target's line is walked once a thread, for the paths of all its commits together.
pub fn judge(
    repository: &Repository,
    threads: usize,
    into: ObjectId,
    commits: &[ObjectId],
    options: &Options,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<Drifted>, Failure> {
    let share = commits.len().div_ceil(threads.max(1)).max(1);
    let path = repository.common_directory();
    std::thread::scope(|scope| {
        let work = commits.chunks(share);
        let threads: Vec<_> =
            work.map(|commits| scope.spawn(|| judge_share(&path, into, commits, options, stop))).collect();
        let mut all = Vec::with_capacity(commits.len());
        for thread in threads {
            all.extend(thread.join().map_err(|_| Failure::undecided("a worker of the search broke"))??);
        }
        Ok(all)
    })
}

fn judge_share(
    path: &std::path::Path,
    into: ObjectId,
    commits: &[ObjectId],
    options: &Options,
    stop: &dyn Fn() -> bool,
) -> Result<Vec<Drifted>, Failure> {
    let repository = Repository::discover(path)?;
    let target = Target::new(&repository, into, stop);
    let fixes = commits.iter().map(|commit| Fix::of_commits(&repository, &[*commit])).collect::<Result<Vec<_>, _>>()?;
    target.prepare(&fixes)?;
    let mut drifted = Vec::with_capacity(fixes.len());
    for fix in &fixes {
        target.check_time()?;
        let report = search(&target, fix, options)?;
        let ignored =
            !report.hunks.is_empty() && report.hunks.iter().all(|hunk| hunk.fate == crate::domain::fate::Fate::Ignored);
        let Some(&commit) = fix.commits.first() else { continue };
        let candidate = report.candidates.first().map(|candidate| candidate.commit);
        let mut missing: Vec<RepositoryPath> = report.missing.into_iter().map(|part| part.path).collect();
        missing.dedup();
        drifted.push(Drifted {
            commit,
            summary: repository.message(commit)?.summary().to_owned(),
            verdict: report.verdict,
            ignored,
            landing: report.landings.first().map(|landing| landing.commit).or(candidate),
            missing,
        });
    }
    Ok(drifted)
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

/// The paths that a fix's search starts from.
pub(super) fn starts(fix: &Fix) -> impl Iterator<Item = &RepositoryPath> {
    fix.changes
        .iter()
        .filter_map(|change| change.before.as_ref().or(change.after.as_ref()))
        .map(|side: &Side| &side.path)
}
