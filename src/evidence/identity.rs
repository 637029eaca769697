//! Whose events count, as of today: the policy's word and the team's keys, both from the trusted ref.

use crate::domain::allowed_signers::AllowedSigners;
use crate::domain::identity::{Moment, ObjectId};
use crate::domain::policy::Identity;
use crate::domain::standing::Rule;
use crate::failure::Failure;
use crate::git::objects::Kind;
use crate::git::repository::Repository;

use super::policy_files::{self, PATH};
use super::trusted_ref::{SETTING, default_branch, trusted_ref};

/// Where the team's keys lie in the repository, in git's own format.
pub const SIGNERS: &str = "policy/allowed_signers";

/// What decides today whether an event counts; `pinned` is the ref that the ledger's root names, if it does.
///
/// An incident's own policy has no say in it: whoever stands at the gate could open the incident under an old one. Without a
/// default branch there is no policy, so all events count. Exit 4 where a named trusted ref is not here.
pub fn rule(repository: &Repository, pinned: Option<&str>, now: Moment) -> Result<Rule, Failure> {
    if pinned.is_none() && repository.config(SETTING).is_none() && default_branch(repository)?.is_none() {
        return Ok(Rule::default());
    }
    let trusted = trusted_ref(repository, pinned)?;
    let identity = identity(repository, trusted.tip, now)?;
    let signers = match repository.object_at(trusted.tip, SIGNERS)? {
        Some(blob) => AllowedSigners::read(&repository.objects()?.read(blob, Kind::Blob)?.unwrap_or_default()),
        None => AllowedSigners::default(),
    };
    Ok(Rule { identity, signers })
}

/// What the newest policy says that is effective and can be read: a slip in it must not open every gate.
fn identity(repository: &Repository, tip: ObjectId, now: Moment) -> Result<Identity, Failure> {
    let (mut next, mut seen) = (Some(tip), None);
    while let Some(commit) = next {
        let Some(blob) = repository.object_at(commit, PATH)? else { break };
        if seen != Some(blob) {
            seen = Some(blob);
            let read = policy_files::at_commit(repository, commit, "").ok().flatten();
            if let Some(policy) = read.filter(|policy| policy.effective.is_none_or(|day| day <= now.date_naive())) {
                return Ok(policy.identity);
            }
        }
        next = repository.step(commit)?.parent;
    }
    Ok(Identity::Unverified)
}
