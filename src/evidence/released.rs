//! What a report needs to know beside the ledger: which releases there were, and when each policy came.

use std::collections::HashMap;

use crate::domain::event::PolicyPin;
use crate::domain::identity::{Moment, ObjectId};
use crate::domain::incident::Incident;
use crate::domain::policy::Branches;
use crate::domain::report::{PolicyChange, Released};
use crate::failure::Failure;
use crate::git::repository::Repository;

use super::policy_files::PATH;
use super::shipped::{self, Release};

/// How far back the commit that brought a policy is looked for; further back the oldest commit that was met stands for it.
const WALKED: usize = 20_000;

/// The full releases, dated by their commits; none in a shallow clone, which may lack tags without knowing it.
pub fn releases(repository: &Repository, branches: &Branches) -> Result<Option<Vec<Released>>, Failure> {
    if repository.is_shallow() {
        return Ok(None);
    }
    let dated = |release: Release| Ok(Released { at: repository.commit_line(release.commit)?.at, tag: release.tag });
    let mut releases =
        shipped::releases(repository, branches)?.into_iter().map(dated).collect::<Result<Vec<_>, Failure>>()?;
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
    type Version<'p> = (&'p str, u32, Option<&'p [ObjectId]>);
    let mut first: HashMap<Version<'_>, (&PolicyPin, Moment)> = HashMap::new();
    for (pin, at) in used.chain(today) {
        let key = (pin.name.as_str(), pin.version, pin.texts());
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
