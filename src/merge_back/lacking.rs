//! Which commits of a fix made what a target lacks of it: what landed need not be brought again.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::domain::event::{Change, Side};
use crate::domain::fate::Fate;
use crate::domain::identity::{ObjectId, RepositoryPath};
use crate::domain::lines::Hunk;
use crate::domain::merge_back::Verdict;
use crate::failure::Failure;
use crate::git::repository::Repository;

use super::by_hand::by_hand;
use super::fix::{Fix, entry_of, pair_renames};
use super::forecast::ByHand;
use super::judge::Part;
use super::report::{HunkReport, Report};
use super::search::{Options, search};
use super::target::Target;

/// A commit of a fix with what it made itself.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) commit: ObjectId,
    /// All that a pick of it brings: of a merge against its first parent.
    pub(super) brings: Vec<Change>,
    /// Its own part of that: of a merge among other commits of the fix, what a person did in it.
    pub(super) own: Vec<Change>,
    pub(super) is_merge: bool,
}

impl Step {
    /// None for a merge that brings nothing of its own. Exit 4 where an object is missing.
    fn of(target: &Target<'_>, fix: &Fix, commit: ObjectId) -> Result<Option<Self>, Failure> {
        let repository = target.repository;
        let node = repository.node(commit)?;
        let before = node.parents.first().map(|parent| repository.node(*parent).map(|node| node.tree)).transpose()?;
        let brings = pair_renames(repository, repository.differing(before, Some(node.tree))?)?;
        let (is_merge, mut own) = (node.parents.len() > 1, brings.clone());
        if is_merge && !is_all_of_the_fix(target, fix, &node.parents[1..])? {
            let paths: BTreeSet<RepositoryPath> =
                by_hand(repository, &node)?.into_iter().map(|file| file.path).collect();
            own.retain(|change| change.path().is_some_and(|path| paths.contains(path)));
        }
        Ok((!own.is_empty()).then_some(Self { commit, brings, own, is_merge }))
    }

    /// Whether all that a pick of it brings is its own.
    pub(super) fn is_alone(&self) -> bool {
        self.own.len() == self.brings.len()
    }

    /// What a person did in it, where it is a merge among other commits.
    pub(super) fn by_hand(self) -> ByHand {
        let paths = self.own.iter().filter_map(Change::path).cloned().collect();
        ByHand { commit: self.commit, paths }
    }

    /// Whether the target holds all that it made: then a pick of it has nothing to bring. What can't be told is not held.
    fn is_held(&self, target: &Target<'_>, options: &Options) -> bool {
        let options = Options { without_candidates: true, without_hunks: true, ..options.clone() };
        let held = || {
            let mut alone = Fix::of_commits(target.repository, &[self.commit])?;
            alone.changes.clone_from(&self.own);
            search(target, &alone, &options)
        };
        held().is_ok_and(|report| report.verdict == Verdict::Merged)
    }
}

