//! What of an incident's fixes a release line must hold: a line whose code is another may have got an attempt of its own, in
//! other words, and then neither line waits for what was made for the other.

use crate::domain::event::{Change, FixAttached};
use crate::domain::identity::ObjectId;
use crate::domain::incident::Incident;
use crate::domain::merge_back::Verdict;
use crate::domain::release::{ReleaseName, Version};
use crate::evidence::shipped::Release;
use crate::failure::Failure;
use crate::git::repository::Repository;
use crate::merge_back::fix::Fix;
use crate::merge_back::search::{Options, search};
use crate::merge_back::target::Target;

use super::proof;

/// The fixes that were made for one line of versions.
struct Group<'i> {
    line: Option<&'i Version>,
    fixes: Vec<&'i FixAttached>,
}

/// Several fixes as one; none where there is none. Exit 4 where an object is missing.
pub fn together(repository: &Repository, fixes: &[&FixAttached]) -> Result<Option<Fix>, Failure> {
    let mut whole: Option<Fix> = None;
    for &attached in fixes {
        let fix = Fix::recorded(attached);
        match &mut whole {
            None => whole = Some(fix),
            Some(whole) => whole.join(fix),
        }
    }
    // What a second attempt amends of the first is one net change, as far as both are here and stand on each other.
    if fixes.len() > 1
        && let Some(joined) = &whole
        && joined.commits.iter().all(|commit| repository.node(*commit).is_ok_and(|node| node.parents.len() == 1))
    {
        whole = Some(Fix::of_commits(repository, &joined.commits)?);
    }
    Ok(whole)
}

/// What production gets with an incident's fixes: those that count, and of the withdrawn ones those that they stand on. Whoever
/// looked at the fix saw both as one change, and withdrawing what was taken back in it changes nothing of that. Exit 4 where an
/// object is missing.
pub fn shipped(repository: &Repository, incident: &Incident) -> Result<Option<Fix>, Failure> {
    let mut fixes: Vec<&FixAttached> = Vec::new();
    // The later one stands on the earlier.
    for attempt in incident.attempts.iter().rev() {
        let Some(fix) = &attempt.fix else { continue };
        if !attempt.withdrawn || builds_on(repository, &fixes, &fix.what)? {
            fixes.insert(0, &fix.what);
        }
    }
    together(repository, &fixes)
}

