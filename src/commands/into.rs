//! The branch that `merged` and `drift` judge.

use serde::Serialize;

use super::book::Book;
use crate::domain::identity::{Moment, ObjectId};
use crate::domain::policy::Policy;
use crate::evidence::policy_in_force::policy_in_force;
use crate::failure::Failure;
use crate::git::branches::Branch;
use crate::git::repository::Repository;
use crate::session::Session;

/// What was judged.
#[derive(Clone, Debug, Serialize)]
pub struct Into {
    /// The full ref name, or the revision as it was given.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Its commit.
    pub commit: ObjectId,
    /// When it was last fetched, where it comes from a remote and that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fetched: Option<Moment>,
    /// The name to show.
    #[serde(skip)]
    pub name: String,
    /// The branch that it is; none for another revision.
    #[serde(skip)]
    pub branch: Option<Branch>,
}

impl Into {
    /// The target that was named, else the policy's main branch.
    ///
    /// A short branch name means the branch as everybody has it: a local main that nobody pushed proves nothing. Exit 2 where
    /// the name leads to no commit, exit 4 where main was never fetched.
    pub fn find(session: &Session, named: Option<&str>) -> Result<Self, Failure> {
        let repository = session.repository()?;
        let name = match named {
            Some(name) => name.to_owned(),
            None => policy(session)?.branches.main,
        };
        if let Some(branch) = shared(repository, &name)? {
            let fetched = branch.full.starts_with("refs/remotes/").then(|| repository.last_fetch()).flatten();
            let commit = repository.tip(&branch)?;
            let (name, reference) = (branch.shown().to_owned(), branch.full.clone());
            return Ok(Self { name, reference, branch: Some(branch), commit, fetched });
        }
        if named.is_none() {
            return Err(Failure::undecided(format!("there is no branch {name} here, which the policy names as main"))
                .hint("git fetch    # or name the target with --into REF"));
        }
        let commit = repository.commit(&name)?;
        let full = format!("refs/heads/{name}");
        // No branch is named like a full id, and to look for one among thousands takes time.
        let is_here = name.parse::<ObjectId>().is_err() && repository.commit_at_ref(&full)? == Some(commit);
        let branch = is_here.then(|| Branch { full, short: name.clone() });
        Ok(Self { reference: name.clone(), branch, name, commit, fetched: None })
    }
}

/// The branch of that name as everybody has it, be it called `main` or `origin/main`.
fn shared(repository: &Repository, name: &str) -> Result<Option<Branch>, Failure> {
    if name.parse::<ObjectId>().is_ok() {
        return Ok(None);
    }
    if let Some(branch) = repository.shared_branch(name)? {
        return Ok(Some(branch));
    }
    let remote = repository.default_remote()?.unwrap_or_default();
    let short = name.strip_prefix(&remote).and_then(|rest| rest.strip_prefix('/'));
    short.map_or(Ok(None), |short| repository.shared_branch(short))
}

/// The policy in force now.
pub fn policy(session: &Session) -> Result<Policy, Failure> {
    policy_by(session, &Book::open_for_recording(session)?)
}

/// The same, where the ledger was read already.
pub fn policy_by(session: &Session, book: &Book<'_>) -> Result<Policy, Failure> {
    Ok(policy_in_force(session.repository()?, session.now(), book.trusted_ref())?.policy)
}
