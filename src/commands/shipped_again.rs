//! Whether a release would ship again what an incident rolled back.

use super::book::Book;
use super::policies::Policies;
use super::proof;
use crate::domain::event::CauseSettled;
use crate::domain::identity::{IncidentId, ObjectId};
use crate::domain::incident::Incident;
use crate::domain::merge_back::Verdict;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::rolled_back::{RolledBack, rolled_back};
use crate::failure::Failure;
use crate::git::repository::Repository;
use crate::merge_back::fix::Fix;
use crate::merge_back::search::search;
use crate::merge_back::target::Target;

/// What incidents say against a commit as a release: that it holds a release which they rolled back, and nothing in it deals
/// with the cause. Exit 4 where an object is missing.
pub fn shipped_again(
    repository: &Repository,
    book: &Book<'_>,
    (name, commit): (&str, ObjectId),
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<(IncidentId, Refusal)>, Failure> {
    let mut found = Vec::new();
    for back in rolled_back(book.incidents.values()) {
        let incident = book.incident(&back.incident)?;
        if is_shipped(repository, incident, &back, commit, stop)? {
            found.push((back.incident.clone(), refusal(incident, &back, name)));
        }
    }
    Ok(found)
}

fn is_shipped(
    repository: &Repository,
    incident: &Incident,
    back: &RolledBack,
    commit: ObjectId,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<bool, Failure> {
    let broken = back.from.commit;
    let known = repository.contains_known(commit, broken)?;
    let no_code = incident.analysis.as_ref().is_some_and(|rca| rca.no_code_cause && rca.accepted.is_some());
    let dealt_with = match incident.cause.as_ref().map(|cause| &cause.what) {
        Some(CauseSettled::Flag { .. }) => true,
        Some(CauseSettled::OnMain { commit: mends }) => repository.contains_known(commit, *mends)?,
        None => no_code,
    };
    if !known || dealt_with {
        return Ok(false);
    }
    let target = Target::new(repository, commit, stop);
    let policy = Policies::new(repository).of(incident)?;
    let options = proof::options(&policy)?;
    if let Some(mends) = proof::subject(repository, incident)?
        && search(&target, &mends, &options)?.verdict == Verdict::Merged
    {
        return Ok(false);
    }
    let Some(good) = back.from.last_good.as_ref().map(|good| good.commit).filter(|good| repository.has(*good)) else {
        return Ok(true);
    };
    let brought = Fix::between(repository, good, broken)?;
    let verdict = search(&target, &brought, &options)?.verdict;
    Ok(!brought.changes.is_empty() && !matches!(verdict, Verdict::Reverted | Verdict::Missing))
}

fn refusal(incident: &Incident, back: &RolledBack, name: &str) -> Refusal {
    let (id, from) = (&incident.id, &back.from.name);
    let next = vec![
        format!("git revert COMMIT    # on the release line: what {from} brought; the gate lets that in"),
        format!("hotfix cause {id} --fixed-by COMMIT    # if a commit that {name} holds deals with it"),
        format!("hotfix check INCIDENT --production {from}    # if production runs that again on purpose"),
    ];
    let message = format!("{name} holds {from}, which {id} rolled back, and nothing in it deals with the cause");
    Refusal { code: Code::RolledBackInside, message, next }
}
