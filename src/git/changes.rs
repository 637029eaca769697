//! What differs between two commits, and the contents on both sides.

use crate::domain::event::{Change, Side};
use crate::domain::identity::{ObjectId, RepositoryPath};
use crate::failure::Failure;

use super::repository::Repository;
use super::to_oid;
use super::trees::{Differing, Entry};

/// A blob's content, if it could be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// All of it.
    Bytes(Vec<u8>),
    /// It is larger than was asked for; its size in bytes.
    TooLarge(usize),
    /// This clone does not have it.
    Absent,
}

impl Repository {
    /// What a commit changed against its first parent; of a root commit everything. Exit 4 where an object is missing.
    pub fn changes_of(&self, commit: ObjectId) -> Result<Vec<Change>, Failure> {
        let node = self.node(commit)?;
        let parent = node.parents.first().map(|parent| self.node(*parent)).transpose()?;
        self.changes_of_trees(parent.map(|parent| parent.tree), node.tree)
    }

    /// The paths that differ between two commits, in the order of their bytes; a moved file is one that went and one that came.
    ///
    /// Exit 4 where an object is missing.
    pub fn changes(&self, before: ObjectId, after: ObjectId) -> Result<Vec<Change>, Failure> {
        self.changes_of_trees(Some(self.node(before)?.tree), self.node(after)?.tree)
    }

    fn changes_of_trees(&self, before: Option<ObjectId>, after: ObjectId) -> Result<Vec<Change>, Failure> {
        let mut differing = self.differing(before, Some(after))?;
        differing.sort_by(|a, b| a.path.cmp(&b.path));
        let change =
            |Differing { path, before, after }| Change { before: side(before, &path), after: side(after, &path) };
        Ok(differing.into_iter().map(change).collect())
    }

    /// A blob's content, unless it is larger than `at_most` bytes.
    pub fn content(&self, id: ObjectId, at_most: usize) -> Result<Content, Failure> {
        let objects = self.inner.odb().map_err(|error| self.lacking(id, error))?;
        match objects.read_header(to_oid(id)) {
            Ok((size, _)) if size > at_most => Ok(Content::TooLarge(size)),
            Ok(_) => Ok(Content::Bytes(self.blob(id)?.to_vec())),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(Content::Absent),
            Err(error) => Err(self.lacking(id, error)),
        }
    }
}

fn side(entry: Option<Entry>, path: &RepositoryPath) -> Option<Side> {
    entry.map(|entry| Side { path: path.clone(), id: entry.id, mode: format!("{:06o}", entry.mode) })
}
