//! One step at a time along first parents, one path at a time in their trees: lazy, whatever the history's length.

use crate::domain::identity::ObjectId;
use crate::failure::Failure;

use super::repository::Repository;
use super::{to_id, to_oid};

/// One commit of a first-parent walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The commit.
    pub id: ObjectId,
    /// When it was committed, in seconds since 1970, by its committer's clock.
    pub seconds: i64,
    /// Its first parent; none for a root, and at the edge of a shallow clone.
    pub parent: Option<ObjectId>,
    /// What it merged; none where that is not one branch.
    pub merged: Option<ObjectId>,
}

impl Repository {
    /// One commit of a first-parent walk. Exit 4 where it is missing.
    pub fn step(&self, id: ObjectId) -> Result<Step, Failure> {
        let commit = self.inner.find_commit(to_oid(id)).map_err(|error| {
            Failure::because(format!("failed to read the commit {}", id.short()), error)
                .hint("git fsck    # shows what is missing or damaged")
        })?;
        let parent = commit.parent_id(0).ok().map(to_id);
        let merged = commit.parent_id(1).ok().filter(|_| commit.parent_count() == 2).map(to_id);
        Ok(Step { id, seconds: commit.time().seconds(), parent, merged })
    }

    /// The object at a path in a commit's tree; none if nothing is there. Exit 4 where a tree is missing.
    pub fn object_at(&self, commit: ObjectId, path: &str) -> Result<Option<ObjectId>, Failure> {
        let failed = |error| self.damaged(format!("failed to look for {path} in {}", commit.short()), error);
        let tree = self.inner.find_commit(to_oid(commit)).and_then(|commit| commit.tree()).map_err(failed)?;
        match tree.get_path(std::path::Path::new(path)) {
            Ok(entry) => Ok(Some(to_id(entry.id()))),
            // A missing object is "not found" too, but of the object database's class.
            Err(error) if error.code() == git2::ErrorCode::NotFound && error.class() != git2::ErrorClass::Odb => {
                Ok(None)
            }
            Err(error) => Err(failed(error)),
        }
    }
}
