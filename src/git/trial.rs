//! Trying a merge or a pick in memory: nothing is written to the repository.

use crate::domain::identity::{ObjectId, RepositoryPath};
use crate::domain::lines::is_binary;
use crate::failure::Failure;

use super::repository::Repository;
use super::to_oid;

/// A place where two sides can't be brought together without a person.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Conflict {
    /// The path.
    pub path: RepositoryPath,
    /// The lines of the file on the target's side, such as `12-15`; empty where the file as a whole conflicts.
    pub lines: Vec<String>,
}

impl std::fmt::Display for Conflict {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lines = if self.lines.is_empty() { String::new() } else { format!(":{}", self.lines.join(",")) };
        write!(out, "{}{lines}", self.path)
    }
}

/// A repository whose writes go into memory.
///
/// libgit2 writes the blobs of a merge into the object store, so the trial has a handle of its own with a store in memory
/// before it: what it writes is gone with it.
pub struct Trial {
    inner: git2::Repository,
}

impl Trial {
    /// Starts a trial.
    pub fn new(repository: &Repository) -> Result<Self, Failure> {
        let open = || {
            // In a server's hook the objects that were pushed lie where only the environment says.
            let flags = git2::RepositoryOpenFlags::NO_SEARCH | git2::RepositoryOpenFlags::FROM_ENV;
            let inner = git2::Repository::open_ext(repository.inner.path(), flags, &[] as &[&std::ffi::OsStr])?;
            inner.odb()?.add_new_mempack_backend(1_000)?;
            Ok(inner)
        };
        let inner =
            open().map_err(|error: git2::Error| Failure::because("failed to prepare a merge in memory", error))?;
        Ok(Self { inner })
    }

    /// What stands in the way of merging the change from `base` to `theirs` into `ours`; all are root trees.
    pub fn conflicts(&self, base: ObjectId, ours: ObjectId, theirs: ObjectId) -> Result<Vec<Conflict>, Failure> {
        let found = self.merged(to_oid(base), ours, theirs).and_then(|index| self.read_conflicts(&index));
        found.map_err(|error| Failure::because("failed to merge in memory", error))
    }

    /// The paths where `merge` is not what git makes of both sides by itself: what conflicts, and what a person changed beside
    /// it; all are root trees, and without a common history the base is none.
    pub fn beside_merge(
        &self,
        base: Option<ObjectId>,
        ours: ObjectId,
        theirs: ObjectId,
        merge: ObjectId,
    ) -> Result<Vec<RepositoryPath>, Failure> {
        let found = || -> Result<Vec<RepositoryPath>, git2::Error> {
            let base = match base {
                Some(base) => to_oid(base),
                None => self.inner.treebuilder(None)?.write()?,
            };
            let index = self.merged(base, ours, theirs)?;
            let mut paths: Vec<RepositoryPath> = Vec::new();
            for conflict in index.conflicts()? {
                let git2::IndexConflict { ancestor, our, their } = conflict?;
                let sides = [ancestor, our, their].into_iter().flatten();
                paths.extend(sides.map(|entry| RepositoryPath::new(entry.path)));
            }
            let merge = self.inner.find_tree(to_oid(merge))?;
            for delta in self.inner.diff_tree_to_index(Some(&merge), Some(&index), None)?.deltas() {
                let sides = [delta.old_file(), delta.new_file()];
                paths.extend(sides.iter().filter_map(|file| file.path_bytes()).map(RepositoryPath::new));
            }
            paths.sort();
            paths.dedup();
            Ok(paths)
        };
        found().map_err(|error| Failure::because("failed to merge in memory", error))
    }

    fn are_texts(&self, ids: [git2::Oid; 3]) -> Result<bool, git2::Error> {
        for id in ids {
            // A submodule's commit is no blob here.
            if self.inner.find_blob(id).map_or(true, |blob| is_binary(blob.content())) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn merged(&self, base: git2::Oid, ours: ObjectId, theirs: ObjectId) -> Result<git2::Index, git2::Error> {
        let [base, ours, theirs] = [base, to_oid(ours), to_oid(theirs)].map(|tree| self.inner.find_tree(tree));
        self.inner.merge_trees(&base?, &ours?, &theirs?, None)
    }

    fn read_conflicts(&self, index: &git2::Index) -> Result<Vec<Conflict>, git2::Error> {
        let mut conflicts = Vec::new();
        for conflict in index.conflicts()? {
            let git2::IndexConflict { ancestor, our, their } = conflict?;
            let Some(path) = our.as_ref().or(their.as_ref()).or(ancestor.as_ref()).map(|entry| entry.path.clone())
            else {
                continue;
            };
            let lines = match (&ancestor, &our, &their) {
                // The library has no merged text for bytes that are no text, and hands out a null pointer.
                (Some(ancestor), Some(our), Some(their)) if self.are_texts([ancestor.id, our.id, their.id])? => {
                    let merged = self.inner.merge_file_from_index(ancestor, our, their, None)?;
                    conflicting_lines(merged.content())
                }
                _ => vec![],
            };
            conflicts.push(Conflict { path: RepositoryPath::new(path), lines });
        }
        conflicts.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(conflicts)
    }
}

/// The line ranges of our side between conflict markers.
fn conflicting_lines(merged: &[u8]) -> Vec<String> {
    let (mut lines, mut ours, mut start) = (Vec::new(), 0, None);
    let mut in_theirs = false;
    for line in merged.split(|byte| *byte == b'\n') {
        if line.starts_with(b"<<<<<<< ") {
            start = Some(ours);
        } else if line == b"=======" && start.is_some() {
            in_theirs = true;
        } else if line.starts_with(b">>>>>>> ") && in_theirs {
            let first = start.take().unwrap_or(ours);
            lines.push(if ours > first + 1 { format!("{}-{ours}", first + 1) } else { (first + 1).to_string() });
            in_theirs = false;
        } else if !in_theirs {
            ours += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conflicts_are_told_by_our_lines() {
        let merged =
            b"a\n<<<<<<< ours\nb\nc\n=======\nx\n>>>>>>> theirs\nd\n<<<<<<< ours\n=======\ny\n>>>>>>> theirs\n";
        assert_eq!(conflicting_lines(merged), ["2-3", "5"]);
        assert!(conflicting_lines(b"=======\nnothing\n").is_empty());
    }
}
