//! Where a fix must go: the policy's targets as branches of this repository.

use crate::domain::identity::ObjectId;
use crate::domain::policy::{self, Policy};
use crate::domain::release::ReleaseName;
use crate::failure::Failure;
use crate::git::branches::Branch;
use crate::git::repository::Repository;

use super::globs::Globs;

/// A branch with its tip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The branch.
    pub branch: Branch,
    /// Its tip.
    pub commit: ObjectId,
}

/// The branches that a fix must reach, each once, main first.
///
/// `bases` is what the fix stands on: a release line that was fixed is the oldest one that contains one of these commits, and
/// every line with a later version is newer. Exit 4 where a target was never fetched: what is not here can't be asked.
pub fn targets(repository: &Repository, policy: &Policy, bases: &[ObjectId]) -> Result<Vec<Target>, Failure> {
    let mut found: Vec<Target> = Vec::new();
    for target in &policy.merge_back.into {
        let branches = match target {
            policy::Target::Main => vec![named(repository, &policy.branches.main)?],
            policy::Target::Branch(name) => vec![named(repository, name)?],
            policy::Target::NewerReleaseLines => newer_lines(repository, policy, bases)?,
        };
        for branch in branches {
            if !found.iter().any(|known| known.branch == branch.branch) {
                found.push(branch);
            }
        }
    }
    Ok(found)
}

fn named(repository: &Repository, name: &str) -> Result<Target, Failure> {
    if let Some(branch) = repository.shared_branch(name)? {
        let commit = repository.tip(&branch)?;
        return Ok(Target { branch, commit });
    }
    Err(match repository.default_remote()? {
        Some(remote) => Failure::undecided(format!("the branch {name} of {remote} was never fetched into this clone"))
            .hint(format!(
                "git fetch {remote} {name}:refs/remotes/{remote}/{name}    # or correct `branches` in the policy"
            )),
        None => Failure::undecided(format!("there is no branch {name} here"))
            .hint("correct `branches` in the policy: hotfix policy show"),
    })
}

/// The release lines with a version in their name (`release/1.4`, `tokio-1.38.x`), oldest first.
pub fn versioned_lines(repository: &Repository, globs: &[String]) -> Result<Vec<(ReleaseName, Target)>, Failure> {
    let globs = Globs::new(globs)?;
    let mut lines = Vec::new();
    for branch in repository.shared_branches()? {
        if globs.match_any(branch.short.as_bytes())
            && let Some(name) = ReleaseName::read(branch.short.trim_end_matches(".x"))
        {
            let commit = repository.tip(&branch)?;
            lines.push((name, Target { branch, commit }));
        }
    }
    lines.sort_by(|(a, _), (b, _)| a.version.cmp(&b.version));
    Ok(lines)
}

fn newer_lines(repository: &Repository, policy: &Policy, bases: &[ObjectId]) -> Result<Vec<Target>, Failure> {
    let lines = versioned_lines(repository, &policy.branches.release_lines)?;
    let mut found = Vec::new();
    // A base that is gone was on a line that can't be told by it any more; the others still tell.
    for base in bases.iter().filter(|base| repository.has(**base)) {
        for (fixed, line) in &lines {
            if repository.contains(line.commit, *base)? {
                let newer =
                    lines.iter().filter(|(name, _)| name.component == fixed.component && name.version > fixed.version);
                found.extend(newer.map(|(_, line)| line.clone()));
                break;
            }
        }
    }
    Ok(found)
}
