//! Whether a fix can be looked at in this clone: nobody agrees to what they can't have read.

use super::policies::Policies;
use super::proof;
use crate::domain::identity::ObjectId;
use crate::domain::incident::{Attempt, Incident};
use crate::domain::merge_back::Verdict;
use crate::evidence::release_lines::release_lines;
use crate::evidence::targets;
use crate::failure::Failure;
use crate::git::repository::Repository;
use crate::merge_back::fix::Fix;
use crate::merge_back::search::{Options, search};
use crate::merge_back::target::Target;

/// The first commit of the fix that this clone lacks, with the attempt that it belongs to.
pub fn absent<'i>(repository: &Repository, incident: &'i Incident) -> Option<(ObjectId, &'i Attempt)> {
    all_absent(repository, incident).next()
}

/// The same for each attempt that counts.
fn all_absent<'i>(repository: &Repository, incident: &'i Incident) -> impl Iterator<Item = (ObjectId, &'i Attempt)> {
    let live = incident.attempts.iter().filter(|attempt| !attempt.withdrawn);
    live.filter_map(|attempt| {
        let commits = &attempt.fix.as_ref()?.what.commits;
        commits.iter().find(|commit| !repository.has(**commit)).map(|commit| (*commit, attempt))
    })
}

/// Exit 4 where this clone has neither the commits of the fix nor a branch that holds it: a fix outlives its own branch, and on
/// that branch its commits may have been amended since.
pub fn must_be_here(repository: &Repository, incident: &Incident) -> Result<(), Failure> {
    let Some((commit, attempt)) = absent(repository, incident) else { return Ok(()) };
    if is_held(repository, incident)? || each_on_its_branch(repository, incident)? {
        return Ok(());
    }
    let remote = repository.default_remote()?.unwrap_or_else(|| "REMOTE".to_owned());
    let branch = attempt.branch.as_deref().unwrap_or("BRANCH");
    let by = attempt.fix.as_ref().map_or("its author", |fix| fix.by.actor.name.as_str());
    let message = format!("{} of the fix is not in this clone, so nobody can have read it here", commit.short());
    Err(Failure::undecided(message).hint(format!(
        "git fetch --tags {remote}    # else, by {by}, who attached it: git push {remote} {branch}; where it is another fix by now, \
         hotfix fix {} first",
        incident.id
    )))
}

/// Whether all of the fix is on a branch that it must reach, on a line that releases come from, or on a branch that was made for it.
fn is_held(repository: &Repository, incident: &Incident) -> Result<bool, Failure> {
    let Some(fix) = proof::subject(repository, incident)?.filter(|fix| has_its_content(repository, fix)) else {
        return Ok(false);
    };
    let policy = Policies::new(repository).of(incident)?;
    let targets = targets::targets(repository, &policy, &proof::bases(incident, &fix))?;
    let lines = release_lines(repository, &policy.branches, incident.check().what.production.as_ref())?.lines;
    let mut tips: Vec<ObjectId> = targets.iter().map(|target| target.commit).collect();
    tips.extend(lines.iter().map(|line| line.tip));
    for attempt in incident.attempts.iter().filter(|attempt| !attempt.withdrawn) {
        tips.extend(tips_of(repository, attempt)?);
    }
    holds(repository, &tips, &fix, &proof::options(&policy)?)
}

/// Whether each attempt that this clone lacks is all on its own branch: two of them may be for two lines.
fn each_on_its_branch(repository: &Repository, incident: &Incident) -> Result<bool, Failure> {
    let options = proof::options(&*Policies::new(repository).of(incident)?)?;
    for (_, attempt) in all_absent(repository, incident) {
        let Some(fix) = attempt.fix.as_ref().map(|fix| Fix::recorded(&fix.what)) else { return Ok(false) };
        let tips = tips_of(repository, attempt)?;
        if !has_its_content(repository, &fix) || !holds(repository, &tips, &fix, &options)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Where the branch of an attempt stands, here and as fetched.
fn tips_of(repository: &Repository, attempt: &Attempt) -> Result<Vec<ObjectId>, Failure> {
    let Some(branch) = &attempt.branch else { return Ok(Vec::new()) };
    let here = repository.commit_at_ref(&format!("refs/heads/{branch}"))?;
    let fetched = repository.shared_branch(branch)?.map(|branch| repository.tip(&branch)).transpose()?;
    Ok(here.into_iter().chain(fetched).collect())
}

/// Whether one of these commits holds all of a fix.
fn holds(repository: &Repository, tips: &[ObjectId], fix: &Fix, options: &Options) -> Result<bool, Failure> {
    let never = || false;
    for &tip in tips {
        if search(&Target::new(repository, tip, &never), fix, options)?.verdict == Verdict::Merged {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether what the fix changes can be read here, before and after it. Where it can't, nobody has read it, whatever a branch holds.
fn has_its_content(repository: &Repository, fix: &Fix) -> bool {
    let sides = fix.changes.iter().flat_map(|change| [&change.before, &change.after]).flatten();
    // The commit of a submodule is in another repository.
    sides.into_iter().filter(|side| side.mode != "160000").all(|side| repository.has(side.id))
}
