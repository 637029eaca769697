//! The search: from a fix and a target to the fates of all hunks.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use globset::GlobSet;

use crate::domain::event::Change;
use crate::domain::fate::Fate;
use crate::domain::identity::RepositoryPath;
use crate::domain::merge_back::Verdict;
use crate::domain::policy::ChangedSince;
use crate::failure::Failure;

use super::as_before::as_before;
use super::explain::same_file;
use super::fix::Fix;
use super::identity::{Timeline, by_identity};
use super::judge::{Judged, judge};
use super::picks::Picks;
use super::report::Report;
use super::steps::Goals;
use super::taken_back::{doubt_deletions, taken_back};
use super::target::{Target, Version};
use super::through::through_a_merge;
use super::together::together;

/// What a search is told beside the fix and the target.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The policy's globs of what never goes back.
    pub never_goes_back: GlobSet,
    /// What the policy says of a landed fix whose lines later work changed.
    pub changed_since: ChangedSince,
    /// Whether the candidates may be left out, and what became of the fix on a line that was merged: that costs more than the
    /// verdict.
    pub without_candidates: bool,
    /// Whether the hunks of a path that is just as the fix left it may be told as one: to tell them apart it must be read.
    pub without_hunks: bool,
}

/// Judges a fix on a target.
///
/// Exit 4 where an object is missing or the target's deadline passed.
pub fn search(target: &Target<'_>, fix: &Fix, options: &Options) -> Result<Report, Failure> {
    let bottom = bottom(target, fix)?;
    let ignored = |change: &&Change| {
        change
            .path()
            .is_some_and(|path| options.never_goes_back.is_match(String::from_utf8_lossy(path.as_bytes()).as_ref()))
    };
    let (ignored, changes): (Vec<&Change>, Vec<&Change>) = fix.changes.iter().partition(ignored);
    // A renamed file's lines are looked for along its old path: the landing is where it takes the new one.
    let start = |change: &&Change| change.before.as_ref().or(change.after.as_ref()).map(|side| side.path.clone());
    let paths: Vec<RepositoryPath> = changes.iter().filter_map(start).collect();
    // Where the fix itself puts a file, new or moved, none that it deletes went.
    let is_new = |change: &&&Change| change.before.as_ref().map(|before| &before.path) != change.path();
    let new_paths: Vec<RepositoryPath> =
        changes.iter().filter(is_new).filter_map(|change| change.path().cloned()).collect();
    let (mut timelines, mut moved, mut touching) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
    let versions = target.versions(&paths, bottom)?;
    let kept = changes.iter().zip(&versions).filter(|(change, _)| change.after.is_some());
    target.foresee(&kept.map(|(_, versions)| versions).collect::<Vec<_>>())?;
    for ((change, path), versions) in changes.into_iter().zip(&paths).zip(versions) {
        let not = if change.after.is_none() { &new_paths[..] } else { &[] };
        let own = change.after.as_ref().filter(|after| after.path != *path);
        let versions = target.follow_renames(versions, Goals { not, own })?;
        let versions = if versions.iter().all(|version| version.entry.is_none()) {
            other_path(target, fix, change, bottom)?.unwrap_or(versions)
        } else {
            versions
        };
        if let Some(newest) = versions.first().filter(|newest| newest.entry.is_some() && newest.path != *path) {
            moved.insert(path.clone(), newest.path.clone());
        }
        touching.extend(versions.iter().rev().skip(1).map(|version| version.at));
        timelines.push((change, versions));
    }
    let ignored = ignored.into_iter().filter_map(Judged::ignored);
    let judged: Vec<Judged> = match by_identity(target, &timelines)? {
        Some(judged) => ignored.chain(judged).collect(),
        None => ignored.chain(by_lines(target, fix, &timelines, (&touching, options.changed_since))?).collect(),
    };
    let report = Report::new(target, fix, judged, &touching, moved, options)?;
    let other = if report.verdict == Verdict::Missing && !options.without_candidates {
        through_a_merge(target, fix, options)?
    } else {
        None
    };
    Ok(other.unwrap_or(report))
}

