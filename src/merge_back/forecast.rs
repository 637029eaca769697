//! What would happen next: bringing the fix to the target now, and the next release cut from it.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::domain::fate::Fate;
use crate::domain::identity::{ObjectId, RepositoryPath};
use crate::domain::merge_back::Verdict;
use crate::failure::Failure;
use crate::git::repository::Repository;
use crate::git::trees::{Entry, Watch};
use crate::git::trial::{Conflict, Outcome, Trial};

use super::fix::Fix;
use super::report::Report;
use super::target::Target;

/// What bringing a fix to the target now would come to.
#[derive(Clone, Debug, Serialize)]
pub struct Forecast {
    /// Whether it applies cleanly.
    pub applies: bool,
    /// The commits that would be picked, oldest first.
    pub picks: Vec<ObjectId>,
    /// The commit at which it stops, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stops_at: Option<ObjectId>,
    /// What stands in the way there.
    pub conflicts: Vec<Conflict>,
    /// What to type.
    pub commands: Vec<String>,
    /// What the next release cut from the target does to the fix, in one sentence.
    pub next_release: String,
}

/// Tries it in memory. None where the fix is wholly there, or where its commits are gone.
pub fn forecast(target: &Target<'_>, fix: &Fix, report: &Report, into: &str) -> Result<Option<Forecast>, Failure> {
    let repository = target.repository;
    if report.verdict == Verdict::Merged || !fix.commits.iter().all(|commit| repository.has(*commit)) {
        return Ok(None);
    }
    let lacking = |path: &RepositoryPath| {
        let gone = |fate: Fate| matches!(fate, Fate::Never | Fate::Undone | Fate::Weak | Fate::Unknown);
        report.hunks.iter().any(|hunk| hunk.path == *path && gone(hunk.fate))
    };
    let mut tree = repository.node(target.commit)?.tree;
    let mut moved = false;
    for side in fix.changes.iter().filter_map(|change| change.before.as_ref()) {
        moved |= repository.entry_at(tree, &side.path)?.is_none();
    }
    let trial = Trial::new(repository, moved)?;
    let (mut steps, mut paths) = (Vec::new(), BTreeSet::new());
    for &commit in &fix.commits {
        let node = repository.node(commit)?;
        // A merge inside the fix brings no change of its own that a pick could carry.
        if node.parents.len() > 1 {
            continue;
        }
        let before = node.parents.first().map(|parent| repository.node(*parent).map(|node| node.tree)).transpose()?;
        let differing = repository.differing(before, Some(node.tree))?;
        if differing.iter().any(|file| lacking(&file.path)) {
            steps.push((commit, before, node.tree));
            paths.extend(differing.into_iter().map(|file| file.path));
        }
    }
    if !moved && let Some(small) = narrowed(repository, &trial, &paths, tree, &steps)? {
        (tree, steps) = small;
    }
    let picks: Vec<ObjectId> = steps.iter().map(|(commit, _, _)| *commit).collect();
    let (mut conflicts, mut stops_at) = (Vec::new(), None);
    for (at, &(commit, before, after)) in steps.iter().enumerate() {
        if at + 1 == steps.len() {
            conflicts = trial.conflicts(before, tree, after)?;
        } else {
            match trial.merge(before, tree, after)? {
                Outcome::Clean(next) => tree = next,
                Outcome::Conflicts(found) => conflicts = found,
            }
        }
        if !conflicts.is_empty() {
            stops_at = Some(commit);
            break;
        }
    }
    if picks.is_empty() {
        return Ok(None);
    }
    let list = picks.iter().map(ObjectId::short).collect::<Vec<_>>().join(" ");
    let commands = vec![format!("git switch {into}"), format!("git cherry-pick -x {list}")];
    let next_release = next_release(report, into);
    Ok(Some(Forecast { applies: stops_at.is_none(), picks, stops_at, conflicts, commands, next_release }))
}

/// One commit to be picked: it, the tree before it and the tree after it.
type Pick = (ObjectId, Option<ObjectId>, ObjectId);

/// The target's tree and the picks with only these paths in them: a merge of whole trees reads most of both. None where
/// something on the target stands in the way of a path, which only the whole trees can tell.
fn narrowed(
    repository: &Repository,
    trial: &Trial,
    paths: &BTreeSet<RepositoryPath>,
    tree: ObjectId,
    steps: &[Pick],
) -> Result<Option<(ObjectId, Vec<Pick>)>, Failure> {
    let paths: Vec<RepositoryPath> = paths.iter().cloned().collect();
    let mut watch = Watch::new(&paths);
    for (path, entry) in paths.iter().zip(watch.look(repository, tree)?) {
        if entry.is_none() && repository.is_blocked(tree, path)? {
            return Ok(None);
        }
    }
    let mut narrow = |tree: ObjectId| {
        let found = paths.iter().zip(watch.look(repository, tree)?);
        let entries: Vec<(&RepositoryPath, Entry)> =
            found.filter_map(|(path, entry)| Some((path, (*entry)?))).collect();
        Ok::<_, Failure>(trial.tree_of(&entries))
    };
    let Some(tree) = narrow(tree)? else { return Ok(None) };
    let mut small = Vec::with_capacity(steps.len());
    for &(commit, before, after) in steps {
        let before = match before.map(&mut narrow).transpose()? {
            Some(None) => return Ok(None),
            before => before.flatten(),
        };
        let Some(after) = narrow(after)? else { return Ok(None) };
        small.push((commit, before, after));
    }
    Ok(Some((tree, small)))
}

fn next_release(report: &Report, into: &str) -> String {
    match report.verdict {
        Verdict::Merged => format!("a release cut from {into} holds the fix"),
        Verdict::Missing => format!("a release cut from {into} silently drops the fix: the old behaviour comes back"),
        Verdict::Reverted => format!("a release cut from {into} drops the fix: it was there and was taken out"),
        Verdict::Partial => format!("a release cut from {into} holds only part of the fix"),
        Verdict::Unproven => {
            format!("nobody can say whether a release cut from {into} holds the fix: look at the candidate")
        }
    }
}
