//! What a report needs to know beside the ledger: which releases there were, and when each policy came.

use std::collections::HashMap;

use crate::domain::event::PolicyPin;
use crate::domain::identity::{Moment, ObjectId};
use crate::domain::incident::Incident;
use crate::domain::policy::Branches;
use crate::domain::release::ReleaseName;
use crate::domain::report::{PolicyChange, Released};
use crate::failure::Failure;
use crate::git::repository::Repository;
use crate::git::tags::TagTarget;

use super::globs::Globs;
use super::policy_in_force::PATH;

/// How far back the commit that brought a policy is looked for; further back the oldest commit that was met stands for it.
const WALKED: usize = 20_000;

/// The releases: each tag that fits the policy's globs, reads as a version and is no pre-release, dated by its commit.
///
/// None in a shallow clone, which may lack tags without knowing it. A tag that leads to no commit here is left out.
pub fn releases(repository: &Repository, branches: &Branches) -> Result<Option<Vec<Released>>, Failure> {
    if repository.is_shallow() {
        return Ok(None);
    }
    let globs = Globs::new(&branches.release_tags)?;
    let mut releases = Vec::new();
    for tag in repository.tags()?.into_iter().filter(|tag| globs.match_any(tag.name.as_bytes())) {
        let is_release = ReleaseName::read(&tag.name).is_some_and(|name| !name.version.is_pre_release());
        if let (true, TagTarget::Commit(commit)) = (is_release, repository.tag_target(&tag)?) {
            releases.push(Released { at: repository.commit_line(commit)?.at, tag: tag.name });
        }
    }
    releases.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.tag.cmp(&b.tag)));
    Ok(Some(releases))
}

/// Each policy that governed an incident or is in force `today`, from when on it was there: when the commit that brought it
/// was made, or, for the built-in policy and where that commit is not here, when the first incident under it was opened.
pub fn policy_changes<'i>(
    repository: &Repository,
    name: &str,
    incidents: impl Iterator<Item = &'i Incident>,
    today: Option<(&PolicyPin, Moment)>,
) -> Vec<PolicyChange> {
    let used = incidents.map(|incident| (&incident.policy, incident.opened.at));
    let mut first: HashMap<(&str, u32, Option<ObjectId>), (&PolicyPin, Moment)> = HashMap::new();
    for (pin, at) in used.chain(today) {
        let key = (pin.name.as_str(), pin.version, pin.source.as_ref().map(|source| source.blob));
        let earliest = first.entry(key).or_insert((pin, at));
        if at < earliest.1 {
            *earliest = (pin, at);
        }
    }
    let change = |(pin, opened): (&PolicyPin, Moment)| PolicyChange {
        at: came(repository, pin).unwrap_or(opened),
        repository: name.to_owned(),
        name: pin.name.clone(),
        version: pin.version,
    };
    first.into_values().map(change).collect()
}

/// When the commit was made that brought this very policy; none where it can't be told.
fn came(repository: &Repository, pin: &PolicyPin) -> Option<Moment> {
    let source = pin.source.as_ref()?;
    let mut oldest = source.commit;
    for _ in 0..WALKED {
        let Some(parent) = repository.step(oldest).ok()?.parent else { break };
        if repository.object_at(parent, PATH).ok()? != Some(source.blob) {
            break;
        }
        oldest = parent;
    }
    repository.commit_line(oldest).ok().map(|line| line.at)
}