/// Whether one of these stands on the earlier fix: on its commits, or on each content that it left.
fn builds_on(repository: &Repository, later: &[&FixAttached], earlier: &FixAttached) -> Result<bool, Failure> {
    let changed = || later.iter().flat_map(|fix| &fix.changes);
    let taken_up = |change: &Change| changed().any(|later| later.before.is_some() && later.before == change.after);
    if !earlier.changes.is_empty() && earlier.changes.iter().all(taken_up) {
        return Ok(true);
    }
    for base in later.iter().filter_map(|fix| fix.base).filter(|base| repository.has(*base)) {
        if holds_each(&Target::new(repository, base, &|| false), &earlier.commits)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What a commit of a release line may hold to hold the fix, each by itself enough: what was made for its own line. Where
/// nothing was, what was made for any other. The last one is what is to be told where it holds none of them; empty where there
/// is nothing to hold. Exit 4 where an object is missing.
pub fn enough(
    target: &Target<'_>,
    incident: &Incident,
    releases: &[Release],
    options: &Options,
) -> Result<Vec<Fix>, Failure> {
    let repository = target.repository;
    let subject = || Ok(proof::subject(repository, incident)?.into_iter().collect());
    let groups = groups(repository, incident, releases)?;
    if groups.len() < 2 {
        return subject();
    }
    let line = line_of(repository, incident, releases, target.commit)?;
    let (mut own, others): (Vec<&Group<'_>>, Vec<&Group<'_>>) = groups.iter().partition(|group| same(group.line, line));
    let bases: Vec<ObjectId> = own.iter().flat_map(|group| &group.fixes).filter_map(|fix| fix.base).collect();
    for group in others {
        if is_there(target, group)? || stands_on(target, group, &bases, options)? {
            own.push(group);
        }
    }
    if own.is_empty() {
        let each = groups.iter().map(|group| together(repository, &group.fixes)).collect::<Result<Vec<_>, _>>()?;
        return Ok(each.into_iter().flatten().chain(subject()?).collect());
    }
    if own.len() == groups.len() {
        return subject();
    }
    // In the order in which they were attached.
    let is_own = |fix: &&FixAttached| own.iter().any(|group| group.fixes.iter().any(|own| std::ptr::eq(*own, *fix)));
    let fixes: Vec<&FixAttached> = incident.fixes().map(|fix| &*fix.what).filter(is_own).collect();
    Ok(together(repository, &fixes)?.into_iter().collect())
}

/// What a commit of a release line, or a release, holds of the fix; none where there is nothing to hold.
pub fn held(
    target: &Target<'_>,
    incident: &Incident,
    releases: &[Release],
    options: &Options,
) -> Result<Option<Verdict>, Failure> {
    let mut told = None;
    for fix in enough(target, incident, releases, options)? {
        let verdict = match search(target, &fix, options)?.verdict {
            // Where the text proves nothing (it stands elsewhere too), the commits themselves do.
            Verdict::Unproven if holds_each(target, &fix.commits)? => Verdict::Merged,
            verdict => verdict,
        };
        told = Some(verdict);
        if verdict == Verdict::Merged {
            break;
        }
    }
    Ok(told)
}

fn holds_each(target: &Target<'_>, commits: &[ObjectId]) -> Result<bool, Failure> {
    for commit in commits {
        if !target.repository.contains_known(target.commit, *commit)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether two commits belong to releases of different lines.
pub fn are_apart(
    repository: &Repository,
    incident: &Incident,
    releases: &[Release],
    (one, other): (ObjectId, ObjectId),
) -> Result<bool, Failure> {
    let line = |commit| line_of(repository, incident, releases, commit);
    Ok(!same(line(one)?, line(other)?))
}

fn groups<'i>(
    repository: &Repository,
    incident: &'i Incident,
    releases: &'i [Release],
) -> Result<Vec<Group<'i>>, Failure> {
    let fixes: Vec<&FixAttached> = incident.fixes().map(|fix| &*fix.what).collect();
    if fixes.windows(2).all(|pair| pair[0].base == pair[1].base) {
        return Ok(vec![Group { line: None, fixes }]);
    }
    let mut groups: Vec<Group<'i>> = Vec::new();
    for fix in fixes {
        let line = match fix.base.filter(|base| repository.has(*base)) {
            Some(base) => line_of(repository, incident, releases, base)?,
            None => None,
        };
        match groups.iter_mut().find(|group| same(group.line, line)) {
            Some(group) => group.fixes.push(fix),
            None => groups.push(Group { line, fixes: vec![fix] }),
        }
    }
    Ok(groups)
}

fn same(one: Option<&Version>, other: Option<&Version>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.is_on_line_of(other),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// The newest version that a commit holds.
fn line_of<'r>(
    repository: &Repository,
    incident: &Incident,
    releases: &'r [Release],
    commit: ObjectId,
) -> Result<Option<&'r Version>, Failure> {
    let production = incident.check().what.production.as_ref();
    let broken = production.and_then(|production| ReleaseName::read(&production.name));
    let mut newest: Option<&Version> = None;
    for Release { name, commit: released, .. } in releases {
        let is_of_it = broken.as_ref().is_none_or(|broken| broken.component == name.component);
        if is_of_it && newest.is_none_or(|newest| name.version > *newest) && repository.contains(commit, *released)? {
            newest = Some(&name.version);
        }
    }
    Ok(newest)
}

/// Whether the target has a commit of the group: then it must have all of it.
fn is_there(target: &Target<'_>, group: &Group<'_>) -> Result<bool, Failure> {
    for commit in group.fixes.iter().flat_map(|fix| &fix.commits) {
        if target.repository.contains_known(target.commit, *commit)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether what was made for the target's own line was made on top of the group: then it takes the group's place nowhere.
fn stands_on(target: &Target<'_>, group: &Group<'_>, bases: &[ObjectId], options: &Options) -> Result<bool, Failure> {
    for &base in bases.iter().filter(|base| target.repository.has(**base)) {
        if is_there(&target.at(base), group)? {
            return Ok(true);
        }
        for fix in &group.fixes {
            let verdict = search(&target.at(base), &Fix::recorded(fix), options)?.verdict;
            if matches!(verdict, Verdict::Merged | Verdict::Partial) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
