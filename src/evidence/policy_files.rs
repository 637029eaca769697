//! A policy as it is read out of git: at a commit, or as the ledger keeps it.

use std::cell::Cell;

use crate::document::Problems;
use crate::domain::event::PolicyPin;
use crate::domain::identity::ObjectId;
use crate::domain::policy::{self, BUILT_IN, Policy};
use crate::failure::Failure;
use crate::git::objects::Kind;
use crate::git::repository::Repository;

use super::trusted_ref::{DefaultBranch, TrustedRef, default_branch};

/// Where the policy lies in the repository.
pub const PATH: &str = "policy/hotfix.yaml";

/// The policy that an incident was opened under. Exit 4 where it is not in this clone, or this program can't read it.
pub fn by_pin(repository: &Repository, pin: &PolicyPin) -> Result<Policy, Failure> {
    let mut policy = match &pin.source {
        None => built_in(repository)?,
        Some(source) => {
            let place = format!("commit {}", source.commit.short());
            // What the ledger keeps is there even where the commit is not.
            let read = match source.kept.get(1) {
                Some(base) => read_on(repository, (source.blob, &|_| blob(repository, *base)), &place)?,
                None => read_blob(repository, (source.commit, source.blob), &place)?.map(|(policy, _)| policy),
            };
            usable(read, &place)?
        }
    };
    if policy.name != pin.name || policy.version != pin.version {
        let message = format!(
            "the record names the policy {:?} version {}, and what is found is {:?} version {}",
            pin.name, pin.version, policy.name, policy.version
        );
        return Err(Failure::undecided(message).hint("use the version of hotfix that the incident was opened with"));
    }
    if let Some(main) = &pin.main {
        policy.branches.main.clone_from(main);
    }
    Ok(policy)
}

/// The built-in policy, with the default branch of this repository as main.
pub fn built_in(repository: &Repository) -> Result<Policy, Failure> {
    let mut policy = policy::read(BUILT_IN.as_bytes(), "the built-in policy")
        .map_err(|problems| broken("inside this program", problems))?;
    if let Some(DefaultBranch { branch, .. }) = default_branch(repository)? {
        policy.branches.main = branch.short;
    }
    Ok(policy)
}

/// The newest policy on the trusted ref that can be read; none where there is none.
pub fn newest_readable(repository: &Repository, trusted: &TrustedRef) -> Result<Option<Policy>, Failure> {
    let (mut next, mut broken) = (Some(trusted.tip), None);
    while let Some(commit) = next {
        let Some(blob) = repository.object_at(commit, PATH)? else { break };
        if broken != Some(blob) {
            match at_commit(repository, commit, &trusted.name) {
                Ok(policy) => return Ok(policy),
                Err(_) => broken = Some(blob),
            }
        }
        next = repository.step(commit)?.parent;
    }
    Ok(None)
}

/// The policy as it stands at a commit; none where it has none. Exit 4 where it is broken.
pub fn at_commit(repository: &Repository, commit: ObjectId, name: &str) -> Result<Option<Policy>, Failure> {
    let blob = repository.object_at(commit, PATH)?;
    let read = |blob| read_blob(repository, (commit, blob), name);
    blob.map(|blob| usable(read(blob)?.map(|(policy, _)| policy), name)).transpose()
}

/// A policy with its blob, and with that of the policy which it extends.
pub(super) type Kept = (Policy, Vec<ObjectId>);

/// Reads a policy; the one that it extends stands in the tree of the same commit. Exit 4 where it is no file here.
pub(super) fn read_blob(
    repository: &Repository,
    (commit, blob): (ObjectId, ObjectId),
    place: &str,
) -> Result<Result<Kept, Problems>, Failure> {
    let extended = Cell::new(None);
    let base = |path: &str| {
        extended.set(repository.object_at(commit, path).ok().flatten());
        file_at(repository, commit, path)
    };
    let read = read_on(repository, (blob, &base), place)?;
    Ok(read.map(|policy| (policy, [Some(blob), extended.get()].into_iter().flatten().collect())))
}

/// Reads a policy that stands on what `base` returns. Exit 4 where it is no file here.
fn read_on(
    repository: &Repository,
    (blob, base): (ObjectId, policy::Base<'_>),
    place: &str,
) -> Result<Result<Policy, Problems>, Failure> {
    let bytes = repository.objects()?.read(blob, Kind::Blob)?.ok_or_else(|| {
        let hint = if repository.is_partial() {
            "git clone URL    # without --filter: this clone left objects out"
        } else {
            "git fetch --all    # it must be a file; git fsck shows damage"
        };
        Failure::undecided(format!("{PATH} ({place}) is no file that can be read here")).hint(hint)
    })?;
    Ok(policy::read_on(&bytes, PATH, base))
}

/// The policy alone. Exit 4 where it is broken.
fn usable(read: Result<Policy, Problems>, place: &str) -> Result<Policy, Failure> {
    read.map_err(|problems| broken(place, problems))
}

/// A blob that the ledger keeps; the error is a sentence.
fn blob(repository: &Repository, id: ObjectId) -> Result<Vec<u8>, String> {
    let read = repository.objects().and_then(|objects| objects.read(id, Kind::Blob));
    read.map_err(|failure| failure.to_string())?.ok_or_else(|| format!("{} is not here", id.short()))
}

/// A file of a commit's tree; the error is a sentence.
pub fn file_at(repository: &Repository, commit: ObjectId, path: &str) -> Result<Vec<u8>, String> {
    let read = |blob| repository.objects()?.read(blob, Kind::Blob);
    let found = repository.object_at(commit, path).and_then(|blob| Ok(blob.map(read).transpose()?.flatten()));
    match found {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(format!("it is not in commit {}", commit.short())),
        Err(failure) => Err(failure.to_string()),
    }
}

pub(super) fn broken(place: &str, problems: Problems) -> Failure {
    Failure::undecided(format!("the policy can't be used ({place})"))
        .detail(problems.to_string())
        .hint(format!("mend {PATH}, check it with `hotfix policy lint`, and bring it to the trusted branch"))
}
