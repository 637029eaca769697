//! What a commit of a release line is to main: what `drift` and `gate --drift` share.

use std::collections::BTreeMap;

use super::proof;
use super::settled;
use crate::domain::closing::Settled;
use crate::domain::identity::{IncidentId, ObjectId};
use crate::domain::incident::Incident;
use crate::domain::merge_back::Verdict;
use crate::failure::Failure;
use crate::git::repository::Repository;
use crate::merge_back::drift::Drifted;

/// What it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    /// It only changes what never goes back, says the policy.
    NeverGoesBack,
    /// It is in effect there.
    Held,
    /// Its own line took it back, or it is what took such a one back.
    TakenBack,
    /// People settled, for the incident that holds it, that it is there in another form or need not be there.
    Settled(Settled),
    /// It is not there, or nobody can prove it.
    Lacking,
}

impl Is {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::NeverGoesBack => "never-goes-back",
            Self::Held => "held",
            Self::TakenBack => "taken-back",
            Self::Settled(Settled::Confirmed) => "confirmed",
            Self::Settled(Settled::Waived) => "waived",
            Self::Lacking => "lacking",
        }
    }
}

/// What a judged commit is to a branch, by its short name, as it stands at a commit. Exit 4 where an object is missing.
pub fn is(
    repository: &Repository,
    incidents: &BTreeMap<IncidentId, Incident>,
    drifted: &Drifted,
    (branch, at): (&str, ObjectId),
) -> Result<Is, Failure> {
    if drifted.ignored {
        return Ok(Is::NeverGoesBack);
    }
    if drifted.verdict == Verdict::Merged {
        return Ok(Is::Held);
    }
    if drifted.taken_back {
        return Ok(Is::TakenBack);
    }
    let holds = |incident: &&Incident| incident.fixes().any(|fix| fix.what.commits.contains(&drifted.commit));
    for incident in incidents.values().filter(holds) {
        if let Some(fix) = proof::subject(repository, incident)?
            && let Some(settled) = settled::on(repository, incident, branch, &fix, at)?
        {
            return Ok(Is::Settled(settled.how));
        }
    }
    Ok(Is::Lacking)
}
