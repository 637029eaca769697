//! What people said about a target where git can't, and whether it still holds there.

use serde::Serialize;

use crate::domain::closing::Settled;
use crate::domain::event::{Confirmed, Waived};
use crate::domain::identity::{ObjectId, Person};
use crate::domain::incident::{Done, Incident};
use crate::domain::scope::listed;
use crate::failure::Failure;
use crate::git::repository::Repository;
use crate::merge_back::fix::Fix;
use crate::merge_back::search::Options;
use crate::merge_back::taken_out::taken_out;
use crate::merge_back::target::Target;

/// What people said about a target, and who.
#[derive(Clone, Debug, Serialize)]
pub struct SettledBy {
    /// What.
    pub how: Settled,
    /// The commit that was confirmed as the fix, or that shows why the fix must not go there.
    pub commit: ObjectId,
    /// Who said so.
    pub by: Vec<Person>,
}

impl SettledBy {
    fn confirmed(done: &Done<Confirmed>) -> Self {
        Self { how: Settled::Confirmed, commit: done.what.commit, by: vec![done.by.actor.clone()] }
    }

    fn waived(incident: &Incident, waiver: &Done<Waived>) -> Self {
        let same = incident.waivers.iter().filter(|other| other.what.says_the_same_as(&waiver.what));
        let by = same.map(|other| other.by.actor.clone()).collect();
        Self { how: Settled::Waived, commit: waiver.what.evidence, by }
    }

    /// "Grace confirmed 0123456789 as the fix"
    pub fn words(&self) -> String {
        let names = listed(&self.by.iter().map(|person| person.name.clone()).collect::<Vec<_>>());
        match self.how {
            Settled::Confirmed => format!("{names} confirmed {} as the fix", self.commit.short()),
            Settled::Waived => {
                format!("{names} said that the fix need not be there: {} shows why", self.commit.short())
            }
        }
    }
}

/// The commit that was confirmed as the fix on a target, whether or not that still holds: by its full ref name.
pub fn confirmed(incident: &Incident, reference: &str) -> Option<ObjectId> {
    incident.confirmed.get(reference).map(|done| done.what.commit)
}

/// The same for a branch by its short name, whatever a clone calls its remote.
pub fn confirmed_on(incident: &Incident, branch: &str) -> Option<ObjectId> {
    incident.confirmed.iter().find(|(reference, _)| is_branch(reference, branch)).map(|(_, done)| done.what.commit)
}

/// What people said about a target, while the paths of the fix stand there as those people saw them. What was confirmed and
/// reverted since, or waived and brought back, is asked again.
pub fn still(
    repository: &Repository,
    incident: &Incident,
    reference: &str,
    tip: ObjectId,
    fix: &Fix,
) -> Result<Option<SettledBy>, Failure> {
    let waived = incident.waiver(reference).map(|waiver| (waiver.what.at, SettledBy::waived(incident, waiver)));
    let confirmed = || incident.confirmed.get(reference).map(|done| (done.what.at, SettledBy::confirmed(done)));
    let said = waived.or_else(confirmed).filter(|(seen, _)| repository.has(*seen));
    let Some((seen, settled)) = said else { return Ok(None) };
    let differing = repository.changes(seen, tip)?;
    let paths: Vec<_> = fix.changes.iter().flat_map(|change| [&change.before, &change.after]).flatten().collect();
    let touched = differing.iter().flat_map(|change| [&change.before, &change.after]).flatten();
    let same = !touched.into_iter().any(|side| paths.iter().any(|path| path.path == side.path));
    if !same || !repository.contains(tip, seen).unwrap_or(false) {
        return Ok(None);
    }
    // Whoever did not know of a revert may have confirmed what it took out.
    let is_gone = settled.how == Settled::Confirmed && {
        let never = || false;
        let target = Target::new(repository, tip, &never);
        !taken_out(&target, fix, [settled.commit], &Options::default())?.is_empty()
    };
    Ok((!is_gone).then_some(settled))
}

/// What people said about a branch, by its short name, as far as it still holds for a commit of it.
pub fn on(
    repository: &Repository,
    incident: &Incident,
    branch: &str,
    fix: &Fix,
    commit: ObjectId,
) -> Result<Option<SettledBy>, Failure> {
    let waived = incident.waivers.iter().map(|waiver| &waiver.what.target);
    // A clone calls the branch by its remote, and a server does not.
    for reference in waived.chain(incident.confirmed.keys()).filter(|reference| is_branch(reference, branch)) {
        let settled = still(repository, incident, reference, commit, fix)?;
        if settled.is_some() {
            return Ok(settled);
        }
    }
    Ok(None)
}

/// Whether a full ref name is a branch of that short name, here or as fetched from a remote.
pub fn is_branch(reference: &str, short: &str) -> bool {
    let fetched = || reference.strip_prefix("refs/remotes/")?.split_once('/').map(|(_, branch)| branch);
    reference.strip_prefix("refs/heads/").or_else(fetched) == Some(short)
}
