//! What differs between two trees, and the contents on both sides.

use std::cmp::Ordering;

use crate::domain::event::{Change, Side};
use crate::domain::identity::{ObjectId, RepositoryPath};
use crate::failure::Failure;

use super::{repository::Repository, to_id, to_oid};

/// The paths that differ between two commits, in the order of their bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The paths; a moved file is one path that went and one that came.
    pub paths: Vec<Change>,
    /// Whether there are more than were asked for.
    pub more: bool,
}

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

/// An entry of a tree, owned.
struct Entry {
    /// The name, with a slash after a directory's: git's own order.
    key: Vec<u8>,
    id: git2::Oid,
    mode: i32,
}

const DIRECTORY: i32 = 0o040_000;

impl Repository {
    /// The paths that differ between two commits (none: the empty tree), at most `at_most` of them.
    ///
    /// Subtrees with equal ids are not opened, which makes it several times faster than libgit2's diff of two trees. Exit 4
    /// where an object is missing.
    pub fn changes(&self, before: Option<ObjectId>, after: ObjectId, at_most: usize) -> Result<Changes, Failure> {
        let before = before.map(|commit| self.tree_of(commit)).transpose()?;
        let mut changes = Changes::default();
        // A stack of our own: how deep a tree goes is the repository's choice.
        let mut open = vec![(Vec::new(), before, Some(self.tree_of(after)?))];
        while let Some((directory, before, after)) = open.pop() {
            let (before, after) = (self.entries(before)?, self.entries(after)?);
            for (before, after) in pairs(&before, &after) {
                let name = before.or(after).map(|entry| entry.key.as_slice()).unwrap_or_default();
                let path = [directory.as_slice(), name].concat();
                if name.ends_with(b"/") {
                    open.push((path, before.map(|entry| entry.id), after.map(|entry| entry.id)));
                } else if changes.paths.len() == at_most {
                    changes.more = true;
                    open.clear();
                    break;
                } else {
                    changes.paths.push(Change { before: side(before, &path), after: side(after, &path) });
                }
            }
        }
        let path = |change: &Change| change.before.as_ref().or(change.after.as_ref()).map(|side| side.path.clone());
        changes.paths.sort_by_cached_key(path);
        Ok(changes)
    }

    /// A blob's content, unless it is larger than `at_most` bytes.
    pub fn content(&self, id: ObjectId, at_most: usize) -> Result<Content, Failure> {
        let failed = |error| Failure::because(format!("failed to read the object {}", id.short()), error);
        let objects = self.inner.odb().map_err(failed)?;
        match objects.read_header(to_oid(id)) {
            Ok((size, _)) if size > at_most => Ok(Content::TooLarge(size)),
            Ok(_) => Ok(Content::Bytes(objects.read(to_oid(id)).map_err(failed)?.data().to_vec())),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(Content::Absent),
            Err(error) => Err(failed(error)),
        }
    }

    fn tree_of(&self, commit: ObjectId) -> Result<git2::Oid, Failure> {
        let commit = self.inner.find_commit(to_oid(commit));
        commit.map(|commit| commit.tree_id()).map_err(|error| Failure::because("failed to read a commit", error))
    }

    fn entries(&self, tree: Option<git2::Oid>) -> Result<Vec<Entry>, Failure> {
        let Some(tree) = tree else { return Ok(Vec::new()) };
        let tree = self.inner.find_tree(tree).map_err(|error| Failure::because("failed to read a tree", error))?;
        let entry = |entry: git2::TreeEntry<'_>| {
            let mode = entry.filemode_raw();
            let mut key = entry.name_bytes().to_vec();
            key.extend((mode == DIRECTORY).then_some(b'/'));
            Entry { key, id: entry.id(), mode }
        };
        Ok(tree.iter().map(entry).collect())
    }
}

fn side(entry: Option<&Entry>, path: &[u8]) -> Option<Side> {
    let entry = entry?;
    // Old histories hold modes such as 100664, which git itself reads as 100644.
    let mode = match entry.mode {
        0o120_000 | 0o160_000 | 0o100_755 => entry.mode,
        _ => 0o100_644,
    };
    Some(Side { path: RepositoryPath::new(path), id: to_id(entry.id), mode: format!("{mode:06o}") })
}

/// The entries of both sides by name, without those that are equal.
fn pairs<'a>(before: &'a [Entry], after: &'a [Entry]) -> Vec<(Option<&'a Entry>, Option<&'a Entry>)> {
    let (mut before, mut after) = (before.iter().peekable(), after.iter().peekable());
    let mut pairs = Vec::new();
    loop {
        let order = match (before.peek(), after.peek()) {
            (None, None) => return pairs,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => old.key.cmp(&new.key),
        };
        let old = if order.is_le() { before.next() } else { None };
        let new = if order.is_ge() { after.next() } else { None };
        let equal = matches!((old, new), (Some(old), Some(new)) if old.id == new.id && old.mode == new.mode);
        if !equal {
            pairs.push((old, new));
        }
    }
}