/// Judges every hunk by the lines of the target's versions.
fn by_lines(
    target: &Target<'_>,
    fix: &Fix,
    timelines: &[Timeline<'_>],
    (touching, changed_since): (&BTreeSet<usize>, ChangedSince),
) -> Result<Vec<Judged>, Failure> {
    let all: Vec<usize> = (0..timelines.len()).collect();
    let mut judged = judge_each(target, fix, timelines, &all, None)?;
    let picks = Picks::new(target, fix);
    // A commit that is proven to have brought most of the fix is its landing: it may have touched the rest up.
    if let Some(landing) = main_landing(judged.iter().flatten())
        && !picks.has(landing)?
    {
        picks.know(landing);
        let is_open = |one: &Judged| !one.fate.holds() && one.fate != Fate::Undone;
        let open: Vec<usize> = all.into_iter().filter(|at| judged[*at].iter().any(is_open)).collect();
        for (at, again) in open.iter().zip(judge_each(target, fix, timelines, &open, Some(landing))?) {
            judged[*at] = again;
        }
    }
    let mut judged: Vec<Judged> = judged.into_iter().flatten().collect();
    together(target, &fix.commits, changed_since, &mut judged)?;
    as_before(target, fix, &picks, timelines, &mut judged)?;
    taken_back(target, &fix.commits, timelines, &mut judged)?;
    doubt_deletions(target, &fix.commits, timelines, &mut judged)?;
    doubt(&picks, touching, &mut judged)?;
    Ok(judged)
}

/// Judges those of the changed paths that are named by their places in `wanted`, in that order; `landing` is a commit that is
/// known to have brought most of the fix. Where there is much to look at, every processor takes its part.
fn judge_each(
    target: &Target<'_>,
    fix: &Fix,
    timelines: &[Timeline<'_>],
    wanted: &[usize],
    landing: Option<usize>,
) -> Result<Vec<Vec<Judged>>, Failure> {
    let steps = |at: &usize| timelines[*at].1.len();
    // The longest first, so that no thread begins one when the others are done.
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|place| Reverse(steps(&wanted[*place])));
    let is_much = wanted.len() > 1 && wanted.iter().map(steps).sum::<usize>() >= MANY_STEPS;
    let processors = || std::thread::available_parallelism().map_or(1, usize::from);
    let threads = if is_much { processors().min(MOST_THREADS).min(wanted.len()) } else { 1 };
    let next = AtomicUsize::new(0);
    let shares = target.shared(threads, |target| {
        let picks = Picks::new(target, fix);
        landing.into_iter().for_each(|landing| picks.know(landing));
        let mut done = Vec::new();
        while let Some(&place) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            let (change, versions) = &timelines[wanted[place]];
            done.push((place, judge(target, change, &picks, fix, versions)?));
        }
        Ok(done)
    })?;
    let mut judged: Vec<(usize, Vec<Judged>)> = shares.into_iter().flatten().collect();
    judged.sort_by_key(|(place, _)| *place);
    Ok(judged.into_iter().map(|(_, judged)| judged).collect())
}

/// From so many versions on another thread is worth its start, which costs about as much as looking at twenty.
const MANY_STEPS: usize = 64;

/// More threads than this only wait for each other's disk.
const MOST_THREADS: usize = 4;

/// The most commits whose author and date are compared with the fix's.
const MOST_ASKED: usize = 400;

/// A fix without a trace is missing, unless somebody picked it: a pick that was changed until no line is the same may still be
/// the fix, and only a person can tell.
fn doubt(picks: &Picks<'_>, touching: &BTreeSet<usize>, judged: &mut [Judged]) -> Result<(), Failure> {
    if judged.iter().any(|one| !matches!(one.fate, Fate::Never | Fate::Ignored)) {
        return Ok(());
    }
    for &number in touching.iter().take(MOST_ASKED) {
        if picks.names(number)? {
            judged.iter_mut().filter(|one| one.fate == Fate::Never).for_each(|one| one.fate = Fate::Unknown);
            break;
        }
    }
    Ok(())
}

/// The commit that brought at least half of a fix, hunk by hunk; none where there is none.
pub(super) fn main_landing<'j>(judged: impl Iterator<Item = &'j Judged>) -> Option<usize> {
    let (mut all, mut landed) = (0, BTreeMap::<usize, usize>::new());
    for one in judged {
        all += one.weight;
        if let Some(at) = one.landed_by {
            *landed.entry(at).or_default() += one.weight;
        }
    }
    landed.into_iter().find(|(_, weight)| weight * 2 >= all).map(|(at, _)| at)
}

/// The oldest commit of the line that has to be looked at: where the fix's base leaves it.
fn bottom(target: &Target<'_>, fix: &Fix) -> Result<usize, Failure> {
    let met = match fix.base {
        Some(base) if target.repository.has(base) => target.meet(base)?,
        _ => None,
    };
    met.map_or_else(|| target.root(), Ok)
}

/// Versions along another path, where the target never had the fix's own: the new path of a file that the fix renamed, or the
/// place that the target (or the fix's line) moved the file to since they parted.
fn other_path(target: &Target<'_>, fix: &Fix, change: &Change, bottom: usize) -> Result<Option<Vec<Version>>, Failure> {
    let along = |path: &RepositoryPath| Ok(target.versions(std::slice::from_ref(path), bottom)?.remove(0));
    if let (Some(before), Some(after)) = (&change.before, &change.after)
        && before.path != after.path
    {
        let versions = along(&after.path)?;
        if versions.iter().any(|version| version.entry.is_some()) {
            return Ok(Some(versions));
        }
    }
    let Some(side) = change.before.as_ref().or(change.after.as_ref()).filter(|side| side.mode.starts_with("100"))
    else {
        return Ok(None);
    };
    // A new file of a common name shares much with its namesakes.
    let least = if change.before.is_some() { 50 } else { 80 };
    // What stood beside it before the fix, or is changed by it too, is another file.
    let beside = |path: &RepositoryPath| {
        let in_fix = fix.changes.iter().any(|change| change.path() == Some(path));
        let at_base = match fix.base.filter(|base| target.repository.has(*base)) {
            Some(base) => target.repository.entry_at(target.repository.node(base)?.tree, path)?,
            None => None,
        };
        Ok::<_, Failure>(in_fix || at_base.is_some())
    };
    match same_file(target, &side.path, &target.blob(side.id)?, least)? {
        Some(path) if !beside(&path)? => along(&path).map(Some),
        _ => Ok(None),
    }
}
