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

/// The first commit of the fix that this clone lacks, with the attempt that it belongs to.
pub fn absent<'i>(repository: &Repository, incident: &'i Incident) -> Option<(ObjectId, &'i Attempt)> {
    let live = incident.attempts.iter().filter(|attempt| !attempt.withdrawn);
    let mut commits = live.filter_map(|attempt| Some((attempt, &attempt.fix.as_ref()?.what.commits)));
    commits.find_map(|(attempt, commits)| {
        let absent = commits.iter().find(|commit| !repository.has(**commit));
        absent.map(|commit| (*commit, attempt))
    })
}

/// Exit 4 where this clone has neither the commits of the fix nor a branch that holds it: a fix outlives its own branch.
pub fn must_be_here(repository: &Repository, incident: &Incident) -> Result<(), Failure> {
    let Some((commit, attempt)) = absent(repository, incident) else { return Ok(()) };
    let policy = Policies::new(repository).of(incident)?;
    if let Some(fix) = proof::subject(repository, incident)? {
        let targets = targets::targets(repository, &policy, &proof::bases(incident, &fix))?;
        let lines = release_lines(repository, &policy.branches, incident.check().what.production.as_ref())?.lines;
        for tip in targets.iter().map(|target| target.commit).chain(lines.iter().map(|line| line.tip)) {
            let report = proof::on_commit(repository, incident, &policy, tip)?;
            if report.is_some_and(|report| report.verdict == Verdict::Merged) {
                return Ok(());
            }
        }
    }
    let remote = repository.default_remote()?.unwrap_or_else(|| "REMOTE".to_owned());
    let branch = attempt.branch.as_deref().unwrap_or("BRANCH");
    let by = attempt.fix.as_ref().map_or("its author", |fix| fix.by.actor.name.as_str());
    let message = format!("{} of the fix is not in this clone, so nobody can have read it here", commit.short());
    Err(Failure::undecided(message)
        .hint(format!("git fetch --tags {remote}    # else, by {by}, who attached it: git push {remote} {branch}")))
}