/// Whether what a merge brought from its other parents is the fix as much as what a person did in it: nothing else of the fix
/// brings that, and the target is not where it came from.
fn is_all_of_the_fix(target: &Target<'_>, fix: &Fix, others: &[ObjectId]) -> Result<bool, Failure> {
    if fix.commits.len() == 1 {
        return Ok(true);
    }
    for other in others {
        if fix.commits.contains(other) || target.repository.contains(target.commit, *other)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The commits to bring, oldest first: those that made something of what is lacking, and are not held by themselves. Exit 4
/// where an object is missing.
pub(super) fn steps(target: &Target<'_>, fix: &Fix, report: &Report, options: &Options) -> Result<Vec<Step>, Failure> {
    let steps = fix.commits.iter().map(|commit| Step::of(target, fix, *commit));
    let steps: Vec<Step> = steps.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    let lacking: Vec<&HunkReport> = report.hunks.iter().filter(|hunk| is_lacking(hunk)).collect();
    let straight = is_straight(target.repository, &fix.commits)?;
    let (mut makers, mut sure) = (BTreeMap::<&RepositoryPath, Option<BTreeSet<ObjectId>>>::new(), BTreeSet::new());
    for hunk in &lacking {
        if !makers.contains_key(&hunk.path) {
            let parts: Vec<&Part> =
                lacking.iter().filter(|other| other.path == hunk.path).map(|hunk| &hunk.part).collect();
            let traced = if straight { traced(target, fix, &steps, &hunk.path, &parts, &mut sure)? } else { None };
            makers.insert(&hunk.path, traced);
        }
    }
    let made = |step: &Step| {
        let paths = step.own.iter().filter_map(Change::path);
        paths.filter_map(|path| makers.get(path)).any(|makers| match makers {
            Some(makers) => makers.contains(&step.commit),
            None => true,
        })
    };
    let made: Vec<Step> = steps.into_iter().filter(made).collect();
    // What of a commit can be held is on paths of which something is; to look for each by itself takes its time.
    let held: BTreeSet<&RepositoryPath> =
        report.hunks.iter().filter(|hunk| !is_lacking(hunk)).map(|hunk| &hunk.path).collect();
    let may_be_held = |step: &Step| step.own.iter().filter_map(Change::path).all(|path| held.contains(path));
    let is_known = |step: &Step| !straight || made.len() < 2 || sure.contains(&step.commit) || !may_be_held(step);
    let is_open = |step: &&Step| is_known(step) || !step.is_held(target, options);
    let open: Vec<Step> = made.iter().filter(is_open).cloned().collect();
    // Where each is held by itself and yet not all of them together, what one more pick changes is the only sign.
    Ok(if open.is_empty() { made } else { open })
}

/// Whether a part of the fix has to be brought: what landed, and became something that nobody can judge, has not.
fn is_lacking(hunk: &HunkReport) -> bool {
    match hunk.fate {
        Fate::Never | Fate::Undone | Fate::Weak => true,
        Fate::Unknown => hunk.landed_by.is_none(),
        Fate::InEffect | Fate::Evolved | Fate::Ignored => false,
    }
}

/// Whether the commits are a row in which each is the only parent of the next.
fn is_straight(repository: &Repository, commits: &[ObjectId]) -> Result<bool, Failure> {
    for pair in commits.windows(2) {
        if repository.node(pair[1])?.parents != pair[..1] {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The commits of a straight fix of which lines of theirs, or what stands in their place in the end, are in one of these parts
/// of a path; none where that can't be told. `sure` gets those that alone made one.
fn traced(
    target: &Target<'_>,
    fix: &Fix,
    steps: &[Step],
    path: &RepositoryPath,
    parts: &[&Part],
    sure: &mut BTreeSet<ObjectId>,
) -> Result<Option<BTreeSet<ObjectId>>, Failure> {
    let (mut lines, mut end) = (Vec::<(ObjectId, Range<usize>)>::new(), None);
    let is_path = |side: &Option<Side>| side.as_ref().is_some_and(|side| side.path == *path);
    for step in steps {
        for change in step.own.iter().filter(|change| is_path(&change.before) || is_path(&change.after)) {
            let is_file = |side: &Side| side.path == *path && side.mode.starts_with("100");
            let (before, Some(after)) = (&change.before, &change.after) else { return Ok(None) };
            if !is_file(after) || before.as_ref().is_some_and(|before| !is_file(before)) {
                return Ok(None);
            }
            let aligned = target.aligned(before.as_ref().map(entry_of), Some(entry_of(after)))?;
            lines.iter_mut().for_each(|(_, lines)| *lines = carried(lines, &aligned.hunks));
            lines.extend(aligned.hunks.iter().map(|hunk| (step.commit, hunk.new.clone())));
            end = Some(after.id);
        }
    }
    let of_fix = fix.changes.iter().find(|change| is_path(&change.after)).and_then(|change| change.after.as_ref());
    if end.is_none() || of_fix.map(|after| after.id) != end {
        return Ok(None);
    }
    let mut makers = BTreeSet::new();
    for part in parts {
        let Part::Lines { new, .. } = part else { return Ok(None) };
        let touching = lines.iter().filter(|(_, lines)| lines.start <= new.end && new.start <= lines.end);
        let touching: BTreeSet<ObjectId> = touching.map(|(commit, _)| *commit).collect();
        if touching.is_empty() {
            return Ok(None);
        }
        sure.extend(touching.first().filter(|_| touching.len() == 1));
        makers.extend(touching);
    }
    Ok(Some(makers))
}

/// Where lines of a text stand after these changes of it; what was changed within them is theirs.
pub(super) fn carried(lines: &Range<usize>, hunks: &[Hunk]) -> Range<usize> {
    let place = |at: usize, within: fn(&Hunk) -> usize| match hunks.iter().rfind(|hunk| hunk.old.start <= at) {
        None => at,
        Some(hunk) if at <= hunk.old.end => within(hunk),
        Some(hunk) => at - hunk.old.end + hunk.new.end,
    };
    place(lines.start, |hunk| hunk.new.start)..place(lines.end, |hunk| hunk.new.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_carried_with_what_was_changed_within_them() {
        let hunk = |old: Range<usize>, new: Range<usize>| Hunk { old, new };
        let hunks = [hunk(2..2, 2..5), hunk(8..10, 11..12)];
        assert_eq!(carried(&(0..1), &hunks), 0..1);
        assert_eq!(carried(&(4..6), &hunks), 7..9);
        assert_eq!(carried(&(1..3), &hunks), 1..6);
        assert_eq!(carried(&(7..9), &hunks), 10..12);
        assert_eq!(carried(&(12..14), &hunks), 14..16);
    }
}
