//! Which ref is trusted to hold the policy, so that nobody can edit the gate they stand at.

use crate::domain::identity::ObjectId;
use crate::failure::{Failure, FailureKind};
use crate::git::branches::Branch;
use crate::git::repository::Repository;

/// The git configuration that names the trusted ref.
pub const SETTING: &str = "hotfix.trustedRef";

/// The ref that policies are read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedRef {
    /// Its name as a person would write it: `origin/main`.
    pub name: String,
    /// The commit it points at.
    pub tip: ObjectId,
    /// How it was found, if that is worth saying.
    pub note: Option<String>,
    /// Whether there was no other: then it is said where the policy is shown, and not under every answer.
    pub is_obvious: bool,
}

/// The default branch of a repository.
pub struct DefaultBranch {
    /// The branch.
    pub branch: Branch,
    /// How it was guessed, if it had to be.
    pub note: Option<String>,
    /// Whether there was nothing else to guess.
    pub is_obvious: bool,
}

/// Finds the trusted ref: `pinned` in the ledger's root, else in the configuration, else the default branch.
///
/// Exit 4 where a named ref is not there, or none can be found: with what to set.
pub fn trusted_ref(repository: &Repository, pinned: Option<&str>) -> Result<TrustedRef, Failure> {
    let configured = repository.config(SETTING);
    let named = pinned.map(|name| (name.to_owned(), "the ledger")).or(configured.map(|name| (name, SETTING)));
    if let Some((name, by)) = named {
        let tip = tip_of(repository, &name)?.ok_or_else(|| {
            Failure::undecided(format!("{by} says that the policy is read from {name:?}, and that is no commit here"))
                .hint("git fetch --all    # or name a ref that is here: git config hotfix.trustedRef origin/main")
        })?;
        // Whoever sets it chooses the gate they stand at, so it is never silent.
        let note = format!("The policy is read from {name}, as {by} says.");
        return Ok(TrustedRef { name, tip, note: Some(note), is_obvious: false });
    }
    let DefaultBranch { branch, note, is_obvious } = default_branch(repository)?.ok_or_else(|| {
        if !repository.has_refs() {
            return Failure::undecided(
                "this repository has no commit yet, so there is nothing that could be in production",
            )
            .hint("git fetch --all    # or make the first commit");
        }
        Failure::undecided("no default branch can be told here, so it is unknown where the policy lies")
            .hint("git config hotfix.trustedRef origin/main    # or: git remote set-head origin --auto")
    })?;
    Ok(TrustedRef { name: branch.shown().to_owned(), tip: repository.tip(&branch)?, note, is_obvious })
}

/// The commit of a branch by its full name, as fetched, or as it is here; none where no branch has that name.
///
/// Git itself prefers a tag, and a local branch to a fetched one. Whoever stands at the gate can make a tag or a branch named
/// `origin/main`, and would bring a policy of their own; what was fetched stands first, and a tag or a number only counts
/// where it is the full name or nothing else has it.
fn tip_of(repository: &Repository, name: &str) -> Result<Option<ObjectId>, Failure> {
    let full: &[&str] = if name.starts_with("refs/") { &[""] } else { &["refs/remotes/", "refs/heads/"] };
    for prefix in full {
        if let Some(tip) = repository.commit_at_ref(&format!("{prefix}{name}"))? {
            return Ok(Some(tip));
        }
    }
    match repository.commit(name) {
        Ok(commit) => Ok(Some(commit)),
        Err(failure) if failure.kind == FailureKind::Usage => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Names that default branches have, the most usual first.
const USUAL: [&str; 4] = ["main", "master", "trunk", "develop"];

/// The repository's default branch, as fetched from a remote if there is one, with a note where it had to be guessed.
pub fn default_branch(repository: &Repository) -> Result<Option<DefaultBranch>, Failure> {
    let remotes = remotes(repository)?;
    if let Some(branch) = remotes.iter().find_map(|remote| repository.fetched_head(remote)) {
        return Ok(Some(DefaultBranch { branch, note: None, is_obvious: false }));
    }
    for remote in &remotes {
        if let Some(branch) = usual(repository.fetched_branches(remote)?) {
            let note = format!(
                "The policy is read from {}, a guess at the default branch of {remote}; `git remote set-head {remote} --auto` makes it sure.",
                branch.shown()
            );
            return Ok(Some(DefaultBranch { branch, note: Some(note), is_obvious: false }));
        }
    }
    let local = repository.local_branches()?;
    let head = repository.head_branch().filter(|head| local.contains(head));
    let several = local.iter().filter(|branch| USUAL.contains(&branch.short.as_str())).count() > 1;
    let branch = if repository.is_bare() { head } else { usual(local).or(head) };
    Ok(branch.map(|branch| {
        let why = if remotes.is_empty() { "There is no remote" } else { "No default branch was ever fetched" };
        let note = (!repository.is_bare())
            .then(|| format!("{why}, so the policy is read from the local branch {}.", branch.shown()));
        DefaultBranch { branch, note, is_obvious: remotes.is_empty() && !several }
    }))
}

/// The remotes, the one that the team shares first. Exit 4 where that can't be told.
pub fn remotes(repository: &Repository) -> Result<Vec<String>, Failure> {
    let shared = repository.default_remote()?;
    let mut remotes = repository.remotes()?;
    remotes.sort_by_key(|name| (Some(name) != shared.as_ref(), name.clone()));
    Ok(remotes)
}

fn usual(branches: Vec<Branch>) -> Option<Branch> {
    USUAL.iter().find_map(|name| branches.iter().find(|branch| branch.short == *name).cloned())
}
