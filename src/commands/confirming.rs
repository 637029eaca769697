//! Which commit of a target a person may confirm as the fix, where git can't prove it, and what stands against another.

use std::collections::BTreeSet;

use super::proof;
use super::settled;
use crate::domain::identity::{ObjectId, RepositoryPath};
use crate::domain::incident::Incident;
use crate::domain::merge_back::Verdict;
use crate::failure::Failure;
use crate::git::repository::Repository;
use crate::merge_back::fix::Fix;
use crate::merge_back::report::{HunkReport, Report};
use crate::merge_back::search::Options;
use crate::merge_back::taken_out::{TakenOut, became_of, taken_out};
use crate::merge_back::target::Target;

/// A target and the fix that is asked for there.
pub(super) struct Confirming<'a> {
    pub(super) incident: &'a Incident,
    pub(super) fix: &'a Fix,
    pub(super) target: &'a Target<'a>,
    /// The target's full ref name.
    pub(super) reference: &'a str,
    pub(super) options: &'a Options,
}

/// What stands against a commit.
pub(super) enum Against {
    /// It is the first of these, of which nothing is left, or did nothing but take that out.
    TakenOut(Vec<TakenOut>),
    /// This commit changed the lines of the fix after it.
    Changed(ObjectId),
}

impl Confirming<'_> {
    /// What stands against a commit as the landing of a fix that git can't prove. Exit 4 where an object is missing.
    pub(super) fn against(&self, report: &Report, commit: ObjectId) -> Result<Option<Against>, Failure> {
        // What was taken out to the last line may have left no trace.
        if !matches!(report.verdict, Verdict::Unproven | Verdict::Missing) {
            return Ok(None);
        }
        let before = settled::confirmed(self.incident, self.reference);
        let named = report.candidates.iter().map(|candidate| candidate.commit);
        let commits: BTreeSet<ObjectId> = named.chain(before).chain([commit]).collect();
        let mut taken = taken_out(self.target, self.fix, commits, self.options)?;
        if let Some(at) = taken.iter().position(|taken| taken.rules_out(commit)) {
            taken.swap(0, at);
            return Ok(Some(Against::TakenOut(taken)));
        }
        if report.verdict != Verdict::Unproven {
            return Ok(None);
        }
        let own = became_of(self.target, self.fix, commit, self.options)?;
        let by_own = own.map_or(Ok(None), |own| self.changed_after(&own, commit))?;
        let by = by_own.map_or_else(|| self.changed_after(report, commit), |by| Ok(Some(by)))?;
        Ok(by.map(Against::Changed))
    }

    /// The commit that touched what does not hold of a report after this one did; none where this one has them all.
    fn changed_after(&self, report: &Report, commit: ObjectId) -> Result<Option<ObjectId>, Failure> {
        for by in report.hunks.iter().filter_map(last_touched) {
            if !self.target.repository.contains(commit, by)? {
                return Ok(Some(by));
            }
        }
        Ok(None)
    }

    /// The commit that a person may confirm, if what it left there is the fix: the likest candidate or what landed, or what
    /// changed that since. None where there is no such commit, or where it can't be told.
    pub(super) fn acceptable(&self, report: &Report) -> Option<ObjectId> {
        let (repository, candidate) = (self.target.repository, report.candidates.first());
        let mut next = candidate.map(|candidate| candidate.commit).or(report.hunks.iter().find_map(last_touched));
        let mut seen = BTreeSet::new();
        while let Some(commit) = next.filter(|commit| report.verdict == Verdict::Unproven && seen.insert(*commit)) {
            let is_later = || Ok::<_, Failure>(!is_before(repository, self.incident, self.fix, commit)?);
            if !touches(repository, self.fix, commit).ok()? || !is_later().ok()? {
                return None;
            }
            next = match self.against(report, commit).ok()? {
                None => return Some(commit),
                Some(Against::Changed(by)) => Some(by),
                Some(Against::TakenOut(_)) => None,
            };
        }
        None
    }
}

/// The last commit that touched a part of a fix which does not hold.
fn last_touched(hunk: &HunkReport) -> Option<ObjectId> {
    let last = || hunk.undone_by.or_else(|| hunk.evolved_by.last().copied()).or(hunk.landed_by);
    if hunk.fate.holds() { None } else { last() }
}

/// The paths of a fix, before and after it.
pub(super) fn paths(fix: &Fix) -> BTreeSet<&RepositoryPath> {
    let sides = fix.changes.iter().flat_map(|change| [&change.before, &change.after]);
    sides.flatten().map(|side| &side.path).collect()
}

/// Whether a commit touches a path of a fix: one that does not can be neither the fix nor what replaced it.
pub(super) fn touches(repository: &Repository, fix: &Fix, commit: ObjectId) -> Result<bool, Failure> {
    let (changed, paths) = (repository.changes_of(commit)?, paths(fix));
    let mut touched = changed.iter().flat_map(|change| [&change.before, &change.after]).flatten();
    Ok(touched.any(|side| paths.contains(&side.path)))
}

/// Whether a commit was there before the fix: in what the fix stands on, or in what broke.
pub(super) fn is_before(
    repository: &Repository,
    incident: &Incident,
    fix: &Fix,
    commit: ObjectId,
) -> Result<bool, Failure> {
    let before = fix.base.filter(|base| repository.has(*base));
    let stands_on = before.map_or(Ok(false), |base| repository.contains(base, commit))?;
    Ok(stands_on || proof::in_production(repository, incident, &[commit])?.is_some())
}
