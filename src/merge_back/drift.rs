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
    /// Whether something of it never goes back.
    #[serde(skip)]
    pub has_ignored: bool,
    /// Whether the target lacks it and its own line took it back, or it is what took such a one back: then nobody misses it.
    #[serde(skip)]
    pub taken_back: bool,
    /// By which commit it landed there, or the likeliest candidate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub landing: Option<ObjectId>,
    /// The commit that took most of it out there again, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undone_by: Option<ObjectId>,
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

/// Judges each commit of a line by itself, on this many threads, each with its own handle: libgit2's serve one thread.
///
/// Those that the target does not hold are asked for on the line's own tip too: what was taken back there is missed nowhere.
pub fn judge(
    repository: &Repository,
    threads: usize,
    (line, into): (ObjectId, ObjectId),
    commits: &[ObjectId],
    options: &Options,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<Drifted>, Failure> {
    let search = Search { repository, threads: threads.max(1), options, stop };
    let mut drifted = search.all(into, commits)?;
    let is_open = |one: &&Drifted| !one.ignored && one.verdict != Verdict::Merged;
    let open: Vec<ObjectId> = drifted.iter().filter(is_open).map(|one| one.commit).collect();
    if !open.is_empty() {
        let on_the_line = search.all(line, &open)?;
        let reverted = on_the_line.into_iter().filter(|one| one.verdict == Verdict::Reverted);
        let reverted: HashSet<ObjectId> = reverted.map(|one| one.commit).collect();
        let takers = takers(repository, &open, &reverted)?;
        let is_gone = |commit: &ObjectId| reverted.contains(commit) || takers.contains(commit);
        drifted.iter_mut().for_each(|one| one.taken_back = is_gone(&one.commit));
    }
    Ok(drifted)
}

/// Looks for each commit on the target, on this many threads, and on nothing else.
pub fn holds(
    repository: &Repository,
    threads: usize,
    into: ObjectId,
    commits: &[ObjectId],
    options: &Options,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<Drifted>, Failure> {
    Search { repository, threads: threads.max(1), options, stop }.all(into, commits)
}

/// Those that are nothing but the reverse of one that was taken back: where that never came to, they have nothing to do.
fn takers(
    repository: &Repository,
    open: &[ObjectId],
    taken_back: &HashSet<ObjectId>,
) -> Result<HashSet<ObjectId>, Failure> {
    let sides = |commit: &ObjectId| Ok(fix_of(repository, *commit)?.changes);
    let gone = taken_back.iter().map(sides).collect::<Result<Vec<_>, Failure>>()?;
    let is_reverse = |changes: &[Change]| {
        let reversed = |change: &Change| Change { before: change.after.clone(), after: change.before.clone() };
        let reversed: Vec<Change> = changes.iter().map(reversed).collect();
        gone.contains(&reversed)
    };
    let mut found = HashSet::new();
    for commit in open.iter().filter(|commit| !gone.is_empty() && !taken_back.contains(commit)) {
        if is_reverse(&sides(commit)?) {
            found.insert(*commit);
        }
    }
    Ok(found)
}

/// What the commits are looked for with.
struct Search<'s> {
    repository: &'s Repository,
    threads: usize,
    options: &'s Options,
    stop: &'s (dyn Fn() -> bool + Sync),
}

impl Search<'_> {
    /// Looks for each commit on the target, whose line is read once. Commits that change the same file are judged one after
    /// another, by the same thread as far as may be: they look at the same versions of it.
    fn all(&self, into: ObjectId, commits: &[ObjectId]) -> Result<Vec<Drifted>, Failure> {
        let (threads, stop) = (self.threads, &self.stop);
        let line = Line::read(&Target::new(self.repository, into, stop), commits, threads, stop)?;
        let path = self.repository.common_directory();
        let share = commits.len().div_ceil(threads).max(1);
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
            let target = Target::new(&repository, into, stop).on(&line);
            let mut drifted = HashMap::new();
            while let Some(part) = parts.get(next.fetch_add(1, Ordering::Relaxed)) {
                for fix in *part {
                    drifted.extend(judge_one(&target, fix, self.options)?.map(|one| (one.commit, one)));
                }
            }
            Ok(drifted)
        };
        let workers: Vec<usize> = (0..threads).collect();
        let mut drifted: HashMap<ObjectId, Drifted> = at_once(&workers, work)?.into_iter().flatten().collect();
        Ok(commits.iter().filter_map(|commit| drifted.remove(commit)).collect())
    }
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
    let has_ignored = report.hunks.iter().any(|hunk| hunk.fate == Fate::Ignored);
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
        has_ignored,
        taken_back: false,
        landing: report.landings.first().map(|landing| landing.commit).or(candidate),
        undone_by: report.undone_by.first().map(|by| by.commit),
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
