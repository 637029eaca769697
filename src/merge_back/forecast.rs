//! What would happen next: bringing the fix to the target now, and the next release cut from it.

use serde::Serialize;

use crate::domain::fate::Fate;
use crate::domain::identity::{ObjectId, RepositoryPath};
use crate::domain::merge_back::Verdict;
use crate::failure::Failure;
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
    let mut steps = Vec::new();
    for &commit in &fix.commits {
        let node = repository.node(commit)?;
        // A merge inside the fix brings no change of its own that a pick could carry.
        if node.parents.len() > 1 {
            continue;
        }
        let before = node.parents.first().map(|parent| repository.node(*parent).map(|node| node.tree)).transpose()?;
        if repository.differing(before, Some(node.tree))?.iter().any(|file| lacking(&file.path)) {
            steps.push((commit, before, node.tree));
        }
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
