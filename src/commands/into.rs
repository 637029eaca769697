//! The branch that `merged` and `drift` judge.

use serde::Serialize;

use super::book::Book;
use crate::domain::identity::{Moment, ObjectId};
use crate::domain::policy::Policy;
use crate::evidence::policy_in_force::policy_in_force;
use crate::failure::Failure;
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
    /// What `git switch` takes to work on it.
    #[serde(skip)]
    pub switch: String,
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
        let is_id = name.parse::<ObjectId>().is_ok();
        if let Some(branch) = if is_id { None } else { repository.shared_branch(&name)? } {
            let fetched = branch.full.starts_with("refs/remotes/").then(|| repository.last_fetch()).flatten();
            let commit = repository.tip(&branch)?;
            let (name, switch) = (branch.shown().to_owned(), branch.short);
            return Ok(Self { name, switch, reference: branch.full, commit, fetched });
        }
        if named.is_none() {
            return Err(Failure::undecided(format!("there is no branch {name} here, which the policy names as main"))
                .hint("git fetch    # or name the target with --into REF"));
        }
        let commit = repository.commit(&name)?;
        Ok(Self { reference: name.clone(), switch: name.clone(), name, commit, fetched: None })
    }
}

/// The policy in force now.
pub fn policy(session: &Session) -> Result<Policy, Failure> {
    let book = Book::open_for_recording(session)?;
    Ok(policy_in_force(session.repository()?, session.now(), book.trusted_ref())?.policy)
}
