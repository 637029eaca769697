//! Reading a ref, and moving it only if it still stands where it was seen.

use std::path::{Path, PathBuf};

use crate::domain::identity::ObjectId;
use crate::failure::Failure;

use super::repository::Repository;
use super::{to_id, to_oid};

/// What came of an attempt to move a ref.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swap {
    /// It was moved.
    Done,
    /// Somebody else moved it meanwhile.
    Moved,
    /// Somebody else holds its lock file.
    Locked,
}

impl Repository {
    /// The object that the ref `name` points at; none if there is no such ref.
    ///
    /// Exit 4 if it is symbolic, a directory of other refs, or corrupt.
    pub fn direct_ref(&self, name: &str) -> Result<Option<ObjectId>, Failure> {
        match self.inner.find_reference(name) {
            Ok(reference) => match reference.target() {
                Some(target) => Ok(Some(to_id(target))),
                None => Err(Failure::undecided(format!("{name} is a symbolic ref, and must point at a commit"))
                    .hint(format!("git symbolic-ref --delete {name}    # after looking where it points: git symbolic-ref {name}"))),
            },
            Err(error) if error.code() == git2::ErrorCode::NotFound => {
                if self.has_refs_below(name) {
                    return Err(Failure::undecided(format!("there are refs below {name}, which must be a single ref"))
                        .hint(format!("git for-each-ref {name}    # shows them; move or delete them: git update-ref -d REF")));
                }
                Ok(None)
            }
            Err(error) => Err(Failure::because(format!("failed to read {name}"), error)
                .hint(format!("git fsck    # shows the damage; git log -g and git fsck --lost-found help to find the commit that {name} pointed at"))),
        }
    }

    fn has_refs_below(&self, name: &str) -> bool {
        let below = self.inner.references_glob(&format!("{name}/*"));
        below.is_ok_and(|mut refs| refs.next().is_some())
    }

    /// The refs below `prefix` (which ends with a slash) that point at an object, each with its full name, by name.
    pub fn refs_below(&self, prefix: &str) -> Result<Vec<(String, ObjectId)>, Failure> {
        let failed = |error| Failure::because(format!("failed to list the refs below {prefix}"), error);
        let mut found = Vec::new();
        for reference in self.inner.references_glob(&format!("{prefix}*")).map_err(failed)? {
            let reference = reference.map_err(failed)?;
            found.extend(reference.name().ok().zip(reference.target()).map(|(name, id)| (name.to_owned(), to_id(id))));
        }
        found.sort();
        Ok(found)
    }

    /// Takes away the ref `name`, if it still stands at `from`; whether it did.
    pub fn drop_ref(&self, name: &str, from: ObjectId) -> Result<bool, Failure> {
        let failed = |error| Failure::because(format!("failed to delete {name}"), error);
        match self.inner.find_reference(name) {
            Ok(mut reference) if reference.target() == Some(to_oid(from)) => {
                reference.delete().map(|()| true).map_err(failed)
            }
            Ok(_) => Ok(false),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(false),
            Err(error) => Err(failed(error)),
        }
    }

    /// Moves the ref `name` from `from` (none: it does not exist) to `to`, if it still stands there.
    ///
    /// On a handle whose writes are durable it is on the disk then, with all directories that lead to it.
    pub fn swap_ref(&self, name: &str, from: Option<ObjectId>, to: ObjectId) -> Result<Swap, Failure> {
        let moved = match from {
            Some(from) => self.inner.reference_matching(name, to_oid(to), true, to_oid(from), "hotfix"),
            None => self.inner.reference(name, to_oid(to), false, "hotfix"),
        };
        let Err(error) = moved else {
            // libgit2 syncs the directory that the ref lies in, and not those above, which may be as new.
            let mut above = Path::new(name).ancestors().skip(2).filter(|directory| !directory.as_os_str().is_empty());
            return above.try_for_each(|directory| self.sync_directory(directory)).map(|()| Swap::Done);
        };
        match (error.code(), from) {
            (git2::ErrorCode::Locked, _) => Ok(Swap::Locked),
            (git2::ErrorCode::Modified | git2::ErrorCode::NotFound, Some(_)) => Ok(Swap::Moved),
            // Also the answer where a directory of refs stands in the way.
            (git2::ErrorCode::Exists, None) if !self.has_refs_below(name) => Ok(Swap::Moved),
            _ => Err(Failure::because(format!("failed to write {name}"), error)
                .hint("make the repository writable, or run this in a clone that is")),
        }
    }

    /// Whether this can be the full name of a ref.
    pub fn is_ref_name(&self, name: &str) -> bool {
        git2::Reference::is_valid_name(name)
    }

    /// The lock file that guards the ref `name`: a program that was killed leaves it behind.
    pub fn ref_lock(&self, name: &str) -> PathBuf {
        self.common_directory().join(format!("{name}.lock"))
    }

    /// The objects in whose place git shows others (`git replace`).
    pub fn replaced(&self) -> Result<Vec<ObjectId>, Failure> {
        let failed = |error| Failure::because("failed to list the replace refs", error);
        let mut references = self.inner.references_glob("refs/replace/*").map_err(failed)?;
        let ids = references.names().flatten().filter_map(|name| name.strip_prefix("refs/replace/")?.parse().ok());
        Ok(ids.collect())
    }

    /// The names of the configured remotes.
    pub fn remotes(&self) -> Result<Vec<String>, Failure> {
        let names =
            self.inner.remotes().map_err(|error| Failure::because("failed to read the configured remotes", error))?;
        Ok(names.iter().filter_map(|name| Some(name.ok()??.to_owned())).collect())
    }
}
